/* SPDX-License-Identifier: MIT */
/*
 * The whole screen at another time. To look back the screen keeps its links to the engines and opens others to
 * replays of their recordings; once those have answered and sent the state of then, the two change places: panes, cursors,
 * filters and windows go on as they were, over other links. A screen on a recording (botswain replay FILE) has no now to
 * come back to. Screen thread only.
 */
#ifndef BOTSWAIN_TUI_PAST_H
#define BOTSWAIN_TUI_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include "core/base/attr.h"

struct app;
struct err;
struct msg_past;
struct str;

enum {
	PAST_STEP_MS = 10000, /* of one key; more when it is pressed again within PAST_AGAIN_MS */
	PAST_AGAIN_MS = 1500,
	PAST_READ_MS = 500, /* the links to now are read so often meanwhile */
	PAST_PATIENCE_MS =
		5000, /* the first of several engines that is there waits so long for the others */
	PAST_LOOK_MS = 100,
	PAST_APART_MS = 2000, /* an engine that stands so far from what is shown says so */
};

/* To a wall time of the screen, and how fast to go on from there (0: not). */
void past_go(struct app *app, int64_t time_ms, uint64_t speed);
/* A step back (-1) or forward (1); forward beyond the end is now. */
void past_step(struct app *app, int direction);
/* "12:04", "12:04:30" (UTC, within the last day), "-15m", RFC 3339 or "now". */
MUST_CHECK bool past_go_to(struct app *app, const char *text, struct err *err);
MUST_CHECK bool past_set_speed(struct app *app, uint64_t speed, struct err *err);
/* Back to now; false: that is where we are, or there is none. */
bool past_leave(struct app *app);
void past_free(struct app *app);

/* Once a turn, before the links are read. The result has bit n when link n to now turned while the past is shown. */
uint32_t past_turn(struct app *app);
/* The links to now, whatever is shown; NULL: a file has no now. */
struct links *past_present(const struct app *app);
/* An engine's answer to where it stands. */
void past_hear(struct app *app, size_t link, const struct msg_past *past);
/* What waits besides the links that are shown; the number of slots used, LINKS_MAX at most. */
size_t past_poll(const struct app *app, struct pollfd *slots, int *timeout_ms);
/* An answer is on its way. */
bool past_waits(const struct app *app);
/* What is shown is not now. */
bool past_is_shown(const struct app *app);
/* There is a now to come back to. */
bool past_has_now(const struct app *app);
/* Of several, the engine whose place in time is that of the picture. */
size_t past_lead(const struct app *app);
/* For the status line: that it is not now, and when it is; false: it is now. */
bool past_say(const struct app *app, bool brief, struct str *text);
/* For the status line while the past is shown: how it is now, nothing if that is not to be told. True: nobody knows. */
bool past_say_now(const struct app *app, bool brief, struct str *text);

#endif
