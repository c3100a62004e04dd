/* SPDX-License-Identifier: MIT */
/*
 * Streams: one row a Redis stream and one a consumer group of it, those in trouble first: what comes in, what is read,
 * what waits, and consumers that are dead; below them, where there is room, everything known of the one under the
 * cursor. Reads the streams of the model.
 */
#include <math.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/str.h"
#include "tui/panes/facts.h"
#include "tui/panes/list.h"
#include "tui/show.h"
#include "tui/streams.h"

enum { FACTS_MIN = 3 };

struct streams_view {
	struct list list;
	struct facts facts; /* of the one under the cursor */
	int table_rows;     /* of the pane; the rest is facts, if it is enough */
};

enum column {
	SEVERITY,
	HOST,
	REDIS,
	STREAM,
	GROUP,
	LAG,
	IN,
	READ,
	PENDING,
	OLDEST,
	DEAD,
	CONSUMERS,
	LENGTH,
	WHY
};

static const struct table_column columns[] = {
	/* clang-format off */
	[SEVERITY]  = {"S",         ALIGN_LEFT,   1,  1, 0, false},
	[HOST]      = {"HOST",      ALIGN_LEFT,   5,  8, 0, false, .many = true},
	[REDIS]     = {"REDIS",     ALIGN_LEFT,   5, 10, 9, false},
	[STREAM]    = {"STREAM",    ALIGN_LEFT,  12, 28, 0, false},
	[GROUP]     = {"GROUP",     ALIGN_LEFT,   8, 16, 0, false},
	[LAG]       = {"LAG",       ALIGN_RIGHT,  5,  6, 0, false},
	[IN]        = {"IN/s",      ALIGN_RIGHT,  5,  5, 5, false},
	[READ]      = {"READ/s",    ALIGN_RIGHT,  6,  6, 6, false},
	[PENDING]   = {"PEND",      ALIGN_RIGHT,  5,  6, 2, false},
	[OLDEST]    = {"OLDEST",    ALIGN_RIGHT,  6,  6, 3, false},
	[DEAD]      = {"DEAD",      ALIGN_RIGHT,  4,  4, 1, false},
	[CONSUMERS] = {"CONS",      ALIGN_RIGHT,  4,  4, 7, false},
	[LENGTH]    = {"LENGTH",    ALIGN_RIGHT,  6,  7, 4, false},
	[WHY]       = {"WHY",       ALIGN_LEFT,  12, 28, 8, true},
	/* clang-format on */
};

static const struct filter_column fields[] = {
	[SEVERITY] = {"severity", FILTER_NUMBER},
	[HOST] = {"host", FILTER_TEXT},
	[REDIS] = {"redis", FILTER_TEXT},
	[STREAM] = {"stream", FILTER_TEXT},
	[GROUP] = {"group", FILTER_TEXT},
	[LAG] = {"lag", FILTER_NUMBER},
	[IN] = {"in", FILTER_NUMBER},
	[READ] = {"read", FILTER_NUMBER},
	[PENDING] = {"pend", FILTER_NUMBER},
	[OLDEST] = {"oldest", FILTER_DURATION},
	[DEAD] = {"dead", FILTER_NUMBER},
	[CONSUMERS] = {"cons", FILTER_NUMBER},
	[LENGTH] = {"length", FILTER_NUMBER},
	[WHY] = {"why", FILTER_TEXT},
};

/* ---- what is known of one ---- */

static bool is_old(const struct app *app, const struct msg_stream *stream)
{
	return stream_is_old(app_model(app), stream, app_now(app, stream->id));
}

static unsigned severity_of(const struct app *app, const void *body)
{
	const struct msg_stream *stream = body;
	return stream_severity(app_model(app), stream, app_now(app, stream->id));
}

static double figure_of(const struct app *app, const struct msg_stream *stream, enum column column)
{
	static double (*const own[COUNT_OF(columns)])(const struct msg_stream *) = {
		[LAG] = stream_lag,
		[READ] = stream_read,
		[PENDING] = stream_pending,
		[OLDEST] = stream_oldest_ms,
		[DEAD] = stream_dead,
		[CONSUMERS] = stream_consumers};
	static double (*const of_whole[COUNT_OF(columns)])(const struct model *,
		const struct msg_stream *) = {[IN] = stream_in, [LENGTH] = stream_length};
	if (is_old(app, stream))
		return (double)NAN;
	if (of_whole[column])
		return of_whole[column](app_model(app), stream);
	return own[column] ? own[column](stream) : (double)NAN;
}

