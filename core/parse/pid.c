/* SPDX-License-Identifier: MIT */
#include "core/parse/pid.h"

#include <string.h>

#include "core/base/sanitize.h"
#include "core/base/str.h"

enum {
	PID_MAX = 1 << 22,
	EXCERPT_CELLS = 60,
};

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r';
}

static bool refuse(const char *line, size_t length, struct err *err)
{
	autostr struct str excerpt = STR_INIT;
	sanitize_clip(&excerpt, line, length, EXCERPT_CELLS);
	return err_set(err, ERR_SYNTAX, "no process id: '%s'", excerpt.text);
}

bool pid_read(const char *text, size_t length, int32_t *ret_pid, struct err *err)
{
	const char *end = length ? memchr(text, '\n', length) : NULL;
	size_t size = end ? (size_t)(end - text) : length;
	while (size && is_blank(text[size - 1]))
		size--;
	while (size && is_blank(*text))
		text++, size--;
	if (!size)
		return err_set(err, ERR_SYNTAX, "no process id: it is empty");
	int32_t pid = 0;
	for (size_t at = 0; at < size; at++) {
		if (text[at] < '0' || text[at] > '9' || pid > PID_MAX / 10)
			return refuse(text, size, err);
		pid = pid * 10 + (text[at] - '0');
	}
	if (pid < 1 || pid > PID_MAX)
		return refuse(text, size, err);
	*ret_pid = pid;
	return true;
}

pid_t pid_from_number(int64_t number)
{
	return number > 0 && number <= PID_MAX ? (pid_t)number : 0;
}
