/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/events/chunk.h"
#include "core/events/text.h"
#include "core/events/writer.h"
#include "core/msg/mailbox.h"
#include "core/parse/log_columns.h"
#include "core/parse/log_line.h"
#include "core/parse/log_trouble.h"

#define T           INT64_C(1795168821744) /* 2026-11-20T10:00:21.744Z */
#define SECRET_PART "AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"

struct bench {
	struct clock clock;
	struct redactor *redactor;
	struct event_writer *writer;
	struct mailbox *box;
	struct parcel parcel; /* the last taken */
};

static const char *resolve(void *context, const char *name, size_t length)
{
	(void)context;
	return length == 6 && memcmp(name, "123456", 6) == 0 ? "shop" : NULL;
}

static int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	const struct event_source source = {
		.id = 9, .name = "logs shop", .bot = "own_log", .resolve = resolve};
	clock_init_virtual(&bench->clock, T);
	bench->redactor = redactor_new();
	assert_true(redactor_add(bench->redactor, "123456:" SECRET_PART, 7 + strlen(SECRET_PART)));
	redactor_seal(bench->redactor);
	bench->writer = event_writer_new(&source, bench->redactor, &bench->clock);
	bench->box = mailbox_new(4);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	parcel_release(&bench->parcel);
	event_writer_free(bench->writer);
	mailbox_free(bench->box);
	redactor_unref(bench->redactor);
	free(bench);
	return 0;
}

static void write_line(struct bench *bench, const char *line)
{
	event_writer_line(bench->writer, line, strlen(line), false);
}

/* Posts and takes; the notes, and the chunks that came along. */
static const struct msg_obs_notes *post(struct bench *bench, const struct chunk_list **ret_list)
{
	parcel_release(&bench->parcel);
	bench->parcel = (struct parcel){0};
	assert_true(event_writer_post(bench->writer, bench->box, true));
	if (!mailbox_take(bench->box, &bench->parcel, 1))
		return NULL;
	assert_int_equal(bench->parcel.message.kind, MSG_obs_notes);
	if (ret_list)
		*ret_list = bench->parcel.attachment;
	return bench->parcel.message.body;
}

/* The only chunk written so far. */
static const struct chunk *chunk_of(struct bench *bench)
{
	const struct chunk_list *list;
	assert_non_null(post(bench, &list));
	assert_non_null(list);
	assert_int_equal(list->count, 1);
	return list->chunks[0];
}

static void assert_text(struct bench *bench, const struct chunk *chunk, size_t line,
	enum event_part part, const char *expected)
{
	autostr struct str text = STR_INIT;
	event_text(chunk, chunk_record(chunk, line), part, bench->redactor, 200, &text);
	assert_string_equal(text.text, expected);
}

static void a_line_is_stored_with_what_it_says(void **state)
{
	struct bench *bench = *state;
	write_line(bench, "{\"level\":50,\"time\":1795168820744,\"msg\":\"pool "
			  "\\\"a\\\"\",\"bot\":123456,\"trace_id\":\"t1\"}");
	write_line(bench, "2026-11-20 10:00:21,000 +0000 - app - INFO - hello");
	const struct chunk *chunk = chunk_of(bench);
	const struct record *record = chunk_record(chunk, 0);
	assert_int_equal(chunk_count(chunk), 2);
	assert_int_equal(record->level, LOG_LEVEL_ERROR);
	assert_true(record->wall_ms == T - 1000);
	assert_string_equal(chunk_bot(chunk, record), "shop");
	assert_text(bench, chunk, 0, EVENT_MESSAGE, "pool \"a\"");
	assert_text(bench, chunk, 0, EVENT_CORRELATION, "t1");
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 1)), "own_log");
	assert_text(bench, chunk, 1, EVENT_MESSAGE, "hello");
	assert_text(
		bench, chunk, 1, EVENT_LINE, "2026-11-20 10:00:21,000 +0000 - app - INFO - hello");
}

static void a_secret_is_gone_before_it_is_stored(void **state)
{
	struct bench *bench = *state;
	static const char *const lines[] = {"GET /bot123456:" SECRET_PART "/getMe 200",
		"{\"msg\":\"\\u0031\\u0032\\u0033456\\u003a" SECRET_PART "\"}",
		"{\"id\":123456,\"x\":\"" SECRET_PART "\"}", "\x1b[1m123456\x1b[0m:" SECRET_PART,
		"password=hunter2hunter2"};
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		write_line(bench, lines[i]);
	const struct chunk *chunk = chunk_of(bench);
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		const struct record *record = chunk_record(chunk, i);
		const char *stored = chunk_bytes_of(chunk, record);
		assert_null(memmem(stored, record->length, "AAEhBOweik", 10));
		assert_null(memmem(stored, record->length, "hunter2", 7));
		assert_non_null(memmem(stored, record->length, "<redacted>", 10));
		assert_int_equal(record->trouble, TROUBLE_SECRET);
	}
}

