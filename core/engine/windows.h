/* SPDX-License-Identifier: MIT */
/*
 * Windows on the big stores. A screen opens and moves them; each answer is worked out on the query
 * pool, slice by slice, and comes back as a parcel a slice. What was found so far of a first answer
 * is sent on in parts, at most one every WINDOW_GAP_MS and none to a client that has not read the
 * last. A move (a greater generation) cancels what is under way and makes its parcels stale. A
 * following window is asked again when its store has something new, as seldom; one that shows lines
 * also when a secret became known that they may hold, wherever it stands. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_WINDOWS_H
#define BOTSWAIN_ENGINE_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>
#include "core/msg/mailbox.h"

struct engine;
struct peer;
struct window_job;
struct window_store;

enum {
	WINDOWS_MAX = 32,             /* a client; numbered from 1 */
	WINDOW_ROWS = 1000,           /* rows or columns of one answer */
	WINDOW_WHOLE_BYTES = 4 << 20, /* of rows that are sent whole, and one row more */
	WINDOW_PAGES = 3,             /* pages sent either side */
	WINDOW_GAP_MS = 50,           /* between two answers, and two parts of one */
	WINDOW_REST = 4,     /* a following window rests so many times as long as its answer took */
	WINDOW_QUERIES = 16, /* expressions of one window */
};

#define WINDOW_TIME_MS (INT64_C(30000) * 365 * 86400 * 1000) /* from 1970, either way */

struct window {
	struct msg_win_open *request; /* NULL: closed; before and after are what will be sent */
	const struct window_store *store;
	struct window_job *job; /* under way, NULL: none */
	int64_t opened_ms;      /* wall: what `now` was when it was opened */
	int64_t asked_mono_ms;  /* when the last job began */
	int64_t again_mono_ms;  /* not asked again before */
	int64_t told_mono_ms;   /* when the last part was sent */
	int64_t resume_mono_ms; /* the job waits for its next slice until then, 0: it does not wait */
	uint64_t seen;          /* the store's number of changes that the last job began with */
	uint64_t turn;          /* of its client, when the last job began */
	bool has_answered;      /* a whole answer was sent */
	char *position;         /* follow: the key of the last row sent; NULL: none yet */
	void *carried;          /* follow: what the store carries to the next job; NULL: none yet */
};

struct windows {
	struct window windows[WINDOWS_MAX];
};

/* Requests. A malformed one is answered with an error in the window's reply. */
void windows_open(struct engine *engine, struct peer *peer, const void *body);
void windows_close(struct engine *engine, struct peer *peer, const void *body);
/* The request of an open window; NULL: none. */
const struct msg_win_open *windows_request(const struct peer *peer, uint64_t number);
/* A client leaves. */
void windows_release(struct peer *peer);
/* A parcel of a job: win_rows or win_points. Takes the parcel's content. */
void windows_deliver(struct engine *engine, struct parcel *parcel);
/* Asks again for windows that their store has news for. Once a turn. */
void windows_turn(struct engine *engine);
/* When windows_turn() has something to do (mono ms). */
int64_t windows_due_ms(const struct engine *engine);

#endif
