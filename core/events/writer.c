/* SPDX-License-Identifier: MIT */
#include "core/events/writer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/sanitize.h"
#include "core/base/utf8.h"
#include "core/events/chunk.h"
#include "core/events/file_keeper.h"
#include "core/events/file_stream.h"
#include "core/events/stamp.h"
#include "core/events/text.h"
#include "core/events/writer_inside.h"
#include "core/msg/mailbox.h"
#include "core/parse/log_line.h"
#include "core/parse/log_trouble.h"

enum {
	CHUNK_TEXT_FIRST = 2 << 10, /* quiet sources, of which there may be thousands, stay small */
	CHUNK_GROWS = 4,            /* times as large is the next one, up to the limit */
	CHUNK_RECORD_PER_BYTES = 48,
	OFFSET_FOR_MS = 15 * 60 * 1000,
	POST_EVERY_MS = 1000 / LIMIT_NOTES_PER_S + 1,
	BOT_NAME_MAX = LIMIT_NAME_BYTES,
};

void chunk_list_free(void *list)
{
	struct chunk_list *mine = list;
	for (size_t i = 0; mine && i < mine->count; i++)
		chunk_unref(mine->chunks[i]);
	for (size_t i = 0; mine && i < mine->file_count; i++)
		file_stream_unref(mine->files[i]);
	if (mine)
		free(mine->files);
	free(mine);
}

/* A file, a stream or a program may be called anything. */
static char *safe_name(const struct redactor *redactor, const char *name)
{
	autostr struct str clean = STR_INIT;
	struct str safe = STR_INIT;
	redact(redactor, &clean, name, strlen(name), 0);
	sanitize(&safe, clean.text, clean.length);
	return str_detach(&safe);
}

struct event_writer *event_writer_new(const struct event_source *source,
	const struct redactor *redactor, const struct clock *clock)
{
	struct event_writer *writer = xcalloc(1, sizeof(*writer));
	writer->source = *source;
	writer->name = safe_name(redactor, source->name);
	writer->bot = source->bot ? xstrdup(source->bot) : NULL;
	writer->redactor = redactor_ref(redactor);
	writer->clock = clock;
	writer->chunk_bytes = CHUNK_TEXT_FIRST;
	/* Sequence numbers go on from the clock, so that keys stay unique over restarts. */
	writer->next_seq = (uint64_t)clock_wall_ms(clock) * 1000;
	writer->order_ms = INT64_MIN;
	writer->back_ms = LOG_NO_TIME;
	writer->offset_until_ms = INT64_MIN;
	writer->posted_mono_ms = clock_mono_ms(clock) - POST_EVERY_MS;
	writer->stream = (struct stream){.source = source->id,
		.id = writer->next_seq,
		.name = writer->name,
		.is_own = source->is_own,
		.redactor = writer->redactor};
	writer->files = file_keeper_new();
	str_init(&writer->plain);
	str_init(&writer->clean);
	return writer;
}

void event_writer_free(struct event_writer *writer)
{
	if (!writer)
		return;
	for (size_t i = 0; i < writer->waiting_count; i++)
		chunk_unref(writer->waiting[i]);
	file_keeper_free(writer->files);
	chunk_unref(writer->open);
	note_release(&writer->note);
	str_release(&writer->plain);
	str_release(&writer->clean);
	name_memo_forget(&writer->names);
	redactor_unref(writer->redactor);
	free(writer->name);
	free(writer->bot);
	free(writer);
}

static void seal(struct event_writer *writer)
{
	chunk_unref(writer->open);
	writer->open = NULL;
}

void event_writer_redact_with(struct event_writer *writer, const struct redactor *redactor)
{
	if (redactor == writer->redactor)
		return; /* nothing new: the chunk goes on */
	struct redactor *next = redactor_ref(redactor);
	if (writer->open)
		writer->chunk_bytes = CHUNK_TEXT_FIRST; /* it was not full: no reason to grow */
	seal(writer);
	file_keeper_end(writer->files);
	name_memo_forget(&writer->names);
	redactor_unref(writer->redactor);
	writer->redactor = next;
	writer->stream.redactor = next;
}

void event_writer_give_to(struct event_writer *writer, const char *bot)
{
	file_keeper_end(writer->files);
	name_memo_forget(&writer->names);
	free(writer->bot);
	writer->bot = bot ? xstrdup(bot) : NULL;
}

