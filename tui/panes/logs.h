/* SPDX-License-Identifier: MIT */
/* What the commands of Logs do, and how a row of a window becomes a line; shared with Detail. */
#ifndef BOTSWAIN_TUI_PANES_LOGS_H
#define BOTSWAIN_TUI_PANES_LOGS_H

#include <stdbool.h>

struct app;
struct err;
struct id_list;
struct log_row;
struct msg_row;

/* Highlights, searches from the cursor when `final`; the empty text ends the search. */
bool logs_search(struct app *app, const char *text, bool final, struct err *err);
const char *logs_searched(struct app *app);
/* Shows matching lines only; the empty text shows all. */
bool logs_filter(struct app *app, const char *text, bool final, struct err *err);
const char *logs_filtered(struct app *app);
/* 1: hit of the search, 2: error, 3: warning or worse; negative: upwards. */
bool logs_seek(struct app *app, int what, struct err *err);
/* The lines with the id of the one under the cursor, of all bots and sources. */
bool logs_id_follow(struct app *app, struct err *err);
/* Expands the repeats under the cursor, or folds them again. */
bool logs_repeats_toggle(struct app *app, struct err *err);
/* Which repeats are folded: errors, all, off; "": the next of these. */
bool logs_repeats_mode(struct app *app, const char *word, struct err *err);
void logs_follow(struct app *app);
void logs_mark_line(struct app *app);
/* Long lines over several rows: on, off; "": the other. */
bool logs_wrap(struct app *app, const char *word, struct err *err);
void logs_side(struct app *app, int direction);
/* Only the lines of these bots; none: of all. */
void logs_of(struct app *app, const struct id_list *bots);

struct log_texts {
	char time[16], source[96];
};
/* On a screen on several engines the source has its engine in front. */
void log_row_show(const struct app *app, const struct msg_row *row, bool brief,
	struct log_texts *texts, struct log_row *ret);

#endif
