/* SPDX-License-Identifier: MIT */
#include "core/engine/replay_stores.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/id_map.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/events/chunk.h"
#include "core/events/directory.h"
#include "core/events/writer.h"
#include "core/parse/log_trouble.h"
#include "core/engine/metrics.h"
#include "core/engine/replay.h"
#include "core/engine/tape.h"
#include "core/msg/msg.h"

enum {
	CHUNK_TEXT = 32 << 10,
	CHUNK_LINES = 256,
	FRAMES_A_LOOK = 16, /* read between two looks at the clock */
};

/* So many lines of a chunk were there behind that place of the recording: unlike times places only grow. */
struct shown_mark {
	size_t count;
	uint64_t place;
};

struct shown_chunk {
	struct chunk *chunk; /* a reference */
	struct shown_mark *marks;
	size_t count, room;
};

struct lane {
	uint64_t source, stream;
	size_t chunk; /* its newest one, by number */
	uint64_t next_seq;
	int64_t order_ms; /* of its last line */
};

struct replay_reader {
	struct tape_head *head;
	struct event_directory *events;
	struct metrics *metrics;
	struct shown_chunk *chunks;
	size_t chunk_count, chunk_room;
	struct lane *lanes; /* sorted */
	size_t lane_count, lane_room;
	struct msg_rec_name **names; /* of the file that is read, in the order of their coming */
	size_t name_count, name_room;
	struct id_map places;     /* of a name, by its id */
	uint64_t now;             /* the place behind what is read */
	uint64_t until;           /* seen so far */
	size_t bytes, line_bytes; /* kept, and that many at most */
	struct replay_left_out left_out;
	uint64_t made_room; /* values, as of when all was read */
	bool done;
};

struct replay_reader *replay_reader_new(struct tape *tape, struct event_directory *events,
	struct metrics *metrics, size_t line_bytes)
{
	struct replay_reader *reader = xcalloc(1, sizeof(*reader));
	reader->head = tape_head_new(tape);
	reader->events = events;
	reader->metrics = metrics;
	reader->line_bytes = line_bytes;
	return reader;
}

static void forget_names(struct replay_reader *reader)
{
	for (size_t i = 0; i < reader->name_count; i++)
		msg_free(MSG_rec_name, reader->names[i]);
	reader->name_count = 0;
	id_map_clear(&reader->places);
}

void replay_reader_free(struct replay_reader *reader)
{
	if (!reader)
		return;
	for (size_t i = 0; i < reader->chunk_count; i++) {
		chunk_unref(reader->chunks[i].chunk);
		free(reader->chunks[i].marks);
	}
	forget_names(reader);
	free(reader->names);
	id_map_release(&reader->places);
	free(reader->chunks);
	free(reader->lanes);
	tape_head_free(reader->head);
	free(reader);
}

/* ---- values ---- */

static void take_name(struct replay_reader *reader, const struct msg_rec_name *name)
{
	if (reader->name_count == REPLAY_SERIES_MAX ||
		!id_map_add(&reader->places, name->id, reader->name_count))
		return;
	reader->names = grow((void *)reader->names, reader->name_count, &reader->name_room,
		sizeof(*reader->names));
	struct msg_rec_name *kept = msg_copy(MSG_rec_name, name);
	kept->id = metrics_id(kept->name, kept->labels); /* whatever the file says */
	reader->names[reader->name_count++] = kept;
}

static bool take_point(
	struct replay_reader *reader, const struct msg_rec_point *point, int64_t time_ms)
{
	size_t at;
	if (!id_map_find(&reader->places, point->id, &at))
		return false;
	const struct msg_rec_name *name = reader->names[at];
	return metrics_add(
		reader->metrics, name->id, name->name, name->labels, time_ms, point->value);
}

static void take_points(struct replay_reader *reader, const struct msg_rec_points *points)
{
	for (size_t i = 0; i < points->points_count; i++)
		if (!take_point(reader, &points->points[i], points->time_ms))
			reader->left_out.values++;
}

/* ---- lines ---- */

static bool is_before(const struct lane *lane, uint64_t source, uint64_t stream)
{
	return lane->source != source ? lane->source < source : lane->stream < stream;
}

