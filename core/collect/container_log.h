/* SPDX-License-Identifier: MIT */
/*
 * The log of one container: asked of its engine as a stream, from its last minutes on at first, from where it was later. A stream
 * that ends is asked for again: the container may have been started again, be another of the same name, or be gone.
 * Thread of the containers.
 */
#ifndef BOTSWAIN_COLLECT_CONTAINER_LOG_H
#define BOTSWAIN_COLLECT_CONTAINER_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"
#include "core/collect/bot_memo.h"
#include "core/collect/docker_seen.h"
#include "core/collect/event_post.h"
#include "core/collect/timers.h"
#include "core/parse/docker.h"
#include "core/parse/docker_log.h"

struct http;
struct http_call;
struct hub;
struct roster;
struct worker;

enum {
	CONTAINER_LOOK_MS = 2000,     /* between two looks at one that does not run */
	CONTAINER_AGAIN_MS = 50,      /* after its stream ended */
	CONTAINER_PAST_LINES = 10000, /* read back of one */
	CONTAINER_LEAST_LINES = 100,  /* ... however old they are */
	CONTAINER_QUIET_MS = 1000,    /* without a line: the past is over */
};

/* What all of them have in common. */
struct container_place {
	struct worker *worker;
	struct http *http;
	struct timers timers;
	const struct roster *roster;
	int64_t read_back_ms;
	uint64_t dropped;
};

struct container_log {
	struct container_place *place;
	char *name, *address, *bot; /* address: of its engine's socket, "" the usual */
	struct bot_memo memo;
	struct event_post post;
	struct timer timer;
	struct http_call *call; /* under way */
	char *socket;
	char id[DOCKER_ID_BYTES + 1]; /* of the container that was read last; "" none yet */
	int64_t started_ms;           /* its start when it was read to its end */
	bool is_settled;              /* nothing comes until it is started again */
	bool is_last; /* it was read to its end when it ran no longer, once: what it said last may come after that */
	bool is_running; /* as it was looked at last */
	bool is_torn;    /* its stream broke: what came after is not known */
	bool is_wanted;
	bool is_later; /* it was not there when it was looked for first: all of it is new */
	bool is_begun; /* it was looked for */
	struct docker_log log;
	struct docker_seen seen;
	struct err err;     /* of the last look; ERR_NONE: all is well */
	struct err warning; /* there is no such container */
	unsigned fails;
	int64_t asked_ms; /* mono: its stream */
	int64_t look_ms,
		quiet_ms; /* mono: when it is looked at, when its past is over; INT64_MAX: not */
	/* the past */
	int64_t begun_ms, since_ms; /* wall: what is earlier was there before us; is not wanted */
	bool is_past;               /* it is still coming */
	size_t past_lines, old_count, old_next;
	bool is_limited;
	struct old_line {
		int64_t wall_ms;
		unsigned stream;
		char *text;
		size_t length;
		bool is_cut;
	} old[CONTAINER_LEAST_LINES]; /* the last of those that are older than what is wanted */
};

struct container_log *container_log_new(
	struct container_place *place, const char *name, const char *address, const char *bot);
void container_log_free(struct container_log *log);
/* It is this bot's ("": each line says), of the roster of its place, from here on. */
void container_log_give_to(struct container_log *log, const char *bot);
/* Its timer is due. */
void container_log_turn(struct container_log *log);

#endif
