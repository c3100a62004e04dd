/* SPDX-License-Identifier: MIT */
/*
 * Which streams a Redis worker reads, and from where on: named ones at once, those of a pattern as
 * a walk with SCAN finds them. A stream's place outlives every connection, so that nothing is lost
 * or read twice when one breaks. Stream thread.
 */
#ifndef BOTSWAIN_COLLECT_STREAM_LIST_H
#define BOTSWAIN_COLLECT_STREAM_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct conf_redis;
struct err;
struct redis_session;

enum {
	STREAMS_MAX = 1000,
	STREAM_ID_BYTES = 48,
};

/* A consumer group as it was at the last look. */
struct watched_group {
	char *name;
	int64_t read, read_ms; /* entries that it ever read, -1 unknown, and when (mono) */
	int64_t lag;           /* -1 unknown */
	int64_t rises;         /* looks in a row at which that had grown */
};

struct watched_stream {
	char *name;
	char *origin;                  /* stream_origin() of its name */
	char *bot;                     /* what stood for the pattern's *, "" */
	char last_id[STREAM_ID_BYTES]; /* "": where to begin is not known yet */
	int64_t position;              /* entries that were ever added up to last_id; -1 unknown */
	uint64_t lost;                 /* found by a look and not told yet */
	bool is_at_least;              /* ... and there may be more */
	int64_t length;                /* at the last look */
	int64_t added, added_ms; /* entries ever, -1 unknown, and when that was looked at (mono) */
	struct watched_group *groups; /* that were reported */
	size_t group_count;
	bool is_refused; /* WRONGTYPE or NOPERM: not read until the next walk */
	bool is_found;   /* by the walk that is under way */
	bool is_named;   /* by the settings: never forgotten */
	bool is_gone;    /* ... but there is none, and that was posted */
	bool is_resumed; /* from where the worker before left it */
};

struct stream_list {
	const struct conf_redis *conf;
	struct watched_stream *items;
	size_t count, capacity;
	bool has_walked; /* once through: a stream that is found later is new, all of it */
	bool is_full;
};

void stream_list_init(struct stream_list *list, const struct conf_redis *conf);
void stream_list_release(struct stream_list *list);
/* One walk through the key space for each pattern. False: refused or broken. Posts that a stream
 * and its groups are gone. */
MUST_CHECK bool stream_list_walk(
	struct stream_list *list, struct redis_session *session, struct err *err);
struct watched_stream *stream_list_find(struct stream_list *list, const char *name);
/* What stands for the one * of a pattern in a name that it matches; "" without one. Pure. */
char *stream_star(const char *pattern, const char *name) MUST_CHECK;

#endif
