/* SPDX-License-Identifier: MIT */
#include "tui/panes/list.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/verdict.h"

void list_release(void *view)
{
	struct list *list = view;
	rowset_release(&list->rows);
	filter_free(list->filter);
	free(list->expression);
}

/* ---- rows ---- */

struct candidate {
	const struct app *app;
	const struct list_kind *kind;
	const void *body;
};

static void get_field(const struct app *app, const struct list_kind *kind, const void *body,
	size_t column, struct filter_value *ret)
{
	if (column == kind->host)
		list_text(ret, app_host(app, *(const uint64_t *)body)); /* id is the first field */
	else
		kind->get(app, body, column, ret);
}

/* A word without a column is looked for in every text. */
static void get_whole(const struct candidate *it, struct filter_value *ret, struct str *whole)
{
	for (size_t i = 0; i < it->kind->table->count; i++) {
		struct filter_value value = {.is_known = false};
		if (it->kind->fields[i].kind != FILTER_TEXT)
			continue;
		get_field(it->app, it->kind, it->body, i, &value);
		str_add(whole, value.text, value.length);
		str_addch(whole, ' ');
	}
	list_text(ret, whole->text);
}

struct asked {
	struct candidate candidate;
	struct str *whole;
};

static void get(const void *row, size_t column, struct filter_value *ret)
{
	const struct asked *it = row;
	str_clear(it->whole);
	if (column == FILTER_WHOLE)
		get_whole(&it->candidate, ret, it->whole);
	else
		get_field(it->candidate.app, it->candidate.kind, it->candidate.body, column, ret);
}

static bool fits(
	struct app *app, const struct list *list, const struct list_kind *kind, const void *body)
{
	autostr struct str whole = STR_INIT;
	struct asked asked = {{app, kind, body}, &whole};
	return !list->filter || filter_match(list->filter, get, &asked);
}

/* ---- order ---- */

struct order {
	const struct app *app;
	const struct list *list;
	const struct list_kind *kind;
};

static int compare_values(const struct filter_value *a, const struct filter_value *b, bool text)
{
	if (a->is_known != b->is_known)
		return 0;
	if (text)
		return strcmp(a->text ? a->text : "", b->text ? b->text : "");
	return (a->number > b->number) - (a->number < b->number);
}

static int compare(const void *left, const void *right, void *context)
{
	const void *a = *(const void *const *)left, *b = *(const void *const *)right;
	const struct order *order = context;
	struct filter_value x = {.is_known = false}, y = x;
	if (order->list->sort == 0)
		return order->kind->compare(order->app, a, b);
	size_t column = (size_t)order->list->sort - 1;
	get_field(order->app, order->kind, a, column, &x);
	get_field(order->app, order->kind, b, column, &y);
	if (x.is_known != y.is_known)
		return x.is_known ? -1 : 1; /* what nobody knows comes last */
	int result = compare_values(&x, &y, order->kind->fields[column].kind == FILTER_TEXT);
	if (order->list->descending)
		result = -result;
	return result ? result : order->kind->compare(order->app, a, b);
}

void list_update(struct app *app, struct list *list, const struct list_kind *kind)
{
	size_t count, kept = 0;
	CLEANUP(id_list_release) struct id_list wanted = {0};
	const void *const *bodies = model_list(app_model(app), kind->kind, &count);
	autofree const void **sorted = xcalloc(count + 1, sizeof(*sorted));
	struct order order = {app, list, kind};
	for (size_t i = 0; i < count; i++)
		if (fits(app, list, kind, bodies[i]))
			sorted[kept++] = bodies[i];
	qsort_r(sorted, kept, sizeof(*sorted), compare, &order);
	for (size_t i = 0; i < kept; i++)
		id_list_add(&wanted, *(const uint64_t *)sorted[i]); /* id is the first field */
	list->app = app;
	list->table.absent = (uint64_t)!app_is_many(app) << kind->host;
	list->table.kept = (uint64_t)app_is_many(app) << kind->host;
	list->hidden = count - kept;
	rowset_update(&list->rows, wanted.ids, wanted.count, app_holds_rows(app));
}

void list_sort(void *view, int column)
{
	struct list *list = view;
	bool again = list->sort == column + 1;
	list->descending = again && !list->descending;
	list->sort = column == 0 ? 0 : column + 1;
}

int list_sorted_by(const void *view)
{
	return ((const struct list *)view)->sort - 1;
}

bool list_descends(const void *view)
{
	return ((const struct list *)view)->descending;
}

/* ---- filter ---- */

