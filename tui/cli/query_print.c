/* SPDX-License-Identifier: MIT */
#include "tui/cli/query_print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/format.h"
#include "core/base/sanitize.h"
#include "core/base/stale.h"
#include "core/base/utf8.h"
#include "core/base/width.h"
#include "tui/cli/cli.h"

/* The shortest decimal that reads back as the same double. */
static void add_value(struct str *out, double value)
{
	char text[32] = "";
	if (isnan(value) || isinf(value)) {
		str_adds(out, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		double read;
		(void)snprintf(text, sizeof(text), "%.*g", digits, value);
		if (parse_double(text, strlen(text), &read) && read == value)
			break;
	}
	str_adds(out, text);
}

static int64_t time_of(
	const struct msg_win_points *points, const struct msg_points *series, size_t index)
{
	if (series->times_count)
		return (int64_t)series->times[index];
	return points->from_ms + (int64_t)index * points->step_ms;
}

static bool has_many(const struct msg_win_points *points)
{
	return strcmp(points->type, "matrix") == 0;
}

/* ---- for people ---- */

static void add_points(
	const struct msg_win_points *points, const struct msg_points *series, struct str *out)
{
	for (size_t i = 0; i < series->values_count; i++) {
		if (is_stale(series->values[i]))
			continue;
		str_addf(out, "  %s  ", format_rfc3339(time_of(points, series, i)).text);
		add_value(out, series->values[i]);
		str_addch(out, '\n');
	}
}

void query_print_text(const struct msg_win_points *points, const char *host, struct str *out)
{
	if (strcmp(points->type, "string") == 0)
		str_addf(out, "%s\n", points->text);
	for (size_t i = 0; i < points->series_count; i++) {
		const struct msg_points *series = &points->series[i];
		bool is_scalar = !series->name[0];
		str_addf(out, "%s%s%s", host, *host ? " " : "", series->name);
		if (has_many(points)) {
			str_addch(out, '\n');
			add_points(points, series, out);
			continue;
		}
		str_adds(out, is_scalar ? "" : " ");
		add_value(out, series->last);
		str_addch(out, '\n');
	}
}

/* ---- for scripts ---- */

static void add_json_value(struct str *out, double value)
{
	bool is_number = isfinite(value);
	str_adds(out, is_number ? "" : "\"");
	add_value(out, value);
	str_adds(out, is_number ? "" : "\"");
}

static void add_json_text(struct str *out, const char *text)
{
	msg_json_text(text, out);
}

static void add_labels(const struct msg_points *series, struct str *out)
{
	str_adds(out, "\"labels\":{");
	for (size_t i = 0; i < series->labels_count; i++) {
		str_adds(out, i ? "," : "");
		add_json_text(out, series->labels[i].name);
		str_addch(out, ':');
		add_json_text(out, series->labels[i].value);
	}
	str_addch(out, '}');
}

static void add_json_points(
	const struct msg_win_points *points, const struct msg_points *series, struct str *out)
{
	bool has_one = false;
	str_adds(out, ",\"values\":[");
	for (size_t i = 0; i < series->values_count; i++) {
		if (is_stale(series->values[i]))
			continue;
		str_addf(out, "%s[\"%s\",", has_one ? "," : "",
			format_rfc3339(time_of(points, series, i)).text);
		add_json_value(out, series->values[i]);
		str_addch(out, ']');
		has_one = true;
	}
	str_addch(out, ']');
}

static void add_json_series(
	const struct msg_win_points *points, const struct msg_points *series, struct str *out)
{
	str_addch(out, '{');
	add_labels(series, out);
	if (has_many(points)) {
		add_json_points(points, series, out);
	} else {
		str_addf(out, ",\"time\":\"%s\",\"value\":", format_rfc3339(points->to_ms).text);
		add_json_value(out, series->last);
	}
	str_addch(out, '}');
}

static void add_notes(const struct msg_win_points *points, struct str *out)
{
	str_adds(out, ",\"notes\":[");
	for (size_t i = 0; i < points->notes_count; i++) {
		str_adds(out, i ? "," : "");
		add_json_text(out, points->notes[i]);
	}
	str_addch(out, ']');
}

void query_print_json(const struct msg_win_points *points, const char *host, struct str *out)
{
	str_addf(out, "{\"v\":1,\"type\":\"%s\",\"source\":", points->type);
	add_json_text(out, points->source[0] ? points->source : "botswain");
	if (*host) {
		str_adds(out, ",\"host\":");
		add_json_text(out, host);
	}
	if (strcmp(points->type, "string") == 0) {
		str_adds(out, ",\"text\":");
		add_json_text(out, points->text);
	}
	if (points->notes_count)
		add_notes(points, out);
	str_adds(out, ",\"result\":[");
	for (size_t i = 0; i < points->series_count; i++) {
		str_adds(out, i ? "," : "");
		add_json_series(points, &points->series[i], out);
	}
	str_adds(out, "]}\n");
}

/* ---- types and help ---- */

static const char *type_of(const struct msg_points *name)
{
	return name->type[0] ? name->type : "unknown";
}

void query_metadata_text(const struct msg_win_points *points, const char *host, struct str *out)
{
	for (size_t i = 0; i < points->series_count; i++) {
		const struct msg_points *name = &points->series[i];
		if (name->unit[0])
			continue;
		str_addf(out, "%s%s%s %s%s%s\n", host, *host ? " " : "", name->name, type_of(name),
			name->help[0] ? " " : "", name->help);
	}
	if (points->left)
		(void)cli_say(CLI_OK, "%llu more metrics: say a part of a name",
			(unsigned long long)points->left);
}

static void add_json_metric(const struct msg_points *name, struct str *out)
{
	str_adds(out, "{\"metric\":");
	add_json_text(out, name->name);
	str_addf(out, ",\"type\":\"%s\",\"unit\":", type_of(name));
	add_json_text(out, name->measure);
	str_adds(out, ",\"help\":");
	add_json_text(out, name->help);
	str_addf(out, ",\"series\":%.0f}", name->last);
}

void query_metadata_json(const struct msg_win_points *points, const char *host, struct str *out)
{
	bool has_one = false;
	str_adds(out, "{\"v\":1,");
	if (*host) {
		str_adds(out, "\"host\":");
		add_json_text(out, host);
		str_addch(out, ',');
	}
	str_addf(out, "\"left\":%llu,\"metadata\":[", (unsigned long long)points->left);
	for (size_t i = 0; i < points->series_count; i++) {
		if (points->series[i].unit[0])
			continue;
		str_adds(out, has_one ? "," : "");
		add_json_metric(&points->series[i], out);
		has_one = true;
	}
	str_adds(out, "]}\n");
}

/* ---- what is wrong ---- */

/* The line of the query that holds the place, and a mark under it. */
static void add_mark(struct str *out, const char *query, size_t at)
{
	size_t length = strlen(query), begin = at < length ? at : length;
	while (begin && query[begin - 1] != '\n')
		begin--;
	size_t end = begin + strcspn(query + begin, "\n");
	autostr struct str line = STR_INIT, before = STR_INIT;
	sanitize(&line, query + begin, end - begin);
	sanitize(&before, query + begin, (at < end ? at : end) - begin);
	str_addf(out, "\n  %s\n  %*s^", line.text, (int)text_width(before.text, before.length), "");
}

int query_print_error(const char *query, const char *error, const struct msg_win_points *points)
{
	autostr struct str text = STR_INIT;
	str_adds(&text, error);
	if (points->place_to)
		add_mark(&text, query, points->place_from);
	return cli_say(points->place_to ? CLI_USAGE : CLI_FAILURE, "%s", text.text);
}
