/* SPDX-License-Identifier: MIT */
/*
 * Operations: what runs and what ran, newest first; below it, where there is room, the steps and the
 * live output of the one under the cursor. Reads the operations of the model and a window on the
 * output. When nothing runs the pane is one line: the last result.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/panes/list.h"
#include "tui/show.h"
#include "widgets/logview.h"

enum { LATELY_MS = 30000, TABLE_MAX = 8, OUTPUT_MIN = 3 };

struct operations_view {
	struct list list;
	struct logview output;
	int table_rows; /* of the pane, for the table; the rest is steps and output */
};

enum column { STATE, WHEN, HOST, TITLE, BY, TOOK, RESULT };

static const struct table_column columns[] = {
	/* clang-format off */
	[STATE]    = {"STATE",  ALIGN_LEFT,  10, 10, 0, false},
	[WHEN]     = {"WHEN",   ALIGN_LEFT,   8,  8, 4, false},
	[HOST]     = {"HOST",   ALIGN_LEFT,   5,  8, 0, false, .many = true},
	[TITLE]    = {"WHAT",   ALIGN_LEFT,  16, 28, 0, false},
	[BY]       = {"BY",     ALIGN_LEFT,   6, 10, 5, false},
	[TOOK]     = {"TOOK",   ALIGN_RIGHT,  5,  5, 3, false},
	[RESULT]   = {"RESULT", ALIGN_LEFT,  12, 30, 1, true},
	/* clang-format on */
};

static int compare(const struct app *app, const void *left, const void *right)
{
	const struct msg_operation *a = left, *b = right;
	if (!a->ended_ms != !b->ended_ms)
		return a->ended_ms ? 1 : -1;
	int64_t old = app_now(app, a->id) - a->started_ms,
		older = app_now(app, b->id) - b->started_ms;
	if (old != older)
		return old < older ? -1 : 1;
	return a->id > b->id ? -1 : a->id < b->id;
}

static const struct filter_column fields[] = {
	[STATE] = {"state", FILTER_TEXT},
	[WHEN] = {"when", FILTER_TIME},
	[HOST] = {"host", FILTER_TEXT},
	[TITLE] = {"what", FILTER_TEXT},
	[BY] = {"by", FILTER_TEXT},
	[TOOK] = {"took", FILTER_DURATION},
	[RESULT] = {"result", FILTER_TEXT},
};

static int64_t until(const struct app *app, const struct msg_operation *operation)
{
	return operation->ended_ms ? operation->ended_ms : app_now(app, operation->id);
}

static void get(const struct app *app, const void *body, size_t column, struct filter_value *ret)
{
	const struct msg_operation *operation = body;
	int64_t until_ms = until(app, operation);
	const char *const texts[COUNT_OF(columns)] = {[STATE] = operation->state,
		[TITLE] = operation->title,
		[BY] = operation->by,
		[RESULT] = operation->result};
	if (texts[column])
		list_text(ret, texts[column]);
	else
		list_number(ret, column == WHEN ? (double)operation->started_ms
						: (double)(until_ms - operation->started_ms));
}

static size_t running(const struct app *app)
{
	size_t count, found = 0;
	const struct msg_operation *const *operations = model_operations(app_model(app), &count);
	for (size_t i = 0; i < count; i++)
		found += !operations[i]->ended_ms;
	return found;
}

/* The one whose steps and output are shown: that of the cursor, without the focus the first row. */
static const struct msg_operation *chosen(const struct app *app, const struct operations_view *view)
{
	const struct rowset *rows = &view->list.rows;
	bool is_focused = app_pane(app) == &pane_operations;
	uint64_t first = rows->shown.count ? list_id(&view->list, 0) : 0;
	return model_operation(app_model(app), is_focused ? rows->cursor : first);
}

static int wanted(const struct app *app, const void *data)
{
	const struct operations_view *view = data;
	size_t count;
	const struct msg_operation *const *operations = model_operations(app_model(app), &count);
	bool lately = false;
	for (size_t i = 0; i < count; i++)
		lately = lately || !operations[i]->ended_ms ||
			 app_now(app, operations[i]->id) - operations[i]->ended_ms < LATELY_MS;
	if (!lately && app_pane(app) != &pane_operations)
		return 0;
	const struct msg_operation *operation = chosen(app, view);
	size_t steps = operation ? operation->steps_count : 0;
	return (int)(1 + (count < TABLE_MAX ? count : TABLE_MAX) + steps +
		     (operation && operation->output_lines ? OUTPUT_MIN : 0));
}

/* What has ended is no more than a line where alerts want the rows, unless somebody looks at it. */
static int needed(const struct app *app, const void *data)
{
	return running(app) || app_pane(app) == &pane_operations ? wanted(app, data) : 0;
}

