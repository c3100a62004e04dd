/* SPDX-License-Identifier: MIT */
#include "tui/sgr.h"

#include <string.h>

#include "core/base/str.h"

enum {
	KIND_INDEX = 1 << 24,
	KIND_RGB = 2 << 24,
	PARAMS_MAX = 24,
	BOLD = 1,
	DIM = 2,
};

static const struct sgr_pen plain = {.charset = 'B'};

struct params {
	unsigned values[PARAMS_MAX];
	size_t count;
	bool colon, odd; /* odd: not a list of numbers that we follow */
};

/* ---- reading ---- */

static struct params read_params(const char *text, size_t length)
{
	struct params params = {.count = 1};
	for (size_t i = 0; i < length; i++) {
		unsigned *value = &params.values[params.count - 1];
		if (text[i] >= '0' && text[i] <= '9')
			*value = *value < 100000 ? *value * 10 + (unsigned)(text[i] - '0') : *value;
		else if ((text[i] == ';' || text[i] == ':') && params.count < PARAMS_MAX)
			params.count++;
		else
			params.odd = true;
		params.colon = params.colon || text[i] == ':';
	}
	return params;
}

/* 38 or 48 at `at`: takes its colour and returns the parameters used, 0 when it is of another form. */
static size_t read_colour(const struct params *params, size_t at, uint32_t *ret_colour)
{
	const unsigned *value = &params->values[at];
	size_t left = params->count - at;
	if (left >= 3 && value[1] == 5 && value[2] < 256) {
		*ret_colour = KIND_INDEX | value[2];
		return 3;
	}
	if (left < 5 || value[1] != 2)
		return 0;
	size_t first =
		params->colon ? 3 : 2; /* 38:2::r:g:b has an empty place for the colour space */
	if (left < first + 3)
		return 0;
	*ret_colour = KIND_RGB | (value[first] & 255) << 16 | (value[first + 1] & 255) << 8 |
		      (value[first + 2] & 255);
	return first + 3;
}

static bool set_attribute(struct sgr_pen *pen, unsigned value)
{
	if (value >= 1 && value <= 9)
		pen->attrs |= (uint16_t)(1 << value);
	else if (value == 22)
		pen->attrs &= (uint16_t) ~(1 << BOLD | 1 << DIM);
	else if (value >= 23 && value <= 29)
		pen->attrs &= (uint16_t) ~(1 << (value - 20));
	else
		return false;
	return true;
}

static bool set_colour(struct sgr_pen *pen, unsigned value)
{
	if (value >= 30 && value <= 37)
		pen->fg = KIND_INDEX | (value - 30);
	else if (value >= 40 && value <= 47)
		pen->bg = KIND_INDEX | (value - 40);
	else if (value >= 90 && value <= 97)
		pen->fg = KIND_INDEX | (value - 82);
	else if (value >= 100 && value <= 107)
		pen->bg = KIND_INDEX | (value - 92);
	else if (value == 39)
		pen->fg = 0;
	else if (value == 49)
		pen->bg = 0;
	else
		return false;
	return true;
}

/* Applies "CSI ... m" to the pen; false when it says something that we do not follow. */
static bool apply(struct sgr_filter *filter, const char *text, size_t length)
{
	struct params params = read_params(text, length);
	struct sgr_pen pen = filter->wanted;
	for (size_t i = 0; i < params.count && !params.odd; i++) {
		unsigned value = params.values[i];
		if (value == 38 || value == 48) {
			size_t used = read_colour(&params, i, value == 38 ? &pen.fg : &pen.bg);
			if (!used)
				return false;
			i += used - 1;
		} else if (value == 0) {
			pen = (struct sgr_pen){.charset = pen.charset};
		} else if ((params.colon && value == 4) ||
			   (!set_attribute(&pen, value) && !set_colour(&pen, value))) {
			return false;
		}
	}
	filter->colon = filter->colon || params.colon;
	filter->wanted = pen;
	return !params.odd;
}

/* ---- writing ---- */

static void add_code(struct str *codes, unsigned value)
{
	str_addf(codes, "%s%u", codes->length ? ";" : "", value);
}

static void add_colour(
	const struct sgr_filter *filter, struct str *codes, uint32_t wanted, unsigned base)
{
	unsigned value = wanted & 0xffffff;
	char part = filter->colon ? ':' : ';';
	if (!wanted)
		add_code(codes, base + 9);
	else if (wanted >> 24 == 1 && value < 8)
		add_code(codes, base + value);
	else if (wanted >> 24 == 1 && value < 16)
		add_code(codes, base + 60 + value - 8);
	else if (wanted >> 24 == 1)
		str_addf(codes, "%s%u%c5%c%u", codes->length ? ";" : "", base + 8, part, part,
			value);
	else
		str_addf(codes, "%s%u%c2%s%c%u%c%u%c%u", codes->length ? ";" : "", base + 8, part,
			filter->colon ? ":" : "", part, value >> 16, part, value >> 8 & 255, part,
			value & 255);
}

/* The codes that lead from one pen to another without a reset. */
static void add_difference(const struct sgr_filter *filter, const struct sgr_pen *from,
	const struct sgr_pen *to, struct str *codes)
{
	unsigned gone = from->attrs & ~(unsigned)to->attrs, kept = from->attrs & to->attrs;
	if (gone & (1 << BOLD | 1 << DIM)) {
		add_code(codes, 22);
		kept &= ~(1u << BOLD | 1u << DIM);
	}
	for (unsigned bit = 3; bit <= 9; bit++)
		if (gone >> bit & 1)
			add_code(codes, bit + 20);
	for (unsigned bit = 1; bit <= 9; bit++)
		if ((to->attrs & ~kept) >> bit & 1)
			add_code(codes, bit);
	if (from->fg != to->fg)
		add_colour(filter, codes, to->fg, 30);
	if (from->bg != to->bg)
		add_colour(filter, codes, to->bg, 40);
}

