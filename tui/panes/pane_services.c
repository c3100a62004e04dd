/* SPDX-License-Identifier: MIT */
/*
 * Services: one row a Redis or Postgres, one for all health checks and one for the engine's recording, the worst first;
 * below them, where there is room, everything known of the one under the cursor. Reads the services of the model and what
 * the engine says of itself.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/panes/facts.h"
#include "tui/panes/list.h"
#include "tui/show.h"

enum { FACTS_MIN = 3 };

struct services_view {
	struct list list;
	struct facts facts; /* of the one under the cursor */
	int table_rows;     /* of the pane; the rest is facts, if it is enough */
};

enum column { SEVERITY, HOST, NAME, LATENCY, MEMORY, CLIENTS, RATE, LAG, SLOW, WHY };

static const struct table_column columns[] = {
	/* clang-format off */
	[SEVERITY] = {"S",       ALIGN_LEFT,   1,  1, 0, false},
	[HOST]     = {"HOST",    ALIGN_LEFT,   5,  8, 0, false, .many = true},
	[NAME]     = {"SERVICE", ALIGN_LEFT,  12, 16, 0, false},
	[LATENCY]  = {"ms",      ALIGN_RIGHT,  4,  5, 2, false},
	[MEMORY]   = {"SIZE",    ALIGN_RIGHT,  5,  9, 3, false},
	[CLIENTS]  = {"CLIENTS", ALIGN_RIGHT,  7,  9, 5, false},
	[RATE]     = {"OPS/s",   ALIGN_RIGHT,  5,  5, 4, false},
	[LAG]      = {"LAG",     ALIGN_RIGHT,  4,  5, 6, false},
	[SLOW]     = {"SLOWEST", ALIGN_LEFT,  10, 24, 7, true},
	[WHY]      = {"WHY",     ALIGN_LEFT,   8, 12, 1, true},
	/* clang-format on */
};

static int compare(const struct app *app, const void *left, const void *right)
{
	const struct msg_service *a = left, *b = right;
	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	int order = strcmp(b->kind, a->kind);
	(void)app;
	if (!order)
		order = strcmp(a->name, b->name);
	return order ? order : (a->id > b->id) - (a->id < b->id);
}

static const struct filter_column fields[] = {
	[SEVERITY] = {"severity", FILTER_NUMBER},
	[HOST] = {"host", FILTER_TEXT},
	[NAME] = {"service", FILTER_TEXT},
	[LATENCY] = {"ms", FILTER_NUMBER},
	[MEMORY] = {"size", FILTER_BYTES},
	[CLIENTS] = {"clients", FILTER_NUMBER},
	[RATE] = {"ops", FILTER_NUMBER},
	[LAG] = {"lag", FILTER_NUMBER},
	[SLOW] = {"slow", FILTER_DURATION},
	[WHY] = {"why", FILTER_TEXT},
};

static void get(const struct app *app, const void *body, size_t column, struct filter_value *ret)
{
	const struct msg_service *service = body;
	const double figures[COUNT_OF(columns)] = {[SEVERITY] = (double)service->severity,
		[LATENCY] = service->latency_ms,
		[MEMORY] = (double)service->used_bytes,
		[CLIENTS] = service->clients < 0 ? NAN : (double)service->clients,
		[RATE] = service->rate,
		[LAG] = service->lag,
		[SLOW] = service->slow_ms};
	(void)app;
	if (fields[column].kind == FILTER_TEXT)
		list_text(ret, column == WHY ? service->why : service->name);
	else
		list_number(ret, figures[column]);
}

static bool has(const struct app *app, enum column column)
{
	size_t count;
	const struct msg_service *const *services = model_services(app_model(app), &count);
	for (size_t i = 0; i < count; i++) {
		const struct msg_service *service = services[i];
		if ((column == LAG && !isnan(service->lag)) ||
			(column == SLOW && !isnan(service->slow_ms)) ||
			(column == WHY && service->severity != SEVERITY_OK))
			return true;
	}
	return false;
}

static int wanted(const struct app *app, const void *data)
{
	const struct list *list = data;
	(void)app;
	size_t count = list->rows.shown.count + list->hidden;
	return count ? (int)count + 1 : 0;
}

static void note(const struct app *app, const void *data, struct str *text)
{
	const struct list *list = data;
	(void)app;
	if (list->rows.shown.count + list->hidden)
		list_note(list, text);
	else
		str_adds(text, "none configured");
}

static void say_figure(struct cell_text *cell, bool old, double value)
{
	bool known = !old && !isnan(value);
	list_say(cell, known ? ROLE_TEXT : ROLE_STALE, "%s",
		known ? format_number(value).text : "--");
}

