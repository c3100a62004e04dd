/* SPDX-License-Identifier: MIT */
/*
 * Reads the fields that we know out of a JSON object and steps over the rest. It is no validator:
 * what stands before an error, or before the place where a line was cut, counts.
 */
#include "core/parse/log_internal.h"

#include <string.h>

#include "core/base/attr.h"
#include "core/parse/log_memo.h"
#include "core/parse/log_scan.h"

enum { DEPTH_MAX = 6 };

/* What the object that we are in stands for. */
enum place {
	PLACE_RECORD, /* the fields of log_fields.c */
	PLACE_LEVEL,  /* loguru: {"name": "INFO", "no": 20} */
	PLACE_TIME,   /* loguru: {"repr": "...", "timestamp": 1795168821.744} */
	PLACE_ERROR,  /* pino: {"type": "...", "message": "...", "stack": "..."} */
};

struct reading {
	struct log_scan scan;
	size_t keys; /* that were read so far */
	const struct log_arrival *arrival;
	struct log_line *line;
};

static bool is_null(const struct reading *reading, struct log_part value)
{
	return value.length == 4 && memcmp(reading->scan.text + value.offset, "null", 4) == 0;
}

static bool is_key(const struct reading *reading, struct log_part key, const char *name)
{
	return key.length == strlen(name) &&
	       memcmp(reading->scan.text + key.offset, name, key.length) == 0;
}

