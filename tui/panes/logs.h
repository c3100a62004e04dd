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
/* Shows those of the lines only that match this, too; the empty text changes nothing. */
bool logs_filter(struct app *app, const char *text, bool final, struct err *err);
/* "": a list to choose from; "clear"; "N on", "N off", "N not" (turned over), "N drop" of the Nth filter. */
bool logs_filters(struct app *app, const char *args, struct err *err);
/* To a time as when.h reads it. */
bool logs_jump(struct app *app, const char *text, bool final, struct err *err);
/* A shorter or a longer span of time. */
void logs_zoom(struct app *app, int step);
/* The histogram, or none; a bar back or on. */
void logs_bars_toggle(struct app *app);
void logs_bars_step(struct app *app, int step);
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
/* Gives the mark of the line under the cursor a name, and makes one. */
bool logs_mark_name(struct app *app, const char *name, bool final, struct err *err);
/* To the mark of that name; "": a list to choose from. */
bool logs_marks_go(struct app *app, const char *name, struct err *err);
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