static void get(const struct app *app, const void *body, size_t column, struct filter_value *ret)
{
	const struct msg_stream *stream = body;
	const char *const texts[COUNT_OF(columns)] = {[REDIS] = stream->service,
		[STREAM] = stream->name,
		[GROUP] = stream->group,
		[WHY] = stream->why};
	if (texts[column])
		list_text(ret, texts[column]);
	else if (column == SEVERITY)
		list_number(ret, severity_of(app, stream));
	else
		list_number(ret, figure_of(app, stream, (enum column)column));
}

static int compare(const struct app *app, const void *left, const void *right)
{
	unsigned a = severity_of(app, left), b = severity_of(app, right);
	if (a != b)
		return a > b ? -1 : 1;
	return stream_compare(left, right);
}

static void say_why(struct cell_text *cell, const struct app *app, const struct msg_stream *stream)
{
	int64_t now_ms = app_now(app, stream->id);
	if (is_old(app, stream))
		list_say(cell, ROLE_STALE, "not looked at %s",
			format_age(now_ms - stream->at_ms).text);
	else if (stream->why[0])
		list_say(cell, severity_role(stream->severity), "%s %s", stream->why,
			format_age(stream_trouble_ms(stream, now_ms)).text);
}

/* What is not of its kind is empty, what should be known and is not is two dashes. */
static void say_figure(struct cell_text *cell, const struct app *app,
	const struct msg_stream *stream, enum column column)
{
	double figure = figure_of(app, stream, column);
	bool is_of_group = column != IN && column != LENGTH;
	bool is_trouble = column == DEAD && figure > 0;
	if (is_of_group && !stream_is_group(stream))
		return;
	if (column == OLDEST && stream->pending == 0 && !is_old(app, stream))
		return;
	if (isnan(figure))
		list_say(cell, ROLE_STALE, "--");
	else if (column == OLDEST)
		list_say(cell, ROLE_TEXT, "%s", format_age((int64_t)figure).text);
	else
		list_say(cell, is_trouble ? severity_role(stream->severity) : ROLE_TEXT, "%s",
			column == IN || column == READ ? show_figure(figure).text
						       : format_count((int64_t)figure).text);
}

static void own_cell(const struct list *list, size_t row, size_t column, struct cell_text *ret)
{
	const struct app *app = list->app;
	const struct msg_stream *stream = model_stream(app_model(app), list_id(list, row));
	if (!stream)
		return;
	if (column == SEVERITY)
		list_say(ret, severity_role(severity_of(app, stream)), "%c",
			severity_letter(severity_of(app, stream)));
	else if (column == REDIS)
		list_say(ret, ROLE_DIM, "%s", stream->service);
	else if (column == STREAM)
		list_say(
			ret, stream_is_group(stream) ? ROLE_TEXT : ROLE_STRONG, "%s", stream->name);
	else if (column == GROUP)
		list_say(ret, ROLE_STRONG, "%s", stream->group);
	else if (column == WHY)
		say_why(ret, app, stream);
	else if (column != HOST)
		say_figure(ret, app, stream, (enum column)column);
}

static void cell(const void *data, size_t row, size_t column, struct cell_text *ret);

static const struct table_kind table = {
	.columns = columns, .count = COUNT_OF(columns), .cell = cell};

static const struct list_kind kind = {.kind = MSG_stream,
	.pane = &pane_streams,
	.table = &table,
	.fields = fields,
	.host = HOST,
	.get = get,
	.compare = compare,
	.empty = "no stream is watched: name some under `streams` of a redis in the configuration",
	.severity = severity_of};

static void cell(const void *data, size_t row, size_t column, struct cell_text *ret)
{
	list_cell(data, &kind, row, column, own_cell, ret);
}

/* ---- as a pane ---- */

