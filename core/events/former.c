/* SPDX-License-Identifier: MIT */
#include "core/events/former.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/events/chunk.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/events/history.h"
#include "core/events/line_source.h"
#include "core/events/open_file.h"
#include "core/parse/log_line.h"

enum {
	TOLD_LINES = 32,
	LATER_STREAMS = 8,
	UNTIMED_MS =
		2000, /* so close are the times of lines that have none, and were read at once */
	UNTIMED_LINES = 20000, /* of these that are compared */
};

struct told_line {
	int64_t wall_ms;
	struct str text;
};

/* Somebody who tells a source's lines again, by his first ones. Botswain's own words may be among them, which no other stream has. */
struct teller {
	struct told_line lines[TOLD_LINES];
	size_t count;
	size_t untimed; /* of these lines the first that has no time; their number: all have one */
	size_t total;   /* lines that it told so far */
	bool is_timed; /* where none of these is found, what is of later is told again all the same */
	int64_t time_ms;
};

struct former *former_new(uint64_t source)
{
	struct former *former = xcalloc(1, sizeof(*former));
	former->source = source;
	return former;
}

void former_free(struct former *former)
{
	if (!former)
		return;
	for (size_t i = 0; i < former->count; i++)
		chunk_unref(former->chunks[i]);
	for (size_t i = 0; i < former->live_count; i++)
		chunk_unref(former->live[i]);
	for (size_t i = 0; i < former->file_count; i++)
		file_stream_unref(former->files[i]);
	free(former->chunks);
	free(former->live);
	free(former->live_lines);
	free(former->files);
	free(former->shown);
	free(former);
}

void former_add(struct former *former, const struct chunk *cold)
{
	former->chunks = grow(former->chunks, former->count, &former->room, sizeof(struct chunk *));
	former->chunks[former->count++] = chunk_ref(cold);
}

void former_add_live(struct former *former, const struct chunk *chunk, size_t lines)
{
	former->live_lines = grow(former->live_lines, former->live_count, &former->live_lines_room,
		sizeof(*former->live_lines));
	former->live_lines[former->live_count] = lines;
	former->live =
		grow(former->live, former->live_count, &former->live_room, sizeof(struct chunk *));
	former->live[former->live_count++] = chunk_ref(chunk);
}

void former_add_file(struct former *former, struct file_stream *file)
{
	former->files = grow(former->files, former->file_count, &former->file_room,
		sizeof(struct file_stream *));
	former->files[former->file_count++] = file_stream_ref(file);
}

/* ---- who tells ---- */

static struct str *add_line(struct teller *teller, int64_t wall_ms)
{
	struct told_line *line = &teller->lines[teller->count++];
	*line = (struct told_line){.wall_ms = wall_ms, .text = STR_INIT};
	return &line->text;
}

static void release(struct teller *teller)
{
	for (size_t i = 0; i < teller->count; i++)
		str_release(&teller->lines[i].text);
}

/* Its lines; NULL: they cannot be read. A reference for the caller. */
static struct chunk *lines_of(const struct chunk *chunk)
{
	return chunk_place(chunk) ? history_read(chunk) : chunk_ref(chunk);
}

static void listen_to_chunk(struct teller *teller, const struct chunk *chunk, size_t total)
{
	struct chunk *lines = lines_of(chunk);
	teller->untimed = 0;
	teller->total = total < UNTIMED_LINES ? total : UNTIMED_LINES;
	size_t count = lines ? chunk_count(lines) : 0;
	for (size_t i = 0; i < count && i < TOLD_LINES; i++) {
		const struct record *record = chunk_record(lines, i);
		teller->untimed += teller->untimed == i && !(record->flags & RECORD_UNTIMED);
		str_add(add_line(teller, record->wall_ms), chunk_bytes_of(lines, record),
			record->length);
	}
	/* one alone may be a word of ours */
	teller->is_timed = teller->count > 1;
	teller->time_ms = teller->count ? teller->lines[teller->count - 1].wall_ms : 0;
	chunk_unref(lines);
}

/* As it would be stored, as far as can be told without knowing any secret. */
static void clean(const char *text, size_t length, struct str *to)
{
	autostr struct str plain = STR_INIT;
	size_t kept = utf8_cut(text, length, LIMIT_LOG_STORED_BYTES - 1);
	log_normalise(text, kept, &plain);
	redact(NULL, to, plain.text, plain.length, kept < length ? REDACT_CUT : 0);
}

