/* SPDX-License-Identifier: MIT */
/* The reply is [[stream, [[id, [name, value, ...]], ...]], ...]: by how deep it lies each string knows what it is. */
#include "core/collect/stream_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/base/mem.h"
#include "core/parse/log_line.h"
#include "core/events/writer.h"
#include "core/collect/redis_conn.h"

/* How deep the items of each lie. */
enum depth { REPLY, IN_REPLY, IN_STREAM, IN_ENTRIES, IN_ENTRY, IN_FIELDS };

/* ---- an entry ----
 * What is rare stands apart, so that what is done for every string stays small. */

NOINLINE static void begin_entry(struct stream_reader *reader, const char *id, size_t length)
{
	size_t kept = length < sizeof(reader->id) ? length : sizeof(reader->id) - 1;
	memcpy(reader->id, id, kept);
	reader->id[kept] = '\0';
	stream_entry_begin(&reader->entry, id, kept);
}

NOINLINE static void end_entry(struct stream_reader *reader)
{
	struct watched_stream *stream = reader->stream;
	if (!stream || !reader->id[0])
		return;
	memcpy(stream->last_id, reader->id, sizeof(reader->id));
	reader->id[0] = '\0';
	if (stream->position >= 0)
		stream->position++;
	stream_entry_end(&reader->entry, stream->origin, stream->bot);
	bool is_back = !stream->is_resumed && reader->entry.id_ms < reader->begun_ms;
	event_writer_back(reader->writer, is_back ? reader->begun_ms : LOG_NO_TIME);
	event_writer_event(reader->writer, &reader->entry.event);
	reader->entries++;
	reader->is_full |= ++reader->in_stream == reader->asked;
}

/* Streams are answered in the order in which they were asked for. */
NOINLINE static struct watched_stream *find_stream(
	struct stream_reader *reader, const char *name, size_t length)
{
	struct stream_list *list = reader->list;
	for (size_t i = 0; i < list->count; i++) {
		size_t place = (reader->place + i) % list->count;
		struct watched_stream *stream = &list->items[place];
		if (strlen(stream->name) != length || memcmp(stream->name, name, length) != 0)
			continue; /* what is answered may hold a NUL */
		reader->place = place + 1;
		return stream;
	}
	return NULL;
}

/* ---- its items ---- */

NOINLINE static void note_refusal(struct stream_reader *reader, const char *text, size_t length)
{
	autofree char *words = xstrndup(text, length);
	const redisReply error = {.type = REDIS_REPLY_ERROR, .str = words, .len = length};
	bool is_error UNUSED = redis_reply_failed(&error, &reader->refused);
}

static inline void take_field(
	struct stream_reader *reader, uint32_t place, const char *text, size_t length)
{
	if (place & 1)
		stream_entry_value(&reader->entry, text, length);
	else
		stream_entry_name(&reader->entry, text, length);
}

/* A string, or what stands in the place of one. */
static void take_text(struct stream_reader *reader, const struct resp_item *item)
{
	switch ((enum depth)item->depth) {
	case REPLY:
		if (item->kind == RESP_ERROR)
			note_refusal(reader, item->text, item->length);
		break;
	case IN_STREAM:
		if (item->place == 0) {
			reader->stream = find_stream(reader, item->text, item->length);
			reader->in_stream = 0;
		}
		break;
	case IN_ENTRY:
		if (item->place == 0)
			begin_entry(reader, item->text, item->length);
		break;
	case IN_FIELDS:
		take_field(reader, item->place, item->text, item->length);
		if (item->is_last)
			end_entry(reader);
		break;
	case IN_REPLY:
	case IN_ENTRIES:
		break;
	}
}

static void take_item(struct stream_reader *reader, const struct resp_item *item)
{
	if (item->kind != RESP_ARRAY || item->depth >= IN_FIELDS)
		take_text(reader, item);
	else if (item->depth == IN_ENTRY && !item->count)
		end_entry(reader);
}

/* ---- what nearly all of a reply is ---- */

static bool take_fields(struct stream_reader *reader, struct resp *resp)
{
	struct resp_run run = resp_run_begin(resp);
	uint32_t place = resp_place(resp), from = place;
	const char *text;
	size_t length;
	while (resp_run_string(&run, &text, &length))
		take_field(reader, place++, text, length);
	if (resp_run_end(resp, &run))
		end_entry(reader);
	return place > from;
}

