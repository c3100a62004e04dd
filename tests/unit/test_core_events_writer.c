/* SPDX-License-Identifier: MIT */
/* What a writer stores of a line: its meaning, its time and order, no secret, nothing that a screen could not bear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/events/chunk.h"
#include "core/events/stamp.h"
#include "core/events/text.h"
#include "core/events/writer.h"
#include "core/parse/log_columns.h"
#include "core/parse/log_line.h"
#include "core/parse/log_trouble.h"
#include "tests/support/writer_bench.h"

static void assert_text(struct writer_bench *bench, const struct chunk *chunk, size_t line,
	enum event_part part, const char *expected)
{
	autostr struct str text = STR_INIT;
	struct event_line of = event_line_of(chunk, chunk_record(chunk, line));
	event_text(&of, part, bench->redactor, 200, &text);
	assert_string_equal(text.text, expected);
}

static void a_line_is_stored_with_what_it_says(void **state)
{
	struct writer_bench *bench = *state;
	writer_bench_line(bench, "{\"level\":50,\"time\":1795168820744,\"msg\":\"pool "
				 "\\\"a\\\"\",\"bot\":123456,\"trace_id\":\"t1\"}");
	writer_bench_line(bench, "2026-11-20 10:00:21,000 +0000 - app - INFO - hello");
	const struct chunk *chunk = writer_bench_chunk(bench);
	const struct record *record = chunk_record(chunk, 0);
	assert_int_equal(chunk_count(chunk), 2);
	assert_int_equal(record->level, LOG_LEVEL_ERROR);
	assert_true(record->wall_ms == WRITER_BENCH_MS - 1000);
	assert_string_equal(chunk_bot(chunk, record), "shop");
	assert_text(bench, chunk, 0, EVENT_MESSAGE, "pool \"a\"");
	assert_text(bench, chunk, 0, EVENT_CORRELATION, "t1");
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 1)), "own_log");
	assert_text(bench, chunk, 1, EVENT_MESSAGE, "hello");
	assert_text(
		bench, chunk, 1, EVENT_LINE, "2026-11-20 10:00:21,000 +0000 - app - INFO - hello");
}

static void a_line_has_from_its_source_what_it_does_not_say(void **state)
{
	struct writer_bench *bench = *state;
	static const struct {
		const char *line;
		struct event_stamp stamp;
		enum log_level level;
		const char *bot, *whole, *id;
		bool continues;
	} cases[] = {
		{"plain", {WRITER_BENCH_MS - 5, LOG_LEVEL_WARN, NULL, NULL, NULL, false},
			LOG_LEVEL_WARN, "own_log", "plain", "", false},
		{"more of it", {WRITER_BENCH_MS - 5, LOG_LEVEL_WARN, NULL, NULL, NULL, true},
			LOG_LEVEL_WARN, "own_log", "more of it", "", true},
		{"with fields",
			{WRITER_BENCH_MS - 4, LOG_LEVEL_NONE, "123456", "id-7", "chat=5", false},
			LOG_LEVEL_NONE, "shop", "with fields chat=5 id-7", "id-7", false},
		{"{\"level\":50,\"time\":1,\"msg\":\"m\",\"trace_id\":\"t1\"}",
			{WRITER_BENCH_MS - 3, LOG_LEVEL_DEBUG, NULL, "not this", NULL, false},
			LOG_LEVEL_ERROR, "own_log",
			"{\"level\":50,\"time\":1,\"msg\":\"m\",\"trace_id\":\"t1\"}", "t1", false},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		event_writer_stamped(bench->writer, cases[i].line, strlen(cases[i].line), false,
			&cases[i].stamp);
	const struct chunk *chunk = writer_bench_chunk(bench);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct record *record = chunk_record(chunk, i);
		assert_int_equal(record->level, cases[i].level);
		assert_true(record->wall_ms == cases[i].stamp.wall_ms);
		assert_string_equal(chunk_bot(chunk, record), cases[i].bot);
		assert_int_equal((record->flags & RECORD_CONTINUES) != 0, cases[i].continues);
		assert_text(bench, chunk, i, EVENT_LINE, cases[i].whole);
		assert_text(bench, chunk, i, EVENT_CORRELATION, cases[i].id);
	}
	assert_text(bench, chunk, 2, EVENT_MESSAGE, "with fields");
}

static void a_secret_beside_a_line_is_gone(void **state)
{
	struct writer_bench *bench = *state;
	const struct event_stamp secret = {.wall_ms = WRITER_BENCH_MS,
		.rest = "token=123456:" SECRET_PART,
		.correlation = "123456:" SECRET_PART};
	event_writer_stamped(bench->writer, "m", 1, false, &secret);
	const struct chunk *chunk = writer_bench_chunk(bench);
	const struct record *record = chunk_record(chunk, 0);
	assert_null(memmem(chunk_bytes_of(chunk, record), record->length, "AAE", 3));
	assert_int_equal(record->trouble, TROUBLE_SECRET);
	assert_text(bench, chunk, 0, EVENT_CORRELATION, "");
}

static void what_is_too_long_beside_a_line_is_cut_before_its_id(void **state)
{
	struct writer_bench *bench = *state;
	autofree char *rest = xmalloc(2 * LIMIT_LOG_STORED_BYTES);
	memset(rest, 'x', 2 * LIMIT_LOG_STORED_BYTES - 1);
	rest[2 * LIMIT_LOG_STORED_BYTES - 1] = '\0';
	const struct event_stamp large = {
		.wall_ms = WRITER_BENCH_MS, .rest = rest, .correlation = "id-7"};
	event_writer_stamped(bench->writer, "m", 1, false, &large);
	const struct chunk *chunk = writer_bench_chunk(bench);
	assert_in_range(chunk_record(chunk, 0)->length, LIMIT_LOG_STORED_BYTES - 300,
		LIMIT_LOG_STORED_BYTES - 1);
	assert_text(bench, chunk, 0, EVENT_MESSAGE, "m");
	assert_text(bench, chunk, 0, EVENT_CORRELATION, "id-7");
}

static void a_secret_is_gone_before_it_is_stored(void **state)
{
	struct writer_bench *bench = *state;
	static const char *const lines[] = {"GET /bot123456:" SECRET_PART "/getMe 200",
		"{\"msg\":\"\\u0031\\u0032\\u0033456\\u003a" SECRET_PART "\"}",
		"{\"id\":123456,\"x\":\"" SECRET_PART "\"}", "\x1b[1m123456\x1b[0m:" SECRET_PART,
		"password=hunter2hunter2"};
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		writer_bench_line(bench, lines[i]);
	const struct chunk *chunk = writer_bench_chunk(bench);
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
	struct writer_bench *bench = *state;
	autofree char *line = xmalloc(64 * LIMIT_LOG_STORED_BYTES);
	memset(line, 'x', 64 * LIMIT_LOG_STORED_BYTES);
	/* The stored part ends within the secret. */
	memcpy(line + LIMIT_LOG_STORED_BYTES - 20, "123456:" SECRET_PART, 7 + strlen(SECRET_PART));
	event_writer_line(bench->writer, line, 64 * LIMIT_LOG_STORED_BYTES, false);
	const struct chunk *chunk = writer_bench_chunk(bench);
	const struct record *record = chunk_record(chunk, 0);
	assert_null(memmem(chunk_bytes_of(chunk, record), record->length, "AAE", 3));
	assert_true(record->flags & RECORD_CUT);
	assert_true(record->length > LIMIT_LOG_STORED_BYTES - 100);
}