static void a_secret_that_a_cut_splits_is_gone_too(void **state)
{
	struct bench *bench = *state;
	autofree char *line = xmalloc(LIMIT_LOG_LINE_BYTES);
	memset(line, 'x', LIMIT_LOG_LINE_BYTES);
	/* The stored part ends within the secret. */
	memcpy(line + LIMIT_LOG_STORED_BYTES - 20, "123456:" SECRET_PART, 7 + strlen(SECRET_PART));
	event_writer_line(bench->writer, line, LIMIT_LOG_LINE_BYTES, false);
	const struct chunk *chunk = chunk_of(bench);
	const struct record *record = chunk_record(chunk, 0);
	assert_null(memmem(chunk_bytes_of(chunk, record), record->length, "AAE", 3));
	assert_true(record->flags & RECORD_CUT);
	assert_true(record->length > LIMIT_LOG_STORED_BYTES - 100);
}

static void a_filter_is_no_oracle_for_a_secret_that_became_known_later(void **state)
{
	struct bench *bench = *state;
	write_line(bench, "{\"msg\":\"the word is s3same-0pen, "
			  "\\u0421\\u043b\\u043e\\u0432\\u043e\",\"chat\":5}");
	const struct chunk *chunk = chunk_of(bench);
	struct redactor *later = redactor_new();
	assert_true(redactor_add(later, "s3same-0pen", 11));
	redactor_seal(later);
	static const struct {
		const char *expression;
		bool before, after;
	} cases[] = {{"s3same", true, false}, {"/word is [a-z]3/", true, false},
		{"msg~s3s", true, false}, {"redacted", false, true}, {"слово", true, true},
		{"\"chat\\\":5\"", true, true}, {"chat=5", false, false},
		{"level>=warn", false, false}, {"bot=own_log", true, true},
		{"source=logs*", true, true}, {"time>-1s", true, true}, {"id=*", false, false}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct filter_schema schema = log_schema(T, 0);
		size_t at;
		struct filter *filter = filter_new(cases[i].expression, &schema, &at, NULL);
		assert_non_null(filter);
		if (event_fits(chunk, chunk_record(chunk, 0), bench->redactor, filter) !=
			cases[i].before)
			fail_msg("%s before", cases[i].expression);
		if (event_fits(chunk, chunk_record(chunk, 0), later, filter) != cases[i].after)
			fail_msg("%s after", cases[i].expression);
		filter_free(filter);
	}
	autostr struct str text = STR_INIT;
	event_text(chunk, chunk_record(chunk, 0), EVENT_MESSAGE, later, 200, &text);
	assert_string_equal(text.text, "the word is <redacted>, Слово");
	redactor_unref(later);
}

static void what_comes_out_is_safe_for_a_screen(void **state)
{
	struct bench *bench = *state;
	write_line(bench, "{\"msg\":\"a\\u001b]0;x\\u0007\\n12:00 forged\\u202e\"}");
	write_line(bench, "raw \x1b[2J \xff\t!");
	const struct chunk *chunk = chunk_of(bench);
	assert_text(bench, chunk, 0, EVENT_MESSAGE, "a^[]0;x^G⏎12:00 forged<U+202E>");
	assert_text(bench, chunk, 1, EVENT_MESSAGE, "raw ^[[2J \ufffd    !");
}

static void what_the_sanitiser_drops_keeps_no_secret_apart(void **state)
{
	struct bench *bench = *state;
	write_line(bench, "x AAEhBOweik6ad\ufe0f9r_QXMENQjcrGbqCr4K-bc y");
	assert_text(bench, chunk_of(bench), 0, EVENT_MESSAGE, "x <redacted> y");
}

