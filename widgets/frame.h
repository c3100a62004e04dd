/* SPDX-License-Identifier: MIT */
/*
 * What stands around content: titled rules and boxes, the box of a dialog, scroll bars, the line of keys, a line of
 * segments that go by priority. Screen thread only.
 */
#ifndef BOTSWAIN_WIDGETS_FRAME_H
#define BOTSWAIN_WIDGETS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include "widgets/canvas.h"

/* The heading of a pane. The title stays as long as anything fits, then the note, then the hint. */
struct frame {
	const char *number; /* the digit that focuses the pane, or "" */
	const char *title;
	const char *note; /* counts, filter, position; at the right; may be "" */
	const char *hint; /* keys that work here; left of the note; may be "" */
	bool focused;
	bool boxed; /* a box around everything; else a rule above */
};

/* Draws the heading and returns the canvas inside of it. */
struct canvas frame_draw(const struct canvas *canvas, const struct frame *frame);

/* Clears a box of `rows` x `columns` (its content's size) in the middle of the canvas, cut to it, on the dialog's
 * surface, and returns its inside. `note` stands at the right of the lower edge. */
struct canvas frame_dialog(const struct canvas *canvas, int rows, int columns, const char *title,
	enum role note_role, const char *note);

/* A vertical bar of `rows` cells: which part of `total` lines, from `top` on, the `page` shows. */
void scrollbar_draw(const struct canvas *canvas, int column, int row, int rows, size_t top,
	size_t page, size_t total);

/* A piece of a status line. */
struct segment {
	const char *text;
	enum role role;
	int priority; /* 0 stays; of the others the highest number goes first */
	bool right;   /* stands at the right end */
};

/* Draws the segments that fit into one row, parted by `gap` blanks. */
void segments_draw(const struct canvas *canvas, int row, const struct segment *segments,
	size_t count, int gap);

/* Drawn dim: with (ro) behind it, or with (no): nothing carries it out. */
enum key_lock { KEY_OPEN, KEY_READ_ONLY, KEY_UNDRIVEN };

/* A key and what it does now. */
struct key_hint {
	const char *key, *label;
	enum key_lock locked;
	int priority;
};

/* Draws hints into all rows of the canvas, in order; those that do not fit go by priority. */
void key_hints_draw(const struct canvas *canvas, const struct key_hint *hints, size_t count);

#endif
