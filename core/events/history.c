/* SPDX-License-Identifier: MIT */
#include "core/events/history.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/read_at.h"
#include "core/base/str.h"
#include "core/events/chunk.h"
#include "core/events/frame.h"
#include "core/events/history_files.h"

enum { CACHED_MAX = 64 };

/* Where the lines of a cold chunk are. */
struct history_place {
	atomic_size_t users; /* the chunk, the queue */
	struct history *history;
	_Atomic(struct history_file *) file; /* a reference; NULL: they wait in memory */
	uint64_t offset;                     /* of the frame */
	struct frame_start start;
	struct chunk *hot; /* under the lock: a reference, until they are written */
	atomic_bool is_lost;
	struct history_place *next; /* in the queue */
};

struct cached {
	const struct history_place *place; /* a name only */
	struct chunk *chunk;               /* a reference */
};

struct job {
	struct job *next;
	void (*run)(void *context);
	void *context;
};

struct history {
	atomic_size_t users; /* its owner, places; its thread, when it was left behind */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t news; /* both ways */
	struct history_place *first, *last;
	size_t queued_bytes;
	struct job *jobs, **last_job;
	bool busy, stop, ended, has_found_all;
	struct chunk **found;
	size_t found_count, found_taken, found_room;
	struct cached cache[CACHED_MAX]; /* the one that was read last first */
	size_t cached_count, cached_bytes;
	struct history_figures figures;
	struct history_files *files; /* the thread's own */
};

static void history_unref(struct history *history)
{
	if (atomic_fetch_sub(&history->users, 1) != 1)
		return;
	pthread_cond_destroy(&history->news);
	pthread_mutex_destroy(&history->lock);
	history_files_free(history->files);
	free(history);
}

/* ---- places ---- */

static struct history_place *new_place(struct history *history)
{
	struct history_place *place = xcalloc(1, sizeof(*place));
	atomic_init(&place->users, 1);
	atomic_fetch_add(&history->users, 1);
	place->history = history;
	return place;
}

/* Under the lock. */
static void uncache(struct history *history, size_t at)
{
	history->cached_bytes -= chunk_bytes(history->cache[at].chunk);
	chunk_unref(history->cache[at].chunk);
	history->cached_count--;
	memmove(&history->cache[at], &history->cache[at + 1],
		(history->cached_count - at) * sizeof(struct cached));
}

static void forget_cached(struct history *history, const struct history_place *place)
{
	pthread_mutex_lock(&history->lock);
	for (size_t i = history->cached_count; i > 0; i--)
		if (history->cache[i - 1].place == place)
			uncache(history, i - 1);
	pthread_mutex_unlock(&history->lock);
}

void history_place_unref(struct history_place *place)
{
	if (!place || atomic_fetch_sub(&place->users, 1) != 1)
		return;
	forget_cached(place->history, place);
	chunk_unref(place->hot);
	history_file_unref(atomic_load(&place->file));
	history_unref(place->history);
	free(place);
}

bool history_is_gone(const struct chunk *cold)
{
	const struct history_place *place = chunk_place(cold);
	const struct history_file *file = atomic_load(&place->file);
	return atomic_load(&place->is_lost) || (file && atomic_load(&file->is_gone));
}

/* ---- reading ---- */

/* Under the lock. A reference for the caller; NULL: it must be read. */
static struct chunk *find_in_memory(struct history *history, const struct history_place *place)
{
	if (place->hot)
		return chunk_ref(place->hot);
	for (size_t i = 0; i < history->cached_count; i++) {
		struct cached found = history->cache[i];
		if (found.place != place)
			continue;
		memmove(&history->cache[1], &history->cache[0], i * sizeof(found));
		history->cache[0] = found;
		return chunk_ref(found.chunk);
	}
	return NULL;
}

static void keep_in_memory(
	struct history *history, const struct history_place *place, struct chunk *chunk)
{
	pthread_mutex_lock(&history->lock);
	while (history->cached_count &&
		(history->cached_count == CACHED_MAX ||
			history->cached_bytes + chunk_bytes(chunk) > HISTORY_CACHE_BYTES))
		uncache(history, history->cached_count - 1);
	memmove(&history->cache[1], &history->cache[0],
		history->cached_count * sizeof(struct cached));
	history->cache[0] = (struct cached){place, chunk_ref(chunk)};
	history->cached_count++;
	history->cached_bytes += chunk_bytes(chunk);
	pthread_mutex_unlock(&history->lock);
}

