/* SPDX-License-Identifier: MIT */
#include "tests/support/collected.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/events/chunk.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/events/line_block.h"
#include "core/events/part.h"
#include "core/events/text.h"
#include "core/events/view.h"
#include "core/events/writer.h"
#include "core/msg/msg.h"
#include "core/parse/log_level.h"

enum { MAILBOX_LIMIT = 200000, STOP_MS = 2000, TEXTS_MAX = 8 };

struct collected_chunk {
	const struct chunk *chunk;
	size_t seen;
};

/* Of lines that stay in their file. */
struct collected_file {
	struct file_stream *file;
	size_t seen; /* segments */
};

static int64_t now_ms(void)
{
	return clock_mono_ms(clock_real());
}

static struct settings *parse(const char *yaml)
{
	struct settings *settings = NULL;
	autostr struct str report = STR_INIT;
	struct err err = {0};
	if (!settings_parse(
		    yaml, strlen(yaml), "/tmp/botswain-test.yaml", &settings, &report, &err))
		fail_msg("%s\n%s", err.text, report.text);
	return settings;
}

void collected_pretend_far(struct settings *settings)
{
	settings->telegram_loopback = false;
}

static void start(struct collected *collected, const char *yaml, const struct clock *clock,
	collect_known_token *known, void (*change)(struct settings *settings))
{
	struct err err = {0};
	*collected = (struct collected){
		.settings = parse(yaml), .mailbox = mailbox_new(MAILBOX_LIMIT), .events = STR_INIT};
	if (change)
		change(collected->settings);
	collected->collect = collect_start(collected->settings, clock, collected->mailbox,
		&(struct collect_with){.known = known}, &err);
	if (err.code)
		fail_msg("%s", err.text);
}

void collected_start_with(struct collected *collected, const char *yaml, collect_known_token *known,
	void (*change)(struct settings *settings))
{
	start(collected, yaml, clock_real(), known, change);
}

void collected_start_at(
	struct collected *collected, const struct clock *clock, const char *format, ...)
{
	autostr struct str yaml = STR_INIT;
	va_list args;
	va_start(args, format);
	str_vaddf(&yaml, format, args);
	va_end(args);
	start(collected, yaml.text, clock, NULL, NULL);
}

void collected_start(struct collected *collected, const char *format, ...)
{
	autostr struct str yaml = STR_INIT;
	va_list args;
	va_start(args, format);
	str_vaddf(&yaml, format, args);
	va_end(args);
	collected_start_with(collected, yaml.text, NULL, NULL);
}

void collected_reload(struct collected *collected, const char *format, ...)
{
	autostr struct str yaml = STR_INIT;
	va_list args;
	va_start(args, format);
	str_vaddf(&yaml, format, args);
	va_end(args);
	settings_unref(collected->settings);
	collected->settings = parse(yaml.text);
	struct err err = {0};
	if (!collect_reload(collected->collect, collected->settings, &err))
		fail_msg("%s", err.text);
}

void collected_stop(struct collected *collected)
{
	int64_t start_ms = now_ms();
	collect_stop(collected->collect);
	assert_true(now_ms() - start_ms <= STOP_MS);
	mailbox_free(collected->mailbox);
	settings_unref(collected->settings);
	for (size_t i = 0; i < collected->chunk_count; i++)
		chunk_unref(collected->chunks[i].chunk);
	free(collected->chunks);
	for (size_t i = 0; i < collected->file_count; i++)
		file_stream_unref(collected->files[i].file);
	free(collected->files);
	str_release(&collected->events);
	free(collected->last);
	*collected = (struct collected){0};
}

static void keep_chunks(struct collected *collected, const struct chunk_list *list)
{
	for (size_t i = 0; list && i < list->count; i++) {
		collected->chunks = grow(collected->chunks, collected->chunk_count,
			&collected->chunk_capacity, sizeof(*collected->chunks));
		collected->chunks[collected->chunk_count++] =
			(struct collected_chunk){.chunk = chunk_ref(list->chunks[i])};
	}
}

