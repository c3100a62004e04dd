/* SPDX-License-Identifier: MIT */
/*
 * Alerts: what fires, worst first and causes before what follows from them, then what is about to, then what was resolved
 * lately.
 * Reads the alerts of the model. When nothing fires the pane is one line, unless it has the focus and something has ended. Enter leads to the bot.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "tui/panes/bots.h"
#include "tui/panes/list.h"
#include "tui/show.h"

enum column { SEVERITY, SINCE, HOST, TARGET, RULE, TEXT, STATE };

static const struct table_column columns[] = {
	/* clang-format off */
	[SEVERITY] = {"S",      ALIGN_LEFT,  1,  1, 0, false},
	[SINCE]    = {"SINCE",  ALIGN_RIGHT, 5,  5, 2, false},
	[HOST]     = {"HOST",   ALIGN_LEFT,  5,  8, 0, false, .many = true},
	[TARGET]   = {"TARGET", ALIGN_LEFT, 12, 18, 0, false},
	[RULE]     = {"ALERT",  ALIGN_LEFT, 12, 16, 3, false},
	[TEXT]     = {"WHAT",   ALIGN_LEFT, 16, 24, 1, true},
	[STATE]    = {"STATE",  ALIGN_LEFT,  8,  8, 4, false},
	/* clang-format on */
};

/* The sentence without the name that stands beside it. It is in the present tense; cell() says of one that is over how
 * long it lasted. */
static const char *sentence(const struct msg_alert *alert)
{
	size_t length = strlen(alert->target_name);
	bool named = strncmp(alert->text, alert->target_name, length) == 0 &&
		     strncmp(alert->text + length, ": ", 2) == 0;
	return alert->text + (named ? length + 2 : 0);
}

/* Of a server or source its sentence begins with the words that stand in the column beside it. */
static const char *rest_of(const struct msg_alert *alert, const char *target)
{
	const char *text = sentence(alert);
	size_t length = strlen(target);
	bool repeats = strncmp(text, target, length) == 0 && text[length] == ' ' &&
		       (strcmp(alert->target_kind, "service") == 0 ||
			       strcmp(alert->target_kind, "source") == 0);
	return text + (repeats ? length + 1 : 0);
}

static int compare(const struct app *app, const void *left, const void *right)
{
	const struct msg_alert *one = left, *other = right;
	return alert_order(one, app_now(app, one->id), other, app_now(app, other->id));
}

static const struct filter_column fields[] = {
	[SEVERITY] = {"severity", FILTER_NUMBER},
	[SINCE] = {"since", FILTER_DURATION},
	[HOST] = {"host", FILTER_TEXT},
	[TARGET] = {"target", FILTER_TEXT},
	[RULE] = {"alert", FILTER_TEXT},
	[TEXT] = {"what", FILTER_TEXT},
	[STATE] = {"state", FILTER_TEXT},
};

static void get(const struct app *app, const void *body, size_t column, struct filter_value *ret)
{
	const struct msg_alert *alert = body;
	const char *const texts[COUNT_OF(columns)] = {[TARGET] = alert->target_name,
		[RULE] = alert->rule,
		[TEXT] = alert->text,
		[STATE] = alert->state};
	if (texts[column])
		list_text(ret, texts[column]);
	else
		list_number(ret, column == SINCE
					 ? (double)(app_now(app, alert->id) - alert_since(alert))
					 : (double)alert->severity);
}

static unsigned severity_now(const struct app *app, const void *body)
{
	const struct msg_alert *alert = body;
	(void)app;
	return alert_stage(alert) == ALERT_FIRES ? (unsigned)alert->severity : SEVERITY_OK;
}

static size_t count_stage(const struct app *app, enum alert_stage wanted_stage)
{
	size_t count, found = 0;
	const struct msg_alert *const *alerts = model_alerts(app_model(app), &count);
	for (size_t i = 0; i < count; i++)
		found += alert_stage(alerts[i]) == wanted_stage;
	return found;
}

static int wanted(const struct app *app, const void *data)
{
	const struct list *list = data;
	size_t rows = list->rows.shown.count + list->hidden;
	bool is_asked = app_pane(app) == &pane_alerts && rows;
	if (count_stage(app, ALERT_FIRES) == 0 && !is_asked)
		return 0;
	return (int)rows + 1;
}

/* What is just over keeps its row: one that comes and goes moves nothing. */
static bool is_of_now(const struct app *app, const struct msg_alert *alert)
{
	enum { JUST_OVER_MS = 60000 };
	return alert_stage(alert) != ALERT_OVER ||
	       app_now(app, alert->id) - alert->resolved_ms < JUST_OVER_MS;
}

