/* SPDX-License-Identifier: MIT */
#include "core/events/directory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/events/chunk.h"
#include "core/events/directory_inside.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/events/history.h"
#include "core/events/open_file.h"
#include "core/events/snapshot.h"
#include "core/events/writer.h"

struct event_directory *event_directory_new(size_t budget_bytes)
{
	struct event_directory *directory = xcalloc(1, sizeof(*directory));
	directory->budget_bytes = budget_bytes;
	directory->evicted_ms = INT64_MIN;
	return directory;
}

void event_directory_free(struct event_directory *directory)
{
	if (!directory)
		return;
	for (size_t i = 0; i < directory->count; i++) {
		for (size_t j = 0; j < directory->shelves[i].count; j++)
			chunk_unref(directory->shelves[i].chunks[j]);
		free(directory->shelves[i].chunks);
	}
	for (size_t i = 0; i < directory->file_count; i++)
		file_stream_unref(directory->files[i]);
	directory_free_asked(directory);
	free(directory->pasts);
	id_map_release(&directory->past_places);
	free(directory->files);
	free(directory->shelves);
	free(directory->shared);
	free(directory);
}

void event_directory_set_budget(struct event_directory *directory, size_t budget_bytes)
{
	directory->budget_bytes = budget_bytes;
	directory->is_forgetful = false;
}

static int compare(const struct shelf *shelf, const struct stream *stream)
{
	if (shelf->source != stream->source)
		return shelf->source < stream->source ? -1 : 1;
	return (shelf->stream > stream->id) - (shelf->stream < stream->id);
}

