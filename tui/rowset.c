/* SPDX-License-Identifier: MIT */
#include "tui/rowset.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

void id_list_add(struct id_list *list, uint64_t id)
{
	list->ids = grow(list->ids, list->count, &list->capacity, sizeof(*list->ids));
	list->ids[list->count++] = id;
}

void id_list_clear(struct id_list *list)
{
	list->count = 0;
}

void id_list_release(struct id_list *list)
{
	free(list->ids);
	*list = (struct id_list){0};
}

static long find_in(const struct id_list *list, uint64_t id)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->ids[i] == id)
			return (long)i;
	return ROW_NONE;
}

static void remove_at(struct id_list *list, size_t at)
{
	list->count--;
	memmove(list->ids + at, list->ids + at + 1, (list->count - at) * sizeof(*list->ids));
}

void rowset_release(struct rowset *rows)
{
	id_list_release(&rows->shown);
	id_list_release(&rows->marks);
}

/* ---- the order ---- */

static int compare_ids(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return (left > right) - (left < right);
}

static bool sorted_has(const struct id_list *sorted, uint64_t id)
{
	return sorted->count &&
	       bsearch(&id, sorted->ids, sorted->count, sizeof(id), compare_ids) != NULL;
}

static struct id_list sorted_copy(const uint64_t *ids, size_t count)
{
	struct id_list copy = {.count = count, .capacity = count};
	copy.ids = xcalloc(count + 1, sizeof(*ids));
	if (count)
		memcpy(copy.ids, ids, count * sizeof(*ids));
	qsort(copy.ids, count, sizeof(*ids), compare_ids);
	return copy;
}

/* The shown order with what is gone left out and what is new at the end. */
static void keep_order(struct rowset *rows, const uint64_t *wanted, size_t count)
{
	struct id_list wanted_ids = sorted_copy(wanted, count);
	struct id_list shown_ids = sorted_copy(rows->shown.ids, rows->shown.count);
	struct id_list kept = {0};
	for (size_t i = 0; i < rows->shown.count; i++)
		if (sorted_has(&wanted_ids, rows->shown.ids[i]))
			id_list_add(&kept, rows->shown.ids[i]);
	for (size_t i = 0; i < count; i++)
		if (!sorted_has(&shown_ids, wanted[i]))
			id_list_add(&kept, wanted[i]);
	id_list_release(&wanted_ids);
	id_list_release(&shown_ids);
	id_list_release(&rows->shown);
	rows->shown = kept;
}

static bool same_order(const struct id_list *list, const uint64_t *ids, size_t count)
{
	return list->count == count &&
	       (count == 0 || memcmp(list->ids, ids, count * sizeof(*ids)) == 0);
}

static void place_cursor(struct rowset *rows, size_t row)
{
	if (rows->shown.count == 0) {
		rows->cursor = 0;
		rows->cursor_row = 0;
		return;
	}
	rows->cursor_row = row < rows->shown.count ? row : rows->shown.count - 1;
	rows->cursor = rows->shown.ids[rows->cursor_row];
}

/* Until somebody has chosen a row it is the first one, the worst. */
static void follow_cursor(struct rowset *rows)
{
	long row = rowset_find(rows, rows->cursor);
	if (!rows->touched)
		row = 0;
	place_cursor(rows, row == ROW_NONE ? rows->cursor_row : (size_t)row);
}

void rowset_update(struct rowset *rows, const uint64_t *wanted, size_t count, bool hold)
{
	if (hold && rows->shown.count && !rows->adopt) {
		keep_order(rows, wanted, count);
	} else if (!same_order(&rows->shown, wanted, count)) {
		id_list_clear(&rows->shown);
		for (size_t i = 0; i < count; i++)
			id_list_add(&rows->shown, wanted[i]);
	}
	rows->adopt = false;
	rows->order_changed = !same_order(&rows->shown, wanted, count);
	if (rows->range_from && rowset_find(rows, rows->range_from) == ROW_NONE)
		rows->range_from = 0;
	follow_cursor(rows);
}

long rowset_find(const struct rowset *rows, uint64_t id)
{
	return id ? find_in(&rows->shown, id) : ROW_NONE;
}

void rowset_move_to(struct rowset *rows, size_t row)
{
	rows->touched = true;
	place_cursor(rows, row);
}

/* ---- marks ---- */

bool rowset_marked(const struct rowset *rows, uint64_t id)
{
	return find_in(&rows->marks, id) != ROW_NONE;
}

void rowset_mark(struct rowset *rows, uint64_t id, bool on)
{
	long at = find_in(&rows->marks, id);
	rows->touched = true;
	if (on && at == ROW_NONE && id)
		id_list_add(&rows->marks, id);
	else if (!on && at != ROW_NONE)
		remove_at(&rows->marks, (size_t)at);
}

void rowset_invert(struct rowset *rows)
{
	for (size_t i = 0; i < rows->shown.count; i++) {
		uint64_t id = rows->shown.ids[i];
		rowset_mark(rows, id, !rowset_marked(rows, id));
	}
}

void rowset_unmark_all(struct rowset *rows)
{
	id_list_clear(&rows->marks);
	rows->range_from = 0;
}

bool rowset_in_range(const struct rowset *rows, size_t row)
{
	long from = rowset_find(rows, rows->range_from), to = rowset_find(rows, rows->cursor);
	if (from == ROW_NONE || to == ROW_NONE)
		return false;
	long first = from < to ? from : to, last = from < to ? to : from;
	return (long)row >= first && (long)row <= last;
}

void rowset_range(struct rowset *rows)
{
	if (!rows->range_from) {
		rows->range_from = rows->cursor;
		return;
	}
	for (size_t row = 0; row < rows->shown.count; row++)
		if (rowset_in_range(rows, row))
			rowset_mark(rows, rows->shown.ids[row], true);
	rows->range_from = 0;
}

void rowset_forget(
	struct rowset *rows, bool (*exists)(const void *context, uint64_t id), const void *context)
{
	for (size_t i = rows->marks.count; i-- > 0;)
		if (!exists(context, rows->marks.ids[i]))
			remove_at(&rows->marks, i);
}
