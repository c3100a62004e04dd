/* SPDX-License-Identifier: MIT */
#include "core/parse/yaml_guard.h"

#include <string.h>

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t';
}

static bool ends_line(char ch)
{
	return ch == '\n' || ch == '\r';
}

static size_t skip_blanks(const char *text, size_t length, size_t at)
{
	while (at < length && is_blank(text[at]))
		at++;
	return at;
}

/* Whether one of - ? : stands alone here. */
static bool is_indicator(const char *text, size_t length, size_t at)
{
	return at < length && strchr("-?:", text[at]) && text[at] &&
	       (at + 1 == length || is_blank(text[at + 1]) || ends_line(text[at + 1]));
}

/* The indicators that a line begins with: `- ? key`. */
static bool has_explicit_key(const char *text, size_t length, size_t *at)
{
	for (*at = skip_blanks(text, length, *at); is_indicator(text, length, *at);
		*at = skip_blanks(text, length, *at + 1))
		if (text[*at] == '?')
			return true;
	return false;
}

bool yaml_is_dangerous(const char *text, size_t length, size_t *ret_at, const char **ret_why)
{
	bool has_mark = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
	for (size_t line = has_mark ? 3 : 0; line < length; line++) {
		size_t at = line;
		bool is_directive = text[at] == '%';
		if (is_directive || has_explicit_key(text, length, &at)) {
			*ret_at = at;
			*ret_why = is_directive ? "a directive (%) has no place here"
						: "a key must be plain text: write `key: value`, "
						  "without the question mark";
			return true;
		}
		while (line < length && !ends_line(text[line]))
			line++;
	}
	return false;
}
