/* SPDX-License-Identifier: MIT */
/* The inside of a writer: what writer.c, lines that are copied, and writer_files.c, lines that stay in their file, share. Nobody else
 * includes this. */
#ifndef BOTSWAIN_EVENTS_WRITER_INSIDE_H
#define BOTSWAIN_EVENTS_WRITER_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/str.h"
#include "core/events/chunk.h"
#include "core/events/name_memo.h"
#include "core/events/note.h"
#include "core/events/writer.h"
#include "core/parse/log_line.h"
#include "core/parse/log_memo.h"

struct file_keeper;

enum { CHUNKS_WAITING_MAX = 64 }; /* sealed while the engine takes nothing */

struct event_writer {
	struct event_source source;
	char *name, *bot;
	struct stream stream;
	struct redactor *redactor;
	const struct clock *clock;
	struct chunk *open;
	size_t chunk_bytes;
	uint64_t next_seq;
	int64_t order_ms;
	struct chunk *waiting[CHUNKS_WAITING_MAX]; /* not announced yet, a reference each */
	size_t waiting_count;
	struct file_keeper *files;
	struct log_flow flow;
	struct log_memo memo;
	struct name_memo names; /* of events */
	int64_t seen_ms;        /* wall, when it was last looked at */
	struct note note;
	int64_t posted_mono_ms, offset_until_ms;
	int64_t back_ms; /* of a line that was there before us; LOG_NO_TIME: they are new */
	int32_t offset_s;
	struct str plain, clean; /* scratch: normalised, redacted */
};

/* Of local time, looked up now and then. */
int32_t writer_offset_s(struct event_writer *writer, int64_t now_ms);
/* What is kept of a line that was read: its places and flags. */
struct record writer_record_of(
	const struct log_line *line, const char *text, size_t length, bool is_cut);

#endif