static void keep_files(struct collected *collected, const struct chunk_list *list)
{
	for (size_t i = 0; list && i < list->file_count; i++) {
		if (!list->files[i]->is_growing)
			continue; /* of before */
		collected->files = grow(collected->files, collected->file_count,
			&collected->file_capacity, sizeof(*collected->files));
		collected->files[collected->file_count++] =
			(struct collected_file){.file = file_stream_ref(list->files[i])};
	}
}

static void add_line(struct collected *collected, struct event_line *line)
{
	size_t start = collected->events.length;
	collected->wall_ms = line->record->wall_ms;
	str_addf(&collected->events, "%s %s %c ", line->stream->name, line->bot,
		log_level_letter((enum log_level)line->record->level));
	event_text(line, EVENT_LINE, NULL, 4000, &collected->events);
	str_addf(&collected->events, "%s\n", line->record->flags & RECORD_CUT ? " (cut)" : "");
	if (getenv("BOTSWAIN_TEST_SHOW"))
		print_message("%10lld %s", (long long)now_ms(), collected->events.text + start);
	if (collected->forbidden && strstr(collected->events.text + start, collected->forbidden))
		fail_msg("what nobody may see is in: %s", collected->events.text + start);
}

static void add_event(struct collected *collected, const struct chunk *chunk, size_t index)
{
	struct event_line line = event_line_of(chunk, chunk_record(chunk, index));
	add_line(collected, &line);
}

static void read_segment(struct collected *collected, struct file_stream *file, size_t number)
{
	struct file_segment segment;
	assert_true(file_index_segment(file->index, number, &segment));
	for (size_t i = 0; i < segment.block_count; i++) {
		const struct store_part part = {.file = file,
			.block = segment.blocks[i],
			.segment = number,
			.count = line_block_summary(segment.blocks[i])->lines};
		struct part_view *view = part_view_open(&part);
		for (size_t line = 0; line < part_view_count(view); line++) {
			struct event_line event = part_view_line(view, line);
			add_line(collected, &event);
		}
		part_view_close(view);
	}
}

static void read_files(struct collected *collected)
{
	for (size_t i = 0; i < collected->file_count; i++) {
		struct collected_file *kept = &collected->files[i];
		for (size_t count = file_index_segments(kept->file->index); kept->seen < count;
			kept->seen++)
			read_segment(collected, kept->file, kept->seen);
	}
}

static void read_chunks(struct collected *collected)
{
	for (size_t i = 0; i < collected->chunk_count; i++) {
		struct collected_chunk *kept = &collected->chunks[i];
		for (size_t count = chunk_count(kept->chunk); kept->seen < count; kept->seen++)
			add_event(collected, kept->chunk, kept->seen);
	}
}

static bool take_one(struct collected *collected)
{
	struct parcel parcel;
	struct str text = STR_INIT;
	if (!mailbox_take(collected->mailbox, &parcel, 1))
		return false;
	msg_dump(parcel.message.kind, parcel.message.body, &text);
	if (parcel.message.kind == MSG_obs_notes) {
		keep_chunks(collected, parcel.attachment);
		keep_files(collected, parcel.attachment);
		read_chunks(collected);
		read_files(collected);
	}
	parcel_release(&parcel);
	free(collected->last);
	collected->last = str_detach(&text);
	collected->last_ms = now_ms();
	collected->count++;
	if (getenv("BOTSWAIN_TEST_SHOW"))
		print_message("%10lld %s\n", (long long)collected->last_ms, collected->last);
	if (starts_with(collected->last, "obs_source ") &&
		strstr(collected->last, "state=\"unreachable\""))
		collected->unreachable++;
	if (collected->forbidden && strstr(collected->last, collected->forbidden))
		fail_msg("what nobody may see is in: %s", collected->last);
	return true;
}

static bool matches(const char *text, const char *kind, const char *const *texts, size_t count)
{
	if (!starts_with(text, kind) || text[strlen(kind)] != ' ')
		return false;
	for (size_t i = 0; i < count; i++)
		if (!strstr(text, texts[i]))
			return false;
	return true;
}