/* Makes room in the list of what waits: the oldest goes, counted. */
static void drop_waiting(struct event_writer *writer)
{
	if (writer->waiting_count < CHUNKS_WAITING_MAX)
		return;
	writer->note.dropped += chunk_count(writer->waiting[0]);
	chunk_unref(writer->waiting[0]);
	writer->waiting_count--;
	memmove(writer->waiting, writer->waiting + 1,
		writer->waiting_count * sizeof(*writer->waiting));
}

static void open_chunk(struct event_writer *writer, size_t needed)
{
	size_t bytes = writer->chunk_bytes > needed ? writer->chunk_bytes : needed;
	seal(writer);
	drop_waiting(writer);
	writer->open = chunk_new(
		&writer->stream, writer->next_seq, bytes, bytes / CHUNK_RECORD_PER_BYTES + 1);
	writer->waiting[writer->waiting_count++] = chunk_ref(writer->open);
	writer->chunk_bytes *= CHUNK_GROWS;
	if (writer->chunk_bytes > LIMIT_CHUNK_TEXT_BYTES)
		writer->chunk_bytes = LIMIT_CHUNK_TEXT_BYTES;
}

static void append(struct event_writer *writer, struct record record, const char *line,
	size_t length, const char *bot)
{
	if (!writer->open || !chunk_append(writer->open, record, line, length, bot)) {
		open_chunk(writer, length + strlen(bot) + 1);
		bool fits = chunk_append(writer->open, record, line, length, bot);
		if (!fits)
			abort(); /* it was made to fit */
	}
	writer->next_seq++;
	writer->note.bytes += length;
}

/* A time that a line claims, or now: nothing may stand far in the future. What was past when the clock was last looked at
 * still is. */
static int64_t believable_ms(struct event_writer *writer, int64_t claimed_ms)
{
	if (claimed_ms >= 0 && claimed_ms <= writer->seen_ms)
		return claimed_ms;
	int64_t now_ms = writer->seen_ms = clock_wall_ms(writer->clock);
	return log_is_believed(claimed_ms, now_ms) ? claimed_ms : now_ms;
}

/* Keeps the order time from falling. */
static void set_time(struct event_writer *writer, struct record *record, int64_t wall_ms)
{
	if (wall_ms >= writer->order_ms) {
		writer->order_ms = wall_ms;
		record->wall_ms = wall_ms;
		return;
	}
	int64_t late_ms = writer->order_ms - wall_ms;
	record->late_ms = late_ms < INT32_MAX ? (int32_t)late_ms : INT32_MAX;
	record->wall_ms = writer->order_ms - record->late_ms;
}

/* The slug of what a line calls its bot; the name itself, safe and clipped, where nobody resolves, or
 * the source is no bot's. A field of an event comes here as it was sent, so a secret goes before the clipping. */
static void name_bot(const struct event_writer *writer, const char *name, size_t length,
	char ret_bot[BOT_NAME_MAX])
{
	const struct event_source *source = &writer->source;
	const char *slug = NULL;
	autostr struct str clean = STR_INIT, safe = STR_INIT;
	if (length && source->resolve)
		slug = source->resolve(source->context, name, length);
	if (!slug && length && !(source->resolve && writer->bot)) {
		redact(writer->redactor, &clean, name, length, 0);
		sanitize(&safe, clean.text, utf8_cut(clean.text, clean.length, BOT_NAME_MAX / 2));
	}
	if (!slug && safe.length && safe.length < BOT_NAME_MAX)
		slug = safe.text;
	copy_text(ret_bot, BOT_NAME_MAX, slug ? slug : writer->bot ? writer->bot : "");
}

void event_writer_back(struct event_writer *writer, int64_t wall_ms)
{
	writer->back_ms = wall_ms;
}

/* A line that goes on is no entry of its own level: an exception of eight lines is one error. Of what
 * was there before us only what names its time tells anything of now, and never how fast a handler
 * is. */