static void late_lines_keep_their_time_and_never_break_the_order(void **state)
{
	struct bench *bench = *state;
	write_line(bench, "2026-11-20T10:00:20Z b");
	write_line(bench, "2026-11-20T10:00:19Z a");
	write_line(bench, "2026-11-20T10:00:21Z c");
	write_line(bench, "2039-11-20T10:00:21Z from the future");
	write_line(bench, "1999-01-01T00:00:00Z long ago");
	const struct chunk *chunk = chunk_of(bench);
	int64_t order_ms = INT64_MIN;
	for (size_t i = 0; i < chunk_count(chunk); i++) {
		assert_true(record_order_ms(chunk_record(chunk, i)) >= order_ms);
		order_ms = record_order_ms(chunk_record(chunk, i));
	}
	assert_true(chunk_record(chunk, 1)->wall_ms == T - 2744);
	assert_int_equal(chunk_record(chunk, 1)->late_ms, 1000);
	assert_true(chunk_record(chunk, 3)->wall_ms ==
		    T); /* nobody writes from the future: it came now */
	assert_int_equal(chunk_record(chunk, 4)->late_ms, INT32_MAX);
}

static const struct msg_note *find_note(
	const struct msg_obs_notes *notes, const char *bot, uint64_t level, const char *trouble)
{
	for (size_t i = 0; i < notes->counts_count; i++) {
		const struct msg_note *note = &notes->counts[i];
		if (strcmp(note->bot, bot) == 0 && note->level == level &&
			strcmp(note->trouble, trouble) == 0)
			return note;
	}
	fail_msg("no note of %s %s", bot, trouble);
	return NULL;
}

static void notes_count_by_bot_level_and_trouble(void **state)
{
	struct bench *bench = *state;
	for (int i = 0; i < 3; i++)
		write_line(bench, "level=info msg=fine");
	write_line(bench,
		"level=info bot=123456 msg=\"Update id=5 is handled. Duration 30 ms by bot\"");
	write_line(bench,
		"level=info bot=123456 msg=\"Update id=6 is handled. Duration 12 ms by bot\"");
	write_line(bench,
		"level=error bot=123456 msg=\"Conflict: terminated by other getUpdates request\"");
	write_line(bench, "level=warn msg=\"Too Many Requests: retry after 35\" x=\x1b");
	event_writer_lost(bench->writer, 7);
	const struct msg_obs_notes *notes = post(bench, NULL);
	assert_string_equal(notes->source, "logs shop");
	assert_int_equal(notes->lines, 7);
	assert_int_equal(notes->dropped, 7);
	assert_true(notes->bytes > 100);
	assert_int_equal(notes->counts_count, 4);
	assert_int_equal(find_note(notes, "own_log", LOG_LEVEL_INFO, "")->lines, 3);
	const struct msg_note *handled = find_note(notes, "shop", LOG_LEVEL_INFO, "");
	assert_int_equal(handled->handled, 2);
	assert_int_equal(handled->handled_ms, 42);
	assert_string_equal(handled->text, "");
	const struct msg_note *conflict = find_note(notes, "shop", LOG_LEVEL_ERROR, "conflict");
	assert_string_equal(conflict->text, "Conflict: terminated by other getUpdates request");
	assert_true(conflict->time_ms == T);
	assert_int_equal(find_note(notes, "own_log", LOG_LEVEL_WARN, "flood")->retry_after_s, 35);
	assert_null(post(bench, NULL)); /* nothing to tell twice */
}

static void an_exception_of_many_lines_counts_as_one_error(void **state)
{
	struct bench *bench = *state;
	static const char *const lines[] = {
		"2026-11-20 10:00:21,000 +0000 - app - ERROR - failed to handle",
		"Traceback (most recent call last):", "  File \"bot.py\", line 7, in handle",
		"    price = prices[sku]", "            ~~~~~~^^^^^", "KeyError: 'sku'",
		"telegram.error.Conflict: Conflict: terminated by other getUpdates request"};
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		write_line(bench, lines[i]);
	const struct msg_obs_notes *notes = post(bench, NULL);
	uint64_t errors = 0, counted = 0;
	for (size_t i = 0; i < notes->counts_count; i++) {
		errors += notes->counts[i].level >= LOG_LEVEL_ERROR ? notes->counts[i].lines : 0;
		counted += notes->counts[i].lines;
	}
	assert_int_equal(errors, 1);
	assert_int_equal(counted, COUNT_OF(lines));
	assert_string_equal(
		find_note(notes, "own_log", LOG_LEVEL_ERROR, "")->text, "failed to handle");
	/* What such a line says of trouble counts all the same. */
	assert_int_equal(find_note(notes, "own_log", LOG_LEVEL_NONE, "conflict")->lines, 1);
}

