/* SPDX-License-Identifier: MIT */
/*
 * What a screen holds of a big store: the rows of a window on events or output, the points of one
 * on series. An answer comes in parts while the engine still looks; their rows go where their keys
 * belong. Asking again moves the window: the generation grows, answers to older ones are dropped, and
 * what is held stays until the first new part comes. Screen thread only.
 */
#ifndef BOTSWAIN_TUI_WINDOW_H
#define BOTSWAIN_TUI_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/msg/msg.h"

struct link;

enum { WINDOW_ROWS_MAX = 1000 };

/* Numbers of the windows that a screen opens (1-32). */
enum window_id {
	WINDOW_LOGS = 1, /* those of rows come first */
	WINDOW_DETAIL,
	WINDOW_OUTPUT,
	WINDOW_CHART,
	WINDOW_BARS, /* lines by time and level */
	WINDOW_NEWS, /* lines behind the one that Logs stands at */
	WINDOW_SAVE,
	WINDOW_CHAIN, /* lines that pass the first filters of Logs: none of them, one, two ... */
	WINDOW_CHAIN_LAST = WINDOW_CHAIN + 5,
	WINDOW_NAMES,      /* of metrics, labels and values */
	WINDOW_FIGURES,    /* of the bots that are in sight, now */
	WINDOW_ORDER,      /* the same of all bots, where these are sorted or filtered by one */
	WINDOW_COURSE,     /* the same over the last minutes */
	WINDOW_PANEL = 20, /* of a dashboard: one each that is in sight */
	WINDOW_PANEL_LAST = WINDOW_PANEL + 11,
	WINDOW_COUNT
};

struct window {
	enum window_id id;
	struct msg_win_open wish; /* what was asked for last */
	bool asked;               /* wish is set */
	bool answered;            /* a part of this generation has come */
	unsigned epoch;           /* of the link it was asked on */
	uint64_t change;          /* grows with everything taken */
	char *error;              /* the engine refuses the wish; empty: fine */

	struct msg_row *rows; /* events, output */
	size_t count;
	uint64_t more_before, more_after, hits, hidden, costly, dropped;
	uint64_t trimmed; /* rows that left at the oldest end; more_before holds them too */
	int64_t scanned_from_ms, scanned_to_ms; /* wall: what the engine looked through so far */
	bool done;                              /* it is all of the answer */

	struct msg_win_points points; /* series */
};

void window_init(struct window *window, enum window_id id);
void window_release(struct window *window);
/* Asks for `wish` (borrowed; its window and generation are set here) unless that is what was asked
 * for already over this attachment. Does nothing without an engine: call it in every turn. */
void window_ask(struct window *window, struct link *link, const struct msg_win_open *wish);
/* `wish` (its window and generation aside) is what was asked for last. */
bool window_is_of(const struct window *window, const struct msg_win_open *wish);
/* The next window_ask() asks again, whatever it was. */
void window_forget(struct window *window);
/* Closes it in the engine and forgets what it holds. */
void window_close(struct window *window, struct link *link);
/* Takes a win_rows or win_points that is of this window and generation; false: it is not. */
bool window_take(struct window *window, enum msg_kind kind, const void *body);

/* The index of a row by its key; -1 when it is not held. */
long window_find(const struct window *window, const char *key);

#endif
