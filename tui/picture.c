/* SPDX-License-Identifier: MIT */
#include "tui/picture.h"

#include "core/base/str.h"
#include "tui/app.h"
#include "tui/panes/bots.h"
#include "widgets/canvas.h"
#include "widgets/frame.h"

/* ---- what there is ---- */

static void compute_layout(struct app *app)
{
	const struct place *place = views_now(&app->views);
	struct layout_wish wish = {.rows = app->grid->rows,
		.columns = app->grid->columns,
		.focus = place->focus,
		.lower = place->lower,
		.zoom = place->zoom};
	for (int id = 0; id < PANE_COUNT; id++) {
		const struct pane *pane = pane_of((enum pane_id)id);
		wish.wanted[id] = pane->wanted(app, app->view[id]);
		wish.needed[id] = pane->needed ? pane->needed(app, app->view[id]) : wish.wanted[id];
	}
	layout_compute(&wish, &app->layout);
}

/* True when Bots gives its title's row to a bot: on a small screen, with nothing to say in it. */
static bool bare(const struct app *app, enum pane_id id)
{
	const struct rowset *rows = pane_bots.rows(app->view[PANE_bots]);
	bool quiet = !pane_bots.filtered_by(app->view[PANE_bots])[0] && !rows->marks.count &&
		     !rows->range_from && !bots_hide_crit(app->view[PANE_bots]);
	return app->layout.bare && app->layout.panes[id].rows > 1 && id == PANE_bots && quiet;
}

static void fit_panes(struct app *app)
{
	for (int id = 0; id < PANE_COUNT; id++) {
		struct rect rect = app->layout.panes[id];
		int titles = bare(app, (enum pane_id)id) ? 0 : 1;
		int rows = rect.rows > titles ? rect.rows - titles : 0;
		pane_of((enum pane_id)id)->fit(app, app->view[id], rows, rect.columns);
	}
}

/* The bot under the cursor is polled more often: its engine is told which. */
static void tell_focus(struct app *app)
{
	uint64_t bot = pane_bots.rows(app->view[PANE_bots])->cursor;
	for (size_t i = 0; i < links_count(app->links); i++) {
		struct app_engine *engine = &app->engines[i];
		struct link *link = links_at(app->links, i);
		struct msg_focus_req request = {.bot = links_of(bot) == i ? links_raw(bot) : 0};
		bool told = engine->focused_bot == request.bot &&
			    engine->focused_epoch == link_epoch(link);
		if (told || !link_welcome(link) || !link_send(link, MSG_focus_req, &request))
			continue;
		engine->focused_bot = request.bot;
		engine->focused_epoch = link_epoch(link);
	}
}

void picture_update(struct app *app)
{
	for (int id = 0; id < PANE_COUNT; id++)
		pane_of((enum pane_id)id)->update(app, app->view[id]);
	tell_focus(app);
	compute_layout(app);
	fit_panes(app);
}

/* ---- cells ---- */

static void draw_line_form(const struct app *app, enum pane_id id, const struct canvas *canvas)
{
	const struct pane *pane = pane_of(id);
	bool focused = views_now(&app->views)->focus == id;
	autostr struct str note = STR_INIT;
	const char *digit = pane_digit(id);
	int column = canvas_printf(canvas, 0, 0, focused ? ROLE_TITLE_FOCUS : ROLE_TITLE,
		" %s%s%s ", digit, *digit ? " " : "", pane->title);
	struct canvas rest =
		canvas_sub(canvas, (struct rect){0, column + 1, 1, canvas->columns - column - 1});
	pane->note(app, app->view[id], &note);
	if (pane->line)
		pane->line(app, app->view[id], &rest);
	else
		canvas_text(&rest, 0, 0, ROLE_NOTE, note.text);
}

/* What is inside the frame: the pane's own `draw`, or a part of it. */
typedef void draw_inside(const struct app *app, const void *view, const struct canvas *canvas);

