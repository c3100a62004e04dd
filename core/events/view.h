/* SPDX-License-Identifier: MIT */
/*
 * A part that is open for reading: its lines in the order of their keys, whatever it is made of. Of one
 * thread; what it gives out is valid until the next line is asked for.
 */
#ifndef BOTSWAIN_EVENTS_VIEW_H
#define BOTSWAIN_EVENTS_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/events/text.h"
#include "core/msg/event_key.h"

struct needle;
struct part_view;
struct scratch;
struct store_part;

/* Of an indexed part; what it borrows must outlive it. NULL: it is in the history, and cannot be read. */
struct part_view *part_view_open(const struct store_part *part) MUST_CHECK;
/* Only those of its lines whose text may hold the needle, as part_may_say(); NULL: none. Of a block of a file the bytes are
 * read once, into *scratch, which is the view's until it is closed; of other parts it has all lines. */
struct part_view *part_view_open_hits(
	const struct store_part *part, struct needle *needle, struct scratch *scratch) MUST_CHECK;
/* ... of a block that was looked through (part_seek), whose scratch it borrows. NULL: none. */
struct part_view *part_view_of_hits(
	const struct store_part *part, const struct scratch *scratch) MUST_CHECK;
void part_view_close(struct part_view *view); /* NULL is legal */

size_t part_view_count(const struct part_view *view); /* of its lines */
struct event_key part_view_key(const struct part_view *view, size_t line);
/* The first line at or behind the key; the count: none is. */
size_t part_view_find(const struct part_view *view, struct event_key key);
/* The bot of a line, without reading its text. "": none. */
const char *part_view_bot(const struct part_view *view, size_t line);
/* What is known of it: time, level, bot, flags; its text is read when somebody asks for it. */
struct event_line part_view_line(struct part_view *view, size_t line);

/* False when the text of a line cannot hold the needle, as event_line_may_say(), without asking for the line. */
bool part_view_may_say(struct part_view *view, size_t line, const struct needle *needle);

#endif
