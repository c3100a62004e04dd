/* SPDX-License-Identifier: MIT */
/* A line of a log as one JSON object. What it said as JSON or logfmt is nested again as it was there; its values are
 * those that may be seen. */
#include <ctype.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/str.h"
#include "core/parse/log_level.h"
#include "core/parse/log_pretty.h"
#include "tui/app.h"
#include "tui/panes/logs_line.h"

/* As JSON has a number, which other forms may write otherwise. */
static bool is_json_number(const char *text)
{
	const char *at = text + (*text == '-');
	if (*at == '0' && isdigit((unsigned char)at[1]))
		return false;
	size_t length = strlen(at);
	return length && isdigit((unsigned char)*at) && isdigit((unsigned char)at[length - 1]) &&
	       !strstr(at, ".e") && !strstr(at, ".E") && strspn(at, "0123456789.eE+-") == length;
}

static bool is_json_word(const char *text)
{
	return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 || strcmp(text, "null") == 0;
}

/* A text of several lines came as several fields. */
static size_t add_value(const struct msg_row *row, size_t at, struct str *to)
{
	const struct msg_line_field *field = &row->fields[at];
	autostr struct str text = STR_INIT;
	bool is_bare = (field->kind == LOG_KIND_NUMBER && is_json_number(field->value)) ||
		       (field->kind == LOG_KIND_WORD && is_json_word(field->value));
	str_adds(&text, field->value);
	for (at++; at < row->fields_count && row->fields[at].more; at++)
		str_addf(&text, "\n%s", row->fields[at].value);
	if (is_bare)
		str_adds(to, text.text);
	else
		msg_json_text(text.text, to);
	return at;
}

/* What is open, from the outermost on. */
struct nest {
	bool is_list[LOG_PRETTY_DEPTH + 1], has_any[LOG_PRETTY_DEPTH + 1];
	uint64_t depth;
};

static void close_to(struct nest *nest, uint64_t depth, struct str *to)
{
	for (; nest->depth > depth; nest->depth--)
		str_addch(to, nest->is_list[nest->depth] ? ']' : '}');
}

static void add_name(struct nest *nest, const struct msg_line_field *field, struct str *to)
{
	if (nest->has_any[nest->depth])
		str_addch(to, ',');
	nest->has_any[nest->depth] = true;
	if (nest->is_list[nest->depth])
		return;
	msg_json_text(field->name[0] ? field->name : "rest", to);
	str_addch(to, ':');
}

static void add_fields(const struct msg_row *row, struct str *to)
{
	struct nest nest = {.depth = 0};
	str_addch(to, '{');
	for (size_t at = 0; at < row->fields_count;) {
		const struct msg_line_field *field = &row->fields[at];
		bool is_list = field->kind == LOG_KIND_LIST;
		if (field->depth < nest.depth)
			close_to(&nest, field->depth, to);
		add_name(&nest, field, to);
		if ((is_list || field->kind == LOG_KIND_OBJECT) && nest.depth < LOG_PRETTY_DEPTH) {
			nest.is_list[++nest.depth] = is_list;
			nest.has_any[nest.depth] = false;
			str_addch(to, is_list ? '[' : '{');
			at++;
		} else {
			at = add_value(row, at, to);
		}
	}
	close_to(&nest, 0, to);
	str_addch(to, '}');
}

static void add_pair(struct str *to, const char *name, const char *value)
{
	str_addf(to, ",\"%s\":", name);
	msg_json_text(value, to);
}

void line_json(const struct msg_row *row, const struct msg_line *line, struct str *to)
{
	const struct msg_row *first = &line->rows[0];
	str_addf(to, "{\"v\":1,\"time\":\"%s\"", format_rfc3339(row->time_ms).text);
	add_pair(to, "bot", row->bot);
	add_pair(to, "source", row->source);
	add_pair(to, "level", log_level_word((enum log_level)row->level));
	if (row->correlation[0])
		add_pair(to, "id", row->correlation);
	if (row->late)
		str_adds(to, ",\"late\":true");
	add_pair(to, "msg", first->form == LOG_TEXT ? first->text : row->text);
	if (line->rows_count > 1) {
		str_adds(to, ",\"more\":[");
		for (size_t i = 1; i < line->rows_count; i++) {
			str_adds(to, i > 1 ? "," : "");
			msg_json_text(line->rows[i].text, to);
		}
		str_addch(to, ']');
	}
	if (first->fields_count) {
		str_adds(to, ",\"fields\":");
		add_fields(first, to);
	}
	if (first->cut || first->fields_left || line->more_before || line->more_after)
		str_adds(to, ",\"cut\":true");
	str_addch(to, '}');
}
