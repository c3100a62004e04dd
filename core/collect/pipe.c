/* SPDX-License-Identifier: MIT */
/*
 * What a program writes into our standard input, line by line, as it comes. What fills a whole read goes into a file without a
 * name instead, is counted, and is asked for there. At the end of the input its source leaves, once everything is told: whoever
 * waits for that sees it.
 */
#include "core/collect/sources.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/names.h"
#include "core/base/str.h"
#include "core/base/unnamed_file.h"
#include "core/base/write_all.h"
#include "core/collect/event_post.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/collect/schedule.h"
#include "core/collect/splitter.h"
#include "core/conf/settings.h"
#include "core/events/open_file.h"
#include "core/events/writer.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"

/* A pipe holds READ_BYTES: when it is full its writer waits for us. */
enum { READ_BYTES = 64 << 10, PLACED_MS = 50, RETRY_MS = 20 };
#define PLACED_MOST (UINT64_C(8) << 30)
static const char kind_name[] = "pipe", pipe_name[] = "stdin";

struct pipe {
	struct worker *worker;
	struct event_post post;
	int fd;       /* -1: it ended */
	bool is_told; /* ... and who waits for that knows */
	struct splitter lines;
	struct open_file *file; /* where lines lie that came too fast; NULL: none yet */
	bool has_no_file;       /* there is none to be had */
	uint64_t placed;        /* its bytes */
	int64_t placed_ms;      /* mono, when the last ones came */
	struct names *names;    /* of bots, in there */
	char bytes[READ_BYTES];
};

static void take_line(void *context, const char *line, size_t length, bool is_cut)
{
	struct pipe *pipe = context;
	if (length)
		event_writer_line(pipe->post.writer, line, length, is_cut);
}

static void split(struct pipe *pipe, const char *bytes, size_t length)
{
	splitter_feed(&pipe->lines, bytes, length, worker_now_ms(pipe->worker), take_line, pipe);
}

/* ---- too fast ---- */

/* Not until the clock went on: of the lines of one millisecond those in the file come last. */
static bool is_flooded(const struct pipe *pipe, size_t length)
{
	return length == READ_BYTES ||
	       (pipe->file && worker_now_ms(pipe->worker) - pipe->placed_ms < PLACED_MS);
}

static bool open_place(struct pipe *pipe)
{
	struct err ignored;
	if (pipe->file || pipe->has_no_file)
		return pipe->file;
	int fd = unnamed_file(&ignored);
	pipe->has_no_file = fd < 0;
	if (fd < 0)
		return false;
	pipe->file = open_file_new(fd);
	pipe->file->is_nameless = true;
	pipe->names = names_new();
	return true;
}

/* The lines that end in these bytes. False: they are to be copied; none was taken. */
static bool put_in_place(struct pipe *pipe, const char *bytes, size_t length)
{
	const char *newline = memrchr(bytes, '\n', length);
	struct str *partial = &pipe->lines.partial;
	uint64_t from = pipe->placed, to = from + partial->length;
	if (!newline || pipe->lines.is_skipping || from > PLACED_MOST || !open_place(pipe))
		return false;
	size_t lines = (size_t)(newline - bytes) + 1;
	if (!write_all_at(pipe->file->fd, partial->text, partial->length, (off_t)from) ||
		!write_all_at(pipe->file->fd, bytes, lines, (off_t)to) ||
		!event_writer_in_place(
			pipe->post.writer, pipe->file, from, to + lines, pipe->names))
		return false;
	pipe->placed = to + lines;
	pipe->placed_ms = worker_now_ms(pipe->worker);
	str_clear(partial);
	split(pipe, newline + 1, length - lines);
	return true;
}

static void take(struct pipe *pipe, const char *bytes, size_t length)
{
	if (!is_flooded(pipe, length) || !put_in_place(pipe, bytes, length))
		split(pipe, bytes, length);
}

static void report(const struct pipe *pipe)
{
	struct msg_obs_source *obs = msg_new(MSG_obs_source);
	msg_set(&obs->kind, kind_name);
	msg_set(&obs->name, pipe_name);
	msg_set(&obs->state, "ok");
	obs->latency_ms = NAN;
	mailbox_post(pipe->worker->hub->to_engine, MSG_obs_source, obs);
}

/* Everything is told before it is told that there is no more. The writer stays: its lines are still asked for. */
static void tell_end(struct pipe *pipe)
{
	pipe->is_told = event_post_now(&pipe->post);
	if (pipe->is_told)
		post_source_gone(pipe->worker->hub, kind_name, pipe_name);
}

static void end(struct pipe *pipe)
{
	splitter_give(&pipe->lines, false, take_line, pipe);
	pipe->fd = -1;
	tell_end(pipe);
}

static void take_input(struct pipe *pipe)
{
	event_post_renew(&pipe->post);
	ssize_t length = read(pipe->fd, pipe->bytes, sizeof(pipe->bytes));
	if (length > 0)
		take(pipe, pipe->bytes, (size_t)length);
	else if (length == 0 || (errno != EINTR && errno != EAGAIN))
		end(pipe);
}

static int64_t due_ms(const struct pipe *pipe)
{
	if (pipe->fd < 0)
		return pipe->is_told ? INT64_MAX : worker_now_ms(pipe->worker) + RETRY_MS;
	return event_post_until(&pipe->post, splitter_due_ms(&pipe->lines));
}

static void run(struct worker *worker)
{
	struct pipe *pipe = worker->context;
	pipe->worker = worker;
	event_post_open(
		&pipe->post, worker->hub, pipe_name, &(struct event_source){.name = pipe_name});
	report(pipe);
	for (;;) {
		enum wait_end why = worker_wait(worker, pipe->fd, POLLIN, due_ms(pipe));
		if (why == WAIT_STOP)
			break;
		if (why == WAIT_READY)
			take_input(pipe);
		if (pipe->fd < 0 && !pipe->is_told)
			tell_end(pipe);
		if (pipe->fd < 0)
			continue;
		splitter_give_late(&pipe->lines, worker_now_ms(worker), take_line, pipe);
		event_post_flush(&pipe->post);
	}
	event_post_close(&pipe->post);
}

static void release(void *context)
{
	struct pipe *pipe = context;
	splitter_release(&pipe->lines);
	open_file_unref(pipe->file);
	names_unref(pipe->names);
	free(pipe);
}

static struct worker_spec make(const void *part)
{
	const struct settings *settings = part;
	struct pipe *pipe = xcalloc(1, sizeof(*pipe));
	pipe->fd = settings->input_fd;
	splitter_init(&pipe->lines);
	return (struct worker_spec){
		.name = "pipe", .run = run, .context = pipe, .release = release};
}

static size_t count(const struct settings *settings)
{
	return settings->input_fd > 0 ? 1 : 0;
}

static const void *part(const struct settings *settings, size_t index)
{
	(void)index;
	return settings;
}

static struct source_place place(const void *part_of_settings)
{
	(void)part_of_settings;
	return (struct source_place){.name = pipe_name};
}

const struct source_kind source_pipe = {
	.name = kind_name,
	.help = "what comes into standard input",
	.count = count,
	.part = part,
	.place = place,
	.same = source_always_same,
	.make = make,
};
