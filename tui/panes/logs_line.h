/* SPDX-License-Identifier: MIT */
/*
 * The view of one line in Logs: what is known of it, its whole text, its fields with what is nested in them, the lines
 * that go on from it. logs_line.c opens it, asks for the line under the cursor and moves; logs_line_body.c makes the
 * rows that are shown. Screen thread only.
 */
#ifndef BOTSWAIN_TUI_PANES_LOGS_LINE_H
#define BOTSWAIN_TUI_PANES_LOGS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include "widgets/canvas.h"

struct app;
struct err;
struct msg_line;
struct msg_row;
struct str;

enum { LINE_PIECES_MAX = 12 };

/* A text at a place in a row. */
struct line_piece {
	int column;
	enum role role;
	char *text;
};

struct line_row {
	struct line_piece pieces[LINE_PIECES_MAX];
	size_t count;
	bool is_current; /* the line under the cursor, where others are joined to it */
};

struct line_body {
	struct line_row *rows;
	size_t count, capacity;
};

/* Makes the rows anew for a width. `row`: as the window has it; `line`: all of it, NULL when it is not there yet. */
void line_body_make(struct line_body *body, const struct app *app, const struct msg_row *row,
	const struct msg_line *line, int columns);
void line_body_release(struct line_body *body);

/* One JSON object of a line: what is known of it, and its fields as they are nested. */
void line_json(const struct msg_row *row, const struct msg_line *line, struct str *to);

/* ---- for pane_logs.c and its commands ---- */

/* Opens the view of the line under the cursor. */
bool logs_line_open(struct app *app, struct err *err);
/* How many of the pane's rows are left for the list; asks for the line that the cursor is on by now. */
int logs_line_fit(struct app *app, int rows);
/* What the view's keys do: its text, or as JSON; hits of its own search. */
bool logs_line_copy(struct app *app, bool json, struct err *err);
bool logs_line_hit(struct app *app, int step, struct err *err);
/* Copies the row under the cursor as JSON with all its fields, once the engine has told them. */
bool logs_copy_json(struct app *app, struct err *err);

#endif
