/* SPDX-License-Identifier: MIT */
/*
 * Lines for people: a time (or none), then somewhere in the first words a level, then the message.
 * The words between are names of loggers, threads and files, of which formats differ without end;
 * so the level is looked for only where it can't be taken for prose: in capitals, in brackets, or
 * before a colon.
 */
#include "core/parse/log_internal.h"

#include <ctype.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/parse/log_memo.h"

enum {
	HEAD_BYTES = 160, /* the level stands in these */
	HEAD_WORDS = 7,
};

struct word {
	size_t start, end;
};

static bool is_separator(char ch)
{
	static const bool separates[256] = {[0 ... ' '] = true,
		['['] = true,
		[']'] = true,
		['('] = true,
		[')'] = true,
		['|'] = true,
		['<'] = true,
		['>'] = true,
		[':'] = true,
		[','] = true,
		[';'] = true,
		['#'] = true,
		['='] = true};
	return separates[(unsigned char)ch];
}

/* The next word from `at` on, before `limit`; false when there is none. A lone '-' is a separator.
 */
static bool next_word(const char *text, size_t limit, size_t at, struct word *ret_word)
{
	while (at < limit && (is_separator(text[at]) ||
				     (text[at] == '-' && (at + 1 == limit || text[at + 1] == ' '))))
		at++;
	size_t end = at;
	while (end < limit && !is_separator(text[end]))
		end++;
	*ret_word = (struct word){at, end};
	return end > at;
}

static bool is_upper(const char *text, struct word word)
{
	for (size_t i = word.start; i < word.end; i++) {
		if (!isupper((unsigned char)text[i]))
			return false;
	}
	return true;
}

/* Whether a level word at this place is a level and no prose. */
static bool stands_as_level(const char *text, size_t length, struct word word, size_t head)
{
	char before = word.start ? text[word.start - 1] : ' ';
	char after = word.end < length ? text[word.end] : ' ';
	bool enclosed = (before == '[' && after == ']') || (before == '<' && after == '>') ||
			(before == '(' && after == ')');
	bool letter = word.end - word.start == 1;
	if (enclosed)
		return true;
	if (letter)
		return false;
	if (is_upper(text, word))
		return true;
	return after == ':' || (word.start == head && islower((unsigned char)text[word.start]));
}

/* Blanks and the signs that formats put between the level and the message. */
static size_t skip_to_message(const char *text, size_t length, size_t at)
{
	while (at < length &&
		(text[at] == ' ' || text[at] == '\t' || text[at] == ']' || text[at] == '>' ||
			text[at] == ')' || text[at] == '|' || text[at] == ':' ||
			(text[at] == '-' && at + 1 < length && text[at + 1] == ' ')))
		at++;
	return at;
}

/* `main.go:42`: a place in a program. */
static bool is_place(const char *text, size_t from, size_t end)
{
	size_t digits = end;
	while (digits > from && isdigit((unsigned char)text[digits - 1]))
		digits--;
	return digits > from + 1 && digits < end && text[digits - 1] == ':';
}

/* Between tabs it is where zap was called; its logger's name may stand before it. */
static size_t skip_caller(const char *text, size_t length, size_t at)
{
	size_t limit = length - at < HEAD_BYTES ? length : at + HEAD_BYTES, from = at;
	for (int columns = 0; columns < 2; columns++) {
		const char *tab = memchr(text + from, '\t', limit - from);
		size_t end = tab ? (size_t)(tab - text) : 0;
		if (!tab || memchr(text + from, ' ', end - from))
			return at;
		if (is_place(text, from, end))
			return end + 1;
		from = end + 1;
	}
	return at;
}

/* `27187#27187: ` of nginx: process and thread. */
static size_t skip_process(const char *text, size_t length, size_t at)
{
	size_t end = at;
	bool has_hash = false;
	while (end < length &&
		(isdigit((unsigned char)text[end]) || (text[end] == '#' && !has_hash)))
		has_hash |= text[end++] == '#';
	bool is = has_hash && end + 1 < length && text[end] == ':' && text[end + 1] == ' ';
	return is ? end + 2 : at;
}

