/* SPDX-License-Identifier: MIT */
/*
 * What a program writes into our standard input, line by line, as it comes. A line waits for its end, but not for ever; one
 * without end is cut. At the end of the input its source leaves, once everything is in the store: whoever waits for that
 * sees it.
 */
#include "core/collect/sources.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/event_post.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/collect/schedule.h"
#include "core/conf/settings.h"
#include "core/events/writer.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/parse/log_line.h"

enum { READ_BYTES = 64 << 10, PARTIAL_MS = 1000 };
static const char kind_name[] = "pipe", pipe_name[] = "stdin";

struct pipe {
	struct worker *worker;
	struct event_post post;
	int fd; /* -1: it ended */
	struct str partial;
	int64_t partial_due_ms;
	bool is_skipping; /* to the end of a line that was cut */
	char bytes[READ_BYTES];
};

static void give(struct pipe *pipe, const char *line, size_t length, bool is_cut)
{
	if (length && !is_cut && line[length - 1] == '\r')
		length--;
	if (length)
		event_writer_line(pipe->post.writer, line, length, is_cut);
}

static void give_partial(struct pipe *pipe, bool is_cut)
{
	give(pipe, pipe->partial.text, pipe->partial.length, is_cut);
	str_clear(&pipe->partial);
}

static void end_line(struct pipe *pipe, const char *bytes, size_t length)
{
	if (pipe->is_skipping) {
		pipe->is_skipping = false;
	} else if (pipe->partial.length) {
		str_add(&pipe->partial, bytes, length);
		give_partial(pipe, false);
	} else {
		give(pipe, bytes, length, false);
	}
}

static void keep_partial(struct pipe *pipe, const char *bytes, size_t length)
{
	if (!length || pipe->is_skipping)
		return;
	str_add(&pipe->partial, bytes, length);
	pipe->partial_due_ms = worker_now_ms(pipe->worker) + PARTIAL_MS;
	pipe->is_skipping = pipe->partial.length > LIMIT_LOG_STORED_BYTES;
	if (pipe->is_skipping)
		give_partial(pipe, true);
}

static void split(struct pipe *pipe, const char *bytes, size_t length)
{
	const char *end = bytes + length;
	for (const char *newline; (newline = memchr(bytes, '\n', (size_t)(end - bytes)));
		bytes = newline + 1)
		end_line(pipe, bytes, (size_t)(newline - bytes));
	keep_partial(pipe, bytes, (size_t)(end - bytes));
}

static void report(struct pipe *pipe, bool is_gone)
{
	struct msg_obs_source *obs = msg_new(MSG_obs_source);
	msg_set(&obs->kind, kind_name);
	msg_set(&obs->name, pipe_name);
	msg_set(&obs->state, "ok");
	obs->latency_ms = NAN;
	obs->gone = is_gone;
	mailbox_post(pipe->worker->hub->to_engine, MSG_obs_source, obs);
}

/* Everything is told before it is told that there is no more. */
static void end(struct pipe *pipe)
{
	give_partial(pipe, false);
	event_post_close(&pipe->post);
	report(pipe, true);
	pipe->fd = -1;
}

static void take_input(struct pipe *pipe)
{
	event_post_renew(&pipe->post);
	ssize_t length = read(pipe->fd, pipe->bytes, sizeof(pipe->bytes));
	if (length > 0)
		split(pipe, pipe->bytes, (size_t)length);
	else if (length == 0 || (errno != EINTR && errno != EAGAIN))
		end(pipe);
}

static int64_t due_ms(const struct pipe *pipe)
{
	if (pipe->fd < 0)
		return INT64_MAX;
	return event_post_until(
		&pipe->post, pipe->partial.length ? pipe->partial_due_ms : INT64_MAX);
}

static void run(struct worker *worker)
{
	struct pipe *pipe = worker->context;
	pipe->worker = worker;
	event_post_open(
		&pipe->post, worker->hub, pipe_name, &(struct event_source){.name = pipe_name});
	report(pipe, false);
	for (;;) {
		enum wait_end why = worker_wait(worker, pipe->fd, POLLIN, due_ms(pipe));
		if (why == WAIT_STOP)
			break;
		if (why == WAIT_READY)
			take_input(pipe);
		if (pipe->fd < 0)
			continue;
		if (pipe->partial.length && worker_now_ms(worker) >= pipe->partial_due_ms) {
			give_partial(pipe, true);
			pipe->is_skipping = true;
		}
		event_post_flush(&pipe->post);
	}
	event_post_close(&pipe->post);
}

static void release(void *context)
{
	struct pipe *pipe = context;
	str_release(&pipe->partial);
	free(pipe);
}

static struct worker_spec make(const void *part)
{
	const struct settings *settings = part;
	struct pipe *pipe = xcalloc(1, sizeof(*pipe));
	pipe->fd = settings->input_fd;
	str_init(&pipe->partial);
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