static void say_clients(struct cell_text *cell, bool old, const struct msg_service *service)
{
	if (old || service->clients < 0)
		list_say(cell, ROLE_STALE, "--");
	else if (service->max_clients > 0)
		list_say(cell, ROLE_TEXT, "%s/%s", format_count(service->clients).text,
			format_count(service->max_clients).text);
	else
		list_say(cell, ROLE_TEXT, "%s", format_count(service->clients).text);
}

static void say_size(struct cell_text *cell, bool old, const struct msg_service *service)
{
	if (old || !service->used_bytes)
		list_say(cell, ROLE_STALE, "--");
	else if (service->max_bytes)
		list_say(cell, ROLE_TEXT, "%s/%s", format_bytes((int64_t)service->used_bytes).text,
			format_bytes((int64_t)service->max_bytes).text);
	else
		list_say(cell, ROLE_TEXT, "%s", format_bytes((int64_t)service->used_bytes).text);
}

/* It has not answered since its engine's start: how it was. */
static void say_last(
	struct cell_text *cell, const struct app *app, const struct msg_service *last, uint64_t id)
{
	int64_t age_ms = app_now(app, id) - last->at_ms;
	list_say(cell, ROLE_STALE, "checking; was %s %s", last->why[0] ? last->why : last->state,
		format_age(age_ms > 0 ? age_ms : 0).text);
}

static void say_why(
	struct cell_text *cell, const struct app *app, const struct msg_service *service)
{
	const struct msg_service *last = service_last(app_model(app), service);
	if (last) {
		say_last(cell, app, last, service->id);
		return;
	}
	if (service->severity == SEVERITY_OK)
		return;
	list_say(cell, severity_role(service->severity), "%s %s",
		service->why[0] ? service->why : service->state,
		service->since_ms ? format_age(app_now(app, service->id) - service->since_ms).text
				  : "");
}

/* Figures of a service that does not answer are not shown. */
static bool is_old(const struct app *app, const struct msg_service *service)
{
	int64_t interval_ms = source_interval_ms(app_model(app), service->kind, service->id);
	return !service->at_ms ||
	       (interval_ms && app_now(app, service->id) - service->at_ms > 3 * interval_ms);
}

static bool is_engine(const struct msg_service *service)
{
	return strcmp(service->kind, "engine") == 0;
}

static void say_name(struct cell_text *cell, const struct msg_service *service)
{
	char name[128];
	service_name(service, name, sizeof(name));
	list_say(cell, ROLE_STRONG, "%s", name);
}

static void own_cell(const struct list *list, size_t row, size_t column, struct cell_text *ret)
{
	const struct msg_service *service = model_service(app_model(list->app), list_id(list, row));
	if (!service)
		return;
	const struct msg_service *last = service_last(app_model(list->app), service);
	bool old = !last && is_old(list->app, service),
	     is_figure = column >= LATENCY && column < WHY;
	if (last && is_figure)
		service = last;
	switch ((enum column)column) {
	case SEVERITY:
		list_say(ret, severity_role(service->severity), "%c",
			severity_letter((unsigned)service->severity));
		break;
	case HOST:
		break;
	case NAME:
		say_name(ret, service);
		break;
	case LATENCY:
		say_figure(ret, old, service->latency_ms);
		break;
	case MEMORY:
		say_size(ret, old || (list->app->anonymous && is_engine(service)), service);
		break;
	case CLIENTS:
		say_clients(ret, old, service);
		break;
	case RATE:
		say_figure(ret, old, service->rate);
		break;
	case LAG:
		say_figure(ret, old, service->lag);
		break;
	case SLOW:
		if (!old && !isnan(service->slow_ms))
			list_say(ret, ROLE_DIM, "%s %s",
				format_duration((int64_t)service->slow_ms).text,
				service->slow_text);
		break;
	case WHY:
		say_why(ret, list->app, service);
		break;
	}
	if (last && is_figure)
		ret->role = ROLE_STALE;
}

static void cell(const void *data, size_t row, size_t column, struct cell_text *ret);

static const struct table_kind table = {
	.columns = columns, .count = COUNT_OF(columns), .cell = cell};

static unsigned severity_of(const struct app *app, const void *body)
{
	(void)app;
	return (unsigned)((const struct msg_service *)body)->severity;
}

static const struct list_kind kind = {.kind = MSG_service,
	.pane = &pane_services,
	.table = &table,
	.fields = fields,
	.host = HOST,
	.get = get,
	.compare = compare,
	.empty = "no Redis, Postgres or health check is configured",
	.severity = severity_of};

static void cell(const void *data, size_t row, size_t column, struct cell_text *ret)
{
	list_cell(data, &kind, row, column, own_cell, ret);
}

