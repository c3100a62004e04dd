/* SPDX-License-Identifier: MIT */
#include "tui/panes/facts.h"

#include <math.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/str.h"
#include "tui/app.h"
#include "tui/show.h"
#include "tui/streams.h"

/* One service on its way into facts. */
struct about {
	const struct app *app;
	const struct msg_service *it;
	const struct msg_engine
		*engine; /* that it came from; NULL: it says nothing of itself yet */
	struct facts *facts;
};

static struct shown ago(const struct about *about, int64_t at_ms)
{
	int64_t age_ms = app_now(about->app, about->it->id) - at_ms;
	return format_duration(age_ms > 0 ? age_ms : 0);
}

static void add_state(const struct about *about)
{
	const struct msg_service *it = about->it;
	enum role role = severity_role(it->severity);
	fact_add(about->facts, role, "state", "%s%s%s%s%s", state_word(it->state),
		it->since_ms ? " for " : "", it->since_ms ? ago(about, it->since_ms).text : "",
		it->why[0] ? ": " : "", it->why);
}

/* ---- a server ---- */

static void add_version(const struct about *about)
{
	const struct msg_service *it = about->it;
	autostr struct str text = STR_INIT;
	if (it->version[0])
		str_addf(&text, "version %s  ", it->version);
	if (it->role[0])
		str_addf(&text, "%s  ", it->role);
	if (it->uptime_s)
		str_addf(&text, "up %s", format_duration(it->uptime_s * 1000).text);
	if (text.length)
		fact_add(about->facts, isnan(it->latency_ms) ? ROLE_STALE : ROLE_TEXT, "server",
			"%s", text.text);
}

static void add_answers(const struct about *about)
{
	const struct msg_service *it = about->it;
	autostr struct str text = STR_INIT;
	if (!isnan(it->latency_ms))
		str_addf(&text, "in %s ms  ", show_figure(it->latency_ms).text);
	if (!isnan(it->rate))
		str_addf(&text, "%s a second  ", show_figure(it->rate).text);
	if (it->at_ms)
		str_addf(&text, "last %s ago", ago(about, it->at_ms).text);
	if (text.length)
		fact_add(about->facts, ROLE_TEXT, "answers", "%s", text.text);
}

static void add_clients(const struct about *about)
{
	const struct msg_service *it = about->it;
	autostr struct str text = STR_INIT;
	if (it->clients < 0)
		return;
	str_adds(&text, format_count(it->clients).text);
	if (it->max_clients > 0)
		str_addf(&text, " of %s", format_count(it->max_clients).text);
	if (it->blocked > 0)
		str_addf(&text, "  %s blocked", format_count(it->blocked).text);
	fact_add(about->facts, ROLE_TEXT, "clients", "%s", text.text);
}

static void add_size(const struct about *about)
{
	const struct msg_service *it = about->it;
	autostr struct str text = STR_INIT;
	if (!it->used_bytes)
		return;
	str_adds(&text, format_bytes((int64_t)it->used_bytes).text);
	if (it->max_bytes)
		str_addf(&text, " of %s", format_bytes((int64_t)it->max_bytes).text);
	if (!isnan(it->hit_ratio))
		str_addf(&text, "  %s hits", format_percent(it->hit_ratio).text);
	fact_add(about->facts, ROLE_TEXT, "size", "%s", text.text);
}

static void add_slow(const struct about *about)
{
	const struct msg_service *it = about->it;
	if (!isnan(it->slow_ms))
		fact_add(about->facts, ROLE_TEXT, "slowest", "%s  %s",
			format_duration((int64_t)it->slow_ms).text, it->slow_text);
	if (!isnan(it->lag))
		fact_add(about->facts, ROLE_TEXT, "lag", "%s", show_figure(it->lag).text);
}

static void add_details(const struct about *about)
{
	const struct msg_service *it = about->it;
	autostr struct str text = STR_INIT;
	for (size_t i = 0; i < it->details_count; i++)
		if (it->details[i].value[0])
			str_addf(&text, "%s %s  ", it->details[i].name, it->details[i].value);
	if (text.length)
		fact_add(about->facts, ROLE_DIM, "more", "%s", text.text);
}

