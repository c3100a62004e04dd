/* SPDX-License-Identifier: MIT */
/*
 * A run ends when its child has ended and its pipes are at their ends. A command that leaves a
 * process behind, which still holds them, is given half a second; a backup is not: bytes may still
 * come, so it waits until the engine ends it. The file is a writer's: nothing here waits for a
 * disk. One that does not answer is told of, and a run that is to end does so without it.
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
#include "core/act/drivers/part_writer.h"
#include "core/base/clock.h"
#include "core/base/format.h"
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

/* Ends it without a good file. */
static void give_up(struct run *run)
{
	run->stage = run->part ? RUN_REMOVING : RUN_OVER;
	if (run->part)
		part_writer_remove(run->part);
}

static bool start_child(struct run *run, char *const *argv, enum run_stage stage)
{
	struct err err = {.code = ERR_NONE};
	run->ended = false;
	run->stage = stage;
	if (child_spawn(argv, run->environment, &run->child, &err))
		return true;
	fail(run, &err);
	give_up(run);
	return false;
}

static void start_producer(struct run *run)
{
	if (start_child(run, run->job->argv, RUN_PRODUCING))
		post(run, "started", "");
}

static void answered(struct run *run)
{
	run->answered_ms = clock_mono_ms(run->clock);
	run->silent_ms = run->answered_ms + RUN_SILENT_MS;
}

static void open_part(struct run *run)
{
	struct err err = {.code = ERR_NONE};
	run->stage = RUN_OPENING;
	answered(run);
	if (part_writer_new(run->job->file, &run->part, &err))
		return;
	fail(run, &err);
	give_up(run);
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
	*run = (struct run){
		.job = job, .clock = clock, .to_engine = to_engine, .environment = environment};
	str_init(&run->out.bytes);
	str_init(&run->err.bytes);
	str_init(&run->last);
	child_init(&run->child);
	run->writer = open_writer(run, redactor);
	run->redactor = redactor_ref(redactor);
	if (job->file)
		open_part(run);
	else
		start_producer(run);
	return run;
}

/* Before it is called ended, nothing of it is left: no process that it was told to end, no half
 * file whose disk answers. */
