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

struct store_part;
struct part_view;

/* Of an indexed part; what it borrows must outlive it. */
struct part_view *part_view_open(const struct store_part *part) MUST_CHECK;
void part_view_close(struct part_view *view); /* NULL is legal */

size_t part_view_count(const struct part_view *view);
struct event_key part_view_key(const struct part_view *view, size_t line);
/* The first line at or behind the key; the count: none is. */
size_t part_view_find(const struct part_view *view, struct event_key key);
/* The bot of a line, without reading its text. "": none. */
const char *part_view_bot(const struct part_view *view, size_t line);
/* What is known of it: time, level, bot, flags; its text is read when somebody asks for it. */
struct event_line part_view_line(struct part_view *view, size_t line);

struct needle;
/* False when the text of a line cannot hold the needle, as event_line_may_say(), without asking for the line. */
bool part_view_may_say(struct part_view *view, size_t line, const struct needle *needle);

#endif
