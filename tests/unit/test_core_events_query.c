/* SPDX-License-Identifier: MIT */
/* Questions to the store of events: what a window is answered, in which order, and what is counted beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/events/fields.h"
#include "core/events/query.h"
#include "core/events/writer.h"
#include "core/msg/msg.h"
#include "core/parse/log_line.h"
#include "tests/support/event_store.h"

static void sources_are_merged_by_time_with_a_stable_order(void **state)
{
	struct event_store *store = *state;
	event_store_fill(store);
	const struct event_question all = {.anchor = EVENT_KEY_END, .before = 100};
	assert_event_answer(store, &all, NULL, "a1 c1 b1 own a2 b2 a3");
	const struct event_question tail = {.anchor = EVENT_KEY_END, .before = 3};
	assert_event_answer(store, &tail, NULL, "a2 b2 a3");
	const struct event_question head = {.anchor = EVENT_KEY_FIRST, .after = 3};
	assert_event_answer(store, &head, NULL, "a1 c1 b1");
	const struct event_question middle = {
		.anchor = {EVENT_STORE_MS - 600, 0, 0}, .before = 2, .after = 2};
	assert_event_answer(store, &middle, NULL, "c1 b1 own a2");
}

static void a_key_of_a_row_is_a_position_for_ever(void **state)
{
	struct event_store *store = *state;
	event_store_fill(store);
	const struct event_question all = {.anchor = EVENT_KEY_END, .before = 100};
	struct msg_win_rows *rows = event_store_answer(store, &all, NULL);
	event_store_add(store, 2, EVENT_STORE_MS - 490, "shop", "c2");
	event_store_deliver(store);
	struct event_question from = {.before = 1, .after = 3};
	assert_true(event_key_read(rows->rows[5].key, &from.anchor, NULL));
	assert_event_answer(store, &from, NULL, "a2 b2 c2 a3");
	msg_free(MSG_win_rows, rows);
}

static void a_filter_hides_and_is_counted(void **state)
{
	struct event_store *store = *state;
	event_store_fill(store);
	const struct event_question all = {.anchor = EVENT_KEY_END, .before = 100};
	assert_event_answer(store, &all, "/[ab]\\d/ !b1", "a1 a2 b2 a3");
	assert_event_answer(store, &all, "bot=quiz or source=c", "c1 b1 b2");
	struct msg_win_rows *rows = event_store_answer(store, &all, "/2$/");
	assert_int_equal(rows->hits, 2);
	assert_int_equal(rows->hidden, 5);
	assert_true(rows->scanned_from_ms == EVENT_STORE_MS - 900);
	assert_true(rows->scanned_to_ms == EVENT_STORE_MS - 100);
	assert_int_equal(rows->more_before, 0);
	msg_free(MSG_win_rows, rows);
}

static void more_is_said_to_be_there_as_long_as_lines_are_left(void **state)
{
	struct event_store *store = *state;
	event_store_add(store, 0, EVENT_STORE_MS - 900, "shop", "hit 1");
	event_store_add(store, 0, EVENT_STORE_MS - 800, "shop", "hit 2");
	for (int i = 0; i < 50; i++)
		event_store_add(store, 0, EVENT_STORE_MS - 700, "shop", "tick");
	event_store_deliver(store);
	for (size_t wanted = 1; wanted <= 2; wanted++) {
		const struct event_question last = {.anchor = EVENT_KEY_END, .before = wanted};
		struct msg_win_rows *rows = event_store_answer(store, &last, "hit");
		assert_int_equal(rows->rows_count, wanted);
		assert_int_equal(rows->more_before, 2 - wanted);
		msg_free(MSG_win_rows, rows);
	}
}

/* Characters of one size, so many; the last one is another. */
static char *repeated(const char *text, size_t count, const char *last)
{
	struct str all = STR_INIT;
	while (count--)
		str_adds(&all, text);
	str_adds(&all, last);
	return str_detach(&all);
}

