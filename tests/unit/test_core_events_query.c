/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/events/directory.h"
#include "core/events/query.h"
#include "core/events/writer.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/parse/log_columns.h"
#include "core/parse/log_line.h"

#define T INT64_C(1795168821744)

enum { SOURCES = 4 };

struct bench {
	struct clock clock;
	struct mailbox *box;
	struct event_directory *directory;
	struct event_writer *writers[SOURCES];
};

static int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	static const char *const names[SOURCES] = {"a", "b", "c", "botswain"};
	clock_init_virtual(&bench->clock, T);
	bench->box = mailbox_new(1000);
	bench->directory = event_directory_new(64 << 20);
	for (size_t i = 0; i < SOURCES; i++) {
		const struct event_source source = {
			.id = i + 1, .name = names[i], .is_own = i == 3};
		bench->writers[i] = event_writer_new(&source, NULL, &bench->clock);
	}
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	for (size_t i = 0; i < SOURCES; i++)
		event_writer_free(bench->writers[i]);
	mailbox_free(bench->box);
	event_directory_free(bench->directory);
	free(bench);
	return 0;
}

static void add(
	struct bench *bench, size_t source, int64_t wall_ms, const char *bot, const char *text)
{
	const struct event_input input = {
		.wall_ms = wall_ms, .level = LOG_LEVEL_INFO, .bot = bot, .message = text};
	event_writer_event(bench->writers[source], &input);
}

/* What the engine does with the notes of its workers. */
static void deliver(struct bench *bench)
{
	struct parcel parcel;
	for (size_t i = 0; i < SOURCES; i++)
		assert_true(event_writer_post(bench->writers[i], bench->box, true));
	while (mailbox_take(bench->box, &parcel, 1)) {
		event_directory_add(bench->directory, parcel.attachment);
		parcel.attachment = NULL;
		parcel_release(&parcel);
	}
}

static struct event_query *ask(
	struct bench *bench, const struct event_question *question, const char *expression)
{
	const struct filter_schema schema = log_schema(T, 0);
	size_t at;
	struct filter *filter = expression ? filter_new(expression, &schema, &at, NULL) : NULL;
	return event_query_new(event_directory_snapshot(bench->directory), filter, NULL, question);
}

/* The answer as the texts of its rows, with a '|' where the anchor is not told. */
static struct msg_win_rows *answer(
	struct bench *bench, const struct event_question *question, const char *expression)
{
	struct event_query *query = ask(bench, question, expression);
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	while (!event_query_step(query, 3))
		continue;
	event_query_take(query, rows);
	event_query_free(query);
	assert_true(rows->done);
	return rows;
}

static void assert_answer(struct bench *bench, const struct event_question *question,
	const char *expression, const char *expected)
{
	autostr struct str said = STR_INIT;
	struct msg_win_rows *rows = answer(bench, question, expression);
	for (size_t i = 0; i < rows->rows_count; i++)
		str_addf(&said, "%s%s", i ? " " : "", rows->rows[i].text);
	assert_string_equal(said.text, expected);
	msg_free(MSG_win_rows, rows);
}

static void fill(struct bench *bench)
{
	add(bench, 0, T - 900, "shop", "a1");
	add(bench, 0, T - 500, "shop", "a2");
	add(bench, 0, T - 100, "shop", "a3");
	add(bench, 1, T - 700, "quiz", "b1");
	add(bench, 1, T - 500, "quiz", "b2");
	add(bench, 2, T - 800, "shop", "c1");
	add(bench, 3, T - 600, NULL, "own");
	deliver(bench);
}

static void sources_are_merged_by_time_with_a_stable_order(void **state)
{
	struct bench *bench = *state;
	fill(bench);
	const struct event_question all = {.anchor = EVENT_KEY_END, .before = 100};
	assert_answer(bench, &all, NULL, "a1 c1 b1 own a2 b2 a3");
	const struct event_question tail = {.anchor = EVENT_KEY_END, .before = 3};
	assert_answer(bench, &tail, NULL, "a2 b2 a3");
	const struct event_question head = {.anchor = EVENT_KEY_FIRST, .after = 3};
	assert_answer(bench, &head, NULL, "a1 c1 b1");
	const struct event_question middle = {.anchor = {T - 600, 0, 0}, .before = 2, .after = 2};
	assert_answer(bench, &middle, NULL, "c1 b1 own a2");
}

