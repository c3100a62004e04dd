/* SPDX-License-Identifier: MIT */
/* What tables can do: sort, filter, marks, copying a row. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "tui/app.h"
#include "tui/overlays/overlays.h"
#include "tui/panes/logs_line.h"
#include "tui/rowset.h"

/* ---- sorting ---- */

static void sort_by(struct app *app, int column)
{
	const struct pane *pane = app_pane(app);
	if (pane->sort)
		pane->sort(app_view(app), column);
	if (pane->rows)
		pane->rows(app_view(app))->adopt = true;
	app_dirty(app);
}

static bool sort_by_name(
	struct app *app, const struct pane *pane, const char *name, struct err *err)
{
	for (size_t i = 0; i < pane->table->count; i++) {
		if (strcasecmp(pane->table->columns[i].title, name) != 0)
			continue;
		sort_by(app, (int)i);
		return true;
	}
	return err_set(err, ERR_NOT_FOUND, "no column '%s'; o lists them", name);
}

bool command_sort(struct app *app, const struct command *command, const char *args, struct err *err)
{
	const struct pane *pane = app_pane(app);
	struct choice choices[TABLE_COLUMNS_MAX];
	size_t count = 0;
	(void)command;
	if (!pane->table || !pane->sort)
		return err_set(err, ERR_UNSUPPORTED, "%s has no order to choose", pane->title);
	if (args[0])
		return sort_by_name(app, pane, args, err);
	int sorted = pane->sorted_by(app_view(app));
	for (size_t i = 0; i < pane->table->count; i++) {
		bool now = sorted < 0 ? i == 0 : sorted == (int)i;
		const char *title = pane->table->columns[i].title;
		if (pane->table->columns[i].many && !app_is_many(app))
			continue;
		choices[count++] = (struct choice){strcmp(title, "S") == 0 ? "SEVERITY" : title,
			now ? "sorts now" : "", (int)i};
	}
	choices_open(app, "Sort by", choices, count, sort_by);
	return true;
}

/* ---- filter ---- */

static bool apply_filter(struct app *app, const char *text, bool final, struct err *err)
{
	const struct pane *pane = app_pane(app);
	(void) final;
	if (!pane->filter(app, app_view(app), text, err))
		return false;
	pane->rows(app_view(app))->adopt = true;
	return true;
}

bool command_filter(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	const struct pane *pane = app_pane(app);
	(void)command;
	if (!pane->filter)
		return err_set(err, ERR_UNSUPPORTED, "%s has no filter", pane->title);
	if (args[0])
		return apply_filter(app, args, true, err);
	line_open(app, "/", "text  !text  pend>100  state!=ok  host=eu-*  why~regex",
		pane->filtered_by(app_view(app)), &app->filters, apply_filter);
	return true;
}

/* ---- marks ---- */

static struct rowset *rows(struct app *app)
{
	return app_pane(app)->rows(app_view(app));
}

bool command_mark(struct app *app, const struct command *command, const char *args, struct err *err)
{
	struct rowset *set = rows(app);
	(void)command, (void)args, (void)err;
	rowset_mark(set, set->cursor, !rowset_marked(set, set->cursor));
	app_pane(app)->move(app, app_view(app), TABLE_DOWN);
	return true;
}

bool command_range(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args, (void)err;
	rowset_range(rows(app));
	return true;
}

bool command_range_move(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args, (void)err;
	if (!rows(app)->range_from)
		rowset_range(rows(app));
	app_pane(app)->move(app, app_view(app), (enum table_move)command->param);
	return true;
}

bool command_invert(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args, (void)err;
	rowset_invert(rows(app));
	return true;
}

bool command_unmark(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args, (void)err;
	rowset_unmark_all(rows(app));
	return true;
}

/* ---- copying ---- */

static bool describe(struct app *app, bool json, struct str *text)
{
	const struct pane *pane = app_pane(app);
	struct subject subject = {.kind = MSG_none};
	if (!json && pane->copy) {
		pane->copy(app, app_view(app), text);
		return text->length > 0;
	}
	if (pane->json) {
		pane->json(app, app_view(app), text);
		return text->length > 0;
	}
	if (pane->subject)
		pane->subject(app, app_view(app), &subject);
	const void *body = is_entity(subject.kind)
				   ? model_find(app_model(app), subject.kind, subject.id)
				   : NULL;
	if (body)
		msg_json(subject.kind, body, text);
	return body != NULL;
}

bool command_copy(struct app *app, const struct command *command, const char *args, struct err *err)
{
	autostr struct str text = STR_INIT;
	(void)args;
	if (command->param == 1 && app_pane(app) == &pane_logs)
		return logs_copy_json(app, err);
	if (!describe(app, command->param == 1, &text))
		return err_set(err, ERR_NOT_FOUND, "nothing here to copy");
	if (!term_copy(app->term, text.text, text.length, err))
		return false;
	app_toast(app, false, "clipboard <- %s, %zu bytes (%s)",
		command->param == 1 ? "row as JSON" : "1 line", text.length,
		term_copy_way(app->term));
	return true;
}