/* Neither its width nor its last sign tells. */
static void a_line_says_whether_it_is_cut(void **state)
{
	struct event_store *store = *state;
	static const struct {
		const char *text, *last;
		size_t count;
		bool is_cut;
	} cases[] = {{"x", "", EVENT_ROW_CELLS_MAX - 1, false},
		{"x", "", EVENT_ROW_CELLS_MAX, false}, {"x", "", EVENT_ROW_CELLS_MAX + 1, true},
		{"日", "", EVENT_ROW_CELLS_MAX / 2, false},
		{"日", "", EVENT_ROW_CELLS_MAX / 2 + 1, true}, {"x", "…", 10, false},
		{"x", "…", EVENT_ROW_CELLS_MAX, true}};
	const struct event_question all = {
		.anchor = EVENT_KEY_END, .before = 100, .whole_lines = true};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		autofree char *text = repeated(cases[i].text, cases[i].count, cases[i].last);
		event_store_add(store, 0, EVENT_STORE_MS - 900 + (int64_t)i, "shop", text);
	}
	event_store_deliver(store);
	struct msg_win_rows *rows = event_store_answer(store, &all, NULL);
	assert_int_equal(rows->rows_count, COUNT_OF(cases));
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(rows->rows[i].cut, cases[i].is_cut);
	msg_free(MSG_win_rows, rows);
}

static void a_field_says_whether_it_is_cut(void **state)
{
	struct event_store *store = *state;
	static const struct {
		const char *last;
		size_t count;
		bool is_cut;
	} cases[] = {{"", EVENT_FIELD_CELLS, false}, {"", EVENT_FIELD_CELLS + 1, true},
		{"…", 3, false}, {"…", EVENT_FIELD_CELLS, true}};
	const struct event_question all = {
		.anchor = EVENT_KEY_END, .before = 100, .all_fields = true};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		autofree char *text = repeated("x", cases[i].count, cases[i].last);
		autofree char *line = xasprintf("{\"time\":%lld,\"a\":\"%s\"}",
			(long long)(EVENT_STORE_MS - 900 + (int64_t)i), text);
		event_writer_line(store->writers[0], line, strlen(line), false);
	}
	event_store_deliver(store);
	struct msg_win_rows *rows = event_store_answer(store, &all, NULL);
	assert_int_equal(rows->rows_count, COUNT_OF(cases));
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(rows->rows[i].fields[1].cut, cases[i].is_cut);
	msg_free(MSG_win_rows, rows);
}

static void rows_of_some_bots_come_with_what_we_say_of_them(void **state)
{
	struct event_store *store = *state;
	static const char *const bots[] = {"quiz", "nobody"};
	event_store_fill(store);
	event_store_add(store, 3, EVENT_STORE_MS - 600, "quiz", "quiz-is-down");
	event_store_add(store, 3, EVENT_STORE_MS - 600, "shop", "shop-is-down");
	event_store_deliver(store);
	const struct event_question some = {
		.anchor = EVENT_KEY_END, .before = 100, .bots = bots, .bot_count = COUNT_OF(bots)};
	assert_event_answer(store, &some, NULL, "b1 quiz-is-down b2");
	assert_event_answer(store, &some, "level>=error", "");
	struct msg_win_rows *rows = event_store_answer(store, &some, NULL);
	assert_string_equal(rows->rows[1].bot, "quiz");
	assert_string_equal(rows->rows[1].source, "botswain");
	assert_string_equal(rows->rows[0].bot, "quiz");
	assert_int_equal(rows->rows[0].level, LOG_LEVEL_INFO);
	assert_int_equal(rows->hidden, 0);
	msg_free(MSG_win_rows, rows);
}

static void seeking_gives_the_next_key_in_its_direction(void **state)
{
	struct event_store *store = *state;
	struct event_key key;
	event_store_fill(store);
	const struct event_question forwards = {.anchor = {EVENT_STORE_MS - 850, 0, 0}, .after = 1};
	const struct event_question backwards = {
		.anchor = {EVENT_STORE_MS - 500, 0, 0}, .before = 1};
	const struct event_question *const both[] = {&forwards, &backwards};
	for (size_t i = 0; i < 2; i++) {
		struct event_query *query = event_store_ask(store, both[i], "b1");
		while (!event_query_step(query, 1))
			continue;
		assert_true(event_query_hit(query, &key));
		assert_true(key.time_ms == EVENT_STORE_MS - 700);
		assert_int_equal(key.source, 2);
		event_query_free(query);
	}
	struct event_query *query = event_store_ask(store, &forwards, "a1");
	assert_true(event_query_step(query, 1000));
	assert_false(event_query_hit(query, &key));
	event_query_free(query);
}

