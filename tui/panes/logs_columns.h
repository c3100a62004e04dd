/* SPDX-License-Identifier: MIT */
/*
 * Fields as columns in Logs: which were chosen, and how much room they take before the message. One that no line of the
 * window has is hidden; where there is no room for all the last ones go. Screen thread only.
 */
#ifndef BOTSWAIN_TUI_PANES_LOGS_COLUMNS_H
#define BOTSWAIN_TUI_PANES_LOGS_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "widgets/logview.h"

struct app;
struct err;
struct msg_row;
struct str;
struct window;

enum { COLUMN_CELLS_MAX = 16, COLUMN_NAME_MAX = 60 };

struct log_columns {
	char *names[LOGVIEW_COLUMNS_MAX];
	size_t count;
	/* of those that are shown, in their order: */
	size_t shown[LOGVIEW_COLUMNS_MAX];
	size_t shown_count;
	bool is_number[LOGVIEW_COLUMNS_MAX]; /* by name, as the two that follow */
	int cells[LOGVIEW_COLUMNS_MAX];      /* that a column needs; 0: no row has it */
	uint64_t change; /* of the window, when that was looked at; 0: not yet */
};

void log_columns_release(struct log_columns *columns);
/* Names with blanks or commas between; false: one is none, or there are too many, and nothing changes. */
bool log_columns_set(struct log_columns *columns, const char *names, struct err *err);
void log_columns_say(const struct log_columns *columns, struct str *to);
/* Chooses what is shown of the rows in a pane of that width, and sets the widget's columns. */
void log_columns_fit(
	struct log_columns *columns, const struct window *window, int width, struct logview *list);
/* The values of a row, for the widget; borrowed. */
size_t log_columns_row(const struct log_columns *columns, const struct msg_row *row,
	const char *ret_values[LOGVIEW_COLUMNS_MAX]);
/* The names above them. */
void log_columns_head(
	const struct log_columns *columns, const struct logview *list, const struct canvas *canvas);

/* ---- commands ---- */

void logs_columns_say(struct app *app, struct str *to);
bool logs_columns_set(struct app *app, const char *text, bool final, struct err *err);

#endif
