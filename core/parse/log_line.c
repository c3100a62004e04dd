/* SPDX-License-Identifier: MIT */
#include "core/parse/log_line.h"

#include <string.h>

#include "core/base/scan.h"
#include "core/base/utf8.h"
#include "core/parse/log_internal.h"

static const char traceback[] = "Traceback (most recent call last)";

/* What a container's runtime put before the line is stepped over: parts point into the whole. */
static void shift(struct log_line *line, uint32_t by)
{
	struct log_part *const parts[] = {
		&line->message, &line->bot, &line->correlation, &line->error};
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (parts[i]->length)
			parts[i]->offset += by;
}

static void read_program(const char *text, size_t length, const struct log_arrival *arrival,
	struct log_line *ret_line)
{
	bool is_text = length && *text >= '0' && *text <= '9'; /* the other forms begin otherwise */
	*ret_line = (struct log_line){.wall_ms = LOG_NO_TIME};
	if (is_text || (!log_json_read(text, length, arrival, ret_line) &&
			       !log_logfmt_read(text, length, arrival, ret_line)))
		log_text_read(text, length, arrival, ret_line);
	if (!ret_line->message.length && ret_line->error.length)
		ret_line->message = ret_line->error;
	if (!ret_line->message.length)
		ret_line->message = (struct log_part){0, (uint32_t)length, false};
}

void log_line_read(const char *text, size_t length, const struct log_arrival *arrival,
	struct log_line *ret_line)
{
	int64_t wall_ms = LOG_NO_TIME;
	if (length > UINT32_MAX)
		length = UINT32_MAX;
	size_t at = log_envelope_read(text, length, arrival, &wall_ms);
	read_program(text + at, length - at, arrival, ret_line);
	if (!at)
		return;
	shift(ret_line, (uint32_t)at);
	ret_line->envelope = (uint32_t)at;
	ret_line->is_stamped = ret_line->wall_ms == LOG_NO_TIME;
	ret_line->wall_ms = wall_ms;
}

static bool starts(const char *text, size_t length, const char *word)
{
	size_t size = strlen(word);
	return length >= size && memcmp(text, word, size) == 0;
}

/* A text line without a time, of a source whose lines have one or that is in a traceback, goes on.
 */
static bool goes_on(struct log_flow *flow, const char *text, size_t length, enum log_level level)
{
	bool is_indented = length && (*text == ' ' || *text == '\t');
	if (starts(text, length, traceback)) {
		flow->in_traceback = true;
		return flow->has_times;
	}
	if (flow->in_traceback) {
		/* `ValueError: ...` at the margin ends it; a blank line does not */
		flow->in_traceback = is_indented || !length || flow->has_times;
		return true;
	}
	return flow->started && (is_indented || (flow->has_times && level == LOG_LEVEL_NONE));
}

void log_flow_take(struct log_flow *flow, const char *text, size_t length, struct log_line *line)
{
	bool has_own_time = line->wall_ms != LOG_NO_TIME && !line->is_stamped;
	/* A source is of one form: what looks like another among lines with times, and says neither when nor how bad, is a
	 * part of one of them (an object that was printed, a list of settings). */
	bool is_bare = !has_own_time &&
		       (line->form == LOG_TEXT ||
			       (flow->has_times && flow->is_text && line->level == LOG_LEVEL_NONE));
	line->is_continuation = is_bare && goes_on(flow, text + line->envelope,
						   length - line->envelope, line->level);
	line->is_continuation |= line->is_detail && flow->started;
	if (!is_bare)
		flow->in_traceback = false;
	if (flow->in_traceback && line->level < LOG_LEVEL_ERROR)
		line->level = flow->level > LOG_LEVEL_ERROR ? flow->level : LOG_LEVEL_ERROR;
	if (line->is_continuation && line->level == LOG_LEVEL_NONE)
		line->level = flow->level;
	if (line->is_continuation && flow->has_times && !line->is_stamped)
		line->wall_ms = flow->wall_ms;
	flow->started = true;
	flow->level = line->level;
	if (has_own_time) {
		flow->is_text = line->form == LOG_TEXT;
		flow->wall_ms = line->wall_ms;
		flow->has_times = true;
	}
}

