/* SPDX-License-Identifier: MIT */
/* What Logs can do with time, filters and marks; the pane does it (panes/logs.h). */
#include "core/base/err.h"
#include "tui/app.h"
#include "tui/overlays/overlays.h"
#include "tui/panes/logs.h"

bool command_filters(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command;
	return logs_filters(app, args, err);
}

bool command_jump(struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command;
	if (args[0])
		return logs_jump(app, args, true, err);
	line_open(app, "@", "12:04  12:04:30  -15m  2026-11-28 12:04", "", &app->times, logs_jump);
	return true;
}

bool command_log_span(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args, (void)err;
	logs_zoom(app, command->param);
	return true;
}

bool command_bars(struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args, (void)err;
	logs_bars_toggle(app);
	return true;
}

bool command_bar(struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args, (void)err;
	logs_bars_step(app, command->param);
	return true;
}

bool command_name_mark(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command;
	if (args[0])
		return logs_mark_name(app, args, true, err);
	line_open(app, "mark ", "a name for the line", "", NULL, logs_mark_name);
	return true;
}

bool command_marks(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command;
	return logs_marks_go(app, args, err);
}
