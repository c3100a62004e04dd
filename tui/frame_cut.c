/* SPDX-License-Identifier: MIT */
#include "tui/frame_cut.h"

#include <string.h>

enum {
	CELL_BYTES = 4, /* what a changed cell costs, about (reference: 26 kB for 7,200 cells) */
	CHURN_MAX =
		200, /* a row that changes in every frame comes near it, in some five frames ... */
	CHURN_BUSY = 150, /* ... past this */
	MOVED_LEAST = 4,
	MOVED_MOST = 8,
};

struct choice {
	size_t budget, cost;
	int *rows, count;
	size_t costs[CANVAS_SIDE_MAX]; /* of each row */
	bool taken[CANVAS_SIDE_MAX];
	int first_left; /* -1: none */
};

static void try_row(struct choice *choice, int row)
{
	size_t cost = choice->costs[row];
	if (!cost || choice->taken[row])
		return;
	if (choice->cost && choice->budget && choice->cost + cost > choice->budget) {
		choice->first_left = choice->first_left < 0 ? row : choice->first_left;
		return;
	}
	choice->taken[row] = true;
	choice->cost += cost;
	choice->rows[choice->count++] = row;
}

static void note_churn(struct frame_cut *cut, const struct choice *choice, int rows)
{
	for (int row = 0; row < rows; row++) {
		unsigned churn = cut->churn[row];
		bool changed = choice->costs[row] > 0;
		cut->churn[row] = (uint8_t)(changed ? (churn + CHURN_MAX) / 2 : churn * 3 / 4);
	}
}

int frame_cut_choose(struct frame_cut *cut, const struct grid *shown, const struct grid *wanted,
	int rows, size_t budget, int ret_rows[CANVAS_SIDE_MAX], bool *ret_whole)
{
	struct choice choice = {.budget = budget, .rows = ret_rows, .first_left = -1};
	for (int row = 0; row < rows; row++)
		choice.costs[row] = grid_row_changes(shown, wanted, row) * CELL_BYTES;
	for (int row = 0; row < rows; row++)
		if (cut->churn[row] < CHURN_BUSY)
			try_row(&choice, row);
	int turn = cut->next_row < rows ? cut->next_row : 0;
	for (int i = 0; i < rows; i++)
		try_row(&choice, (turn + i) % rows);
	note_churn(cut, &choice, rows);
	cut->next_row = choice.first_left < 0 ? 0 : choice.first_left;
	*ret_whole = choice.first_left < 0;
	return choice.count;
}

static bool is_row(const struct grid *a, int row_of_a, const struct grid *b, int row_of_b)
{
	return memcmp(grid_cell(a, row_of_a, 0), grid_cell(b, row_of_b, 0),
		       (size_t)a->columns * sizeof(struct cell)) == 0;
}

/* Rows of `wanted` that are not what is shown there. */
struct changed {
	int list[CANVAS_SIDE_MAX], count;
};

static int moved_by(const struct grid *shown, const struct grid *wanted, int rows,
	const struct changed *changed, int distance)
{
	int count = 0;
	for (int i = 0; i < changed->count; i++) {
		int from = changed->list[i] + distance;
		count += from >= 0 && from < rows && is_row(wanted, changed->list[i], shown, from);
	}
	return count;
}

bool frame_scrolled(const struct grid *shown, const struct grid *wanted, int rows)
{
	struct changed changed = {.count = 0};
	for (int row = 0; row < rows; row++)
		if (!is_row(wanted, row, shown, row))
			changed.list[changed.count++] = row;
	for (int distance = 1; distance <= MOVED_MOST && changed.count >= MOVED_LEAST; distance++)
		if (moved_by(shown, wanted, rows, &changed, distance) >= MOVED_LEAST ||
			moved_by(shown, wanted, rows, &changed, -distance) >= MOVED_LEAST)
			return true;
	return false;
}
