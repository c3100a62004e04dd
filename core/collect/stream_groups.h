/* SPDX-License-Identifier: MIT */
/*
 * The consumer groups of a stream as XINFO GROUPS, XINFO CONSUMERS and XPENDING tell of them, as observations: lag, what
 * waits to be acknowledged and since when, and which consumers are dead: silent for longer than the settings say while
 * entries that they took wait. Looking changes nothing: groups are others', we join none. Stream thread.
 */
#ifndef BOTSWAIN_COLLECT_STREAM_GROUPS_H
#define BOTSWAIN_COLLECT_STREAM_GROUPS_H

#include <stdbool.h>
#include "core/base/attr.h"

struct err;
struct redisReply;
struct redis_session;
struct watched_stream;

enum {
	GROUPS_MAX = 64,           /* of a stream that are looked at */
	GROUP_CONSUMERS_MAX = 500, /* of more of them nobody asks: the answer would be too long */
	GROUP_READERS_MAX = 20,    /* that an observation names */
};

/* `reply`: of XINFO GROUPS. Posts every group, and those that are gone. False: it is something else, or the connection
 * broke. */
MUST_CHECK bool stream_groups_look(struct redis_session *session, struct watched_stream *stream,
	const struct redisReply *reply, struct err *err);

#endif