static void a_key_of_a_row_is_a_position_for_ever(void **state)
{
	struct bench *bench = *state;
	fill(bench);
	const struct event_question all = {.anchor = EVENT_KEY_END, .before = 100};
	struct msg_win_rows *rows = answer(bench, &all, NULL);
	add(bench, 2, T - 490, "shop", "c2");
	deliver(bench);
	struct event_question from = {.before = 1, .after = 3};
	assert_true(event_key_read(rows->rows[5].key, &from.anchor, NULL));
	assert_answer(bench, &from, NULL, "a2 b2 c2 a3");
	msg_free(MSG_win_rows, rows);
}

static void a_filter_hides_and_is_counted(void **state)
{
	struct bench *bench = *state;
	fill(bench);
	const struct event_question all = {.anchor = EVENT_KEY_END, .before = 100};
	assert_answer(bench, &all, "/[ab]\\d/ !b1", "a1 a2 b2 a3");
	assert_answer(bench, &all, "bot=quiz or source=c", "c1 b1 b2");
	struct msg_win_rows *rows = answer(bench, &all, "/2$/");
	assert_int_equal(rows->hits, 2);
	assert_int_equal(rows->hidden, 5);
	assert_true(rows->scanned_from_ms == T - 900);
	assert_true(rows->scanned_to_ms == T - 100);
	assert_int_equal(rows->more_before, 0);
	msg_free(MSG_win_rows, rows);
}

static void more_is_said_to_be_there_as_long_as_lines_are_left(void **state)
{
	struct bench *bench = *state;
	add(bench, 0, T - 900, "shop", "hit 1");
	add(bench, 0, T - 800, "shop", "hit 2");
	for (int i = 0; i < 50; i++)
		add(bench, 0, T - 700, "shop", "tick");
	deliver(bench);
	for (size_t wanted = 1; wanted <= 2; wanted++) {
		const struct event_question last = {.anchor = EVENT_KEY_END, .before = wanted};
		struct msg_win_rows *rows = answer(bench, &last, "hit");
		assert_int_equal(rows->rows_count, wanted);
		assert_int_equal(rows->more_before, 2 - wanted);
		msg_free(MSG_win_rows, rows);
	}
}

static void rows_of_some_bots_come_with_what_we_say_of_them(void **state)
{
	struct bench *bench = *state;
	static const char *const bots[] = {"quiz", "nobody"};
	fill(bench);
	add(bench, 3, T - 600, "quiz", "quiz-is-down");
	add(bench, 3, T - 600, "shop", "shop-is-down");
	deliver(bench);
	const struct event_question some = {
		.anchor = EVENT_KEY_END, .before = 100, .bots = bots, .bot_count = COUNT_OF(bots)};
	assert_answer(bench, &some, NULL, "b1 quiz-is-down b2");
	assert_answer(bench, &some, "level>=error", "");
	struct msg_win_rows *rows = answer(bench, &some, NULL);
	assert_string_equal(rows->rows[1].bot, "quiz");
	assert_string_equal(rows->rows[1].source, "botswain");
	assert_string_equal(rows->rows[0].bot, "quiz");
	assert_int_equal(rows->rows[0].level, LOG_LEVEL_INFO);
	assert_int_equal(rows->hidden, 0);
	msg_free(MSG_win_rows, rows);
}

static void seeking_gives_the_next_key_in_its_direction(void **state)
{
	struct bench *bench = *state;
	struct event_key key;
	fill(bench);
	const struct event_question forwards = {.anchor = {T - 850, 0, 0}, .after = 1};
	const struct event_question backwards = {.anchor = {T - 500, 0, 0}, .before = 1};
	const struct event_question *const both[] = {&forwards, &backwards};
	for (size_t i = 0; i < 2; i++) {
		struct event_query *query = ask(bench, both[i], "b1");
		while (!event_query_step(query, 1))
			continue;
		assert_true(event_query_hit(query, &key));
		assert_true(key.time_ms == T - 700);
		assert_int_equal(key.source, 2);
		event_query_free(query);
	}
	struct event_query *query = ask(bench, &forwards, "a1");
	assert_true(event_query_step(query, 1000));
	assert_false(event_query_hit(query, &key));
	event_query_free(query);
}

