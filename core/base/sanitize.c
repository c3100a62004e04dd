/* SPDX-License-Identifier: MIT */
#include "core/base/sanitize.h"

#include <string.h>

#include "core/base/utf8.h"
#include "core/base/width.h"

enum {
	MARKS_MAX = 4, /* per base; more are counted, not kept */
	TAB_CELLS = 4,
	ZWJ = 0x200d,
	EMOJI_FORM = 0xfe0f, /* VS16 */
	KEYCAP = 0x20e3,
	BLACK_FLAG = 0x1f3f4,
};

/* One run over one text: where it writes, and what the next mark or joiner would attach to. */
struct run {
	struct str *to;
	unsigned flags;
	bool has_base;     /* a spacing character of this run was written */
	bool after_emoji;  /* the last visible character was a pictograph */
	unsigned marks;    /* on the current base */
	unsigned left_out; /* marks beyond MARKS_MAX */
};

static void add_code(struct str *to, uint32_t code)
{
	char bytes[UTF8_MAX_BYTES];
	str_add(to, bytes, utf8_encode(code, bytes));
}

static void end_base(struct run *run)
{
	if (run->left_out)
		str_addf(run->to, "<+%u>", run->left_out);
	run->marks = run->left_out = 0;
	run->after_emoji = false;
	run->has_base = true;
}

static void add_control(struct run *run, uint32_t code)
{
	end_base(run);
	bool ascii = run->flags & SANITIZE_ASCII;
	if (code == '\t')
		str_addf(run->to, "%*s", TAB_CELLS, "");
	else if (code == '\n' && run->flags & SANITIZE_ROWS)
		str_addch(run->to, '\n');
	else if (code == '\n' && !ascii)
		str_adds(run->to, "⏎");
	else if (code == '\r' && !ascii)
		str_adds(run->to, "␍");
	else
		str_addf(run->to, "^%c", (int)(code ^ 0x40));
	run->has_base = code != '\n';
}

static void add_hidden(struct run *run, uint32_t code)
{
	end_base(run);
	str_addf(run->to, "<U+%04X>", code);
}

static void add_mark(struct run *run, uint32_t code)
{
	if (run->flags & SANITIZE_ASCII)
		return;
	if (!run->has_base) {
		end_base(run);
		str_adds(run->to, "◌");
	}
	if (run->marks >= MARKS_MAX) {
		run->left_out++;
		return;
	}
	run->marks++;
	add_code(run->to, code);
}

static void add_visible(struct run *run, uint32_t code)
{
	end_base(run);
	if (code >= 0x80 && run->flags & SANITIZE_ASCII)
		str_addch(run->to, '?');
	else
		add_code(run->to, code);
	run->after_emoji = code_is_pictograph(code);
}

static bool is_selector(uint32_t code)
{
	return code == 0xfe0e || code == 0xfe0f;
}

static bool is_tone(uint32_t code)
{
	return code >= 0x1f3fb && code <= 0x1f3ff;
}

/* The bytes of a national flag's tag letters with their terminator, when `bytes` starts with one of
 * the three. */
static size_t flag_tags(const char *bytes, size_t length)
{
	static const char *const regions[] = {"gbeng", "gbsct", "gbwls"};
	for (size_t i = 0; i < COUNT_OF(regions); i++) {
		char tags[(5 + 1) * UTF8_MAX_BYTES];
		size_t size = 0;
		for (const char *letter = regions[i]; *letter; letter++)
			size += utf8_encode(0xe0000u + (unsigned char)*letter, tags + size);
		size += utf8_encode(0xe007f, tags + size);
		if (length >= size && memcmp(bytes, tags, size) == 0)
			return size;
	}
	return 0;
}

static bool is_keycap(const char *bytes, size_t length)
{
	return utf8_next(bytes, length).code == KEYCAP;
}

/* A character that only changes the emoji before it: dropped. Returns the bytes to skip, 0 if it is
 * none. */
