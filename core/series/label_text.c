/* SPDX-License-Identifier: MIT */
#include "core/series/label_text.h"

#include <string.h>

#include "core/base/utf8.h"
#include "core/base/width.h"

static bool is_plain(const char *name, bool with_colons)
{
	if (!*name || (*name >= '0' && *name <= '9'))
		return false;
	for (; *name; name++) {
		unsigned char letter = (unsigned char)(*name | 0x20);
		bool fits = (letter >= 'a' && letter <= 'z') || (*name >= '0' && *name <= '9') ||
			    *name == '_' || (with_colons && *name == ':');
		if (!fits)
			return false;
	}
	return true;
}

bool is_plain_label(const char *name)
{
	return is_plain(name, false);
}

bool is_plain_metric(const char *name)
{
	return is_plain(name, true);
}

static void add_character(struct str *to, const char *bytes, struct utf8_char next)
{
	static const char named[] = "\aa\bb\ff\nn\rr\tt\vv\\\\\"\"";
	for (size_t i = 0; i + 1 < sizeof(named); i += 2) {
		if (*bytes == named[i]) {
			str_addf(to, "\\%c", named[i + 1]);
			return;
		}
	}
	if (!next.valid) {
		for (unsigned i = 0; i < next.size; i++)
			str_addf(to, "\\x%02x", (unsigned char)bytes[i]);
	} else if (!code_is_hidden(next.code)) {
		str_add(to, bytes, next.size);
	} else if (next.code < 0x80) {
		str_addf(to, "\\x%02x", next.code);
	} else {
		str_addf(to, next.code > 0xffff ? "\\U%08x" : "\\u%04x", next.code);
	}
}

void quote_label_text(struct str *to, const char *text)
{
	size_t left = strlen(text);
	str_addch(to, '"');
	while (left) {
		struct utf8_char next = utf8_next(text, left);
		add_character(to, text, next);
		text += next.size;
		left -= next.size;
	}
	str_addch(to, '"');
}

void add_label_name(struct str *to, const char *name)
{
	if (is_plain_label(name))
		str_adds(to, name);
	else
		quote_label_text(to, name);
}
