/* SPDX-License-Identifier: MIT */
#include "core/parse/amp.h"

#include <stdint.h>
#include <string.h>

#include "core/base/str.h"

enum { VERSION = 1, LENGTH_BYTES = 4 };

static size_t read_length(const char *bytes)
{
	const unsigned char *b = (const unsigned char *)bytes;
	return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
}

enum amp_state amp_read(const char *bytes, size_t length, size_t max, struct amp_frame *ret)
{
	struct amp_frame frame = {0};
	if (!length)
		return AMP_MORE;
	if ((unsigned char)bytes[0] >> 4 != VERSION)
		return AMP_BROKEN;
	frame.count = (unsigned char)bytes[0] & 15;
	size_t at = 1;
	for (size_t i = 0; i < frame.count; i++) {
		if (length - at < LENGTH_BYTES)
			return AMP_MORE;
		size_t size = read_length(bytes + at);
		at += LENGTH_BYTES;
		if (size > max || at + size > max)
			return AMP_BROKEN;
		if (length - at < size)
			return AMP_MORE;
		frame.arguments[i] = (struct amp_argument){bytes + at, size};
		at += size;
	}
	frame.length = at;
	*ret = frame;
	return AMP_WHOLE;
}

void amp_write(struct str *to, const char *const arguments[], size_t count)
{
	str_addch(to, (char)(VERSION << 4 | count));
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(arguments[i]);
		const unsigned char size[LENGTH_BYTES] = {(unsigned char)(length >> 24),
			(unsigned char)(length >> 16), (unsigned char)(length >> 8),
			(unsigned char)length};
		str_add(to, size, sizeof(size));
		str_add(to, arguments[i], length);
	}
}