/* NULL: there are too many. */
static struct lane *find_lane(struct replay_reader *reader, uint64_t source, uint64_t stream)
{
	size_t low = 0, high = reader->lane_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (is_before(&reader->lanes[middle], source, stream))
			low = middle + 1;
		else
			high = middle;
	}
	struct lane *lane = low < reader->lane_count ? &reader->lanes[low] : NULL;
	if (lane && lane->source == source && lane->stream == stream)
		return lane;
	if (reader->lane_count == REPLAY_LOGS_MAX)
		return NULL;
	reader->lanes =
		grow(reader->lanes, reader->lane_count, &reader->lane_room, sizeof(*reader->lanes));
	lane = &reader->lanes[low];
	memmove(lane + 1, lane, (reader->lane_count - low) * sizeof(*lane));
	reader->lane_count++;
	*lane = (struct lane){
		.source = source, .stream = stream, .chunk = SIZE_MAX, .order_ms = INT64_MIN};
	return lane;
}

static void add_chunk(struct replay_reader *reader, struct lane *lane,
	const struct msg_rec_lines *lines, uint64_t seq, size_t need)
{
	autostr struct str name = STR_INIT;
	struct chunk_list *list = xcalloc(1, sizeof(*list) + sizeof(struct chunk *));
	sanitize(&name, lines->name, strlen(lines->name));
	const struct stream stream = {.source = lines->source,
		.id = lines->stream,
		.name = name.text,
		.is_own = lines->own};
	struct chunk *chunk =
		chunk_new(&stream, seq, need > CHUNK_TEXT ? need : CHUNK_TEXT, CHUNK_LINES);
	reader->chunks = grow(
		reader->chunks, reader->chunk_count, &reader->chunk_room, sizeof(*reader->chunks));
	lane->chunk = reader->chunk_count++;
	reader->chunks[lane->chunk] = (struct shown_chunk){.chunk = chunk};
	reader->bytes += chunk_bytes(chunk);
	list->count = 1;
	list->chunks[0] = chunk_ref(chunk);
	event_directory_add(reader->events, list);
}

/* Nothing that the reader of a chunk relies on is taken on trust. */
static struct record record_of(const struct msg_rec_line *line, size_t length, struct lane *lane)
{
	int64_t wall_ms = line->wall_ms;
	int64_t late_ms = line->late_ms < 0 || line->late_ms > INT32_MAX ? 0 : line->late_ms;
	if (wall_ms + late_ms < lane->order_ms)
		late_ms = lane->order_ms - wall_ms;
	if (late_ms > INT32_MAX) {
		wall_ms = lane->order_ms;
		late_ms = 0;
	}
	lane->order_ms = wall_ms + late_ms;
	struct record record = {.wall_ms = wall_ms,
		.late_ms = (int32_t)late_ms,
		.level = (uint8_t)(line->level < LOG_LEVELS ? line->level : LOG_LEVEL_NONE),
		.trouble =
			(uint8_t)(line->trouble <= TROUBLE_HANDLED ? line->trouble : TROUBLE_NONE),
		.flags = (uint8_t)(line->flags & (RECORD_ESCAPED | RECORD_CONTINUES | RECORD_CUT |
							 RECORD_HIDES))};
	bool whole = line->message_offset > length ||
		     line->message_length > length - line->message_offset;
	record.message_offset = (uint16_t)(whole ? 0 : line->message_offset);
	record.message_length = (uint16_t)(whole ? length : line->message_length);
	if (line->correlation_offset <= length &&
		line->correlation_length <= length - line->correlation_offset &&
		line->correlation_length <= UINT8_MAX) {
		record.correlation_offset = (uint16_t)line->correlation_offset;
		record.correlation_length = (uint8_t)line->correlation_length;
	}
	return record;
}

static void take_line(struct replay_reader *reader, struct lane *lane,
	const struct msg_rec_lines *lines, const struct msg_rec_line *line, uint64_t seq)
{
	autostr struct str bot = STR_INIT;
	size_t length = strlen(line->text);
	if (length > LIMIT_LOG_STORED_BYTES)
		length = LIMIT_LOG_STORED_BYTES;
	sanitize_clip(&bot, line->bot, strlen(line->bot), 64);
	struct record record = record_of(line, length, lane);
	bool goes_on = lane->chunk != SIZE_MAX && seq == lane->next_seq &&
		       chunk_append(reader->chunks[lane->chunk].chunk, record, line->text, length,
			       bot.text);
	if (!goes_on) {
		add_chunk(reader, lane, lines, seq, length + bot.length + 1);
		(void)chunk_append(
			reader->chunks[lane->chunk].chunk, record, line->text, length, bot.text);
	}
	lane->next_seq = seq + 1;
}

