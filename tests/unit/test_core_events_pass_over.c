/* SPDX-License-Identifier: MIT */
/* Chunks that cannot hold what is asked for are passed over, and that changes no answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <stdio.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/events/query.h"
#include "core/events/writer.h"
#include "core/msg/msg.h"
#include "core/parse/log_line.h"
#include "tests/support/event_store.h"

static void add_many(
	struct event_store *store, size_t source, const char *bot, enum log_level level)
{
	for (int i = 0; i < 20000; i++) {
		const struct event_input input = {
			.wall_ms = EVENT_STORE_MS, .level = level, .bot = bot, .message = "tick"};
		event_writer_event(store->writers[source], &input);
		if (i % 1000 == 0)
			event_store_deliver(store);
	}
	event_store_deliver(store);
}

/* Answered within so few lines that most of what is there cannot have been read. */
static void assert_answered_within(struct event_store *store, const struct event_question *question,
	const char *expression, size_t lines, const char *expected, uint64_t hidden)
{
	struct event_query *query = event_store_ask(store, question, expression);
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	autostr struct str said = STR_INIT;
	assert_true(event_query_step(query, lines));
	event_query_take(query, rows);
	for (size_t i = 0; i < rows->rows_count; i++)
		str_addf(&said, "%s%s", i ? " " : "", rows->rows[i].text);
	assert_string_equal(said.text, expected);
	assert_int_equal(rows->hidden, hidden);
	msg_free(MSG_win_rows, rows);
	event_query_free(query);
}

static void chunks_that_cannot_hold_what_is_asked_for_are_not_read(void **state)
{
	struct event_store *store = *state;
	const char *quiz[] = {"quiz"};
	event_store_add(store, 1, EVENT_STORE_MS - 100, "quiz", "b1");
	add_many(store, 0, "shop", LOG_LEVEL_INFO);
	event_store_add(store, 1, EVENT_STORE_MS, "quiz", "b2");
	event_store_deliver(store);
	struct event_question question = {.anchor = EVENT_KEY_END, .before = 10};
	assert_answered_within(store, &question, "bot=quiz", 200, "b1 b2", 20000);
	assert_answered_within(store, &question, "source=b", 200, "b1 b2", 20000);
	assert_answered_within(store, &question, "level>=error", 200, "", 20002);
	assert_answered_within(store, &question, "bot=quiz and level=info /b/ or level=fatal", 200,
		"b1 b2", 20000);
	question.bots = quiz;
	question.bot_count = 1;
	assert_answered_within(store, &question, NULL, 200, "b1 b2", 0);
	assert_answered_within(store, &question, "level>=error", 200, "", 2);
	question = (struct event_question){.anchor = EVENT_KEY_FIRST, .after = 10};
	assert_answered_within(store, &question, "bot=quiz", 200, "b1 b2", 20000);
}

/* Telling that no line fits takes a look at each bot and level of a chunk: they count as lines. */
static void what_it_takes_to_pass_over_a_chunk_counts(void **state)
{
	enum { BOTS = 5 };
	struct event_store *store = *state;
	for (int i = 0; i < EVENT_STORE_SOURCES * BOTS; i++) {
		char bot[16];
		snprintf(bot, sizeof(bot), "bot-%d", i / EVENT_STORE_SOURCES);
		event_store_add(store, (size_t)i % EVENT_STORE_SOURCES, EVENT_STORE_MS - 900 + i,
			bot, "tick");
	}
	event_store_deliver(store);
	const struct event_question all = {.anchor = EVENT_KEY_END, .before = 100};
	struct event_query *query = event_store_ask(store, &all, "level>=error");
	assert_false(event_query_step(query, 2 * BOTS));
	assert_true(event_query_step(query, 2 * BOTS));
	event_query_free(query);
}

static void a_chunk_of_many_bots_is_read_and_nothing_is_missed(void **state)
{
	struct event_store *store = *state;
	const char *bots[] = {"bot-999"};
	for (int i = 0; i < 1000; i++) {
		char bot[16];
		snprintf(bot, sizeof(bot), "bot-%d", i);
		event_store_add(store, 0, EVENT_STORE_MS, bot, bot);
	}
	event_store_deliver(store);
	struct event_question question = {.anchor = EVENT_KEY_END, .before = 10};
	assert_event_answer(store, &question, "bot=bot-999", "bot-999");
	assert_event_answer(store, &question, "bot=bot-0", "bot-0");
	question.bots = bots;
	question.bot_count = 1;
	assert_event_answer(store, &question, NULL, "bot-999");
}

