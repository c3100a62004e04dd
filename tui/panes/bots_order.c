/* SPDX-License-Identifier: MIT */
/* Which bots the table shows and in what order: the filter, then the chosen column, then severity,
 * then the name. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/panes/bots.h"

/* By enum bots_field; what has no name can't be filtered by. */
static const struct filter_column filter_columns[BOTS_FIELDS] = {
	[BOTS_S] = {"severity", FILTER_NUMBER},
	[BOTS_NAME] = {"bot", FILTER_TEXT},
	[BOTS_HOST] = {"host", FILTER_TEXT},
	[BOTS_UP] = {"up", FILTER_DURATION},
	[BOTS_RATE] = {"upd", FILTER_NUMBER},
	[BOTS_PENDING] = {"pend", FILTER_NUMBER},
	[BOTS_BEAT] = {"hb", FILTER_DURATION},
	[BOTS_P50] = {"p50", FILTER_NUMBER},
	[BOTS_P95] = {"p95", FILTER_NUMBER},
	[BOTS_P99] = {"p99", FILTER_NUMBER},
	[BOTS_ERRORS] = {"err", FILTER_NUMBER},
	[BOTS_SHARE] = {"share", FILTER_NUMBER},
	[BOTS_CACHE] = {"cache", FILTER_NUMBER},
	[BOTS_AVAILABLE] = {"avail", FILTER_NUMBER},
	[BOTS_WHY] = {"why", FILTER_TEXT},
	[BOTS_SPARK] = {"spark", FILTER_NUMBER},
	[BOTS_STATE] = {"state", FILTER_TEXT},
	[BOTS_TRANSPORT] = {"transport", FILTER_TEXT},
	[BOTS_CPU] = {"cpu", FILTER_NUMBER},
	[BOTS_MEM] = {"mem", FILTER_BYTES},
	[BOTS_RESTARTS] = {"restarts", FILTER_NUMBER},
	[BOTS_SCORE] = {"score", FILTER_NUMBER},
};

struct filter *bots_filter(const struct app *app, const char *expression, struct err *err)
{
	struct filter_schema schema = {.columns = filter_columns,
		.count = COUNT_OF(filter_columns),
		.now_ms = app->now_ms};
	size_t at;
	return filter_new(expression, &schema, &at, err);
}

/* ---- the filter ---- */

struct candidate {
	const struct app *app;
	const struct msg_bot *bot;
	char whole[640];
};

static void get(const void *row, size_t column, struct filter_value *ret_value)
{
	const struct candidate *it = row;
	enum bots_field field = (enum bots_field)column;
	if (column != FILTER_WHOLE && filter_columns[field].kind != FILTER_TEXT) {
		ret_value->number = bots_number(it->app, it->bot, field);
		ret_value->is_known = !isnan(ret_value->number);
		return;
	}
	ret_value->text = column == FILTER_WHOLE ? it->whole : bots_text(it->app, it->bot, field);
	ret_value->length = strlen(ret_value->text);
	ret_value->is_known = true;
}

static bool fits(const struct bots_view *view, const struct msg_bot *bot)
{
	struct candidate candidate = {.app = view->app, .bot = bot};
	if (!view->filter)
		return true;
	(void)print_text(candidate.whole, sizeof(candidate.whole), "%s %s %s %s %s %s", bot->name,
		bot->username, bot->state, bot->why, bots_text(view->app, bot, BOTS_HOST),
		bot->transport);
	return filter_match(view->filter, get, &candidate);
}

/* ---- the order ---- */

struct sorted {
	const struct msg_bot *bot;
	double number; /* NaN comes last, whatever the direction */
};

static int compare_severity(const struct app *app, const struct msg_bot *a, const struct msg_bot *b)
{
	unsigned left = app_severity(app, a), right = app_severity(app, b);
	if (left != right)
		return left > right ? -1 : 1;
	/* Nobody knows yet: what was worst before the engine's start is looked at first. */
	if (left == SEVERITY_UNKNOWN && a->last_severity != b->last_severity)
		return a->last_severity > b->last_severity ? -1 : 1;
	int order = strcmp(a->name, b->name);
	return order ? order : (a->id > b->id) - (a->id < b->id);
}

static int compare(const void *left, const void *right, void *context)
{
	const struct sorted *a = left, *b = right;
	const struct bots_view *view = context;
	if (view->sort < 0)
		return compare_severity(view->app, a->bot, b->bot);
	if (isnan(a->number) != isnan(b->number))
		return isnan(a->number) ? 1 : -1;
	int order = isnan(a->number)
			    ? strcmp(bots_text(view->app, a->bot, (enum bots_field)view->sort),
				      bots_text(view->app, b->bot, (enum bots_field)view->sort))
			    : (a->number > b->number) - (a->number < b->number);
	if (view->descending)
		order = -order;
	return order ? order : compare_severity(view->app, a->bot, b->bot);
}

void bots_order(struct bots_view *view, struct id_list *ret_ids)
{
	size_t count, kept = 0;
	const struct msg_bot *const *bots = model_bots(app_model(view->app), &count);
	autofree struct sorted *sorted = xcalloc(count + 1, sizeof(*sorted));
	for (size_t i = 0; i < count; i++) {
		if (!fits(view, bots[i]))
			continue;
		sorted[kept].bot = bots[i];
		if (view->sort >= 0)
			sorted[kept].number =
				bots_number(view->app, bots[i], (enum bots_field)view->sort);
		kept++;
	}
	view->hidden = count - kept;
	qsort_r(sorted, kept, sizeof(*sorted), compare, view);
	for (size_t i = 0; i < kept; i++)
		id_list_add(ret_ids, sorted[i].bot->id);
}