static void a_question_can_be_dropped_between_two_slices(void **state)
{
	struct bench *bench = *state;
	fill(bench);
	const struct event_question all = {.anchor = {T - 600, 0, 0}, .before = 100, .after = 100};
	struct event_query *query = ask(bench, &all, NULL);
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
	struct bench *bench = *state;
	fill(bench);
	const struct event_question all = {.anchor = {T - 600, 0, 0}, .before = 100, .after = 100};
	struct event_query *query = ask(bench, &all, NULL);
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

static void add_many(struct bench *bench, size_t source, const char *bot, enum log_level level)
{
	for (int i = 0; i < 20000; i++) {
		const struct event_input input = {
			.wall_ms = T, .level = level, .bot = bot, .message = "tick"};
		event_writer_event(bench->writers[source], &input);
		if (i % 1000 == 0)
			deliver(bench);
	}
	deliver(bench);
}

/* Answered within so few lines that most of what is there cannot have been read. */
static void assert_answered_within(struct bench *bench, const struct event_question *question,
	const char *expression, size_t lines, const char *expected, uint64_t hidden)
{
	struct event_query *query = ask(bench, question, expression);
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
	struct bench *bench = *state;
	const char *quiz[] = {"quiz"};
	add(bench, 1, T - 100, "quiz", "b1");
	add_many(bench, 0, "shop", LOG_LEVEL_INFO);
	add(bench, 1, T, "quiz", "b2");
	deliver(bench);
	struct event_question question = {.anchor = EVENT_KEY_END, .before = 10};
	assert_answered_within(bench, &question, "bot=quiz", 200, "b1 b2", 20000);
	assert_answered_within(bench, &question, "source=b", 200, "b1 b2", 20000);
	assert_answered_within(bench, &question, "level>=error", 200, "", 20002);
	assert_answered_within(bench, &question, "bot=quiz and level=info /b/ or level=fatal", 200,
		"b1 b2", 20000);
	question.bots = quiz;
	question.bot_count = 1;
	assert_answered_within(bench, &question, NULL, 200, "b1 b2", 0);
	assert_answered_within(bench, &question, "level>=error", 200, "", 2);
	question = (struct event_question){.anchor = EVENT_KEY_FIRST, .after = 10};
	assert_answered_within(bench, &question, "bot=quiz", 200, "b1 b2", 20000);
}

/* Telling that no line fits takes a look at each bot and level of a chunk: they count as lines. */
static void what_it_takes_to_pass_over_a_chunk_counts(void **state)
{
	enum { BOTS = 5 };
	struct bench *bench = *state;
	for (int i = 0; i < SOURCES * BOTS; i++) {
		char bot[16];
		snprintf(bot, sizeof(bot), "bot-%d", i / SOURCES);
		add(bench, (size_t)i % SOURCES, T - 900 + i, bot, "tick");
	}
	deliver(bench);
	const struct event_question all = {.anchor = EVENT_KEY_END, .before = 100};
	struct event_query *query = ask(bench, &all, "level>=error");
	assert_false(event_query_step(query, 2 * BOTS));
	assert_true(event_query_step(query, 2 * BOTS));
	event_query_free(query);
}

static void a_chunk_of_many_bots_is_read_and_nothing_is_missed(void **state)
{
	struct bench *bench = *state;
	const char *bots[] = {"bot-999"};
	for (int i = 0; i < 1000; i++) {
		char bot[16];
		snprintf(bot, sizeof(bot), "bot-%d", i);
		add(bench, 0, T, bot, bot);
	}
	deliver(bench);
	struct event_question question = {.anchor = EVENT_KEY_END, .before = 10};
	assert_answer(bench, &question, "bot=bot-999", "bot-999");
	assert_answer(bench, &question, "bot=bot-0", "bot-0");
	question.bots = bots;
	question.bot_count = 1;
	assert_answer(bench, &question, NULL, "bot-999");
}

static void of_a_followed_end_only_what_is_new_is_looked_at(void **state)
{
	struct bench *bench = *state;
	struct event_question question = {.anchor = EVENT_KEY_END, .before = 10};
	struct event_key oldest, newest;
	fill(bench);
	add_many(bench, 0, "shop", LOG_LEVEL_INFO);
	struct event_query *query = ask(bench, &question, "/[12]$/");
	struct event_marks *marks = event_query_marks(query);
	event_query_free(query);
	add(bench, 0, T + 1, "shop", "a7");
	add(bench, 1, T + 2, "quiz", "b1");
	add(bench, 2, T - 300, "shop", "c2"); /* belongs further up */
	deliver(bench);
	question.since = marks;
	assert_answered_within(bench, &question, "/[12]$/", 3, "c2 b1", 1);
	assert_answered_within(bench, &question, "level>=warn", 3, "", 3);
	query = ask(bench, &question, "/[12]$/");
	assert_true(event_query_step(query, 100));
	assert_int_equal(event_query_span(query, &oldest, &newest), 2);
	assert_int_equal(oldest.time_ms, T - 300);
	assert_int_equal(newest.time_ms, T + 2);
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
	struct bench *bench, const struct event_question *question, const char *expression)
{
	struct event_question plain = *question;
	autofree char *all = xasprintf(
		"(%s) %s or /^never$/", expression, question->bot_count ? "and bot=quiz" : "");
	plain.bot_count = 0;
	struct msg_win_rows *rows = answer(bench, question, expression);
	struct msg_win_rows *truth = answer(bench, &plain, all);
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
	struct bench *bench = *state;
	struct rng rng;
	rng_init(&rng, 7);
	for (int run = 0; run < 12; run++) {
		const char *bot = bots[rng_below(&rng, COUNT_OF(bots))];
		enum log_level level = (enum log_level)rng_below(&rng, LOG_LEVELS);
		size_t source = (size_t)rng_below(&rng, SOURCES);
		for (int i = 0; i < 400; i++) {
			const struct event_input input = {.wall_ms = T - 6000 + run * 400 + i,
				.level = level,
				.bot = bot,
				.message = "tick"};
			event_writer_event(bench->writers[source], &input);
		}
		deliver(bench);
	}
	for (size_t f = 0; f < COUNT_OF(filters); f++)
		for (size_t count = 0; count < 2; count++) {
			const char *wanted[] = {"quiz"};
			const struct event_question question = {.anchor = {T - 4000, 0, 0},
				.before = 300,
				.after = 400,
				.bots = wanted,
				.bot_count = count};
			assert_agrees_with_reading_all(bench, &question, filters[f]);
		}
}

static void a_snapshot_does_not_see_what_comes_later(void **state)
{
	struct bench *bench = *state;
	fill(bench);
	const struct event_question all = {.anchor = EVENT_KEY_END, .before = 100};
	struct event_query *query = ask(bench, &all, NULL);
	add(bench, 0, T, "shop", "a4"); /* into the open chunk that the snapshot holds */
	assert_true(event_query_step(query, 1000));
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	event_query_take(query, rows);
	assert_int_equal(rows->rows_count, 7);
	msg_free(MSG_win_rows, rows);
	event_query_free(query);
	assert_answer(
		bench, &(struct event_question){.anchor = EVENT_KEY_END, .before = 1}, NULL, "a4");
}

static void late_lines_are_marked(void **state)
{
	struct bench *bench = *state;
	add(bench, 0, T - 100, "shop", "first");
	add(bench, 0, T - 900, "shop", "late");
	deliver(bench);
	struct msg_win_rows *rows =
		answer(bench, &(struct event_question){.anchor = EVENT_KEY_END, .before = 5}, NULL);
	assert_string_equal(rows->rows[1].text, "late");
	assert_true(rows->rows[1].late);
	assert_true(rows->rows[1].time_ms == T - 900);
	assert_false(rows->rows[0].late);
	msg_free(MSG_win_rows, rows);
}

static void nothing_is_answered_with_nothing(void **state)
{
	struct bench *bench = *state;
	assert_answer(bench,
		&(struct event_question){.anchor = EVENT_KEY_END, .before = 5, .after = 5}, "x",
		"");
	fill(bench);
	assert_answer(bench, &(struct event_question){.anchor = EVENT_KEY_END}, NULL, "");
}

static void the_oldest_full_chunks_go_first_and_are_counted(void **state)
{
	struct bench *bench = *state;
	char text[200];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 20000; i++)
		add(bench, (size_t)i % 2, T - 100000 + i, "shop", text);
	add(bench, 2, T - 200000, "shop", "the oldest of all, in an open chunk");
	deliver(bench);
	struct event_stats before = event_directory_stats(bench->directory);
	assert_int_equal(before.lines, 20001);
	assert_int_equal(before.streams, 3);
	event_directory_set_budget(bench->directory, before.bytes / 2);
	event_directory_trim(bench->directory);
	struct event_stats after = event_directory_stats(bench->directory);
	assert_true(after.bytes <= before.bytes / 2);
	assert_true(after.bytes > before.bytes / 4);
	assert_int_equal(after.lines + after.evicted_lines, 20001);
	assert_answer(bench, &(struct event_question){.anchor = EVENT_KEY_FIRST, .after = 1}, NULL,
		"the oldest of all, in an open chunk");
	struct msg_win_rows *rows =
		answer(bench, &(struct event_question){.anchor = EVENT_KEY_END, .before = 1}, NULL);
	assert_true(rows->rows[0].time_ms == T - 100000 + 19999);
	assert_int_equal(rows->dropped, after.evicted_lines);
	msg_free(MSG_win_rows, rows);
	/* Nothing but open chunks is left: they stay, whatever the budget. */
	event_directory_set_budget(bench->directory, 0);
	event_directory_trim(bench->directory);
	assert_int_equal(event_directory_stats(bench->directory).chunks, 3);
	/* A writer that ended holds its last chunk no longer. */
	event_writer_free(bench->writers[0]);
	bench->writers[0] =
		event_writer_new(&(struct event_source){.id = 1, .name = "a"}, NULL, &bench->clock);
	event_directory_trim(bench->directory);
	assert_int_equal(event_directory_stats(bench->directory).streams, 2);
}