static void count(struct event_writer *writer, const struct record *record, const char *bot,
	const struct log_trouble_find *found, bool is_timed)
{
	static const struct log_trouble_find none = {.kind = TROUBLE_NONE};
	bool is_back = writer->back_ms != LOG_NO_TIME, is_unknown = is_back && !is_timed;
	bool is_none = is_unknown || (is_back && found->kind == TROUBLE_HANDLED);
	const struct log_trouble_find *trouble = is_none ? &none : found;
	bool continues = record->flags & RECORD_CONTINUES;
	enum log_level level =
		continues || is_unknown ? LOG_LEVEL_NONE : (enum log_level)record->level;
	struct note_count *counted = note_add(&writer->note, bot, level, trouble, record->wall_ms);
	bool matters = level >= LOG_LEVEL_WARN ||
		       (trouble->kind != TROUBLE_NONE && trouble->kind != TROUBLE_HANDLED);
	if (!matters || continues)
		return;
	str_clear(&counted->text);
	struct event_line line = event_line_of(writer->open, record);
	event_text(&line, EVENT_MESSAGE, writer->redactor, NOTE_TEXT_CELLS, &counted->text);
}

static void store(struct event_writer *writer, struct record record, const struct str *line,
	const char *bot, struct log_trouble_find trouble, bool held_secret, bool is_timed)
{
	record.flags |= is_timed ? 0 : RECORD_UNTIMED;
	if (held_secret && (trouble.kind == TROUBLE_NONE || trouble.kind == TROUBLE_HANDLED))
		trouble.kind = TROUBLE_SECRET;
	record.trouble = (uint8_t)trouble.kind;
	append(writer, record, line->text, line->length, bot);
	count(writer, chunk_record(writer->open, chunk_count(writer->open) - 1), bot, &trouble,
		is_timed);
}

/* Normalises, redacts and bounds the line into `clean`; says whether a secret was in it. */
static bool clean_line(struct event_writer *writer, const char *line, size_t length, bool *is_cut)
{
	const size_t most = LIMIT_LOG_STORED_BYTES - 1;
	size_t kept = utf8_cut(line, length, most);
	*is_cut |= kept < length;
	str_clear(&writer->plain);
	str_clear(&writer->clean);
	if (log_needs_normalising(line, kept)) {
		log_normalise(line, kept, &writer->plain);
		line = writer->plain.text;
		kept = writer->plain.length;
	}
	size_t secrets =
		redact(writer->redactor, &writer->clean, line, kept, *is_cut ? REDACT_CUT : 0);
	str_truncate(&writer->clean, utf8_cut(writer->clean.text, writer->clean.length, most));
	return secrets > 0;
}

int32_t writer_offset_s(struct event_writer *writer, int64_t now_ms)
{
	if (now_ms >= writer->offset_until_ms) {
		writer->offset_s = local_offset_s(now_ms);
		writer->offset_until_ms = now_ms + OFFSET_FOR_MS;
	}
	return writer->offset_s;
}

struct record writer_record_of(
	const struct log_line *line, const char *text, size_t length, bool is_cut)
{
	struct record record = {.level = (uint8_t)line->level,
		.message_offset = (uint16_t)line->message.offset,
		.message_length = (uint16_t)line->message.length};
	if (line->correlation.length <= UINT8_MAX) {
		record.correlation_offset = (uint16_t)line->correlation.offset;
		record.correlation_length = (uint8_t)line->correlation.length;
	}
	bool hides = line->form != LOG_TEXT && memchr(text, '\\', length);
	record.flags = (uint8_t)((line->message.is_escaped ? RECORD_ESCAPED : 0) |
				 (line->is_continuation ? RECORD_CONTINUES : 0) |
				 (is_cut ? RECORD_CUT : 0) | (hides ? RECORD_HIDES : 0));
	return record;
}

static int64_t time_of(const struct event_writer *writer, const struct log_line *line)
{
	if (line->wall_ms != LOG_NO_TIME || writer->back_ms == LOG_NO_TIME)
		return line->wall_ms;
	return writer->flow.has_times ? writer->flow.wall_ms : writer->back_ms;
}

