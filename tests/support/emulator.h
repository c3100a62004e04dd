/* SPDX-License-Identifier: MIT */
/*
 * A terminal without a line: bytes go in, and libvterm says what they did. Beside the picture it keeps what a program
 * that shows text of others must never cause: titles, answers, modes, sequences that it does not know, bytes that are in
 * no list of what botswain sends. For the program's own line use vt.h.
 */
#ifndef BOTSWAIN_TESTS_EMULATOR_H
#define BOTSWAIN_TESTS_EMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct emulator;
struct grid;
struct str;

enum emulator_of { EMULATOR_SCREEN, EMULATOR_CONSOLE, EMULATOR_LINES };

/* EMULATOR_SCREEN: what the back end sends is permitted. EMULATOR_CONSOLE: also what the program does by itself, its title
 * and messages to the desktop, in printable ASCII. EMULATOR_LINES: plain text and line ends alone. */
struct emulator *emulator_new(enum emulator_of of, int rows, int columns) MUST_CHECK;
void emulator_free(struct emulator *emulator); /* NULL is legal */
/* Of a console: the one title that it may give; borrowed. */
void emulator_permit_title(struct emulator *emulator, const char *title);
void emulator_resize(struct emulator *emulator, int rows, int columns);
void emulator_take(struct emulator *emulator, const char *bytes, size_t length);

/* Rings of the bell so far. */
unsigned emulator_bells(const struct emulator *emulator);
/* What must not have happened, one a line; "" nothing. Kept to the end. */
const char *emulator_crimes(const struct emulator *emulator);
/* The first cell that is not as the grid has it, as a sentence; "" all are. */
void emulator_compare(struct emulator *emulator, const struct grid *grid, struct str *ret);
/* Appends the cells of a row: what each shows, U+0001 for the right half of a wide one, U+0002 between. */
void emulator_row(struct emulator *emulator, int row, struct str *to);

#endif
