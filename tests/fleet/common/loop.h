/* SPDX-License-Identifier: MIT */
/*
 * The one loop of a fleet program: timers, HTTP servers (libmicrohttpd in its external epoll mode),
 * HTTP requests (a curl multi handle) and a few plain descriptors, all on one thread, so that
 * nothing in these programs is locked. SIGTERM and SIGINT end loop_run().
 */
#ifndef BOTSWAIN_FLEET_LOOP_H
#define BOTSWAIN_FLEET_LOOP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "tests/fleet/common/timers.h"

enum { LOOP_WATCHES = 8 };

/* A descriptor of somebody else; `fd` -1 is skipped, `events` are poll's POLLIN and POLLOUT. */
struct watch {
	int fd;
	short events;
	void (*ready)(void *data, short revents);
	/* Optional; called once a turn whatever the descriptor says; returns ms until it wants to
	 * be called again or -1. */
	int64_t (*turn)(void *data);
	void *data;
};

/* Rides in CURLOPT_PRIVATE of a handle given to loop_fetch(). `done` owns the handle again. */
struct fetch {
	void (*done)(struct fetch *fetch, CURLcode result);
	CURL *curl;
};

struct loop {
	struct timers timers;
	CURLM *multi;
	struct watch *watches[LOOP_WATCHES];
	int signals;
	bool stop;
};

MUST_CHECK bool loop_init(struct loop *loop, struct err *err);
void loop_release(struct loop *loop);
/* `watch` is borrowed until the loop is released. */
void loop_watch(struct loop *loop, struct watch *watch);
/* Starts fetch->curl; the loop borrows both until `done` is called. */
void loop_fetch(struct loop *loop, struct fetch *fetch);
/* Takes a running fetch back without calling `done`. */
void loop_unfetch(struct loop *loop, struct fetch *fetch);
/* Returns after SIGTERM, SIGINT or `stop`. */
void loop_run(struct loop *loop);
/* Sets `timer` to fire in `delay_ms`. */
void loop_after(struct loop *loop, struct timer *timer, int64_t delay_ms);
/* The program's clocks: those of the system, moved ahead by loop_advance(). */
int64_t loop_now_ms(void);
int64_t loop_wall_ms(void);
/* Moves both clocks ahead, so that a test reaches what lies a day away: timers that are due then fire in the next turn. */
void loop_advance(int64_t ms);

#endif
