/* SPDX-License-Identifier: MIT */
#include "core/series/label_pairs.h"

#include <stdbool.h>
#include <string.h>

static void add_escaped(struct str *to, const char *text, const char *special)
{
	while (*text) {
		size_t plain = strcspn(text, special);
		str_add(to, text, plain);
		text += plain;
		if (*text) {
			str_addch(to, '\\');
			str_addch(to, *text++);
		}
	}
}

void label_pairs_add(struct str *to, const char *name, const char *value)
{
	if (to->length)
		str_addch(to, ',');
	add_escaped(to, name, ",=\\");
	str_addch(to, '=');
	add_escaped(to, value, ",\\");
}

static size_t length_to(const char *text, const char *ends)
{
	size_t at = 0;
	while (text[at] && !strchr(ends, text[at]))
		at += text[at] == '\\' && text[at + 1] ? 2 : 1;
	return at;
}

size_t label_pairs_first(const char *text)
{
	return length_to(text, ",");
}

static void unescape(char *text)
{
	char *to = text;
	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		*to++ = *text;
	}
	*to = '\0';
}

size_t label_pairs_read(char *text, struct label *ret, size_t max)
{
	size_t count = 0;
	while (*text && count < max) {
		size_t length = label_pairs_first(text), equals = length_to(text, ",=");
		bool is_last = !text[length], is_pair = text[equals] == '=';
		text[length] = text[equals] = '\0';
		if (is_pair) {
			ret[count++] = (struct label){text, text + equals + 1};
			unescape(text + equals + 1);
			unescape(text);
		}
		text += length + !is_last;
	}
	return count;
}