static int needed(const struct app *app, const void *data)
{
	const struct list *list = data;
	int found = 0, shown = (int)list->rows.shown.count;
	size_t count;
	const struct msg_alert *const *alerts = model_alerts(app_model(app), &count);
	if (count_stage(app, ALERT_FIRES) == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		found += is_of_now(app, alerts[i]);
	return (found < shown ? found : shown) + 1;
}

static void note(const struct app *app, const void *data, struct str *text)
{
	size_t pending = count_stage(app, ALERT_WAITS);
	str_addf(text, "%zu firing", count_stage(app, ALERT_FIRES));
	if (pending)
		str_addf(text, "  %zu pending", pending);
	const struct list *list = data;
	if (list->expression || list->rows.order_changed ||
		list->rows.shown.count > (size_t)list->page) {
		str_adds(text, "  ");
		list_note(list, text);
	}
}

/* A long sentence leaves its end to the age, as long as it still says something. */
static void draw_sentence(const struct app *app, const struct msg_alert *alert,
	const struct canvas *canvas, int column)
{
	enum { SENTENCE_MIN = 30 };
	enum role role = severity_role(alert->severity);
	const char *text = sentence(alert);
	autostr struct str age = STR_INIT;
	str_addf(&age, ", for %s", format_age(app_now(app, alert->id) - alert->since_ms).text);
	int cells = (int)text_width(text, strlen(text));
	int room = canvas->columns - column - (int)age.length;
	if (cells > room)
		cells = room < SENTENCE_MIN ? canvas->columns - column : room;
	column = canvas_field(canvas, 0, column, cells, ALIGN_LEFT, role, text);
	canvas_text(canvas, 0, column, role, age.text);
}

/* "10 ended, the last 40s ago": that they are still there to be looked at. */
static void say_ended(const struct app *app, struct str *to)
{
	size_t count, ended = 0;
	int64_t least_ms = INT64_MAX;
	const struct msg_alert *const *alerts = model_alerts(app_model(app), &count);
	for (size_t i = 0; i < count; i++) {
		int64_t age_ms = app_now(app, alerts[i]->id) - alerts[i]->resolved_ms;
		if (alert_stage(alerts[i]) != ALERT_OVER)
			continue;
		ended++;
		least_ms = age_ms < least_ms ? age_ms : least_ms;
	}
	if (ended)
		str_addf(to, ", %zu ended%s %s ago", ended, ended > 1 ? ", the last" : "",
			format_age(least_ms).text);
}

static void draw_quiet(const struct app *app, size_t pending, const struct canvas *canvas)
{
	autostr struct str ended = STR_INIT;
	int column = canvas_text(canvas, 0, 0, ROLE_DIM, "nothing fires");
	if (pending) {
		column = canvas_text(canvas, 0, column, ROLE_DIM, ", ");
		column = canvas_printf(canvas, 0, column, ROLE_WARN, "%zu pending", pending);
	}
	say_ended(app, &ended);
	canvas_text(canvas, 0, column, ROLE_DIM, ended.text);
}

/* In one line: how many, and the worst one. */
static void line(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct list *list = data;
	size_t firing = count_stage(app, ALERT_FIRES), pending = count_stage(app, ALERT_WAITS);
	const struct msg_alert *alert =
		model_alert(app_model(app), list->rows.shown.count ? list_id(list, 0) : 0);
	if (!firing || !alert) {
		draw_quiet(app, pending, canvas);
		return;
	}
	enum role role = severity_role(alert->severity);
	int column = canvas_printf(canvas, 0, 0, role,
		"%c %zu firing: ", severity_letter((unsigned)alert->severity), firing);
	if (app_is_many(app))
		column = canvas_text(canvas, 0, column, ROLE_STRONG, app_host(app, alert->id)) + 1;
	if (!strstr(sentence(alert), alert->target_name))
		column = canvas_text(canvas, 0, column, ROLE_STRONG, alert->target_name) + 1;
	draw_sentence(app, alert, canvas, column);
}

static void own_cell(const struct list *list, size_t row, size_t column, struct cell_text *ret)
{
	const struct msg_alert *alert = model_alert(app_model(list->app), list_id(list, row));
	if (!alert)
		return;
	char target[128];
	bool over = alert_stage(alert) == ALERT_OVER;
	enum role role = over ? ROLE_DIM : severity_role(alert->severity);
	alert_target(app_model(list->app), alert, target, sizeof(target));
	const char *const texts[] = {[SEVERITY] = "",
		[SINCE] = "",
		[HOST] = "",
		[TARGET] = target,
		[RULE] = alert->rule,
		[TEXT] = over ? sentence(alert) : rest_of(alert, target),
		[STATE] = alert->state};
	if (column == SEVERITY)
		list_say(ret, role, "%c",
			severity_letter(over ? SEVERITY_OK : (unsigned)alert->severity));
	else if (column == SINCE)
		list_say(ret, over ? ROLE_DIM : ROLE_TEXT, "%s",
			format_age(app_now(list->app, alert->id) - alert_since(alert)).text);
	else if (column == TEXT && over)
		list_say(ret, role, "ended, lasted %s: %s",
			format_age(alert->resolved_ms - alert->since_ms).text, texts[TEXT]);
	else
		list_say(ret,
			column == TEXT              ? role
			: column == TARGET && !over ? ROLE_STRONG
						    : ROLE_DIM,
			"%s", texts[column]);
}

static void cell(const void *data, size_t row, size_t column, struct cell_text *ret);

static const struct table_kind table = {
	.columns = columns, .count = COUNT_OF(columns), .cell = cell};

static const struct list_kind kind = {.kind = MSG_alert,
	.pane = &pane_alerts,
	.table = &table,
	.fields = fields,
	.host = HOST,
	.get = get,
	.compare = compare,
	.empty = "nothing fires",
	.severity = severity_now};

static void cell(const void *data, size_t row, size_t column, struct cell_text *ret)
{
	list_cell(data, &kind, row, column, own_cell, ret);
}

static void update(struct app *app, void *data)
{
	list_update(app, data, &kind);
}

static void need(struct list *list, enum column column, const char *text)
{
	int cells = (int)text_width(text, strlen(text));
	if (cells > list->table.need[column])
		list->table.need[column] = cells;
}

/* What names and states do not need is left to the sentence. */
static void fit(struct app *app, void *data, int rows, int width)
{
	struct list *list = data;
	(void)width;
	memset(list->table.need, 0, sizeof(list->table.need));
	for (size_t row = 0; row < list->rows.shown.count; row++) {
		const struct msg_alert *alert = model_alert(app_model(app), list_id(list, row));
		if (!alert)
			continue;
		char target[128];
		alert_target(app_model(app), alert, target, sizeof(target));
		need(list, TARGET, target);
		need(list, RULE, alert->rule);
		need(list, STATE, alert->state);
	}
	list_fit(app, list, &kind, rows);
}

static bool filter(struct app *app, void *data, const char *expression, struct err *err)
{
	return list_filter(app, data, &kind, expression, err);
}

static void draw(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct list *list = data;
	(void)app;
	list_draw(list, &kind, canvas);
}

static void subject(const struct app *app, const void *data, struct subject *ret)
{
	const struct list *list = data;
	(void)app;
	if (list->rows.cursor)
		*ret = (struct subject){MSG_alert, list->rows.cursor};
}

static void copy(const struct app *app, const void *data, struct str *to)
{
	const struct list *list = data;
	const struct msg_alert *alert = model_alert(app_model(app), list->rows.cursor);
	if (alert)
		str_addf(to, "%s %s %s: %s (%s since %s)", severity_word((unsigned)alert->severity),
			alert->target_name, alert->rule, sentence(alert), alert->state,
			format_rfc3339(alert_since(alert)).text);
}

/* Puts the cursor of a pane on what the alert is about. */
static bool point_at(
	struct app *app, enum pane_id pane, const struct msg_alert *alert, struct err *err)
{
	struct rowset *rows = pane_of(pane)->rows(app->view[pane]);
	long row = rowset_find(rows, alert->target);
	if (row == ROW_NONE)
		return err_set(err, ERR_NOT_FOUND, "'%s' is hidden by the filter of %s",
			alert->target_name, pane_of(pane)->title);
	rowset_move_to(rows, (size_t)row);
	return true;
}

static bool open_row(struct app *app, void *data, struct err *err)
{
	const struct list *list = data;
	const struct msg_alert *alert = model_alert(app_model(app), list->rows.cursor);
	struct place place = {.focus = PANE_services, .lower = PANE_services, .drilled = true};
	if (!alert)
		return true;
	bool of_bot = strcmp(alert->target_kind, "bot") == 0,
	     of_check = strcmp(alert->target_kind, "check") == 0;
	if ((of_bot || of_check) && !point_at(app, of_bot ? PANE_bots : PANE_checks, alert, err))
		return false;
	if (of_bot || of_check) {
		place.focus = place.lower = of_bot ? PANE_detail : PANE_checks;
		place.zoom = ZOOM_FULL;
	}
	views_go(&app->views, place);
	return true;
}

const struct pane pane_alerts = {
	.name = "alerts",
	.title = "Alerts",
	.help = "what fires, worst first; Enter leads to the bot, the check or Services",
	.view_size = sizeof(struct list),
	.release = list_release,
	.update = update,
	.wanted = wanted,
	.needed = needed,
	.fit = fit,
	.note = note,
	.line = line,
	.draw = draw,
	.move = list_move,
	.open = open_row,
	.subject = subject,
	.copy = copy,
	.rows = list_rows,
	.table = &table,
	.sort = list_sort,
	.sorted_by = list_sorted_by,
	.descends = list_descends,
	.filter = filter,
	.filtered_by = list_filtered_by,
	.escape = list_escape,
};