static struct chunk *read_frame(const struct chunk *cold, const struct history_place *place)
{
	const struct history_file *file = atomic_load(&place->file);
	size_t length = place->start.packed_bytes;
	if (!file)
		return NULL;
	autofree char *packed = xmalloc(length + 1);
	off_t offset = (off_t)(place->offset + place->start.head_bytes);
	if (read_all_at(file->fd, packed, length, offset) != (ssize_t)length)
		return NULL;
	return frame_unpack(cold, packed, &place->start);
}

/* Once for each chunk. */
static void say_unreadable(struct history_place *place, const struct chunk *cold)
{
	struct history *history = place->history;
	const struct history_file *file = atomic_load(&place->file);
	if (atomic_exchange(&place->is_lost, true) || !file)
		return;
	pthread_mutex_lock(&history->lock);
	struct history_figures *figures = &history->figures;
	figures->unreadable_lines += chunk_written(cold);
	figures->losses++;
	autofree char *text = xasprintf("%s cannot be read: '%s' is damaged",
		format_many(figures->unreadable_lines, "line").text, file->path);
	copy_text(figures->error, sizeof(figures->error), text);
	pthread_mutex_unlock(&history->lock);
}

struct chunk *history_read(const struct chunk *cold)
{
	struct history_place *place = chunk_place(cold);
	struct history *history = place->history;
	pthread_mutex_lock(&history->lock);
	struct chunk *chunk = find_in_memory(history, place);
	pthread_mutex_unlock(&history->lock);
	if (chunk || atomic_load(&place->is_lost))
		return chunk;
	chunk = read_frame(cold, place);
	if (chunk)
		keep_in_memory(history, place, chunk);
	else
		say_unreadable(place, cold);
	return chunk;
}

/* ---- what earlier engines wrote ---- */

static void add_found(struct history *history, struct chunk *cold)
{
	pthread_mutex_lock(&history->lock);
	history->found = grow(
		history->found, history->found_count, &history->found_room, sizeof(struct chunk *));
	history->found[history->found_count++] = cold;
	pthread_mutex_unlock(&history->lock);
}

/* False: its head is damaged. */
static bool find_frame(struct history *history, struct history_file *file, uint64_t offset,
	const struct frame_start *start)
{
	struct frame_head head;
	autofree char *bytes = xmalloc(start->head_bytes);
	if (read_all_at(file->fd, bytes, start->head_bytes, (off_t)offset) !=
			(ssize_t)start->head_bytes ||
		!frame_read_head(bytes, start, &head))
		return false;
	struct history_place *place = new_place(history);
	atomic_store(&place->file, history_file_ref(file));
	place->offset = offset;
	place->start = *start;
	add_found(history, chunk_new_cold(&head.summary, place));
	return true;
}

static void say_damaged(struct history *history, const struct history_file *file, uint64_t bytes)
{
	autofree char *text = xasprintf("%s of '%s' cannot be read: it is damaged",
		format_bytes((int64_t)bytes).text, file->path);
	pthread_mutex_lock(&history->lock);
	copy_text(history->figures.error, sizeof(history->figures.error), text);
	pthread_mutex_unlock(&history->lock);
}