/* Their writers end at once, as those of a source whose secrets change all the time would. */
static void add_with(struct bench *bench, const struct redactor *redactor, size_t chunks)
{
	for (size_t i = 0; i < chunks; i++) {
		event_writer_free(bench->writers[0]);
		clock_advance(&bench->clock, 5);
		bench->writers[0] = event_writer_new(
			&(struct event_source){.id = 1, .name = "a"}, redactor, &bench->clock);
		add(bench, 0, T - 100, "shop", "one line");
		deliver(bench);
	}
}

static void a_chunk_counts_whole_and_a_shared_redactor_once(void **state)
{
	struct bench *bench = *state;
	struct redactor *one = redactor_new(), *other = redactor_new();
	redactor_seal(one);
	assert_true(redactor_add(other, "hunter-two-two", 14));
	redactor_seal(other);
	add_with(bench, one, 1);
	size_t first = event_directory_bytes(bench->directory);
	size_t chunk = first - redactor_bytes(one);
	assert_true(redactor_bytes(one) > 8192);
	assert_true(chunk > 2048); /* the room for text, with one line in it */
	add(bench, 0, T - 100, "shop", "another line");
	deliver(bench);
	assert_int_equal(event_directory_bytes(bench->directory), first);
	add_with(bench, one, 3);
	assert_int_equal(event_directory_bytes(bench->directory), first + 3 * chunk);
	add_with(bench, other, 1);
	size_t all = first + 4 * chunk + redactor_bytes(other);
	assert_int_equal(event_directory_bytes(bench->directory), all);
	/* The last chunk with it takes it along. */
	event_directory_set_budget(bench->directory, 1);
	event_directory_trim(bench->directory);
	assert_int_equal(event_directory_bytes(bench->directory), chunk + redactor_bytes(other));
	redactor_unref(one);
	redactor_unref(other);
}

