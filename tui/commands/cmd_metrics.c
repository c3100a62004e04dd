/* SPDX-License-Identifier: MIT */
/* What Metrics can do; the pane does it (panes/metrics.h). */
#include "core/base/err.h"
#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/overlays/overlays.h"
#include "tui/panes/metrics.h"

bool command_metric(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	if (args[0])
		return metrics_choose(app, args) ||
		       err_set(err, ERR_NOT_FOUND, "no chart '%s'; Tab completes names", args);
	metrics_step(app, command->param);
	return true;
}

bool command_query(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	const struct metrics_view *view = app->view[PANE_metrics];
	autofree char *now = metrics_query(app), *typed = xstrdup(view->query ? view->query : "");
	(void)command, (void)err;
	metrics_show(app, args[0] ? args : typed);
	if (args[0])
		history_add(&app->queries, args);
	else
		query_open(app, now, typed);
	return true;
}

bool command_browse(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	const struct metrics_view *view = app->view[PANE_metrics];
	autofree char *now = xstrdup(view->query ? view->query : "");
	(void)command, (void)args, (void)err;
	metrics_show(app, now);
	browser_open(app);
	return true;
}

bool command_span(struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args, (void)err;
	metrics_span(app, command->param);
	return true;
}

bool command_read_chart(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args, (void)err;
	metrics_cursor(app, command->param);
	return true;
}

bool command_pan(struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args, (void)err;
	metrics_pan(app, command->param);
	return true;
}
