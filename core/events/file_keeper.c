/* SPDX-License-Identifier: MIT */
#include "core/events/file_keeper.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/mem.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/events/open_file.h"

enum {
	WAITING_MAX = 64,              /* streams, while the engine takes nothing */
	DELETED_KEPT_MS = 15 * 60000,  /* as long as the last minutes are */
	DELETED_KEPT_BYTES = 64 << 20, /* of a larger one the space is wanted back at once */
};

struct kept_file {
	struct open_file *file; /* a reference */
	uint64_t number;
	int64_t deleted_ms; /* mono; 0: it was not */
};

struct file_keeper {
	struct kept_file files[KEPT_FILES_MAX]; /* oldest first */
	size_t count;
	uint64_t made;
	struct file_stream *growing; /* a reference */
	uint64_t end;                /* where it goes on */
	struct file_stream *waiting[WAITING_MAX];
	size_t waiting_count;
	uint64_t dropped;
};

struct file_keeper *file_keeper_new(void)
{
	return xcalloc(1, sizeof(struct file_keeper));
}

/* ---- open files ---- */

static void let_go(struct file_keeper *keeper, size_t at)
{
	struct open_file *file = keeper->files[at].file;
	if (keeper->growing && keeper->growing->file == file)
		file_keeper_end(keeper);
	atomic_store(&file->is_over, true);
	open_file_unref(file);
	keeper->count--;
	memmove(&keeper->files[at], &keeper->files[at + 1],
		(keeper->count - at) * sizeof(struct kept_file));
}

static const struct kept_file *keep(struct file_keeper *keeper, struct open_file *file)
{
	for (size_t i = 0; i < keeper->count; i++)
		if (keeper->files[i].file == file)
			return &keeper->files[i];
	if (keeper->count == KEPT_FILES_MAX)
		let_go(keeper, 0);
	struct kept_file *kept = &keeper->files[keeper->count++];
	*kept = (struct kept_file){.file = open_file_ref(file), .number = keeper->made++};
	return kept;
}

static bool is_deleted(const struct open_file *file, bool *ret_is_large)
{
	struct stat status;
	if (file->is_nameless || fstat(file->fd, &status) != 0)
		return false;
	*ret_is_large = status.st_size > DELETED_KEPT_BYTES;
	return status.st_nlink == 0;
}

void file_keeper_look(struct file_keeper *keeper, int64_t now_ms)
{
	for (size_t i = keeper->count; i > 0; i--) {
		struct kept_file *kept = &keeper->files[i - 1];
		bool is_large = false, is_gone = is_deleted(kept->file, &is_large);
		if (is_gone && !kept->deleted_ms)
			kept->deleted_ms = now_ms;
		bool is_over = atomic_load(&kept->file->is_over); /* said by who reads it */
		if (is_over ||
			(is_gone && (is_large || now_ms - kept->deleted_ms >= DELETED_KEPT_MS)))
			let_go(keeper, i - 1);
	}
}

/* ---- streams ---- */

/* Of the lines of one file they are those of no other, and no chunk's: those count on from the clock, and are below 2^55. */
static uint64_t first_seq(const struct kept_file *kept, uint64_t id)
{
	return (UINT64_C(1) << 63) + ((kept->number & UINT8_MAX) << 55) + id;
}

static struct file_stream *make(struct file_keeper *keeper, const struct file_options *options)
{
	const struct kept_file *kept = keep(keeper, options->file);
	struct file_options mine = *options;
	mine.stream.id = first_seq(kept, options->stream.id);
	if (keeper->waiting_count == WAITING_MAX) {
		keeper->dropped += file_index_progress(keeper->waiting[0]->index).lines;
		file_stream_unref(keeper->waiting[0]);
		keeper->waiting_count--;
		memmove(keeper->waiting, keeper->waiting + 1,
			keeper->waiting_count * sizeof(struct file_stream *));
	}
	struct file_stream *stream = file_stream_new(&mine);
	keeper->waiting[keeper->waiting_count++] = stream;
	return stream;
}

void file_keeper_add(struct file_keeper *keeper, const struct file_options *options)
{
	(void)make(keeper, options);
}

void file_keeper_end(struct file_keeper *keeper)
{
	if (!keeper->growing)
		return;
	atomic_store(&keeper->growing->is_full, true);
	file_stream_unref(keeper->growing);
	keeper->growing = NULL;
}

static bool goes_on(const struct file_keeper *keeper, const struct file_options *options)
{
	return keeper->growing && keeper->growing->file == options->file &&
	       keeper->end <= options->from;
}

static bool append(struct file_keeper *keeper, const struct file_options *options,
	const struct file_growth *growth)
{
	bool is_done =
		file_index_append(keeper->growing->index, options->from, options->to, growth);
	keeper->end = is_done ? options->to : keeper->end;
	return is_done;
}

bool file_keeper_grow(struct file_keeper *keeper, const struct file_options *options,
	const struct file_growth *growth)
{
	if (goes_on(keeper, options)) {
		bool is_done = append(keeper, options, growth);
		if (is_done || errno)
			return is_done;
	}
	file_keeper_end(keeper);
	struct file_options fresh = *options;
	fresh.is_growing = true;
	keeper->growing = file_stream_ref(make(keeper, &fresh));
	return append(keeper, options, growth);
}

/* ---- telling ---- */

bool file_keeper_is_waiting(const struct file_keeper *keeper)
{
	return keeper->waiting_count > 0;
}

struct file_stream **file_keeper_waiting(const struct file_keeper *keeper, size_t *ret_count)
{
	*ret_count = keeper->waiting_count;
	if (!keeper->waiting_count)
		return NULL;
	struct file_stream **list = xcalloc(keeper->waiting_count, sizeof(*list));
	for (size_t i = 0; i < keeper->waiting_count; i++)
		list[i] = file_stream_ref(keeper->waiting[i]);
	return list;
}

void file_keeper_told(struct file_keeper *keeper)
{
	for (size_t i = 0; i < keeper->waiting_count; i++)
		file_stream_unref(keeper->waiting[i]);
	keeper->waiting_count = 0;
}

uint64_t file_keeper_dropped(struct file_keeper *keeper)
{
	uint64_t dropped = keeper->dropped;
	keeper->dropped = 0;
	return dropped;
}

void file_keeper_free(struct file_keeper *keeper)
{
	if (!keeper)
		return;
	file_keeper_end(keeper);
	file_keeper_told(keeper);
	while (keeper->count)
		let_go(keeper, keeper->count - 1);
	free(keeper);
}
