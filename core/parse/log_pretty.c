/* SPDX-License-Identifier: MIT */
#include "core/parse/log_pretty.h"

#include <ctype.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/scan.h"
#include "core/parse/log_internal.h"

struct walk {
	const char *text;
	size_t length, at;
	uint32_t depth;
	bool is_list[LOG_PRETTY_DEPTH]; /* what we are in, by depth */
	log_field_take *take;
	void *context;
	bool has_ended;
};

static struct log_part part(size_t start, size_t end)
{
	return (struct log_part){(uint32_t)start, (uint32_t)(end - start), false};
}

static void tell(struct walk *walk, struct log_part name, struct log_part value, enum log_kind kind)
{
	const struct log_field field = {name, value, walk->depth, kind};
	if (!walk->has_ended)
		walk->has_ended = !walk->take(walk->context, walk->text, &field);
}

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

/* Text that is no field, without the blanks around it. */
static void tell_rest(struct walk *walk, size_t start, size_t end)
{
	while (start < end && is_blank(walk->text[start]))
		start++;
	while (end > start && is_blank(walk->text[end - 1]))
		end--;
	if (end > start)
		tell(walk, part(0, 0), part(start, end), LOG_KIND_REST);
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

static char peek(struct walk *walk)
{
	while (walk->at < walk->length && is_blank(walk->text[walk->at]))
		walk->at++;
	return walk->at < walk->length ? walk->text[walk->at] : '\0';
}

/* The string that starts at the quote under `at`; a cut one is what is left of it. */
static struct log_part read_string(struct walk *walk)
{
	size_t start = ++walk->at, at = start;
	bool is_escaped = false;
	while ((at = scan_for(walk->text, walk->length, at, '"', '\\')) < walk->length &&
		walk->text[at] != '"') {
		is_escaped = true;
		at += 2;
	}
	size_t end = at < walk->length ? at : walk->length;
	walk->at = end + (end < walk->length);
	return (struct log_part){(uint32_t)start, (uint32_t)(end - start), is_escaped};
}

static struct log_part read_bare(struct walk *walk)
{
	size_t start = walk->at;
	while (walk->at < walk->length && !is_blank(walk->text[walk->at]) &&
		!memchr(",}]\"{[:", walk->text[walk->at], 7))
		walk->at++;
	return part(start, walk->at);
}

/* An object or list, whatever is in it, as it is written. */
static struct log_part read_nested(struct walk *walk)
{
	size_t start = walk->at, depth = 0;
	while (walk->at < walk->length) {
		char ch = walk->text[walk->at];
		if (ch == '"') {
			(void)read_string(walk);
			continue;
		}
		walk->at++;
		if (ch == '{' || ch == '[')
			depth++;
		else if ((ch == '}' || ch == ']') && --depth == 0)
			break;
	}
	return part(start, walk->at);
}

static void open_nested(struct walk *walk, struct log_part name, bool is_list)
{
	if (walk->depth + 1 >= LOG_PRETTY_DEPTH) {
		tell(walk, name, read_nested(walk), LOG_KIND_REST);
		return;
	}
	tell(walk, name, part(0, 0), is_list ? LOG_KIND_LIST : LOG_KIND_OBJECT);
	walk->at++;
	walk->is_list[++walk->depth] = is_list;
}

/* False: here is none. */
static bool read_value(struct walk *walk, struct log_part name)
{
	char ch = peek(walk);
	if (ch == '{' || ch == '[') {
		open_nested(walk, name, ch == '[');
		return true;
	}
	bool is_text = ch == '"';
	struct log_part value = is_text ? read_string(walk) : read_bare(walk);
	if (!is_text && !value.length)
		return false;
	tell(walk, name, value, is_text ? LOG_KIND_TEXT : kind_of(walk->text, value));
	return true;
}

/* `"name":` and its value; false: here is none. */
static bool read_member(struct walk *walk)
{
	size_t start = walk->at;
	struct log_part name = {0};
	if (walk->is_list[walk->depth])
		return read_value(walk, name);
	if (peek(walk) != '"')
		return false;
	name = read_string(walk);
	if (peek(walk) == ':') {
		walk->at++;
		if (read_value(walk, name))
			return true;
	}
	walk->at = start;
	return false;
}

/* Behind a value, or an end. False: the outermost object has ended, or nothing that belongs here comes. */
static bool go_on(struct walk *walk)
{
	for (char ch; (ch = peek(walk)) != '\0'; walk->at++) {
		bool ends = ch == (walk->is_list[walk->depth] ? ']' : '}');
		walk->at += ch == ',';
		if (!ends)
			return true;
		if (walk->depth == 0) {
			walk->at++;
			return false;
		}
		walk->depth--;
	}
	return false;
}

static bool walk_json(struct walk *walk)
{
	if (peek(walk) != '{')
		return false;
	size_t start = walk->at++;
	char first = peek(walk);
	walk->at = start;
	if (first != '"' && first != '}')
		return false;
	walk->at++;
	while (!walk->has_ended && go_on(walk) && read_member(walk)) {
	}
	walk->depth = 0;
	tell_rest(walk, walk->at, walk->length);
	return true;
}

/* ---- key=value ---- */

static bool is_key_char(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_' || ch == '.' || ch == '@' || ch == '-';
}

/* Where the name that begins at `at` ends, before its '='; 0: none begins here. */
static size_t name_end(const struct walk *walk, size_t at)
{
	size_t end = at;
	bool begins = at == 0 || !is_key_char(walk->text[at - 1]);
	while (end < walk->length && is_key_char(walk->text[end]))
		end++;
	bool is_name = begins && end > at && end < walk->length && walk->text[end] == '=' &&
		       !isdigit((unsigned char)walk->text[at]) && walk->text[at] != '-';
	return is_name ? end : 0;
}

/* In a line for people a value ends before the sentence's own signs. */
static struct log_part read_word(struct walk *walk, bool is_prose)
{
	size_t start = walk->at, end;
	while (walk->at < walk->length && !is_blank(walk->text[walk->at]))
		walk->at++;
	for (end = walk->at; is_prose && end > start && memchr(",;)]}", walk->text[end - 1], 5);)
		end--;
	return part(start, end);
}

static void read_pair(struct walk *walk, size_t start, size_t end, bool is_prose)
{
	walk->at = end + 1;
	bool is_quoted = walk->at < walk->length && walk->text[walk->at] == '"';
	struct log_part value = is_quoted ? read_string(walk) : read_word(walk, is_prose);
	tell(walk, part(start, end), value, is_quoted ? LOG_KIND_TEXT : kind_of(walk->text, value));
}

static void walk_pairs(struct walk *walk, bool is_prose)
{
	size_t told = walk->at; /* up to here */
	while (walk->at < walk->length && !walk->has_ended) {
		size_t start = walk->at, end = name_end(walk, start);
		if (!end) {
			walk->at++;
			continue;
		}
		if (!is_prose)
			tell_rest(walk, told, start);
		read_pair(walk, start, end, is_prose);
		told = walk->at;
	}
	if (!is_prose)
		tell_rest(walk, told, walk->length);
}

enum log_form log_pretty_walk(const char *text, size_t length, log_field_take *take, void *context)
{
	const struct log_arrival arrival = {0};
	struct walk walk = {.text = text, .length = length, .take = take, .context = context};
	int64_t ignored;
	size_t start = log_envelope_read(text, length, &arrival, &ignored), end;
	walk.at = start;
	if (walk_json(&walk))
		return LOG_JSON;
	walk.at = start;
	end = isalpha((unsigned char)(start < length ? text[start] : ' ')) ? name_end(&walk, start)
									   : 0;
	walk_pairs(&walk, !end);
	return end ? LOG_LOGFMT : LOG_TEXT;
}
