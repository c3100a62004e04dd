/* SPDX-License-Identifier: MIT */
/*
 * The figures of Bots are what PromQL says (core/conf/figures.h). One window asks for all that have a column, of the bots that are in
 * sight; one more of all bots, where these are sorted or filtered by a figure; one for the course. The engine's answers
 * become lists by bot, which go when no answer came for a while: nothing stands still.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/figures.h"
#include "tui/panes/bots.h"
#include "tui/panes/metrics.h"

enum { LIST_SIGHT, LIST_ORDER, LIST_COURSE };

enum {
	ASK_MS = 5000,       /* between two answers of a figure */
	STALE_MS = 4 * 5000, /* an engine that has much to do rests between them */
	COURSE_MS = 900000,
	COURSE_STALE_MS = 3 * COURSE_MS / BOTS_SPARK_POINTS,
	BAD_MS = 60000, /* what was refused is asked again then */
	FEW_BOTS = 64,  /* so many are asked for always, whichever is in sight */
	BLOCK = 32,     /* rows: a step of the cursor asks for nothing else */
	VALUES = BOTS_SPARK_POINTS,
};

static_assert((int)BOTS_FIELDS <= VALUES, "a row has room for either");

/* Of one bot: by field, or its course. */
struct row {
	uint64_t id;
	double values[VALUES];
};

struct bots_values {
	size_t count;
	struct row rows[];
};

static const struct {
	const char *figure, *word; /* of filters */
} names[BOTS_FIELDS] = {
	[BOTS_RATE] = {"updates", "upd"},
	[BOTS_P50] = {"p50", "p50"},
	[BOTS_P95] = {"p95", "p95"},
	[BOTS_P99] = {"p99", "p99"},
	[BOTS_ERRORS] = {"errors", "err"},
	[BOTS_SHARE] = {"error-share", "share"},
	[BOTS_CACHE] = {"cache", "cache"},
	[BOTS_AVAILABLE] = {"availability", "avail"},
	[BOTS_SPARK] = {"updates", "spark"},
};

static const enum window_id windows[BOTS_LISTS] = {
	[LIST_SIGHT] = WINDOW_FIGURES, [LIST_ORDER] = WINDOW_ORDER, [LIST_COURSE] = WINDOW_COURSE};

static struct bots_view *view_of(const struct app *app)
{
	return app->view[PANE_bots];
}

struct figure *bots_figure(const struct app *app, enum bots_field field)
{
	return names[field].figure ? figures_find(app->figures, names[field].figure) : NULL;
}

enum bots_field bots_field_of(const char *figure)
{
	enum bots_field field = BOTS_S;
	while (field < BOTS_FIELDS &&
		(!names[field].figure || strcmp(names[field].figure, figure) != 0))
		field++;
	return field;
}

/* ---- what came ---- */

static int compare_rows(const void *a, const void *b)
{
	uint64_t one = ((const struct row *)a)->id, other = ((const struct row *)b)->id;
	return one < other ? -1 : one > other;
}

static const struct row *row_of(const struct bots_values *list, uint64_t id)
{
	const struct row wanted = {.id = id};
	return list ? bsearch(&wanted, list->rows, list->count, sizeof(wanted), compare_rows)
		    : NULL;
}

/* The bot that a series is of; 0: of none. */
static uint64_t id_of(const struct app *app, const struct msg_points *points)
{
	const char *bot = NULL;
	size_t link = 0;
	for (size_t i = 0; i < points->labels_count; i++) {
		if (strcmp(points->labels[i].name, "bot") == 0)
			bot = points->labels[i].value;
		if (strcmp(points->labels[i].name, PARTS_HOST_LABEL) == 0)
			link = links_find(app->links, points->labels[i].value);
	}
	bool is_known = bot && link < links_count(app->links);
	return is_known ? links_id(link, entity_id("bot", bot)) : 0;
}

/* The field of expression number n: the bits are in that order. */
static enum bots_field field_at(uint64_t asked, uint64_t query)
{
	for (enum bots_field field = BOTS_S; field < BOTS_FIELDS; field++)
		if (asked >> field & 1 && query-- == 0)
			return field;
	return BOTS_FIELDS;
}

