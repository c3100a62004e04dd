/* SPDX-License-Identifier: MIT */
/* The parts of the pane of checks: what is known of one, their matrix, and what is said of all and of one. */
#ifndef BOTSWAIN_TUI_PANES_CHECKS_VIEW_H
#define BOTSWAIN_TUI_PANES_CHECKS_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include "core/msg/msg.h"
#include "tui/panes/checks.h"
#include "tui/panes/list.h"
#include "widgets/canvas.h"
#include "widgets/matrix.h"

struct app;
struct str;

struct checks_view {
	struct list list;
	struct check_grid grid;
	struct matrix matrix;
	bool crossed;
	int matrix_rows, table_row, table_rows, about_row; /* about_row 0: none */
};

/* ---- what is known of one (checks_facts.c) ---- */

/* Nobody says that it is well now: it was not looked at, or its engine is gone. */
bool check_is_old(const struct app *app, const struct msg_check *check);
/* enum severity; that of an old one that was well is unknown. */
uint64_t check_severity(const struct app *app, const struct msg_check *check);
enum role check_role(const struct app *app, const struct msg_check *check);
/* The reason; of one of which nobody knows how it is now the state, and what it was before. */
void check_add_why(const struct app *app, const struct msg_check *check, struct str *text);
/* The worst first, then by name (struct msg_check). */
int checks_compare(const struct app *app, const void *left, const void *right);

/* ---- all of them as letters (checks_matrix.c) ---- */

/* How many of so many rows it takes: view->matrix_rows, 0 where there is no room for one. */
void checks_fit_matrix(struct app *app, struct checks_view *view, int rows, int width);
void checks_draw_matrix(
	const struct app *app, const struct checks_view *view, const struct canvas *canvas);

/* ---- in one line (checks_summary.c) ---- */

/* How many pass, and which do not. */
void checks_draw_total(const struct app *app, const struct canvas *canvas);
/* Why, when it was last well, and where it is looked for; of NULL nothing. */
void checks_draw_about(
	const struct app *app, const struct msg_check *check, const struct canvas *canvas);

#endif
