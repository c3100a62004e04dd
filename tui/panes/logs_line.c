/* SPDX-License-Identifier: MIT */
/*
 * The view of one line: the list keeps the upper rows of the pane and its cursor, which j and k move; the line under it
 * is asked for by its key, one question at a time, and stands below.
 */
#include "tui/panes/logs_line.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "core/msg/event_key.h"
#include "tui/app.h"
#include "tui/overlays/overlays.h"
#include "tui/panes/logs.h"
#include "tui/panes/logs_view.h"
#include "widgets/frame.h"

enum {
	LIST_SMALL_ROWS = 1, /* what the list keeps of a small pane, */
	LIST_ROWS = 4,       /* of one of usual size; */
	LIST_PART = 4,       /* of a large one its n-th part */
	SMALL_ROWS = 12,
	BOX_ROWS_MIN = 3,
};

struct logs_line {
	struct overlay overlay;
	struct logs_line **slot; /* where the pane finds it; cleared with its end */
	char *key,
		*asked;  /* of what is shown; of what the engine was asked for last ("": nothing) */
	uint64_t change; /* of the window, when it was asked */
	unsigned epoch;  /* of the attachment over which it was asked */
	uint64_t req;    /* 0: no answer is awaited */
	struct msg_row *row;   /* a copy, as the window had it */
	struct msg_line *line; /* NULL: it has not come */
	struct line_body body;
	int width; /* that the body was made for */
	int64_t made_s;
	size_t top, page, found; /* found: the row of the hit that was gone to, from 1; 0 none */
	char *search;
};

static struct logs_line *line_of(struct app *app)
{
	return logs_view(app)->line;
}

static void forget_line(struct logs_line *it)
{
	msg_free(MSG_line, it->line);
	msg_free(MSG_row, it->row);
	it->line = NULL;
	it->row = NULL;
	it->width = 0;
}

static void free_line(struct overlay *overlay)
{
	struct logs_line *it = (struct logs_line *)overlay;
	forget_line(it);
	line_body_release(&it->body);
	free(it->key);
	free(it->asked);
	free(it->search);
	*it->slot = NULL;
	free(it);
}

/* ---- asking ---- */

static const struct msg_row *row_at_cursor(struct app *app)
{
	const struct window *window = logs_window(app);
	size_t cursor = logs_view(app)->list.cursor;
	return cursor < window->count ? &window->rows[cursor] : NULL;
}

bool logs_line_ask(struct app *app, const struct msg_row *row, reply_take *take, uint64_t *ret_req)
{
	size_t link = parts_link_of(row->key);
	autofree char *key = parts_key_to(app, link, row->key);
	struct msg_line_req request = {.key = key, .cont = row->cont};
	if (!app_request(app, link, MSG_line_req, &request, take))
		return false;
	*ret_req = request.req;
	return true;
}

static void say_instead(struct logs_line *it, const char *why)
{
	msg_free(MSG_line, it->line);
	it->line = msg_new(MSG_line);
	msg_complete(MSG_line, it->line);
	msg_set(&it->line->error, why);
	it->width = 0;
}

static void take_line(struct app *app, uint64_t req, enum msg_kind kind, const void *body)
{
	struct logs_line *it = line_of(app);
	if (!it || it->req != req)
		return;
	it->req = 0;
	if (strcmp(it->asked, it->key) != 0)
		return; /* the cursor went on; the next fit asks again */
	if (kind != MSG_line) {
		say_instead(it, "the engine went away before it answered");
		return;
	}
	msg_free(MSG_line, it->line);
	it->line = msg_copy(MSG_line, body);
	msg_complete(MSG_line, it->line);
	it->width = 0;
}

static const struct link *link_of(const struct app *app, const struct logs_line *it)
{
	return links_at(app->links, parts_link_of(it->key));
}

/* Its engine was not there, and is again. */
static bool is_to_ask_again(const struct app *app, const struct logs_line *it)
{
	const struct link *link = link_of(app, it);
	return it->line && it->line->error[0] && !it->line->rows_count && link_welcome(link) &&
	       it->epoch != link_epoch(link);
}

static void ask_for_row(struct app *app, struct logs_line *it)
{
	const struct link *link = link_of(app, it);
	it->epoch = link_epoch(link);
	logs_replace(&it->asked, it->key);
	if (!link_welcome(link) || link_state(link) != LINK_ATTACHED)
		say_instead(it, "there is no engine that could tell the rest");
	else
		(void)logs_line_ask(app, it->row, take_line, &it->req);
}

/* The row as it is now: of one that is there what turned out to be a secret goes. */
static void take_row(struct logs_line *it, const struct msg_row *row)
{
	if (strcmp(row->key, it->key) != 0) {
		forget_line(it);
		logs_replace(&it->key, row->key);
		it->top = it->found = 0;
	} else if (it->row && msg_equal(MSG_row, it->row, row, false)) {
		return;
	}
	msg_free(MSG_row, it->row);
	it->row = msg_copy(MSG_row, row);
	it->width = 0;
}