/* A column without anything behind it is absent. */
static uint64_t absent(const struct app *app)
{
	size_t count;
	const struct msg_stream *const *streams = model_streams(app_model(app), &count);
	bool has_group = false, has_trouble = false, has_others = false;
	for (size_t i = 0; i < count; i++) {
		has_group |= stream_is_group(streams[i]);
		has_trouble |= severity_of(app, streams[i]) != SEVERITY_OK;
		has_others |= strcmp(streams[i]->service, streams[0]->service) != 0;
	}
	uint64_t of_groups = 1u << GROUP | 1u << LAG | 1u << READ | 1u << PENDING | 1u << OLDEST |
			     1u << DEAD | 1u << CONSUMERS;
	return (has_group ? 0 : of_groups) | (uint64_t)!has_trouble << WHY |
	       (uint64_t)!has_others << REDIS;
}

static void update(struct app *app, void *data)
{
	struct streams_view *view = data;
	struct list *list = &view->list;
	list_update(app, list, &kind);
	const struct msg_stream *stream = model_stream(app_model(app), list->rows.cursor);
	view->facts.count = 0;
	if (stream)
		facts_of_stream(app, stream, &view->facts);
	list->table.absent |= absent(app);
}

static int wanted(const struct app *app, const void *data)
{
	const struct list *list = data;
	(void)app;
	size_t count = list->rows.shown.count + list->hidden;
	return count ? (int)count + 1 : 0;
}

/* Opened by Enter the facts have their half, else what the table leaves. */
static void fit(struct app *app, void *data, int rows, int width)
{
	struct streams_view *view = data;
	int wish = (int)view->list.rows.shown.count + 1;
	bool is_open = views_now(&app->views)->drilled;
	for (size_t i = 0; i < view->facts.count; i++)
		view->facts.list[i].may_wrap = true;
	facts_fit(&view->facts, width);
	if (is_open && wish > rows / 2)
		wish = rows / 2;
	bool has_room = view->facts.count && rows - wish > FACTS_MIN;
	view->table_rows = has_room ? wish : rows;
	list_fit(app, &view->list, &kind, view->table_rows);
}

static void note(const struct app *app, const void *data, struct str *text)
{
	const struct list *list = data;
	(void)app;
	if (list->rows.shown.count + list->hidden)
		list_note(list, text);
	else
		str_adds(text, "none watched");
}

static void draw(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct streams_view *view = data;
	const struct msg_stream *stream = model_stream(app_model(app), view->list.rows.cursor);
	struct canvas upper =
		canvas_sub(canvas, (struct rect){0, 0, view->table_rows, canvas->columns});
	list_draw(&view->list, &kind, &upper);
	int row = view->table_rows;
	if (row >= canvas->rows || !stream)
		return;
	canvas_hline(canvas, row, 0, canvas->columns, ROLE_BORDER);
	canvas_printf(canvas, row, 2, ROLE_NOTE, " %s%s%s ", stream->name,
		stream_is_group(stream) ? "  group " : "", stream->group);
	for (size_t i = 0; i < view->facts.count; i++)
		fact_draw(&view->facts.list[i], canvas, ++row);
}

static bool filter(struct app *app, void *data, const char *expression, struct err *err)
{
	return list_filter(app, data, &kind, expression, err);
}

static void subject(const struct app *app, const void *data, struct subject *ret)
{
	const struct list *list = data;
	(void)app;
	if (list->rows.cursor)
		*ret = (struct subject){MSG_stream, list->rows.cursor};
}

static bool open_row(struct app *app, void *data, struct err *err)
{
	(void)data, (void)err;
	views_go(&app->views, (struct place){.focus = PANE_streams,
				      .lower = PANE_streams,
				      .zoom = ZOOM_FULL,
				      .drilled = true});
	return true;
}

static void copy(const struct app *app, const void *data, struct str *to)
{
	const struct list *list = data;
	const struct msg_stream *stream = model_stream(app_model(app), list->rows.cursor);
	if (stream)
		str_addf(to, "redis %s stream %s%s%s %s", stream->service, stream->name,
			stream_is_group(stream) ? " group " : "", stream->group, stream->why);
}

const struct pane pane_streams = {
	.name = "streams",
	.title = "Streams",
	.help = "one row a Redis stream and one a consumer group of it, trouble first; Enter opens "
		"it",
	.view_size = sizeof(struct streams_view),
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