/* By its first lines that have a time. One without any is older than anything. */
static void listen_to_file(struct teller *teller, const struct file_stream *file)
{
	const struct file_options *options = &file->options;
	const struct log_arrival arrival = {.received_ms = options->received_ms,
		.utc_offset_s = options->utc_offset_s,
		.is_brief = true};
	uint64_t from = file_index_offset(file->index, 0);
	uint64_t end = file_index_offset(file->index, file_index_segments(file->index));
	struct raw_line line;
	uint64_t to = end - from < FILE_LOOK_BACK ? end : from + FILE_LOOK_BACK;
	struct line_source *source = line_source_new(file->file->fd, from, to);
	while (teller->count < TOLD_LINES && line_source_next(source, &line)) {
		struct log_line read;
		log_line_read(line.text, line.length, &arrival, &read);
		if (read.wall_ms != LOG_NO_TIME)
			clean(line.text, line.length, add_line(teller, read.wall_ms));
	}
	teller->untimed = teller->count;
	teller->is_timed = from != end;
	teller->time_ms = teller->count ? teller->lines[0].wall_ms : INT64_MIN;
	line_source_free(source);
}

/* ---- what is left ---- */

static bool may_hold(const struct chunk *cold, const struct teller *teller)
{
	int64_t first_ms, last_ms;
	chunk_span(cold, &first_ms, &last_ms);
	for (size_t i = 0; i < teller->count; i++)
		if (teller->lines[i].wall_ms >= first_ms && teller->lines[i].wall_ms <= last_ms)
			return true;
	return false;
}

static bool is_told(
	const struct chunk *lines, const struct record *record, const struct teller *teller)
{
	for (size_t i = 0; i < teller->count; i++) {
		const struct told_line *told = &teller->lines[i];
		if (record->wall_ms == told->wall_ms && record->length == told->text.length &&
			memcmp(chunk_bytes_of(lines, record), told->text.text, record->length) == 0)
			return true;
	}
	return false;
}

/* The first line of a chunk that is told again; their number: none is. */
static size_t find_told(const struct chunk *cold, const struct teller *teller)
{
	size_t count = chunk_written(cold), at = 0;
	struct chunk *lines = may_hold(cold, teller) ? lines_of(cold) : NULL;
	if (!lines)
		return count;
	while (at < count && !is_told(lines, chunk_record(lines, at), teller))
		at++;
	chunk_unref(lines);
	return at;
}

static size_t find_later(const struct chunk *cold, int64_t time_ms)
{
	size_t count = chunk_written(cold), at = 0;
	struct chunk *lines = lines_of(cold);
	if (!lines)
		return count;
	while (at < count && chunk_record(lines, at)->wall_ms <= time_ms)
		at++;
	chunk_unref(lines);
	return at;
}

/* ---- lines without times ---- */

/* The last lines of a stream. */
struct tail {
	struct {
		const struct chunk *lines;
		const struct record *record;
		size_t chunk, at;
	} * list;
	size_t count;
	struct chunk **chunks; /* references */
	size_t chunk_count;
};

static void release_tail(struct tail *tail)
{
	for (size_t i = 0; i < tail->chunk_count; i++)
		chunk_unref(tail->chunks[i]);
	free(tail->chunks);
	free(tail->list);
}

/* As many as were told again at most; what cannot be read is passed over. */
static struct tail tail_of(const struct former *former, size_t from, size_t to, size_t most)
{
	size_t first = to, have = 0;
	while (first > from && have < most)
		have += chunk_written(former->chunks[--first]);
	struct tail tail = {.list = xcalloc(have, sizeof(*tail.list)),
		.chunks = xcalloc(to - first, sizeof(struct chunk *))};
	size_t skip = have > most ? have - most : 0;
	for (size_t i = first; i < to; i++, skip = 0) {
		struct chunk *lines = lines_of(former->chunks[i]);
		if (!lines)
			continue;
		tail.chunks[tail.chunk_count++] = lines;
		for (size_t j = skip; j < chunk_count(lines); j++, tail.count++) {
			tail.list[tail.count].lines = lines;
			tail.list[tail.count].record = chunk_record(lines, j);
			tail.list[tail.count].chunk = i;
			tail.list[tail.count].at = j;
		}
	}
	return tail;
}

/* What has a time before the first that has none is a word of ours. */
static bool continues(const struct tail *tail, size_t at, const struct teller *teller)
{
	for (size_t i = 0; teller->untimed + i < teller->count && at + i < tail->count; i++) {
		const struct record *record = tail->list[at + i].record;
		const struct str *told = &teller->lines[teller->untimed + i].text;
		if (record->length != told->length ||
			memcmp(chunk_bytes_of(tail->list[at + i].lines, record), told->text,
				record->length) != 0)
			return false;
	}
	return true;
}

/* A part of a source's chunks: those of one stream. */
struct range {
	size_t from, to;
};

static void show_at_most(struct former *former, size_t at, size_t lines)
{
	former->shown[at] = lines < former->shown[at] ? lines : former->shown[at];
}