static void a_filter_is_no_oracle_for_a_secret_that_became_known_later(void **state)
{
	struct writer_bench *bench = *state;
	writer_bench_line(bench, "{\"msg\":\"the word is s3same-0pen, "
				 "\\u0421\\u043b\\u043e\\u0432\\u043e\",\"chat\":5}");
	const struct chunk *chunk = writer_bench_chunk(bench);
	struct event_line line = event_line_of(chunk, chunk_record(chunk, 0));
	struct redactor *later = redactor_new();
	assert_true(redactor_add(later, "s3same-0pen", 11));
	redactor_seal(later);
	static const struct {
		const char *expression;
		bool before, after;
	} cases[] = {{"s3same", true, false}, {"/word is [a-z]3/", true, false},
		{"msg~s3s", true, false}, {"redacted", false, true}, {"слово", true, true},
		{"\"chat\\\":5\"", true, true}, {"chat=5", true, true}, {"chat>4", true, true},
		{"msg2=*", false, false}, {"level>=warn", false, false},
		{"bot=own_log", true, true}, {"source=logs*", true, true}, {"time>-1s", true, true},
		{"id=*", false, false}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct filter_schema schema = log_schema(WRITER_BENCH_MS, 0);
		size_t at;
		struct filter *filter = filter_new(cases[i].expression, &schema, &at, NULL);
		assert_non_null(filter);
		if (event_fits(&line, bench->redactor, filter) != cases[i].before)
			fail_msg("%s before", cases[i].expression);
		if (event_fits(&line, later, filter) != cases[i].after)
			fail_msg("%s after", cases[i].expression);
		filter_free(filter);
	}
	autostr struct str text = STR_INIT;
	event_text(&line, EVENT_MESSAGE, later, 200, &text);
	assert_string_equal(text.text, "the word is <redacted>, Слово");
	redactor_unref(later);
}

