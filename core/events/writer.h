/* SPDX-License-Identifier: MIT */
/*
 * The one writer of a source's stream. Lines go in raw; they are normalised, redacted, read,
 * searched for trouble, appended to a chunk, and counted in a note. event_writer_post() hands the
 * note and the chunks that are new to the engine's mailbox, at most LIMIT_NOTES_PER_S times a
 * second; when the mailbox is full nothing is forgotten, the next post tells it.
 *
 * Everything here belongs to the worker's thread. The chunks are read by others meanwhile.
 */
#ifndef BOTSWAIN_EVENTS_WRITER_H
#define BOTSWAIN_EVENTS_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/parse/log_level.h"

struct chunk;
struct clock;
struct file_stream;
struct names;
struct event_stamp;
struct event_writer;
struct mailbox;
struct open_file;
struct redactor;

/* The slug of the bot that a line calls `name` (its name, username or id); NULL when there is none. */
typedef const char *event_resolve(void *context, const char *name, size_t length);

struct event_source {
	uint64_t id;      /* entity id */
	const char *name; /* copied */
	const char *bot;  /* slug of the bot whose log this is, NULL: each line says; copied */
	bool is_own;      /* botswain's own events */
	/* NULL: names are kept as they are written. Else a name that it does not know is the
	 * source's bot, or kept where that is nobody's. */
	event_resolve *resolve;
	void *context;
};

/* An event that is no log line: a stream's entry, or our own. */
struct event_input {
	int64_t wall_ms; /* LOG_NO_TIME: now */
	enum log_level level;
	const char *bot; /* as written; NULL: the source's */
	const char *message;
	const char *rest;        /* other fields, searched but not shown in a row; may be NULL */
	const char *correlation; /* may be NULL */
	size_t message_length, rest_length; /* 0: to the end of each */
};

/* Attachment of an obs_notes parcel: chunks and parts of files that the directory does not know yet. */
struct chunk_list {
	size_t count;
	size_t file_count;
	struct file_stream **files; /* a reference each; in a block of its own */
	struct chunk *chunks[];     /* a reference each */
};
void chunk_list_free(void *list); /* with its references; NULL is legal */

/* Takes a reference to the redactor (may be NULL). */
struct event_writer *event_writer_new(const struct event_source *source,
	const struct redactor *redactor, const struct clock *clock) MUST_CHECK;
void event_writer_free(
	struct event_writer *writer); /* what was not posted is gone; NULL is legal */
/* Secrets changed: from the next line on this redactor is used. */
void event_writer_redact_with(struct event_writer *writer, const struct redactor *redactor);

/* From the next line on it is this bot's log (NULL: each line says). What was written before keeps
 * its own. */
void event_writer_give_to(struct event_writer *writer, const char *bot);

/* What comes next was there before us: its lines have the times that they name; one without has that
 * of the line before, or `wall_ms` where no line has any, and then it counts for no rate and no
 * trouble; figures of handlers are not taken. LOG_NO_TIME: what comes next is new. */
void event_writer_back(struct event_writer *writer, int64_t wall_ms);

/* A line without its line end. `is_cut`: the source cut it. */
void event_writer_line(struct event_writer *writer, const char *line, size_t length, bool is_cut);
/* The same of a line that its source knows more of than the line says (stamp.h). */
void event_writer_stamped(struct event_writer *writer, const char *line, size_t length, bool is_cut,
	const struct event_stamp *stamp);
void event_writer_event(struct event_writer *writer, const struct event_input *input);

/* ---- what stays in its file ---- */
/* Where lines of it lie; the writer takes a reference, and lets go of it when it ends or, some minutes after it was deleted, when
 * it is told the time. Bounded: of more than KEPT_FILES_MAX (file_keeper.h) the oldest are no longer asked for. */

/* What is in a file before the first line that comes from it here: its bytes up to `to` are asked for where they lie. */
void event_writer_older(struct event_writer *writer, struct open_file *file, uint64_t to,
	int64_t written_ms, struct names *names);
/* Lines that came, from where one begins up to behind a newline, too many at once to be copied: they are counted as all others, and asked
 * for where they lie. False: they could not be read (errno); none was taken. */
MUST_CHECK bool event_writer_in_place(struct event_writer *writer, struct open_file *file,
	uint64_t from, uint64_t to, struct names *names);
/* Of a deleted file the space is given back: a large one at once, others some minutes later. Now and then. */
void event_writer_look(struct event_writer *writer);

/* Lines that were lost before they came here (a full buffer, a file that vanished). */
void event_writer_lost(struct event_writer *writer, uint64_t lines);

/* How long until a post is due: 0 now, -1 nothing to tell. */
int64_t event_writer_due_ms(const struct event_writer *writer);
/* Posts when due (or `force`, at the end) as MSG_obs_notes with a chunk_list (NULL when no chunk is
 * new). False: the mailbox was full, try again later. */
bool event_writer_post(struct event_writer *writer, struct mailbox *to, bool force);

#endif