bool list_filter(struct app *app, struct list *list, const struct list_kind *kind,
	const char *expression, struct err *err)
{
	struct filter_schema schema = {
		.columns = kind->fields, .count = kind->table->count, .now_ms = app->now_ms};
	struct filter *filter = NULL;
	size_t at;
	if (expression[0] && !(filter = filter_new(expression, &schema, &at, err)))
		return false;
	filter_free(list->filter);
	list->filter = filter;
	char *copy = expression[0] ? xstrdup(expression) : NULL;
	free(list->expression);
	list->expression = copy;
	return true;
}

const char *list_filtered_by(const void *view)
{
	const struct list *list = view;
	return list->expression ? list->expression : "";
}

bool list_escape(struct app *app, void *view)
{
	struct list *list = view;
	bool filtered = list->filter != NULL;
	(void)app;
	list->rows.adopt = true;
	filter_free(list->filter);
	list->filter = NULL;
	free(list->expression);
	list->expression = NULL;
	return filtered;
}

/* ---- what is red out of sight ---- */

void unseen_count(
	struct unseen *unseen, const struct table *table, int page, size_t row, unsigned severity)
{
	size_t side = row >= table->top;
	if (table_in_sight(table, page, row))
		return;
	unseen->crit[side] += severity == SEVERITY_CRIT;
	unseen->warn[side] += severity == SEVERITY_WARN;
}

void unseen_say(const struct unseen *unseen, struct str *note)
{
	static const char *const sides[] = {"above", "below"};
	for (size_t i = 0; i < COUNT_OF(sides); i++) {
		unsigned worst = unseen->crit[i] ? SEVERITY_CRIT : SEVERITY_WARN;
		size_t count = unseen->crit[i] ? unseen->crit[i] : unseen->warn[i];
		if (count)
			str_addf(note, "%zu %s %s  ", count, severity_word(worst), sides[i]);
	}
}

static void count_unseen(struct app *app, struct list *list, const struct list_kind *kind)
{
	list->unseen = (struct unseen){.crit = {0}};
	for (size_t row = 0; kind->severity && row < list->rows.shown.count; row++) {
		const void *body = model_find(app_model(app), kind->kind, list_id(list, row));
		if (body)
			unseen_count(&list->unseen, &list->table, list->page, row,
				kind->severity(app, body));
	}
}

/* ---- the rest ---- */

void list_fit(struct app *app, struct list *list, const struct list_kind *kind, int rows)
{
	list->page = table_page(rows);
	list->table.rows = list->rows.shown.count;
	list->table.focused = app_pane(app) == kind->pane;
	list->table.cursor = list->table.focused ? list->rows.cursor_row : 0;
	list->table.sort = list->sort - 1;
	list->table.descending = list->descending;
	list->table.empty = list->hidden ? "nothing fits the filter; Esc clears it" : kind->empty;
	table_fit(&list->table, list->page);
	count_unseen(app, list, kind);
}

void list_draw(const struct list *list, const struct list_kind *kind, const struct canvas *canvas)
{
	struct table table = list->table;
	if (!table.focused)
		table.cursor = SIZE_MAX;
	table_draw(kind->table, &table, list, canvas);
}

void list_move(struct app *app, void *view, enum table_move move)
{
	struct list *list = view;
	(void)app;
	list->table.cursor = list->rows.cursor_row;
	table_move(&list->table, move, list->page);
	rowset_move_to(&list->rows, list->table.cursor);
}

struct rowset *list_rows(void *view)
{
	return &((struct list *)view)->rows;
}

void list_note(const struct list *list, struct str *note)
{
	char position[32];
	if (list->rows.order_changed)
		app_say_held(list->app, note);
	if (list->expression)
		str_addf(note, "/%s  %zu hidden  ", list->expression, list->hidden);
	unseen_say(&list->unseen, note);
	table_position(&list->table, list->page, position, sizeof(position));
	if (position[0])
		str_adds(note, position);
	else
		str_addf(note, "%zu", list->rows.shown.count);
}

void list_say(struct cell_text *cell, enum role role, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vprint_text(cell->text, sizeof(cell->text), format, args);
	va_end(args);
	cell->role = role;
}

void list_cell(const struct list *list, const struct list_kind *kind, size_t row, size_t column,
	void (*own)(const struct list *list, size_t row, size_t column, struct cell_text *ret),
	struct cell_text *ret)
{
	if (column == kind->host)
		list_say(ret, ROLE_DIM, "%s", app_host(list->app, list_id(list, row)));
	else
		own(list, row, column, ret);
	if (app_is_gone(list->app, list_id(list, row)))
		ret->role = ROLE_STALE;
}

void list_text(struct filter_value *ret, const char *text)
{
	*ret = (struct filter_value){.is_known = true, .text = text, .length = strlen(text)};
}

void list_number(struct filter_value *ret, double number)
{
	*ret = (struct filter_value){.is_known = !isnan(number), .number = number};
}