/* Reads the clean line, with what the lines before it and the stamp (may be NULL) say of it. */
static void read_line(
	struct event_writer *writer, const struct event_stamp *stamp, struct log_line *ret)
{
	const struct str *clean = &writer->clean;
	struct log_arrival arrival = {
		.received_ms = clock_wall_ms(writer->clock), .memo = &writer->memo};
	arrival.utc_offset_s = writer_offset_s(writer, arrival.received_ms);
	log_line_read(clean->text, clean->length, &arrival, ret);
	if (stamp && ret->wall_ms == LOG_NO_TIME)
		ret->is_stamped = true;
	if (stamp)
		ret->wall_ms = stamp->wall_ms;
	log_flow_take(&writer->flow, clean->text, clean->length, ret);
	if (!stamp)
		return;
	ret->is_continuation |= stamp->is_more;
	if (ret->level == LOG_LEVEL_NONE)
		ret->level = stamp->level;
}

static void take_line(struct event_writer *writer, const char *line, size_t length, bool is_cut,
	const struct event_stamp *stamp)
{
	char bot[BOT_NAME_MAX];
	struct log_line read;
	bool held_secret = clean_line(writer, line, length, &is_cut);
	read_line(writer, stamp, &read);
	const struct str *clean = &writer->clean;
	struct record record = writer_record_of(&read, clean->text, clean->length, is_cut);
	struct log_trouble_find trouble = log_trouble_of(clean->text, clean->length, read.level);
	bool is_timed = read.wall_ms != LOG_NO_TIME || writer->flow.has_times;
	const char *by = stamp && stamp->bot && !read.bot.length ? stamp->bot : NULL;
	set_time(writer, &record, believable_ms(writer, time_of(writer, &read)));
	name_bot(writer, by ? by : clean->text + read.bot.offset, by ? strlen(by) : read.bot.length,
		bot);
	held_secret |= stamp && event_stamp_add(stamp, writer->redactor, &writer->clean, &record);
	store(writer, record, clean, bot, trouble, held_secret, is_timed);
}

void event_writer_line(struct event_writer *writer, const char *line, size_t length, bool is_cut)
{
	take_line(writer, line, length, is_cut, NULL);
}

void event_writer_stamped(struct event_writer *writer, const char *line, size_t length, bool is_cut,
	const struct event_stamp *stamp)
{
	take_line(writer, line, length, is_cut, stamp);
}

/* message, then a blank and the rest, then the correlation id. */
static bool clean_input(
	struct event_writer *writer, const struct event_input *input, struct record *record)
{
	struct str *clean = &writer->clean;
	bool is_cut = false;
	bool held_secret = clean_line(writer, input->message, strlen(input->message), &is_cut);
	record->message_length = (uint16_t)clean->length;
	if (input->rest && *input->rest) {
		str_addch(clean, ' ');
		held_secret |=
			redact(writer->redactor, clean, input->rest, strlen(input->rest), 0) > 0;
	}
	size_t id = input->correlation ? strlen(input->correlation) : 0;
	size_t most = LIMIT_LOG_STORED_BYTES - 1 - UINT8_MAX - 1;
	is_cut |= clean->length > most;
	str_truncate(clean, utf8_cut(clean->text, clean->length, most));
	if (record->message_length > clean->length)
		record->message_length = (uint16_t)clean->length;
	if (id && id <= UINT8_MAX) {
		str_addch(clean, ' ');
		record->correlation_offset = (uint16_t)clean->length;
		record->correlation_length = (uint8_t)id;
		str_adds(clean, input->correlation);
	}
	record->flags = is_cut ? RECORD_CUT : 0;
	return held_secret;
}

static inline size_t length_of(const char *text, size_t known)
{
	return known || !text ? known : strlen(text);
}

/* The same of what needs no cleaning, which nearly everything does not: one look at all of it tells, since a secret in a
 * part is one in the whole. False: it needs some. */
static bool take_clean(
	struct event_writer *writer, const struct event_input *input, struct record *record)
{
	struct str *clean = &writer->clean;
	size_t message = length_of(input->message, input->message_length);
	size_t rest = length_of(input->rest, input->rest_length);
	size_t id = input->correlation ? strlen(input->correlation) : 0;
	if (message + 1 + rest >= LIMIT_LOG_STORED_BYTES - 1 - UINT8_MAX - 1 ||
		log_needs_normalising(input->message, message))
		return false;
	str_clear(clean);
	str_add(clean, input->message, message);
	record->message_length = (uint16_t)message;
	if (rest) {
		str_addch(clean, ' ');
		str_add(clean, input->rest, rest);
	}
	if (id && id <= UINT8_MAX) {
		str_addch(clean, ' ');
		record->correlation_offset = (uint16_t)clean->length;
		record->correlation_length = (uint8_t)id;
		str_add(clean, input->correlation, id);
	}
	return !redact_has_candidate(writer->redactor, clean->text, clean->length);
}

