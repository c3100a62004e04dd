/* SPDX-License-Identifier: MIT */
/*
 * A chunk that is open for reading: its lines in the order of their keys, whatever it is made of. Of one
 * thread; what it gives out is valid until it is closed.
 */
#ifndef BOTSWAIN_EVENTS_VIEW_H
#define BOTSWAIN_EVENTS_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/events/text.h"
#include "core/msg/event_key.h"

struct chunk;
struct chunk_view;

/* Borrows the chunk. Its first `count` lines alone, of those that were published. */
struct chunk_view *chunk_view_open(const struct chunk *chunk, size_t count) MUST_CHECK;
void chunk_view_close(struct chunk_view *view); /* NULL is legal */

size_t chunk_view_count(const struct chunk_view *view);
struct event_key chunk_view_key(const struct chunk_view *view, size_t line);
/* The first line at or behind the key; the count: none is. */
size_t chunk_view_find(const struct chunk_view *view, struct event_key key);
struct event_line chunk_view_line(struct chunk_view *view, size_t line);

/* The keys of the first and the last of its first `count` lines, without opening it; count > 0. */
struct event_key chunk_first_key(const struct chunk *chunk);
struct event_key chunk_last_key(const struct chunk *chunk, size_t count);

#endif
