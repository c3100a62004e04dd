/* SPDX-License-Identifier: MIT */
#include "tui/panes/facts.h"

#include <math.h>

#include "core/base/format.h"
#include "core/base/str.h"
#include "tui/app.h"
#include "tui/show.h"
#include "tui/streams.h"

/* One stream or group on its way into facts. */
struct about {
	const struct app *app;
	const struct msg_stream *it;
	struct facts *facts;
	int64_t now_ms;
};

static void add_state(const struct about *about)
{
	const struct msg_stream *it = about->it;
	if (it->why[0])
		fact_add(about->facts, severity_role(it->severity), "state", "%s for %s", it->why,
			format_duration(stream_trouble_ms(it, about->now_ms)).text);
	else
		fact_add(about->facts, ROLE_TEXT, "state", "ok");
}

static void add_stream(const struct about *about)
{
	const struct model *model = app_model(about->app);
	double length = stream_length(model, about->it), in = stream_in(model, about->it);
	autostr struct str text = STR_INIT;
	if (!isnan(length))
		str_addf(&text, "%s entries  ", format_count((int64_t)length).text);
	if (!isnan(in))
		str_addf(&text, "%s a second come in  ", show_figure(in).text);
	str_addf(&text, "redis %s", about->it->service);
	fact_add(about->facts, ROLE_TEXT, "stream", "%s", text.text);
}

/* How long until nothing is left, at the pace of the last two looks. */
static void add_pace(const struct about *about, double lag, struct str *text)
{
	double in = stream_in(app_model(about->app), about->it), read = stream_read(about->it);
	if (isnan(in) || isnan(read) || !(lag > 0))
		return;
	if (read > in)
		str_addf(text, "  none left in %s at this pace",
			format_duration((int64_t)(lag / (read - in) * 1000)).text);
	else
		str_adds(text, "  it does not catch up at this pace");
}

static void add_lag(const struct about *about)
{
	double lag = stream_lag(about->it), read = stream_read(about->it);
	autostr struct str text = STR_INIT;
	if (isnan(lag))
		str_adds(&text, "not known: entries behind its place were trimmed or deleted");
	else
		str_addf(&text, "%s not delivered yet", format_count((int64_t)lag).text);
	if (!isnan(read))
		str_addf(&text, "  %s a second are read", show_figure(read).text);
	add_pace(about, lag, &text);
	fact_add(about->facts, ROLE_TEXT, "lag", "%s", text.text);
}

static void add_pending(const struct about *about)
{
	const struct msg_stream *it = about->it;
	autostr struct str text = STR_INIT;
	int64_t added_ms = about->now_ms - it->oldest_added_ms;
	str_addf(&text, "%s not acknowledged", format_count(it->pending).text);
	fact_add(about->facts, ROLE_TEXT, "pending", "%s", text.text);
	if (it->pending <= 0 || !it->oldest[0])
		return;
	str_clear(&text);
	str_addf(&text, "%s %s ago", it->oldest,
		format_duration(it->oldest_idle_ms > 0 ? it->oldest_idle_ms : 0).text);
	if (it->oldest_added_ms)
		str_addf(
			&text, "; added %s ago", format_duration(added_ms > 0 ? added_ms : 0).text);
	fact_add(about->facts, ROLE_TEXT, "oldest", "%s", text.text);
}

static void add_readers(const struct about *about)
{
	const struct msg_stream *it = about->it;
	if (it->consumers <= 0)
		fact_add(about->facts, it->lag > 0 ? ROLE_WARN : ROLE_DIM, "consumers", "none");
	for (size_t i = 0; i < it->readers_count; i++) {
		const struct msg_stream_reader *reader = &it->readers[i];
		fact_add(about->facts, reader->dead ? ROLE_WARN : ROLE_TEXT, i ? "" : "consumers",
			"%s  %s pending  heard of %s ago%s", reader->name,
			format_count(reader->pending).text, format_duration(reader->idle_ms).text,
			reader->dead ? "  dead" : "");
	}
	if (it->consumers > (int64_t)it->readers_count)
		fact_add(about->facts, ROLE_DIM, it->readers_count ? "" : "consumers", "%lld more",
			(long long)(it->consumers - (int64_t)it->readers_count));
}

void facts_of_stream(const struct app *app, const struct msg_stream *stream, struct facts *ret)
{
	struct about about = {
		.app = app, .it = stream, .facts = ret, .now_ms = app_now(app, stream->id)};
	ret->count = 0;
	if (stream_is_old(app_model(app), stream, about.now_ms)) {
		fact_add(ret, ROLE_STALE, "state", "not looked at for %s: see Services",
			format_duration(about.now_ms - stream->at_ms).text);
		return;
	}
	add_state(&about);
	add_stream(&about);
	if (!stream_is_group(stream))
		return;
	add_lag(&about);
	add_pending(&about);
	add_readers(&about);
}
