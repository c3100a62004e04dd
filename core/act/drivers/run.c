/* SPDX-License-Identifier: MIT */
/*
 * A run ends when its child has ended and its pipes are at their ends. A command that leaves a
 * process behind, which still holds them, is given half a second; a backup is not: bytes may still
 * come, so it waits until the engine ends it.
 */
#include "core/act/drivers/run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/act/drivers/argv.h"
#include "core/act/drivers/part_file.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/sanitize.h"
#include "core/events/writer.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"

enum { READ_BYTES = 64 * 1024, LINE_BYTES = 8192, LAST_CELLS = 300 };

static bool post(struct run *run, const char *event, const char *text)
{
	struct msg_obs_child *body = msg_new(MSG_obs_child);
	*body = (struct msg_obs_child){.operation = run->job->operation,
		.step = run->job->step,
		.event = xstrdup(event),
		.status = run->status,
		.signal = run->signal,
		.text = xstrdup(text),
		.lines = run->lines,
		.cancelled = run->failed.code == ERR_CANCELLED,
		.bytes = run->bytes,
		.code = run->failed.code,
		.file = xstrdup(run->name ? run->name : ""),
		.pid = (uint64_t)run->child.pid};
	return mailbox_post(run->to_engine, MSG_obs_child, body);
}

/* The first reason stands: what comes after follows from it. */
static void fail(struct run *run, const struct err *err)
{
	if (!run->failed.code)
		run->failed = *err;
}

static void start_child(struct run *run, char *const *argv)
{
	struct err err = {.code = ERR_NONE};
	run->ended = false;
	if (!child_spawn(argv, run->environment, &run->child, &err)) {
		fail(run, &err);
		run->over = true;
	}
}

/* The steps of an operation run side by side: each writes a stream of its own, all under the
 * operation's name. */
static struct event_writer *open_writer(const struct run *run, const struct redactor *redactor)
{
	autofree char *name = xasprintf("op:%" PRIu64, run->job->operation);
	autofree char *stream = xasprintf("%s/%u", name, run->job->step);
	struct event_source source = {
		.id = entity_id("source", stream), .name = name, .is_own = true};
	return event_writer_new(&source, redactor, run->clock);
}

struct run *run_new(struct job *job, const struct clock *clock, struct mailbox *to_engine,
	char *const *environment, const struct redactor *redactor)
{
	struct run *run = xcalloc(1, sizeof(*run));
	struct err err = {.code = ERR_NONE};
	*run = (struct run){
		.job = job, .clock = clock, .to_engine = to_engine, .environment = environment};
	str_init(&run->out.bytes);
	str_init(&run->err.bytes);
	str_init(&run->last);
	child_init(&run->child);
	run->writer = open_writer(run, redactor);
	run->redactor = redactor_ref(redactor);
	if (job->file && !part_open(job->file, &run->part, &err)) {
		fail(run, &err);
		run->over = true;
	} else {
		start_child(run, job->argv);
	}
	if (!run->over)
		post(run, "started", "");
	return run;
}

/* Before it is called ended, nothing of it is left: no process that it was told to end, no half
 * file. */
static void settle(struct run *run)
{
	if (run->failed.code)
		child_signal(&run->child, SIGKILL);
	child_reap(&run->child);
	part_free(run->part);
	run->part = NULL;
}

void run_free(struct run *run)
{
	settle(run);
	event_writer_free(run->writer);
	redactor_unref(run->redactor);
	str_release(&run->out.bytes);
	str_release(&run->err.bytes);
	str_release(&run->last);
	free(run->name);
	job_free(run->job);
	free(run);
}

void run_fds(const struct run *run, int ret[RUN_FDS])
{
	ret[0] = run->ended ? -1 : run->child.pidfd;
	ret[1] = run->child.out;
	ret[2] = run->child.err;
}

static void keep_line(struct run *run, const char *line)
{
	autofree char *labelled =
		run->job->label ? xasprintf("%s: %s", run->job->label, line) : NULL;
	const struct event_input input = {.wall_ms = clock_wall_ms(run->clock),
		.level = LOG_LEVEL_INFO,
		.message = labelled ? labelled : line};
	event_writer_event(run->writer, &input);
}

static void take_line(struct run *run, struct line_buffer *buffer)
{
	autostr struct str plain = STR_INIT;
	const struct str *line = &buffer->bytes;
	size_t length = line->length;
	if (length && line->text[length - 1] == '\r')
		length--;
	redact(run->redactor, &plain, line->text, length, buffer->clipped ? REDACT_CUT : 0);
	keep_line(run, plain.text);
	str_clear(&buffer->bytes);
	buffer->clipped = false;
	run->lines++;
	if (plain.length == 0)
		return; /* an empty line says nothing as a last word */
	str_clear(&run->last);
	sanitize_clip(&run->last, plain.text, plain.length, LAST_CELLS);
}

static void take_bytes(
	struct run *run, struct line_buffer *buffer, const char *bytes, size_t length)
{
	const char *end = bytes + length;
	while (bytes < end) {
		const char *stop = memchr(bytes, '\n', (size_t)(end - bytes));
		size_t part = (size_t)((stop ? stop : end) - bytes);
		size_t room = LINE_BYTES - buffer->bytes.length;
		buffer->clipped = buffer->clipped || part > room;
		str_add(&buffer->bytes, bytes, part < room ? part : room);
		if (!stop)
			return;
		take_line(run, buffer);
		bytes = stop + 1;
	}
}