static size_t emoji_modifier(
	const struct run *run, struct utf8_char now, const char *bytes, size_t length)
{
	if (!run->after_emoji)
		return now.code == EMOJI_FORM && is_keycap(bytes + now.size, length - now.size)
			       ? now.size
			       : 0;
	if (is_tone(now.code) || is_selector(now.code))
		return now.size;
	if (now.code == ZWJ) {
		struct utf8_char next = utf8_next(bytes + now.size, length - now.size);
		return code_is_pictograph(next.code) ? now.size : 0;
	}
	if (now.code >= 0xe0020 && now.code <= 0xe007f)
		return flag_tags(bytes, length);
	return 0;
}

/* Takes one character (or one that is dropped with what belongs to it); returns the bytes it took.
 */
static size_t take(struct run *run, const char *bytes, size_t length)
{
	struct utf8_char now = utf8_next(bytes, length);
	if (now.code < 0x20 || now.code == 0x7f) {
		bool row_end = now.code == '\r' && length > 1 && bytes[1] == '\n';
		if (!row_end || !(run->flags & SANITIZE_ROWS))
			add_control(run, now.code);
		return now.size;
	}
	size_t dropped = now.valid ? emoji_modifier(run, now, bytes, length) : 0;
	if (dropped)
		return dropped;
	if (code_is_hidden(now.code))
		add_hidden(run, now.code);
	else if (code_is_mark(now.code))
		add_mark(run, now.code);
	else
		add_visible(run, now.code);
	return now.size;
}

/* Printable ASCII at the start of `bytes`. */
static size_t plain_run(const char *bytes, size_t length)
{
	size_t at = 0;
	while (at < length && bytes[at] >= 0x20 && bytes[at] < 0x7f)
		at++;
	return at;
}

static void add_plain(struct run *run, const char *bytes, size_t length)
{
	end_base(run);
	str_add(run->to, bytes, length);
}

void sanitize_as(struct str *to, const char *bytes, size_t length, unsigned flags)
{
	struct run run = {.to = to, .flags = flags};
	for (size_t at = 0; at < length;) {
		size_t plain = plain_run(bytes + at, length - at);
		if (plain)
			add_plain(&run, bytes + at, plain);
		else
			plain = take(&run, bytes + at, length - at);
		at += plain;
	}
	if (run.left_out)
		end_base(&run);
}

void sanitize(struct str *to, const char *bytes, size_t length)
{
	sanitize_as(to, bytes, length, 0);
}

/* Returns the width. */
static size_t clip(struct str *to, const char *bytes, size_t length, size_t cells, bool *ret_is_cut)
{
	size_t start = to->length, at = 0;
	struct run run = {.to = to};
	/* A cell takes at least one byte of output, so more than this many bytes of input may be
	 * too much only when marks or dropped characters are in it; then the loop simply goes on.
	 */
	while (at < length &&
		to->length - start <= (cells + 1) * UTF8_MAX_BYTES * (MARKS_MAX + 1)) {
		size_t plain =
			plain_run(bytes + at, length - at < cells + 1 ? length - at : cells + 1);
		if (plain)
			add_plain(&run, bytes + at, plain);
		else
			plain = take(&run, bytes + at, length - at);
		at += plain;
	}
	if (run.left_out)
		end_base(&run);
	size_t used, whole = to->length - start;
	size_t kept = text_clip(to->text + start, whole, cells, &used);
	*ret_is_cut = kept < whole || at < length;
	if (!*ret_is_cut)
		return used;
	kept = text_clip(to->text + start, whole, cells ? cells - 1 : 0, &used);
	str_truncate(to, start + kept);
	if (!cells)
		return 0;
	str_adds(to, "…");
	return used + 1;
}

size_t sanitize_clip(struct str *to, const char *bytes, size_t length, size_t cells)
{
	bool is_cut;
	return clip(to, bytes, length, cells, &is_cut);
}

bool sanitize_cut(struct str *to, const char *bytes, size_t length, size_t cells)
{
	bool is_cut;
	(void)clip(to, bytes, length, cells, &is_cut);
	return is_cut;
}
