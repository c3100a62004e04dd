/* SPDX-License-Identifier: MIT */
/*
 * XREAD of all streams of a list. The reply is never a tree: its strings come one after the other (resp.h), and
 * an entry is an event in the store as soon as its last field was read; the stream's place is behind it from there on,
 * also when the reply breaks off. So a reply may be as long as it likes, and one field REDIS_REPLY_BYTES_MAX. Stream
 * thread.
 */
#ifndef BOTSWAIN_COLLECT_STREAM_READ_H
#define BOTSWAIN_COLLECT_STREAM_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/collect/stream_entry.h"
#include "core/collect/stream_list.h"

struct event_writer;
struct net_limit;
struct redis_conn;

enum {
	STREAM_READ_ENTRIES = 4000,
	STREAM_READ_TOTAL = 8000
}; /* of a stream, of all: with one reply */

struct stream_reader {
	struct stream_list *list;
	struct event_writer *writer;
	int64_t begun_ms; /* wall: older entries of streams that nobody left us were there before us */
	/* of the last reply */
	size_t entries;
	bool is_full;       /* of a stream as many as were asked for: there are more */
	struct err refused; /* what the server said in place of entries */
	/* private: where we are in it */
	struct watched_stream *stream; /* NULL: one that we do not know */
	size_t in_stream, asked;       /* entries of it so far, and that were asked for */
	size_t place; /* of the stream in the list: the next one answered is behind it */
	char id[STREAM_ID_BYTES]; /* of the entry that is being read, "" none */
	struct stream_entry entry;
};

void stream_reader_init(struct stream_reader *reader, struct stream_list *list,
	const struct conf_fields *fields, struct event_writer *writer, int64_t begun_ms);
void stream_reader_release(struct stream_reader *reader); /* legal on a zeroed struct */

/* Queues the question; false: there is no stream that can be read. `block_ms` 0: the server is not to wait. */
bool stream_reader_ask(struct stream_reader *reader, struct redis_conn *conn, int block_ms);
/* Takes the reply. False: the connection broke; what came before that is taken all the same. */
MUST_CHECK bool stream_reader_take(struct stream_reader *reader, struct redis_conn *conn,
	const struct net_limit *limit, struct err *err);
/* The reply broke off in an entry that is too large to be read: the stream goes on behind it. NULL: it was not that. */
struct watched_stream *stream_reader_skip(struct stream_reader *reader, const struct err *err);

#endif
