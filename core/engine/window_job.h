/* SPDX-License-Identifier: MIT */
/*
 * One answer to one window, worked out on a pool thread, in one go or in slices: each ends with one
 * message to the engine, which sends it on and, unless it was the last, lets the job go on. The job
 * holds all it needs: a copy of the request, and what its store gave it in begin(). window_store tables
 * connect the word of win_open.store with the work; a store is one file window_NAME.c.
 */
#ifndef BOTSWAIN_ENGINE_WINDOW_JOB_H
#define BOTSWAIN_ENGINE_WINDOW_JOB_H

#include <stdint.h>
#include "core/engine/query_pool.h"

struct engine;
struct window;
struct window_job;

struct window_store {
	const char *name;
	bool is_of_points; /* its replies are win_points, else win_rows */
	int64_t pace_ms; /* between two answers of a window that follows; WINDOW_GAP_MS at least */
	/* Engine thread: gives the job its input. False: `err` says why not. */
	bool (*begin)(struct engine *engine, const struct window *window, struct window_job *job,
		struct err *err);
	/* Pool thread: one slice; ends with one window_post_*(). */
	void (*work)(struct window_job *job);
	/* Frees the input and what is carried; any thread. */
	void (*release)(struct window_job *job);
	/* Frees what a window carries from one answer to the next; NULL: nothing. */
	void (*drop)(void *carried);
	/* Engine thread: a number that grows when there is news for this window; for one that does not
	 * follow only what it must not go on showing is. */
	uint64_t (*news)(const struct engine *engine, const struct window *window);
};

struct window_job {
	struct query query;
	const struct window_store *store;
	struct mailbox *to_engine;
	struct msg_win_open *request;
	uint64_t client;
	int64_t opened_ms, now_ms; /* wall */
	bool is_first;             /* the window has no whole answer yet: it may be told of parts */
	char *position;            /* rows after this key only; NULL: there are none yet */
	const void *input;
	void *owned;
	void *carried; /* from the answer before to the next one, NULL: nothing; the store's own */
	/* set by the engine between slices: whether the client may be told so soon after the last time */
	bool end_due, part_due;
	/* set by a slice: it found the end, due or not; what it posted is for nobody */
	bool has_ended, is_pause;
	bool has_told; /* the store's own: a part was told */
	/* set by begin(): there is nothing to work on before somebody else calls window_post_pause() */
	bool is_waiting;
};

/* Pool thread. Each takes ownership of the message and fills window and generation. */
void window_post_rows(struct window_job *job, struct msg_win_rows *rows);
void window_post_points(struct window_job *job, struct msg_win_points *points);
/* The slice ends and there is nothing to tell, or it is not due. */
void window_post_pause(struct window_job *job);

extern const struct window_store window_events, window_output, window_audit, window_counts,
	window_query, window_metrics;

#endif
