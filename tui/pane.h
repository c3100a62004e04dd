/* SPDX-License-Identifier: MIT */
/*
 * A pane: one constant struct, last in panes/pane_<id>.c, and its view state, which the app owns.
 * A turn of the screen asks each pane in this order: update (what is there now), wanted (rows for
 * the layout), fit (its size; scroll, windows), draw. Only draw touches cells, and it changes
 * nothing. Screen thread only.
 */
#ifndef BOTSWAIN_TUI_PANE_H
#define BOTSWAIN_TUI_PANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/msg/msg.h"
#include "tui/layout.h"
#include "widgets/table.h"

struct app;
struct canvas;
struct err;
struct rowset;
struct str;

/* What stands under the cursor of a pane. */
struct subject {
	enum msg_kind kind; /* MSG_none: nothing */
	uint64_t id;
};

struct pane {
	const char *name, *title, *help;
	size_t view_size;            /* zeroed at the start */
	void (*init)(void *view);    /* may be NULL */
	void (*release)(void *view); /* may be NULL */
	void (*update)(struct app *app, void *view);
	/* Rows of content that it could fill; 0: nothing happens, one line is enough. */
	int (*wanted)(const struct app *app, const void *view);
	/* Of those, the rows of what goes on now, headings included: they come before what is over elsewhere. NULL: all. */
	int (*needed)(const struct app *app, const void *view);
	/* Its size, without the title; rows 0: not on the screen. */
	void (*fit)(struct app *app, void *view, int rows, int columns);
	/* What stands at the right of its title, and in its one-line form beside the title. */
	void (*note)(const struct app *app, const void *view, struct str *note);
	/* Draws the one-line form behind the title (may be NULL: the note is all). */
	void (*line)(const struct app *app, const void *view, const struct canvas *canvas);
	void (*draw)(const struct app *app, const void *view, const struct canvas *canvas);

	/* Those that the pane can't do are NULL. */
	void (*move)(struct app *app, void *view, enum table_move move);
	bool (*open)(struct app *app, void *view, struct err *err);
	/* True when there was something to end: a range, a filter. */
	bool (*escape)(struct app *app, void *view);
	void (*subject)(const struct app *app, const void *view, struct subject *ret_subject);
	/* Text of the line under the cursor, for the clipboard. */
	void (*copy)(const struct app *app, const void *view, struct str *to);
	/* The same as JSON, for what is no entity. */
	void (*json)(const struct app *app, const void *view, struct str *to);
	struct rowset *(*rows)(void *view);
	/* Sorting: the kind of its table, the column that sorts (-1: by severity). */
	const struct table_kind *table;
	void (*sort)(void *view, int column);
	int (*sorted_by)(const void *view);
	bool (*descends)(const void *view);
	bool (*filter)(struct app *app, void *view, const char *expression, struct err *err);
	const char *(*filtered_by)(const void *view);
	/* What else outlives the screen (saved.h): gives names and texts, and takes one back, ignoring what makes no sense;
	 * the name "" stands for all of them as at the start. Both or none. */
	void (*keep)(const void *view,
		void (*put)(void *context, const char *name, const char *text), void *context);
	void (*recall)(struct app *app, const char *name, const char *text);
	/* A part of a window that it asked for. */
	void (*take)(struct app *app, void *view, enum msg_kind kind, const void *body);
};

#define PANE(id, ...) extern const struct pane pane_##id;
#include "tui/panes.def"
#undef PANE

const struct pane *pane_of(enum pane_id id);
/* The digit that focuses it; "": it is called by name. */
const char *pane_digit(enum pane_id id);
/* By name, or PANE_COUNT. */
enum pane_id pane_find(const char *name);

#endif
