/* SPDX-License-Identifier: MIT */
/*
 * What a screen remembers over its own end: focus and zoom, and of each pane its order, filter, cursor and choices; what
 * was typed into the command line and as filters and searches; what it does on a new critical alert. One small file for
 * each set of engines, $XDG_STATE_HOME/botswain/screen-HASH.json (0600), written when the screen leaves and when it was
 * quiet after a change; the newest one replaces the others whole. What is damaged, foreign, huge or newer is ignored, and
 * said. The disk may hang: short-lived children touch it, and nobody waits for them but the start, for SAVED_READ_MS.
 * Screen thread only.
 */
#ifndef BOTSWAIN_TUI_SAVED_H
#define BOTSWAIN_TUI_SAVED_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct app;
struct err;
struct saved;
struct settings;
struct str;
struct ways;

enum {
	SAVED_BYTES_MAX = 64 << 10,     /* of a file */
	SAVED_READ_MS = 150,            /* what the start waits for it */
	SAVED_QUIET_MS = 2000,          /* after the last key */
	SAVED_HISTORY_LINES = 100,      /* of each history, the newest */
	SAVED_HISTORY_BYTES = 12 << 10, /* the same, together */
};

/* Begins to read what was remembered for the engines of a screen; NULL: nothing is to be remembered. */
struct saved *saved_look(const struct settings *settings, const struct ways *ways) MUST_CHECK;
/* Takes that over, once it is read, and ownership; from then on the app remembers. NULL is legal. */
void saved_begin(struct app *app, struct saved *saved);
/* Of one that no app has taken. NULL is legal. */
void saved_free(struct saved *saved);
/* Writes when something changed and it was quiet since. */
void saved_step(struct app *app);
/* Milliseconds until saved_step() has something to do by itself; -1: never. */
int saved_left_ms(const struct app *app);
/* Writes what changed, and lets go. */
void saved_end(struct app *app);
/* Forgets the file and all that is in it; the screen is as on its first day. False, with why, when nothing is remembered. */
MUST_CHECK bool saved_forget(struct app *app, struct err *err);

/* ---- the text of the file ---- */

/* `identity` says of which engines; in it, so that another's file is not taken for ours. */
void saved_print(const struct app *app, const char *identity, struct str *to);
/*
 * Takes over what is in a text. False, with why, when it is none of ours, and nothing was changed; `ret_newer`: a
 * later botswain wrote it. Parts that make no sense any more (a column that is gone) are left out.
 */
MUST_CHECK bool saved_take(struct app *app, const char *identity, const char *text, size_t length,
	bool *ret_newer, struct err *err);
/* Order, filters, cursors, place and histories as at the start. */
void saved_reset(struct app *app);

/* ---- the file ---- */

/* What a short-lived child does; these wait for the disk. 0, or an errno. */
int saved_file_write(const char *path, const char *text, size_t length);
/* -1: it is none that we may read (a link, somebody else's, huge). */
int saved_file_read(const char *path, char *ret_text, size_t size, size_t *ret_length);

#endif
