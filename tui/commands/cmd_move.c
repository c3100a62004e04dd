/* SPDX-License-Identifier: MIT */
/* Moving in what has the focus: the innermost overlay, else the pane. */
#include "tui/app.h"

bool command_move(struct app *app, const struct command *command, const char *args, struct err *err)
{
	enum table_move move = (enum table_move)command->param;
	const struct pane *pane = app_pane(app);
	(void)args, (void)err;
	if (app->overlay) {
		if (app->overlay->ops->move)
			app->overlay->ops->move(app, app->overlay, move);
	} else if (pane->move) {
		pane->move(app, app_view(app), move);
	}
	return true;
}

bool command_open(struct app *app, const struct command *command, const char *args, struct err *err)
{
	const struct pane *pane = app_pane(app);
	(void)command, (void)args;
	if (app->overlay) {
		if (app->overlay->ops->enter)
			app->overlay->ops->enter(app, app->overlay);
		return true;
	}
	return !pane->open || pane->open(app, app_view(app), err);
}