static bool take_id(struct stream_reader *reader, struct resp *resp)
{
	struct resp_run run = resp_run_begin(resp);
	const char *id;
	size_t length;
	if (!resp_run_string(&run, &id, &length))
		return false;
	(void)resp_run_end(resp, &run);
	begin_entry(reader, id, length);
	return true;
}

/* False: the next item is to be looked at. */
static inline bool take_common(struct stream_reader *reader, struct resp *resp)
{
	switch ((enum depth)resp_depth(resp)) {
	case IN_FIELDS:
		return take_fields(reader, resp);
	case IN_ENTRY:
		return resp_place(resp) ? resp_array(resp) : take_id(reader, resp);
	case IN_ENTRIES:
		return resp_array(resp);
	case REPLY:
	case IN_REPLY:
	case IN_STREAM:
		break;
	}
	return false;
}

static enum resp_got take(void *context, struct resp *resp, struct err *err)
{
	struct stream_reader *reader = context;
	struct resp_item item;
	enum resp_got got;
	do {
		while (take_common(reader, resp))
			;
		got = resp_next(resp, &item, err);
		if (got == RESP_ITEM)
			take_item(reader, &item);
	} while (got == RESP_ITEM);
	return got;
}

/* ---- a question and its reply ---- */

void stream_reader_init(struct stream_reader *reader, struct stream_list *list,
	const struct conf_fields *fields, struct event_writer *writer, int64_t begun_ms)
{
	*reader = (struct stream_reader){.list = list, .writer = writer, .begun_ms = begun_ms};
	stream_entry_init(&reader->entry, fields);
}

void stream_reader_release(struct stream_reader *reader)
{
	stream_entry_release(&reader->entry);
}

/* After an outage every stream may have its fill; what the server puts together for one reply is bounded. */
static size_t entries_a_stream(const struct stream_reader *reader)
{
	size_t count = STREAM_READ_TOTAL / (reader->list->count + 1);
	if (count > STREAM_READ_ENTRIES)
		count = STREAM_READ_ENTRIES;
	return count ? count : 1;
}

bool stream_reader_ask(struct stream_reader *reader, struct redis_conn *conn, int block_ms)
{
	const struct stream_list *list = reader->list;
	char count_text[24], block_text[24];
	const char *const start[] = {"XREAD", "COUNT", count_text, "BLOCK", block_text, "STREAMS"};
	const char *const at_once[] = {"XREAD", "COUNT", count_text, "STREAMS"};
	size_t count = block_ms ? COUNT_OF(start) : COUNT_OF(at_once), readable = 0;
	autofree const char **words =
		xcalloc(COUNT_OF(start) + 2 * list->count + 1, sizeof(char *));
	reader->asked = entries_a_stream(reader);
	snprintf(count_text, sizeof(count_text), "%zu", reader->asked);
	snprintf(block_text, sizeof(block_text), "%d", block_ms);
	memcpy(words, block_ms ? start : at_once, count * sizeof(char *));
	for (size_t i = 0; i < list->count; i++)
		if (!list->items[i].is_refused) {
			words[count++] = list->items[i].name;
			readable++;
		}
	for (size_t i = 0; i < list->count; i++)
		if (!list->items[i].is_refused)
			words[count++] = list->items[i].last_id;
	if (readable)
		redis_queue(conn, words);
	return readable > 0;
}

bool stream_reader_take(struct stream_reader *reader, struct redis_conn *conn,
	const struct net_limit *limit, struct err *err)
{
	reader->entries = reader->place = 0;
	reader->is_full = false;
	reader->refused = (struct err){.code = ERR_NONE};
	reader->stream = NULL;
	reader->id[0] = '\0';
	return redis_send(conn, limit, err) && redis_receive_items(conn, take, reader, limit, err);
}

struct watched_stream *stream_reader_skip(struct stream_reader *reader, const struct err *err)
{
	struct watched_stream *stream = reader->stream;
	if (err->code != ERR_LIMIT || !stream || !reader->id[0])
		return NULL;
	memcpy(stream->last_id, reader->id, sizeof(reader->id));
	reader->id[0] = '\0';
	if (stream->position >= 0)
		stream->position++;
	return stream;
}