static enum log_role role_in(const struct reading *reading, enum place place, struct log_part key)
{
	switch (place) {
	case PLACE_RECORD:
		return log_role_of(reading->scan.text + key.offset, key.length);
	case PLACE_LEVEL:
		return is_key(reading, key, "name") ? ROLE_LEVEL
		       : is_key(reading, key, "no") ? ROLE_LEVEL_PYTHON
						    : ROLE_NONE;
	case PLACE_TIME:
		return is_key(reading, key, "timestamp") || is_key(reading, key, "repr")
			       ? ROLE_TIME
			       : ROLE_NONE;
	case PLACE_ERROR:
		return is_key(reading, key, "message") || is_key(reading, key, "value") ? ROLE_ERROR
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

static void read_object(struct reading *reading, enum place place, int depth);

/* "2026-11-20T10:00:21.744Z" in the second of the line before. */
static bool recall_time(struct reading *reading)
{
	struct log_scan *scan = &reading->scan;
	size_t start = scan->at + 1;
	size_t used = reading->line->wall_ms == LOG_NO_TIME
			      ? log_time_recall(scan->text + start, scan->length - start,
					reading->arrival, &reading->line->wall_ms)
			      : 0;
	if (!used)
		return false;
	/* what else stands in the string says no other time */
	if (scan->text[start + used] == '"')
		scan->at = start + used + 1;
	else
		(void)log_scan_string(scan);
	return true;
}

/* "info": a word that is shorter than eight bytes. */
static bool recall_level(struct reading *reading)
{
	struct log_scan *scan = &reading->scan;
	size_t start = scan->at + 1;
	if (!reading->arrival->memo || reading->line->level != LOG_LEVEL_NONE ||
		scan->length - start < sizeof(uint64_t))
		return false;
	uint64_t word = scan_first(scan->text + start, sizeof(word));
	uint64_t quotes = scan_zeros(word ^ SCAN_ONES * '"');
	if (!quotes)
		return false;
	size_t length = (size_t)__builtin_ctzll(quotes) / 8;
	word = (word | SCAN_ONES * 0x20) & ((UINT64_C(1) << 8 * length) - 1);
	reading->line->level = log_memo_word(reading->arrival->memo, word, length);
	if (reading->line->level == LOG_LEVEL_NONE)
		return false;
	scan->at = start + length + 1;
	return true;
}

/* The first name, without escapes: log_take() would do the same. */
static bool take_bot(struct reading *reading)
{
	struct log_scan *scan = &reading->scan;
	struct log_part *bot = &reading->line->bot;
	size_t start = scan->at + 1;
	size_t end = scan_for(scan->text, scan->length, start, '"', '\\');
	if (bot->length || end >= scan->length || scan->text[end] != '"')
		return false;
	bot->offset = (uint32_t)start;
	bot->length = (uint32_t)(end - start);
	bot->is_escaped = false;
	scan->at = end + 1;
	return true;
}

static void read_text(struct reading *reading, enum log_role role)
{
	if ((role == ROLE_TIME && recall_time(reading)) ||
		(role == ROLE_LEVEL && recall_level(reading)) ||
		(role == ROLE_BOT && take_bot(reading)))
		return;
	log_take(reading->line, role, reading->scan.text, log_scan_string(&reading->scan),
		reading->arrival);
}

static void read_value(struct reading *reading, enum log_role role, int depth)
{
	enum place inside;
	char ch = log_scan_next(&reading->scan);
	if (ch == '"') {
		read_text(reading, role);
	} else if (ch == '{' && depth < DEPTH_MAX && place_under(role, &inside)) {
		read_object(reading, inside, depth + 1);
	} else if (ch == '{' || ch == '[') {
		(void)log_scan_nested(&reading->scan);
	} else {
		struct log_part bare = log_scan_bare(&reading->scan);
		bare.length = is_null(reading, bare) ? 0 : bare.length;
		log_take(reading->line, role, reading->scan.text, bare, reading->arrival);
	}
}

/* "key": and what its value is for; false: here is none. */
static bool read_key(struct reading *reading, enum place place, enum log_role *ret_role)
{
	if (log_scan_next(&reading->scan) != '"')
		return false;
	struct log_part key = log_scan_string(&reading->scan);
	if (log_scan_next(&reading->scan) != ':')
		return false;
	reading->scan.at++;
	(void)log_scan_next(&reading->scan);
	*ret_role = role_in(reading, place, key);
	return true;
}

/* The same, where a line before had the same key at the same place. */
static bool recall_key(struct reading *reading, enum place place, enum log_role *ret_role)
{
	struct log_memo *memo = reading->arrival->memo;
	size_t start = reading->scan.at, nth = reading->keys++;
	if (!memo)
		return read_key(reading, place, ret_role);
	const struct log_memo_key *known = log_memo_find(
		memo, nth, place, reading->scan.text + start, reading->scan.length - start);
	if (known) {
		reading->scan.at += known->length;
		*ret_role = (enum log_role)known->role;
		return true;
	}
	bool is_key = read_key(reading, place, ret_role);
	if (is_key && reading->scan.at < reading->scan.length)
		log_memo_keep(memo, nth, place, *ret_role, reading->scan.text + start,
			reading->scan.at - start);
	return is_key;
}

static void read_object(struct reading *reading, enum place place, int depth)
{
	enum log_role role;
	reading->scan.at++;
	while (recall_key(reading, place, &role)) {
		read_value(reading, role, depth);
		if (log_is_enough(reading->line, reading->arrival))
			return;
		if (log_scan_next(&reading->scan) != ',')
			break;
		reading->scan.at++;
	}
	if (log_scan_next(&reading->scan) == '}')
		reading->scan.at++;
}

bool log_json_read(
	const char *text, size_t length, const struct log_arrival *arrival, struct log_line *line)
{
	struct reading reading = {
		.scan = {.text = text, .length = length}, .arrival = arrival, .line = line};
	if (log_scan_next(&reading.scan) != '{')
		return false;
	size_t start = reading.scan.at++;
	char first = log_scan_next(&reading.scan);
	bool is_empty = first == '}' && (reading.scan.at++, log_scan_next(&reading.scan) == '\0');
	if (first != '"' && !is_empty)
		return false; /* `{}["key"]` is a program */
	reading.scan.at = start;
	line->form = LOG_JSON;
	read_object(&reading, PLACE_RECORD, 0);
	return true;
}