static bool same_look(const struct sgr_pen *a, const struct sgr_pen *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->attrs == b->attrs;
}

static void send_look(struct sgr_filter *filter, struct str *to)
{
	autostr struct str changed = STR_INIT, anew = STR_INIT;
	add_difference(filter, &filter->sent, &filter->wanted, &changed);
	add_difference(filter, &plain, &filter->wanted, &anew);
	if (filter->known && changed.length <= anew.length + (anew.length ? 2 : 0) && anew.length)
		str_addf(to, "\033[%sm", changed.text);
	else
		str_addf(to, "\033[%s%sm", anew.length ? "0;" : "", anew.text);
}

void sgr_settle(struct sgr_filter *filter, struct str *to)
{
	if (filter->off)
		return;
	if (!filter->known || filter->sent.charset != filter->wanted.charset)
		str_addf(to, "\033(%c", filter->wanted.charset ? filter->wanted.charset : 'B');
	if (!filter->known || !same_look(&filter->sent, &filter->wanted))
		send_look(filter, to);
	filter->sent = filter->wanted;
	filter->known = true;
}

/* Of a blank cell only the background shows, unless a line runs through it or it is reversed. */
static bool blanks_alike(const struct sgr_filter *filter)
{
	const unsigned lines = 1 << 3 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 9;
	return filter->known && filter->sent.bg == filter->wanted.bg &&
	       filter->sent.charset == filter->wanted.charset &&
	       !((filter->sent.attrs | filter->wanted.attrs) & lines);
}

void sgr_forget(struct sgr_filter *filter)
{
	filter->known = false;
	filter->wanted = plain;
}

/* ---- the stream ---- */

/* Length of the escape sequence at `bytes`, which begins with ESC. */
static size_t sequence_length(const char *bytes, size_t length)
{
	if (length < 2)
		return length;
	size_t at = 1;
	if (bytes[1] == '[')
		for (at = 2; at < length && (bytes[at] < 0x40 || bytes[at] > 0x7e);)
			at++;
	else
		while (at < length && bytes[at] >= 0x20 && bytes[at] <= 0x2f)
			at++;
	return at < length ? at + 1 : length;
}

/* Erasing leaves blanks of the pen's background. */
static bool erases(const char *bytes, size_t length)
{
	char last = bytes[length - 1];
	return length > 2 && bytes[1] == '[' && (last == 'X' || last == 'K' || last == 'J');
}

/* Moves of the cursor and modes draw nothing, so the pen can wait. */
static bool draws(const char *bytes, size_t length)
{
	char last = bytes[length - 1];
	if (length > 2 && bytes[1] == '[')
		return !(strchr("HfABCDEFGdeah`ltr", last) && last);
	return last != '(' && last != '7' && last != '8';
}

static void take_sequence(
	struct sgr_filter *filter, const char *bytes, size_t length, struct str *to)
{
	bool is_look = length > 2 && bytes[1] == '[' && bytes[length - 1] == 'm';
	if (is_look && apply(filter, bytes + 2, length - 3))
		return;
	if (length == 3 && bytes[1] == '(') {
		filter->wanted.charset = bytes[2];
		return;
	}
	bool keeps = erases(bytes, length) && blanks_alike(filter);
	if (is_look || (draws(bytes, length) && !keeps))
		sgr_settle(filter, to);
	str_add(to, bytes, length);
	if (is_look)
		sgr_forget(filter);
}

static void take_text(struct sgr_filter *filter, const char *bytes, size_t length, struct str *to)
{
	size_t blanks = 0;
	while (blanks < length && bytes[blanks] == ' ' && blanks_alike(filter))
		blanks++;
	str_add(to, bytes, blanks);
	if (blanks < length)
		sgr_settle(filter, to);
	str_add(to, bytes + blanks, length - blanks);
}

/* ncurses puts back the palette, which is the user's own: we never touch it. */
static const char palette_reset[] = "\033]104\a";
enum { RESET_SIZE = sizeof(palette_reset) - 1 };

void sgr_squeeze(struct sgr_filter *filter, const char *bytes, size_t length, struct str *to)
{
	if (filter->off) {
		str_add(to, bytes, length);
		return;
	}
	for (size_t at = 0; at < length;) {
		if (length - at >= RESET_SIZE &&
			memcmp(bytes + at, palette_reset, RESET_SIZE) == 0) {
			at += RESET_SIZE;
			continue;
		}
		if (bytes[at] == '\033') {
			size_t size = sequence_length(bytes + at, length - at);
			take_sequence(filter, bytes + at, size, to);
			at += size;
			continue;
		}
		size_t end = at;
		while (end < length && bytes[end] != '\033' && bytes[end] != '\r' &&
			bytes[end] != '\b')
			end++;
		if (end == at)
			str_addch(to, bytes[end++]);
		else
			take_text(filter, bytes + at, end - at, to);
		at = end;
	}
}

int sgr_number(colour value, enum depth depth)
{
	if (COLOUR_KIND(value) != COLOUR_KIND_INDEX && COLOUR_KIND(value) != COLOUR_KIND_RGB)
		return -1;
	int number = (int)COLOUR_VALUE(value);
	/* In direct colour the first eight numbers are the palette. */
	return depth == DEPTH_RGB && COLOUR_KIND(value) == COLOUR_KIND_RGB && number < 8 ? 8
											 : number;
}
