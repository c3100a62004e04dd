/* SPDX-License-Identifier: MIT */
#include "tui/cli/merge.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"

struct held {
	int64_t at_ms, came_ms;
	size_t engine;
	char *line;
	size_t length;
};

struct merge {
	struct held *list; /* in order */
	size_t count, room;
};

struct merge *merge_new(void)
{
	return xcalloc(1, sizeof(struct merge));
}

static void drop(struct merge *merge, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(merge->list[i].line);
	merge->count -= count;
	if (merge->count)
		memmove(merge->list, merge->list + count, merge->count * sizeof(*merge->list));
}

void merge_free(struct merge *merge)
{
	if (!merge)
		return;
	drop(merge, merge->count);
	free(merge->list);
	free(merge);
}

static bool is_after(const struct held *held, int64_t at_ms, size_t engine)
{
	return held->at_ms > at_ms || (held->at_ms == at_ms && held->engine > engine);
}

/* Nearly all come at the end. */
void merge_add(struct merge *merge, int64_t at_ms, size_t engine, int64_t now_mono_ms,
	const char *line, size_t length)
{
	merge->list = grow(merge->list, merge->count, &merge->room, sizeof(*merge->list));
	size_t at = merge->count++;
	for (; at > 0 && is_after(&merge->list[at - 1], at_ms, engine); at--)
		merge->list[at] = merge->list[at - 1];
	merge->list[at] = (struct held){.at_ms = at_ms,
		.came_ms = now_mono_ms,
		.engine = engine,
		.line = xstrndup(line, length),
		.length = length};
}

static void take(struct merge *merge, size_t count, struct str *to)
{
	for (size_t i = 0; i < count; i++)
		str_add(to, merge->list[i].line, merge->list[i].length);
	drop(merge, count);
}

void merge_take(struct merge *merge, int64_t now_mono_ms, struct str *to)
{
	size_t due = merge->count;
	while (due > 0 && now_mono_ms - merge->list[due - 1].came_ms < MERGE_HOLD_MS)
		due--;
	if (merge->count - due > MERGE_LINES_MAX)
		due = merge->count - MERGE_LINES_MAX / 2;
	take(merge, due, to);
}

void merge_end(struct merge *merge, struct str *to)
{
	take(merge, merge->count, to);
}
