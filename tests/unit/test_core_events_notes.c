/* SPDX-License-Identifier: MIT */
/* What a writer tells the engine: counts by bot, level and trouble, how often, and what waits while nobody takes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/events/chunk.h"
#include "core/events/writer.h"
#include "core/msg/mailbox.h"
#include "core/parse/log_line.h"
#include "core/parse/log_trouble.h"
#include "tests/support/writer_bench.h"

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
	struct writer_bench *bench = *state;
	for (int i = 0; i < 3; i++)
		writer_bench_line(bench, "level=info msg=fine");
	writer_bench_line(bench,
		"level=info bot=123456 msg=\"Update id=5 is handled. Duration 30 ms by bot\"");
	writer_bench_line(bench,
		"level=info bot=123456 msg=\"Update id=6 is handled. Duration 12 ms by bot\"");
	writer_bench_line(bench,
		"level=error bot=123456 msg=\"Conflict: terminated by other getUpdates request\"");
	writer_bench_line(bench, "level=warn msg=\"Too Many Requests: retry after 35\" x=\x1b");
	event_writer_lost(bench->writer, 7);
	const struct msg_obs_notes *notes = writer_bench_post(bench, NULL);
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
	assert_true(conflict->time_ms == WRITER_BENCH_MS);
	assert_int_equal(find_note(notes, "own_log", LOG_LEVEL_WARN, "flood")->retry_after_s, 35);
	assert_null(writer_bench_post(bench, NULL)); /* nothing to tell twice */
}

static void an_exception_of_many_lines_counts_as_one_error(void **state)
{
	struct writer_bench *bench = *state;
	static const char *const lines[] = {
		"2026-11-20 10:00:21,000 +0000 - app - ERROR - failed to handle",
		"Traceback (most recent call last):", "  File \"bot.py\", line 7, in handle",
		"    price = prices[sku]", "            ~~~~~~^^^^^", "KeyError: 'sku'",
		"telegram.error.Conflict: Conflict: terminated by other getUpdates request"};
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		writer_bench_line(bench, lines[i]);
	const struct msg_obs_notes *notes = writer_bench_post(bench, NULL);
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
	struct writer_bench *bench = *state;
	int64_t posts = 0;
	assert_int_equal(event_writer_due_ms(bench->writer), -1);
	for (int ms = 0; ms < 1000; ms++) {
		writer_bench_line(bench, "x");
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
	struct writer_bench *bench = *state;
	const struct chunk_list *list;
	for (int i = 0; i < 4; i++)
		assert_true(mailbox_post(bench->box, MSG_obs_notes, msg_new(MSG_obs_notes)));
	writer_bench_line(bench, "one");
	assert_false(event_writer_post(bench->writer, bench->box, true));
	writer_bench_line(bench, "two");
	struct parcel other[4];
	assert_int_equal(mailbox_take(bench->box, other, 4), 4);
	for (size_t i = 0; i < 4; i++)
		parcel_release(&other[i]);
	const struct msg_obs_notes *notes = writer_bench_post(bench, &list);
	if (!notes) {
		fail();
		return;
	}
	assert_int_equal(notes->lines, 2);
	assert_int_equal(list->count, 1);
	assert_int_equal(chunk_count(list->chunks[0]), 2);
}

static void a_name_that_nobody_knows_leaves_a_line_with_its_log(void **state)
{
	struct writer_bench *bench = *state;
	writer_bench_line(bench, "level=info bot=123456 msg=known");
	writer_bench_line(bench, "level=info bot=stranger msg=unknown");
	event_writer_give_to(bench->writer, NULL);
	writer_bench_line(bench, "level=info bot=stranger msg=nobody");
	const struct chunk *chunk = writer_bench_chunk(bench);
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 0)), "shop");
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 1)), "own_log");
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 2)), "stranger");
}

static void a_log_that_gets_another_bot_keeps_what_waits(void **state)
{
	struct writer_bench *bench = *state;
	while (mailbox_post(bench->box, MSG_obs_notify, msg_new(MSG_obs_notify))) {
	}
	writer_bench_line(bench, "2026-11-20 10:00:21,000 +0000 - app - INFO - hello");
	event_writer_lost(bench->writer, 7);
	assert_false(event_writer_post(bench->writer, bench->box, true));
	event_writer_give_to(bench->writer, "other");
	writer_bench_line(bench, "2026-11-20 10:00:21,000 +0000 - app - INFO - goodbye");
	event_writer_give_to(bench->writer, NULL);
	writer_bench_line(bench, "2026-11-20 10:00:21,000 +0000 - app - INFO - nobody");
	for (struct parcel parcel; mailbox_take(bench->box, &parcel, 1);)
		parcel_release(&parcel);
	const struct chunk *chunk = writer_bench_chunk(bench);
	const struct msg_obs_notes *notes = bench->parcel.message.body;
	assert_int_equal(notes->dropped, 7);
	assert_int_equal(chunk_count(chunk), 3);
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 0)), "own_log");
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 1)), "other");
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 2)), "");
}

