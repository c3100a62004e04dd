/* SPDX-License-Identifier: MIT */
/*
 * What the runtime of a container writes around a line of its program:
 * `2026-11-20T10:00:21.744111222Z stdout F LINE` (k8s-file of Podman, CRI), and
 * `{"log":"LINE\n","stream":"stdout","time":"2026-..."}` (json-file of Docker). The second is turned
 * into the first before anything is read or redacted, for the line in it is escaped.
 */
#include "core/parse/log_internal.h"

#include <string.h>

#include "core/base/str.h"

enum {
	STAMP_MIN = 20,
	STAMP_MAX = 40,
	STREAM = 6,
	DATE = 10, /* where the T of a time stands */
};

static bool is_stream(const char *text)
{
	return memcmp(text, "stdout", STREAM) == 0 || memcmp(text, "stderr", STREAM) == 0;
}

/* F: a whole line, P: a part of one. */
size_t log_envelope_read(
	const char *text, size_t length, const struct log_arrival *arrival, int64_t *ret_wall_ms)
{
	size_t limit = length < STAMP_MAX ? length : STAMP_MAX;
	const char *blank = limit > STAMP_MIN && text[DATE] == 'T'
				    ? memchr(text + STAMP_MIN, ' ', limit - STAMP_MIN)
				    : NULL;
	size_t stamp = blank ? (size_t)(blank - text) : 0, at = stamp + 1;
	if (!blank || length - at < STREAM + 3 || !is_stream(text + at))
		return 0;
	at += STREAM;
	if (text[at] != ' ' || (text[at + 1] != 'F' && text[at + 1] != 'P') || text[at + 2] != ' ')
		return 0;
	return log_time_read(text, stamp, arrival, ret_wall_ms) ? at + 3 : 0;
}

static bool starts(const char *text, size_t length, const char *word)
{
	size_t size = strlen(word);
	return length >= size && memcmp(text, word, size) == 0;
}

static size_t string_end(const char *text, size_t length, size_t at)
{
	while (at < length && text[at] != '"')
		at += text[at] == '\\' ? 2 : 1;
	return at < length ? at : 0;
}

/* The parts of such a line, as the JSON writes them. */
struct docker {
	struct log_part line, stream, stamp;
};

/* Between stream and time there may be labels of the container (`attrs`). */
static bool find(const char *text, size_t length, struct docker *ret)
{
	static const char log[] = "{\"log\":\"", stream[] = "\",\"stream\":\"",
			  time[] = "\"time\":\"";
	size_t size = strlen(time), end = length - 2;
	size_t line = starts(text, length, log) ? string_end(text, length, strlen(log)) : 0;
	size_t at = line + strlen(stream), stamp = end;
	if (!line || !starts(text + line, length - line, stream) || at + STREAM + size > end ||
		!is_stream(text + at) || memcmp(text + end, "\"}", 2) != 0)
		return false;
	while (stamp > at && text[stamp - 1] != '"')
		stamp--;
	if (stamp < at + size || memcmp(text + stamp - size, time, size) != 0)
		return false;
	*ret = (struct docker){
		.line = {(uint32_t)strlen(log), (uint32_t)(line - strlen(log)), true},
		.stream = {(uint32_t)at, STREAM, false},
		.stamp = {(uint32_t)stamp, (uint32_t)(end - stamp), false}};
	return true;
}

bool log_is_docker(const char *text, size_t length)
{
	struct docker parts;
	return length > 2 && text[0] == '{' && text[2] == 'l' && find(text, length, &parts);
}

bool log_docker_open(const char *text, size_t length, struct str *to)
{
	struct docker parts;
	autostr struct str line = STR_INIT;
	if (!find(text, length, &parts))
		return false;
	log_part_text(text, parts.stamp, &line);
	str_addch(&line, ' ');
	log_part_text(text, parts.stream, &line);
	str_adds(&line, " F ");
	log_part_text(text, parts.line, &line);
	while (line.length && line.text[line.length - 1] == '\n')
		str_truncate(&line, line.length - 1);
	if (line.length > length)
		return false; /* broken escapes grow */
	str_add(to, line.text, line.length);
	return true;
}
