/* SPDX-License-Identifier: MIT */
/*
 * Reads the fields that we know out of a JSON object and steps over the rest. It is no validator:
 * what stands before an error, or before the place where a line was cut, counts.
 */
#include "core/parse/log_internal.h"

#include <string.h>

#include "core/base/scan.h"
#include "core/parse/log_memo.h"

enum { DEPTH_MAX = 6 };

/* What the object that we are in stands for. */
enum place {
	PLACE_RECORD, /* the fields of log_fields.c */
	PLACE_LEVEL,  /* loguru: {"name": "INFO", "no": 20} */
	PLACE_TIME,   /* loguru: {"repr": "...", "timestamp": 1795168821.744} */
	PLACE_ERROR,  /* pino: {"type": "...", "message": "...", "stack": "..."} */
};

struct scan {
	const char *text;
	size_t length, at;
	size_t keys; /* that were read so far */
	const struct log_arrival *arrival;
	struct log_line *line;
};

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

static char next_char(struct scan *scan)
{
	while (scan->at < scan->length && is_blank(scan->text[scan->at]))
		scan->at++;
	return scan->at < scan->length ? scan->text[scan->at] : '\0';
}

/* The string that starts at the quote under `at`; ends behind it. A cut string is what is left of
 * it. */
static struct log_part read_string(struct scan *scan)
{
	size_t start = ++scan->at, at = start;
	bool is_escaped = false;
	for (;;) {
		at = scan_for(scan->text, scan->length, at, '"', '\\');
		if (at >= scan->length || scan->text[at] == '"')
			break;
		is_escaped = true;
		at += 2;
	}
	size_t end = at < scan->length ? at : scan->length;
	scan->at = end + (end < scan->length);
	return (struct log_part){(uint32_t)start, (uint32_t)(end - start), is_escaped};
}

static bool ends_bare(char ch)
{
	return ch == ',' || ch == '}' || ch == ']' || ch == '"' || ch == '\0' || is_blank(ch);
}

/* A number, true, false or null: everything up to what ends a value. */
static struct log_part read_bare(struct scan *scan)
{
	size_t start = scan->at;
	while (scan->at < scan->length && !ends_bare(scan->text[scan->at]))
		scan->at++;
	size_t size = scan->at - start;
	bool is_null = size == 4 && memcmp(scan->text + start, "null", 4) == 0;
	return (struct log_part){(uint32_t)start, is_null ? 0 : (uint32_t)size, false};
}

/* Steps over an object or array, whatever is in it. */
static void skip_nested(struct scan *scan)
{
	size_t depth = 0;
	for (; scan->at < scan->length; scan->at++) {
		char ch = scan->text[scan->at];
		if (ch == '"') {
			read_string(scan);
			scan->at--;
		} else if (ch == '{' || ch == '[') {
			depth++;
		} else if ((ch == '}' || ch == ']') && --depth == 0) {
			scan->at++;
			return;
		}
	}
}

static bool is_key(const struct scan *scan, struct log_part key, const char *name)
{
	return key.length == strlen(name) && memcmp(scan->text + key.offset, name, key.length) == 0;
}

static enum log_role role_in(const struct scan *scan, enum place place, struct log_part key)
{
	switch (place) {
	case PLACE_RECORD:
		return log_role_of(scan->text + key.offset, key.length);
	case PLACE_LEVEL:
		return is_key(scan, key, "name") ? ROLE_LEVEL
		       : is_key(scan, key, "no") ? ROLE_LEVEL_PYTHON
						 : ROLE_NONE;
	case PLACE_TIME:
		return is_key(scan, key, "timestamp") || is_key(scan, key, "repr") ? ROLE_TIME
										   : ROLE_NONE;
	case PLACE_ERROR:
		return is_key(scan, key, "message") || is_key(scan, key, "value") ? ROLE_ERROR
										  : ROLE_NONE;
	}
	return ROLE_NONE;
}

/* The place inside an object under a role; false: it says nothing to us. */
static bool place_under(enum log_role role, enum place *ret_place)
{
	static const struct {
		enum log_role role;
		enum place place;
	} places[] = {{ROLE_NESTED, PLACE_RECORD}, {ROLE_LEVEL, PLACE_LEVEL},
		{ROLE_TIME, PLACE_TIME}, {ROLE_ERROR, PLACE_ERROR}};
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		if (places[i].role == role) {
			*ret_place = places[i].place;
			return true;
		}
	}
	return false;
}

static void read_object(struct scan *scan, enum place place, int depth);

static void read_value(struct scan *scan, enum log_role role, int depth)
{
	enum place inside;
	char ch = next_char(scan);
	if (ch == '"') {
		log_take(scan->line, role, scan->text, read_string(scan), scan->arrival);
	} else if (ch == '{' && depth < DEPTH_MAX && place_under(role, &inside)) {
		read_object(scan, inside, depth + 1);
	} else if (ch == '{' || ch == '[') {
		skip_nested(scan);
	} else {
		struct log_part bare = read_bare(scan);
		log_take(scan->line, role, scan->text, bare, scan->arrival);
	}
}

/* "key": and what its value is for; false: here is none. */
static bool read_key(struct scan *scan, enum place place, enum log_role *ret_role)
{
	if (next_char(scan) != '"')
		return false;
	struct log_part key = read_string(scan);
	if (next_char(scan) != ':')
		return false;
	scan->at++;
	(void)next_char(scan);
	*ret_role = role_in(scan, place, key);
	return true;
}

/* The same, where a line before had the same key at the same place. */
static bool recall_key(struct scan *scan, enum place place, enum log_role *ret_role)
{
	struct log_memo *memo = scan->arrival->memo;
	size_t start = scan->at, nth = scan->keys++;
	if (!memo)
		return read_key(scan, place, ret_role);
	const struct log_memo_key *known =
		log_memo_find(memo, nth, place, scan->text + start, scan->length - start);
	if (known) {
		scan->at += known->length;
		*ret_role = (enum log_role)known->role;
		return true;
	}
	bool is_key = read_key(scan, place, ret_role);
	if (is_key && scan->at < scan->length)
		log_memo_keep(memo, nth, place, *ret_role, scan->text + start, scan->at - start);
	return is_key;
}

static void read_object(struct scan *scan, enum place place, int depth)
{
	enum log_role role;
	scan->at++;
	while (recall_key(scan, place, &role)) {
		read_value(scan, role, depth);
		if (log_is_enough(scan->line, scan->arrival))
			return;
		if (next_char(scan) != ',')
			break;
		scan->at++;
	}
	if (next_char(scan) == '}')
		scan->at++;
}

bool log_json_read(
	const char *text, size_t length, const struct log_arrival *arrival, struct log_line *line)
{
	struct scan scan = {.text = text, .length = length, .arrival = arrival, .line = line};
	if (next_char(&scan) != '{')
		return false;
	size_t start = scan.at++;
	char first = next_char(&scan);
	bool is_empty = first == '}' && (scan.at++, next_char(&scan) == '\0');
	if (first != '"' && !is_empty)
		return false; /* `{}["key"]` is a program */
	scan.at = start;
	line->form = LOG_JSON;
	read_object(&scan, PLACE_RECORD, 0);
	return true;
}