static bool begins_well(const struct history_file *file)
{
	char magic[HISTORY_MAGIC_BYTES];
	return read_all_at(file->fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	       memcmp(magic, HISTORY_MAGIC, sizeof(magic)) == 0;
}

/* Up to the last whole frame: the one that a crash cut off was never said to be there. */
static void find_frames(struct history *history, struct history_file *file)
{
	uint64_t offset = HISTORY_MAGIC_BYTES, damaged = 0;
	struct frame_start start;
	char bytes[FRAME_START_BYTES];
	if (!begins_well(file))
		damaged = file->bytes;
	while (!damaged && read_all_at(file->fd, bytes, sizeof(bytes), (off_t)offset) ==
				   (ssize_t)sizeof(bytes)) {
		if (!frame_read_start(bytes, &start)) {
			damaged += file->bytes - offset;
			break;
		}
		uint64_t length = (uint64_t)start.head_bytes + start.packed_bytes;
		if (offset + length > file->bytes)
			break;
		if (!find_frame(history, file, offset, &start))
			say_damaged(history, file, length);
		offset += length;
	}
	if (damaged)
		say_damaged(history, file, damaged);
}

static void find_some(struct history *history)
{
	struct history_file *file = history_files_next(history->files);
	if (file)
		find_frames(history, file);
	pthread_mutex_lock(&history->lock);
	history->has_found_all = !file;
	pthread_mutex_unlock(&history->lock);
	history_file_unref(file);
}

/* ---- writing ---- */

static bool write_place(struct history *history, struct history_place *place, struct err *err)
{
	autostr struct str frame = STR_INIT;
	struct frame_start start;
	struct history_file *file;
	uint64_t offset;
	if (!frame_pack(place->hot, &frame, &start))
		return err_set(err, ERR_LIMIT, "too many lines at once");
	if (!history_files_write(history->files, frame.text, frame.length, &file, &offset, err))
		return false;
	pthread_mutex_lock(&history->lock);
	place->start = start;
	place->offset = offset;
	atomic_store(&place->file, file);
	pthread_mutex_unlock(&history->lock);
	return true;
}

/* A file that was removed to make room is a loss, too. */
static void tell(struct history *history, bool is_written, const struct err *err)
{
	struct history_figures *figures = &history->figures;
	uint64_t bytes = history_files_bytes(history->files);
	figures->losses += !is_written || bytes < figures->bytes;
	figures->bytes = bytes;
	if (!is_written)
		copy_text(figures->error, sizeof(figures->error), err->text);
	else if (!figures->unreadable_lines)
		figures->error[0] = '\0';
}

static void write_next(struct history *history, struct history_place *place)
{
	struct err err = {.code = ERR_NONE};
	bool is_written = write_place(history, place, &err);
	if (!is_written)
		atomic_store(&place->is_lost, true);
	pthread_mutex_lock(&history->lock);
	struct chunk *hot = place->hot;
	place->hot = NULL;
	history->queued_bytes -= chunk_bytes(hot);
	tell(history, is_written, &err);
	pthread_mutex_unlock(&history->lock);
	chunk_unref(hot);
	history_place_unref(place);
}

/* ---- the thread ---- */

/* What waits is written before anything else is done. */
struct task {
	struct history_place *place;
	struct job *job;
	bool finds;
};

/* Under the lock. False: told to stop, and nothing is left to be written. */
static bool next_task(struct history *history, struct task *ret)
{
	*ret = (struct task){.place = history->first};
	while (!history->first && !history->jobs && !history->stop && history->has_found_all)
		pthread_cond_wait(&history->news, &history->lock);
	ret->place = history->first;
	if (ret->place) {
		history->first = ret->place->next;
	} else if (history->jobs) {
		ret->job = history->jobs;
		history->jobs = ret->job->next;
		if (!history->jobs)
			history->last_job = &history->jobs;
	} else {
		ret->finds = !history->has_found_all && !history->stop;
	}
	return ret->place || ret->job || ret->finds;
}

static void *work(void *context)
{
	struct history *history = context;
	struct task task;
	pthread_setname_np(pthread_self(), "history");
	pthread_mutex_lock(&history->lock);
	while (next_task(history, &task)) {
		history->busy = true;
		pthread_mutex_unlock(&history->lock);
		if (task.place)
			write_next(history, task.place);
		else if (task.job)
			task.job->run(task.job->context);
		else
			find_some(history);
		free(task.job);
		pthread_mutex_lock(&history->lock);
		history->busy = false;
		pthread_cond_broadcast(&history->news);
	}
	history->ended = true;
	pthread_cond_broadcast(&history->news);
	pthread_mutex_unlock(&history->lock);
	history_unref(history);
	return NULL;
}

/* ---- its owner ---- */

bool history_open(const char *folder, uint64_t budget, struct history **ret, struct err *err)
{
	struct history *history = xcalloc(1, sizeof(*history));
	pthread_condattr_t attributes;
	atomic_init(&history->users, 1);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&history->lock, NULL);
	pthread_cond_init(&history->news, &attributes);
	pthread_condattr_destroy(&attributes);
	history->last_job = &history->jobs;
	history->figures.budget_bytes = budget;
	bool is_good = history_files_open(folder, budget, &history->files, err);
	if (is_good)
		history->figures.bytes = history_files_bytes(history->files);
	atomic_fetch_add(&history->users, 1); /* of the thread */
	if (is_good && pthread_create(&history->thread, NULL, work, history) != 0)
		is_good = err_set(err, ERR_INTERNAL, "cannot start a thread for the history");
	if (is_good) {
		*ret = history;
		return true;
	}
	atomic_store(&history->users, 1);
	history_unref(history);
	return false;
}

