/* SPDX-License-Identifier: MIT */
/*
 * Where in a stream that was there before us the last minutes begin. Its ids are times, so the server
 * finds the minute; entries are counted back from the newest, page by page, only to keep to a bound:
 * the newest win. They are then read as all others are, by XREAD from that place on: nothing between
 * them and what is new is lost or read twice. Stream thread.
 */
#ifndef BOTSWAIN_COLLECT_STREAM_BACK_H
#define BOTSWAIN_COLLECT_STREAM_BACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;
struct redis_session;
struct watched_stream;

enum {
	STREAM_BACK_ENTRIES = 10000, /* of one stream */
	STREAM_BACK_LEAST = 100,     /* of each, when the others took the rest */
	STREAM_BACK_TOTAL = 100000,  /* of all streams of a Redis */
	STREAM_BACK_PAGE = 500,      /* counted at a time */
};

struct stream_back {
	int64_t since_ms; /* wall; entries of then and later are wanted */
	bool is_off;      /* none is */
	size_t left;      /* that may still be read back, of all streams */
	size_t page;      /* counted at a time: what the server's answers are small enough for */
};

/* Sets the stream's last_id to the one before the first wanted entry. `ret_is_limited`: there are more
 * than may be read back. False: refused or broken; the place is not set. */
MUST_CHECK bool stream_back_find(struct stream_back *back, struct redis_session *session,
	struct watched_stream *stream, bool *ret_is_limited, struct err *err);

#endif
