/* SPDX-License-Identifier: MIT */
/*
 * Lines of a file that stays where it lies, as a stream among those of the store: their index, and what
 * is the same for all of them. Nothing of it is redacted yet: its text goes out through event_text() alone. A
 * growing one is appended to by its one writer while others read it; when it has all that it may have, the next goes on
 * where it ends. Reference counted; any thread.
 */
#ifndef BOTSWAIN_EVENTS_FILE_STREAM_H
#define BOTSWAIN_EVENTS_FILE_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/events/chunk.h"

struct file_index;
struct names;
struct open_file;
struct redactor;

enum { FILE_GROWING_SEGMENTS = 256 };

struct file_options {
	struct stream stream;   /* its redactor is that for names of bots; may be NULL */
	struct open_file *file; /* a reference is taken */
	uint64_t from, to;      /* `to` of a growing one counts for nothing */
	int64_t received_ms;
	int64_t now_ms; /* no line is of long after; 0: nobody says */
	int32_t utc_offset_s;
	const char *bot;     /* of lines that name none; copied; may be NULL */
	struct names *names; /* of bots; a reference is taken */
	bool is_growing;
	/* Of a growing one, on its writer's thread: the bot that a line means by a name; NULL: nobody's. */
	const char *(*resolve)(void *context, const char *name, size_t length);
	void *context;
};

struct file_stream {
	struct stream stream; /* id + offset is the sequence number of a line */
	struct open_file *file;
	struct file_index *index;
	struct names *names;
	uint16_t bot;
	bool is_growing;
	atomic_bool is_full;         /* a growing one that nothing comes to any more */
	struct file_options options; /* private, as is what follows */
	atomic_size_t users;
};

struct file_stream *file_stream_new(const struct file_options *options) MUST_CHECK;
struct file_stream *file_stream_ref(struct file_stream *stream);
void file_stream_unref(struct file_stream *stream); /* NULL is legal */
/* The same lines, of which nothing is indexed yet. Not of a growing one. */
struct file_stream *file_stream_renew(const struct file_stream *stream) MUST_CHECK;

#endif
