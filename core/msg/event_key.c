/* SPDX-License-Identifier: MIT */
#include "core/msg/event_key.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int event_key_compare(struct event_key a, struct event_key b)
{
	if (a.time_ms != b.time_ms)
		return a.time_ms < b.time_ms ? -1 : 1;
	if (a.source != b.source)
		return a.source < b.source ? -1 : 1;
	return (a.seq > b.seq) - (a.seq < b.seq);
}

struct event_key_text event_key_print(struct event_key key)
{
	struct event_key_text shown;
	snprintf(shown.text, sizeof(shown.text), "%" PRId64 "/%" PRIx64 "/%" PRIu64, key.time_ms,
		key.source, key.seq);
	return shown;
}

static bool read_part(const char **text, int base, char end, uint64_t *ret)
{
	char *rest;
	errno = 0;
	if (**text == '-' || **text == '+' || **text == ' ')
		return false;
	*ret = strtoull(*text, &rest, base);
	bool is = rest > *text && *rest == end && !errno;
	*text = rest + (is && end);
	return is;
}

bool event_key_read(const char *text, struct event_key *ret_key, struct err *err)
{
	struct event_key key;
	const char *at = text;
	char *rest;
	if (!*text) {
		*ret_key = EVENT_KEY_END;
		return true;
	}
	errno = 0;
	key.time_ms = strtoll(text, &rest, 10);
	bool is = rest > text && *rest == '/' && !errno;
	at = rest + is;
	if (!is || !read_part(&at, 16, '/', &key.source) || !read_part(&at, 10, '\0', &key.seq))
		return err_set(err, ERR_INVALID, "'%.60s' is no event key", text);
	*ret_key = key;
	return true;
}

int event_key_compare_texts(const char *a, const char *b)
{
	struct event_key left, right;
	struct err ignored;
	if (event_key_read(a, &left, &ignored) && event_key_read(b, &right, &ignored))
		return event_key_compare(left, right);
	long long a_ms = strtoll(a, NULL, 10), b_ms = strtoll(b, NULL, 10);
	return (a_ms > b_ms) - (a_ms < b_ms);
}