static void ask_output(struct app *app, const struct msg_operation *operation, int rows)
{
	struct window *window = &app->windows[WINDOW_OUTPUT];
	if (!operation || rows < 1) {
		if (window->asked)
			parts_close(app, WINDOW_OUTPUT);
		return;
	}
	struct msg_win_open wish = {.operation = operation->id, .before = 200, .follow = true};
	wish.store = (char[]){"output"};
	parts_ask(app, WINDOW_OUTPUT, UINT32_C(1) << links_of(operation->id), &wish);
}

static void note(const struct app *app, const void *data, struct str *text)
{
	const struct operations_view *view = data;
	size_t busy = running(app);
	if (busy)
		str_addf(text, "%zu running  ", busy);
	if (view->list.rows.shown.count)
		list_note(&view->list, text);
}

static const char *result_of(const struct msg_operation *operation)
{
	if (operation->result[0])
		return operation->result;
	for (size_t i = operation->steps_count; i-- > 0;)
		if (operation->steps[i].text[0] &&
			strcmp(operation->steps[i].state, "waiting") != 0)
			return operation->steps[i].text;
	return "";
}

static void line(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct operations_view *view = data;
	const struct list *list = &view->list;
	const struct msg_operation *last =
		model_operation(app_model(app), list->rows.shown.count ? list_id(list, 0) : 0);
	if (!last) {
		canvas_text(canvas, 0, 0, ROLE_DIM, "nothing was run yet");
		return;
	}
	int column = canvas_printf(canvas, 0, 0, outcome_role(last->state), "%s", last->state);
	column = canvas_printf(canvas, 0, column + 1, ROLE_TEXT, "%s", last->title);
	if (last->ended_ms)
		column = canvas_printf(canvas, 0, column + 1, ROLE_DIM, "%s ago",
			format_age(app_now(app, last->id) - last->ended_ms).text);
	canvas_printf(canvas, 0, column + 2, ROLE_DIM, "%s", result_of(last));
}

static void say_took(
	struct cell_text *cell, const struct app *app, const struct msg_operation *operation)
{
	int64_t until_ms = until(app, operation);
	list_say(cell, ROLE_DIM, "%s", format_duration(until_ms - operation->started_ms).text);
}

/* "41%  what it says  "why""; how far a backup is stands against the size of the last good one. */
static void say_result(struct cell_text *cell, const struct msg_operation *operation)
{
	autostr struct str text = STR_INIT;
	if (!operation->ended_ms && operation->progress >= 0)
		str_addf(&text, "%lld%%  ", (long long)operation->progress);
	str_adds(&text, result_of(operation));
	if (operation->reason[0])
		str_addf(&text, "  \"%s\"", operation->reason);
	list_say(cell, ROLE_TEXT, "%s", text.text);
}

static void own_cell(const struct list *list, size_t row, size_t column, struct cell_text *ret)
{
	const struct msg_operation *operation =
		model_operation(app_model(list->app), list_id(list, row));
	if (!operation)
		return;
	switch ((enum column)column) {
	case STATE:
		list_say(ret, outcome_role(operation->state), "%s", operation->state);
		break;
	case WHEN:
		list_say(ret, ROLE_TIME, "%s",
			format_clock(
				app_time(list->app, operation->id, operation->started_ms), false)
				.text);
		break;
	case HOST:
		break;
	case TITLE:
		list_say(
			ret, operation->ended_ms ? ROLE_TEXT : ROLE_STRONG, "%s", operation->title);
		break;
	case BY:
		list_say(ret, ROLE_DIM, "%s", operation->by);
		break;
	case TOOK:
		say_took(ret, list->app, operation);
		break;
	case RESULT:
		say_result(ret, operation);
		break;
	}
}

static void cell(const void *data, size_t row, size_t column, struct cell_text *ret);

static const struct table_kind table = {
	.columns = columns, .count = COUNT_OF(columns), .cell = cell};

static const struct list_kind kind = {.kind = MSG_operation,
	.pane = &pane_operations,
	.table = &table,
	.fields = fields,
	.host = HOST,
	.get = get,
	.compare = compare,
	.empty = "nothing was run yet"};

static void cell(const void *data, size_t row, size_t column, struct cell_text *ret)
{
	list_cell(data, &kind, row, column, own_cell, ret);
}

/* What has just begun is the first row at once: rows hold still only where a key is meant for one of
 * them. */
static void update(struct app *app, void *data)
{
	struct rowset *rows = list_rows(data);
	bool chosen_here = app_pane(app) == &pane_operations && rows->touched;
	rows->adopt |= !app->overlay && !chosen_here && !rows->range_from;
	list_update(app, data, &kind);
}

static void fit(struct app *app, void *data, int rows, int width)
{
	struct operations_view *view = data;
	const struct msg_operation *operation = chosen(app, view);
	int wish = (int)view->list.rows.shown.count + 1;
	(void)width;
	wish = wish < 2 ? 2 : wish;
	view->table_rows = rows >= 6 && wish > rows / 2 ? rows / 2 : wish;
	if (view->table_rows > rows)
		view->table_rows = rows;
	list_fit(app, &view->list, &kind, view->table_rows);
	int steps = operation ? (int)operation->steps_count : 0;
	ask_output(app, operation, rows - view->table_rows - steps - 1);
}

