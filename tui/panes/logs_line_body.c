/* SPDX-License-Identifier: MIT */
/* The rows of the view of one line: pieces of text at their columns, wrapped for a width. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "core/msg/event_key.h"
#include "core/parse/log_level.h"
#include "core/parse/log_line.h"
#include "core/parse/log_pretty.h"
#include "tui/app.h"
#include "tui/panes/logs_line.h"
#include "widgets/logview.h"

enum {
	LEFT = 1,
	INDENT = 2,
	ROWS_MAX = 4000, /* of the whole view */
	WRAP_MIN = 8,    /* cells of a text that is wrapped */
};

void line_body_release(struct line_body *body)
{
	for (size_t i = 0; i < body->count; i++)
		for (size_t at = 0; at < body->rows[i].count; at++)
			free(body->rows[i].pieces[at].text);
	free(body->rows);
	*body = (struct line_body){0};
}

static struct line_row *add_row(struct line_body *body)
{
	body->rows = grow(body->rows, body->count, &body->capacity, sizeof(*body->rows));
	body->rows[body->count] = (struct line_row){0};
	return &body->rows[body->count++];
}

static void add_piece(
	struct line_row *row, int column, enum role role, const char *text, size_t length)
{
	if (row->count < LINE_PIECES_MAX && length)
		row->pieces[row->count++] =
			(struct line_piece){column, role, xstrndup(text, length)};
}

/* The bytes of `text` for one row: to the last blank that is not too far from its end. */
static size_t row_end(const char *text, size_t length, size_t cells)
{
	size_t end = text_clip(text, length, cells, NULL);
	if (end == length || !end)
		return end ? end : length;
	for (size_t at = end; at > end / 2; at--)
		if (text[at - 1] == ' ')
			return at;
	return end;
}

/* A text from `column` on, wrapped there; in front of its first row a label. */
static void add_text(struct line_body *body, const char *label, enum role label_role,
	int label_column, int column, int columns, const char *text, enum role role)
{
	size_t length = strlen(text), at = 0;
	size_t cells = columns - column > WRAP_MIN ? (size_t)(columns - column) : WRAP_MIN;
	do {
		struct line_row *row = add_row(body);
		size_t end = row_end(text + at, length - at, cells);
		if (at == 0)
			add_piece(row, label_column, label_role, label, strlen(label));
		add_piece(row, column, role, text + at, end);
		at += end;
	} while (at < length && body->count < ROWS_MAX);
}

static void add_note(struct line_body *body, int columns, const char *text)
{
	add_text(body, "", ROLE_DIM, LEFT, LEFT, columns, text, ROLE_NOTE);
}

/* ---- what is known of it ---- */

/* As the clock of this screen's place has it; "": that is UTC. */
static void say_local(int64_t time_ms, struct str *to)
{
	time_t second = (time_t)(time_ms / 1000);
	int32_t offset_s = local_offset_s(time_ms);
	struct tm local;
	char text[40];
	if (offset_s && localtime_r(&second, &local) &&
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local))
		str_addf(
			to, "%s %+03d:%02d", text, (int)(offset_s / 3600), abs(offset_s / 60 % 60));
}

/* Pairs of a name and a value, as many in a row as fit. */
struct flow {
	struct line_body *body;
	struct line_row *row;
	int column, columns;
};

static void flow_pair(struct flow *flow, const char *name, const char *value, enum role role)
{
	int cells = (int)text_width(name, strlen(name)) + 1 + (int)text_width(value, strlen(value));
	if (!value[0])
		return;
	if (!flow->row || flow->column + cells > flow->columns ||
		flow->row->count + 2 > LINE_PIECES_MAX) {
		flow->row = add_row(flow->body);
		flow->column = LEFT;
	}
	add_piece(flow->row, flow->column, ROLE_DIM, name, strlen(name));
	flow->column += (int)text_width(name, strlen(name)) + 1;
	add_piece(flow->row, flow->column, role, value, strlen(value));
	flow->column += (int)text_width(value, strlen(value)) + 3;
}

static void add_facts(
	struct line_body *body, const struct app *app, const struct msg_row *row, int columns)
{
	autostr struct str local = STR_INIT;
	struct flow flow = {.body = body, .columns = columns};
	char letter = log_level_letter((enum log_level)row->level);
	const char *host = app_is_many(app) ? links_name(app->links, parts_link_of(row->key)) : "";
	say_local(row->time_ms, &local);
	flow_pair(&flow, "time ", format_rfc3339(row->time_ms).text, ROLE_TEXT);
	flow_pair(&flow, "local", local.text, ROLE_TEXT);
	flow_pair(&flow, "age", format_duration(app->now_ms - row->time_ms).text, ROLE_TEXT);
	flow.row = NULL;
	flow_pair(&flow, "level", row->level ? log_level_word((enum log_level)row->level) : "",
		level_role(letter));
	flow_pair(&flow, "bot", row->bot, ROLE_SOURCE);
	flow_pair(&flow, "source", row->source, ROLE_SOURCE);
	flow_pair(&flow, "engine", host, ROLE_SOURCE);
	flow_pair(&flow, "id", row->correlation, ROLE_STRONG);
	flow_pair(&flow, "late", row->late ? "came after newer lines" : "", ROLE_WARN);
}

/* ---- fields ---- */

static enum role role_of(uint64_t kind)
{
	static const enum role roles[LOG_KINDS] = {[LOG_KIND_TEXT] = ROLE_FIELD_TEXT,
		[LOG_KIND_NUMBER] = ROLE_FIELD_NUMBER,
		[LOG_KIND_WORD] = ROLE_FIELD_WORD,
		[LOG_KIND_OBJECT] = ROLE_DIM,
		[LOG_KIND_LIST] = ROLE_DIM,
		[LOG_KIND_REST] = ROLE_DIM};
	return kind < LOG_KINDS ? roles[kind] : ROLE_DIM;
}

