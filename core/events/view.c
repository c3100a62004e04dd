/* SPDX-License-Identifier: MIT */
#include "core/events/view.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/events/chunk.h"

struct chunk_view {
	const struct chunk *chunk;
	size_t count;
};

struct chunk_view *chunk_view_open(const struct chunk *chunk, size_t count)
{
	struct chunk_view *view = xmalloc(sizeof(*view));
	*view = (struct chunk_view){chunk, count};
	return view;
}

void chunk_view_close(struct chunk_view *view)
{
	free(view);
}

size_t chunk_view_count(const struct chunk_view *view)
{
	return view->count;
}

static struct event_key key_of(const struct chunk *chunk, size_t line)
{
	return (struct event_key){record_order_ms(chunk_record(chunk, line)),
		chunk_stream(chunk)->source, chunk_first_seq(chunk) + line};
}

struct event_key chunk_view_key(const struct chunk_view *view, size_t line)
{
	return key_of(view->chunk, line);
}

size_t chunk_view_find(const struct chunk_view *view, struct event_key key)
{
	size_t first = 0, end = view->count;
	while (first < end) {
		size_t middle = first + (end - first) / 2;
		if (event_key_compare(chunk_view_key(view, middle), key) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

struct event_line chunk_view_line(struct chunk_view *view, size_t line)
{
	return event_line_of(view->chunk, chunk_record(view->chunk, line));
}

struct event_key chunk_first_key(const struct chunk *chunk)
{
	return key_of(chunk, 0);
}

struct event_key chunk_last_key(const struct chunk *chunk, size_t count)
{
	return key_of(chunk, count - 1);
}