static void write_part(struct run *run, const char *bytes, size_t length)
{
	struct err err = {.code = ERR_NONE};
	if (run->failed.code)
		return; /* it is being ended; what it still says is not wanted */
	if (!part_write(run->part, bytes, length, &err)) {
		fail(run, &err);
		child_signal(&run->child, SIGKILL);
	}
	run->bytes = part_bytes(run->part);
}

/* Reads one bufferful; a busy child does not keep us from the others. */
static void drain(struct run *run, int *fd, struct line_buffer *buffer, bool to_part)
{
	char bytes[READ_BYTES];
	if (*fd < 0)
		return;
	ssize_t length = read(*fd, bytes, sizeof(bytes));
	if (length > 0 && to_part) {
		write_part(run, bytes, (size_t)length);
	} else if (length > 0) {
		take_bytes(run, buffer, bytes, (size_t)length);
	} else if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
		if (buffer->bytes.length)
			take_line(run, buffer);
		close(*fd);
		*fd = -1;
	}
}

static void finish_file(struct run *run)
{
	struct err err = {.code = ERR_NONE};
	if (!part_finish(run->part, &run->name, &err))
		fail(run, &err);
	run->over = true;
}

static void verify_file(struct run *run)
{
	struct err err = {.code = ERR_NONE};
	child_reap(&run->child);
	if (!part_sync(run->part, &err)) {
		fail(run, &err);
		run->over = true;
	} else if (run->job->verify) {
		run->verifying = true;
		post(run, "verifying", run->last.text);
		start_child(run, run->job->verify);
	} else {
		finish_file(run);
	}
}

static void say_not_verified(struct run *run)
{
	struct err err;
	if (run->signal)
		err_set(&err, ERR_INVALID, "the file is not good: '%s' was ended by signal %d",
			run->job->verify[0], run->signal);
	else
		err_set(&err, ERR_INVALID, "the file is not good: '%s' exited with %d%s%s",
			run->job->verify[0], run->status, run->last.length ? ": " : "",
			run->last.text);
	fail(run, &err);
}

/* The child has ended and said all it had to say. */
static void next_stage(struct run *run)
{
	bool good = !run->failed.code && run->status == 0;
	if (good && run->verifying)
		finish_file(run);
	else if (good && run->part)
		verify_file(run);
	else if (run->verifying && !run->failed.code)
		say_not_verified(run);
	run->over = run->over || !good || !run->part;
}

static bool wants_every_byte(const struct run *run)
{
	return run->part && !run->verifying && !run->failed.code;
}

static bool is_drained(const struct run *run)
{
	if (run->child.out < 0 && run->child.err < 0)
		return true;
	return !wants_every_byte(run) && clock_mono_ms(run->clock) >= run->ended_ms + RUN_GRACE_MS;
}

void run_step(struct run *run)
{
	if (run->over)
		return;
	if (!run->ended && child_ended(&run->child, &run->status, &run->signal)) {
		run->ended = true;
		run->ended_ms = clock_mono_ms(run->clock);
	}
	drain(run, &run->child.out, &run->out, run->part && !run->verifying);
	drain(run, &run->child.err, &run->err, false);
	if (run->ended && is_drained(run))
		next_stage(run);
}

/* clang-format off */
static const struct order_row {
	int signal;
	enum err_code code;
	const char *text;
} order_rows[] = {
	[RUNNER_TERMINATE] = {SIGTERM, ERR_CANCELLED, "cancelled"},
	[RUNNER_EXPIRE]    = {SIGTERM, ERR_TIMEOUT,   "it took too long and was ended"},
	[RUNNER_KILL]      = {SIGKILL, ERR_CANCELLED, "cancelled"},
};
/* clang-format on */

void run_order(struct run *run, enum runner_order order)
{
	const struct order_row *row = &order_rows[order];
	struct err err;
	err_set(&err, row->code, "%s", row->text);
	if (run->over)
		return;
	fail(run, &err);
	child_signal(&run->child, row->signal);
}

bool run_report(struct run *run)
{
	int64_t now_ms = clock_mono_ms(run->clock);
	bool told = event_writer_post(run->writer, run->to_engine, run->over);
	if (run->over)
		settle(run);
	if (run->over)
		return told &&
		       post(run, "ended", run->failed.code ? run->failed.text : run->last.text);
	if ((run->lines == run->posted_lines && run->bytes == run->posted_bytes) ||
		(run->posted_ms && now_ms < run->posted_ms + RUN_OUTPUT_MS))
		return false;
	if (post(run, "output", run->last.text)) {
		run->posted_lines = run->lines;
		run->posted_bytes = run->bytes;
	}
	run->posted_ms = now_ms;
	return false;
}

int64_t run_due_ms(const struct run *run)
{
	int64_t now_ms = clock_mono_ms(run->clock), due_ms = INT64_MAX;
	if (run->over)
		return now_ms + RUN_OUTPUT_MS; /* the engine's mailbox was full */
	int64_t writer_ms = event_writer_due_ms(run->writer);
	if (writer_ms >= 0)
		due_ms = now_ms + writer_ms;
	if (run->ended && !wants_every_byte(run) && run->ended_ms + RUN_GRACE_MS < due_ms)
		due_ms = run->ended_ms + RUN_GRACE_MS;
	if ((run->lines != run->posted_lines || run->bytes != run->posted_bytes) &&
		run->posted_ms + RUN_OUTPUT_MS < due_ms)
		due_ms = run->posted_ms + RUN_OUTPUT_MS;
	return due_ms > now_ms ? due_ms : now_ms + 1;
}
