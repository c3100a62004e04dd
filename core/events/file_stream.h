/* SPDX-License-Identifier: MIT */
/*
 * The lines of a file that stays where it lies, as a stream among those of the store: its index, and what
 * is the same for all of its lines. Nothing of it is redacted yet: its text goes out through event_text() alone.
 * Reference counted; any thread.
 */
#ifndef BOTSWAIN_EVENTS_FILE_STREAM_H
#define BOTSWAIN_EVENTS_FILE_STREAM_H

#include <stdatomic.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/events/chunk.h"

struct file_index;
struct names;
struct redactor;

struct file_options {
	struct stream stream; /* its redactor is that for names of bots; may be NULL */
	int fd;               /* readable and regular; closed with the stream */
	uint64_t from, to;
	int64_t received_ms;
	int32_t utc_offset_s;
	const char *bot;     /* of lines that name none; copied; may be NULL */
	struct names *names; /* of bots; a reference is taken */
};

struct file_stream {
	struct stream stream; /* id + offset is the sequence number of a line */
	struct file_index *index;
	struct names *names;
	uint16_t bot;
	atomic_bool is_over; /* nobody is to ask for it any more */
	atomic_size_t users; /* private */
};

struct file_stream *file_stream_new(const struct file_options *options) MUST_CHECK;
struct file_stream *file_stream_ref(struct file_stream *stream);
void file_stream_unref(struct file_stream *stream); /* NULL is legal */

#endif
