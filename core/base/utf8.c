/* SPDX-License-Identifier: MIT */
#include "core/base/utf8.h"

#include <string.h>

/* What a lead byte allows: how many bytes follow, and the range of the first of them (the rest
 * are 80..BF). */
struct lead {
	unsigned char tail, low, high;
};

static struct lead lead_of(unsigned char byte)
{
	if (byte >= 0xc2 && byte <= 0xdf)
		return (struct lead){1, 0x80, 0xbf};
	if (byte == 0xe0)
		return (struct lead){2, 0xa0, 0xbf};
	if (byte == 0xed)
		return (struct lead){2, 0x80, 0x9f};
	if (byte >= 0xe1 && byte <= 0xef)
		return (struct lead){2, 0x80, 0xbf};
	if (byte == 0xf0)
		return (struct lead){3, 0x90, 0xbf};
	if (byte == 0xf4)
		return (struct lead){3, 0x80, 0x8f};
	if (byte >= 0xf1 && byte <= 0xf3)
		return (struct lead){3, 0x80, 0xbf};
	return (struct lead){0, 1, 0};
}

static struct utf8_char bad(unsigned size)
{
	return (struct utf8_char){.code = UTF8_REPLACEMENT, .size = size, .valid = false};
}

struct utf8_char utf8_next(const char *bytes, size_t length)
{
	if (!length)
		return bad(0);
	unsigned char first = (unsigned char)bytes[0];
	if (first < 0x80)
		return (struct utf8_char){.code = first, .size = 1, .valid = true};
	struct lead lead = lead_of(first);
	if (!lead.tail)
		return bad(1);
	uint32_t code = first & (0x3fu >> lead.tail);
	for (unsigned i = 1; i <= lead.tail; i++) {
		unsigned char byte = i < length ? (unsigned char)bytes[i] : 0;
		unsigned char low = i == 1 ? lead.low : 0x80;
		unsigned char high = i == 1 ? lead.high : 0xbf;
		if (byte < low || byte > high)
			return bad(i);
		code = code << 6 | (byte & 0x3fu);
	}
	return (struct utf8_char){.code = code, .size = lead.tail + 1u, .valid = true};
}

unsigned utf8_encode(uint32_t code, char ret_bytes[UTF8_MAX_BYTES])
{
	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		code = UTF8_REPLACEMENT;
	if (code < 0x80) {
		ret_bytes[0] = (char)code;
		return 1;
	}
	unsigned tail = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	for (unsigned i = tail; i > 0; i--, code >>= 6)
		ret_bytes[i] = (char)(0x80 | (code & 0x3f));
	ret_bytes[0] = (char)((0xff00u >> (tail + 1) & 0xffu) | code);
	return tail + 1;
}

/* Eight bytes of ASCII begin there. */
static bool is_plain(const char *bytes, size_t length)
{
	uint64_t word;
	if (length < sizeof(word))
		return false;
	memcpy(&word, bytes, sizeof(word));
	return !(word & UINT64_C(0x8080808080808080));
}

bool utf8_valid(const char *bytes, size_t length)
{
	for (size_t at = 0; at < length;) {
		if (is_plain(bytes + at, length - at)) {
			at += sizeof(uint64_t);
			continue;
		}
		struct utf8_char next = utf8_next(bytes + at, length - at);
		if (!next.valid)
			return false;
		at += next.size;
	}
	return true;
}

size_t utf8_cut(const char *bytes, size_t length, size_t limit)
{
	if (length <= limit)
		return length;
	size_t at = limit;
	for (unsigned back = 0; back < UTF8_MAX_BYTES - 1 && at > 0; back++) {
		if (((unsigned char)bytes[at] & 0xc0) != 0x80)
			break;
		at--;
	}
	struct utf8_char cut = utf8_next(bytes + at, length - at);
	return cut.valid ? at : limit;
}