static void draw_pane(
	const struct app *app, enum pane_id id, draw_inside *inner, const struct canvas *canvas)
{
	const struct pane *pane = pane_of(id);
	autostr struct str note = STR_INIT;
	if (canvas->rows == 1) {
		draw_line_form(app, id, canvas);
		return;
	}
	if (bare(app, id)) {
		inner(app, app->view[id], canvas);
		return;
	}
	pane->note(app, app->view[id], &note);
	struct frame frame = {.number = pane_digit(id),
		.title = pane->title,
		.note = note.text,
		.hint = "",
		.focused = views_now(&app->views)->focus == id};
	struct canvas inside = frame_draw(canvas, &frame);
	inner(app, app->view[id], &inside);
}

static void draw_rule(const struct canvas *screen, struct rect rule)
{
	for (int row = 0; row < rule.rows; row++)
		canvas_glyph(screen, rule.row + row, rule.column, ROLE_BORDER, GLYPH_VERTICAL);
}

/* Detail shows one bot: of an engine that is gone all of it is old. */
static bool is_of_gone(const struct app *app, enum pane_id id)
{
	struct subject subject = {.kind = MSG_none};
	if (id == PANE_detail)
		pane_detail.subject(app, app->view[id], &subject);
	return subject.kind != MSG_none && app_is_gone(app, subject.id);
}

static void draw_part(
	const struct app *app, enum pane_id id, draw_inside *inner, const struct canvas *screen)
{
	if (app->layout.panes[id].rows <= 0)
		return;
	struct canvas canvas = canvas_sub(screen, app->layout.panes[id]);
	draw_pane(app, id, inner, &canvas);
	if (app->silent || is_of_gone(app, id))
		canvas_role(&canvas, canvas_rect(&canvas), ROLE_STALE);
}

static void draw_placed(const struct app *app, enum pane_id id, const struct canvas *screen)
{
	draw_part(app, id, pane_of(id)->draw, screen);
}

static void draw_edges(const struct app *app, const struct canvas *screen)
{
	struct canvas status = canvas_sub(screen, app->layout.status);
	struct canvas footer = canvas_sub(screen, app->layout.footer);
	status_draw(app, &status);
	footer_draw(app, &footer);
}

static void draw_overlays(
	const struct app *app, struct overlay *overlay, const struct canvas *screen)
{
	if (!overlay)
		return;
	draw_overlays(app, overlay->below, screen);
	overlay->ops->draw(app, overlay, screen);
}

static void clear(const struct canvas *screen, struct rect rect)
{
	struct canvas canvas = canvas_sub(screen, rect);
	canvas_clear(&canvas);
}

bool picture_draw_moved(struct app *app, struct grid *grid)
{
	struct canvas screen = canvas_of(grid);
	if (app->overlay || app->toast.until_ms || !layout_is_same(&app->drawn, &app->layout))
		return false;
	bool only_step =
		app->layout.panes[PANE_bots].rows > 1 && bots_only_stepped(app->view[PANE_bots]);
	if (!only_step)
		clear(&screen, app->layout.panes[PANE_bots]);
	clear(&screen, app->layout.panes[PANE_detail]);
	clear(&screen, app->layout.status);
	clear(&screen, app->layout.footer);
	draw_part(app, PANE_bots, only_step ? bots_draw_step : pane_bots.draw, &screen);
	draw_placed(app, PANE_detail, &screen);
	draw_edges(app, &screen);
	bots_note_drawn(app->view[PANE_bots]);
	return true;
}

void picture_draw(struct app *app, struct grid *grid)
{
	grid_clear(grid);
	struct canvas screen = canvas_of(grid);
	for (int id = 0; id < PANE_COUNT; id++)
		draw_placed(app, (enum pane_id)id, &screen);
	draw_rule(&screen, app->layout.rule);
	draw_edges(app, &screen);
	app->drawn = app->layout;
	bots_note_drawn(app->view[PANE_bots]);
	draw_overlays(app, app->overlay, &screen);
	struct rect above = {0, 0, grid->rows - app->layout.footer.rows, grid->columns};
	struct canvas body = canvas_sub(&screen, above);
	if (app->toast.until_ms)
		toast_draw(&app->toast, &body);
}