static void update(struct app *app, void *data)
{
	struct services_view *view = data;
	struct list *list = &view->list;
	list_update(app, list, &kind);
	const struct msg_service *service = model_service(app_model(app), list->rows.cursor);
	view->facts.count = 0;
	if (service && !service->checks)
		facts_of_service(app, service, &view->facts);
	list->table.absent |= (uint64_t)!has(app, LAG) << LAG | (uint64_t)!has(app, SLOW) << SLOW |
			      (uint64_t)!has(app, WHY) << WHY;
}

/* Opened by Enter the facts have their half, else what the table leaves. */
static void fit(struct app *app, void *data, int rows, int width)
{
	struct services_view *view = data;
	int wish = (int)view->list.rows.shown.count + 1;
	bool is_open = views_now(&app->views)->zoom == ZOOM_FULL;
	(void)width;
	if (is_open && wish > rows / 2)
		wish = rows / 2;
	bool has_room = view->facts.count && rows - wish > FACTS_MIN;
	view->table_rows = has_room ? wish : rows;
	list_fit(app, &view->list, &kind, view->table_rows);
}

static bool filter(struct app *app, void *data, const char *expression, struct err *err)
{
	return list_filter(app, data, &kind, expression, err);
}

static void draw(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct services_view *view = data;
	struct canvas upper =
		canvas_sub(canvas, (struct rect){0, 0, view->table_rows, canvas->columns});
	const struct msg_service *service = model_service(app_model(app), view->list.rows.cursor);
	list_draw(&view->list, &kind, &upper);
	int row = view->table_rows;
	if (row >= canvas->rows || !service)
		return;
	canvas_hline(canvas, row, 0, canvas->columns, ROLE_BORDER);
	canvas_printf(canvas, row, 2, ROLE_NOTE, " %s %s ", service->kind, service->name);
	for (size_t i = 0; i < view->facts.count; i++)
		fact_draw(&view->facts.list[i], canvas, ++row);
}

static void subject(const struct app *app, const void *data, struct subject *ret)
{
	const struct list *list = data;
	(void)app;
	if (list->rows.cursor)
		*ret = (struct subject){MSG_service, list->rows.cursor};
}

/* Whoever comes because a check fails has it under the cursor. */
static void point_at_worst_check(struct app *app)
{
	struct rowset *rows = list_rows(app->view[PANE_checks]);
	const struct msg_check *worst = NULL;
	size_t at = 0;
	for (size_t i = 0; i < rows->shown.count; i++) {
		const struct msg_check *check = model_check(app_model(app), rows->shown.ids[i]);
		if (!check || (worst && check->severity <= worst->severity))
			continue;
		worst = check;
		at = i;
	}
	if (worst && worst->severity != SEVERITY_OK)
		rowset_move_to(rows, at);
}

/* The first of a Redis is its worst. */
static bool point_at_stream(struct app *app, const struct msg_service *service)
{
	struct rowset *rows = list_rows(app->view[PANE_streams]);
	for (size_t i = 0; i < rows->shown.count; i++) {
		const struct msg_stream *stream = model_stream(app_model(app), rows->shown.ids[i]);
		if (!stream || links_of(stream->id) != links_of(service->id) ||
			strcmp(stream->service, service->name) != 0)
			continue;
		rowset_move_to(rows, i);
		return true;
	}
	return false;
}

/* The row of all checks leads to them; the others get all the room. A Redis that has it already leads to its streams. */
static bool open_row(struct app *app, void *data, struct err *err)
{
	const struct list *list = data;
	const struct msg_service *service = model_service(app_model(app), list->rows.cursor);
	enum pane_id pane = service && service->checks ? PANE_checks : PANE_services;
	bool is_open = views_now(&app->views)->zoom == ZOOM_FULL;
	(void)err;
	if (pane == PANE_checks)
		point_at_worst_check(app);
	else if (is_open && service && strcmp(service->kind, "redis") == 0 &&
		 point_at_stream(app, service))
		pane = PANE_streams;
	views_go(&app->views,
		(struct place){.focus = pane, .lower = pane, .zoom = ZOOM_FULL, .drilled = true});
	return true;
}

static void copy(const struct app *app, const void *data, struct str *to)
{
	const struct list *list = data;
	const struct msg_service *service = model_service(app_model(app), list->rows.cursor);
	if (service)
		str_addf(to, "%s %s %s %s", service->kind, service->name, service->state,
			service->why);
}

const struct pane pane_services = {
	.name = "services",
	.title = "Services",
	.help = "one row a Redis, Postgres or Bot API server, one for all health checks, one for "
		"the recording; Enter opens it",
	.view_size = sizeof(struct services_view),
	.release = list_release,
	.update = update,
	.wanted = wanted,
	.fit = fit,
	.note = note,
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