/* The line that the cursor is on by now. Rows that were sent again may have other fields, too. */
static void follow_cursor(struct app *app, struct logs_line *it)
{
	const struct window *window = logs_window(app);
	const struct msg_row *row = row_at_cursor(app);
	if (row)
		take_row(it, row);
	if (!it->row || it->req)
		return;
	bool is_old = it->change != window->change && link_welcome(link_of(app, it));
	if (it->line && !is_old && !is_to_ask_again(app, it))
		return;
	it->change = window->change;
	ask_for_row(app, it);
}

/* ---- drawing ---- */

static int box_rows(int rows)
{
	int list = rows < SMALL_ROWS              ? LIST_SMALL_ROWS
		   : rows / LIST_PART > LIST_ROWS ? rows / LIST_PART
						  : LIST_ROWS;
	return rows - list >= BOX_ROWS_MIN ? rows - list : 0;
}

int logs_line_fit(struct app *app, int rows)
{
	struct logs_line *it = line_of(app);
	if (!it)
		return rows;
	follow_cursor(app, it);
	return rows - box_rows(rows);
}

/* Ages in it grow. */
static void make_body(const struct app *app, struct logs_line *it, int width)
{
	int64_t now_s = app->now_ms / 1000;
	if (!it->row || (it->width == width && it->made_s == now_s))
		return;
	line_body_make(&it->body, app, it->row, it->line, width);
	it->width = width;
	it->made_s = now_s;
}

static void mark_hits(const struct logs_line *it, const struct canvas *box, int row,
	const struct line_piece *piece, enum role role)
{
	size_t length = strlen(it->search);
	for (const char *at = piece->text; length && (at = strcasestr(at, it->search));
		at += length) {
		int column =
			piece->column + (int)text_width(piece->text, (size_t)(at - piece->text));
		canvas_role(box, (struct rect){row, column, 1, (int)text_width(at, length)}, role);
	}
}

static void draw_row(const struct logs_line *it, const struct canvas *box, int row, size_t index)
{
	const struct line_row *of = &it->body.rows[index];
	enum role role = index + 1 == it->found ? ROLE_MATCH_CURRENT : ROLE_MATCH;
	for (size_t i = 0; i < of->count; i++) {
		canvas_text(box, row, of->pieces[i].column, of->pieces[i].role, of->pieces[i].text);
		mark_hits(it, box, row, &of->pieces[i], role);
	}
	if (of->is_current)
		canvas_surface(box, (struct rect){row, 0, 1, box->columns}, SURFACE_SELECTED_IDLE);
}

static void draw_body(struct logs_line *it, const struct canvas *box)
{
	it->page = box->rows > 0 ? (size_t)box->rows : 1;
	size_t last = it->body.count > it->page ? it->body.count - it->page : 0;
	it->top = it->top < last ? it->top : last;
	for (size_t i = it->top; i < it->body.count && i < it->top + it->page; i++)
		draw_row(it, box, (int)(i - it->top), i);
	if (it->body.count > it->page)
		scrollbar_draw(
			box, box->columns - 1, 0, box->rows, it->top, it->page, it->body.count);
}

static void draw(const struct app *app, struct overlay *overlay, const struct canvas *screen)
{
	struct logs_line *it = (struct logs_line *)overlay;
	struct rect rect = app->layout.panes[PANE_logs];
	int titles = rect.rows > 1, rows = box_rows(rect.rows - titles);
	rect.row += rect.rows - rows;
	rect.rows = rows;
	struct canvas place = canvas_sub(screen, rect);
	if (place.rows < BOX_ROWS_MIN)
		return;
	autostr struct str note = STR_INIT;
	if (it->search[0])
		str_addf(&note, "/%s", it->search);
	canvas_clear(&place);
	struct frame frame = {
		.number = "", .title = "Line", .note = note.text, .hint = "", .focused = true};
	struct canvas box = frame_draw(&place, &frame);
	make_body(app, it, box.columns - 1);
	draw_body(it, &box);
}

/* ---- moving ---- */

/* One step leads to the next line of the log, more than that moves within this one. */
static void move(struct app *app, struct overlay *overlay, enum table_move how)
{
	struct logs_line *it = (struct logs_line *)overlay;
	struct table table = {.rows = it->body.count, .cursor = it->top};
	if (how == TABLE_UP || how == TABLE_DOWN) {
		pane_logs.move(app, logs_view(app), how);
		return;
	}
	table_move(&table, how, (int)it->page);
	it->top = table.cursor;
}

static bool row_has(const struct line_row *row, const char *text)
{
	for (size_t i = 0; i < row->count; i++)
		if (strcasestr(row->pieces[i].text, text))
			return true;
	return false;
}

/* The first hit from a row on; false: none in that direction. */
static bool go_to_hit(struct logs_line *it, long from, int step)
{
	for (long at = from; at >= 0 && at < (long)it->body.count; at += step) {
		if (!row_has(&it->body.rows[at], it->search))
			continue;
		it->found = (size_t)at + 1;
		if ((size_t)at < it->top || (size_t)at >= it->top + it->page)
			it->top = (size_t)at > it->page / 2 ? (size_t)at - it->page / 2 : 0;
		return true;
	}
	return false;
}

