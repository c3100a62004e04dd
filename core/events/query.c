/* SPDX-License-Identifier: MIT */
/*
 * The rows before the anchor are collected backwards, those from it on forwards, by turns. A part is judged
 * when its first line is due, so that one that holds nothing of what is wanted is not read.
 */
#include "core/events/query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/needle.h"
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/events/chunk.h"
#include "core/events/directory.h"
#include "core/events/fields.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/events/line_block.h"
#include "core/events/marks.h"
#include "core/events/part.h"
#include "core/events/snapshot.h"
#include "core/events/text.h"
#include "core/events/view.h"
#include "core/events/walk.h"
#include "core/msg/msg.h"
#include "core/parse/filter.h"
#include "core/parse/log_columns.h"

enum { COLD_COST = 128 }; /* lines that could be looked at while a part of the history is read */

/* What is to be done with the lines of a part. */
enum verdict {
	NOT_JUDGED,
	READ,
	COUNT,     /* none fits: those of the wanted bots are hidden */
	PASS_HIDE, /* none fits, and all are of the question */
	PASS,      /* none is of a wanted bot */
};

/* One direction. */
struct side {
	struct walk walk;
	struct msg_row *rows;
	size_t row_count, taken, wanted;
	uint64_t scanned;
	struct event_key first, last; /* of the keys looked at */
};

struct event_query {
	struct event_snapshot *snapshot;
	struct filter *filter;
	struct redactor *redactor;
	struct event_key anchor;
	int64_t from_ms, to_ms;
	char **bots, **names;
	size_t bot_count, name_count;
	bool whole_lines, with_lines, fields, all_fields, has_hit;
	size_t room, used;
	struct event_key hit, oldest, newest; /* of rows */
	uint64_t *floors;                     /* by stream, the first line's seq; NULL: all lines */
	size_t *file_floors;                  /* by file, the first segment */
	struct side before, after;
	struct needle
		certain; /* stands in whatever the filter fits; of length 0: nothing is certain */
	struct scratch scratch;
	const struct side *last_side; /* that looked at a line */
	uint64_t hits, hidden;
};

struct event_marks *event_query_marks(const struct event_query *query)
{
	return marks_of(query->snapshot);
}

static void begin_sides(struct event_query *query, size_t before, size_t after)
{
	const struct walk walk = {.snapshot = query->snapshot, .anchor = query->anchor};
	struct walk *back = &query->before.walk, *on = &query->after.walk;
	query->before = (struct side){.walk = walk, .wanted = before};
	query->after = (struct side){.walk = walk, .wanted = after};
	back->is_backwards = true;
	back->floors = query->floors;
	back->file_floors = query->file_floors;
	back->is_bounded = query->from_ms != 0;
	back->bound_ms = query->from_ms;
	on->is_bounded = query->to_ms != 0;
	on->bound_ms = query->to_ms;
}

/* An anchor outside the limits is at the nearer one. */
static struct event_key anchor_within(const struct event_question *question)
{
	const struct event_key from = {question->from_ms, 0, 0}, to = {question->to_ms, 0, 0};
	if (question->from_ms && event_key_compare(question->anchor, from) < 0)
		return from;
	if (question->to_ms && event_key_compare(question->anchor, to) > 0)
		return to;
	return question->anchor;
}