/* Columns have ms and percent; figures may have them already. */
double bots_figure_factor(const struct figure *figure)
{
	if (!figure)
		return 1;
	bool is_seconds = strcmp(figure->unit, "seconds") == 0;
	return is_seconds ? 1000 : strcmp(figure->unit, "ratio") == 0 ? 100 : 1;
}

static void take_value(const struct app *app, struct bots_figures *figures, struct row *row,
	enum bots_field field, const struct msg_points *points)
{
	double value = points->last * bots_figure_factor(bots_figure(app, field));
	row->values[field] = isfinite(value) ? value : (double)NAN;
	if (isfinite(value))
		figures->filled |= UINT64_C(1) << field;
}

/* The newest points, the last at the end. */
static void take_course(struct row *row, const struct msg_points *points)
{
	size_t count = points->values_count;
	for (size_t i = 0; i < BOTS_SPARK_POINTS && i < count; i++)
		row->values[BOTS_SPARK_POINTS - 1 - i] = points->values[count - 1 - i];
}

/* Rows of one bot become one. */
static void merge_rows(struct bots_values *list)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++) {
		if (kept && list->rows[kept - 1].id == list->rows[i].id) {
			for (size_t at = 0; at < VALUES; at++)
				if (!isnan(list->rows[i].values[at]))
					list->rows[kept - 1].values[at] = list->rows[i].values[at];
		} else {
			list->rows[kept++] = list->rows[i];
		}
	}
	list->count = kept;
}

static void take_list(const struct app *app, struct bots_figures *figures, size_t list,
	const struct msg_win_points *points)
{
	struct bots_values *values =
		xcalloc(1, sizeof(*values) + points->series_count * sizeof(struct row));
	for (size_t i = 0; i < points->series_count; i++) {
		struct row *row = &values->rows[values->count];
		enum bots_field field = field_at(figures->asked[list], points->series[i].query);
		row->id = id_of(app, &points->series[i]);
		if (!row->id || field == BOTS_FIELDS)
			continue;
		for (size_t at = 0; at < VALUES; at++)
			row->values[at] = (double)NAN;
		if (list == LIST_COURSE)
			take_course(row, &points->series[i]);
		else
			take_value(app, figures, row, field, &points->series[i]);
		values->count++;
	}
	qsort(values->rows, values->count, sizeof(struct row), compare_rows);
	merge_rows(values);
	free(figures->lists[list]);
	figures->lists[list] = values;
	figures->at_mono_ms[list] = app_mono_ms(app);
}

/* One that is refused would take the others with it: it is left out for a while. */
static void note_bad(struct app *app, struct bots_figures *figures, size_t list)
{
	const struct window *window = &app->windows[windows[list]];
	enum bots_field field = field_at(figures->asked[list], window->points.query);
	const struct figure *figure = field < BOTS_FIELDS ? bots_figure(app, field) : NULL;
	if (!figure)
		return;
	figures->bad_until_mono_ms[list][field] = app_mono_ms(app) + BAD_MS;
	if (list == LIST_ORDER || !figure_is_shipped(figure))
		app_toast(app, true, "figure %s: %s", figure->name, window->error);
}

static void drop(struct bots_figures *figures, size_t list)
{
	if (!figures->lists[list])
		return;
	free(figures->lists[list]);
	figures->lists[list] = NULL;
	figures->change++;
}

static void take(struct app *app, struct bots_figures *figures, size_t list)
{
	const struct window *window = &app->windows[windows[list]];
	int64_t stale_ms = list == LIST_COURSE ? COURSE_STALE_MS : STALE_MS;
	if (app->frozen)
		return; /* the picture is held */
	if (window->asked && window->answered && window->change != figures->seen[list]) {
		figures->seen[list] = window->change;
		if (window->error[0])
			note_bad(app, figures, list);
		else
			take_list(app, figures, list, &window->points);
		figures->change++;
	}
	if (app_mono_ms(app) - figures->at_mono_ms[list] > stale_ms)
		drop(figures, list);
}

/* ---- what is asked ---- */

