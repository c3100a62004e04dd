/* SPDX-License-Identifier: MIT */
/*
 * The thread between the engine and the disk: redacts, encodes, finds what changed, writes. It keeps the
 * entities as they were written last, so that a keyframe or a new file asks nothing of the engine.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/id_map.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/redact_memo.h"
#include "core/base/str.h"
#include "core/events/chunk.h"
#include "core/engine/frames.h"
#include "core/engine/record.h"
#include "core/engine/recorder.h"
#include "core/model/model.h"

enum { PART_MOST = 4096 }; /* lines or values of one message */

/* A series that has a number. */
struct named {
	struct msg_rec_name *name;
	uint64_t told; /* as the writer's when it was last told */
};

struct record_writer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t news; /* both ways */
	struct record_batch *first, *last;
	size_t queued_bytes;
	bool busy, stop, ended, abandoned;
	struct record_figures figures;
	uint64_t budget;
	/* the thread's own */
	struct record_files *files;
	struct msg_rec_head head;
	struct frames *frames;
	struct redact_memo *redact_memo;
	struct named *names;
	size_t name_count, name_room;
	struct id_map name_places;
	uint64_t told, mark; /* how often all names had to be told again; number of the batch */
	int64_t key_ms;      /* mono time of the last keyframe */
	int64_t wall_ms;     /* of the last batch */
	int64_t back_ms;     /* mono time when the wall clock was last found set back */
	int64_t retry_ms;    /* mono time before which no file is tried, 0: none failed */
	bool broken; /* what the file holds does not lead to what is known: a keyframe must */
};

struct record_batch *record_batch_new(void)
{
	return xcalloc(1, sizeof(struct record_batch));
}

void record_batch_free(struct record_batch *batch)
{
	if (!batch)
		return;
	for (size_t i = 0; i < batch->message_count; i++)
		msg_any_release(&batch->messages[i]);
	for (size_t i = 0; i < batch->line_count; i++)
		chunk_unref(batch->lines[i].chunk);
	free(batch->messages);
	free(batch->lines);
	free(batch->values);
	redactor_unref(batch->redactor);
	free(batch);
}

/* ---- no secret ---- */

/* What came here is redacted; a secret may have become known since, and a request was typed just now. */
static void clean_message(const struct record_writer *writer, const struct record_batch *batch,
	const struct msg_any *message)
{
	msg_redact(message->kind, message->body, batch->redactor, writer->redact_memo);
}

/* ---- state ---- */

static void take_gone(struct record_writer *writer, const struct msg_gone *gone, struct str *out)
{
	if (!frames_find(writer->frames, (enum msg_kind)gone->kind, gone->id))
		return;
	frames_remove(writer->frames, (enum msg_kind)gone->kind, gone->id);
	msg_encode(MSG_gone, gone, out);
}

static void take_entity(
	struct record_writer *writer, const struct msg_any *message, struct str *out)
{
	autostr struct str fields = STR_INIT;
	uint64_t id = *(const uint64_t *)message->body;
	bool is_new = !frames_find(writer->frames, message->kind, id);
	struct frame *frame = frames_add(writer->frames, message->kind, id);
	if (!frame)
		return;
	frame_encode(message->kind, message->body, &fields);
	if (is_new)
		frame_write(message->kind, fields.text, fields.length, out);
	else
		(void)frame_write_change(frame, &fields, out);
	frame->mark = writer->mark;
	str_clear(&frame->fields);
	str_add(&frame->fields, fields.text, fields.length);
}

/* A batch that holds everything: what is not in it is gone. */
static void drop_unseen(struct record_writer *writer, struct str *out)
{
	for (size_t i = frames_count(writer->frames); i-- > 0;) {
		const struct frame *frame = frames_at(writer->frames, i);
		struct msg_gone gone = {.kind = frame->kind, .id = frame->id};
		if (frame->mark != writer->mark)
			take_gone(writer, &gone, out);
	}
}

static struct named *find_named(const struct record_writer *writer, uint64_t id)
{
	size_t at;
	return id_map_find(&writer->name_places, id, &at) ? &writer->names[at] : NULL;
}