struct event_query *event_query_new(struct event_snapshot *snapshot, struct filter *filter,
	const struct redactor *redactor, const struct event_question *question)
{
	struct event_query *query = xcalloc(1, sizeof(*query));
	query->snapshot = snapshot;
	query->filter = filter;
	query->redactor = redactor_ref(redactor);
	query->anchor = anchor_within(question);
	query->from_ms = question->from_ms;
	query->to_ms = question->to_ms;
	const struct needle *certain = filter ? filter_certain(filter, EVENT_SHOWN_COLUMNS) : NULL;
	if (certain)
		query->certain = *certain;
	query->whole_lines = question->whole_lines;
	query->fields = question->fields;
	query->all_fields = question->all_fields;
	query->room = question->room;
	query->with_lines = question->with_lines;
	if (question->since) {
		query->floors = marks_floors(snapshot, question->since);
		query->file_floors = marks_file_floors(snapshot, question->since);
	}
	begin_sides(query, question->before < EVENT_ROWS_MAX ? question->before : EVENT_ROWS_MAX,
		question->after < EVENT_ROWS_MAX ? question->after : EVENT_ROWS_MAX);
	for (size_t i = 0; i < question->bot_count; i++)
		msg_add_str(&query->bots, &query->bot_count, question->bots[i]);
	for (size_t i = 0; i < question->name_count && i < EVENT_VALUES_MAX; i++)
		msg_add_str(&query->names, &query->name_count, question->names[i]);
	return query;
}

static void release_side(struct side *side)
{
	for (size_t i = side->taken; i < side->row_count; i++)
		msg_release(MSG_row, &side->rows[i]);
	walk_close(&side->walk);
	free(side->rows);
}

void event_query_whole(struct event_query *query)
{
	size_t before = query->before.wanted, after = query->after.wanted;
	release_side(&query->before);
	release_side(&query->after);
	free(query->floors);
	free(query->file_floors);
	query->floors = NULL;
	query->file_floors = NULL;
	query->last_side = NULL;
	query->has_hit = false;
	query->hits = query->hidden = 0;
	begin_sides(query, before, after);
}

void event_query_free(struct event_query *query)
{
	if (!query)
		return;
	release_side(&query->before);
	release_side(&query->after);
	for (size_t i = 0; i < query->bot_count; i++)
		free(query->bots[i]);
	free(query->bots);
	for (size_t i = 0; i < query->name_count; i++)
		free(query->names[i]);
	free(query->names);
	free(query->floors);
	free(query->file_floors);
	scratch_release(&query->scratch);
	event_snapshot_free(query->snapshot);
	filter_free(query->filter);
	redactor_unref(query->redactor);
	free(query);
}

/* True: it was longer. */
static bool take_text(struct event_query *query, struct event_line *line, enum event_part part,
	size_t cells, char **to)
{
	struct str text = STR_INIT;
	bool is_cut = event_text(line, part, query->redactor, cells, &text);
	*to = str_detach(&text);
	return is_cut;
}

/* The first cells of a line that is shown, more of one that is asked for or kept. */
static void take_shown(struct event_query *query, struct event_line *line, struct event_key key,
	struct msg_row *row)
{
	bool is_asked = query->fields && event_key_compare(key, query->anchor) == 0;
	size_t cells = is_asked || query->room ? EVENT_LINE_CELLS_MAX : EVENT_ROW_CELLS_MAX;
	enum event_part part = query->whole_lines ? EVENT_LINE : EVENT_MESSAGE;
	bool is_cut = take_text(query, line, part, cells, &row->text);
	if (query->whole_lines || query->room)
		row->cut = is_cut || line->record->flags & RECORD_CUT;
	if (is_asked || query->all_fields)
		event_fields(line, query->redactor, row);
}

/* What a row takes of the room. */
static size_t row_bytes(const struct msg_row *row)
{
	size_t bytes = strlen(row->text);
	for (size_t i = 0; i < row->fields_count; i++)
		bytes += strlen(row->fields[i].name) + strlen(row->fields[i].value) + 16;
	return bytes;
}

