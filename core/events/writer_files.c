/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/names.h"
#include "core/events/file_index.h"
#include "core/events/file_keeper.h"
#include "core/events/file_stream.h"
#include "core/events/text.h"
#include "core/events/writer_inside.h"
#include "core/parse/log_trouble.h"

static struct file_options options_of(
	struct event_writer *writer, struct open_file *file, struct names *names)
{
	int64_t now_ms = clock_wall_ms(writer->clock);
	return (struct file_options){.stream = writer->stream,
		.file = file,
		.received_ms = now_ms,
		.now_ms = now_ms,
		.utc_offset_s = writer_offset_s(writer, now_ms),
		.bot = writer->bot,
		.names = names,
		.resolve = writer->source.resolve,
		.context = writer->source.context};
}

void event_writer_older(struct event_writer *writer, struct open_file *file, uint64_t to,
	int64_t written_ms, struct names *names)
{
	struct file_options options = options_of(writer, file, names);
	options.to = to;
	options.received_ms = written_ms;
	options.resolve = NULL; /* it is asked by any thread */
	file_keeper_add(writer->files, &options);
}

/* Lines of one kind follow each other: their group in the note need not be looked for each time. */
struct lately {
	size_t group; /* and 1; 0: nothing */
	int64_t slot;
	uint16_t bot;
	uint8_t level, trouble;
};

enum { LATELY_BITS = 9, LATELY = 1 << LATELY_BITS, SAID_MOST = 16 };

struct counting {
	struct event_writer *writer;
	struct names *names;
	size_t said; /* of this step */
	struct lately lately[LATELY];
};

static size_t group_of(struct counting *counting, const struct file_line *line,
	enum log_level level, const struct log_trouble_find *trouble)
{
	struct event_writer *writer = counting->writer;
	int64_t slot = note_slot(level, trouble, line->wall_ms);
	uint32_t key = (uint32_t)line->bot << 16 | (uint32_t)level << 8 | (uint32_t)trouble->kind;
	struct lately *lately = &counting->lately[key * 2654435761u >> (32 - LATELY_BITS)];
	if (lately->group && lately->slot == slot && lately->bot == line->bot &&
		lately->level == level && lately->trouble == trouble->kind)
		return lately->group - 1;
	const char *bot = line->bot     ? names_text(counting->names, line->bot)
			  : writer->bot ? writer->bot
					: "";
	size_t group = note_group(&writer->note, bot, level, trouble, line->wall_ms);
	*lately =
		(struct lately){group + 1, slot, line->bot, (uint8_t)level, (uint8_t)trouble->kind};
	return group;
}

/* What it says, as it is shown. */
static void say(const struct event_writer *writer, const struct file_line *line, struct str *to)
{
	const struct log_arrival arrival = {.received_ms = line->wall_ms};
	const size_t most = LIMIT_LOG_STORED_BYTES - 1;
	size_t length = line->length < most ? line->length : most;
	struct log_line read;
	log_line_read(line->text, length, &arrival, &read);
	struct record record = writer_record_of(&read, line->text, length, false);
	record.length = (uint16_t)length;
	struct event_line event = {.stream = &writer->stream,
		.record = &record,
		.bytes = line->text,
		.bot = "",
		.is_raw = true};
	event_text(&event, EVENT_MESSAGE, writer->redactor, NOTE_TEXT_CELLS, to);
}

/* Of many warnings of a kind the first one's words are told, and of many kinds those of some: others come as fast. */
static void count_in_place(void *context, const struct file_line *line)
{
	struct counting *counting = context;
	struct event_writer *writer = counting->writer;
	bool continues = line->line->is_continuation;
	enum log_level level = continues ? LOG_LEVEL_NONE : line->line->level;
	struct log_trouble_find trouble =
		log_trouble_of(line->text, line->length, line->line->level);
	size_t group = group_of(counting, line, level, &trouble);
	struct note_count *count = note_add_to(&writer->note, group, &trouble, line->wall_ms);
	writer->note.in_place++;
	bool matters = level >= LOG_LEVEL_WARN ||
		       (trouble.kind != TROUBLE_NONE && trouble.kind != TROUBLE_HANDLED);
	if (matters && !continues && !count->text.length && counting->said++ < SAID_MOST)
		say(writer, line, &count->text);
}

bool event_writer_in_place(struct event_writer *writer, struct open_file *file, uint64_t from,
	uint64_t to, struct names *names)
{
	struct counting counting = {.writer = writer, .names = names};
	const struct file_growth growth = {.flow = &writer->flow,
		.now_ms = clock_wall_ms(writer->clock),
		.line = count_in_place,
		.context = &counting};
	struct file_options options = options_of(writer, file, names);
	options.from = from;
	options.to = to;
	if (!file_keeper_grow(writer->files, &options, &growth))
		return false;
	writer->note.bytes += to - from;
	return true;
}

void event_writer_look(struct event_writer *writer)
{
	file_keeper_look(writer->files, clock_mono_ms(writer->clock));
	writer->note.dropped += file_keeper_dropped(writer->files);
}