/* A name that was seen before, as it became then. */
static void name_bot_once(struct event_writer *writer, const char *name, char ret[BOT_NAME_MAX])
{
	size_t length = strlen(name);
	const char *known = name_memo_find(&writer->names, name, length);
	if (known) {
		memcpy(ret, known, strlen(known) + 1);
		return;
	}
	name_bot(writer, name, length, ret);
	if (!writer->source.resolve)
		name_memo_keep(&writer->names, name, length, ret);
}

static bool clean_event(
	struct event_writer *writer, const struct event_input *input, struct record *record)
{
	if (take_clean(writer, input, record))
		return false;
	*record = (struct record){.level = record->level};
	bool held_secret = clean_input(writer, input, record);
	if (!redact_has_candidate(writer->redactor, writer->clean.text, writer->clean.length))
		return held_secret;
	/* A secret across two fields: the line is one from here on. */
	str_clear(&writer->plain);
	held_secret |= redact(writer->redactor, &writer->plain, writer->clean.text,
			       writer->clean.length, 0) > 0;
	str_clear(&writer->clean);
	str_add(&writer->clean, writer->plain.text, writer->plain.length);
	str_truncate(&writer->clean, LIMIT_LOG_STORED_BYTES - 1);
	record->correlation_length = 0;
	record->message_length = (uint16_t)writer->clean.length;
	return held_secret;
}

void event_writer_event(struct event_writer *writer, const struct event_input *input)
{
	char bot[BOT_NAME_MAX];
	struct record record = {.level = (uint8_t)input->level};
	bool held_secret = clean_event(writer, input, &record);
	bool is_timed = input->wall_ms != LOG_NO_TIME;
	record.flags |= is_timed ? 0 : RECORD_UNTIMED;
	set_time(writer, &record,
		believable_ms(writer, is_timed ? input->wall_ms : writer->back_ms));
	name_bot_once(writer, input->bot ? input->bot : "", bot);
	struct log_trouble_find trouble =
		log_trouble_of(writer->clean.text, writer->clean.length, input->level);
	store(writer, record, &writer->clean, bot, trouble, held_secret, is_timed);
}

void event_writer_lost(struct event_writer *writer, uint64_t lines)
{
	writer->note.dropped += lines;
}

int64_t event_writer_due_ms(const struct event_writer *writer)
{
	if (note_is_empty(&writer->note) && !writer->waiting_count &&
		!file_keeper_is_waiting(writer->files))
		return -1;
	int64_t wait_ms = writer->posted_mono_ms + POST_EVERY_MS - clock_mono_ms(writer->clock);
	return wait_ms > 0 ? wait_ms : 0;
}

/* A list with references of its own; NULL when nothing waits. */
static struct chunk_list *list_waiting(const struct event_writer *writer)
{
	if (!writer->waiting_count && !file_keeper_is_waiting(writer->files))
		return NULL;
	struct chunk_list *list =
		xcalloc(1, sizeof(*list) + writer->waiting_count * sizeof(struct chunk *));
	list->count = writer->waiting_count;
	for (size_t i = 0; i < list->count; i++)
		list->chunks[i] = chunk_ref(writer->waiting[i]);
	list->files = file_keeper_waiting(writer->files, &list->file_count);
	return list;
}

bool event_writer_post(struct event_writer *writer, struct mailbox *to, bool force)
{
	int64_t due_ms = event_writer_due_ms(writer);
	if (due_ms < 0 || (due_ms > 0 && !force))
		return true;
	struct msg_obs_notes *notes = msg_new(MSG_obs_notes);
	note_fill(&writer->note, writer->name, notes);
	struct parcel parcel = {.message = {MSG_obs_notes, notes},
		.attachment = list_waiting(writer),
		.release = chunk_list_free};
	writer->posted_mono_ms = clock_mono_ms(writer->clock);
	if (!mailbox_post_with(to, parcel))
		return false;
	for (size_t i = 0; i < writer->waiting_count; i++)
		chunk_unref(writer->waiting[i]);
	writer->waiting_count = 0;
	file_keeper_told(writer->files);
	note_release(&writer->note);
	return true;
}
