/* SPDX-License-Identifier: MIT */
/* Lines, lists and dialogs: opening them, and the keys that they take. */
#include "core/base/err.h"
#include "tui/app.h"
#include "tui/overlays/overlays.h"

bool command_palette(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args, (void)err;
	palette_open(app);
	return true;
}

bool command_menu(struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args, (void)err;
	actions_open(app);
	return true;
}

bool command_help(struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args, (void)err;
	help_open(app);
	return true;
}

bool command_find_in(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args, (void)err;
	if (app->overlay && app->overlay->ops->find)
		app->overlay->ops->find(app, app->overlay);
	return true;
}

bool command_edit(struct app *app, const struct command *command, const char *args, struct err *err)
{
	struct overlay *overlay = app->overlay;
	struct prompt *prompt =
		overlay && overlay->ops->prompt ? overlay->ops->prompt(overlay) : NULL;
	(void)args, (void)err;
	if (!prompt && overlay && overlay->ops->step && command->param <= PROMPT_RIGHT)
		overlay->ops->step(app, overlay, command->param == PROMPT_LEFT ? -1 : 1);
	if (prompt && prompt_edit(prompt, (enum prompt_edit)command->param) &&
		overlay->ops->changed)
		overlay->ops->changed(app, overlay);
	return true;
}

bool command_recall(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	struct overlay *overlay = app->overlay;
	(void)args, (void)err;
	if (overlay && overlay->ops->recall)
		overlay->ops->recall(app, overlay, command->param);
	return true;
}

bool command_step(struct app *app, const struct command *command, const char *args, struct err *err)
{
	struct overlay *overlay = app->overlay;
	(void)args, (void)err;
	if (overlay && overlay->ops->step)
		overlay->ops->step(app, overlay, command->param);
	return true;
}

bool command_enter(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	struct overlay *overlay = app->overlay;
	(void)command, (void)args, (void)err;
	if (overlay && overlay->ops->enter)
		overlay->ops->enter(app, overlay);
	return true;
}
