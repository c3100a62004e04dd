/* SPDX-License-Identifier: MIT */
/*
 * Two moments tell exactly what is missing: when the newest entry was read (then all that were ever
 * added lie behind us), and when even the oldest one was not (then all but those that are there
 * do). In between nobody knows how many of those that are there are behind us.
 */
#include "core/collect/stream_gap.h"

#include <string.h>

#include "core/collect/stream_entry.h"

/* Without a count of what was added: said once, until something that we have read is there again. */
static struct stream_gap guess(bool is_all_unread, const char *last_id, int64_t *position)
{
	bool is_told = *position >= 0, is_new = strcmp(last_id, "0-0") == 0;
	*position = is_all_unread ? 0 : -1;
	return (struct stream_gap){
		.lost = is_all_unread && !is_told && !is_new, .is_at_least = true};
}

struct stream_gap stream_gap_find(
	const struct stream_shape *shape, const char *last_id, int64_t *position)
{
	bool is_all_read = stream_id_compare(shape->newest_id, last_id) == 0;
	bool is_all_unread =
		!is_all_read &&
		(!shape->first_id[0] || stream_id_compare(shape->first_id, last_id) > 0);
	if (shape->added < 0)
		return guess(is_all_unread, last_id, position);
	if (!is_all_read && !is_all_unread)
		return (struct stream_gap){0};
	int64_t before = *position;
	*position = is_all_read ? shape->added : shape->added - shape->length;
	/* Fewer than before: it was made anew. */
	bool is_gap = before >= 0 && *position > before;
	return (struct stream_gap){.lost = is_gap ? (uint64_t)(*position - before) : 0};
}