static void note_count(struct replay_reader *reader, struct shown_chunk *shown)
{
	size_t count = chunk_count(shown->chunk);
	shown->marks = grow(shown->marks, shown->count, &shown->room, sizeof(*shown->marks));
	shown->marks[shown->count++] = (struct shown_mark){.count = count, .place = reader->now};
}

static void show_chunk(const struct replay_reader *reader, const struct shown_chunk *shown)
{
	size_t low = 0, high = shown->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (shown->marks[middle].place <= reader->until)
			low = middle + 1;
		else
			high = middle;
	}
	chunk_show(shown->chunk, low ? shown->marks[low - 1].count : 0);
}

static void note_lines(struct replay_reader *reader, struct shown_chunk *shown)
{
	note_count(reader, shown);
	show_chunk(reader, shown);
}

/* A writer that is met again with older lines (a copied file) would break the order: they are left out. */
static void take_lines(struct replay_reader *reader, const struct msg_rec_lines *lines)
{
	struct lane *lane = find_lane(reader, lines->source, lines->stream);
	bool is_old = lane && lane->chunk != SIZE_MAX && lines->first_seq < lane->next_seq;
	if (!lane || is_old || reader->bytes > reader->line_bytes ||
		lines->first_seq > UINT64_MAX - MSG_LIST_MAX) {
		reader->left_out.lines += lines->lines_count;
		return;
	}
	size_t open = lane->chunk, added = reader->chunk_count;
	if (open != SIZE_MAX) /* what is hidden is written behind */
		chunk_show(reader->chunks[open].chunk, SIZE_MAX);
	for (size_t i = 0; i < lines->lines_count; i++)
		take_line(reader, lane, lines, &lines->lines[i], lines->first_seq + i);
	if (open != SIZE_MAX)
		note_lines(reader, &reader->chunks[open]);
	for (size_t i = added; i < reader->chunk_count; i++)
		note_lines(reader, &reader->chunks[i]);
}

/* ---- reading ---- */

static void take_frame(struct replay_reader *reader, const struct tape_frame *frame)
{
	struct msg_any message = {.kind = MSG_none};
	struct err ignored;
	size_t used;
	bool wanted = frame->kind == MSG_rec_head || frame->kind == MSG_rec_lines ||
		      frame->kind == MSG_rec_name || frame->kind == MSG_rec_points;
	if (!wanted ||
		!msg_decode(frame->bytes, frame->length, MSG_FRAME_MAX, &message, &used, &ignored))
		return;
	if (message.kind == MSG_rec_head) {
		forget_names(reader);
	} else if (message.kind == MSG_rec_lines) {
		take_lines(reader, message.body);
	} else if (message.kind == MSG_rec_name) {
		take_name(reader, message.body);
	} else if (message.kind == MSG_rec_points) {
		take_points(reader, message.body);
	}
	msg_any_release(&message);
}

static bool read_some(struct replay_reader *reader, int64_t slice_us)
{
	int64_t begun_us = clock_cost_us();
	struct tape_frame frame;
	bool any = false;
	do {
		for (int i = 0; i < FRAMES_A_LOOK; i++) {
			reader->done = !tape_next(reader->head, &frame);
			if (reader->done)
				return any;
			any = true;
			reader->now = tape_place(reader->head);
			take_frame(reader, &frame);
		}
	} while (clock_cost_us() - begun_us < slice_us);
	return any;
}

bool replay_reader_step(struct replay_reader *reader, int64_t slice_us)
{
	bool any = read_some(reader, slice_us);
	if (any)
		metrics_make_room(reader->metrics);
	if (any && reader->done)
		reader->made_room = metrics_made_room(reader->metrics);
	return any;
}

bool replay_reader_is_done(const struct replay_reader *reader)
{
	return reader->done;
}

void replay_reader_show(struct replay_reader *reader, uint64_t place)
{
	reader->until = place;
	for (size_t i = 0; i < reader->chunk_count; i++)
		show_chunk(reader, &reader->chunks[i]);
}

struct replay_left_out replay_reader_left_out(const struct replay_reader *reader)
{
	return (struct replay_left_out){
		reader->left_out.lines, reader->left_out.values + reader->made_room};
}