static void notes_are_posted_at_most_sixty_times_a_second(void **state)
{
	struct bench *bench = *state;
	int64_t posts = 0;
	assert_int_equal(event_writer_due_ms(bench->writer), -1);
	for (int ms = 0; ms < 1000; ms++) {
		write_line(bench, "x");
		assert_true(event_writer_post(bench->writer, bench->box, false));
		parcel_release(&bench->parcel);
		bench->parcel = (struct parcel){0};
		posts += (int64_t)mailbox_take(bench->box, &bench->parcel, 1);
		clock_advance(&bench->clock, 1);
	}
	assert_in_range(posts, 50, 60);
}

static void a_full_mailbox_forgets_nothing(void **state)
{
	struct bench *bench = *state;
	const struct chunk_list *list;
	for (int i = 0; i < 4; i++)
		assert_true(mailbox_post(bench->box, MSG_obs_notes, msg_new(MSG_obs_notes)));
	write_line(bench, "one");
	assert_false(event_writer_post(bench->writer, bench->box, true));
	write_line(bench, "two");
	struct parcel other[4];
	assert_int_equal(mailbox_take(bench->box, other, 4), 4);
	for (size_t i = 0; i < 4; i++)
		parcel_release(&other[i]);
	const struct msg_obs_notes *notes = post(bench, &list);
	if (!notes)
		fail();
	assert_int_equal(notes->lines, 2);
	assert_int_equal(list->count, 1);
	assert_int_equal(chunk_count(list->chunks[0]), 2);
}

static void a_log_that_gets_another_bot_keeps_what_waits(void **state)
{
	struct bench *bench = *state;
	while (mailbox_post(bench->box, MSG_obs_notify, msg_new(MSG_obs_notify))) {
	}
	write_line(bench, "2026-11-20 10:00:21,000 +0000 - app - INFO - hello");
	event_writer_lost(bench->writer, 7);
	assert_false(event_writer_post(bench->writer, bench->box, true));
	event_writer_give_to(bench->writer, "other");
	write_line(bench, "2026-11-20 10:00:21,000 +0000 - app - INFO - goodbye");
	event_writer_give_to(bench->writer, NULL);
	write_line(bench, "2026-11-20 10:00:21,000 +0000 - app - INFO - nobody");
	for (struct parcel parcel; mailbox_take(bench->box, &parcel, 1);)
		parcel_release(&parcel);
	const struct chunk *chunk = chunk_of(bench);
	const struct msg_obs_notes *notes = bench->parcel.message.body;
	assert_int_equal(notes->dropped, 7);
	assert_int_equal(chunk_count(chunk), 3);
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 0)), "own_log");
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 1)), "other");
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 2)), "");
}

static void chunks_grow_with_their_source_and_are_announced_once(void **state)
{
	struct bench *bench = *state;
	size_t chunks = 0, lines = 0;
	uint64_t next_seq = 0;
	for (int round = 0; round < 100; round++) {
		const struct chunk_list *list;
		for (int i = 0; i < 100; i++)
			write_line(bench,
				"a line of sixty bytes or so, which is what many log lines have");
		assert_non_null(post(bench, &list));
		for (size_t i = 0; list && i < list->count; i++) {
			assert_true(chunks == 0 || chunk_first_seq(list->chunks[i]) > next_seq);
			next_seq = chunk_first_seq(list->chunks[i]);
			chunks++;
		}
		lines += 100;
	}
	/* 620 kB: 2, 8, 32, 128, 256 and 256 KiB */
	assert_in_range(chunks, 5, 8);
	assert_int_equal(lines, 10000);
}

static void an_engine_that_takes_nothing_costs_bounded_memory_and_is_told(void **state)
{
	struct bench *bench = *state;
	autofree char *line = xmalloc(60000);
	memset(line, 'x', 60000);
	for (int i = 0; i < 400; i++)
		event_writer_line(bench->writer, line, 60000, false);
	const struct chunk_list *list;
	const struct msg_obs_notes *notes = post(bench, &list);
	size_t held = 0;
	for (size_t i = 0; i < list->count; i++)
		held += chunk_count(list->chunks[i]);
	assert_int_equal(list->count, 64);
	assert_int_equal(notes->dropped + held, 400);
	assert_true(notes->dropped > 0);
}