static bool nests(const struct msg_line_field *field)
{
	return field->kind == LOG_KIND_OBJECT || field->kind == LOG_KIND_LIST;
}

/* How many are in the one at `at`, themselves; as `{2}` or `[0]`. */
static void say_count(const struct msg_row *row, size_t at, struct str *to)
{
	uint64_t depth = row->fields[at].depth + 1;
	size_t count = 0;
	for (size_t i = at + 1; i < row->fields_count && row->fields[i].depth >= depth; i++)
		count += row->fields[i].depth == depth && !row->fields[i].more;
	str_addf(to, row->fields[at].kind == LOG_KIND_LIST ? "[%zu]" : "{%zu}", count);
}

/* Cells of the widest name with its indent, so that values stand in one column; a part of the width at most. */
static int name_cells(const struct msg_row *row, int columns)
{
	int widest = 0;
	for (size_t i = 0; i < row->fields_count; i++) {
		const struct msg_line_field *field = &row->fields[i];
		int cells = (int)text_width(field->name, strlen(field->name)) +
			    INDENT * (int)field->depth;
		widest = cells > widest ? cells : widest;
	}
	return widest < columns * 2 / 5 ? widest : columns * 2 / 5;
}

/* Where in its list a field without a name stands: counted by depth. */
struct places {
	size_t at[LOG_PRETTY_DEPTH + 1];
};

static void add_field(struct line_body *body, const struct msg_row *row, size_t at,
	struct places *places, int names, int columns)
{
	const struct msg_line_field *field = &row->fields[at];
	size_t depth = field->depth <= LOG_PRETTY_DEPTH ? field->depth : LOG_PRETTY_DEPTH;
	int label_column = LEFT + INDENT * (int)depth, column = LEFT + names + 2;
	autostr struct str name = STR_INIT, value = STR_INIT;
	if (!field->name[0] && !field->more && depth)
		str_addf(&name, "%zu", places->at[depth]);
	else
		str_adds(&name, field->name);
	places->at[depth] += !field->more;
	if (nests(field)) {
		say_count(row, at, &value);
		if (depth < LOG_PRETTY_DEPTH)
			places->at[depth + 1] = 0;
	} else {
		str_adds(&value, field->value);
	}
	if (label_column + (int)text_width(name.text, name.length) > LEFT + names) {
		add_text(body, "", ROLE_DIM, LEFT, label_column, columns, name.text,
			ROLE_FIELD_NAME);
		str_clear(&name);
	}
	add_text(body, name.text, ROLE_FIELD_NAME, label_column, column, columns, value.text,
		role_of(field->kind));
	if (field->cut)
		add_text(body, "", ROLE_DIM, LEFT, column, columns, "(cut: it was longer)",
			ROLE_NOTE);
}

static void add_fields(struct line_body *body, const struct msg_row *row, int columns)
{
	struct places places = {{0}};
	int names = name_cells(row, columns);
	if (row->fields_count)
		(void)add_row(body);
	for (size_t i = 0; i < row->fields_count && body->count < ROWS_MAX; i++)
		add_field(body, row, i, &places, names, columns);
	if (row->fields_left) {
		autofree char *left =
			xasprintf("%llu more fields are left out: y copies the whole line",
				(unsigned long long)row->fields_left);
		add_note(body, columns, left);
	}
}

/* ---- all of it ---- */

static bool is_row_of(const struct msg_row *shown, const struct msg_row *row)
{
	struct event_key a, b;
	struct err ignored;
	/* That of a screen on several engines has another source in it. */
	return event_key_read(shown->key, &a, &ignored) && event_key_read(row->key, &b, &ignored) &&
	       a.seq == b.seq;
}

static void add_joined(struct line_body *body, const struct msg_row *shown,
	const struct msg_line *line, int columns)
{
	for (size_t i = 1; i < line->rows_count && body->count < ROWS_MAX; i++) {
		size_t from = body->count;
		add_text(body, "", ROLE_DIM, LEFT, LEFT, columns, line->rows[i].text,
			level_role(log_level_letter((enum log_level)shown->level)));
		for (size_t at = from; at < body->count; at++)
			body->rows[at].is_current = is_row_of(shown, &line->rows[i]);
	}
}

void line_body_make(struct line_body *body, const struct app *app, const struct msg_row *row,
	const struct msg_line *line, int columns)
{
	const struct msg_row *first = line && line->rows_count ? &line->rows[0] : NULL;
	enum role role = level_role(log_level_letter((enum log_level)row->level));
	line_body_release(body);
	add_facts(body, app, row, columns);
	(void)add_row(body);
	if (line && line->error[0])
		add_note(body, columns, line->error);
	if (first && first->cut)
		add_note(body, columns, "cut: the line was longer than is kept or shown");
	if (line && line->more_before)
		add_note(body, columns, "it begins further up than is looked");
	/* Of a structured line its message; all else of it is in its fields. */
	bool is_whole = first && (first->form == LOG_TEXT || !is_row_of(row, first));
	size_t from = body->count;
	add_text(body, "", ROLE_DIM, LEFT, LEFT, columns, is_whole ? first->text : row->text, role);
	for (size_t at = from; first && line->rows_count > 1 && at < body->count; at++)
		body->rows[at].is_current = is_row_of(row, first);
	if (first)
		add_joined(body, row, line, columns);
	if (line && line->more_after)
		add_note(body, columns, "it goes on further than is looked");
	if (first)
		add_fields(body, first, columns);
	if (!line)
		add_note(body, columns, "asking for the whole line");
}
