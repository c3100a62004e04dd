/* SPDX-License-Identifier: MIT */
/*
 * The rows of a table as entity ids: their order on the screen, the cursor, the marks and a range.
 * The cursor stands on an entity, never on a row number. While `hold` is asked for, rows stay where
 * they are: what is gone leaves, what is new comes at the end, and `order_changed` says that the
 * wanted order differs. Whether one row is marked or in the range is answered without going through
 * the others. Pure; screen thread.
 */
#ifndef BOTSWAIN_TUI_ROWSET_H
#define BOTSWAIN_TUI_ROWSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct id_list {
	uint64_t *ids;
	size_t count, capacity;
};

struct rowset {
	struct id_list shown; /* in the order of the screen */
	struct id_list marks; /* in the order they were set */
	struct id_list sorted_marks;
	uint64_t cursor;     /* 0: no row */
	uint64_t range_from; /* where a range began, 0: none is open */
	size_t cursor_row;   /* row of the cursor; of use when its entity has gone */
	size_t range_row;    /* row of range_from */
	bool order_changed;
	bool adopt; /* the operator asked for another order: the next update takes it, held or not */
	uint64_t
		recalled; /* where the cursor stood in the screen before: it goes there when that is shown, untouched */
	bool touched; /* the operator has moved the cursor or meant its row; before that it stays on the first row */
};

enum { ROW_NONE = -1 };

void rowset_release(struct rowset *rows);
/* Takes the wanted order, unless it must hold. */
void rowset_update(struct rowset *rows, const uint64_t *wanted, size_t count, bool hold);
/* The row of an entity, ROW_NONE when it is not shown. */
long rowset_find(const struct rowset *rows, uint64_t id);
/* The operator means the row under the cursor: from now on the cursor stays with its entity. */
void rowset_pin(struct rowset *rows);
/* Puts the cursor on a row (clamped). */
void rowset_move_to(struct rowset *rows, size_t row);

bool rowset_marked(const struct rowset *rows, uint64_t id);
void rowset_mark(struct rowset *rows, uint64_t id, bool on);
/* Each shown row's mark is turned over. */
void rowset_invert(struct rowset *rows);
void rowset_unmark_all(struct rowset *rows);
/* Opens a range at the cursor, or closes it and marks its rows. */
void rowset_range(struct rowset *rows);
/* True for rows between the open range's start and the cursor. */
bool rowset_in_range(const struct rowset *rows, size_t row);
/* Adds what an action is for: the marks as they were set, then the other rows of the open range. */
void rowset_chosen(const struct rowset *rows, struct id_list *ret_ids);
/* Marks of entities that `exists` denies are dropped. */
void rowset_forget(
	struct rowset *rows, bool (*exists)(const void *context, uint64_t id), const void *context);

void id_list_add(struct id_list *list, uint64_t id);
void id_list_clear(struct id_list *list);
void id_list_release(struct id_list *list);

#endif