static void a_question_can_be_dropped_between_two_slices(void **state)
{
	struct event_store *store = *state;
	event_store_fill(store);
	const struct event_question all = {
		.anchor = {EVENT_STORE_MS - 600, 0, 0}, .before = 100, .after = 100};
	struct event_query *query = event_store_ask(store, &all, NULL);
	assert_false(event_query_step(query, 2));
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	event_query_take(query, rows);
	assert_false(rows->done);
	assert_int_equal(rows->rows_count, 2);
	assert_int_equal(rows->more_before, 2);
	assert_int_equal(rows->more_after, 3);
	msg_free(MSG_win_rows, rows);
	event_query_free(query);
}

static void parts_taken_between_slices_make_the_whole_answer(void **state)
{
	static const char *const parts[] = {"b1 own", "c1 a2", "a1 b2", "a3"};
	struct event_store *store = *state;
	event_store_fill(store);
	const struct event_question all = {
		.anchor = {EVENT_STORE_MS - 600, 0, 0}, .before = 100, .after = 100};
	struct event_query *query = event_store_ask(store, &all, NULL);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		struct msg_win_rows *rows = msg_new(MSG_win_rows);
		autostr struct str said = STR_INIT;
		assert_int_equal(event_query_step(query, 2), i == COUNT_OF(parts) - 1);
		event_query_take(query, rows);
		for (size_t r = 0; r < rows->rows_count; r++)
			str_addf(&said, "%s%s", r ? " " : "", rows->rows[r].text);
		assert_string_equal(said.text, parts[i]);
		assert_int_equal(rows->done, i == COUNT_OF(parts) - 1);
		assert_int_equal(rows->hits, i == COUNT_OF(parts) - 1 ? 7 : 2 * (i + 1));
		msg_free(MSG_win_rows, rows);
	}
	event_query_free(query);
}

static void a_snapshot_does_not_see_what_comes_later(void **state)
{
	struct event_store *store = *state;
	event_store_fill(store);
	const struct event_question all = {.anchor = EVENT_KEY_END, .before = 100};
	struct event_query *query = event_store_ask(store, &all, NULL);
	event_store_add(store, 0, EVENT_STORE_MS, "shop",
		"a4"); /* into the open chunk that the snapshot holds */
	assert_true(event_query_step(query, 1000));
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	event_query_take(query, rows);
	assert_int_equal(rows->rows_count, 7);
	msg_free(MSG_win_rows, rows);
	event_query_free(query);
	assert_event_answer(
		store, &(struct event_question){.anchor = EVENT_KEY_END, .before = 1}, NULL, "a4");
}

static void late_lines_are_marked_and_stand_where_they_belong(void **state)
{
	struct event_store *store = *state;
	event_store_add(store, 0, EVENT_STORE_MS - 100, "shop", "first");
	event_store_add(store, 0, EVENT_STORE_MS - 900, "shop", "late");
	event_store_deliver(store);
	struct msg_win_rows *rows = event_store_answer(
		store, &(struct event_question){.anchor = EVENT_KEY_END, .before = 5}, NULL);
	assert_string_equal(rows->rows[0].text, "late");
	assert_true(rows->rows[0].late);
	assert_true(rows->rows[0].time_ms == EVENT_STORE_MS - 900);
	assert_false(rows->rows[1].late);
	msg_free(MSG_win_rows, rows);
}

static void nothing_is_answered_with_nothing(void **state)
{
	struct event_store *store = *state;
	assert_event_answer(store,
		&(struct event_question){.anchor = EVENT_KEY_END, .before = 5, .after = 5}, "x",
		"");
	event_store_fill(store);
	assert_event_answer(store, &(struct event_question){.anchor = EVENT_KEY_END}, NULL, "");
}

