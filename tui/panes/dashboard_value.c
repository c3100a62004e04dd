/* SPDX-License-Identifier: MIT */
/* What stands for the variable of a dashboard, and whom it is asked of. */
#include <math.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/figures.h"
#include "tui/app.h"
#include "tui/panes/dashboard.h"
#include "widgets/chart_scale.h"

static const struct msg_bot *bot_of(const struct app *app)
{
	const struct rowset *rows = pane_bots.rows(app->view[PANE_bots]);
	const struct dashboard_view *view = app->view[PANE_dashboard];
	struct err ignored;
	uint64_t id = view->value[0] ? app_find(app, MSG_bot, view->value, &ignored) : rows->cursor;
	return model_bot(app_model(app), id);
}

static const char *value_of(const struct app *app, const struct dashboard *dashboard)
{
	const struct dashboard_view *view = app->view[PANE_dashboard];
	const struct msg_bot *bot = bot_of(app);
	switch (dashboard->variable) {
	case VARIABLE_BOT:
		return bot ? bot->name : view->value;
	case VARIABLE_INSTANCE:
		return view->value;
	case VARIABLE_NONE:
		break;
	}
	return "";
}

/* Inside of the quotes of PromQL. */
static void add_quoted(struct str *to, const char *value)
{
	for (; *value; value++) {
		if (strchr("\\\"'", *value))
			str_addch(to, '\\');
		str_addch(to, *value);
	}
}

/* What is drawn says a target as its values are said: `$(p95.target)` is "200 ms". */
static char *with_targets(const struct app *app, const char *text)
{
	struct str to = STR_INIT;
	for (const char *at; (at = strstr(text, "$("));) {
		size_t length = strcspn(at + 2, ".)");
		autofree char *name = xstrndup(at + 2, length);
		const struct figure *figure = figures_find(app->figures, name);
		const char *rest = at + 2 + length;
		bool is_target = figure && strncmp(rest, ".target)", 8) == 0;
		str_add(&to, text, (size_t)(at - text));
		if (is_target)
			str_adds(&to,
				chart_value_text(chart_unit_named(figure->unit), figure->target)
					.text);
		else
			str_adds(&to, "$(");
		text = is_target ? rest + 8 : at + 2;
	}
	str_adds(&to, text);
	return str_detach(&to);
}

static char *with_figures(
	const struct app *app, const struct dashboard *dashboard, const char *text)
{
	const char *bot = dashboard->variable == VARIABLE_BOT ? value_of(app, dashboard) : "";
	return figures_fill(app->figures, text, &bot, bot[0] != '\0');
}

struct dashboard_panel dashboard_panel_limited(
	const struct app *app, const struct dashboard_panel *panel)
{
	struct dashboard_panel limited = *panel;
	const struct figure *figure =
		panel->figure[0] ? figures_find(app->figures, panel->figure) : NULL;
	if (!figure)
		return limited;
	if (!limited.unit[0])
		limited.unit = figure->unit;
	if (isnan(limited.warn) && isnan(limited.crit)) {
		limited.warn = figure->warn;
		limited.crit = figure->crit;
		limited.below = figure->below;
	}
	return limited;
}

/* `is_expr`: for an expression, where no instance is all of them. */
char *dashboard_filled(
	const struct app *app, const struct dashboard *dashboard, const char *text, bool is_expr)
{
	static const char *const names[] = {
		[VARIABLE_NONE] = "", [VARIABLE_BOT] = "$bot", [VARIABLE_INSTANCE] = "$instance"};
	autostr struct str to = STR_INIT;
	const char *name = names[dashboard->variable], *value = value_of(app, dashboard), *at;
	while (*name && (at = strstr(text, name))) {
		str_add(&to, text, (size_t)(at - text));
		if (is_expr && !*value)
			str_adds(&to, ".+");
		else if (is_expr)
			add_quoted(&to, value);
		else
			str_adds(&to, value);
		text = at + strlen(name);
	}
	str_adds(&to, text);
	return is_expr ? with_figures(app, dashboard, to.text) : with_targets(app, to.text);
}

uint32_t dashboard_engines(const struct app *app, const struct dashboard *dashboard)
{
	const struct msg_bot *bot = bot_of(app);
	return dashboard->variable == VARIABLE_BOT && bot ? UINT32_C(1) << links_of(bot->id)
							  : ALL_ENGINES;
}