static void keep_name(struct record_writer *writer, const struct msg_rec_name *name)
{
	if (!id_map_add(&writer->name_places, name->id, writer->name_count))
		return;
	writer->names =
		grow(writer->names, writer->name_count, &writer->name_room, sizeof(*writer->names));
	writer->names[writer->name_count++] = (struct named){.name = msg_copy(MSG_rec_name, name)};
}

/* Entities go to `state`, everything else to `rest`. */
static void take_messages(struct record_writer *writer, const struct record_batch *batch,
	struct str *state, struct str *rest)
{
	for (size_t i = 0; i < batch->message_count; i++) {
		const struct msg_any *message = &batch->messages[i];
		clean_message(writer, batch, message);
		if (is_entity(message->kind))
			take_entity(writer, message, state);
		else if (message->kind == MSG_gone)
			take_gone(writer, message->body, state);
		else if (message->kind == MSG_rec_name)
			keep_name(writer, message->body);
		else
			msg_encode(message->kind, message->body, rest);
	}
	if (batch->whole)
		drop_unseen(writer, state);
}

/* ---- lines ---- */

static void put_line(const struct record_batch *batch, const struct chunk *chunk,
	const struct record *record, struct msg_rec_lines *lines)
{
	struct msg_rec_line *line = msg_add(lines->lines, &lines->lines_count);
	autostr struct str clean = STR_INIT;
	*line = (struct msg_rec_line){.wall_ms = record->wall_ms,
		.late_ms = record->late_ms,
		.bot = xstrdup(chunk_bot(chunk, record)),
		.message_offset = record->message_offset,
		.message_length = record->message_length,
		.correlation_offset = record->correlation_offset,
		.correlation_length = record->correlation_length,
		.level = record->level,
		.trouble = record->trouble,
		.flags = record->flags};
	if (redact(batch->redactor, &clean, chunk_bytes_of(chunk, record), record->length, 0)) {
		line->message_offset = line->correlation_length = 0; /* they moved */
		line->message_length = clean.length;
		line->flags &= RECORD_CONTINUES | RECORD_CUT;
	}
	line->text = str_detach(&clean);
}

static void put_some_lines(
	const struct record_batch *batch, const struct record_lines *from, struct str *rest)
{
	const struct stream *stream = chunk_stream(from->chunk);
	struct msg_rec_lines lines = {.source = stream->source,
		.stream = stream->id,
		.name = xstrdup(stream->name),
		.own = stream->is_own,
		.first_seq = chunk_first_seq(from->chunk) + from->from};
	for (size_t i = from->from; i < from->to; i++)
		put_line(batch, from->chunk, chunk_record(from->chunk, i), &lines);
	msg_encode(MSG_rec_lines, &lines, rest);
	msg_release(MSG_rec_lines, &lines);
}

static void put_lines(
	const struct record_batch *batch, const struct record_lines *lines, struct str *rest)
{
	struct record_lines part = *lines;
	for (; part.from < lines->to; part.from = part.to) {
		part.to = lines->to - part.from > PART_MOST ? part.from + PART_MOST : lines->to;
		put_some_lines(batch, &part, rest);
	}
}

/* ---- figures ---- */

static void put_values(
	struct record_writer *writer, const struct record_batch *batch, struct str *rest)
{
	struct msg_rec_points points = {0};
	for (size_t i = 0; i < batch->value_count; i++) {
		const struct record_value *value = &batch->values[i];
		struct named *named = find_named(writer, value->id);
		if (named && named->told != writer->told) {
			msg_encode(MSG_rec_name, named->name, rest);
			named->told = writer->told;
		}
		if (points.points_count == PART_MOST ||
			(points.points_count && points.time_ms != value->time_ms)) {
			msg_encode(MSG_rec_points, &points, rest);
			msg_release(MSG_rec_points, &points);
		}
		points.time_ms = value->time_ms;
		*msg_add(points.points, &points.points_count) =
			(struct msg_rec_point){.id = value->id, .value = value->value};
	}
	if (points.points_count)
		msg_encode(MSG_rec_points, &points, rest);
	msg_release(MSG_rec_points, &points);
}

/* ---- a batch ---- */

static void put_time(const struct record_batch *batch, bool key, struct str *out)
{
	struct msg_rec_time time = {.wall_ms = batch->wall_ms,
		.mono_ms = batch->mono_ms,
		.key = key,
		.dropped = batch->dropped};
	msg_encode(MSG_rec_time, &time, out);
}

