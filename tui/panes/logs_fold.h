/* SPDX-License-Identifier: MIT */
/*
 * Repeats in Logs: neighbouring lines of one source, bot and level whose text is the same but for numbers, ids and times
 * stand as one, the newest of them, with how many there were in what time. What goes on from a line (a traceback) belongs
 * to it. Only rows that the window holds are counted, and where more may be is said. Screen thread only.
 */
#ifndef BOTSWAIN_TUI_PANES_LOGS_FOLD_H
#define BOTSWAIN_TUI_PANES_LOGS_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;
struct msg_row;
struct str;
struct window;

enum fold_mode { FOLD_ERRORS, FOLD_ALL, FOLD_OFF, FOLD_MODES }; /* errors: warnings too */

enum {
	FOLD_LEAST = 3,     /* fewer lines stand as they are */
	FOLD_OPEN_MAX = 32, /* groups that were expanded */
};

struct fold;

struct fold *fold_new(void) MUST_CHECK;
void fold_free(struct fold *fold); /* NULL is legal */

enum fold_mode fold_mode(const struct fold *fold);
void fold_set_mode(struct fold *fold, enum fold_mode mode);
const char *fold_word(enum fold_mode mode); /* errors, all, off */
MUST_CHECK bool fold_read(const char *word, enum fold_mode *ret_mode, struct err *err);

/* Rows that stand for themselves whatever they say: those that are marked. */
struct fold_apart {
	bool (*is_apart)(const void *context, const struct msg_row *row);
	const void *context;
	uint64_t change; /* another one: others are */
};
/* Looks at the rows of the window again, if they or what is wanted have changed; true: it did. */
bool fold_look(struct fold *fold, const struct window *window, const struct fold_apart *apart);
/* For each row whether it is folded away; the last one never is. Valid until fold_look(). */
const bool *fold_hidden(const struct fold *fold);
/* Rows that are seen. */
size_t fold_seen(const struct fold *fold);
/* The row stands for most of what is held. */
bool fold_is_most(const struct fold *fold, size_t row);
/* The row that stands for this one, which may be itself. */
size_t fold_shown_for(const struct fold *fold, size_t row);

/* "x37 in 6m" of the row that stands for others, with a + where more may be that is not held; else nothing. */
void fold_say(const struct fold *fold, const struct window *window, size_t row, struct str *to);
/* Expands the group of a row, or folds it again, with the next look; false: it is in none. */
bool fold_toggle(struct fold *fold, size_t row);
/* Expands the group that hides a row, with the next look. */
void fold_reveal(struct fold *fold, size_t row);

#endif
