/* SPDX-License-Identifier: MIT */
#include "core/events/marks.h"

#include <stddef.h>

#include "core/base/mem.h"
#include "core/events/chunk.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/events/snapshot.h"

struct file_mark {
	uint64_t source, stream, offset; /* where it begins, unique among those of the stream */
	size_t segments;
};

struct event_marks {
	size_t count;
	struct file_mark *files; /* in the same block */
	size_t file_count;
	struct {
		uint64_t source, stream, next_seq;
	} marks[]; /* by source and stream */
};

static const struct stream *stream_at(const struct event_snapshot *snapshot, size_t index)
{
	return chunk_stream(snapshot->chunks[snapshot->streams[index].first]);
}

/* Both lists are in the same order. */
uint64_t *marks_floors(const struct event_snapshot *snapshot, const struct event_marks *marks)
{
	uint64_t *floors = xcalloc(snapshot->stream_count + 1, sizeof(*floors));
	for (size_t i = 0, at = 0; i < snapshot->stream_count; i++) {
		const struct stream *stream = stream_at(snapshot, i);
		while (at < marks->count && (marks->marks[at].source < stream->source ||
						    (marks->marks[at].source == stream->source &&
							    marks->marks[at].stream < stream->id)))
			at++;
		if (at < marks->count && marks->marks[at].source == stream->source &&
			marks->marks[at].stream == stream->id)
			floors[i] = marks->marks[at].next_seq;
	}
	return floors;
}

static struct file_mark mark_file(const struct event_snapshot *snapshot, size_t number)
{
	const struct file_stream *file = snapshot->files[number];
	return (struct file_mark){file->stream.source, file->stream.id,
		file_index_offset(file->index, 0), snapshot->segments[number]};
}

/* They stand in the same order mostly: the next one is behind `at`, where the last one was. */
static const struct file_mark *find_file(
	const struct event_marks *marks, const struct file_mark *mark, size_t *at)
{
	for (size_t i = 0; i < marks->file_count; i++) {
		const struct file_mark *old = &marks->files[(*at)++ % marks->file_count];
		if (old->source == mark->source && old->stream == mark->stream &&
			old->offset == mark->offset)
			return old;
	}
	return NULL;
}

/* A file that lies there is told of when it is asked for, whole; what is news of it is what it grows by. */
size_t *marks_file_floors(const struct event_snapshot *snapshot, const struct event_marks *marks)
{
	size_t *floors = xcalloc(snapshot->file_count + 1, sizeof(*floors));
	size_t at = 0;
	for (size_t i = 0; i < snapshot->file_count; i++) {
		struct file_mark mark = mark_file(snapshot, i);
		floors[i] = snapshot->files[i]->is_growing ? 0 : mark.segments;
		const struct file_mark *old = floors[i] ? NULL : find_file(marks, &mark, &at);
		floors[i] = old ? old->segments : floors[i];
	}
	return floors;
}

bool marks_know_files(const struct event_snapshot *snapshot, const struct event_marks *marks)
{
	size_t at = 0;
	for (size_t i = 0; i < snapshot->file_count; i++) {
		struct file_mark mark = mark_file(snapshot, i);
		if (!snapshot->files[i]->is_growing && !find_file(marks, &mark, &at))
			return false;
	}
	return true;
}

static void mark_streams(const struct event_snapshot *snapshot, struct event_marks *marks)
{
	for (size_t i = 0; i < snapshot->stream_count; i++) {
		const struct stream *stream = stream_at(snapshot, i);
		size_t last = snapshot->streams[i].first + snapshot->streams[i].count - 1;
		marks->marks[i].source = stream->source;
		marks->marks[i].stream = stream->id;
		marks->marks[i].next_seq =
			chunk_first_seq(snapshot->chunks[last]) + snapshot->lengths[last];
	}
}

struct event_marks *marks_of(const struct event_snapshot *snapshot)
{
	size_t size = sizeof(struct event_marks) +
		      snapshot->stream_count * sizeof(((struct event_marks *)NULL)->marks[0]);
	struct event_marks *marks =
		xcalloc(1, size + snapshot->file_count * sizeof(struct file_mark));
	marks->count = snapshot->stream_count;
	marks->files = (struct file_mark *)(void *)((char *)marks + size);
	mark_streams(snapshot, marks);
	for (size_t i = 0; i < snapshot->file_count; i++)
		marks->files[marks->file_count++] = mark_file(snapshot, i);
	return marks;
}
