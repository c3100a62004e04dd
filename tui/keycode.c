/* SPDX-License-Identifier: MIT */
#include "tui/keycode.h"

#include <stdio.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/utf8.h"

static const char *const names[] = {
#define KEY(id, name) [K_##id - K_FIRST] = name,
#include "tui/keys.def"
#undef KEY
};

/* In the order in which a name carries them. */
static const struct {
	const char *prefix;
	keycode bit;
} modifiers[] = {{"C-", K_CTRL}, {"Alt-", K_ALT}, {"S-", K_SHIFT}};

static bool parse_base(const char *name, keycode *ret_key)
{
	for (size_t i = 1; i < COUNT_OF(names); i++)
		if (strcmp(name, names[i]) == 0) {
			*ret_key = K_FIRST + (keycode)i;
			return true;
		}
	if (strcmp(name, "Space") == 0) {
		*ret_key = ' ';
		return true;
	}
	size_t length = strlen(name);
	struct utf8_char first = utf8_next(name, length);
	if (!first.valid || first.size != length || first.code <= ' ' ||
		(first.code >= 0x7f && first.code < 0xa0))
		return false;
	*ret_key = first.code;
	return true;
}

bool keycode_parse(const char *name, keycode *ret_key)
{
	keycode bits = 0, base;
	for (size_t i = 0; i < COUNT_OF(modifiers); i++) {
		size_t length = strlen(modifiers[i].prefix);
		if (strncmp(name, modifiers[i].prefix, length) != 0 || !name[length])
			continue;
		bits |= modifiers[i].bit;
		name += length;
	}
	if (!parse_base(name, &base))
		return false;
	if (base < K_FIRST && (bits & K_SHIFT))
		return false;
	if (base < K_FIRST && (bits & K_CTRL) && (base > 0x7e || (base >= 'A' && base <= 'Z')))
		return false;
	*ret_key = base | bits;
	return true;
}

void keycode_name(keycode key, char ret_name[KEY_NAME_MAX])
{
	keycode base = key & ~(keycode)K_MODIFIERS;
	char text[5] = "";
	const char *name = text;
	if (base == ' ')
		name = "Space";
	else if (base > K_FIRST && base < K_LAST)
		name = names[base - K_FIRST];
	else
		utf8_encode(base, text);
	snprintf(ret_name, KEY_NAME_MAX, "%s%s%s%s", key & K_CTRL ? "C-" : "",
		key & K_ALT ? "Alt-" : "", key & K_SHIFT ? "S-" : "", name);
}

bool keycode_text(keycode key, char ret_utf8[5])
{
	if (key < ' ' || key >= K_FIRST || (key >= 0x7f && key < 0xa0))
		return false;
	memset(ret_utf8, 0, 5);
	utf8_encode(key, ret_utf8);
	return true;
}
