/* SPDX-License-Identifier: MIT */
#include "tui/window.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/msg/event_key.h"
#include "tui/link.h"

void window_init(struct window *window, enum window_id id)
{
	*window = (struct window){.id = id, .error = xstrdup("")};
}

static void drop_rows(struct window *window)
{
	for (size_t i = 0; i < window->count; i++)
		msg_release(MSG_row, &window->rows[i]);
	free(window->rows);
	window->rows = NULL;
	window->count = 0;
	window->trimmed = 0;
}

void window_release(struct window *window)
{
	drop_rows(window);
	msg_release(MSG_win_open, &window->wish);
	msg_release(MSG_win_points, &window->points);
	free(window->error);
	window->error = NULL;
}

/* ---- asking ---- */

static bool same_wish(const struct window *window, const struct msg_win_open *wish)
{
	struct msg_win_open aligned = *wish;
	aligned.window = window->wish.window;
	aligned.generation = window->wish.generation;
	return msg_equal(MSG_win_open, &window->wish, &aligned, false);
}

bool window_is_of(const struct window *window, const struct msg_win_open *wish)
{
	return window->asked && same_wish(window, wish);
}

void window_ask(struct window *window, struct link *link, const struct msg_win_open *wish)
{
	bool same = window_is_of(window, wish);
	if (link_state(link) != LINK_ATTACHED || !link_welcome(link) ||
		(same && window->epoch == link_epoch(link)))
		return;
	if (!same) {
		uint64_t generation = window->wish.generation;
		struct msg_win_open *copy = msg_copy(MSG_win_open, wish);
		msg_release(MSG_win_open, &window->wish);
		window->wish = *copy;
		free(copy);
		window->wish.generation = generation;
	}
	window->wish.window = (uint64_t)window->id;
	window->wish.generation++;
	window->asked = true;
	window->answered = false;
	window->epoch = link_epoch(link);
	(void)link_send(link, MSG_win_open, &window->wish);
}

void window_forget(struct window *window)
{
	window->asked = false;
}

void window_close(struct window *window, struct link *link)
{
	if (window->asked && window->epoch == link_epoch(link)) {
		struct msg_win_close close = {.window = (uint64_t)window->id};
		(void)link_send(link, MSG_win_close, &close);
	}
	drop_rows(window);
	msg_release(MSG_win_points, &window->points);
	window->asked = false;
	window->change++;
}

/* ---- taking ---- */

/* Bounded: what is beyond the limit leaves at the oldest end. */
static void trim(struct window *window)
{
	if (window->count <= WINDOW_ROWS_MAX)
		return;
	size_t over = window->count - WINDOW_ROWS_MAX;
	for (size_t i = 0; i < over; i++)
		msg_release(MSG_row, &window->rows[i]);
	memmove(window->rows, window->rows + over, WINDOW_ROWS_MAX * sizeof(*window->rows));
	window->count = WINDOW_ROWS_MAX;
	window->trimmed += over;
}

/* Where a row belongs: behind those up to its key. Most belong at the end. */
static size_t place_of(const struct window *window, const char *key)
{
	size_t low = 0, high = window->count;
	if (high && event_key_compare_texts(window->rows[high - 1].key, key) <= 0)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (event_key_compare_texts(window->rows[middle].key, key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void add_rows(struct window *window, const struct msg_row *rows, size_t count)
{
	if (count == 0)
		return;
	window->rows = xreallocarray(window->rows, window->count + count, sizeof(*window->rows));
	for (size_t i = 0; i < count; i++) {
		size_t at = place_of(window, rows[i].key);
		if (at && strcmp(window->rows[at - 1].key, rows[i].key) == 0)
			continue; /* it is there */
		struct msg_row *copy = msg_copy(MSG_row, &rows[i]);
		memmove(window->rows + at + 1, window->rows + at,
			(window->count - at) * sizeof(*window->rows));
		window->rows[at] = *copy;
		window->count++;
		free(copy);
	}
	trim(window);
}

static void take_rows(struct window *window, const struct msg_win_rows *part)
{
	if (part->replace || !window->answered)
		drop_rows(window);
	add_rows(window, part->rows, part->rows_count);
	window->more_before = part->more_before + window->trimmed;
	window->answered = true;
	window->more_after = part->more_after;
	window->hits = part->hits;
	window->hidden = part->hidden;
	window->costly = part->costly;
	window->dropped = part->dropped;
	window->scanned_from_ms = part->scanned_from_ms;
	window->scanned_to_ms = part->scanned_to_ms;
	window->done = part->done;
	msg_set(&window->error, part->error ? part->error : "");
	window->change++;
}

static void take_points(struct window *window, const struct msg_win_points *part)
{
	struct msg_win_points *copy = msg_copy(MSG_win_points, part);
	msg_release(MSG_win_points, &window->points);
	window->points = *copy;
	free(copy);
	window->answered = true;
	window->done = part->done;
	msg_set(&window->error, part->error ? part->error : "");
	window->change++;
}

bool window_take(struct window *window, enum msg_kind kind, const void *body)
{
	if (kind == MSG_win_rows) {
		const struct msg_win_rows *part = body;
		if (part->window != (uint64_t)window->id ||
			part->generation != window->wish.generation || !window->asked)
			return false;
		take_rows(window, part);
		return true;
	}
	const struct msg_win_points *part = body;
	if (kind != MSG_win_points || part->window != (uint64_t)window->id ||
		part->generation != window->wish.generation || !window->asked)
		return false;
	take_points(window, part);
	return true;
}

long window_find(const struct window *window, const char *key)
{
	for (size_t i = 0; i < window->count; i++)
		if (strcmp(window->rows[i].key, key) == 0)
			return (long)i;
	return -1;
}
