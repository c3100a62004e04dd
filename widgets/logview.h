/* SPDX-License-Identifier: MIT */
/*
 * Lines of a log: time, source, level, text. The pane owns the lines (a window on a big store) and answers for one at
 * a time; the widget owns what is on screen: cursor, first line, wrapping, sideways scroll. While it follows, the last
 * line stands at the bottom. Screen thread only.
 */
#ifndef BOTSWAIN_WIDGETS_LOGVIEW_H
#define BOTSWAIN_WIDGETS_LOGVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include "widgets/canvas.h"

/* Bytes of the text that the search found. */
struct log_span {
	size_t start, length;
	bool current; /* the hit that `n` went to */
};

/* Between level and text. */
struct logview_column {
	int cells;
	bool right; /* aligned so */
};
enum { LOGVIEW_COLUMNS_MAX = 6 };

/* What a pane answers for one line; all texts sanitised and borrowed until the next question. */
struct log_row {
	const char *time, *source, *text;
	const char *repeats;        /* "x37", or "" */
	char level;                 /* F E W I D; ' ' when not known */
	bool rule;                  /* not a line but a mark: a rule with `text` in it */
	const char *const *columns; /* one a column of the view; NULL: none */
	const struct log_span *spans;
	size_t span_count;
};

struct logview_kind {
	void (*row)(const void *data, size_t row, struct log_row *ret_row);
};

struct logview {
	size_t count;       /* lines that the pane has */
	size_t cursor, top; /* line under the cursor, first line on screen */
	bool follow, wrap, focused;
	int shift;        /* cells scrolled to the right, when not wrapping */
	int time_cells;   /* 0: no time */
	int source_cells; /* 0: no source */
	struct logview_column columns[LOGVIEW_COLUMNS_MAX];
	size_t column_count;
	/* By line: not shown, stepped over; borrowed; NULL: none is. Never the last one. */
	const bool *hidden;
	const char *empty; /* said when there is no line */
};

/* The role of a level's letter. */
enum role level_role(char level);

/* Where the text begins. */
int logview_text_column(const struct logview *view);
/* Moves the cursor; moving up ends following, and reaching the last line does not begin it. */
void logview_move(struct logview *view, long step);
/* Chooses the first line so that the cursor (or, following, the last line) is on screen. Before drawing. */
void logview_fit(struct logview *view, const struct logview_kind *kind, const void *data,
	const struct canvas *canvas);
void logview_draw(const struct logview *view, const struct logview_kind *kind, const void *data,
	const struct canvas *canvas);

#endif
