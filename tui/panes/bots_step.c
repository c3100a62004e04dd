/* SPDX-License-Identifier: MIT */
/* A step of the cursor in Bots changes two rows: of the others nothing is computed, as long as all is as it was drawn. */
#include "core/model/model.h"
#include "tui/app.h"
#include "tui/panes/bots.h"
#include "widgets/canvas.h"

/* Which bots stand on the screen, in which order. */
static uint64_t rows_drawn(const struct bots_view *view)
{
	const struct id_list *shown = &view->rows.shown;
	uint64_t mark = shown->count + 1;
	for (size_t i = 0; i < (size_t)view->page && view->table.top + i < shown->count; i++)
		mark = (mark ^ shown->ids[view->table.top + i]) * UINT64_C(0x9e3779b97f4a7c15);
	return mark;
}

static struct bots_drawn drawn_now(const struct bots_view *view)
{
	return (struct bots_drawn){.rev = model_rev(app_model(view->app)),
		.now_ms = view->app->now_ms,
		.rows = rows_drawn(view),
		.top = view->table.top,
		.cursor = view->table.cursor,
		.row_count = view->table.rows,
		.page = view->page,
		.marks = view->rows.marks.count,
		.sort = view->sort,
		.descending = view->descending,
		.folds = view->table.fold != NULL,
		.focused = view->table.focused,
		.absent = view->table.absent,
		.why_cells = view->why_cells,
		.spark_cells = view->spark_cells,
		.names_host = view->names_host,
		.figures = view->figures.change,
		.is_valid = !view->rows.range_from};
}

void bots_note_drawn(void *data)
{
	struct bots_view *view = data;
	view->drawn = drawn_now(view);
}

bool bots_only_stepped(const void *data)
{
	const struct bots_view *view = data;
	struct bots_drawn now = drawn_now(view), was = view->drawn;
	return was.is_valid && now.is_valid && now.rev == was.rev && now.now_ms == was.now_ms &&
	       now.rows == was.rows && now.top == was.top && now.row_count == was.row_count &&
	       now.page == was.page && now.marks == was.marks && now.sort == was.sort &&
	       now.descending == was.descending && now.folds == was.folds &&
	       now.focused == was.focused && now.absent == was.absent &&
	       now.why_cells == was.why_cells && now.spark_cells == was.spark_cells &&
	       now.names_host == was.names_host && now.figures == was.figures;
}

void bots_draw_step(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct bots_view *view = data;
	(void)app;
	table_draw_row(&bots_table, &view->table, view, canvas, view->drawn.cursor);
	table_draw_row(&bots_table, &view->table, view, canvas, view->table.cursor);
}
