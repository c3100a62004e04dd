/* SPDX-License-Identifier: MIT */
/*
 * A table of any length: only the rows on screen are asked for. The columns and where cells come
 * from are a const table of the pane (struct table_kind); cursor, scroll and sort are the pane's
 * view state (struct table). Columns go by priority when the canvas gets narrow, and at once when
 * nobody fills them; what is left over goes to the flexible one. The widget never sorts: order
 * belongs to the pane, and so does keeping the cursor on its subject when the order changes (set
 * `cursor`).
 *
 * Screen thread only.
 */
#ifndef BOTSWAIN_WIDGETS_TABLE_H
#define BOTSWAIN_WIDGETS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "widgets/canvas.h"

enum { TABLE_COLUMNS_MAX = 64, TABLE_NICE = 8, TABLE_KEPT = 2 };

/* What a pane answers for one cell: text, or the values of a sparkline. */
struct cell_text {
	char text[256]; /* sanitised */
	enum role role;
	const double *values; /* not NULL: a sparkline of `count` values (NAN is a gap), the newest
				 last; borrowed */
	size_t count;
	double top; /* the value of a full block; 0: the largest of the values */
};

struct table_column {
	const char *title;
	enum align align;
	int min, ideal; /* cells */
	int priority;   /* 0 stays; of the others the highest number goes first */
	bool flexible;  /* takes the cells that are left, beyond `ideal` */
	bool sparkline; /* its cells are `values` */
	bool many; /* only of use on a screen on several engines: no order to choose elsewhere */
};

struct table_kind {
	const struct table_column *columns;
	size_t count; /* at most TABLE_COLUMNS_MAX */
	/* Fills the cell; `ret_cell` comes empty, with ROLE_TEXT. */
	void (*cell)(const void *data, size_t row, size_t column, struct cell_text *ret_cell);
	/* May be NULL. A marked row carries a sign in the gutter. */
	bool (*marked)(const void *data, size_t row);
};

struct table {
	size_t rows;                 /* that can be shown; folded ones are not counted */
	size_t cursor, top;          /* row under the cursor, first row on screen */
	uint64_t absent;             /* bit n: column n is filled by nobody */
	uint64_t kept;               /* bit n: column n goes as late as one of TABLE_KEPT */
	int need[TABLE_COLUMNS_MAX]; /* cells that its widest content takes, which it is given and
					no more, its title aside; 0: unknown */
	int sort;                    /* column that sorts, -1 none */
	bool descending;
	bool focused;
	const char *fold; /* not NULL: a last line that stands for folded rows; the cursor may stand
			     on it (row `rows`) */
	const char *empty; /* said in place of rows when there are none */
};

enum table_move {
	TABLE_UP,
	TABLE_DOWN,
	TABLE_PAGE_UP,
	TABLE_PAGE_DOWN,
	TABLE_HALF_UP,
	TABLE_HALF_DOWN,
	TABLE_HOME,
	TABLE_END,
};

/* Rows that fit into a canvas of that height, below the headings. */
int table_page(int canvas_rows);
/* Moves the cursor; `page` is table_page(). Call table_fit() after it. */
void table_move(struct table *table, enum table_move move, int page);
/* Clamps cursor and top after rows, cursor or size have changed; the cursor is on screen then. */
void table_fit(struct table *table, int page);
/* True when the cursor stands on the fold line. */
bool table_on_fold(const struct table *table);

struct table_layout {
	int column[TABLE_COLUMNS_MAX]; /* where each starts; -1: not shown */
	int width[TABLE_COLUMNS_MAX];
};
/* Where the columns stand in `width` cells. */
void table_layout(const struct table_kind *kind, const struct table *table, int width,
	struct table_layout *ret_layout);

/* Draws headings and rows over the whole canvas. */
void table_draw(const struct table_kind *kind, const struct table *table, const void *data,
	const struct canvas *canvas);

/* Draws one row anew where a table_draw() with the same table, but for its cursor, has drawn; also that of the fold
 * (table->rows). One out of sight is none. */
void table_draw_row(const struct table_kind *kind, const struct table *table, const void *data,
	const struct canvas *canvas, size_t row);

/* True when that row is on the screen; `page` is table_page(). */
bool table_in_sight(const struct table *table, int page, size_t row);
/* "1-7/42" for a title; empty when all rows are on screen. */
void table_position(const struct table *table, int page, char *ret_text, size_t size);

#endif