static void add_row(
	struct event_query *query, struct side *side, struct event_line *line, struct event_key key)
{
	const struct record *record = line->record;
	struct msg_row *row = msg_add(side->rows, &side->row_count);
	msg_set(&row->key, event_key_print(key).text);
	msg_set(&row->bot, *line->bot || !line->stream->is_own ? line->bot : "botswain");
	msg_set(&row->source, line->stream->name);
	take_shown(query, line, key, row);
	query->used += row_bytes(row);
	if (query->room && query->used > query->room)
		side->wanted = side->row_count;
	if (query->name_count && !(record->flags & RECORD_CONTINUES))
		event_values(line, query->redactor, (const char *const *)query->names,
			query->name_count, row);
	if (query->with_lines)
		(void)take_text(query, line, EVENT_LINE, EVENT_ROW_CELLS_MAX, &row->line);
	(void)take_text(query, line, EVENT_CORRELATION, EVENT_ROW_CELLS_MAX, &row->correlation);
	row->time_ms = record->wall_ms;
	row->level = record->level;
	row->late = record->late_ms > 0;
	row->cont = record->flags & RECORD_CONTINUES;
	if (!query->has_hit)
		query->hit = query->oldest = query->newest = key;
	if (event_key_compare(key, query->oldest) < 0)
		query->oldest = key;
	if (event_key_compare(key, query->newest) > 0)
		query->newest = key;
	query->has_hit = true;
}

static bool is_done(const struct side *side)
{
	return side->row_count == side->wanted || (side->walk.is_open && !walk_top(&side->walk));
}

/* Each look of the filter at what a part says of itself counts as one at a line; of `lines` one stays,
 * for the line or the part itself. */
static void judge(
	struct event_query *query, const struct walk *walk, struct cursor *cursor, size_t *lines)
{
	size_t looks = 0;
	bool is_all = !query->bot_count && walk_has_all(walk, cursor);
	if (!part_may_be_wanted(&cursor->part, query->bots, query->bot_count))
		cursor->verdict = PASS;
	else if (part_may_fit(&cursor->part, query->filter, &looks) &&
		 (!query->certain.length ||
			 part_may_say(&cursor->part, &query->certain, &query->scratch)))
		cursor->verdict = READ;
	else
		cursor->verdict = is_all ? PASS_HIDE : COUNT;
	if (looks)
		*lines -= looks < *lines ? looks - 1 : *lines - 1;
}

/* Passes over the rest of the part on top: of its lines all is known. */
static void pass_over(struct event_query *query, struct side *side, const struct cursor *top)
{
	size_t lines = walk_left_at(&side->walk, top);
	side->scanned += lines;
	query->hidden += top->verdict == PASS_HIDE ? lines : 0;
	walk_advance(&side->walk, lines);
}

static void look_at_line(struct event_query *query, struct side *side, const struct cursor *top)
{
	struct event_line line = part_view_line(top->view, walk_due(&side->walk, top));
	side->scanned++;
	if (part_is_wanted_bot(line.bot, query->bots, query->bot_count)) {
		bool fits =
			top->verdict == READ &&
			(!query->certain.length || event_line_may_say(&line, &query->certain)) &&
			(!query->filter || event_fits(&line, query->redactor, query->filter));
		query->hits += fits;
		query->hidden += !fits;
		if (fits)
			add_row(query, side, &line, top->key);
	}
	walk_advance(&side->walk, 1);
}

static bool is_passed(const struct cursor *cursor)
{
	return cursor->verdict == PASS || cursor->verdict == PASS_HIDE;
}

/* What it costs to read a part of the history, besides looking at its lines; one stays. */
static void pay(size_t *lines)
{
	*lines = *lines > COLD_COST ? *lines - COLD_COST : 1;
}

/* Looks at what is due. */
static void look(struct event_query *query, struct side *side, struct cursor *top, size_t *lines)
{
	if (!part_is_indexed(&top->part)) {
		walk_read_top(&side->walk);
		*lines = 1; /* all of a segment was looked at */
		return;
	}
	if (top->is_unplaced) {
		walk_place_top(&side->walk);
		pay(lines);
		return;
	}
	if (top->verdict == NOT_JUDGED)
		judge(query, &side->walk, top, lines);
	if (part_is_cold(&top->part) && !top->view && !is_passed(top))
		pay(lines);
	if (!is_passed(top) && !walk_open_top(&side->walk))
		return;
	side->first = side->scanned ? side->first : top->key;
	side->last = top->key;
	query->last_side = side;
	if (is_passed(top))
		pass_over(query, side, top);
	else
		look_at_line(query, side, top);
}