static void an_engine_that_takes_nothing_costs_bounded_memory_and_is_told(void **state)
{
	struct writer_bench *bench = *state;
	autofree char *line = xmalloc(60000);
	memset(line, 'x', 60000);
	for (int i = 0; i < 400; i++)
		event_writer_line(bench->writer, line, 60000, false);
	const struct chunk_list *list;
	const struct msg_obs_notes *notes = writer_bench_post(bench, &list);
	size_t held = 0;
	for (size_t i = 0; i < list->count; i++)
		held += chunk_count(list->chunks[i]);
	assert_int_equal(list->count, 64);
	assert_int_equal(notes->dropped + held, 400);
	assert_true(notes->dropped > 0);
}

static void a_writer_that_never_posted_frees_everything(void **state)
{
	struct writer_bench *bench = *state;
	writer_bench_line(bench, "level=error msg=x");
}

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
	struct writer_bench *bench = *state;
	event_writer_back(bench->writer, WRITER_BENCH_MS - 1000);
	writer_bench_line(bench,
		"2026-11-20T09:46:21Z ERROR Conflict: terminated by other getUpdates request");
	writer_bench_line(bench,
		"2026-11-20T09:59:21Z ERROR Conflict: terminated by other getUpdates request");
	writer_bench_line(bench, "2026-11-20T09:59:21Z ERROR boom");
	const struct msg_obs_notes *notes = writer_bench_post(bench, NULL);
	const struct msg_note *old =
		count_of(notes, "conflict", LOG_LEVEL_ERROR, WRITER_BENCH_MS - 744 - 14 * 60000);
	const struct msg_note *young =
		count_of(notes, "conflict", LOG_LEVEL_ERROR, WRITER_BENCH_MS - 744 - 60000);
	if (!old || !young) {
		fail();
		return;
	}
	assert_int_equal(old->lines, 1);
	assert_int_equal(young->lines, 1);
	assert_int_equal(notes->lines, 3);
}

static void of_what_was_there_before_us_nothing_without_a_time_counts(void **state)
{
	struct writer_bench *bench = *state;
	event_writer_back(bench->writer, WRITER_BENCH_MS - 7000);
	writer_bench_line(bench, "ERROR Conflict: terminated by other getUpdates request");
	writer_bench_line(bench, "Update 1 is handled. Duration 120 ms by bot id=5");
	const struct chunk_list *list;
	const struct msg_obs_notes *notes = writer_bench_post(bench, &list);
	if (!notes) {
		fail();
		return;
	}
	assert_int_equal(notes->lines, 2);
	assert_int_equal(notes->counts_count, 1);
	assert_int_equal(notes->counts[0].level, LOG_LEVEL_NONE);
	assert_string_equal(notes->counts[0].trouble, "");
	assert_int_equal(notes->counts[0].time_ms, WRITER_BENCH_MS - 7000);
	/* The line itself is kept as what it is. */
	assert_int_equal(chunk_record(list->chunks[0], 0)->level, LOG_LEVEL_ERROR);
	assert_int_equal(chunk_record(list->chunks[0], 0)->trouble, TROUBLE_CONFLICT);
	event_writer_back(bench->writer, LOG_NO_TIME);
	writer_bench_line(bench, "ERROR Conflict: terminated by other getUpdates request");
	writer_bench_line(bench, "Update 2 is handled. Duration 120 ms by bot id=5");
	notes = writer_bench_post(bench, NULL);
	assert_non_null(count_of(notes, "conflict", LOG_LEVEL_ERROR, WRITER_BENCH_MS));
}

static uint64_t handled_of(const struct msg_obs_notes *notes)
{
	if (!notes) {
		fail();
		return 0;
	}
	assert_int_equal(notes->counts_count, 1);
	return notes->counts[0].handled;
}

static void how_fast_a_handler_was_before_us_is_not_told(void **state)
{
	struct writer_bench *bench = *state;
	static const char line[] =
		"2026-11-20T10:00:20Z INFO Update id=1 is handled. Duration 120 ms by bot id=5";
	event_writer_back(bench->writer, WRITER_BENCH_MS);
	writer_bench_line(bench, line);
	assert_int_equal(handled_of(writer_bench_post(bench, NULL)), 0);
	event_writer_back(bench->writer, LOG_NO_TIME);
	writer_bench_line(bench, line);
	assert_int_equal(handled_of(writer_bench_post(bench, NULL)), 1);
}

#define with_bench(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, writer_bench_set_up, writer_bench_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_bench(notes_count_by_bot_level_and_trouble),
		with_bench(an_exception_of_many_lines_counts_as_one_error),
		with_bench(notes_are_posted_at_most_sixty_times_a_second),
		with_bench(a_full_mailbox_forgets_nothing),
		with_bench(a_name_that_nobody_knows_leaves_a_line_with_its_log),
		with_bench(a_log_that_gets_another_bot_keeps_what_waits),
		with_bench(an_engine_that_takes_nothing_costs_bounded_memory_and_is_told),
		with_bench(a_writer_that_never_posted_frees_everything),
		with_bench(trouble_is_counted_by_its_time),
		with_bench(of_what_was_there_before_us_nothing_without_a_time_counts),
		with_bench(how_fast_a_handler_was_before_us_is_not_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
