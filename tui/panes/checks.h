/* SPDX-License-Identifier: MIT */
/*
 * How health checks are laid out as a matrix: crossed, one row a bot or host and one column what is checked of it, where
 * they are of that form; else one cell a check, by name. Depends on names, bots and URLs alone, not on states, so that a
 * cell stays where it is. Pure.
 */
#ifndef BOTSWAIN_TUI_PANES_CHECKS_H
#define BOTSWAIN_TUI_PANES_CHECKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/msg/msg.h"

enum { CHECK_COLUMNS_MAX = 12 };

struct check_grid {
	uint64_t print; /* of what it was made of */
	/* All of them, by name; on a screen on several engines HOST/NAME. */
	size_t count;
	uint64_t *ids;
	char **names;
	int name_cells;
	/* Crossed; rows 0: they are not of that form. */
	size_t rows, columns;
	char **row_names, **column_names;
	uint64_t *cells; /* row by row; 0: no check is there */
	int row_cells, column_cells;
};

/* What an entity's engine is called; "" on a screen on one. */
typedef const char *check_host(const void *context, uint64_t id);

/* Makes it anew when the checks are not those that it was made of. */
void check_grid_make(struct check_grid *grid, const struct msg_check *const *checks, size_t count,
	check_host *host, const void *context);
void check_grid_release(struct check_grid *grid);

#endif
