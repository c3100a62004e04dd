/* SPDX-License-Identifier: MIT */
/*
 * Most of the text of a large fleet is its bots. Who needs none of them reads past: `bots:` at the beginning of a line is the
 * key of the root (YAML 1.2, 6.1: what belongs to a value of the root is indented, quoted and folded text too), and so are all
 * lines to the next one that is neither indented, empty nor a comment. Anything else than that form is left as it is.
 */
#include "core/conf/internal.h"

#include <string.h>

#include "core/base/str.h"

static const char key[] = "bots:";

static const char *next_line(const char *line, const char *end)
{
	const char *newline = memchr(line, '\n', (size_t)(end - line));
	return newline ? newline + 1 : end;
}

/* Nothing but blanks or a comment follows the key: its value is in the lines below. */
static bool begins_bots(const char *line, const char *end)
{
	size_t length = sizeof(key) - 1;
	if ((size_t)(end - line) < length || memcmp(line, key, length) != 0)
		return false;
	const char *at = line + length;
	while (at < end && *at == ' ')
		at++;
	return at == end || *at == '\n' || *at == '\r' || (*at == '#' && at[-1] == ' ');
}

static bool belongs(char first)
{
	return first == ' ' || first == '\n' || first == '\r' || first == '#';
}

void skim_bots(const char *text, size_t length, struct str *ret)
{
	const char *end = text + length;
	bool inside = false;
	for (const char *line = text, *next; line < end; line = next) {
		next = next_line(line, end);
		inside = inside ? belongs(*line) : begins_bots(line, end);
		if (inside)
			str_addch(ret, '\n'); /* the lines below keep their numbers */
		else
			str_add(ret, line, (size_t)(next - line));
	}
}