/* What its streams come to; those in trouble have a pane of their own. */
static void add_streams(const struct about *about)
{
	const struct model *model = app_model(about->app);
	const struct msg_stream *worst = NULL;
	size_t count, streams = 0, groups = 0, troubled = 0;
	const struct msg_stream *const *all = model_streams(model, &count);
	for (size_t i = 0; i < count; i++) {
		if (links_of(all[i]->id) != links_of(about->it->id) ||
			strcmp(all[i]->service, about->it->name) != 0)
			continue;
		*(stream_is_group(all[i]) ? &groups : &streams) += 1;
		troubled += all[i]->severity != SEVERITY_OK;
		if (!worst || all[i]->severity > worst->severity)
			worst = all[i];
	}
	if (!worst || strcmp(about->it->kind, "redis") != 0)
		return;
	fact_add(about->facts, severity_role(worst->severity), "streams",
		"%zu and %zu groups, %zu in trouble%s%s%s%s  :streams", streams, groups, troubled,
		troubled ? ": " : "", troubled ? worst->name : "", troubled ? " " : "",
		troubled ? worst->group : "");
}

/* ---- the recording, and who makes it ---- */

static void add_recording(const struct about *about)
{
	const struct msg_engine *engine = about->engine;
	if (!about->app->anonymous)
		fact_add(about->facts, ROLE_TEXT, "holds", "%s of %s%s%s",
			format_bytes((int64_t)engine->recording_bytes).text,
			format_bytes((int64_t)engine->recording_limit_bytes).text,
			engine->recording_from_ms ? "  the last " : "",
			engine->recording_from_ms ? ago(about, engine->recording_from_ms).text
						  : "");
	if (engine->recording_dropped)
		fact_add(about->facts, ROLE_WARN, "lost", "%s entries  last %s ago",
			format_count((int64_t)engine->recording_dropped).text,
			ago(about, engine->recording_drop_at_ms).text);
	else
		fact_add(about->facts, ROLE_DIM, "lost", "nothing since its start");
	if (engine->events_in_place)
		fact_add(about->facts, ROLE_DIM, "not in it",
			"%s log lines that came too fast: they are in their files",
			format_count((int64_t)engine->events_in_place).text);
	if (engine->recording_error[0])
		fact_add(about->facts, ROLE_WARN, "error", "%s", engine->recording_error);
	if (engine->recording[0])
		fact_add(about->facts, ROLE_TEXT, "file", "%s", engine->recording);
}

static void add_engine(const struct about *about)
{
	const struct msg_engine *engine = about->engine;
	if (about->app->anonymous)
		return;
	fact_add(about->facts, ROLE_DIM, "engine", "pid %llu  up %s  cpu %s  %s",
		(unsigned long long)engine->pid, ago(about, engine->started_ms).text,
		format_percent(engine->cpu_percent / 100).text,
		format_bytes((int64_t)engine->rss_bytes).text);
	fact_add(about->facts, ROLE_DIM, "turns", "p50 %s  p99 %s  max %s ms%s%s%s",
		format_number(engine->turn_p50_ms).text, format_number(engine->turn_p99_ms).text,
		format_number(engine->turn_max_ms).text, engine->turn_max_stage[0] ? " (" : "",
		engine->turn_max_stage, engine->turn_max_stage[0] ? ")" : "");
	fact_add(about->facts, ROLE_DIM, "events", "%s of %s  %s dropped",
		format_bytes((int64_t)engine->store_bytes).text,
		format_bytes((int64_t)engine->store_limit_bytes).text,
		format_count((int64_t)engine->dropped).text);
	if (engine->history_limit_bytes)
		fact_add(about->facts, ROLE_DIM, "history", "%s of %s on the disk",
			format_bytes((int64_t)engine->history_bytes).text,
			format_bytes((int64_t)engine->history_limit_bytes).text);
	if (engine->history_error[0])
		fact_add(about->facts, ROLE_WARN, "history", "%s", engine->history_error);
	if (engine->index_segments)
		fact_add(about->facts, ROLE_DIM, "log files", "%s indexed%s  %s lines in place",
			format_percent((double)engine->index_done / (double)engine->index_segments)
				.text,
			engine->index_runs ? " so far" : "",
			format_count((int64_t)engine->events_in_place).text);
	fact_add(about->facts, ROLE_DIM, "config", "%s", engine->config);
}

/* ---- all of it ---- */

void facts_of_service(
	const struct app *app, const struct msg_service *service, struct facts *ret_facts)
{
	static void (*const of_server[])(const struct about *) = {add_version, add_answers,
		add_size, add_clients, add_slow, add_streams, add_details};
	static void (*const of_engine[])(const struct about *) = {add_recording, add_engine};
	struct about about = {.app = app, .it = service, .facts = ret_facts};
	bool is_engine = strcmp(service->kind, "engine") == 0;
	about.engine = app_engine(app, links_of(service->id));
	ret_facts->count = 0;
	add_state(&about);
	for (size_t i = 0; !is_engine && i < COUNT_OF(of_server); i++)
		of_server[i](&about);
	for (size_t i = 0; is_engine && about.engine && i < COUNT_OF(of_engine); i++)
		of_engine[i](&about);
}
