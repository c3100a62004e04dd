/* SPDX-License-Identifier: MIT */
/*
 * What lies over the panes and takes the keys: line, palette, menu, help, dialog. The innermost one
 * is app->overlay. Input that was typed before an overlay was painted is not for it: one that
 * `guards` never hears it. Functions that are NULL are none of its business. Screen thread only.
 */
#ifndef BOTSWAIN_TUI_OVERLAY_H
#define BOTSWAIN_TUI_OVERLAY_H

#include <stdbool.h>
#include "tui/command.h"
#include "widgets/table.h"

struct app;
struct canvas;
struct overlay;
struct prompt;

struct overlay_ops {
	bool guards;
	void (*free)(struct overlay *overlay);
	void (*draw)(const struct app *app, struct overlay *overlay, const struct canvas *screen);
	/* The line that typing, pasting and editing go to; NULL: none has the focus now. */
	struct prompt *(*prompt)(struct overlay *overlay);
	/* The line's text has changed. */
	void (*changed)(struct app *app, struct overlay *overlay);
	/* A character that goes to no line. */
	void (*typed)(struct app *app, struct overlay *overlay, const char *utf8);
	void (*move)(struct app *app, struct overlay *overlay, enum table_move move);
	void (*step)(struct app *app, struct overlay *overlay, int step);   /* Tab */
	void (*recall)(struct app *app, struct overlay *overlay, int step); /* Up, Down */
	void (*enter)(struct app *app, struct overlay *overlay);
	/* What Enter does now, a word or two; NULL: what it always does. */
	void (*say_enter)(const struct overlay *overlay, char *ret_text, size_t size);
	void (*find)(struct app *app, struct overlay *overlay); /* / */
	/* Before it goes by Esc or Ctrl-C: what is to be undone. */
	void (*cancelled)(struct app *app, struct overlay *overlay);
};

struct overlay {
	const struct overlay_ops *ops;
	struct overlay *below;
	enum scope scope; /* whose keys it takes; may change */
	bool painted;
};

#endif
