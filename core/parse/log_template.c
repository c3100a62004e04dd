/* SPDX-License-Identifier: MIT */
#include "core/parse/log_template.h"

#include <ctype.h>
#include <stdbool.h>

/* FNV-1a. */
static const uint64_t offset_basis = UINT64_C(0xcbf29ce484222325), prime = UINT64_C(0x100000001b3);

static uint64_t add(uint64_t hash, unsigned char byte)
{
	return (hash ^ byte) * prime;
}

/* Letters beyond ASCII are parts of words. */
static bool is_word(unsigned char byte)
{
	return isalnum(byte) || byte == '_' || byte == '-' || byte == '.' || byte >= 0x80;
}

static size_t word_end(const char *text, size_t length, size_t at, bool *ret_has_digit)
{
	*ret_has_digit = false;
	for (; at < length && is_word((unsigned char)text[at]); at++)
		*ret_has_digit |= isdigit((unsigned char)text[at]) != 0;
	return at;
}

uint64_t log_template(uint64_t before, const char *text, size_t length)
{
	uint64_t hash = (before ^ offset_basis) * prime;
	for (size_t at = 0; at < length;) {
		bool has_digit;
		size_t end = word_end(text, length, at, &has_digit);
		if (has_digit)
			hash = add(hash, '0');
		for (; at < end; at++)
			hash = has_digit ? hash : add(hash, (unsigned char)text[at]);
		if (at < length)
			hash = add(hash, (unsigned char)text[at++]);
	}
	return hash;
}