static void of_a_followed_end_only_what_is_new_is_looked_at(void **state)
{
	struct event_store *store = *state;
	struct event_question question = {.anchor = EVENT_KEY_END, .before = 10};
	struct event_key oldest, newest;
	event_store_fill(store);
	add_many(store, 0, "shop", LOG_LEVEL_INFO);
	struct event_query *query = event_store_ask(store, &question, "/[12]$/");
	struct event_marks *marks = event_query_marks(query);
	event_query_free(query);
	event_store_add(store, 0, EVENT_STORE_MS + 1, "shop", "a7");
	event_store_add(store, 1, EVENT_STORE_MS + 2, "quiz", "b1");
	event_store_add(store, 2, EVENT_STORE_MS - 300, "shop", "c2"); /* belongs further up */
	event_store_deliver(store);
	question.since = marks;
	assert_answered_within(store, &question, "/[12]$/", 3, "c2 b1", 1);
	assert_answered_within(store, &question, "level>=warn", 3, "", 3);
	query = event_store_ask(store, &question, "/[12]$/");
	assert_true(event_query_step(query, 100));
	assert_int_equal(event_query_span(query, &oldest, &newest), 2);
	assert_int_equal(oldest.time_ms, EVENT_STORE_MS - 300);
	assert_int_equal(newest.time_ms, EVENT_STORE_MS + 2);
	event_query_whole(query);
	while (!event_query_step(query, 1000))
		continue;
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	event_query_take(query, rows);
	assert_int_equal(rows->rows_count, 7);
	assert_string_equal(rows->rows[5].text, "c2");
	msg_free(MSG_win_rows, rows);
	event_query_free(query);
	free(marks);
}

/* The same with a filter that no chunk can be judged by, and without a list of bots. */
static void assert_agrees_with_reading_all(
	struct event_store *store, const struct event_question *question, const char *expression)
{
	struct event_question plain = *question;
	autofree char *all = xasprintf(
		"(%s) %s or /^never$/", expression, question->bot_count ? "and bot=quiz" : "");
	plain.bot_count = 0;
	struct msg_win_rows *rows = event_store_answer(store, question, expression);
	struct msg_win_rows *truth = event_store_answer(store, &plain, all);
	assert_int_equal(rows->rows_count, truth->rows_count);
	for (size_t i = 0; i < rows->rows_count; i++)
		assert_string_equal(rows->rows[i].key, truth->rows[i].key);
	assert_int_equal(rows->hits, truth->hits);
	if (!question->bot_count && !truth->more_before && !truth->more_after)
		assert_int_equal(rows->hidden, truth->hidden);
	msg_free(MSG_win_rows, rows);
	msg_free(MSG_win_rows, truth);
}

/* Whatever is passed over, what is left and what is counted is what reading everything gives. */
static void passing_over_chunks_changes_no_answer(void **state)
{
	static const char *const bots[] = {"shop", "quiz", NULL, "news"};
	static const char *const filters[] = {"tick", "level>=warn", "bot=quiz", "not bot=shop",
		"bot=news or level=error", "not (bot=quiz and level=info)", "level<info"};
	struct event_store *store = *state;
	struct rng rng;
	rng_init(&rng, 7);
	for (int run = 0; run < 12; run++) {
		const char *bot = bots[rng_below(&rng, COUNT_OF(bots))];
		enum log_level level = (enum log_level)rng_below(&rng, LOG_LEVELS);
		size_t source = (size_t)rng_below(&rng, EVENT_STORE_SOURCES);
		for (int i = 0; i < 400; i++) {
			const struct event_input input = {
				.wall_ms = EVENT_STORE_MS - 6000 + run * 400 + i,
				.level = level,
				.bot = bot,
				.message = "tick"};
			event_writer_event(store->writers[source], &input);
		}
		event_store_deliver(store);
	}
	for (size_t f = 0; f < COUNT_OF(filters); f++)
		for (size_t count = 0; count < 2; count++) {
			const char *wanted[] = {"quiz"};
			const struct event_question question = {
				.anchor = {EVENT_STORE_MS - 4000, 0, 0},
				.before = 300,
				.after = 400,
				.bots = wanted,
				.bot_count = count};
			assert_agrees_with_reading_all(store, &question, filters[f]);
		}
}

#define with_store(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, event_store_set_up, event_store_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_store(chunks_that_cannot_hold_what_is_asked_for_are_not_read),
		with_store(what_it_takes_to_pass_over_a_chunk_counts),
		with_store(a_chunk_of_many_bots_is_read_and_nothing_is_missed),
		with_store(of_a_followed_end_only_what_is_new_is_looked_at),
		with_store(passing_over_chunks_changes_no_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