static size_t place_of(const struct event_directory *directory, const struct stream *stream)
{
	size_t low = 0, high = directory->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(&directory->shelves[middle], stream) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t directory_first(const struct event_directory *directory, uint64_t source)
{
	return place_of(directory, &(struct stream){.source = source});
}

struct shelf *directory_shelf(struct event_directory *directory, const struct stream *stream)
{
	size_t low = place_of(directory, stream);
	if (low < directory->count && !compare(&directory->shelves[low], stream))
		return &directory->shelves[low];
	directory->shelves = grow(directory->shelves, directory->count, &directory->capacity,
		sizeof(*directory->shelves));
	memmove(directory->shelves + low + 1, directory->shelves + low,
		(directory->count - low) * sizeof(*directory->shelves));
	directory->count++;
	directory->shelves[low] = (struct shelf){.source = stream->source, .stream = stream->id};
	return &directory->shelves[low];
}

/* The newest one is asked for most. NULL: no chunk here has it. */
static struct shared *find_shared(
	struct event_directory *directory, const struct redactor *redactor)
{
	for (size_t i = directory->shared_count; i > 0; i--)
		if (directory->shared[i - 1].redactor == redactor)
			return &directory->shared[i - 1];
	return NULL;
}

static void count_in(struct event_directory *directory, const struct chunk *chunk)
{
	const struct redactor *redactor = chunk_stream(chunk)->redactor;
	struct shared *shared = find_shared(directory, redactor);
	if (!shared) {
		directory->shared = grow(directory->shared, directory->shared_count,
			&directory->shared_capacity, sizeof(*shared));
		shared = &directory->shared[directory->shared_count++];
		*shared = (struct shared){.redactor = redactor};
		directory->bytes += redactor_bytes(redactor);
	}
	shared->chunks++;
	directory->bytes += chunk_bytes(chunk);
}

static void count_out(struct event_directory *directory, const struct chunk *chunk)
{
	const struct redactor *redactor = chunk_stream(chunk)->redactor;
	struct shared *shared = find_shared(directory, redactor);
	if (!shared)
		abort(); /* it came with its chunk */
	directory->bytes -= chunk_bytes(chunk);
	if (--shared->chunks)
		return;
	directory->bytes -= redactor_bytes(redactor);
	directory->shared_count--;
	memmove(shared, shared + 1,
		(size_t)(directory->shared + directory->shared_count - shared) * sizeof(*shared));
}

void directory_put(struct event_directory *directory, struct shelf *shelf, struct chunk *chunk)
{
	shelf->chunks = grow(shelf->chunks, shelf->count, &shelf->capacity, sizeof(*shelf->chunks));
	shelf->chunks[shelf->count++] = chunk;
	count_in(directory, chunk);
}

static void add(struct event_directory *directory, struct chunk *chunk)
{
	struct shelf *shelf = directory_shelf(directory, chunk_stream(chunk));
	/* A writer announces its chunks in order and once; anything else is not ours to repair. */
	if (shelf->count &&
		chunk_first_seq(shelf->chunks[shelf->count - 1]) >= chunk_first_seq(chunk)) {
		chunk_unref(chunk);
		return;
	}
	if (!shelf->count)
		directory_change_past(directory, shelf->source);
	directory_put(directory, shelf, chunk);
}

void event_directory_add(struct event_directory *directory, struct chunk_list *list)
{
	for (size_t i = 0; list && i < list->count; i++)
		add(directory, list->chunks[i]);
	for (size_t i = 0; list && i < list->file_count; i++) {
		event_directory_add_file(directory, list->files[i]);
		file_stream_unref(list->files[i]);
	}
	if (list)
		free(list->files);
	free(list);
}

void event_directory_add_file(struct event_directory *directory, struct file_stream *file)
{
	directory->files = grow(directory->files, directory->file_count, &directory->file_room,
		sizeof(struct file_stream *));
	directory->files[directory->file_count++] = file_stream_ref(file);
	directory->file_bytes += file_index_bytes(file->index);
	directory->is_forgetful &= file->is_growing; /* what lies there is other than it was */
	directory_change_past(directory, file->stream.source);
}

static void remove_file(struct event_directory *directory, size_t at)
{
	struct file_stream *file = directory->files[at];
	size_t bytes = file_index_bytes(file->index);
	directory->file_bytes -= bytes < directory->file_bytes ? bytes : directory->file_bytes;
	directory->is_forgetful &= file->is_growing;
	directory_change_past(directory, file->stream.source);
	file_stream_unref(file);
	directory->files[at] = directory->files[--directory->file_count];
}

static void note_evicted(struct event_directory *directory, int64_t newest)
{
	directory->evicted_ms = newest > directory->evicted_ms ? newest : directory->evicted_ms;
}

/* What is in it falls out of the store, as far as anybody knows how much that is. */
static void evict_file(struct event_directory *directory, size_t at)
{
	directory->evicted_lines += file_index_progress(directory->files[at]->index).lines;
	note_evicted(directory, file_index_newest_ms(directory->files[at]->index));
	remove_file(directory, at);
}

static void drop_over(struct event_directory *directory)
{
	for (size_t i = directory->file_count; i > 0; i--)
		if (atomic_load(&directory->files[i - 1]->file->is_over))
			evict_file(directory, i - 1);
}

void event_directory_remove_file(struct event_directory *directory, const struct file_stream *file)
{
	size_t at = 0;
	while (at < directory->file_count && directory->files[at] != file)
		at++;
	if (at < directory->file_count)
		remove_file(directory, at);
}

struct file_stream *const *event_directory_files(
	const struct event_directory *directory, size_t *ret_count)
{
	*ret_count = directory->file_count;
	return directory->files;
}

bool event_directory_has_room(const struct event_directory *directory)
{
	return !directory->is_forgetful && directory->file_bytes < directory->budget_bytes / 2;
}

static void weigh_files(struct event_directory *directory)
{
	directory->file_bytes = 0;
	for (size_t i = 0; i < directory->file_count; i++)
		directory->file_bytes += file_index_bytes(directory->files[i]->index);
}

/* The index of a file that lies there and takes most; it can be made again. */
static bool forget_index(struct event_directory *directory)
{
	size_t most = 0, at = 0;
	for (size_t i = 0; i < directory->file_count; i++) {
		const struct file_stream *file = directory->files[i];
		size_t lines = file->is_growing ? 0 : file_index_progress(file->index).done;
		at = lines > most ? i : at;
		most = lines > most ? lines : most;
	}
	if (!most)
		return false;
	struct file_stream *fresh = file_stream_renew(directory->files[at]);
	file_stream_unref(directory->files[at]);
	directory->files[at] = fresh;
	directory->is_forgetful = true;
	weigh_files(directory);
	return true;
}

static int64_t newest_ms(const struct chunk *chunk)
{
	return chunk_written(chunk) ? chunk_newest_ms(chunk) : INT64_MIN;
}

/* The shelf whose first chunk in memory is the oldest of those that may go; NULL when none may. */
static struct shelf *find_oldest(struct event_directory *directory)
{
	struct shelf *oldest = NULL;
	for (size_t i = 0; i < directory->count; i++) {
		struct shelf *shelf = &directory->shelves[i];
		size_t hot = shelf->count - shelf->cold;
		bool may_go = hot > 1 || (hot && chunk_is_sole(shelf->chunks[shelf->cold]));
		if (may_go && (!oldest || newest_ms(shelf->chunks[shelf->cold]) <
						  newest_ms(oldest->chunks[oldest->cold])))
			oldest = shelf;
	}
	return oldest;
}

static void remove_shelf(struct event_directory *directory, struct shelf *shelf)
{
	size_t index = (size_t)(shelf - directory->shelves);
	free(shelf->chunks);
	directory->count--;
	memmove(shelf, shelf + 1, (directory->count - index) * sizeof(*shelf));
}

/* False: the shelf is no more. */
static bool take_out(struct event_directory *directory, struct shelf *shelf, size_t at)
{
	struct chunk *chunk = shelf->chunks[at];
	bool is_cold = at < shelf->cold;
	count_out(directory, chunk);
	directory->cold_bytes -= is_cold ? chunk_bytes(chunk) : 0;
	shelf->cold -= is_cold;
	directory->evicted_lines += chunk_count(chunk);
	if (chunk_count(chunk))
		note_evicted(directory, newest_ms(chunk));
	chunk_unref(chunk);
	shelf->count--;
	memmove(shelf->chunks + at, shelf->chunks + at + 1,
		(shelf->count - at) * sizeof(struct chunk *));
	if (!shelf->count)
		remove_shelf(directory, shelf);
	return shelf->count;
}

static bool cool(struct event_directory *directory, struct shelf *shelf, bool is_last)
{
	struct chunk *chunk = shelf->chunks[shelf->cold];
	struct chunk *cold = directory->history && chunk_count(chunk)
				     ? history_take(directory->history, chunk, is_last)
				     : NULL;
	if (!cold)
		return false;
	count_out(directory, chunk);
	chunk_unref(chunk);
	shelf->chunks[shelf->cold++] = cold;
	count_in(directory, cold);
	directory->cold_bytes += chunk_bytes(cold);
	return true;
}

static void evict_from(struct event_directory *directory, struct shelf *shelf)
{
	if (!cool(directory, shelf, false))
		(void)take_out(directory, shelf, shelf->cold);
}

/* ---- what is in the history ---- */

void event_directory_keep(struct event_directory *directory, struct history *history)
{
	directory->history = history;
}

void event_directory_cool(struct event_directory *directory)
{
	for (size_t i = 0; directory->history && i < directory->count; i++)
		while (directory->shelves[i].cold < directory->shelves[i].count &&
			cool(directory, &directory->shelves[i], true))
			;
}

/* ---- what it lost ---- */

static void drop_lost(struct event_directory *directory, struct shelf *shelf)
{
	bool is_left = true;
	for (size_t i = shelf->cold; i > 0 && is_left; i--)
		if (history_is_gone(shelf->chunks[i - 1]))
			is_left = take_out(directory, shelf, i - 1);
}

/* What its files had to make room for, could not be written or read. */
static void look_for_losses(struct event_directory *directory)
{
	uint64_t losses = directory->history ? history_figures(directory->history).losses : 0;
	for (size_t i = losses == directory->losses ? 0 : directory->count; i > 0; i--)
		drop_lost(directory, &directory->shelves[i - 1]);
	directory->losses = losses;
}

/* Of what it is told of, which takes memory too, the oldest. */
static void evict_cold(struct event_directory *directory)
{
	struct shelf *oldest = NULL;
	for (size_t i = 0; i < directory->count; i++) {
		struct shelf *shelf = &directory->shelves[i];
		if (shelf->cold &&
			(!oldest || newest_ms(shelf->chunks[0]) < newest_ms(oldest->chunks[0])))
			oldest = shelf;
	}
	if (!oldest)
		abort(); /* they take memory */
	(void)take_out(directory, oldest, 0);
}

/* The first that was written whole; of one writer they are in order of time. The count: there is none. */
static size_t find_full_file(const struct event_directory *directory)
{
	size_t found = directory->file_count;
	int64_t least_ms = INT64_MAX;
	for (size_t i = 0; i < directory->file_count; i++) {
		const struct file_stream *file = directory->files[i];
		if (!file->is_growing || !atomic_load(&file->is_full))
			continue;
		int64_t newest = file_index_newest_ms(file->index);
		found = newest <= least_ms ? i : found;
		least_ms = newest <= least_ms ? newest : least_ms;
	}
	return found;
}

/* The oldest of all goes. */
static bool evict_one(struct event_directory *directory)
{
	struct shelf *oldest = find_oldest(directory);
	size_t file = find_full_file(directory);
	int64_t file_ms = file < directory->file_count
				  ? file_index_newest_ms(directory->files[file]->index)
				  : INT64_MAX;
	bool is_file = file < directory->file_count &&
		       (!oldest || file_ms < newest_ms(oldest->chunks[oldest->cold]));
	if (is_file)
		evict_file(directory, file);
	else if (oldest)
		evict_from(directory, oldest);
	return is_file || oldest;
}

void event_directory_trim(struct event_directory *directory)
{
	while (directory->cold_bytes > directory->budget_bytes / 2)
		evict_cold(directory);
	while (event_directory_bytes(directory) > directory->budget_bytes) {
		/* half of it is for what is not to be had again */
		bool is_index = directory->file_bytes > directory->budget_bytes / 2;
		if (!(is_index && forget_index(directory)) && !evict_one(directory))
			return;
	}
}

bool event_directory_weigh(struct event_directory *directory)
{
	drop_over(directory);
	weigh_files(directory);
	look_for_losses(directory);
	return directory_look_at_past(directory);
}

size_t event_directory_bytes(const struct event_directory *directory)
{
	return directory->bytes + directory->file_bytes;
}

struct event_stats event_directory_stats(const struct event_directory *directory)
{
	struct event_stats stats = {.bytes = event_directory_bytes(directory),
		.budget_bytes = directory->budget_bytes,
		.streams = directory->count,
		.evicted_lines = directory->evicted_lines};
	for (size_t i = 0; i < directory->count; i++) {
		const struct shelf *shelf = &directory->shelves[i];
		stats.chunks += shelf->count;
		for (size_t j = 0; j < shelf->count; j++)
			stats.lines += chunk_count(shelf->chunks[j]);
	}
	for (size_t i = 0; i < directory->file_count; i++)
		stats.lines += file_index_progress(directory->files[i]->index).lines;
	return stats;
}

struct event_snapshot *event_directory_snapshot(const struct event_directory *directory)
{
	struct event_snapshot *snapshot = xcalloc(1, sizeof(*snapshot));
	size_t chunks = 0;
	for (size_t i = 0; i < directory->count; i++)
		chunks += directory->shelves[i].count;
	snapshot->streams = xcalloc(directory->count, sizeof(*snapshot->streams));
	snapshot->chunks = xcalloc(chunks, sizeof(struct chunk *));
	snapshot->lengths = xcalloc(chunks, sizeof(*snapshot->lengths));
	snapshot->stream_count = directory->count;
	snapshot->files = xcalloc(directory->file_count, sizeof(struct file_stream *));
	snapshot->segments = xcalloc(directory->file_count, sizeof(*snapshot->segments));
	snapshot->file_count = directory->file_count;
	for (size_t i = 0; i < directory->file_count; i++) {
		snapshot->files[i] = file_stream_ref(directory->files[i]);
		snapshot->segments[i] = file_index_segments(directory->files[i]->index);
	}
	snapshot->evicted_lines = directory->evicted_lines;
	snapshot->evicted_ms = directory->evicted_ms;
	for (size_t i = 0; i < directory->count; i++) {
		const struct shelf *shelf = &directory->shelves[i];
		snapshot->streams[i] =
			(struct snapshot_stream){snapshot->chunk_count, shelf->count};
		for (size_t j = 0; j < shelf->count; j++) {
			size_t at = snapshot->chunk_count++;
			snapshot->chunks[at] = chunk_ref(shelf->chunks[j]);
			snapshot->lengths[at] = chunk_count(shelf->chunks[j]);
			snapshot->lines += snapshot->lengths[at];
		}
	}
	return snapshot;
}

void event_snapshot_free(struct event_snapshot *snapshot)
{
	if (!snapshot)
		return;
	for (size_t i = 0; i < snapshot->chunk_count; i++)
		chunk_unref(snapshot->chunks[i]);
	for (size_t i = 0; i < snapshot->file_count; i++)
		file_stream_unref(snapshot->files[i]);
	free(snapshot->files);
	free(snapshot->segments);
	free(snapshot->streams);
	free(snapshot->chunks);
	free(snapshot->lengths);
	free(snapshot);
}

struct file_stream *const *event_snapshot_files(
	const struct event_snapshot *snapshot, size_t *ret_count)
{
	*ret_count = snapshot->file_count;
	return snapshot->files;
}

struct event_lost event_snapshot_lost(const struct event_snapshot *snapshot)
{
	return (struct event_lost){snapshot->evicted_lines, snapshot->evicted_ms};
}