static void keys_survive_their_text_form(void **state)
{
	(void)state;
	const struct event_key keys[] = {
		{EVENT_STORE_MS, UINT64_MAX, 7}, {-5, 0, 0}, EVENT_KEY_END, EVENT_KEY_FIRST};
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		struct event_key back;
		assert_true(event_key_read(event_key_print(keys[i]).text, &back, NULL));
		assert_int_equal(event_key_compare(keys[i], back), 0);
	}
	struct event_key key = {1, 2, 3};
	assert_true(event_key_read("", &key, NULL));
	assert_int_equal(event_key_compare(key, EVENT_KEY_END), 0);
	static const char *const bad[] = {"5", "5/", "5/6", "5/6/", "5/6/7x", "x/6/7", "5/g/7",
		"5/-6/7", "5/6/-7", "99999999999999999999/1/1", "/1/1", "5/6/7/8"};
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(event_key_read(bad[i], &key, NULL));
}

struct flat {
	int64_t wall_ms;
	size_t source;
	unsigned number;
};

static int compare_flat(const void *a, const void *b)
{
	const struct flat *x = a, *y = b;
	if (x->wall_ms != y->wall_ms)
		return x->wall_ms < y->wall_ms ? -1 : 1;
	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

enum { LINES = 6000 };

/* Any window of any size around any time is what a plain sort of everything says. */
static void every_window_agrees_with_a_plain_sort(void **state)
{
	struct event_store *store = *state;
	static struct flat flat[LINES];
	struct rng rng;
	rng_init(&rng, 5);
	for (unsigned i = 0; i < LINES; i++) {
		size_t source = rng_below(&rng, EVENT_STORE_SOURCES);
		int64_t wall_ms = EVENT_STORE_MS - 20000 + i * 3 + (int64_t)rng_below(&rng, 50);
		char text[16];
		snprintf(text, sizeof(text), "%u", i);
		event_store_add(store, source, wall_ms, "shop", text);
		flat[i] = (struct flat){wall_ms, source + 1, i};
		if (rng_below(&rng, 100) == 0)
			event_store_deliver(store);
	}
	event_store_deliver(store);
	qsort(flat, LINES, sizeof(flat[0]), compare_flat);
	for (int round = 0; round < 200; round++) {
		struct event_question question = {
			.anchor = {EVENT_STORE_MS - 20000 + (int64_t)rng_below(&rng, 19000), 0, 0},
			.before = rng_below(&rng, 40),
			.after = rng_below(&rng, 40)};
		size_t split = 0;
		while (split < LINES && flat[split].wall_ms < question.anchor.time_ms)
			split++;
		size_t first = split > question.before ? split - question.before : 0;
		size_t end = split + question.after < LINES ? split + question.after : LINES;
		struct msg_win_rows *rows = event_store_answer(store, &question, NULL);
		assert_int_equal(rows->rows_count, end - first);
		for (size_t i = first; i < end; i++)
			assert_int_equal(
				strtoul(rows->rows[i - first].text, NULL, 10), flat[i].number);
		assert_int_equal(rows->more_before, first);
		assert_int_equal(rows->more_after, LINES - end);
		msg_free(MSG_win_rows, rows);
	}
}

#define with_store(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, event_store_set_up, event_store_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_store(sources_are_merged_by_time_with_a_stable_order),
		with_store(a_key_of_a_row_is_a_position_for_ever),
		with_store(a_filter_hides_and_is_counted),
		with_store(more_is_said_to_be_there_as_long_as_lines_are_left),
		with_store(a_line_says_whether_it_is_cut),
		with_store(a_field_says_whether_it_is_cut),
		with_store(rows_of_some_bots_come_with_what_we_say_of_them),
		with_store(seeking_gives_the_next_key_in_its_direction),
		with_store(a_question_can_be_dropped_between_two_slices),
		with_store(parts_taken_between_slices_make_the_whole_answer),
		with_store(a_snapshot_does_not_see_what_comes_later),
		with_store(late_lines_are_marked_and_stand_where_they_belong),
		with_store(nothing_is_answered_with_nothing),
		cmocka_unit_test(keys_survive_their_text_form),
		with_store(every_window_agrees_with_a_plain_sort),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
