/* SPDX-License-Identifier: MIT */
/* What the files of the Logs pane share: pane_logs.c (the window, moving), logs_rows.c (what a line looks like) and
 * logs_search.c (search, filter, whose log). */
#ifndef BOTSWAIN_TUI_PANES_LOGS_VIEW_H
#define BOTSWAIN_TUI_PANES_LOGS_VIEW_H

#include "core/base/format.h"
#include "core/parse/filter.h"
#include "tui/app.h"
#include "tui/panes/logs_columns.h"
#include "tui/panes/logs_fold.h"
#include "tui/panes/logs_marks.h"
#include "widgets/logview.h"

enum { FILTERS_MAX = 8 };

/* How much of the filters the title has room for. */
enum logs_brevity { NOTE_WHOLE, NOTE_SHORT, NOTE_LEAST, NOTE_TINY };

/* The filters that are in force one on top of the other; the newest last. */
struct logs_chain {
	struct logs_filter {
		char *text;
		bool is_off, is_not;
	} list[FILTERS_MAX];
	size_t count;
};

/* Between which times lines are shown and counted. */
struct logs_span {
	size_t which;           /* of the spans that there are; the last one is all */
	bool is_pinned;         /* stands around a place in the past; else it ends now */
	int64_t from_ms, to_ms; /* of the rows; 0: no such limit */
	int64_t going_ms; /* the next answer has the first line from there on: there goes the cursor; 0 */
};

struct logs_view {
	struct logview list;
	char *cursor_key, *anchor; /* "": the end */
	char *expression, *search; /* expression: what the chain makes together */
	struct logs_chain chain;
	struct logs_chain aside; /* left for the surroundings of a line; none: it was not */
	char *aside_key;         /* that line */
	struct logs_span span;
	char *news_key;        /* of the newest line, when it was followed last; "": it never was */
	bool has_no_bars;      /* the histogram is switched off */
	int bar_rows;          /* of it, now */
	struct filter *finder; /* of the search; NULL: none */
	struct id_list bots;   /* only these; none: all */
	char *bot_names;       /* for the title */
	struct logs_marks marks;
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
/* The place of a row in time; 0: there is none. */
int64_t logs_row_ms(const struct window *window, size_t row);
/* The cursor is the line under it from now on. */
void logs_remember_cursor(struct logs_view *view, const struct window *window);

/* ---- logs_chain.c ---- */

/* An expression that fits the schema of log lines, or why it does not. */
bool logs_chain_check(const struct app *app, const char *text, struct err *err);
bool logs_chain_add(struct logs_view *view, const char *text, bool is_off, struct err *err);
void logs_chain_clear(struct logs_view *view);
/* Ends what Esc ends first: the surroundings of a line, then the newest filter. False: nothing. */
bool logs_chain_escape(struct app *app);
/* Leaves the filters aside, until Esc. */
void logs_chain_set_aside(struct logs_view *view);
void logs_chain_note(const struct app *app, const struct logs_view *view, uint64_t hidden,
	enum logs_brevity brevity, struct str *note);
/* How many of the filters are not switched off; the first so many of these as one expression. */
size_t logs_chain_active(const struct logs_chain *chain);
void logs_chain_join(const struct logs_chain *chain, size_t filters, struct str *to);
void logs_chain_release(struct logs_view *view);
/* The filters, which are the caller's from now on; none are in force. */
struct logs_chain logs_chain_take(struct logs_view *view);
/* These instead of those in force; they are the view's. */
void logs_chain_put(struct logs_view *view, struct logs_chain chain);
void logs_chain_drop(struct logs_chain *chain);
/* What of them outlives the screen: pane.keep and pane.recall. */
void logs_chain_keep(const struct logs_view *view,
	void (*put)(void *context, const char *name, const char *text), void *context);
void logs_chain_recall(struct app *app, const char *name, const char *text);

/* ---- logs_time.c ---- */

/* The limits as they are now. Each turn, before the windows are asked. */
void logs_time_fit(const struct app *app, struct logs_view *view);
/* A new answer: the cursor goes where it was to go. */
void logs_time_arrive(struct app *app, struct logs_view *view);
void logs_time_note(const struct app *app, const struct logs_view *view, enum logs_brevity brevity,
	struct str *note);
/* The time of day, with the day when it is more than one away. */
struct shown logs_moment(const struct app *app, int64_t time_ms);
/* To the first line from there on. */
void logs_time_go(struct app *app, int64_t time_ms);
/* To the line of that key, or the first one behind it. */
void logs_key_go(struct app *app, const char *key);
const char *logs_time_word(const struct logs_view *view);
bool logs_time_choose(struct logs_view *view, const char *word);
/* How long the span is; 0: all. */
int64_t logs_time_span_ms(const struct logs_view *view);

/* ---- logs_histogram.c ---- */

/* How many of the rows it takes; asks its window. */
int logs_bars_fit(struct app *app, struct logs_view *view, int rows, int columns);
void logs_bars_draw(
	const struct app *app, const struct logs_view *view, const struct canvas *canvas);

/* ---- logs_hidden.c ---- */

/* Asks what it counts; not shown: closes it. */
void logs_hidden_fit(struct app *app, const struct logs_view *view, bool is_shown);
/* Lines that pass the first `from` of the active filters and not the first `to`; false: not known (yet). */
bool logs_hidden(const struct app *app, size_t from, size_t to, uint64_t *ret);

/* ---- logs_news.c ---- */

void logs_news_fit(struct app *app, struct logs_view *view);
/* Lines that came since; 0 while the newest is followed. */
double logs_news(const struct app *app);
void logs_news_note(const struct app *app, const struct logs_view *view, enum logs_brevity brevity,
	struct str *note);

/* `view->rows` and `columns` are those of the rows. */
void logs_rows_fit(const struct app *app, struct logs_view *view);
void logs_rows_draw(const struct app *app, const void *view, const struct canvas *canvas);

#endif