/* Field by field, however it is written: whole, with an escape in it, as a number, as the value of a word. */
static void fields_are_no_oracle_either(void **state)
{
	struct writer_bench *bench = *state;
	static const char line_text[] =
		"{\"a\":\"s3same-0pen\",\"b\":\"x s3sa\\/me-0pen y\","
		"\"c\":{\"d\":98761234567},\"msg\":\"key=s3same-0pen n=5\"}";
	static const char *const secrets[] = {"s3same-0pen", "s3sa/me-0pen", "98761234567"};
	static const struct {
		const char *expression;
		bool before, after;
	} cases[] = {{"a=s3*", true, false}, {"a~s3", true, false}, {"a!=s4same", true, true},
		{"a!~s3", false, true}, {"b~s3sa", true, false}, {"b~0pen", true, false},
		{"b=x*", true, true}, {"c.d>9", true, false}, {"c.d<98761234568", true, false},
		{"d=9*", true, false}, {"key=s3*", true, false}, {"key=*", true, true},
		{"n=5", true, true}, {"e=s3*", true, false}, {"e~0pen", true, false},
		{"e=*", true, true}};
	writer_bench_line(bench, line_text);
	writer_bench_line(bench, "{\"e\":\"s3same-0pen\",\"n\":5}"); /* without any escape */
	const struct chunk *chunk = writer_bench_chunk(bench);
	struct redactor *later = redactor_new();
	for (size_t i = 0; i < COUNT_OF(secrets); i++)
		assert_true(redactor_add(later, secrets[i], strlen(secrets[i])));
	redactor_seal(later);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct filter_schema schema = log_schema(WRITER_BENCH_MS, 0);
		size_t at;
		struct filter *filter = filter_new(cases[i].expression, &schema, &at, NULL);
		assert_non_null(filter);
		struct event_line line = event_line_of(
			chunk, chunk_record(chunk, cases[i].expression[0] == 'e' ? 1 : 0));
		if (event_fits(&line, bench->redactor, filter) != cases[i].before)
			fail_msg("%s before", cases[i].expression);
		if (event_fits(&line, later, filter) != cases[i].after)
			fail_msg("%s after", cases[i].expression);
		filter_free(filter);
	}
	redactor_unref(later);
}

static void what_comes_out_is_safe_for_a_screen(void **state)
{
	struct writer_bench *bench = *state;
	writer_bench_line(bench, "{\"msg\":\"a\\u001b]0;x\\u0007\\n12:00 forged\\u202e\"}");
	writer_bench_line(bench, "raw \x1b[2J \xff\t!");
	const struct chunk *chunk = writer_bench_chunk(bench);
	assert_text(bench, chunk, 0, EVENT_MESSAGE, "a^[]0;x^G⏎12:00 forged<U+202E>");
	assert_text(bench, chunk, 1, EVENT_MESSAGE, "raw ^[[2J \ufffd    !");
}

static void what_the_sanitiser_drops_keeps_no_secret_apart(void **state)
{
	struct writer_bench *bench = *state;
	writer_bench_line(bench, "x AAEhBOweik6ad\ufe0f9r_QXMENQjcrGbqCr4K-bc y");
	assert_text(bench, writer_bench_chunk(bench), 0, EVENT_MESSAGE, "x <redacted> y");
}

static void what_an_event_calls_its_bot_is_cut_behind_its_secrets(void **state)
{
	struct writer_bench *bench = *state;
	const struct event_input input = {.wall_ms = WRITER_BENCH_MS,
		.level = LOG_LEVEL_INFO,
		.message = "x",
		.bot = "123456:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"};
	const struct event_source source = {.id = 10, .name = "events"}; /* of no bot */
	event_writer_free(bench->writer);
	bench->writer = event_writer_new(&source, bench->redactor, &bench->clock);
	event_writer_event(bench->writer, &input);
	const struct chunk *chunk = writer_bench_chunk(bench);
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 0)), "123456:<redacted>");
}