static void hide(struct former *former, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		former->shown[i] = 0;
}

/* None of its lines is here: chunks that begin later are told again, and within the one before them what is later. Where that
 * is the last one, it came after all. */
static void cut_by_time(struct former *former, struct range stream, int64_t time_ms)
{
	size_t last = stream.to;
	while (last > stream.from &&
		chunk_edges(former->chunks[last - 1])->first_order_ms > time_ms)
		last--;
	hide(former, last, stream.to);
	if (last > stream.from && last < stream.to)
		show_at_most(former, last - 1, find_later(former->chunks[last - 1], time_ms));
}

/* The last lines are those that are told first now. False: they are not. */
static bool cut_untimed(struct former *former, struct range stream, const struct teller *teller)
{
	struct tail tail = tail_of(former, stream.from, stream.to, teller->total);
	size_t at = 0;
	while (at < tail.count && !continues(&tail, at, teller))
		at++;
	bool is_found = at < tail.count;
	if (is_found) {
		show_at_most(former, tail.list[at].chunk, tail.list[at].at);
		hide(former, tail.list[at].chunk + 1, stream.to);
	}
	release_tail(&tail);
	return is_found;
}

static void cut_stream(struct former *former, struct range stream, const struct teller *teller)
{
	for (size_t i = stream.from; i < stream.to; i++) {
		size_t at = find_told(former->chunks[i], teller);
		if (at == chunk_written(former->chunks[i]))
			continue;
		show_at_most(former, i, at);
		hide(former, i + 1, stream.to);
		return;
	}
	if (teller->untimed < teller->count && cut_untimed(former, stream, teller))
		return;
	if (teller->is_timed)
		cut_by_time(former, stream, teller->time_ms);
}

static int64_t newest_ms(const struct former *former, struct range stream)
{
	int64_t newest_ms = INT64_MIN;
	for (size_t i = stream.from; i < stream.to; i++) {
		int64_t first_ms, last_ms;
		chunk_span(former->chunks[i], &first_ms, &last_ms);
		newest_ms = last_ms > newest_ms ? last_ms : newest_ms;
	}
	return newest_ms;
}

static struct range stream_at(const struct former *former, size_t from)
{
	struct range stream = {from, from + 1};
	uint64_t id = chunk_stream(former->chunks[from])->id;
	while (stream.to < former->count && chunk_stream(former->chunks[stream.to])->id == id)
		stream.to++;
	return stream;
}

static size_t lines_in(const struct former *former, struct range stream)
{
	size_t lines = 0;
	for (size_t i = stream.from; i < stream.to; i++)
		lines += chunk_written(former->chunks[i]);
	return lines;
}

/* By those streams that came after it. The next one may have no times; others are read only if they may reach into it. */
static void cut_by_later(struct former *former, struct range stream)
{
	int64_t end_ms = newest_ms(former, stream);
	struct range next = {stream.to, stream.to};
	for (int i = 0; i < LATER_STREAMS && next.to < former->count; i++) {
		struct teller teller = {.count = 0};
		next = stream_at(former, next.to);
		if (i > 0 && chunk_edges(former->chunks[next.from])->first_order_ms > end_ms)
			continue;
		listen_to_chunk(&teller, former->chunks[next.from], lines_in(former, next));
		cut_stream(former, stream, &teller);
		release(&teller);
	}
}

static void cut_all(struct former *former, struct teller *teller)
{
	for (size_t at = 0; at < former->count;) {
		struct range stream = stream_at(former, at);
		cut_stream(former, stream, teller);
		at = stream.to;
	}
	release(teller);
}

void former_decide(void *context)
{
	struct former *former = context;
	former->shown = xcalloc(former->count, sizeof(*former->shown));
	for (size_t i = 0; i < former->count; i++)
		former->shown[i] = chunk_written(former->chunks[i]);
	for (size_t i = 0; i < former->live_count; i++) {
		struct teller teller = {.count = 0};
		listen_to_chunk(&teller, former->live[i], former->live_lines[i]);
		former->is_young |= teller.count < TOLD_LINES;
		cut_all(former, &teller);
	}
	for (size_t i = 0; i < former->file_count; i++) {
		struct teller teller = {.count = 0};
		listen_to_file(&teller, former->files[i]);
		cut_all(former, &teller);
	}
	for (size_t at = 0; at < former->count;) {
		struct range stream = stream_at(former, at);
		cut_by_later(former, stream);
		at = stream.to;
	}
	atomic_store(&former->is_decided, true);
}

bool former_apply(struct former *former)
{
	bool is_other = false;
	for (size_t i = 0; i < former->count; i++) {
		is_other |= chunk_count(former->chunks[i]) != former->shown[i];
		chunk_show(former->chunks[i], former->shown[i]);
	}
	return is_other;
}
