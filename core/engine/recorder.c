/* SPDX-License-Identifier: MIT */
#include "core/engine/recorder.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/id_map.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/events/chunk.h"
#include "core/events/writer.h"
#include "core/engine/record.h"
#include "core/model/model.h"

enum { MESSAGE_BYTES = 512, LINE_BYTES = 192 }; /* about what one takes in memory */

/* A chunk that a writer may go on with. */
struct open_chunk {
	struct chunk *chunk; /* a reference */
	size_t recorded;
};

struct recorder {
	struct record_writer *writer;
	char *path;
	struct record_batch *batch; /* being filled */
	struct open_chunk *chunks;  /* by stream, those of one in the order of their beginning */
	size_t chunk_count, chunk_room;
	struct id_map names; /* of the series that the writer knows; the numbers mean nothing */
	uint64_t mark;       /* revision up to which the model was recorded */
	bool wants_whole;    /* a batch was lost: changes lead nowhere now */
	bool has_recorded;
	int64_t mono_ms; /* of the last batch */
	uint64_t dropped;
};

bool recorder_open(const struct record_options *options, struct recorder **ret, struct err *err)
{
	struct record_writer *writer;
	if (!record_writer_open(options, &writer, err))
		return false;
	struct recorder *recorder = xcalloc(1, sizeof(*recorder));
	*recorder = (struct recorder){.writer = writer,
		.path = xstrdup(options->path),
		.batch = record_batch_new(),
		.wants_whole = true};
	*ret = recorder;
	return true;
}

static void end(struct recorder *recorder, int64_t patience_ms)
{
	if (!recorder)
		return;
	record_writer_close(recorder->writer, patience_ms);
	record_batch_free(recorder->batch);
	for (size_t i = 0; i < recorder->chunk_count; i++)
		chunk_unref(recorder->chunks[i].chunk);
	free(recorder->chunks);
	id_map_release(&recorder->names);
	free(recorder->path);
	free(recorder);
}

void recorder_close(struct recorder *recorder)
{
	end(recorder, RECORD_LEAVE_MS);
}

void recorder_leave(struct recorder *recorder)
{
	end(recorder, 0);
}

void recorder_set_budget(struct recorder *recorder, uint64_t bytes)
{
	record_writer_set_budget(recorder->writer, bytes);
}

static void add_message(struct recorder *recorder, enum msg_kind kind, void *body)
{
	struct record_batch *batch = recorder->batch;
	batch->messages = grow(batch->messages, batch->message_count, &batch->message_room,
		sizeof(*batch->messages));
	batch->messages[batch->message_count++] = (struct msg_any){.kind = kind, .body = body};
	batch->bytes += MESSAGE_BYTES;
}

/* A batch that is far too big would be dropped anyway. */
static bool is_full(struct recorder *recorder)
{
	bool full = recorder->batch->bytes >= RECORD_QUEUE_BYTES;
	recorder->dropped += full;
	return full;
}

void recorder_message(struct recorder *recorder, enum msg_kind kind, const void *body)
{
	if (!is_full(recorder))
		add_message(recorder, kind, msg_copy(kind, body));
}

/* ---- lines ---- */

static int compare_streams(const struct chunk *a, const struct chunk *b)
{
	const struct stream *left = chunk_stream(a), *right = chunk_stream(b);
	if (left->source != right->source)
		return left->source < right->source ? -1 : 1;
	return (left->id > right->id) - (left->id < right->id);
}

