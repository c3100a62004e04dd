/* SPDX-License-Identifier: MIT */
/*
 * An engine with two hundred thousand lines in its store and a screen on it, turn by turn: for windows and seeks that take long.
 * What the screen hears is kept with its time. Between two turns 10 ms of a virtual clock pass.
 */
#ifndef BOTSWAIN_TESTS_SCANS_H
#define BOTSWAIN_TESTS_SCANS_H

#include <stddef.h>
#include <stdint.h>
#include "core/msg/msg.h"

struct event_writer;
struct harness;
struct harness_screen;
struct peer;

enum {
	SCANS_LINES = 200000,     /* a millisecond apart, the last one now */
	SCANS_RARE_EVERY = 20000, /* each of these is a needle, the others tick */
	SCANS_STEP_MS = 10,
	SCANS_TRIES = 100000,
	SCANS_HEARD_MAX = 4096,
};

struct scans_heard {
	struct msg_any message;
	int64_t mono_ms;
};

struct scans {
	struct harness *harness;
	struct harness_screen *screen;
	struct event_writer *writer, *slow; /* orders.log, which is filled; slow.log */
	struct scans_heard heard[SCANS_HEARD_MAX];
	size_t count;
};

/* Of cmocka: *state is a struct scans. */
int scans_setup(void **state);
int scans_teardown(void **state);

/* Of a source of the bot orders; the caller frees it. */
struct event_writer *scans_writer(struct harness *harness, const char *name);
void scans_write(struct event_writer *writer, int64_t wall_ms, const char *text);
/* Lets the engine know what was written. */
void scans_post(struct scans *scans, struct event_writer *writer);

/* What takes a message for the screen (client_pump()): it is kept. `context`: the scans. */
void scans_hear(void *context, enum msg_kind kind, const void *body);
/* Sends a message, given as text. */
void scans_say(struct scans *scans, const char *line);
/* One turn of both ends; then a moment passes. */
void scans_turn(struct scans *scans);
/* Forgets what was heard. */
void scans_forget(struct scans *scans);
/* The last one of that kind that was heard; NULL none. */
const void *scans_last(const struct scans *scans, enum msg_kind kind);

/* These turn until it was heard, and fail the test when it does not come. */
const void *scans_await(struct scans *scans, enum msg_kind kind);
const struct msg_win_rows *scans_await_rows(struct scans *scans, uint64_t generation);
/* Of whatever was heard, not only at the end: windows are answered in any order. */
const struct msg_win_rows *scans_await_rows_of(struct scans *scans, uint64_t window);
const struct msg_seek *scans_await_seek(struct scans *scans);

/* How many parts there are; fails when two are nearer than 20 a second allow. */
size_t scans_count_spaced(const struct scans *scans, enum msg_kind kind);
/* The screen as the engine sees it. */
struct peer *scans_peer(struct scans *scans);

#endif