static void an_event_keeps_its_fields_apart(void **state)
{
	struct bench *bench = *state;
	const struct event_input input = {.wall_ms = T - 5,
		.level = LOG_LEVEL_WARN,
		.bot = "123456",
		.message = "payment failed",
		.rest = "type=payment chat=5 token=abcdefgh12345",
		.correlation = "c-9"};
	const struct event_input split = {
		.wall_ms = LOG_NO_TIME, .message = "123456:", .rest = SECRET_PART};
	const struct event_input joined = {
		.wall_ms = LOG_NO_TIME, .message = "password:", .rest = "hunter2"};
	event_writer_event(bench->writer, &input);
	event_writer_event(bench->writer, &split);
	event_writer_event(bench->writer, &joined);
	const struct chunk *chunk = chunk_of(bench);
	assert_text(bench, chunk, 0, EVENT_MESSAGE, "payment failed");
	assert_text(bench, chunk, 0, EVENT_CORRELATION, "c-9");
	assert_text(bench, chunk, 0, EVENT_LINE,
		"payment failed type=payment chat=5 token=<redacted> c-9");
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 0)), "shop");
	assert_true(chunk_record(chunk, 0)->wall_ms == T - 5);
	assert_text(bench, chunk, 1, EVENT_LINE, "123456: <redacted>");
	assert_text(bench, chunk, 2, EVENT_LINE, "password: <redacted>");
}

static void a_traceback_is_stored_under_the_time_and_level_of_its_line(void **state)
{
	struct bench *bench = *state;
	write_line(bench, "2026-11-20 10:00:20,000 +0000 - app - ERROR - failed");
	write_line(bench, "Traceback (most recent call last):");
	write_line(bench, "ValueError: 1");
	const struct chunk *chunk = chunk_of(bench);
	for (size_t i = 0; i < 3; i++) {
		const struct record *record = chunk_record(chunk, i);
		assert_int_equal(record->level, LOG_LEVEL_ERROR);
		assert_true(record->wall_ms == T - 1744);
		assert_int_equal(record->flags & RECORD_CONTINUES, i ? RECORD_CONTINUES : 0);
	}
}

static void new_secrets_start_a_new_chunk(void **state)
{
	struct bench *bench = *state;
	const struct chunk_list *list;
	struct redactor *next = redactor_new();
	assert_true(redactor_add(next, "s3same-0pen", 11));
	redactor_seal(next);
	write_line(bench, "s3same-0pen");
	event_writer_redact_with(bench->writer, next);
	write_line(bench, "s3same-0pen");
	post(bench, &list);
	assert_int_equal(list->count, 2);
	assert_int_equal(chunk_record(list->chunks[0], 0)->length, 11);
	assert_memory_equal(chunk_bytes_of(list->chunks[1], chunk_record(list->chunks[1], 0)),
		"<redacted>", 10);
	assert_int_equal(chunk_first_seq(list->chunks[1]), chunk_first_seq(list->chunks[0]) + 1);
	redactor_unref(next);
}

/* The engine gives its own writer the secrets every second. */
static void the_same_secrets_again_start_no_new_chunk(void **state)
{
	struct bench *bench = *state;
	const struct chunk_list *list;
	size_t chunks = 0;
	for (int i = 0; i < 40; i++) { /* as many lines as its first chunk takes */
		event_writer_redact_with(bench->writer, bench->redactor);
		write_line(bench, "a line");
		clock_advance(&bench->clock, 1000);
		(void)post(bench, &list);
		chunks += list ? list->count : 0;
	}
	assert_int_equal(chunks, 1);
}

static void a_writer_that_never_posted_frees_everything(void **state)
{
	struct bench *bench = *state;
	write_line(bench, "level=error msg=x");
}

#define with_bench(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static const struct msg_note *count_of(const struct msg_obs_notes *notes, const char *trouble,
	enum log_level level, int64_t time_ms)
{
	for (size_t i = 0; i < notes->counts_count; i++)
		if (strcmp(notes->counts[i].trouble, trouble) == 0 &&
			notes->counts[i].level == level &&
			(!time_ms || notes->counts[i].time_ms == time_ms))
			return &notes->counts[i];
	return NULL;
}

static void trouble_is_counted_by_its_time(void **state)
{
	struct bench *bench = *state;
	event_writer_back(bench->writer, T - 1000);
	write_line(bench,
		"2026-11-20T09:46:21Z ERROR Conflict: terminated by other getUpdates request");
	write_line(bench,
		"2026-11-20T09:59:21Z ERROR Conflict: terminated by other getUpdates request");
	write_line(bench, "2026-11-20T09:59:21Z ERROR boom");
	const struct msg_obs_notes *notes = post(bench, NULL);
	const struct msg_note *old =
		count_of(notes, "conflict", LOG_LEVEL_ERROR, T - 744 - 14 * 60000);
	const struct msg_note *young =
		count_of(notes, "conflict", LOG_LEVEL_ERROR, T - 744 - 60000);
	if (!old || !young)
		fail();
	assert_int_equal(old->lines, 1);
	assert_int_equal(young->lines, 1);
	assert_int_equal(notes->lines, 3);
}

