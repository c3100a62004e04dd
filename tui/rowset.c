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

void rowset_release(struct rowset *rows)
{
	id_list_release(&rows->shown);
	id_list_release(&rows->marks);
	id_list_release(&rows->sorted_marks);
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
	long recalled = rows->touched ? ROW_NONE : rowset_find(rows, rows->recalled);
	if (recalled != ROW_NONE) {
		rows->touched = true;
		row = recalled;
	}
	if (!rows->touched)
		row = 0;
	place_cursor(rows, row == ROW_NONE ? rows->cursor_row : (size_t)row);
}

static void follow_range(struct rowset *rows)
{
	long row = rowset_find(rows, rows->range_from);
	if (row == ROW_NONE)
		rows->range_from = 0;
	else
		rows->range_row = (size_t)row;
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
	follow_range(rows);
	follow_cursor(rows);
}

long rowset_find(const struct rowset *rows, uint64_t id)
{
	return id ? find_in(&rows->shown, id) : ROW_NONE;
}

void rowset_pin(struct rowset *rows)
{
	if (rows->cursor)
		rows->touched = true;
}

void rowset_move_to(struct rowset *rows, size_t row)
{
	rows->touched = true;
	place_cursor(rows, row);
}

/* ---- marks ---- */

bool rowset_marked(const struct rowset *rows, uint64_t id)
{
	return sorted_has(&rows->sorted_marks, id);
}

/* Takes ownership of the new marks. */
static void set_marks(struct rowset *rows, struct id_list marks)
{
	struct id_list sorted = sorted_copy(marks.ids, marks.count);
	id_list_release(&rows->marks);
	id_list_release(&rows->sorted_marks);
	rows->marks = marks;
	rows->sorted_marks = sorted;
}

/* The marks but for those of `without`, which is sorted. */
static struct id_list marks_without(const struct rowset *rows, const struct id_list *without)
{
	struct id_list kept = {0};
	for (size_t i = 0; i < rows->marks.count; i++)
		if (!sorted_has(without, rows->marks.ids[i]))
			id_list_add(&kept, rows->marks.ids[i]);
	return kept;
}

void rowset_mark(struct rowset *rows, uint64_t id, bool on)
{
	const struct id_list one = {.ids = &id, .count = 1};
	rows->touched = true;
	if (on == rowset_marked(rows, id) || !id)
		return;
	struct id_list marks = marks_without(rows, &one);
	if (on)
		id_list_add(&marks, id);
	set_marks(rows, marks);
}

void rowset_invert(struct rowset *rows)
{
	struct id_list shown = sorted_copy(rows->shown.ids, rows->shown.count);
	struct id_list marks = marks_without(rows, &shown);
	rows->touched = true;
	for (size_t i = 0; i < rows->shown.count; i++)
		if (!rowset_marked(rows, rows->shown.ids[i]))
			id_list_add(&marks, rows->shown.ids[i]);
	set_marks(rows, marks);
	id_list_release(&shown);
}

void rowset_unmark_all(struct rowset *rows)
{
	set_marks(rows, (struct id_list){0});
	rows->range_from = 0;
}

bool rowset_in_range(const struct rowset *rows, size_t row)
{
	size_t from = rows->range_row, to = rows->cursor_row;
	if (!rows->range_from || !rows->cursor)
		return false;
	return from < to ? row >= from && row <= to : row >= to && row <= from;
}

void rowset_chosen(const struct rowset *rows, struct id_list *ret_ids)
{
	for (size_t i = 0; i < rows->marks.count; i++)
		id_list_add(ret_ids, rows->marks.ids[i]);
	for (size_t row = 0; row < rows->shown.count; row++)
		if (rowset_in_range(rows, row) && !rowset_marked(rows, rows->shown.ids[row]))
			id_list_add(ret_ids, rows->shown.ids[row]);
}

void rowset_range(struct rowset *rows)
{
	struct id_list marks = {0};
	if (!rows->range_from) {
		rows->range_from = rows->cursor;
		rows->range_row = rows->cursor_row;
		return;
	}
	rowset_chosen(rows, &marks);
	set_marks(rows, marks);
	rows->touched = true;
	rows->range_from = 0;
}

void rowset_forget(
	struct rowset *rows, bool (*exists)(const void *context, uint64_t id), const void *context)
{
	struct id_list kept = {0};
	for (size_t i = 0; i < rows->marks.count; i++)
		if (exists(context, rows->marks.ids[i]))
			id_list_add(&kept, rows->marks.ids[i]);
	if (kept.count == rows->marks.count)
		id_list_release(&kept);
	else
		set_marks(rows, kept);
}