static void a_source_that_starts_over_is_another_stream(void **state)
{
	struct bench *bench = *state;
	add(bench, 0, T - 100, "shop", "before");
	deliver(bench);
	event_writer_free(bench->writers[0]);
	clock_advance(&bench->clock, 5);
	bench->writers[0] =
		event_writer_new(&(struct event_source){.id = 1, .name = "a"}, NULL, &bench->clock);
	add(bench, 0, T - 900, "shop", "read-again");
	deliver(bench);
	assert_int_equal(event_directory_stats(bench->directory).streams, 2);
	assert_answer(bench, &(struct event_question){.anchor = EVENT_KEY_END, .before = 9}, NULL,
		"read-again before");
}

static void keys_survive_their_text_form(void **state)
{
	(void)state;
	const struct event_key keys[] = {
		{T, UINT64_MAX, 7}, {-5, 0, 0}, EVENT_KEY_END, EVENT_KEY_FIRST};
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
	int64_t order_ms;
	size_t source;
	unsigned number;
};

static int compare_flat(const void *a, const void *b)
{
	const struct flat *x = a, *y = b;
	if (x->order_ms != y->order_ms)
		return x->order_ms < y->order_ms ? -1 : 1;
	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

enum { LINES = 6000 };

/* Any window of any size around any time is what a plain sort of everything says. */
static void every_window_agrees_with_a_plain_sort(void **state)
{
	struct bench *bench = *state;
	static struct flat flat[LINES];
	int64_t newest[SOURCES];
	struct rng rng;
	rng_init(&rng, 5);
	for (size_t i = 0; i < SOURCES; i++)
		newest[i] = INT64_MIN;
	for (unsigned i = 0; i < LINES; i++) {
		size_t source = rng_below(&rng, SOURCES);
		int64_t wall_ms = T - 20000 + i * 3 + (int64_t)rng_below(&rng, 50);
		char text[16];
		snprintf(text, sizeof(text), "%u", i);
		add(bench, source, wall_ms, "shop", text);
		newest[source] = wall_ms > newest[source] ? wall_ms : newest[source];
		flat[i] = (struct flat){newest[source], source + 1, i};
		if (rng_below(&rng, 100) == 0)
			deliver(bench);
	}
	deliver(bench);
	qsort(flat, LINES, sizeof(flat[0]), compare_flat);
	for (int round = 0; round < 200; round++) {
		struct event_question question = {
			.anchor = {T - 20000 + (int64_t)rng_below(&rng, 19000), 0, 0},
			.before = rng_below(&rng, 40),
			.after = rng_below(&rng, 40)};
		size_t split = 0;
		while (split < LINES && flat[split].order_ms < question.anchor.time_ms)
			split++;
		size_t first = split > question.before ? split - question.before : 0;
		size_t end = split + question.after < LINES ? split + question.after : LINES;
		struct msg_win_rows *rows = answer(bench, &question, NULL);
		assert_int_equal(rows->rows_count, end - first);
		for (size_t i = first; i < end; i++)
			assert_int_equal(
				strtoul(rows->rows[i - first].text, NULL, 10), flat[i].number);
		assert_int_equal(rows->more_before, first);
		assert_int_equal(rows->more_after, LINES - end);
		msg_free(MSG_win_rows, rows);
	}
}

#define with_bench(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_bench(sources_are_merged_by_time_with_a_stable_order),
		with_bench(a_key_of_a_row_is_a_position_for_ever),
		with_bench(a_filter_hides_and_is_counted),
		with_bench(more_is_said_to_be_there_as_long_as_lines_are_left),
		with_bench(rows_of_some_bots_come_with_what_we_say_of_them),
		with_bench(seeking_gives_the_next_key_in_its_direction),
		with_bench(a_question_can_be_dropped_between_two_slices),
		with_bench(parts_taken_between_slices_make_the_whole_answer),
		with_bench(chunks_that_cannot_hold_what_is_asked_for_are_not_read),
		with_bench(what_it_takes_to_pass_over_a_chunk_counts),
		with_bench(a_chunk_of_many_bots_is_read_and_nothing_is_missed),
		with_bench(of_a_followed_end_only_what_is_new_is_looked_at),
		with_bench(passing_over_chunks_changes_no_answer),
		with_bench(a_snapshot_does_not_see_what_comes_later),
		with_bench(late_lines_are_marked),
		with_bench(nothing_is_answered_with_nothing),
		with_bench(the_oldest_full_chunks_go_first_and_are_counted),
		with_bench(a_chunk_counts_whole_and_a_shared_redactor_once),
		with_bench(a_source_that_starts_over_is_another_stream),
		cmocka_unit_test(keys_survive_their_text_form),
		with_bench(every_window_agrees_with_a_plain_sort),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
