/* SPDX-License-Identifier: MIT */
#include "tui/panes/dashboard_series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"

/* ---- legends ---- */

static const char *label_value(const struct msg_points *points, const char *name, size_t length)
{
	for (size_t i = 0; i < points->labels_count; i++)
		if (strncmp(points->labels[i].name, name, length) == 0 &&
			!points->labels[i].name[length])
			return points->labels[i].value;
	return "";
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " ");
}

/* {{bot}} is the value of the label. */
static void expand(const struct msg_points *points, const char *legend, struct str *to)
{
	for (const char *open; (open = strstr(legend, "{{"));) {
		const char *name = skip_blanks(open + 2), *close = strstr(open, "}}");
		if (!close)
			break;
		str_add(to, legend, (size_t)(open - legend));
		size_t length = name < close ? strcspn(name, " }") : 0;
		str_adds(to, label_value(points, name, length));
		legend = close + 2;
	}
	str_adds(to, legend);
}

/* All labels but the name; of several queries without a legend the name, too. */
static void spell(const struct msg_points *points, struct str *to)
{
	for (size_t i = 0; i < points->labels_count; i++)
		if (strcmp(points->labels[i].name, "__name__") != 0)
			str_addf(to, "%s%s", to->length ? " " : "", points->labels[i].value);
	if (!to->length)
		str_adds(to, label_value(points, "__name__", strlen("__name__")));
}

/* On a screen on several engines each says whose it is (parts.c). */
static void name_series(const struct dashboard_panel *panel, const struct msg_points *points,
	struct shown_series *shown)
{
	autostr struct str text = STR_INIT;
	size_t query = points->query < panel->query_count ? (size_t)points->query : 0;
	const char *host = label_value(points, PARTS_HOST_LABEL, strlen(PARTS_HOST_LABEL));
	const char *legend = panel->queries[query].legend;
	if (*host && *legend)
		str_addf(&text, "%s ", host);
	size_t before = text.length;
	expand(points, legend, &text);
	if (text.length == before)
		spell(points, &text);
	copy_text(shown->name, sizeof(shown->name), text.text);
	shown->query = query;
}

/* ---- values ---- */

static double value_at(
	const struct msg_win_points *points, const struct msg_points *series, int64_t cursor_ms)
{
	size_t count = series->values_count;
	if (!count)
		return NAN;
	if (!cursor_ms || points->step_ms <= 0)
		return series->values[count - 1];
	int64_t at = (cursor_ms - points->from_ms + points->step_ms / 2) / points->step_ms;
	return at < 0 || at >= (int64_t)count ? (double)NAN : series->values[at];
}

/* When the last value came, if none stands at the end; else 0. */
static int64_t stale_since(const struct msg_win_points *points, const struct msg_points *series)
{
	size_t count = series->values_count, known = count;
	while (known && isnan(series->values[known - 1]))
		known--;
	if (known == 0 || known == count)
		return 0;
	return points->from_ms + points->step_ms * (int64_t)(known - 1);
}

static bool has_value(const struct msg_points *series)
{
	for (size_t i = 0; i < series->values_count; i++)
		if (!isnan(series->values[i]))
			return true;
	return false;
}

static double sum_of(const struct msg_points *series)
{
	double sum = 0;
	for (size_t i = 0; i < series->values_count; i++)
		if (isfinite(series->values[i]))
			sum += series->values[i];
	return sum;
}

/* Rows by what they say now, the worst first where less is worse; lines by all of their span, so that letters and colours stay with their series. */
static double rank_of(
	const struct dashboard_panel *panel, const struct msg_points *series, double value)
{
	if (panel->kind < PANEL_STAT)
		return sum_of(series);
	return isnan(value) ? -INFINITY : panel->below ? -value : value;
}

static int by_rank(const void *left, const void *right)
{
	const struct shown_series *a = left, *b = right;
	if (a->query != b->query)
		return a->query < b->query ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank > b->rank ? -1 : 1;
	return strcmp(a->name, b->name);
}

void shown_series_of(const struct dashboard_panel *panel, const struct msg_win_points *points,
	int64_t cursor_ms, struct shown_list *ret)
{
	ret->count = ret->left_out = 0;
	ret->is_empty = true;
	for (size_t i = 0; i < points->series_count; i++) {
		const struct msg_points *series = &points->series[i];
		if (!has_value(series))
			continue;
		ret->is_empty = false;
		if (ret->count == SHOWN_SERIES_MAX) {
			ret->left_out++;
			continue;
		}
		struct shown_series *shown = &ret->list[ret->count++];
		*shown = (struct shown_series){.values = series->values,
			.count = series->values_count,
			.value = value_at(points, series, cursor_ms),
			.stale_since_ms = stale_since(points, series)};
		shown->rank = rank_of(panel, series, shown->value);
		name_series(panel, series, shown);
	}
	if (ret->count)
		qsort(ret->list, ret->count, sizeof(ret->list[0]), by_rank);
}
