/* SPDX-License-Identifier: MIT */
#include "core/collect/splitter.h"

#include <string.h>

#include "core/base/limits.h"

void splitter_init(struct splitter *splitter)
{
	*splitter = (struct splitter){0};
	str_init(&splitter->partial);
}

void splitter_release(struct splitter *splitter)
{
	str_release(&splitter->partial);
}

static void give(const char *line, size_t length, bool is_cut, splitter_take *take, void *context)
{
	if (length && !is_cut && line[length - 1] == '\r')
		length--;
	take(context, line, length, is_cut);
}

void splitter_give(struct splitter *splitter, bool is_cut, splitter_take *take, void *context)
{
	if (splitter->partial.length)
		give(splitter->partial.text, splitter->partial.length, is_cut, take, context);
	str_clear(&splitter->partial);
}

static void end_line(struct splitter *splitter, const char *bytes, size_t length,
	splitter_take *take, void *context)
{
	if (splitter->is_skipping) {
		splitter->is_skipping = false;
	} else if (splitter->partial.length) {
		str_add(&splitter->partial, bytes, length);
		splitter_give(splitter, false, take, context);
	} else {
		give(bytes, length, false, take, context);
	}
}

void splitter_feed(struct splitter *splitter, const char *bytes, size_t length, int64_t now_ms,
	splitter_take *take, void *context)
{
	const char *end = bytes + length;
	for (const char *newline; (newline = memchr(bytes, '\n', (size_t)(end - bytes)));
		bytes = newline + 1)
		end_line(splitter, bytes, (size_t)(newline - bytes), take, context);
	if (bytes == end || splitter->is_skipping)
		return;
	str_add(&splitter->partial, bytes, (size_t)(end - bytes));
	splitter->grown_ms = now_ms;
	if (splitter->partial.length <= LIMIT_LOG_STORED_BYTES)
		return;
	splitter_give(splitter, true, take, context);
	splitter->is_skipping = true;
}

int64_t splitter_due_ms(const struct splitter *splitter)
{
	return splitter->partial.length ? splitter->grown_ms + SPLITTER_WAIT_MS : INT64_MAX;
}

void splitter_give_late(
	struct splitter *splitter, int64_t now_ms, splitter_take *take, void *context)
{
	if (now_ms >= splitter_due_ms(splitter))
		splitter_give(splitter, true, take, context);
}
