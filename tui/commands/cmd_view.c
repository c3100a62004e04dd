/* SPDX-License-Identifier: MIT */
/* Where the operator is: focus, zoom, the way back, and out. */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "tui/app.h"
#include "tui/past.h"
#include "tui/leave.h"
#include "tui/snapshot.h"

bool command_focus(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args, (void)err;
	app_focus(app, (enum pane_id)command->param);
	return true;
}

bool command_step_focus(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	int id = (int)views_now(&app->views)->focus;
	(void)args, (void)err;
	for (int i = 0; i < PANE_COUNT; i++) {
		id = (id + command->param + PANE_COUNT) % PANE_COUNT;
		if (app->layout.panes[id].rows > 0)
			break;
	}
	app_focus(app, (enum pane_id)id);
	return true;
}

/* Half means something on a wide screen only: elsewhere the normal view is the half one. */
bool command_zoom(struct app *app, const struct command *command, const char *args, struct err *err)
{
	struct place place = *views_now(&app->views);
	int step = command->param * (app->grid->columns < LAYOUT_WIDE_COLUMNS ? 2 : 1);
	int zoom = (int)place.zoom + step;
	(void)args, (void)err;
	place.zoom = zoom < ZOOM_NORMAL ? ZOOM_NORMAL
		     : zoom > ZOOM_FULL ? ZOOM_FULL
					: (enum zoom)zoom;
	place.drilled = false;
	views_replace(&app->views, place);
	return true;
}

bool command_last_view(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args;
	return views_last(&app->views) || err_set(err, ERR_NOT_FOUND, "no view before this one");
}

bool command_history(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args;
	return views_step(&app->views, command->param) ||
	       err_set(err, ERR_NOT_FOUND, "no view %s this one",
		       command->param < 0 ? "before" : "after");
}

bool command_escape(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	struct overlay *overlay = app->overlay;
	const struct pane *pane = app_pane(app);
	(void)command, (void)args, (void)err;
	if (overlay) {
		if (overlay->ops->cancelled)
			overlay->ops->cancelled(app, overlay);
		app_pop(app);
		return true;
	}
	if (past_leave(app)) {
		(void)toast_dismiss(&app->toast);
		return true;
	}
	if (toast_dismiss(&app->toast) || (pane->escape && pane->escape(app, app_view(app))))
		return true;
	(void)views_leave(&app->views);
	return true;
}

bool command_quit(struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args, (void)err;
	if (app->overlay)
		app_pop(app);
	else if (!views_leave(&app->views))
		leave_or_ask(app);
	return true;
}

bool command_interrupt(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	int64_t now_ms = app_mono_ms(app);
	bool twice = now_ms - app->interrupt_mono_ms <= APP_INTERRUPT_MS;
	app->interrupt_mono_ms = now_ms;
	if (twice)
		app->quit = true;
	else if (app->overlay)
		return command_escape(app, command, args, err);
	else
		app_toast(app, false, "Ctrl-C again leaves");
	return true;
}

bool command_redraw(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args, (void)err;
	term_repaint(app->term);
	return true;
}

bool command_pause(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args;
	if (!app->frozen && link_is_recalled(links_at(app->links, 0)))
		return err_set(
			err, ERR_REFUSED, "there is no engine yet, and nothing that could be held");
	if (!app->frozen) {
		app->frozen = model_snapshot(app->live);
		return true;
	}
	model_free(app->frozen);
	app->frozen = NULL;
	app_read_clocks(app);
	parts_forget(app);
	return true;
}

bool command_suspend(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args, (void)err;
	app->suspend = true;
	return true;
}