static void put_whole(const struct record_writer *writer, struct str *out)
{
	for (size_t i = 0; i < frames_count(writer->frames); i++) {
		const struct frame *frame = frames_at(writer->frames, i);
		frame_write(frame->kind, frame->fields.text, frame->fields.length, out);
	}
}

static void put_head(
	struct record_writer *writer, const struct record_batch *batch, struct str *out)
{
	writer->head.wall_ms = batch->wall_ms;
	str_adds(out, RECORD_MAGIC);
	msg_encode(MSG_rec_head, &writer->head, out);
}

/* What comes now is looked for by times that were there before: a keyframe leads to it. A clock that jumps to and fro gets
 * no more of them than it gets anyway. */
static bool was_set_back(struct record_writer *writer, const struct record_batch *batch)
{
	bool back = writer->wall_ms - batch->wall_ms >= RECORD_BACK_MS &&
		    batch->mono_ms - writer->back_ms >= RECORD_KEY_MS;
	writer->wall_ms = batch->wall_ms;
	if (back)
		writer->back_ms = batch->mono_ms;
	return back;
}

static bool write_batch(
	struct record_writer *writer, const struct record_batch *batch, struct err *err)
{
	autostr struct str out = STR_INIT;
	autostr struct str state = STR_INIT;
	autostr struct str rest = STR_INIT;
	writer->mark++;
	take_messages(writer, batch, &state, &rest);
	bool begins = record_files_begins(writer->files, batch->mono_ms);
	bool anew = begins || writer->broken;
	bool is_back = was_set_back(writer, batch);
	bool key = anew || is_back || batch->mono_ms - writer->key_ms >= RECORD_KEY_MS;
	if (anew)
		writer->told++;
	put_values(writer, batch, &rest);
	for (size_t i = 0; i < batch->line_count; i++)
		put_lines(batch, &batch->lines[i], &rest);
	if (begins)
		put_head(writer, batch, &out);
	put_time(batch, key, &out);
	if (key)
		put_whole(writer, &out);
	else
		str_add(&out, state.text, state.length);
	str_add(&out, rest.text, rest.length);
	writer->broken = true;
	if (writer->retry_ms && batch->mono_ms < writer->retry_ms)
		return false;
	if ((begins && !record_files_begin(writer->files, batch->wall_ms, batch->mono_ms, err)) ||
		!record_files_write(writer->files, out.text, out.length, err)) {
		writer->retry_ms = batch->mono_ms + RECORD_RETRY_MS;
		return false;
	}
	if (key)
		writer->key_ms = batch->mono_ms;
	writer->retry_ms = 0;
	writer->broken = false;
	return true;
}

static void tell(
	struct record_writer *writer, bool written, uint64_t entries, const struct err *err)
{
	writer->figures.bytes = record_files_bytes(writer->files);
	writer->figures.from_ms = record_files_from_ms(writer->files);
	if (written)
		writer->figures.error[0] = '\0';
	else
		writer->figures.lost += entries;
	if (!written && err->text[0])
		copy_text(writer->figures.error, sizeof(writer->figures.error), err->text);
}

static void release_writer(struct record_writer *writer)
{
	while (writer->first) {
		struct record_batch *batch = writer->first;
		writer->first = batch->next;
		record_batch_free(batch);
	}
	for (size_t i = 0; i < writer->name_count; i++)
		msg_free(MSG_rec_name, writer->names[i].name);
	free(writer->names);
	id_map_release(&writer->name_places);
	frames_free(writer->frames);
	redact_memo_free(writer->redact_memo);
	record_files_free(writer->files);
	msg_release(MSG_rec_head, &writer->head);
	pthread_cond_destroy(&writer->news);
	pthread_mutex_destroy(&writer->lock);
	free(writer);
}

/* Under the lock; NULL: told to stop, and nothing is left. */
static struct record_batch *next_batch(struct record_writer *writer)
{
	while (!writer->first && !writer->stop)
		pthread_cond_wait(&writer->news, &writer->lock);
	struct record_batch *batch = writer->first;
	if (batch) {
		writer->first = batch->next;
		writer->busy = true;
	}
	return batch;
}

