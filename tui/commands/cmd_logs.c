/* SPDX-License-Identifier: MIT */
/* What Logs can do; the pane does it (panes/logs.h). */
#include "core/base/err.h"
#include "core/base/str.h"
#include "tui/app.h"
#include "tui/overlays/overlays.h"
#include "tui/panes/logs.h"
#include "tui/panes/logs_columns.h"
#include "tui/panes/logs_line.h"
#include "tui/panes/logs_save.h"
#include "tui/rowset.h"

bool command_search(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command;
	if (args[0])
		return logs_search(app, args, true, err);
	search_open(app, "/", "text  \"two words\"  /regex/  level>=warn", logs_searched(app),
		&app->filters, logs_search);
	return true;
}

bool command_log_filter(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command;
	if (args[0])
		return logs_filter(app, args, true, err);
	line_open(app, "&", "text  !text  level>=warn  bot=quiz  time>-15m", "", &app->filters,
		logs_filter);
	return true;
}

bool command_seek(struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args;
	return logs_seek(app, command->param, err);
}

bool command_follow(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args, (void)err;
	logs_follow(app);
	return true;
}

bool command_mark_line(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args, (void)err;
	logs_mark_line(app);
	return true;
}

bool command_view_line(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args;
	return logs_line_open(app, err);
}

bool command_follow_id(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args;
	return logs_id_follow(app, err);
}

bool command_log_wrap(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command;
	return logs_wrap(app, args, err);
}

static bool save_to(struct app *app, const char *path, bool final, struct err *err)
{
	return !final || logs_save(app, path, err);
}

bool command_log_save(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command;
	if (args[0])
		return logs_save(app, args, err);
	line_open(
		app, "save to ", "FILE, or FILE.jsonl for JSON with all fields", "", NULL, save_to);
	return true;
}

bool command_log_pager(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args;
	return logs_page(app, command->param == 1, err);
}

bool command_log_columns(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	autostr struct str now = STR_INIT;
	(void)command;
	if (args[0])
		return logs_columns_set(app, args, true, err);
	logs_columns_say(app, &now);
	line_open(app, "columns ", "ms chat ctx.user   fields of the lines; none: empty", now.text,
		NULL, logs_columns_set);
	return true;
}

bool command_repeats(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args;
	return logs_repeats_toggle(app, err);
}

bool command_repeats_mode(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command;
	return logs_repeats_mode(app, args, err);
}

bool command_line_copy(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args;
	return logs_line_copy(app, command->param == 1, err);
}

bool command_line_hit(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args;
	return logs_line_hit(app, command->param, err);
}

bool command_log_side(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args, (void)err;
	logs_side(app, command->param);
	return true;
}

bool command_bot_logs(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	CLEANUP(id_list_release) struct id_list ids = {0};
	(void)command;
	if (args[0] && !app_named(app, args, &ids, err))
		return false;
	if (!args[0])
		app_targets(app, &ids);
	logs_of(app, &ids);
	struct place place = {
		.focus = PANE_logs, .lower = PANE_logs, .zoom = ZOOM_FULL, .drilled = true};
	views_go(&app->views, place);
	return true;
}
