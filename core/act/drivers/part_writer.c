/* SPDX-License-Identifier: MIT */
/*
 * The two sides share one object, freed by whoever lets go last. The lock is never held over a call
 * that may hang. Nothing of the caller is borrowed, since the thread may outlive all of it: no
 * clock either, so how long the disk has been silent is the caller's to measure.
 */
#include "core/act/drivers/part_writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/act/drivers/part_file.h"
#include "core/base/mem.h"
#include "core/base/str.h"

enum part_task { TASK_NONE, TASK_WRITE, TASK_SYNC, TASK_NAME, TASK_REMOVE, TASK_LEAVE };

struct part_writer {
	pthread_mutex_t lock;
	pthread_cond_t bell;
	int fd; /* eventfd: to the caller */
	unsigned references;
	char *final;
	/* under the lock */
	struct part_state state;
	bool wants_sync, wants_name, wants_gone, is_left;
	bool is_counted; /* in left_behind */
	char *waiting;   /* PART_WAITING_BYTES */
	size_t waiting_length;
	/* the thread's own, but for the name, which is given away with PART_NAMED */
	struct part_file *part;
	char *taken, *name;
	size_t taken_length;
};

/* Writers that were let go of while the disk owed an answer, and whose thread has not ended yet. */
static _Atomic unsigned left_behind;

/* ---- threads that nobody joins ---- */

static int start_detached(void *(*serve)(void *context), void *context, const char *name)
{
	pthread_t thread;
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&thread, NULL, serve, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed)
		return failed;
	pthread_setname_np(thread, name);
	pthread_detach(thread);
	return 0;
}

static void *sweep(void *context)
{
	part_sweep(context);
	free(context);
	return NULL;
}

void part_sweep_aside(const char *pattern)
{
	char *copy = xstrdup(pattern);
	if (start_detached(sweep, copy, "sweep") != 0)
		free(copy); /* a leftover stays until the next start */
}

/* ---- the shared object ---- */

static void let_go(struct part_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	bool is_last = --writer->references == 0;
	pthread_mutex_unlock(&writer->lock);
	if (!is_last)
		return;
	pthread_cond_destroy(&writer->bell);
	pthread_mutex_destroy(&writer->lock);
	close(writer->fd);
	free(writer->final);
	free(writer->name);
	free(writer->waiting);
	free(writer->taken);
	free(writer);
}

/* With the lock. */
static void tell(struct part_writer *writer)
{
	uint64_t one = 1;
	/* It cannot be full, and a caller that is gone does not read it. */
	ssize_t ignored UNUSED = write(writer->fd, &one, sizeof(one));
}

/* ---- the thread ---- */

/* With the lock: nothing is left to do with the file. */
static bool is_settled(const struct part_writer *writer)
{
	enum part_stage stage = writer->state.stage;
	return stage == PART_REMOVED || (stage == PART_NAMED && !writer->wants_gone);
}

/* With the lock. */
static enum part_task next_task(const struct part_writer *writer)
{
	enum part_stage stage = writer->state.stage;
	if (is_settled(writer))
		return writer->is_left ? TASK_LEAVE : TASK_NONE;
	if (writer->wants_gone || writer->is_left)
		return TASK_REMOVE;
	if (stage == PART_OPEN && writer->waiting_length)
		return TASK_WRITE;
	if (stage == PART_OPEN && writer->wants_sync)
		return TASK_SYNC;
	return stage == PART_SYNCED && writer->wants_name ? TASK_NAME : TASK_NONE;
}

/* With the lock: the caller's buffer becomes the thread's, and the other way round. */
static void swap_buffers(struct part_writer *writer)
{
	char *taken = writer->waiting;
	writer->waiting = writer->taken;
	writer->taken = taken;
	writer->taken_length = writer->waiting_length;
	writer->waiting_length = 0;
}

static enum part_task wait_for_task(struct part_writer *writer)
{
	enum part_task task;
	pthread_mutex_lock(&writer->lock);
	writer->state.busy = false;
	while ((task = next_task(writer)) == TASK_NONE)
		pthread_cond_wait(&writer->bell, &writer->lock);
	writer->state.busy = true;
	if (task == TASK_WRITE)
		swap_buffers(writer);
	pthread_mutex_unlock(&writer->lock);
	return task;
}

static void remove_all(struct part_writer *writer)
{
	part_free(writer->part);
	writer->part = NULL;
	if (writer->name)
		unlink(writer->name);
}

static bool do_task(struct part_writer *writer, enum part_task task, struct err *err)
{
	switch (task) {
	case TASK_WRITE:
		return part_write(writer->part, writer->taken, writer->taken_length, err);
	case TASK_SYNC:
		return part_sync(writer->part, err);
	case TASK_NAME:
		return part_finish(writer->part, &writer->name, err);
	case TASK_REMOVE:
		remove_all(writer);
		return true;
	case TASK_NONE:
	case TASK_LEAVE:
		break;
	}
	return true;
}