static void settle(struct run *run)
{
	if (run->failed.code)
		child_signal(&run->child, SIGKILL);
	child_reap(&run->child);
	if (run->part && run->stage != RUN_OVER)
		part_writer_remove(run->part);
	part_writer_free(run->part);
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

bool run_has_child(const struct run *run)
{
	return run->child.pid > 0 && !run->ended;
}

static bool is_read(const struct run *run)
{
	return run->stage == RUN_PRODUCING || run->stage == RUN_CHECKING;
}

/* What the child prints is the file. */
static bool fills_part(const struct run *run)
{
	return run->part && run->stage == RUN_PRODUCING;
}

static bool wants_every_byte(const struct run *run)
{
	return fills_part(run) && !run->failed.code;
}

/* A disk that is slower than the child lets the child wait. */
static bool has_room(const struct run *run)
{
	return !wants_every_byte(run) || part_writer_room(run->part, 1) > 0;
}

void run_fds(const struct run *run, int ret[RUN_FDS])
{
	ret[0] = run->ended ? -1 : run->child.pidfd;
	ret[1] = is_read(run) && has_room(run) ? run->child.out : -1;
	ret[2] = is_read(run) ? run->child.err : -1;
	ret[3] = run->part ? part_writer_fd(run->part) : -1;
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

/* Reads one bufferful; a busy child does not keep us from the others. */
static void drain(struct run *run, int *fd, struct line_buffer *buffer, bool to_part)
{
	char bytes[READ_BYTES];
	bool is_kept = to_part && wants_every_byte(run);
	size_t most = is_kept ? part_writer_room(run->part, sizeof(bytes)) : sizeof(bytes);
	if (*fd < 0 || most == 0)
		return;
	ssize_t length = read(*fd, bytes, most);
	if (length > 0 && to_part) {
		if (is_kept) /* else it is being ended */
			part_writer_put(run->part, bytes, (size_t)length);
	} else if (length > 0) {
		take_bytes(run, buffer, bytes, (size_t)length);
	} else if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
		if (buffer->bytes.length)
			take_line(run, buffer);
		close(*fd);
		*fd = -1;
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

static void sync_part(struct run *run)
{
	child_reap(&run->child);
	part_writer_sync(run->part);
	run->stage = RUN_SYNCING;
}

static void name_part(struct run *run)
{
	part_writer_name(run->part);
	run->stage = RUN_NAMING;
}

/* The child has ended and said all it had to say. */
static void child_is_done(struct run *run)
{
	bool good = !run->failed.code && run->status == 0;
	if (!good && run->stage == RUN_CHECKING && !run->failed.code)
		say_not_verified(run);
	if (!good)
		give_up(run);
	else if (run->stage == RUN_CHECKING)
		name_part(run);
	else if (run->part)
		sync_part(run);
	else
		run->stage = RUN_OVER;
}

static bool is_drained(const struct run *run)
{
	if (run->child.out < 0 && run->child.err < 0)
		return true;
	if (wants_every_byte(run))
		return false;
	return run->is_leaving || clock_mono_ms(run->clock) >= run->ended_ms + RUN_GRACE_MS;
}

static void step_child(struct run *run)
{
	if (!run->ended && child_ended(&run->child, &run->status, &run->signal)) {
		run->ended = true;
		run->ended_ms = clock_mono_ms(run->clock);
	}
	drain(run, &run->child.out, &run->out, fills_part(run));
	drain(run, &run->child.err, &run->err, false);
	if (run->ended && is_drained(run))
		child_is_done(run);
}

/* ---- the file ---- */

static void verify_part(struct run *run)
{
	if (!run->job->verify) {
		name_part(run);
		return;
	}
	post(run, "verifying", run->last.text);
	start_child(run, run->job->verify, RUN_CHECKING);
}

static void is_named(struct run *run)
{
	run->name = xstrdup(part_writer_final(run->part));
	run->stage = RUN_OVER;
}

static void is_removed(struct run *run)
{
	run->stage = RUN_OVER;
}

/* What the writer has come to, and what that is to a run that waits for it. */
static const struct {
	enum part_stage reached;
	void (*then)(struct run *run);
} part_steps[] = {
	[RUN_OPENING] = {PART_OPEN, start_producer},
	[RUN_SYNCING] = {PART_SYNCED, verify_part},
	[RUN_NAMING] = {PART_NAMED, is_named},
	[RUN_REMOVING] = {PART_REMOVED, is_removed},
};

static void add_silence(const struct run *run, struct str *out)
{
	autofree char *path = part_name(run->job->file);
	str_addf(out, "the target does not answer since %s: see to the disk or mount of '%s'",
		format_duration(clock_mono_ms(run->clock) - run->answered_ms).text, path);
}

/* Its half file may still be there when the disk answers again: not a word of "cancelled" alone. */
static void end_without_answer(struct run *run)
{
	autostr struct str text = STR_INIT;
	str_addf(&text, "%s; ", run->failed.code ? run->failed.text : "the command failed");
	add_silence(run, &text);
	err_set(&run->failed, ERR_UNREACHABLE, "%s", text.text);
	run->stage = RUN_OVER;
}

static void tell_silence(struct run *run)
{
	autostr struct str text = STR_INIT;
	add_silence(run, &text);
	post(run, "output", text.text);
	run->is_silent = true;
	run->silent_ms = clock_mono_ms(run->clock) + RUN_SILENT_MS;
}

static void hear(struct run *run, const struct part_state *state)
{
	bool is_heard = !state->busy || state->calls != run->calls;
	run->calls = state->calls;
	run->bytes = state->bytes;
	if (is_heard)
		answered(run);
	else if (clock_mono_ms(run->clock) >= run->silent_ms)
		tell_silence(run);
	if (is_heard && run->is_silent) {
		post(run, "output", "the target answers again");
		run->is_silent = false;
	}
}

static void step_part(struct run *run)
{
	struct part_state state = part_writer_look(run->part);
	bool has_child = is_read(run), goes = run->stage == RUN_REMOVING;
	hear(run, &state);
	if (state.stage == PART_FAILED && !goes) {
		fail(run, &state.err);
		child_signal(&run->child, SIGKILL);
	}
	if (run->failed.code && !has_child && !goes)
		give_up(run);
	else if (!has_child && state.stage == part_steps[run->stage].reached)
		part_steps[run->stage].then(run);
	else if (goes && clock_mono_ms(run->clock) >= run->answered_ms + RUN_SILENT_MS)
		end_without_answer(run);
}

void run_step(struct run *run)
{
	if (run->stage == RUN_OVER)
		return;
	if (run->part)
		step_part(run);
	if (is_read(run))
		step_child(run);
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
	if (run->stage >= RUN_REMOVING)
		return;
	struct err err = {.code = ERR_NONE};
	err_set(&err, row->code, "%s", row->text);
	fail(run, &err);
	child_signal(&run->child, row->signal);
}

void run_leave(struct run *run)
{
	run->is_leaving = true;
	run_order(run, RUNNER_TERMINATE);
}

bool run_report(struct run *run)
{
	int64_t now_ms = clock_mono_ms(run->clock);
	bool is_over = run->stage == RUN_OVER;
	bool told = event_writer_post(run->writer, run->to_engine, is_over);
	if (is_over)
		settle(run);
	if (is_over)
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

static int64_t earlier(int64_t one_ms, int64_t other_ms)
{
	return one_ms < other_ms ? one_ms : other_ms;
}

int64_t run_due_ms(const struct run *run)
{
	int64_t now_ms = clock_mono_ms(run->clock), due_ms = INT64_MAX;
	if (run->stage == RUN_OVER)
		return now_ms + RUN_OUTPUT_MS; /* the engine's mailbox was full */
	int64_t writer_ms = event_writer_due_ms(run->writer);
	if (writer_ms >= 0)
		due_ms = now_ms + writer_ms;
	if (is_read(run) && run->ended && !wants_every_byte(run))
		due_ms = earlier(due_ms, run->ended_ms + RUN_GRACE_MS);
	if (run->part)
		due_ms = earlier(due_ms, run->silent_ms);
	if (run->stage == RUN_REMOVING)
		due_ms = earlier(due_ms, run->answered_ms + RUN_SILENT_MS);
	if (run->lines != run->posted_lines || run->bytes != run->posted_bytes)
		due_ms = earlier(due_ms, run->posted_ms + RUN_OUTPUT_MS);
	return due_ms > now_ms ? due_ms : now_ms + 1;
}