static void of_what_was_there_before_us_nothing_without_a_time_counts(void **state)
{
	struct bench *bench = *state;
	event_writer_back(bench->writer, T - 7000);
	write_line(bench, "ERROR Conflict: terminated by other getUpdates request");
	write_line(bench, "Update 1 is handled. Duration 120 ms by bot id=5");
	const struct chunk_list *list;
	const struct msg_obs_notes *notes = post(bench, &list);
	if (!notes)
		fail();
	assert_int_equal(notes->lines, 2);
	assert_int_equal(notes->counts_count, 1);
	assert_int_equal(notes->counts[0].level, LOG_LEVEL_NONE);
	assert_string_equal(notes->counts[0].trouble, "");
	assert_int_equal(notes->counts[0].time_ms, T - 7000);
	/* The line itself is kept as what it is. */
	assert_int_equal(chunk_record(list->chunks[0], 0)->level, LOG_LEVEL_ERROR);
	assert_int_equal(chunk_record(list->chunks[0], 0)->trouble, TROUBLE_CONFLICT);
	event_writer_back(bench->writer, LOG_NO_TIME);
	write_line(bench, "ERROR Conflict: terminated by other getUpdates request");
	write_line(bench, "Update 2 is handled. Duration 120 ms by bot id=5");
	notes = post(bench, NULL);
	assert_non_null(count_of(notes, "conflict", LOG_LEVEL_ERROR, T));
}

static uint64_t handled_of(const struct msg_obs_notes *notes)
{
	if (!notes)
		fail();
	assert_int_equal(notes->counts_count, 1);
	return notes->counts[0].handled;
}

static void how_fast_a_handler_was_before_us_is_not_told(void **state)
{
	struct bench *bench = *state;
	static const char line[] =
		"2026-11-20T10:00:20Z INFO Update id=1 is handled. Duration 120 ms by bot id=5";
	event_writer_back(bench->writer, T);
	write_line(bench, line);
	assert_int_equal(handled_of(post(bench, NULL)), 0);
	event_writer_back(bench->writer, LOG_NO_TIME);
	write_line(bench, line);
	assert_int_equal(handled_of(post(bench, NULL)), 1);
}

static void a_line_without_a_time_has_that_of_the_line_before_it(void **state)
{
	struct bench *bench = *state;
	event_writer_back(bench->writer, T - 1000);
	write_line(bench, "2026-11-20T09:50:21Z ERROR first");
	write_line(bench, "{\"msg\":\"no time\"}");
	const struct chunk *chunk = chunk_of(bench);
	assert_true(chunk_record(chunk, 1)->wall_ms == T - 744 - 600000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_bench(a_line_is_stored_with_what_it_says),
		with_bench(a_secret_is_gone_before_it_is_stored),
		with_bench(a_secret_that_a_cut_splits_is_gone_too),
		with_bench(a_filter_is_no_oracle_for_a_secret_that_became_known_later),
		with_bench(what_comes_out_is_safe_for_a_screen),
		with_bench(what_the_sanitiser_drops_keeps_no_secret_apart),
		with_bench(late_lines_keep_their_time_and_never_break_the_order),
		with_bench(notes_count_by_bot_level_and_trouble),
		with_bench(an_exception_of_many_lines_counts_as_one_error),
		with_bench(notes_are_posted_at_most_sixty_times_a_second),
		with_bench(a_full_mailbox_forgets_nothing),
		with_bench(a_log_that_gets_another_bot_keeps_what_waits),
		with_bench(chunks_grow_with_their_source_and_are_announced_once),
		with_bench(an_engine_that_takes_nothing_costs_bounded_memory_and_is_told),
		with_bench(an_event_keeps_its_fields_apart),
		with_bench(a_traceback_is_stored_under_the_time_and_level_of_its_line),
		with_bench(new_secrets_start_a_new_chunk),
		with_bench(the_same_secrets_again_start_no_new_chunk),
		with_bench(a_writer_that_never_posted_frees_everything),
		with_bench(trouble_is_counted_by_its_time),
		with_bench(of_what_was_there_before_us_nothing_without_a_time_counts),
		with_bench(how_fast_a_handler_was_before_us_is_not_told),
		with_bench(a_line_without_a_time_has_that_of_the_line_before_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