static bool filter(struct app *app, void *data, const char *expression, struct err *err)
{
	return list_filter(app, data, &kind, expression, err);
}

/* ---- steps and output ---- */

static void draw_step(const struct app *app, const struct canvas *canvas, int row,
	const struct msg_operation *operation, const struct msg_step *step)
{
	int64_t until_ms = step->ended_ms ? step->ended_ms : app_now(app, operation->id);
	int column = canvas_field(
		canvas, row, 2, 10, ALIGN_LEFT, outcome_role(step->state), step->state);
	column = canvas_field(canvas, row, column + 1, 18, ALIGN_LEFT, ROLE_STRONG, step->name);
	column = canvas_field(canvas, row, column + 1, 6, ALIGN_RIGHT, ROLE_DIM,
		step->started_ms ? format_duration(until_ms - step->started_ms).text : "");
	canvas_text(canvas, row, column + 2, ROLE_TEXT, step->text);
}

static void output_row(const void *data, size_t index, struct log_row *ret)
{
	const struct window *window = data;
	*ret = (struct log_row){.time = "",
		.source = "",
		.repeats = "",
		.text = window->rows[index].text,
		.level = ' '};
}

static const struct logview_kind output_kind = {.row = output_row};

/* Output is kept in the engine's memory alone. */
static bool is_of_before(const struct app *app, const struct msg_operation *operation)
{
	const struct msg_engine *engine = app_engine(app, links_of(operation->id));
	return engine && operation->ended_ms && operation->ended_ms < engine->started_ms;
}

static void draw_output(
	const struct app *app, const struct msg_operation *operation, struct canvas canvas)
{
	const struct window *window = &app->windows[WINDOW_OUTPUT];
	struct logview output = {.count = window->count,
		.follow = true,
		.empty = is_of_before(app, operation)
				 ? "its output is not kept over a new start of the engine"
				 : "no output"};
	if (window->count)
		output.cursor = window->count - 1;
	canvas_hline(&canvas, 0, 0, canvas.columns, ROLE_BORDER);
	canvas_text(&canvas, 0, 2, ROLE_NOTE, " output ");
	struct canvas below =
		canvas_sub(&canvas, (struct rect){1, 0, canvas.rows - 1, canvas.columns});
	logview_fit(&output, &output_kind, window, &below);
	logview_draw(&output, &output_kind, window, &below);
}

static void draw(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct operations_view *view = data;
	const struct msg_operation *operation = chosen(app, view);
	struct canvas upper =
		canvas_sub(canvas, (struct rect){0, 0, view->table_rows, canvas->columns});
	list_draw(&view->list, &kind, &upper);
	int row = view->table_rows;
	for (size_t i = 0; operation && i < operation->steps_count && row < canvas->rows; i++)
		draw_step(app, canvas, row++, operation, &operation->steps[i]);
	if (operation && canvas->rows - row >= OUTPUT_MIN)
		draw_output(app, operation,
			canvas_sub(canvas,
				(struct rect){row, 0, canvas->rows - row, canvas->columns}));
}

static void subject(const struct app *app, const void *data, struct subject *ret)
{
	const struct operations_view *view = data;
	(void)app;
	if (view->list.rows.cursor)
		*ret = (struct subject){MSG_operation, view->list.rows.cursor};
}

static void copy(const struct app *app, const void *data, struct str *to)
{
	const struct msg_operation *operation = chosen(app, data);
	if (operation)
		str_addf(to, "%s %s by %s: %s %s", format_rfc3339(operation->started_ms).text,
			operation->title, operation->by, operation->state, result_of(operation));
}

static bool open_row(struct app *app, void *data, struct err *err)
{
	struct place place = {.focus = PANE_operations,
		.lower = PANE_operations,
		.zoom = ZOOM_FULL,
		.drilled = true};
	(void)data, (void)err;
	views_go(&app->views, place);
	return true;
}

const struct pane pane_operations = {
	.name = "operations",
	.title = "Operations",
	.help = "what runs and what ran, with its live output",
	.view_size = sizeof(struct operations_view),
	.release = list_release,
	.update = update,
	.wanted = wanted,
	.needed = needed,
	.fit = fit,
	.note = note,
	.line = line,
	.draw = draw,
	.move = list_move,
	.open = open_row,
	.subject = subject,
	.copy = copy,
	.rows = list_rows,
	.table = &table,
	.sort = list_sort,
	.sorted_by = list_sorted_by,
	.descends = list_descends,
	.filter = filter,
	.filtered_by = list_filtered_by,
	.escape = list_escape,
};