/* What a name became is remembered, as long as nothing else is known of secrets. */
static void a_name_that_comes_again_is_what_it_was_until_it_is_a_secret(void **state)
{
	struct writer_bench *bench = *state;
	const struct event_source source = {.id = 10, .name = "events"}; /* of no bot */
	const struct event_input name = {
		.wall_ms = LOG_NO_TIME, .message = "x", .bot = "zugzwang-4711"};
	const struct event_input hostile = {
		.wall_ms = LOG_NO_TIME, .message = "x", .bot = "a\x1b[2Jb"};
	event_writer_free(bench->writer);
	bench->writer = event_writer_new(&source, bench->redactor, &bench->clock);
	for (int i = 0; i < 2; i++) {
		event_writer_event(bench->writer, &name);
		event_writer_event(bench->writer, &hostile);
	}
	const struct chunk *chunk = writer_bench_chunk(bench);
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 0)), "zugzwang-4711");
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 2)), "zugzwang-4711");
	assert_null(strchr(chunk_bot(chunk, chunk_record(chunk, 1)), '\x1b'));
	assert_string_equal(
		chunk_bot(chunk, chunk_record(chunk, 3)), chunk_bot(chunk, chunk_record(chunk, 1)));
	struct redactor *more = redactor_new();
	assert_true(redactor_add(more, "zugzwang-4711", 13));
	redactor_seal(more);
	event_writer_redact_with(bench->writer, more);
	event_writer_event(bench->writer, &name);
	const struct chunk_list *list = NULL;
	(void)writer_bench_post(bench, &list);
	assert_int_equal(list->count, 1);
	chunk = list->chunks[0];
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 0)), "<redacted>");
	redactor_unref(more);
}

static void where_a_line_comes_from_is_safe_and_without_secrets(void **state)
{
	struct writer_bench *bench = *state;
	const struct event_source source = {.id = 10,
		.name = "\x1b[2J\xe2\x80\xae"
			"123456:" SECRET_PART ".log\n"};
	event_writer_free(bench->writer);
	bench->writer = event_writer_new(&source, bench->redactor, &bench->clock);
	writer_bench_line(bench, "hello");
	assert_string_equal(chunk_stream(writer_bench_chunk(bench))->name,
		"^[[2J<U+202E>123456:<redacted>.log\u23ce");
}

static void late_lines_keep_their_time_and_never_break_the_order(void **state)
{
	struct writer_bench *bench = *state;
	writer_bench_line(bench, "2026-11-20T10:00:20Z b");
	writer_bench_line(bench, "2026-11-20T10:00:19Z a");
	writer_bench_line(bench, "2026-11-20T10:00:21Z c");
	writer_bench_line(bench, "2039-11-20T10:00:21Z from the future");
	writer_bench_line(bench, "1999-01-01T00:00:00Z long ago");
	const struct chunk *chunk = writer_bench_chunk(bench);
	int64_t order_ms = INT64_MIN;
	for (size_t i = 0; i < chunk_count(chunk); i++) {
		assert_true(record_order_ms(chunk_record(chunk, i)) >= order_ms);
		order_ms = record_order_ms(chunk_record(chunk, i));
	}
	assert_true(chunk_record(chunk, 1)->wall_ms == WRITER_BENCH_MS - 2744);
	assert_int_equal(chunk_record(chunk, 1)->late_ms, 1000);
	assert_true(chunk_record(chunk, 3)->wall_ms ==
		    WRITER_BENCH_MS); /* nobody writes from the future: it came now */
	assert_int_equal(chunk_record(chunk, 4)->late_ms, INT32_MAX);
}

static void chunks_grow_with_their_source_and_are_announced_once(void **state)
{
	struct writer_bench *bench = *state;
	size_t chunks = 0, lines = 0;
	uint64_t next_seq = 0;
	for (int round = 0; round < 100; round++) {
		const struct chunk_list *list;
		for (int i = 0; i < 100; i++)
			writer_bench_line(bench,
				"a line of sixty bytes or so, which is what many log lines have");
		assert_non_null(writer_bench_post(bench, &list));
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

static void an_event_keeps_its_fields_apart(void **state)
{
	struct writer_bench *bench = *state;
	const struct event_input input = {.wall_ms = WRITER_BENCH_MS - 5,
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
	const struct chunk *chunk = writer_bench_chunk(bench);
	assert_text(bench, chunk, 0, EVENT_MESSAGE, "payment failed");
	assert_text(bench, chunk, 0, EVENT_CORRELATION, "c-9");
	assert_text(bench, chunk, 0, EVENT_LINE,
		"payment failed type=payment chat=5 token=<redacted> c-9");
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 0)), "shop");
	assert_true(chunk_record(chunk, 0)->wall_ms == WRITER_BENCH_MS - 5);
	assert_text(bench, chunk, 1, EVENT_LINE, "123456: <redacted>");
	assert_text(bench, chunk, 2, EVENT_LINE, "password: <redacted>");
}