/* `[bot.handlers:42] `, or `in handlers: ` as Flask has it. */
static size_t skip_module(const char *text, size_t length, size_t at)
{
	bool is_bracket = at < length && text[at] == '[';
	bool is_flask = length - at > 3 && memcmp(text + at, "in ", 3) == 0;
	size_t from = at + (is_bracket ? 1 : 3), end = from;
	if (!is_bracket && !is_flask)
		return at;
	while (end < length && !isspace((unsigned char)text[end]) && text[end] != ']')
		end++;
	if (end + 1 >= length || end == from || text[end + (is_bracket ? 1 : 0)] != ' ')
		return at;
	if (is_bracket ? text[end] == ']' && is_place(text, from, end) : text[end - 1] == ':')
		return end + (is_bracket ? 2 : 1);
	return at;
}

/* Behind `LEVEL:` Python's basicConfig has a logger name and another colon, loguru
 * `module:function:42 - `. */
static size_t skip_logger(const char *text, size_t length, size_t level_end, size_t at)
{
	size_t end = at;
	if (level_end < length && text[level_end] == '\t')
		return skip_caller(text, length, at);
	if (at < length && isdigit((unsigned char)text[at]))
		return skip_process(text, length, at);
	if (level_end < length && text[level_end] == ':' && at == level_end + 1) {
		while (end < length && !isspace((unsigned char)text[end]) && text[end] != ':')
			end++;
		return end < length && text[end] == ':' && end > at ? end + 1 : at;
	}
	const char *bar = memchr(text + level_end, '|', at - level_end);
	const char *dash =
		bar ? memmem(text + at, length - at < HEAD_BYTES ? length - at : HEAD_BYTES, " - ",
			      3)
		    : NULL;
	return dash ? (size_t)(dash - text) + 3 : skip_module(text, length, at);
}

/* What Postgres says more of an error, in lines with a time of their own: `DETAIL:  `. */
static bool is_detail(const char *text, size_t length, struct word word)
{
	static const char *const words[] = {
		"DETAIL", "HINT", "STATEMENT", "CONTEXT", "QUERY", "LOCATION", "BACKTRACE"};
	size_t size = word.end - word.start;
	if (word.end + 3 > length || memcmp(text + word.end, ":  ", 3) != 0)
		return false;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strlen(words[i]) == size && memcmp(text + word.start, words[i], size) == 0)
			return true;
	return false;
}

/* The level in the head of the line; `ret_end` is behind it. */
static bool find_level(
	const char *text, size_t length, size_t head, struct log_line *line, size_t *ret_end)
{
	size_t limit = length < head + HEAD_BYTES ? length : head + HEAD_BYTES, at = head;
	struct word word;
	for (int words = 0; words < HEAD_WORDS && next_word(text, limit, at, &word);
		words++, at = word.end) {
		line->is_detail = head && is_detail(text, length, word);
		if (!line->is_detail &&
			(!log_level_read(text + word.start, word.end - word.start, &line->level) ||
				!stands_as_level(
					text, length, word, words ? SIZE_MAX : word.start)))
			continue;
		*ret_end = word.end;
		return true;
	}
	return false;
}

/* `1.2.3.4 - - [20/Nov/2026:10:00:21 +0000] "GET / HTTP/1.1" 502 150`: the status is the level. */
static bool read_access(
	const char *text, size_t length, const struct log_arrival *arrival, struct log_line *line)
{
	const char *open = memchr(text, '[', length < HEAD_BYTES ? length : HEAD_BYTES);
	if (!open || !length || !isalnum((unsigned char)*text))
		return false;
	size_t at = (size_t)(open - text) + 1;
	size_t used = log_time_read(text + at, length - at, arrival, &line->wall_ms);
	if (!used || at + used + 3 > length || memcmp(text + at + used, "] \"", 3) != 0) {
		line->wall_ms = LOG_NO_TIME;
		return false;
	}
	size_t request = at + used + 2;
	const char *close = memmem(text + request + 1, length - request - 1, "\" ", 2);
	line->message = (struct log_part){(uint32_t)request, (uint32_t)(length - request), false};
	if (close && close + 5 <= text + length && isdigit((unsigned char)close[2]))
		line->level = close[2] == '5'   ? LOG_LEVEL_ERROR
			      : close[2] == '4' ? LOG_LEVEL_WARN
						: LOG_LEVEL_INFO;
	return true;
}

