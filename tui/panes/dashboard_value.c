/* SPDX-License-Identifier: MIT */
/* What stands for the variable of a dashboard, and whom it is asked of. */
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "tui/app.h"
#include "tui/panes/dashboard.h"

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
	return str_detach(&to);
}

uint32_t dashboard_engines(const struct app *app, const struct dashboard *dashboard)
{
	const struct msg_bot *bot = bot_of(app);
	return dashboard->variable == VARIABLE_BOT && bot ? UINT32_C(1) << links_of(bot->id)
							  : ALL_ENGINES;
}