static const char *wait_for(struct collected *collected, int64_t limit_ms, const char *kind,
	const char *const *texts, size_t count)
{
	int64_t until_ms = now_ms() + limit_ms;
	for (;;) {
		while (take_one(collected))
			if (matches(collected->last, kind, texts, count))
				return collected->last;
		int64_t left_ms = until_ms - now_ms();
		struct pollfd bell = {.fd = mailbox_fd(collected->mailbox), .events = POLLIN};
		if (left_ms <= 0 || poll(&bell, 1, (int)left_ms) == 0)
			return NULL;
	}
}

static size_t read_texts(va_list *args, const char **texts)
{
	size_t count = 0;
	for (const char *text; (text = va_arg(*args, const char *)); count++) {
		assert_true(count < TEXTS_MAX);
		texts[count] = text;
	}
	return count;
}

const char *collected_wait(struct collected *collected, const char *kind, ...)
{
	const char *texts[TEXTS_MAX];
	va_list args;
	va_start(args, kind);
	size_t count = read_texts(&args, texts);
	va_end(args);
	const char *found = wait_for(collected, COLLECTED_WAIT_MS, kind, texts, count);
	if (!found) {
		for (size_t i = 0; i < count; i++)
			print_error("wanted %s: %s\n", kind, texts[i]);
		fail_msg("not observed; the last was: %s", collected->last ? collected->last : "-");
	}
	return found;
}

const char *collected_wait_for(struct collected *collected, int64_t limit_ms, const char *kind, ...)
{
	const char *texts[TEXTS_MAX];
	va_list args;
	va_start(args, kind);
	size_t count = read_texts(&args, texts);
	va_end(args);
	return wait_for(collected, limit_ms, kind, texts, count);
}

static bool holds_all(const char *line, size_t length, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!memmem(line, length, texts[i], strlen(texts[i])))
			return false;
	return true;
}

/* The end of the first line behind those that were waited for that holds all texts; 0 none. */
static size_t find_event(const struct collected *collected, const char *const *texts, size_t count)
{
	const char *at = collected->events.text + collected->events_at;
	for (const char *end; (end = strchr(at, '\n')); at = end + 1)
		if (holds_all(at, (size_t)(end - at), texts, count))
			return (size_t)(end + 1 - collected->events.text);
	return 0;
}

const char *collected_wait_event(struct collected *collected, ...)
{
	const char *texts[TEXTS_MAX];
	int64_t until_ms = now_ms() + COLLECTED_WAIT_MS;
	size_t end;
	va_list args;
	va_start(args, collected);
	size_t count = read_texts(&args, texts);
	va_end(args);
	while (!(end = find_event(collected, texts, count)))
		if (!wait_for(collected, until_ms - now_ms(), "obs_notes", NULL, 0))
			fail_msg("no event with '%s'; seen: %s", count ? texts[0] : "",
				collected->events.text);
	size_t start = end - 1;
	while (start > 0 && collected->events.text[start - 1] != '\n')
		start--;
	collected->events_at = end;
	free(collected->last);
	collected->last = xstrndup(collected->events.text + start, end - 1 - start);
	return collected->last;
}

void collected_await(struct collected *collected, const char *text)
{
	int64_t until_ms = now_ms() + COLLECTED_WAIT_MS;
	while (!strstr(collected->events.text ? collected->events.text : "", text))
		if (!wait_for(collected, until_ms - now_ms(), "obs_notes", NULL, 0))
			fail_msg("no event with '%s'", text);
}

size_t collected_count_events(const struct collected *collected, const char *text)
{
	size_t count = 0;
	for (const char *at = collected->events.text; (at = strstr(at, text)); at++)
		count++;
	return count;
}

void collected_clear(struct collected *collected)
{
	while (take_one(collected))
		;
}

double collected_number(const char *text, const char *name)
{
	autofree char *key = xasprintf(" %s=", name);
	const char *at = strstr(text, key);
	if (!at)
		fail_msg("no %s in %s", name, text);
	return strtod(at + strlen(key), NULL);
}
