/* SPDX-License-Identifier: MIT */
/*
 * The lines of the log written down: all that fit the filter and the bots, into a file; or those around the cursor, into
 * a file for a pager. Page by page over a window of its own, while everything else goes on. Screen thread only.
 */
#ifndef BOTSWAIN_TUI_PANES_LOGS_SAVE_H
#define BOTSWAIN_TUI_PANES_LOGS_SAVE_H

#include <stdbool.h>

struct app;
struct err;
struct str;

/* Begins; .jsonl and .json: an object a line with all fields, else text. A file that is there is asked about. */
bool logs_save(struct app *app, const char *path, struct err *err);
/* Some thousand lines around the cursor for $PAGER, or lnav. */
bool logs_page(struct app *app, bool lnav, struct err *err);
/* Ends what is under way, which leaves nothing behind; false: nothing is. */
bool logs_save_stop(struct app *app);
/* In each turn. */
void logs_save_step(struct app *app);
/* Until the next one; -1: no hurry. */
int logs_save_wait_ms(const struct app *app);
/* How far it is, for the title. */
void logs_save_note(const struct app *app, struct str *text);

#endif
