/* SPDX-License-Identifier: MIT */
#include "core/base/width.h"

#include "core/base/unicode_table.h"
#include "core/base/utf8.h"

enum {
	ZWJ = 0x200d,
	VS16 = 0xfe0f,
};

static const struct unicode_range *find(
	const struct unicode_range *ranges, size_t count, uint32_t code)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (code < ranges[middle].first)
			high = middle;
		else if (code > ranges[middle].last)
			low = middle + 1;
		else
			return &ranges[middle];
	}
	return NULL;
}

static enum unicode_class class_of(uint32_t code)
{
	if (code < 0x80)
		return code < 0x20 || code == 0x7f ? UNICODE_HIDDEN : UNICODE_NARROW;
	const struct unicode_range *range = find(unicode_classes, unicode_classes_count, code);
	return range ? range->class : UNICODE_NARROW;
}

unsigned code_width(uint32_t code)
{
	switch (class_of(code)) {
	case UNICODE_NARROW:
		return 1;
	case UNICODE_WIDE:
		return 2;
	case UNICODE_MARK:
	case UNICODE_HIDDEN:
		break;
	}
	return 0;
}

bool code_is_mark(uint32_t code)
{
	return class_of(code) == UNICODE_MARK;
}

bool code_is_hidden(uint32_t code)
{
	return class_of(code) == UNICODE_HIDDEN;
}

bool code_is_pictograph(uint32_t code)
{
	return code >= 0xa9 && find(unicode_pictographs, unicode_pictographs_count, code);
}

static bool is_tone(uint32_t code)
{
	return code >= 0x1f3fb && code <= 0x1f3ff;
}

static bool is_selector_or_tag(uint32_t code)
{
	return (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xe0020 && code <= 0xe007f);
}

/* What VS16 turns into an emoji of two cells. */
static bool takes_emoji_form(uint32_t code)
{
	return code_is_pictograph(code) || (code >= '0' && code <= '9') || code == '#' ||
	       code == '*';
}

/* Whether `next` continues a cluster whose last code point is `last` and whose base is `base`. */
static bool joins(uint32_t base, uint32_t last, uint32_t next)
{
	if (class_of(next) == UNICODE_MARK || is_selector_or_tag(next))
		return true;
	if (!code_is_pictograph(base))
		return false;
	return next == ZWJ || (last == ZWJ && code_is_pictograph(next)) ||
	       (is_tone(next) && last != ZWJ);
}

struct cluster text_cluster(const char *text, size_t length)
{
	struct utf8_char first = utf8_next(text, length);
	struct cluster cluster = {
		.size = first.size, .cells = first.size ? code_width(first.code) : 0};
	bool extends = first.valid && first.code >= 0x20;
	for (uint32_t last = first.code; extends && cluster.size < length;) {
		struct utf8_char next = utf8_next(text + cluster.size, length - cluster.size);
		if (next.code < 0x80 || !next.valid || !joins(first.code, last, next.code))
			break;
		bool emoji =
			next.code == ZWJ || (next.code == VS16 && takes_emoji_form(first.code));
		if (emoji && cluster.cells == 1)
			cluster.cells = 2;
		cluster.size += next.size;
		last = next.code;
	}
	return cluster;
}

struct cluster text_cluster_before(const char *text, size_t end)
{
	struct cluster cluster = {.size = 0, .cells = 0};
	for (size_t at = 0; at < end; at += cluster.size)
		cluster = text_cluster(text + at, end - at);
	return cluster;
}

/* Bytes from here on that are ASCII of one cell each with nothing behind them that could join the last. */
static size_t plain_run(const char *text, size_t length)
{
	size_t run = 0;
	while (run < length && text[run] >= ' ' && text[run] <= '~')
		run++;
	return run && run < length && (unsigned char)text[run] >= 0x80 ? run - 1 : run;
}

size_t text_width(const char *text, size_t length)
{
	size_t cells = 0;
	for (size_t at = 0; at < length;) {
		size_t run = plain_run(text + at, length - at);
		cells += run;
		at += run;
		if (at == length)
			break;
		struct cluster cluster = text_cluster(text + at, length - at);
		cells += cluster.cells;
		at += cluster.size;
	}
	return cells;
}

size_t text_clip(const char *text, size_t length, size_t cells, size_t *ret_cells)
{
	size_t used = 0, at = 0;
	while (at < length) {
		size_t run = plain_run(text + at, length - at);
		run = run > cells - used ? cells - used : run;
		used += run;
		at += run;
		if (at == length)
			break;
		struct cluster cluster = text_cluster(text + at, length - at);
		if (used + cluster.cells > cells)
			break;
		used += cluster.cells;
		at += cluster.size;
	}
	if (ret_cells)
		*ret_cells = used;
	return at;
}