static struct timespec in_ms(int64_t ms)
{
	int64_t at_ms = clock_mono_ms(clock_real()) + ms;
	return (struct timespec){.tv_sec = at_ms / 1000, .tv_nsec = (long)(at_ms % 1000) * 1000000};
}

/* What is cached or was found, and nobody asked for, would keep the history. */
static void let_go(struct history *history)
{
	pthread_mutex_lock(&history->lock);
	struct chunk **found = history->found;
	size_t count = history->found_count, from = history->found_taken;
	history->found = NULL;
	history->found_count = history->found_taken = history->found_room = 0;
	while (history->cached_count)
		uncache(history, history->cached_count - 1);
	pthread_mutex_unlock(&history->lock);
	for (size_t i = from; i < count; i++)
		chunk_unref(found[i]);
	free(found);
}

/* A thread that hangs in the disk goes on alone, and cleans up if it ever comes back. */
void history_close(struct history *history, int64_t patience_ms)
{
	if (!history)
		return;
	struct timespec until = in_ms(patience_ms);
	pthread_mutex_lock(&history->lock);
	history->stop = true;
	pthread_cond_broadcast(&history->news);
	while (!history->ended &&
		pthread_cond_timedwait(&history->news, &history->lock, &until) != ETIMEDOUT)
		;
	bool has_ended = history->ended;
	pthread_mutex_unlock(&history->lock);
	if (has_ended)
		pthread_join(history->thread, NULL);
	else
		pthread_detach(history->thread);
	let_go(history);
	history_unref(history);
}

static void enqueue(struct history *history, struct history_place *place)
{
	if (history->first)
		history->last->next = place;
	else
		history->first = place;
	history->last = place;
}

struct chunk *history_take(struct history *history, const struct chunk *chunk, bool is_last)
{
	const char *bots[CHUNK_BOTS + 1];
	size_t bytes = chunk_bytes(chunk);
	pthread_mutex_lock(&history->lock);
	bool fits = is_last || history->queued_bytes + bytes <= HISTORY_QUEUE_BYTES;
	history->queued_bytes += fits ? bytes : 0;
	pthread_mutex_unlock(&history->lock);
	if (!fits)
		return NULL;
	struct history_place *place = new_place(history);
	place->hot = chunk_ref(chunk);
	atomic_fetch_add(&place->users, 1); /* of the queue */
	const struct chunk_summary summary = chunk_summary_of(chunk, bots);
	struct chunk *cold = chunk_new_cold(&summary, place);
	pthread_mutex_lock(&history->lock);
	enqueue(history, place);
	pthread_mutex_unlock(&history->lock);
	pthread_cond_broadcast(&history->news);
	return cold;
}

size_t history_found(struct history *history, struct chunk **ret, size_t most)
{
	pthread_mutex_lock(&history->lock);
	size_t left = history->found_count - history->found_taken;
	size_t count = left < most ? left : most;
	if (count)
		memcpy(ret, history->found + history->found_taken, count * sizeof(struct chunk *));
	history->found_taken += count;
	pthread_mutex_unlock(&history->lock);
	return count;
}

bool history_has_found_all(struct history *history)
{
	pthread_mutex_lock(&history->lock);
	bool has_all = history->has_found_all && history->found_taken == history->found_count;
	pthread_mutex_unlock(&history->lock);
	return has_all;
}

void history_run(struct history *history, void (*run)(void *context), void *context)
{
	struct job *job = xcalloc(1, sizeof(*job));
	*job = (struct job){.run = run, .context = context};
	pthread_mutex_lock(&history->lock);
	*history->last_job = job;
	history->last_job = &job->next;
	pthread_mutex_unlock(&history->lock);
	pthread_cond_broadcast(&history->news);
}

struct history_figures history_figures(struct history *history)
{
	pthread_mutex_lock(&history->lock);
	struct history_figures figures = history->figures;
	pthread_mutex_unlock(&history->lock);
	return figures;
}

void history_drain(struct history *history)
{
	pthread_mutex_lock(&history->lock);
	while (history->first || history->jobs || history->busy || !history->has_found_all)
		pthread_cond_wait(&history->news, &history->lock);
	pthread_mutex_unlock(&history->lock);
}