/* `123:M ` at the start: process and role of a Redis server; the bytes it takes, 0 if it is not
 * there. */
static size_t redis_prefix(const char *text, size_t length)
{
	size_t at = 0;
	while (at < length && at < 8 && isdigit((unsigned char)text[at]))
		at++;
	bool is = at && at + 3 < length && text[at] == ':' &&
		  isupper((unsigned char)text[at + 1]) && text[at + 2] == ' ';
	return is ? at + 3 : 0;
}

/* Redis marks its lines with one of . - * # behind the time. */
static void read_redis_mark(const char *text, size_t length, size_t *at, struct log_line *line)
{
	static const char marks[] = ".-*#";
	static const enum log_level levels[] = {
		LOG_LEVEL_DEBUG, LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN};
	size_t mark = *at + 1;
	const char *found =
		mark + 1 < length && text[*at] == ' ' && text[mark + 1] == ' ' && text[mark]
			? strchr(marks, text[mark])
			: NULL;
	if (!found)
		return;
	line->level = levels[found - marks];
	*at = mark + 2;
}

/* The time at the start, also behind a bracket; returns where what follows it starts, 0 when there
 * is none. */
static size_t read_head(
	const char *text, size_t length, const struct log_arrival *arrival, struct log_line *line)
{
	size_t redis = redis_prefix(text, length), at = redis ? redis : length && *text == '[';
	size_t used = log_time_read(text + at, length - at, arrival, &line->wall_ms);
	if (!used)
		return 0;
	at += used;
	if (redis)
		read_redis_mark(text, length, &at, line);
	return at;
}

/* In brief, of a line whose time and level stand as in one before it. */
static bool recall(
	const char *text, size_t length, const struct log_arrival *arrival, struct log_line *line)
{
	int64_t wall_ms;
	size_t head = arrival->is_brief ? log_time_recall(text, length, arrival, &wall_ms) : 0;
	if (!head)
		return false;
	line->level = log_memo_level(arrival->memo, text + head, length - head);
	if (line->level == LOG_LEVEL_NONE)
		return false;
	line->wall_ms = wall_ms;
	return true;
}

/* A level is what it is by the bytes from the time up to the one behind it. */
static void keep(const char *text, size_t length, size_t head, size_t level_end,
	const struct log_arrival *arrival, const struct log_line *line)
{
	if (arrival->memo && head && level_end < length && !line->is_detail)
		log_memo_keep_level(arrival->memo, text + head, length - head, level_end + 1 - head,
			line->level);
}

/* Behind the time; returns where the message starts. */
static size_t read_level(const char *text, size_t length, size_t head,
	const struct log_arrival *arrival, struct log_line *line)
{
	size_t end;
	if (!find_level(text, length, head, line, &end)) {
		line->level = LOG_LEVEL_NONE;
		return skip_to_message(text, length, head);
	}
	keep(text, length, head, end, arrival, line);
	return skip_logger(text, length, end, skip_to_message(text, length, end));
}

void log_text_read(
	const char *text, size_t length, const struct log_arrival *arrival, struct log_line *line)
{
	line->form = LOG_TEXT;
	line->message = (struct log_part){0, (uint32_t)length, false};
	if (recall(text, length, arrival, line))
		return;
	size_t head = read_head(text, length, arrival, line), message = head;
	if (!head && read_access(text, length, arrival, line))
		return;
	if (line->level == LOG_LEVEL_NONE)
		message = read_level(text, length, head, arrival, line);
	if (message < length && (head || line->level != LOG_LEVEL_NONE))
		line->message =
			(struct log_part){(uint32_t)message, (uint32_t)(length - message), false};
}
