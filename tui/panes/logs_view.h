/* SPDX-License-Identifier: MIT */
/* What the files of the Logs pane share: pane_logs.c (the window, moving), logs_rows.c (what a line looks like) and
 * logs_search.c (search, filter, whose log). */
#ifndef BOTSWAIN_TUI_PANES_LOGS_VIEW_H
#define BOTSWAIN_TUI_PANES_LOGS_VIEW_H

#include "core/parse/filter.h"
#include "tui/app.h"
#include "tui/panes/logs_columns.h"
#include "tui/panes/logs_fold.h"
#include "widgets/logview.h"

enum { MARKS_MAX = 64 };

struct logs_view {
	struct logview list;
	char *cursor_key, *anchor; /* "": the end */
	char *expression, *search;
	struct filter *finder;  /* of the search; NULL: none */
	struct id_list bots;    /* only these; none: all */
	char *bot_names;        /* for the title */
	char *marks[MARKS_MAX]; /* keys of marked lines, oldest first */
	size_t mark_count;
	uint64_t change; /* of the window, when the rows were last looked at */
	uint32_t
		seek; /* bit n: engine n has not answered yet where something stands; 0: nobody is asked */
	uint64_t seek_reqs[LINKS_MAX];
	bool seek_back;
	int seek_what;      /* what logs_seek() was asked for */
	bool seek_led;      /* nothing can stand below: it was looked for above instead */
	bool seek_whole;    /* it was looked for in all there is */
	char *seek_found;   /* the nearest key that was answered; "": none */
	int64_t seek_at_ms; /* how far it is (wall); 0: nobody said so yet */
	int rows, columns;
	bool goto_first; /* the next answer begins with the oldest line: there goes the cursor */
	struct logs_save *save; /* lines that are being written down; NULL */
	char *save_path;        /* of the file that is asked about */
	bool save_may_replace;
	struct logs_way *way;          /* back from the lines of one id; NULL */
	struct log_columns columns_of; /* fields that stand before the message */
	struct fold *fold;             /* repeats */
	int widen;                     /* so many times the rows of the pane are asked for */
	struct logs_line *line;        /* the view of one line; NULL: not open */
	uint64_t json_req;             /* of the row that is copied as JSON once it has come, */
	struct msg_row *json_row;      /* and that row */
	bool going;                    /* cursor_key is not held yet: the next answer has it */
};

struct logs_view *logs_view(struct app *app);
struct window *logs_window(struct app *app);
/* Takes a copy in place of what was there. */
void logs_replace(char **text, const char *with);
/* No longer follows: the cursor stays on the newest line. */
void logs_stand_still(struct app *app);
/* The line under the cursor among those that the filter hides, which ends; false: there is no filter, or an error. */
bool logs_surroundings(struct app *app, struct err *err);
/* Back to where the lines of one id were gone to from; false: these are none. */
bool logs_id_leave(struct app *app);
void logs_way_free(struct logs_way *way); /* NULL is legal */
/* What the pane shows, without where: `wish` borrows from the view until logs_wish_end(). */
void logs_wish_begin(struct app *app, struct msg_win_open *wish);
void logs_wish_end(struct msg_win_open *wish);
void logs_save_free(struct logs_save *save); /* NULL is legal */
void logs_repeats_look(struct app *app);
void logs_repeats_settle(struct app *app, bool is_led);
void logs_repeats_widen(struct logs_view *view, const struct window *window);
/* How many are to be asked for, before and after the anchor. */
uint64_t logs_repeats_rows(const struct logs_view *view);
void logs_repeats_step(struct app *app, int direction);
/* Asks for a row whole; false, with a toast, without its engine. */
bool logs_line_ask(struct app *app, const struct msg_row *row, reply_take *take, uint64_t *ret_req);
/* Ends what the engine looks for; false: nothing. */
bool logs_stop_seek(struct app *app);
/* The cursor is the line under it from now on. */
void logs_remember_cursor(struct logs_view *view, const struct window *window);

/* `view->rows` and `columns` are those of the pane. */
void logs_rows_fit(const struct app *app, struct logs_view *view);
void logs_rows_draw(const struct app *app, const void *view, const struct canvas *canvas);

#endif
