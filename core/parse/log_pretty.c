/* SPDX-License-Identifier: MIT */
#include "core/parse/log_pretty.h"

#include <ctype.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/parse/log_internal.h"
#include "core/parse/log_scan.h"

struct walk {
	struct log_scan scan;
	uint32_t depth;
	bool is_list[LOG_PRETTY_DEPTH]; /* what we are in, by depth */
	log_field_take *take;
	void *context;
	bool has_ended;
};

static void tell(struct walk *walk, struct log_part name, struct log_part value, enum log_kind kind)
{
	const struct log_field field = {name, value, walk->depth, kind};
	if (!walk->has_ended)
		walk->has_ended = !walk->take(walk->context, walk->scan.text, &field);
}

/* Text that is no field, without the blanks around it. */
static void tell_rest(struct walk *walk, size_t start, size_t end)
{
	while (start < end && log_is_blank(walk->scan.text[start]))
		start++;
	while (end > start && log_is_blank(walk->scan.text[end - 1]))
		end--;
	if (end > start)
		tell(walk, log_scan_part(0, 0), log_scan_part(start, end), LOG_KIND_REST);
}

/* true, -12, 0x1f, 1.5e3: what a value is when it stands without quotes. */
static enum log_kind kind_of(const char *text, struct log_part value)
{
	static const char *const words[] = {"true", "false", "null", "nil", "none", "NaN"};
	const char *from = text + value.offset;
	size_t at = value.length && (*from == '-' || *from == '+');
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strlen(words[i]) == value.length &&
			strncasecmp(words[i], from, value.length) == 0)
			return LOG_KIND_WORD;
	if (at >= value.length || !isdigit((unsigned char)from[at]))
		return LOG_KIND_TEXT;
	for (bool dot = false; at < value.length; at++) {
		bool is_exponent = (from[at] == 'e' || from[at] == 'E') && at + 1 < value.length;
		if (from[at] == '.' && !dot)
			dot = true;
		else if (is_exponent && (from[at + 1] == '-' || from[at + 1] == '+'))
			at++;
		else if (!is_exponent && !isdigit((unsigned char)from[at]))
			return LOG_KIND_TEXT;
	}
	return LOG_KIND_NUMBER;
}

/* ---- JSON ---- */

static void open_nested(struct walk *walk, struct log_part name, bool is_list)
{
	if (walk->depth + 1 >= LOG_PRETTY_DEPTH) {
		tell(walk, name, log_scan_nested(&walk->scan), LOG_KIND_REST);
		return;
	}
	tell(walk, name, log_scan_part(0, 0), is_list ? LOG_KIND_LIST : LOG_KIND_OBJECT);
	walk->scan.at++;
	walk->is_list[++walk->depth] = is_list;
}

/* False: here is none. */
static bool read_value(struct walk *walk, struct log_part name)
{
	char ch = log_scan_next(&walk->scan);
	if (ch == '{' || ch == '[') {
		open_nested(walk, name, ch == '[');
		return true;
	}
	bool is_text = ch == '"';
	struct log_part value = is_text ? log_scan_string(&walk->scan) : log_scan_bare(&walk->scan);
	if (!is_text && !value.length)
		return false;
	tell(walk, name, value, is_text ? LOG_KIND_TEXT : kind_of(walk->scan.text, value));
	return true;
}

/* `"name":` and its value; false: here is none. */
static bool read_member(struct walk *walk)
{
	size_t start = walk->scan.at;
	struct log_part name = {0};
	if (walk->is_list[walk->depth])
		return read_value(walk, name);
	if (log_scan_next(&walk->scan) != '"')
		return false;
	name = log_scan_string(&walk->scan);
	if (log_scan_next(&walk->scan) == ':') {
		walk->scan.at++;
		if (read_value(walk, name))
			return true;
	}
	walk->scan.at = start;
	return false;
}

/* Behind a value, or an end. False: the outermost object has ended, or nothing that belongs here comes. */
static bool go_on(struct walk *walk)
{
	for (char ch; (ch = log_scan_next(&walk->scan)) != '\0'; walk->scan.at++) {
		bool ends = ch == (walk->is_list[walk->depth] ? ']' : '}');
		walk->scan.at += ch == ',';
		if (!ends)
			return true;
		if (walk->depth == 0) {
			walk->scan.at++;
			return false;
		}
		walk->depth--;
	}
	return false;
}

static bool walk_json(struct walk *walk)
{
	if (log_scan_next(&walk->scan) != '{')
		return false;
	size_t start = walk->scan.at++;
	char first = log_scan_next(&walk->scan);
	walk->scan.at = start;
	if (first != '"' && first != '}')
		return false;
	walk->scan.at++;
	while (!walk->has_ended && go_on(walk) && read_member(walk)) {
	}
	walk->depth = 0;
	tell_rest(walk, walk->scan.at, walk->scan.length);
	return true;
}

/* ---- key=value ---- */

/* What is told of pairs may begin with neither a digit nor a sign. */
static bool is_name(const struct walk *walk, struct log_part name)
{
	char first = walk->scan.text[name.offset];
	return !isdigit((unsigned char)first) && first != '-';
}

static void walk_pairs(struct walk *walk, enum log_pairs in)
{
	struct log_scan *scan = &walk->scan;
	struct log_part name;
	size_t told = scan->at; /* up to here */
	bool is_quoted, tells_rest = in == LOG_PAIRS_ALONE;
	while (!walk->has_ended && log_scan_name(scan, &name)) {
		if (!is_name(walk, name))
			continue;
		if (tells_rest)
			tell_rest(walk, told, name.offset);
		struct log_part value = log_scan_value(scan, in, &is_quoted);
		tell(walk, name, value, is_quoted ? LOG_KIND_TEXT : kind_of(scan->text, value));
		told = scan->at;
	}
	if (tells_rest)
		tell_rest(walk, told, scan->length);
}

enum log_form log_pretty_walk(const char *text, size_t length, log_field_take *take, void *context)
{
	const struct log_arrival arrival = {0};
	struct walk walk = {.scan = {text, length, 0}, .take = take, .context = context};
	int64_t ignored;
	size_t start = log_envelope_read(text, length, &arrival, &ignored);
	walk.scan.at = start;
	if (walk_json(&walk))
		return LOG_JSON;
	walk.scan.at = start;
	bool is_logfmt = log_is_logfmt(text, length, start);
	walk_pairs(&walk, is_logfmt ? LOG_PAIRS_ALONE : LOG_PAIRS_IN_TEXT);
	return is_logfmt ? LOG_LOGFMT : LOG_TEXT;
}