static void *work(void *context)
{
	struct record_writer *writer = context;
	struct record_batch *batch;
	pthread_setname_np(pthread_self(), "recorder");
	pthread_mutex_lock(&writer->lock);
	while ((batch = next_batch(writer))) {
		struct err err = {.code = ERR_NONE};
		record_files_set_budget(writer->files, writer->budget);
		pthread_mutex_unlock(&writer->lock);
		bool written = write_batch(writer, batch, &err);
		size_t bytes = batch->bytes;
		uint64_t entries = batch->entries;
		record_batch_free(batch);
		pthread_mutex_lock(&writer->lock);
		writer->queued_bytes -= bytes;
		writer->busy = false;
		tell(writer, written, entries, &err);
		pthread_cond_broadcast(&writer->news);
	}
	writer->ended = true;
	bool abandoned = writer->abandoned;
	pthread_cond_broadcast(&writer->news);
	pthread_mutex_unlock(&writer->lock);
	if (abandoned)
		release_writer(writer);
	return NULL;
}

/* ---- the engine's side ---- */

static void fill_head(struct msg_rec_head *head, const struct record_options *options)
{
	*head = (struct msg_rec_head){.protocol = MSG_PROTOCOL,
		.build = xstrdup(BOTSWAIN_VERSION),
		.environment = xstrdup(options->environment),
		.started_ms = options->started_ms};
}

bool record_writer_open(
	const struct record_options *options, struct record_writer **ret, struct err *err)
{
	struct record_writer *writer = xcalloc(1, sizeof(*writer));
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->news, &attributes);
	pthread_condattr_destroy(&attributes);
	writer->frames = frames_new();
	writer->redact_memo = redact_memo_new();
	writer->back_ms = INT64_MIN / 2;
	writer->budget = options->budget;
	fill_head(&writer->head, options);
	bool good = record_files_open(options, &writer->files, err);
	if (good && pthread_create(&writer->thread, NULL, work, writer) != 0)
		good = err_set(err, ERR_INTERNAL, "cannot start a thread");
	if (good)
		*ret = writer;
	else
		release_writer(writer);
	return good;
}

bool record_writer_post(struct record_writer *writer, struct record_batch *batch)
{
	pthread_mutex_lock(&writer->lock);
	bool fits = writer->queued_bytes + batch->bytes <= RECORD_QUEUE_BYTES || !writer->first;
	if (fits) {
		if (writer->first)
			writer->last->next = batch;
		else
			writer->first = batch;
		writer->last = batch;
		writer->queued_bytes += batch->bytes;
	}
	pthread_mutex_unlock(&writer->lock);
	if (fits)
		pthread_cond_broadcast(&writer->news); /* who wakes finds the lock free */
	else
		record_batch_free(batch);
	return fits;
}

void record_writer_figures(struct record_writer *writer, struct record_figures *ret)
{
	pthread_mutex_lock(&writer->lock);
	*ret = writer->figures;
	pthread_mutex_unlock(&writer->lock);
}

void record_writer_drain(struct record_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	while (writer->first || writer->busy)
		pthread_cond_wait(&writer->news, &writer->lock);
	pthread_mutex_unlock(&writer->lock);
}

static struct timespec in_ms(int64_t ms)
{
	int64_t at_ms = clock_mono_ms(clock_real()) + ms;
	return (struct timespec){.tv_sec = at_ms / 1000, .tv_nsec = (long)(at_ms % 1000) * 1000000};
}

void record_writer_set_budget(struct record_writer *writer, uint64_t bytes)
{
	pthread_mutex_lock(&writer->lock);
	writer->budget = bytes;
	pthread_mutex_unlock(&writer->lock);
}

/* A thread that hangs in the disk goes on alone, and cleans up if it ever comes back. */
void record_writer_close(struct record_writer *writer, int64_t patience_ms)
{
	if (!writer)
		return;
	struct timespec until = in_ms(patience_ms);
	pthread_mutex_lock(&writer->lock);
	writer->stop = true;
	pthread_cond_broadcast(&writer->news);
	while (!writer->ended &&
		pthread_cond_timedwait(&writer->news, &writer->lock, &until) != ETIMEDOUT)
		;
	bool ended = writer->ended;
	pthread_t thread = writer->thread;
	writer->abandoned = !ended;
	pthread_mutex_unlock(&writer->lock);
	if (!ended) {
		pthread_detach(thread);
		return;
	}
	pthread_join(thread, NULL);
	release_writer(writer);
}