static void a_traceback_is_stored_under_the_time_and_level_of_its_line(void **state)
{
	struct writer_bench *bench = *state;
	writer_bench_line(bench, "2026-11-20 10:00:20,000 +0000 - app - ERROR - failed");
	writer_bench_line(bench, "Traceback (most recent call last):");
	writer_bench_line(bench, "ValueError: 1");
	const struct chunk *chunk = writer_bench_chunk(bench);
	for (size_t i = 0; i < 3; i++) {
		const struct record *record = chunk_record(chunk, i);
		assert_int_equal(record->level, LOG_LEVEL_ERROR);
		assert_true(record->wall_ms == WRITER_BENCH_MS - 1744);
		assert_int_equal(record->flags & RECORD_CONTINUES, i ? RECORD_CONTINUES : 0);
	}
}

static void new_secrets_start_a_new_chunk(void **state)
{
	struct writer_bench *bench = *state;
	const struct chunk_list *list;
	struct redactor *next = redactor_new();
	assert_true(redactor_add(next, "s3same-0pen", 11));
	redactor_seal(next);
	writer_bench_line(bench, "s3same-0pen");
	event_writer_redact_with(bench->writer, next);
	writer_bench_line(bench, "s3same-0pen");
	writer_bench_post(bench, &list);
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
	struct writer_bench *bench = *state;
	const struct chunk_list *list;
	size_t chunks = 0;
	for (int i = 0; i < 40; i++) { /* as many lines as its first chunk takes */
		event_writer_redact_with(bench->writer, bench->redactor);
		writer_bench_line(bench, "a line");
		clock_advance(&bench->clock, 1000);
		(void)writer_bench_post(bench, &list);
		chunks += list ? list->count : 0;
	}
	assert_int_equal(chunks, 1);
}

static void a_line_without_a_time_has_that_of_the_line_before_it(void **state)
{
	struct writer_bench *bench = *state;
	event_writer_back(bench->writer, WRITER_BENCH_MS - 1000);
	writer_bench_line(bench, "2026-11-20T09:50:21Z ERROR first");
	writer_bench_line(bench, "{\"msg\":\"no time\"}");
	const struct chunk *chunk = writer_bench_chunk(bench);
	assert_true(chunk_record(chunk, 1)->wall_ms == WRITER_BENCH_MS - 744 - 600000);
}

#define with_bench(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, writer_bench_set_up, writer_bench_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_bench(a_line_is_stored_with_what_it_says),
		with_bench(a_line_has_from_its_source_what_it_does_not_say),
		with_bench(a_secret_beside_a_line_is_gone),
		with_bench(what_is_too_long_beside_a_line_is_cut_before_its_id),
		with_bench(a_secret_is_gone_before_it_is_stored),
		with_bench(a_secret_that_a_cut_splits_is_gone_too),
		with_bench(a_filter_is_no_oracle_for_a_secret_that_became_known_later),
		with_bench(fields_are_no_oracle_either),
		with_bench(what_comes_out_is_safe_for_a_screen),
		with_bench(what_the_sanitiser_drops_keeps_no_secret_apart),
		with_bench(what_an_event_calls_its_bot_is_cut_behind_its_secrets),
		with_bench(a_name_that_comes_again_is_what_it_was_until_it_is_a_secret),
		with_bench(where_a_line_comes_from_is_safe_and_without_secrets),
		with_bench(late_lines_keep_their_time_and_never_break_the_order),
		with_bench(chunks_grow_with_their_source_and_are_announced_once),
		with_bench(an_event_keeps_its_fields_apart),
		with_bench(a_traceback_is_stored_under_the_time_and_level_of_its_line),
		with_bench(new_secrets_start_a_new_chunk),
		with_bench(the_same_secrets_again_start_no_new_chunk),
		with_bench(a_line_without_a_time_has_that_of_the_line_before_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