bool logs_line_hit(struct app *app, int step, struct err *err)
{
	struct logs_line *it = line_of(app);
	long from = it && it->found ? (long)it->found - 1 + step : 0;
	if (!it || !it->search[0])
		return err_set(err, ERR_INVALID, "nothing was searched in this line yet: / begins");
	return go_to_hit(it, from, step) || err_set(err, ERR_NOT_FOUND, "no more '%s' %s",
						    it->search, step > 0 ? "below" : "above");
}

static bool apply(struct app *app, const char *text, bool final, struct err *err)
{
	struct logs_line *it = line_of(app);
	if (!it)
		return true;
	logs_replace(&it->search, text);
	it->found = 0;
	if (text[0] && !go_to_hit(it, 0, 1) && final)
		return err_set(err, ERR_NOT_FOUND, "'%s' is not in this line", text);
	return true;
}

static void find(struct app *app, struct overlay *overlay)
{
	line_open(app, "/", "find in the line", ((struct logs_line *)overlay)->search, NULL, apply);
}

/* The line under the cursor in its surroundings: what the filter hides is shown. */
static void enter(struct app *app, struct overlay *overlay)
{
	struct err err = {.code = ERR_NONE};
	(void)overlay;
	if (!logs_surroundings(app, &err) && err.code != ERR_NONE)
		app_toast(app, true, "%s", err.text);
}

static const struct overlay_ops ops = {
	.free = free_line, .draw = draw, .move = move, .enter = enter, .find = find};

static void zoom(struct app *app)
{
	struct place place = {
		.focus = PANE_logs, .lower = PANE_logs, .zoom = ZOOM_FULL, .drilled = true};
	if (views_now(&app->views)->zoom != ZOOM_FULL)
		views_go(&app->views, place);
}

bool logs_line_open(struct app *app, struct err *err)
{
	struct logs_view *view = logs_view(app);
	if (view->line)
		return true;
	logs_stand_still(app);
	if (!row_at_cursor(app))
		return err_set(err, ERR_NOT_FOUND, "no line here to look at");
	struct logs_line *it = xcalloc(1, sizeof(*it));
	it->overlay.ops = &ops;
	it->overlay.scope = SCOPE_LINE;
	it->key = xstrdup("");
	it->asked = xstrdup("");
	it->search = xstrdup("");
	view->line = it;
	it->slot = &view->line;
	zoom(app);
	app_push(app, &it->overlay);
	return true;
}

/* ---- copying ---- */

static bool copy_text_of(struct app *app, const struct str *text, const char *what, struct err *err)
{
	bool is_copied = term_copy(app->term, text->text, text->length, err);
	if (!is_copied && err->code == ERR_LIMIT)
		return err_set(err, ERR_LIMIT,
			"%zu bytes are too many for a clipboard: p opens the log, :save writes it",
			text->length);
	if (!is_copied)
		return false;
	app_toast(app, false, "clipboard <- %s, %zu bytes (%s)", what, text->length,
		term_copy_way(app->term));
	return true;
}

bool logs_line_copy(struct app *app, bool json, struct err *err)
{
	const struct logs_line *it = line_of(app);
	autostr struct str text = STR_INIT;
	if (!it || !it->line || !it->line->rows_count)
		return err_set(err, ERR_NOT_FOUND, "the whole line has not come yet");
	if (json)
		line_json(it->row, it->line, &text);
	for (size_t i = 0; !json && i < it->line->rows_count; i++)
		str_addf(&text, "%s%s", i ? "\n" : "", it->line->rows[i].text);
	autofree char *what = json ? xstrdup("the line as JSON")
				   : xstrdup(format_many(it->line->rows_count, "line").text);
	return copy_text_of(app, &text, what, err);
}

/* The row was that under the cursor when it was asked for. */
static void take_json(struct app *app, uint64_t req, enum msg_kind kind, const void *body)
{
	const struct msg_line *line = kind == MSG_line ? body : NULL;
	struct logs_view *view = logs_view(app);
	struct err err = {.code = ERR_NONE};
	autostr struct str text = STR_INIT;
	if (req != view->json_req)
		return;
	if (!line)
		(void)err_set(&err, ERR_IO, "the engine went away before it answered");
	else if (!line->rows_count)
		(void)err_set(&err, ERR_NOT_FOUND, "%s", line->error);
	else
		line_json(view->json_row, line, &text);
	msg_free(MSG_row, view->json_row);
	view->json_row = NULL;
	if (err.code != ERR_NONE || !copy_text_of(app, &text, "row as JSON", &err))
		app_toast(app, true, "%s", err.text);
}

bool logs_copy_json(struct app *app, struct err *err)
{
	struct logs_view *view = logs_view(app);
	const struct msg_row *row = row_at_cursor(app);
	if (!row)
		return err_set(err, ERR_NOT_FOUND, "nothing here to copy");
	msg_free(MSG_row, view->json_row);
	view->json_row = msg_copy(MSG_row, row);
	(void)logs_line_ask(app, row, take_json, &view->json_req);
	return true;
}
