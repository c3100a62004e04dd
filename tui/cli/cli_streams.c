/* SPDX-License-Identifier: MIT */
/* botswain streams: one line a Redis stream and one a consumer group of it, trouble first. */
#include <math.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/str.h"
#include "tui/cli/list.h"
#include "tui/show.h"
#include "tui/streams.h"

/* As the screen says it: nothing of what is too old to be shown. */
static const struct msg_stream *fresh(const struct model *model, const void *body, int64_t now_ms)
{
	return stream_is_old(model, body, now_ms) ? NULL : body;
}

static void add_rate(double value, struct str *to)
{
	if (!isnan(value))
		str_adds(to, show_figure(value).text);
}

static void add_count(double value, struct str *to)
{
	if (!isnan(value))
		str_adds(to, format_count((int64_t)value).text);
}

/* clang-format off */
#define TEXT_CELL(field) \
	static void put_##field(const struct model *model, const void *body, int64_t now_ms, struct str *to) \
	{ (void)model, (void)now_ms; str_adds(to, ((const struct msg_stream *)body)->field); }
#define FIGURE_CELL(add, id, value) \
	static void put_##id(const struct model *model, const void *body, int64_t now_ms, struct str *to) \
	{ const struct msg_stream *it = fresh(model, body, now_ms); if (it) add(value, to); }
TEXT_CELL(service) TEXT_CELL(name) TEXT_CELL(group)
FIGURE_CELL(add_count, length, stream_length(model, it)) FIGURE_CELL(add_rate, in, stream_in(model, it))
FIGURE_CELL(add_rate, read, stream_read(it)) FIGURE_CELL(add_count, lag, stream_lag(it))
FIGURE_CELL(add_count, pending, stream_pending(it)) FIGURE_CELL(add_count, consumers, stream_consumers(it))
FIGURE_CELL(add_count, dead, stream_dead(it))
	/* clang-format on */

	static void put_letter(
		const struct model *model, const void *body, int64_t now_ms, struct str *to)
{
	str_addch(to, severity_letter(stream_severity(model, body, now_ms)));
}

static void put_oldest(const struct model *model, const void *body, int64_t now_ms, struct str *to)
{
	const struct msg_stream *it = fresh(model, body, now_ms);
	double oldest_ms = it ? stream_oldest_ms(it) : (double)NAN;
	if (!isnan(oldest_ms))
		str_adds(to, format_duration((int64_t)oldest_ms).text);
}

static void put_why(const struct model *model, const void *body, int64_t now_ms, struct str *to)
{
	const struct msg_stream *it = body;
	if (stream_is_old(model, it, now_ms))
		str_addf(to, "not looked at for %s", format_duration(now_ms - it->at_ms).text);
	else if (stream_waits(it))
		str_addf(to, "%s for %s", it->why, format_duration(it->oldest_idle_ms).text);
	else
		str_adds(to, it->why);
}

static const struct list_column columns[] = {
	/* clang-format off */
	{"S", false, put_letter}, {"REDIS", false, put_service}, {"STREAM", false, put_name}, {"GROUP", false, put_group},
	{"LENGTH", true, put_length}, {"IN/s", true, put_in}, {"READ/s", true, put_read}, {"LAG", true, put_lag},
	{"PENDING", true, put_pending}, {"OLDEST", true, put_oldest}, {"CONSUMERS", true, put_consumers},
	{"DEAD", true, put_dead}, {"WHY", false, put_why},
	/* clang-format on */
};

static uint64_t severity(const struct model *model, const void *body, int64_t now_ms)
{
	return stream_severity(model, body, now_ms);
}

static const char *label(const void *body)
{
	return ((const struct msg_stream *)body)->name;
}

/* By its group too. */
static bool answers_to(const void *body, const char *word)
{
	const struct msg_stream *stream = body;
	return stream_is_group(stream) && strcmp(stream->group, word) == 0;
}

static int tie(const void *one, const void *other)
{
	return stream_compare(one, other);
}

static const struct list_view view = {.name = "streams",
	.kind = MSG_stream,
	.columns = columns,
	.column_count = COUNT_OF(columns),
	.severity = severity,
	.tie = tie,
	.label = label,
	.answers_to = answers_to};

static int run(struct cli *cli, int argc, char **argv)
{
	return list_run(cli, &view, argc, argv);
}

extern const struct cli_command cli_streams;
const struct cli_command cli_streams = {.name = "streams",
	.args = "[NAME...] [--json]",
	.help = "Redis streams and their consumer groups, trouble first",
	.engine = true,
	.run = run};
