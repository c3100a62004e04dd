/* SPDX-License-Identifier: MIT */
#include "core/parse/unit_file.h"

#include <ctype.h>
#include <string.h>

/* ---- lines ---- */

struct lines {
	const char *at, *end;
};

static void trim(const char **from, const char **to)
{
	while (*from < *to && isspace((unsigned char)**from))
		(*from)++;
	while (*to > *from && isspace((unsigned char)(*to)[-1]))
		(*to)--;
}

/* A line without the blanks around it; comments are left out, also within a continued one. */
static bool next_plain(struct lines *lines, const char **ret_from, const char **ret_to)
{
	while (lines->at < lines->end) {
		const char *from = lines->at;
		const char *to = memchr(from, '\n', (size_t)(lines->end - from));
		lines->at = to ? to + 1 : lines->end;
		to = to ? to : lines->end;
		trim(&from, &to);
		if (from < to && (*from == '#' || *from == ';'))
			continue;
		*ret_from = from;
		*ret_to = to;
		return true;
	}
	return false;
}

static bool next_line(struct lines *lines, struct str *line)
{
	const char *from, *to;
	str_clear(line);
	if (!next_plain(lines, &from, &to))
		return false;
	while (to > from && to[-1] == '\\') {
		str_add(line, from, (size_t)(to - 1 - from));
		str_addch(line, ' ');
		if (!next_plain(lines, &from, &to))
			return true;
	}
	str_add(line, from, (size_t)(to - from));
	return true;
}

bool unit_file_find(const char *text, size_t length, const char *key, struct str *ret_value)
{
	struct lines lines = {text, text + length};
	autostr struct str line = STR_INIT;
	size_t key_length = strlen(key);
	bool in_service = false, is_found = false;
	while (next_line(&lines, &line)) {
		if (line.text[0] == '[') {
			in_service = strcmp(line.text, "[Service]") == 0;
			continue;
		}
		if (!in_service || !starts_with(line.text, key))
			continue;
		const char *from = line.text + key_length, *to = line.text + line.length;
		trim(&from, &to);
		if (from == to || *from++ != '=')
			continue;
		trim(&from, &to);
		str_clear(ret_value);
		str_add(ret_value, from, (size_t)(to - from));
		is_found = true;
	}
	return is_found;
}

/* ---- specifiers ---- */

static int hex(char ch)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = ch ? strchr(digits, tolower((unsigned char)ch)) : NULL;
	return found ? (int)(found - digits) : -1;
}

/* systemd-escape(1): - for /, \x2d for a byte. */
static void add_unescaped(struct str *to, const char *from, const char *end)
{
	for (; from < end; from++) {
		bool is_code = end - from >= 4 && from[0] == '\\' && from[1] == 'x' &&
			       hex(from[2]) >= 0 && hex(from[3]) >= 0;
		if (is_code && hex(from[2]) + hex(from[3])) {
			str_addch(to, (char)(hex(from[2]) * 16 + hex(from[3])));
			from += 3;
		} else {
			str_addch(to, (char)(*from == '-' ? '/' : *from));
		}
	}
}

/* bot@orders.service: prefix "bot", instance "orders", both before the type. */
struct unit_name {
	const char *start, *at, *dot, *end;
};

static struct unit_name split(const char *unit)
{
	const char *dot = strrchr(unit, '.');
	struct unit_name name = {.start = unit, .end = unit + strlen(unit)};
	name.dot = dot ? dot : name.end;
	name.at = memchr(unit, '@', (size_t)(name.dot - unit));
	return name;
}

static bool add_of_name(const struct unit_name *name, char letter, struct str *to)
{
	const char *prefix_end = name->at ? name->at : name->dot;
	const char *instance = name->at ? name->at + 1 : name->dot;
	const char *dash = memrchr(name->start, '-', (size_t)(prefix_end - name->start));
	const char *final = dash ? dash + 1 : name->start;
	if (letter == 'n')
		str_add(to, name->start, (size_t)(name->end - name->start));
	else if (letter == 'N')
		str_add(to, name->start, (size_t)(name->dot - name->start));
	else if (letter == 'p')
		str_add(to, name->start, (size_t)(prefix_end - name->start));
	else if (letter == 'j')
		str_add(to, final, (size_t)(prefix_end - final));
	else if (letter == 'i')
		str_add(to, instance, (size_t)(name->dot - instance));
	else if (letter == 'I')
		add_unescaped(to, instance, name->dot);
	else
		return false;
	return true;
}

static bool add_specifier(const struct unit_specifiers *known, char letter, struct str *to)
{
	struct unit_name name = split(known->unit);
	const char *text = letter == '%'   ? "%"
			   : letter == 'h' ? known->home
			   : letter == 't' ? known->runtime
			   : letter == 'S' ? known->state
			   : letter == 'L' ? known->log
					   : NULL;
	if (!text)
		return add_of_name(&name, letter, to);
	str_adds(to, text);
	return true;
}

bool unit_expand(const struct unit_specifiers *known, const char *text, struct str *ret)
{
	size_t before = ret->length;
	for (; *text; text++) {
		if (*text != '%') {
			str_addch(ret, *text);
			continue;
		}
		if (!add_specifier(known, *++text, ret)) {
			str_truncate(ret, before);
			return false;
		}
	}
	return true;
}