/* Looks at lines in one direction; true when it has all that it wants. */
static bool step(struct event_query *query, struct side *side, size_t *lines)
{
	if (!side->wanted)
		return true;
	if (!side->walk.is_open)
		walk_open(&side->walk);
	for (struct cursor *top;
		side->row_count < side->wanted && *lines && (top = walk_top(&side->walk)); --*lines)
		look(query, side, top, lines);
	return is_done(side);
}

bool event_query_step(struct event_query *query, size_t lines)
{
	size_t rest = lines / 2, half = lines - rest;
	bool done = step(query, &query->after, &half);
	rest += half;
	bool all_done = step(query, &query->before, &rest) && done;
	return all_done ||
	       (!done && rest && step(query, &query->after, &rest) && is_done(&query->before));
}

void event_query_rest(struct event_query *query)
{
	walk_rest(&query->before.walk);
	walk_rest(&query->after.walk);
}

int64_t event_query_reached_ms(const struct event_query *query)
{
	return query->last_side ? query->last_side->last.time_ms : 0;
}

bool event_query_ages(const struct event_query *query)
{
	return query->filter && filter_compares(query->filter, LOG_COLUMN_TIME);
}

size_t event_query_span(
	const struct event_query *query, struct event_key *ret_oldest, struct event_key *ret_newest)
{
	if (!query->has_hit)
		return 0;
	*ret_oldest = query->oldest;
	*ret_newest = query->newest;
	return query->before.row_count + query->after.row_count;
}

bool event_query_hit(const struct event_query *query, struct event_key *ret_key)
{
	if (query->has_hit)
		*ret_key = query->hit;
	return query->has_hit;
}

/* Of the lines not looked at as many fit as of those that were, and one at least: 0 says that none is
 * left. */
static uint64_t estimate(const struct event_query *query, uint64_t left)
{
	uint64_t scanned = query->before.scanned + query->after.scanned;
	if (!scanned || query->hits == scanned)
		return left;
	return (uint64_t)ceil((double)left * (double)query->hits / (double)scanned);
}

/* The rows found since the last time, forwards, behind those of `to`. */
static void move_rows(struct side *side, struct msg_win_rows *to)
{
	for (size_t i = side->taken; i < side->row_count; i++) {
		size_t from = side->walk.is_backwards ? side->row_count - 1 - (i - side->taken) : i;
		to->rows[to->rows_count++] = side->rows[from];
	}
	side->taken = side->row_count;
}

void event_query_take(struct event_query *query, struct msg_win_rows *to)
{
	struct side *before = &query->before, *after = &query->after;
	if (!before->walk.is_open)
		walk_open(&before->walk);
	if (!after->walk.is_open)
		walk_open(&after->walk);
	walk_place_all(&before->walk);
	walk_place_all(&after->walk);
	event_query_rest(query);
	size_t count = before->row_count - before->taken + after->row_count - after->taken;
	to->rows = xcalloc(count, sizeof(*to->rows));
	move_rows(before, to);
	move_rows(after, to);
	to->more_before = estimate(query, walk_left(&before->walk));
	to->more_after = estimate(query, walk_left(&after->walk));
	if (before->scanned || after->scanned) {
		to->scanned_from_ms = before->scanned ? before->last.time_ms : after->first.time_ms;
		to->scanned_to_ms = after->scanned ? after->last.time_ms : before->first.time_ms;
	}
	to->hits = query->hits;
	to->hidden = query->hidden;
	to->dropped = query->snapshot->evicted_lines;
	to->costly = query->filter ? filter_costly(query->filter) : 0;
	to->done = is_done(before) && is_done(after);
}
