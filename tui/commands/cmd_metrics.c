/* SPDX-License-Identifier: MIT */
/* What Metrics can do; the pane does it (panes/metrics.h). */
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/figures.h"
#include "tui/app.h"
#include "tui/overlays/overlays.h"
#include "tui/panes/bots.h"
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
	autofree char *now = metrics_text_now(app),
		      *typed = xstrdup(view->query ? view->query : "");
	(void)command, (void)err;
	metrics_show(app, args[0] ? args : typed);
	if (args[0])
		history_add(&app->queries, args);
	else
		query_open(app, now, typed, NULL);
	return true;
}

/* ---- figures ---- */

static void open_figure(struct app *app, const struct figure *figure, const char *query)
{
	const char *now = figure_query(figure);
	metrics_show_figure(app, figure->name, now);
	query_open(app, query[0] ? query : now, "", figure);
	if (query[0])
		app->overlay->ops->enter(app, app->overlay);
}

static void choose_figure(struct app *app, int value)
{
	open_figure(app, &app->figures->list[value], "");
}

static void list_figures(struct app *app)
{
	const struct figures *figures = app->figures;
	autofree struct choice *choices = xcalloc(figures->count, sizeof(*choices));
	for (size_t i = 0; i < figures->count; i++)
		choices[i] = (struct choice){
			figures->list[i].name, figure_query(&figures->list[i]), (int)i};
	choices_open(app, "Figures", choices, figures->count, choose_figure);
}

bool command_figure(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	size_t length = strcspn(args, " ");
	autofree char *name = xstrndup(args, length);
	const char *query = args + length + strspn(args + length, " ");
	(void)command;
	if (!name[0]) {
		list_figures(app);
		return true;
	}
	struct figure *figure = figures_find(app->figures, name);
	if (!figure)
		return err_set(err, ERR_NOT_FOUND, "no figure '%s'; e in Bots lists them", name);
	if (strcmp(query, FIGURE_DEFAULT) == 0)
		figure_keep(app, figure, "");
	else
		open_figure(app, figure, query);
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