static const enum part_stage stages[] = {[TASK_NONE] = PART_OPEN, /* it was opened */
	[TASK_WRITE] = PART_OPEN,
	[TASK_SYNC] = PART_SYNCED,
	[TASK_NAME] = PART_NAMED,
	[TASK_REMOVE] = PART_REMOVED};

static void answer(
	struct part_writer *writer, enum part_task task, bool is_done, const struct err *err)
{
	pthread_mutex_lock(&writer->lock);
	writer->state.calls++;
	writer->state.bytes = writer->part ? part_bytes(writer->part) : writer->state.bytes;
	writer->state.stage = is_done ? stages[task] : PART_FAILED;
	if (!is_done)
		writer->state.err = *err;
	tell(writer);
	pthread_mutex_unlock(&writer->lock);
}

static void *serve(void *context)
{
	struct part_writer *writer = context;
	struct err err = {.code = ERR_NONE};
	enum part_task task = TASK_NONE;
	bool is_done = part_open(writer->final, &writer->part, &err);
	for (;;) {
		answer(writer, task, is_done, &err);
		task = wait_for_task(writer);
		if (task == TASK_LEAVE)
			break;
		is_done = do_task(writer, task, &err);
	}
	part_free(writer->part);
	writer->part = NULL;
	if (writer->is_counted) /* set before TASK_LEAVE */
		atomic_fetch_sub(&left_behind, 1);
	let_go(writer);
	return NULL;
}

/* ---- the caller ---- */

static struct part_writer *make(const char *final)
{
	struct part_writer *writer = xcalloc(1, sizeof(*writer));
	*writer = (struct part_writer){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.references = 2,
		.final = xstrdup(final),
		.state = {.busy = true},
		.waiting = xmalloc(PART_WAITING_BYTES),
		.taken = xmalloc(PART_WAITING_BYTES)};
	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->bell, NULL);
	return writer;
}

bool part_writer_new(const char *final, struct part_writer **ret, struct err *err)
{
	if (atomic_load(&left_behind) >= PART_LEFT_MAX)
		return err_set(err, ERR_LIMIT,
			"cannot write '%s': %d earlier files still wait for a disk that does not "
			"answer; see to it first",
			final, PART_LEFT_MAX);
	struct part_writer *writer = make(final);
	int failed = writer->fd < 0 ? errno : start_detached(serve, writer, "backup file");
	if (failed) {
		writer->references = 1;
		let_go(writer);
		return err_errno(err, failed, "cannot write '%s'", final);
	}
	*ret = writer;
	return true;
}

static void ask(struct part_writer *writer, bool *what)
{
	pthread_mutex_lock(&writer->lock);
	*what = true;
	writer->state.busy = true;
	pthread_cond_signal(&writer->bell);
	pthread_mutex_unlock(&writer->lock);
}

void part_writer_free(struct part_writer *writer)
{
	if (!writer)
		return;
	pthread_mutex_lock(&writer->lock);
	writer->is_counted = !is_settled(writer);
	if (writer->is_counted)
		atomic_fetch_add(&left_behind, 1);
	pthread_mutex_unlock(&writer->lock);
	ask(writer, &writer->is_left);
	let_go(writer);
}

int part_writer_fd(const struct part_writer *writer)
{
	return writer->fd;
}

struct part_state part_writer_look(struct part_writer *writer)
{
	uint64_t ignored;
	pthread_mutex_lock(&writer->lock);
	ssize_t length UNUSED = read(writer->fd, &ignored, sizeof(ignored));
	struct part_state state = writer->state;
	pthread_mutex_unlock(&writer->lock);
	return state;
}

size_t part_writer_room(struct part_writer *writer, size_t most)
{
	pthread_mutex_lock(&writer->lock);
	bool takes = writer->state.stage == PART_OPEN && !writer->wants_sync;
	size_t room = takes ? PART_WAITING_BYTES - writer->waiting_length : 0;
	pthread_mutex_unlock(&writer->lock);
	return room < most ? room : most;
}

void part_writer_put(struct part_writer *writer, const char *bytes, size_t length)
{
	pthread_mutex_lock(&writer->lock);
	memcpy(writer->waiting + writer->waiting_length, bytes, length);
	writer->waiting_length += length;
	writer->state.busy = true;
	pthread_cond_signal(&writer->bell);
	pthread_mutex_unlock(&writer->lock);
}

void part_writer_sync(struct part_writer *writer)
{
	ask(writer, &writer->wants_sync);
}

void part_writer_name(struct part_writer *writer)
{
	ask(writer, &writer->wants_name);
}

void part_writer_remove(struct part_writer *writer)
{
	ask(writer, &writer->wants_gone);
}

const char *part_writer_final(const struct part_writer *writer)
{
	return writer->name;
}