static int hex(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	char lower = (char)(ch | 0x20);
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The four hex digits of a \u escape at `text`; false when they are not there. */
static bool read_unit(const char *text, size_t length, uint32_t *ret_unit)
{
	uint32_t unit = 0;
	if (length < 6 || text[0] != '\\' || text[1] != 'u')
		return false;
	for (size_t i = 2; i < 6; i++) {
		if (hex(text[i]) < 0)
			return false;
		unit = unit << 4 | (uint32_t)hex(text[i]);
	}
	*ret_unit = unit;
	return true;
}

static void add_code(struct str *to, uint32_t code)
{
	char bytes[UTF8_MAX_BYTES];
	str_add(to, bytes, utf8_encode(code, bytes));
}

/* The escape at `text` (a backslash); returns the bytes it took. */
static size_t add_escape(const char *text, size_t length, struct str *to)
{
	static const char codes[] = "bfnrt", bytes[] = "\b\f\n\r\t";
	uint32_t unit, low;
	if (read_unit(text, length, &unit)) {
		bool pair = unit >= 0xd800 && unit < 0xdc00 &&
			    read_unit(text + 6, length - 6, &low) && low >= 0xdc00 && low < 0xe000;
		add_code(to, pair ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : unit);
		return pair ? 12 : 6;
	}
	if (length < 2 || text[1] == 'u') {
		add_code(to, UTF8_REPLACEMENT);
		return length < 2 ? 1 : 2;
	}
	const char *known = text[1] ? strchr(codes, text[1]) : NULL;
	str_addch(to, known ? bytes[known - codes] : text[1]);
	return 2;
}

void log_part_text(const char *text, struct log_part part, struct str *to)
{
	const char *from = text + part.offset, *end = from + part.length;
	if (!part.is_escaped) {
		str_add(to, from, part.length);
		return;
	}
	while (from < end) {
		const char *escape = memchr(from, '\\', (size_t)(end - from));
		str_add(to, from, (size_t)((escape ? escape : end) - from));
		if (!escape)
			return;
		from = escape + add_escape(escape, (size_t)(end - escape), to);
	}
}

/* The bytes of a colour sequence at `text`, as bytes or as JSON writes it; 0 if there is none. */
static size_t colour_size(const char *text, size_t length)
{
	uint32_t unit;
	size_t at = 0;
	if (length && *text == '\x1b')
		at = 1;
	else if (read_unit(text, length, &unit) && unit == 0x1b)
		at = 6;
	if (!at || at >= length || text[at] != '[')
		return 0;
	for (at++; at < length; at++) {
		if (text[at] == 'm')
			return at + 1;
		if (!strchr("0123456789;:", text[at]) || !text[at])
			return 0;
	}
	return 0;
}

/* \u0041 and the like: printable, and nothing that would change how JSON reads the line. */
static bool is_hidden_ascii(const char *text, size_t length, uint32_t *ret_code)
{
	return read_unit(text, length, ret_code) && *ret_code >= 0x20 && *ret_code < 0x7f &&
	       *ret_code != '"' && *ret_code != '\\';
}

static size_t next_oddity(const char *text, size_t length, size_t at)
{
	return scan_for(text, length, at, '\x1b', '\\');
}

bool log_is_wrapped(const char *text, size_t length)
{
	return log_is_docker(text, length);
}

bool log_needs_normalising(const char *text, size_t length)
{
	uint32_t code;
	if (log_is_docker(text, length))
		return true;
	for (size_t at = next_oddity(text, length, 0); at < length;
		at = next_oddity(text, length, at + 1)) {
		bool skips = text[at] == '\\' && at + 1 < length && text[at + 1] == '\\';
		if (!skips && (colour_size(text + at, length - at) ||
				      is_hidden_ascii(text + at, length - at, &code)))
			return true;
		at += skips;
	}
	return false;
}

static void normalise(const char *text, size_t length, struct str *to)
{
	uint32_t code;
	for (size_t at = 0; at < length;) {
		size_t odd = next_oddity(text, length, at);
		str_add(to, text + at, odd - at);
		if (odd >= length)
			return;
		size_t colour = colour_size(text + odd, length - odd), taken = 1;
		if (colour) {
			taken = colour;
		} else if (is_hidden_ascii(text + odd, length - odd, &code)) {
			str_addch(to, (char)code);
			taken = 6;
		} else {
			taken = text[odd] == '\\' && odd + 1 < length && text[odd + 1] == '\\' ? 2
											       : 1;
			str_add(to, text + odd, taken);
		}
		at = odd + taken;
	}
}

void log_normalise(const char *text, size_t length, struct str *to)
{
	autostr struct str line = STR_INIT;
	if (log_docker_open(text, length, &line))
		normalise(line.text, line.length, to);
	else
		normalise(text, length, to);
}