static uint64_t bit(enum bots_field field)
{
	return UINT64_C(1) << field;
}

static uint64_t figure_bits(void)
{
	uint64_t bits = 0;
	for (enum bots_field field = BOTS_S; field < BOTS_COLUMNS; field++)
		bits |= names[field].figure && field != BOTS_SPARK ? bit(field) : 0;
	return bits;
}

static uint64_t without_bad(
	const struct app *app, const struct bots_figures *figures, size_t list, uint64_t bits)
{
	for (enum bots_field field = BOTS_S; field < BOTS_FIELDS; field++)
		if (figures->bad_until_mono_ms[list][field] > app_mono_ms(app))
			bits &= ~bit(field);
	return bits;
}

/* Those that have a column, or would have one if they had a value. */
static uint64_t shown_fields(const struct app *app, const struct bots_view *view, int columns)
{
	struct table table = view->table;
	struct table_layout layout;
	uint64_t shown = 0;
	table.absent &= ~figure_bits();
	table_layout(&bots_table, &table, columns, &layout);
	for (enum bots_field field = BOTS_S; field < BOTS_COLUMNS; field++)
		shown |= layout.column[field] >= 0 && bots_is_asked(app, field) ? bit(field) : 0;
	return shown & figure_bits();
}

/* What the order or the filter needs of every bot. */
static uint64_t needed_fields(const struct app *app, const struct bots_view *view)
{
	uint64_t needed = 0;
	for (enum bots_field field = BOTS_S; field < BOTS_COLUMNS; field++) {
		bool is_used = view->sort == (int)field ||
			       (names[field].word && strstr(view->expression, names[field].word));
		if (is_used && bots_is_asked(app, field))
			needed |= field == BOTS_SPARK ? bit(BOTS_RATE) : bit(field);
	}
	return needed;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The bots in sight and some around them, by name, so that another order of theirs asks for nothing else. */
static size_t bots_in_sight(
	const struct app *app, const struct bots_view *view, const char ***ret_names)
{
	const struct id_list *shown = &view->rows.shown;
	size_t from = view->table.top / BLOCK * BLOCK, count = 0;
	size_t end = (view->table.top + (size_t)view->page + BLOCK - 1) / BLOCK * BLOCK;
	end = end < shown->count ? end : shown->count;
	*ret_names = xcalloc(end > from ? end - from : 1, sizeof(**ret_names));
	for (size_t i = from; i < end; i++) {
		const struct msg_bot *bot = model_bot(app_model(app), shown->ids[i]);
		if (bot)
			(*ret_names)[count++] = bot->name;
	}
	qsort(*ret_names, count, sizeof(**ret_names), compare_texts);
	return count;
}

/* `bots` 0: of all. */
static void ask(struct app *app, struct bots_figures *figures, size_t list, uint64_t fields,
	const char *const *bots, size_t count)
{
	char *queries[BOTS_FIELDS];
	size_t asked = 0;
	struct msg_win_open wish = {.store = (char[]){"query"},
		.from_ms = -1, /* one point, now */
		.step_ms = ASK_MS,
		.columns = 2,
		.follow = true,
		.own = true};
	fields = without_bad(app, figures, list, fields);
	if (!fields) {
		if (app->windows[windows[list]].asked)
			parts_close(app, windows[list]);
		drop(figures, list);
		return;
	}
	for (enum bots_field field = BOTS_S; field < BOTS_FIELDS; field++)
		if (fields & bit(field))
			queries[asked++] = figure_fill(
				app->figures, bots_figure(app, field), false, bots, count);
	if (list == LIST_COURSE) {
		wish.from_ms = -COURSE_MS;
		wish.step_ms = 0;
		wish.columns = BOTS_SPARK_POINTS;
	}
	wish.filter = queries[0];
	wish.more = queries + 1;
	wish.more_count = asked - 1;
	figures->asked[list] = fields;
	parts_ask(app, windows[list], ALL_ENGINES, &wish);
	for (size_t i = 0; i < asked; i++)
		free(queries[i]);
}

static void ask_all(struct app *app, struct bots_view *view, int columns)
{
	struct bots_figures *figures = &view->figures;
	uint64_t shown = shown_fields(app, view, columns), needed = needed_fields(app, view);
	size_t count;
	autofree const char **bots = NULL;
	(void)model_bots(app_model(app), &count);
	bool are_few = count <= FEW_BOTS;
	count = are_few ? 0 : bots_in_sight(app, view, &bots);
	bool is_any = are_few || count;
	bool is_course = is_any && view->spark_cells && bots_is_asked(app, BOTS_SPARK);
	ask(app, figures, LIST_SIGHT, !is_any ? 0 : are_few ? shown | needed : shown, bots, count);
	ask(app, figures, LIST_COURSE, is_course ? bit(BOTS_SPARK) : 0, bots, count);
	ask(app, figures, LIST_ORDER, are_few ? 0 : needed, NULL, 0);
}

void bots_figures_turn(struct app *app, struct bots_view *view, int rows, int columns)
{
	for (size_t list = 0; list < BOTS_LISTS; list++)
		take(app, &view->figures, list);
	if (rows >= 2) {
		ask_all(app, view, columns);
		return;
	}
	for (size_t list = 0; list < BOTS_LISTS; list++)
		ask(app, &view->figures, list, 0, NULL, 0);
}

/* What was known of its fields is no longer so. */
static void forget(struct app *app, const char *figure)
{
	struct bots_figures *figures = &view_of(app)->figures;
	for (enum bots_field field = BOTS_S; field < BOTS_FIELDS; field++) {
		if (!names[field].figure || strcmp(names[field].figure, figure) != 0)
			continue;
		for (size_t list = 0; list < BOTS_LISTS; list++)
			figures->bad_until_mono_ms[list][field] = 0;
		figures->filled &= ~bit(field);
	}
	for (size_t list = 0; list < BOTS_LISTS; list++)
		drop(figures, list);
}

void figure_keep(struct app *app, struct figure *figure, const char *query)
{
	figure_change(figure, query);
	forget(app, figure->name);
	app_dirty(app);
	if (figure->changed)
		app_toast(app, false,
			"%s asks that on this screen; :figure %s " FIGURE_DEFAULT " ends it",
			figure->name, figure->name);
	else
		app_toast(app, false, "%s asks what is configured: %.120s", figure->name,
			figure->query);
}

void bots_figures_release(struct bots_view *view)
{
	for (size_t list = 0; list < BOTS_LISTS; list++)
		free(view->figures.lists[list]);
}

/* ---- what is known ---- */

bool bots_is_only_figure(enum bots_field field)
{
	static const uint64_t only = UINT64_C(1) << BOTS_P50 | UINT64_C(1) << BOTS_P99 |
				     UINT64_C(1) << BOTS_SHARE | UINT64_C(1) << BOTS_CACHE |
				     UINT64_C(1) << BOTS_AVAILABLE;
	return only >> field & 1;
}

bool bots_is_asked(const struct app *app, enum bots_field field)
{
	const struct figure *figure = bots_figure(app, field);
	return figure && (bots_is_only_figure(field) || !figure_is_shipped(figure));
}

bool bots_figure_fills(const struct app *app, enum bots_field field)
{
	const struct figure *figure = bots_figure(app, field);
	bool was_filled = view_of(app)->figures.filled >> field & 1;
	return figure && (!figure_is_shipped(figure) || (bots_is_only_figure(field) && was_filled));
}

double bots_figure_value(const struct app *app, uint64_t id, enum bots_field field)
{
	const struct bots_figures *figures = &view_of(app)->figures;
	const struct row *row = row_of(figures->lists[LIST_ORDER], id);
	if (field == BOTS_SPARK)
		field = BOTS_RATE;
	if (row && figures->asked[LIST_ORDER] & bit(field))
		return row->values[field];
	row = row_of(figures->lists[LIST_SIGHT], id);
	return row ? row->values[field] : (double)NAN;
}

const double *bots_figure_course(const struct app *app, uint64_t id)
{
	const struct row *row = row_of(view_of(app)->figures.lists[LIST_COURSE], id);
	return row ? row->values : NULL;
}
