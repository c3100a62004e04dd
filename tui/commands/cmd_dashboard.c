/* SPDX-License-Identifier: MIT */
/* What Dashboards can do; the pane does it (panes/dashboard.h). */
#include "tui/app.h"
#include "tui/panes/dashboard.h"

bool command_dashboard(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command;
	return dashboard_choose(app, args, err);
}

bool command_dash_step(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args, (void)err;
	dashboard_step(app, command->param);
	return true;
}

bool command_dash_span(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args, (void)err;
	dashboard_span(app, command->param);
	return true;
}

bool command_dash_time(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args, (void)err;
	dashboard_time(app, command->param);
	return true;
}

bool command_dash_follow(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args, (void)err;
	dashboard_follow(app);
	return true;
}

bool command_dash_store(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args;
	return dashboard_other(app, err);
}