/* Behind all of its stream. */
static size_t place_of_chunk(const struct recorder *recorder, const struct chunk *chunk)
{
	size_t low = 0, high = recorder->chunk_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_streams(recorder->chunks[middle].chunk, chunk) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void add_chunk(struct recorder *recorder, const struct chunk *chunk)
{
	size_t at = place_of_chunk(recorder, chunk);
	recorder->chunks = grow(recorder->chunks, recorder->chunk_count, &recorder->chunk_room,
		sizeof(*recorder->chunks));
	memmove(recorder->chunks + at + 1, recorder->chunks + at,
		(recorder->chunk_count - at) * sizeof(*recorder->chunks));
	recorder->chunks[at] = (struct open_chunk){.chunk = chunk_ref(chunk)};
	recorder->chunk_count++;
}

void recorder_chunks(struct recorder *recorder, const struct chunk_list *list)
{
	for (size_t i = 0; list && i < list->count; i++)
		add_chunk(recorder, list->chunks[i]);
}

/* A writer goes on in its newest chunk only. */
static bool has_successor(const struct recorder *recorder, size_t at)
{
	const struct open_chunk *next = &recorder->chunks[at + 1];
	return at + 1 < recorder->chunk_count && compare_streams(next[-1].chunk, next->chunk) == 0;
}

static void add_lines(struct recorder *recorder, struct open_chunk *open)
{
	struct record_batch *batch = recorder->batch;
	size_t count = chunk_count(open->chunk);
	if (count == open->recorded)
		return;
	batch->lines =
		grow(batch->lines, batch->line_count, &batch->line_room, sizeof(*batch->lines));
	batch->lines[batch->line_count++] = (struct record_lines){
		.chunk = chunk_ref(open->chunk), .from = open->recorded, .to = count};
	for (size_t i = open->recorded; i < count; i++)
		batch->bytes += LINE_BYTES + chunk_record(open->chunk, i)->length;
	open->recorded = count;
}

static void take_lines(struct recorder *recorder)
{
	size_t kept = 0;
	for (size_t i = 0; i < recorder->chunk_count; i++) {
		struct open_chunk *open = &recorder->chunks[i];
		bool is_last = !has_successor(recorder, i) && !chunk_is_sole(open->chunk);
		add_lines(recorder, open);
		if (is_last)
			recorder->chunks[kept++] = *open;
		else
			chunk_unref(open->chunk);
	}
	recorder->chunk_count = kept;
}

/* ---- figures ---- */

static void name_once(struct recorder *recorder, uint64_t id, const char *name, const char *labels)
{
	if (!id_map_add(&recorder->names, id, 0))
		return;
	struct msg_rec_name *named = msg_new(MSG_rec_name);
	*named = (struct msg_rec_name){.id = id, .name = xstrdup(name), .labels = xstrdup(labels)};
	add_message(recorder, MSG_rec_name, named);
}

void recorder_value(struct recorder *recorder, uint64_t id, const char *name, const char *labels,
	int64_t time_ms, double value)
{
	struct record_batch *batch = recorder->batch;
	if (is_full(recorder))
		return;
	name_once(recorder, id, name, labels);
	batch->values =
		grow(batch->values, batch->value_count, &batch->value_room, sizeof(*batch->values));
	batch->values[batch->value_count++] =
		(struct record_value){.id = id, .time_ms = time_ms, .value = value};
	batch->bytes += sizeof(*batch->values);
}

/* ---- a batch ---- */

static void take_state(struct recorder *recorder, const struct model *model)
{
	if (model_forgotten(model) > recorder->mark)
		recorder->wants_whole = true;
	if (recorder->wants_whole)
		recorder->mark = 0;
	recorder->batch->whole = recorder->wants_whole;
	const struct entity *entity = model_newer(model, recorder->mark);
	for (; entity; entity = entity->newer) {
		struct msg_gone gone = {.kind = entity->kind, .id = entity->id};
		if (entity->body)
			add_message(recorder, entity->kind, msg_copy(entity->kind, entity->body));
		else
			add_message(recorder, MSG_gone, msg_copy(MSG_gone, &gone));
	}
	recorder->mark = model_rev(model);
	recorder->wants_whole = false;
}

static uint64_t entries_of(const struct record_batch *batch)
{
	uint64_t entries = batch->message_count + batch->value_count;
	for (size_t i = 0; i < batch->line_count; i++)
		entries += batch->lines[i].to - batch->lines[i].from;
	return entries;
}

/* Names in a batch that is lost are told again. */
static void forget(struct recorder *recorder, uint64_t entries)
{
	recorder->dropped += entries;
	recorder->wants_whole = true;
	id_map_clear(&recorder->names);
}

void recorder_turn(struct recorder *recorder, const struct model *model,
	const struct redactor *redactor, int64_t wall_ms, int64_t mono_ms)
{
	if (mono_ms < recorder_due_ms(recorder, model))
		return;
	struct record_batch *batch = recorder->batch;
	take_lines(recorder);
	take_state(recorder, model);
	recorder->has_recorded = true;
	recorder->mono_ms = mono_ms;
	if (batch->message_count + batch->line_count + batch->value_count == 0)
		return;
	batch->wall_ms = wall_ms;
	batch->mono_ms = mono_ms;
	batch->redactor = redactor_ref(redactor);
	batch->dropped = recorder->dropped;
	uint64_t entries = batch->entries = entries_of(batch);
	recorder->batch = record_batch_new();
	if (!record_writer_post(recorder->writer, batch))
		forget(recorder, entries);
}

/* Lines have no bell of their own: they come with notes, which are messages. */
int64_t recorder_due_ms(const struct recorder *recorder, const struct model *model)
{
	const struct record_batch *batch = recorder->batch;
	bool news = batch->message_count || batch->value_count || recorder->wants_whole ||
		    model_rev(model) != recorder->mark;
	if (!news)
		return INT64_MAX;
	return recorder->has_recorded ? recorder->mono_ms + RECORD_GAP_MS : 0;
}

int64_t recorder_wake_ms(const struct recorder *recorder, const struct model *model)
{
	int64_t due_ms = recorder_due_ms(recorder, model);
	return due_ms && due_ms != INT64_MAX ? due_ms + RECORD_SLACK_MS : due_ms;
}

uint64_t recorder_dropped(const struct recorder *recorder)
{
	struct record_figures figures;
	record_writer_figures(recorder->writer, &figures);
	return recorder->dropped + figures.lost;
}

void recorder_figures(struct recorder *recorder, struct record_figures *ret)
{
	record_writer_figures(recorder->writer, ret);
}

const char *recorder_path(const struct recorder *recorder)
{
	return recorder->path;
}

void recorder_drain(struct recorder *recorder)
{
	record_writer_drain(recorder->writer);
}
