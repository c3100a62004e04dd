/* SPDX-License-Identifier: MIT */
/*
 * A chunk: log lines and events of one stream, in the order of their arrival. It is written by one
 * thread (the source's worker), never moved, and read by any thread up to its published count: what
 * is published never changes. Reference counted; the last holder frees it. A stream is what one
 * writer wrote from its start on; a source that starts over has a new stream.
 *
 * Stored bytes are already redacted, by the redactor that the chunk names. The way out for text is
 * event_text() (core/events/text.h); chunk_bytes_of() is for the rooms that build on it.
 *
 * A cold chunk has its lines in the history on the disk (history.h): of it only what is told below without its records.
 */
#ifndef BOTSWAIN_EVENTS_CHUNK_H
#define BOTSWAIN_EVENTS_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/parse/log_level.h"
#include "core/parse/log_line.h"

struct redactor;

enum record_flags {
	RECORD_ESCAPED = 1 << 0,   /* the message holds JSON escapes */
	RECORD_CONTINUES = 1 << 1, /* goes on from the line before it */
	RECORD_CUT = 1 << 2,       /* the line was longer */
	RECORD_HIDES = 1 << 3,     /* backslashes in a structured line: read it unescaped */
	RECORD_UNTIMED =
		1
		<< 4, /* nothing says when it was written: its time is that when it was read, or about that */
};

/* One line. Its order time never falls within a stream: of a line that came late it is that of what was there
 * already. Whoever reads lines has them in the order of their own times (core/events/view.h). */
struct record {
	int64_t wall_ms;
	int32_t late_ms; /* order time - wall_ms, saturating */
	uint32_t offset; /* of the line in the chunk */
	uint32_t bot;    /* offset of its bot's name, 0 none */
	uint16_t length;
	uint16_t message_offset, message_length; /* in the line */
	uint16_t correlation_offset;
	uint8_t correlation_length;
	uint8_t level;   /* enum log_level */
	uint8_t trouble; /* enum log_trouble */
	uint8_t flags;
};

/* What is the same for all chunks of a stream. */
struct stream {
	uint64_t source;  /* entity id of the source */
	uint64_t id;      /* first sequence number: unique among the streams of a source */
	const char *name; /* of the source; copied */
	bool is_own;      /* botswain's own events */
	const struct redactor *redactor; /* referenced by the chunk; may be NULL */
};

struct chunk;
struct history_place;

enum { CHUNK_BOTS = 192 }; /* distinct ones that are told apart */

/* What a chunk says of itself, apart from its lines. */
struct chunk_summary {
	struct stream stream;
	uint64_t first_seq;
	size_t count;
	uint32_t by_level[LOG_LEVELS];
	int64_t first_ms, last_ms;             /* its lines are between them */
	int64_t first_order_ms, last_order_ms; /* of the first and of the last line */
	bool begins_first,
		ends_last; /* the first line that came is the first in time, the last one the last */
	bool has_many, has_nameless; /* more bots than are told apart; lines of none */
	const char *const *bots;
	size_t bot_count;
};

/* Room for `text_bytes` of lines and names and `records` lines. The caller holds the one reference. */
struct chunk *chunk_new(const struct stream *stream, uint64_t first_seq, size_t text_bytes,
	size_t records) MUST_CHECK;
struct chunk *chunk_ref(const struct chunk *chunk);
void chunk_unref(const struct chunk *chunk); /* NULL is legal */
/* A cold one, of which all lines are shown; it takes over the reference to the place. */
struct chunk *chunk_new_cold(
	const struct chunk_summary *summary, struct history_place *place) MUST_CHECK;
/* Of one that is written no more, and has lines. The bots are listed in `bots`; what it points to is the chunk's. */
struct chunk_summary chunk_summary_of(const struct chunk *chunk, const char *bots[CHUNK_BOTS + 1]);
/* NULL: it is not cold. */
struct history_place *chunk_place(const struct chunk *chunk);
/* Its lines were read back from the disk: whoever redacted them knew less than is known now. */
bool chunk_is_reread(const struct chunk *chunk);
void chunk_set_reread(struct chunk *chunk);

/* Writer's thread only: copies the line and publishes it. `record` comes without offset and bot.
 * False: no room. */
bool chunk_append(struct chunk *chunk, struct record record, const char *line, size_t length,
	const char *bot);

/* Writer's thread only, of a replay; of a cold one its owner's: only the first `count` lines are published, until it says
 * otherwise or appends; none is lost. The records of a snapshot stay readable. */
void chunk_show(struct chunk *chunk, size_t count);

/* Any thread. The published count only grows; what lies below it is constant. */
size_t chunk_count(const struct chunk *chunk);
/* Those that were ever published, of one that is written no more. */
size_t chunk_written(const struct chunk *chunk);
/* Not of a cold one, as chunk_bot() and chunk_bytes_of(). */
const struct record *chunk_record(const struct chunk *chunk, size_t index);
const struct stream *chunk_stream(const struct chunk *chunk);
uint64_t chunk_first_seq(const struct chunk *chunk);
const char *chunk_bot(const struct chunk *chunk, const struct record *record); /* "" none */
/* The stored line: `record->length` bytes, redacted, not sanitised. */
const char *chunk_bytes_of(const struct chunk *chunk, const struct record *record);
/* All of its text, lines and names as they came; it begins with a NUL. */
const char *chunk_text(const struct chunk *chunk, size_t *ret_length);
/* True when the caller holds the only reference: no writer goes on with it, nobody reads it. */
bool chunk_is_sole(const struct chunk *chunk);
/* What it takes of memory from chunk_new() to its end, full or not, for the budget; without its
 * redactor, which it shares. */
size_t chunk_bytes(const struct chunk *chunk);

/*
 * What a chunk holds, so that it need not be read for what it does not hold. Of the lines published
 * so far all is told; a little more may be, of lines that come next.
 */

/* True when a line may be of this bot ("": of none). */
bool chunk_may_hold(const struct chunk *chunk, const char *bot);
/* The bots of its lines, "" among them when a line is of none: their number; 0: more than CHUNK_BOTS. */
size_t chunk_bots(const struct chunk *chunk, const char *ret_bots[CHUNK_BOTS + 1]);
/* The levels of its lines: 1 << level each. */
unsigned chunk_levels(const struct chunk *chunk);
/* Between which times its lines are, both included. Of a chunk that has lines. */
void chunk_span(const struct chunk *chunk, int64_t *ret_first_ms, int64_t *ret_last_ms);
/* The order time of the last published line of one that has lines. */
int64_t chunk_newest_ms(const struct chunk *chunk);
/* What a cold one keeps of its summary. */
struct chunk_edges {
	uint32_t by_level[LOG_LEVELS];
	int64_t first_order_ms, last_order_ms;
	bool begins_first, ends_last;
};
const struct chunk_edges *chunk_edges(const struct chunk *cold);
/* More bots than are told apart; lines of none. */
bool chunk_has_many(const struct chunk *chunk);

static inline int64_t record_order_ms(const struct record *record)
{
	return record->wall_ms + record->late_ms;
}

#endif
