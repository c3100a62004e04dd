/* SPDX-License-Identifier: MIT */
/*
 * A line that the operator types: UTF-8, moved and cut by clusters, with history and completion. The widget knows
 * edits, not keys; which key means which edit is the key table's business. Screen thread only.
 */
#ifndef BOTSWAIN_WIDGETS_PROMPT_H
#define BOTSWAIN_WIDGETS_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/str.h"
#include "widgets/canvas.h"

enum {
	PROMPT_BYTES_MAX = 4096,
	HISTORY_LINES_MAX = 500,
};

/* Lines typed before, oldest first; shared by the prompts of one kind. */
struct history {
	char **lines;
	size_t count, capacity;
};

void history_release(struct history *history);
/* Keeps a line: not an empty one, not the same twice running; the oldest goes when there are too many. */
void history_add(struct history *history, const char *line);

struct prompt {
	struct str text;               /* valid UTF-8 of one line */
	size_t cursor;                 /* byte, between clusters */
	const struct history *history; /* may be NULL; borrowed */
	size_t recalled;               /* lines back in the history; 0: the operator's own line */
	struct str own;                /* that line, while another is recalled */
	struct str killed;             /* what was cut last, for PROMPT_YANK */
	size_t shift;                  /* first byte on screen */
	bool secret;                   /* drawn as dots */
};

enum prompt_edit {
	PROMPT_LEFT,
	PROMPT_RIGHT,
	PROMPT_WORD_LEFT,
	PROMPT_WORD_RIGHT,
	PROMPT_HOME,
	PROMPT_END,
	PROMPT_BACKSPACE,
	PROMPT_DELETE,
	PROMPT_KILL_WORD,  /* the word before the cursor */
	PROMPT_KILL_START, /* all before the cursor */
	PROMPT_KILL_END,   /* all behind it */
	PROMPT_YANK,
	PROMPT_HISTORY_UP,
	PROMPT_HISTORY_DOWN,
};

void prompt_init(struct prompt *prompt, const struct history *history);
void prompt_release(struct prompt *prompt);
/* Replaces the whole text, cursor at its end. */
void prompt_set(struct prompt *prompt, const char *text);
/* Types or pastes: sanitised here, line breaks become blanks. False when it does not fit. */
bool prompt_insert(struct prompt *prompt, const char *bytes, size_t length);
/* False when there was nothing to do. */
bool prompt_edit(struct prompt *prompt, enum prompt_edit edit);

/* Completion: the word is the text from byte `from` to the cursor. One candidate replaces it; of several their common
 * beginning does. Returns how many candidates begin with the word (ASCII case is ignored). */
size_t prompt_complete(
	struct prompt *prompt, size_t from, const char *const *candidates, size_t count);

/* Draws into one row: `label`, then the text, scrolled so that the cursor shows; an empty text shows `hint`. Puts the
 * terminal's cursor there when `focused`. */
void prompt_draw(struct prompt *prompt, const struct canvas *canvas, int row, int column, int cells,
	const char *label, const char *hint, bool focused);

#endif
