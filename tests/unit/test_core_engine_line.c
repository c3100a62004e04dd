/* SPDX-License-Identifier: MIT */
/* One line whole: its fields, the lines that go on from it, and what of it is nobody's business. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/line.h"
#include "core/events/fields.h"
#include "core/events/writer.h"
#include "core/msg/event_key.h"
#include "core/parse/log_line.h"
#include "tests/support/engine_harness.h"

static const char config[] = "state_dir: /nowhere/state\n"
			     "bots:\n"
			     "  - {name: orders, token: {file: /nowhere/t1}}\n";

struct scene {
	struct harness *harness;
	struct harness_screen *screen;
	struct event_writer *writer, *other;
	uint64_t req, generation;
};

static struct event_writer *writer_of(struct harness *harness, const char *name)
{
	const struct event_source source = {
		.id = entity_id("source", name), .name = name, .bot = "orders"};
	return event_writer_new(&source, NULL, &harness->clock);
}

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	scene->harness = harness_new(config);
	scene->screen = harness_attach(scene->harness);
	scene->writer = writer_of(scene->harness, "orders.log");
	scene->other = writer_of(scene->harness, "other.log");
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	event_writer_free(scene->writer);
	event_writer_free(scene->other);
	harness_detach(scene->screen);
	harness_free(scene->harness);
	free(scene);
	return 0;
}

static void write_to(struct scene *scene, struct event_writer *writer, const char *text)
{
	event_writer_line(writer, text, strlen(text), false);
	assert_true(event_writer_post(writer, engine_mailbox(scene->harness->engine), true));
	harness_settle(scene->harness);
}

/* Of the newest line whose text begins so. */
static char *key_of(struct scene *scene, const char *start)
{
	harness_forget(scene->screen);
	harness_send(scene->screen, "win_open window=1 generation=%llu store=\"events\" before=300",
		(unsigned long long)++scene->generation);
	const struct msg_win_rows *rows = harness_await(scene->screen, MSG_win_rows);
	for (size_t i = rows->rows_count; i > 0; i--)
		if (strncmp(rows->rows[i - 1].text, start, strlen(start)) == 0)
			return xstrdup(rows->rows[i - 1].key);
	fail_msg("no line '%s'", start);
	return NULL;
}

static const struct msg_line *ask(struct scene *scene, const char *start, bool cont)
{
	autofree char *key = key_of(scene, start);
	harness_forget(scene->screen);
	harness_send(scene->screen, "line_req req=%llu key=\"%s\" cont=%s",
		(unsigned long long)++scene->req, key, cont ? "true" : "false");
	return harness_await(scene->screen, MSG_line);
}

/* `depth name=value;` each. */
static void assert_fields(const struct msg_row *row, const char *expected)
{
	autostr struct str text = STR_INIT;
	for (size_t i = 0; i < row->fields_count; i++) {
		const struct msg_line_field *field = &row->fields[i];
		str_addf(&text, "%s%llu %s=%s%s;", field->more ? "+" : "",
			(unsigned long long)field->depth, field->name, field->value,
			field->cut ? "(cut)" : "");
	}
	assert_string_equal(text.text, expected);
}

static void a_line_comes_with_all_its_fields(void **state)
{
	struct scene *scene = *state;
	write_to(scene, scene->writer,
		"{\"level\":50,\"msg\":\"pay "
		"failed\",\"ctx\":{\"chat\":-100,\"tags\":[\"a\",\"b\"]},"
		"\"stack\":\"Error: x\\r\\n  at y\\n\",\"ok\":false}");
	write_to(scene, scene->writer, "INFO behind it");
	const struct msg_line *line = ask(scene, "pay failed", false);
	assert_string_equal(line->error, "");
	assert_int_equal(line->rows_count, 1);
	assert_int_equal(line->rows[0].form, LOG_JSON);
	assert_non_null(strstr(line->rows[0].text, "\"chat\":-100"));
	assert_false(line->rows[0].cut);
	assert_fields(&line->rows[0],
		"0 level=50;0 msg=pay failed;0 ctx=;1 chat=-100;1 tags=;2 =a;2 =b;"
		"0 stack=Error: x;+0 =  at y;0 ok=false;");
}

static void a_traceback_is_told_whole_whichever_of_its_lines_is_asked_for(void **state)
{
	struct scene *scene = *state;
	static const char *const lines[] = {"2026-11-20 10:00:21 ERROR handler failed",
		"Traceback (most recent call last):", "  File \"a.py\", line 1, in f",
		"ValueError: no"};
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		write_to(scene, scene->writer, lines[i]);
	write_to(scene, scene->other, "2026-11-20 10:00:21 INFO of somebody else");
	write_to(scene, scene->writer, "2026-11-20 10:00:22 INFO the next one");
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		const struct msg_line *line = ask(scene, i ? lines[i] : "handler failed", i > 0);
		assert_string_equal(line->error, "");
		assert_int_equal(line->rows_count, COUNT_OF(lines));
		for (size_t row = 0; row < COUNT_OF(lines); row++)
			assert_string_equal(line->rows[row].text, lines[row]);
		assert_false(line->more_before || line->more_after);
	}
}

/* Its first line fell out of the store, or came at another time. */
static void lines_that_go_on_from_nothing_are_not_taken_for_those_of_others(void **state)
{
	struct scene *scene = *state;
	write_to(scene, scene->other, "2026-11-20 10:00:21 ERROR of somebody else");
	write_to(scene, scene->other, "Traceback (most recent call last):");
	write_to(scene, scene->writer, "Traceback (most recent call last):");
	write_to(scene, scene->writer, "  File \"b.py\", line 7, in g");
	const struct msg_line *line = ask(scene, "  File \"b.py\"", true);
	assert_string_equal(line->rows[line->rows_count - 1].text, "  File \"b.py\", line 7, in g");
	for (size_t i = 0; i < line->rows_count; i++)
		assert_string_equal(line->rows[i].source, "orders.log");
	assert_false(line->more_before);
}

static void a_traceback_that_is_longer_than_is_looked_says_so(void **state)
{
	struct scene *scene = *state;
	write_to(scene, scene->writer, "2026-11-20 10:00:21 ERROR handler failed");
	write_to(scene, scene->writer, "Traceback (most recent call last):");
	for (int i = 0; i < 2 * LINE_JOINED_MAX + 50; i++) {
		autofree char *line = xasprintf("  File \"a.py\", line %d, in f", i);
		write_to(scene, scene->writer, line);
	}
	const struct msg_line *line = ask(scene, "  File \"a.py\", line 449,", true);
	assert_true(line->more_before && !line->more_after);
	assert_string_equal(
		line->rows[line->rows_count - 1].text, "  File \"a.py\", line 449, in f");
	line = ask(scene, "  File \"a.py\", line 200,", true);
	assert_true(line->more_before && line->more_after);
	assert_int_equal(line->rows_count, 2 * LINE_JOINED_MAX + 1);
}

static void a_secret_is_shown_in_no_field(void **state)
{
	struct scene *scene = *state;
	write_to(scene, scene->writer,
		"{\"msg\":\"hello\",\"pass\\u0077ord\":\"hunter22\",\"pass\\u200dword\":"
		"\"joined33\",\"token\":\"abc\\\"def\","
		"\"body\":\"{\\\"password\\\": \\\"inner77\\\"}\","
		"\"url\":\"https:\\/\\/a:secretpw@h\\/\"}");
	const struct msg_line *line = ask(scene, "hello", false);
	autostr struct str text = STR_INIT;
	msg_dump(MSG_line, line, &text);
	static const char *const secrets[] = {
		"hunter22", "joined33", "abc", "def", "inner77", "secretpw"};
	for (size_t i = 0; i < COUNT_OF(secrets); i++)
		if (strstr(text.text, secrets[i]))
			fail_msg("'%s' is in %s", secrets[i], text.text);
	assert_non_null(strstr(text.text, "hello"));
}

static void control_sequences_in_names_and_values_are_named(void **state)
{
	struct scene *scene = *state;
	write_to(scene, scene->writer,
		"{\"msg\":\"hello\",\"\\u001b]0;x\\u0007\":\"a\\u001b[31m\\u202eb\"}");
	const struct msg_line *line = ask(scene, "hello", false);
	assert_int_equal(line->rows[0].fields_count, 2);
	assert_string_equal(line->rows[0].fields[1].name, "^[]0;x^G");
	assert_non_null(strstr(line->rows[0].fields[1].value, "<U+202E>b"));
}

static void more_fields_than_are_sent_are_counted_and_long_ones_are_cut(void **state)
{
	struct scene *scene = *state;
	autostr struct str text = STR_INIT;
	str_adds(&text, "{\"msg\":\"hello\",\"long\":\"");
	for (int i = 0; i < EVENT_FIELD_CELLS + 10; i++)
		str_addch(&text, 'x');
	str_addch(&text, '"');
	for (int i = 0; i < EVENT_FIELDS_MAX + 5; i++)
		str_addf(&text, ",\"f%d\":%d", i, i);
	str_addch(&text, '}');
	write_to(scene, scene->writer, text.text);
	const struct msg_line *line = ask(scene, "hello", false);
	assert_int_equal(line->rows[0].fields_count, EVENT_FIELDS_MAX);
	assert_int_equal(line->rows[0].fields_left, 7);
	assert_false(line->rows[0].fields[0].cut);
	assert_true(line->rows[0].fields[1].cut);
}

static void a_line_that_is_not_there_is_said_to_be_gone(void **state)
{
	struct scene *scene = *state;
	write_to(scene, scene->writer, "INFO one");
	harness_forget(scene->screen);
	harness_send(scene->screen, "line_req req=1 key=\"12/34/56\"");
	const struct msg_line *line = harness_await(scene->screen, MSG_line);
	assert_string_equal(line->error, "this line is no longer kept");
	assert_int_equal(line->rows_count, 0);
	harness_forget(scene->screen);
	harness_send(scene->screen, "line_req req=2 key=\"no key\"");
	line = harness_await(scene->screen, MSG_line);
	assert_int_equal(line->req, 2);
	assert_non_null(strstr(line->error, "no key"));
}

static void who_asks_for_another_line_hears_of_both(void **state)
{
	struct scene *scene = *state;
	write_to(scene, scene->writer, "INFO one");
	autofree char *key = key_of(scene, "one");
	harness_forget(scene->screen);
	harness_send(scene->screen, "line_req req=1 key=\"%s\"", key);
	harness_send(scene->screen, "line_req req=2 key=\"%s\"", key);
	size_t heard = 0, whole = 0;
	for (int i = 0; i < 1000 && heard < 2; i++) {
		harness_sync(scene->screen);
		heard = whole = 0;
		for (size_t at = 0; at < scene->screen->got_count; at++) {
			if (scene->screen->got[at].kind != MSG_line)
				continue;
			const struct msg_line *line = scene->screen->got[at].body;
			heard++;
			whole += line->rows_count == 1;
			assert_true(line->rows_count || strstr(line->error, "overtaken"));
		}
	}
	assert_int_equal(heard, 2);
	assert_true(whole >= 1);
}

/* The newest row of a window that asks for these fields. */
static const struct msg_row *ask_values(struct scene *scene, const char *names)
{
	harness_forget(scene->screen);
	harness_send(scene->screen,
		"win_open window=1 generation=%llu store=\"events\" before=5 names=[%s]",
		(unsigned long long)++scene->generation, names);
	const struct msg_win_rows *rows = harness_await(scene->screen, MSG_win_rows);
	assert_true(rows->rows_count > 0);
	return &rows->rows[rows->rows_count - 1];
}

static void rows_carry_the_values_that_their_window_asks_for(void **state)
{
	struct scene *scene = *state;
	write_to(scene, scene->writer,
		"{\"ms\":12.5,\"ctx\":{\"chat\":-100,\"ms\":7,\"tags\":[\"a\",\"b\"]},\"items\":[{"
		"\"id\":1},{"
		"\"id\":2}],\"text\":\"a\\nb\",\"password\":\"hunter22\",\"log.name\":\"x\"}");
	const struct msg_row *row =
		ask_values(scene, "\"ms\" \"chat\" \"ctx.ms\" \"tags\" \"items.id\" \"none\" "
				  "\"password\" \"log.name\" \"ninth\"");
	static const char *const expected[] = {
		"12.5", "-100", "7", "a,b", "1", "", "<redacted>", "x"};
	assert_int_equal(row->values_count, COUNT_OF(expected));
	for (size_t i = 0; i < COUNT_OF(expected); i++)
		assert_string_equal(row->values[i], expected[i]);
	write_to(scene, scene->writer, "ts=2026-11-20T10:00:21Z level=info msg=hi ms=3 chat=5");
	row = ask_values(scene, "\"chat\" \"s\" \"ctx.chat\"");
	assert_string_equal(row->values[0], "5");
	assert_string_equal(row->values[1], "");
	assert_string_equal(row->values[2], "");
	write_to(scene, scene->writer, "2026-11-20 10:00:21 INFO paid in ms=30, thanks");
	row = ask_values(scene, "\"ms\"");
	assert_string_equal(row->values[0], "30");
}

/* For what is kept: messages and fields whole, a page of some megabytes at a time, and none is passed over. */
static void whole_rows_come_in_pages_that_end_where_they_are_full(void **state)
{
	struct scene *scene = *state;
	autostr struct str text = STR_INIT;
	enum { LINES = 600 };
	for (int i = 0; i < LINES; i++) {
		str_clear(&text);
		str_addf(&text, "{\"msg\":\"line %d ", i);
		for (int at = 0; at < 15000; at++)
			str_addch(&text, 'x');
		str_addf(&text, "\",\"n\":%d}", i);
		event_writer_line(scene->writer, text.text, text.length, false);
	}
	assert_true(event_writer_post(scene->writer, engine_mailbox(scene->harness->engine), true));
	harness_settle(scene->harness);
	autofree char *anchor = xstrdup("0/0/0");
	int seen = 0, pages = 0;
	for (uint64_t more = 1; more; pages++) {
		harness_forget(scene->screen);
		harness_send(scene->screen,
			"win_open window=1 generation=%llu store=\"events\" anchor=\"%s\" "
			"after=1000 whole=true "
			"fields=true filter=\"line\"",
			(unsigned long long)++scene->generation, anchor);
		const struct msg_win_rows *rows = harness_await(scene->screen, MSG_win_rows);
		for (size_t i = 0; i < rows->rows_count; i++, seen++) {
			autofree char *start = xasprintf("line %d x", seen);
			assert_memory_equal(rows->rows[i].text, start, strlen(start));
			assert_true(strlen(rows->rows[i].text) > 15000);
			assert_false(rows->rows[i].cut);
			assert_int_equal(rows->rows[i].fields_count, 2);
		}
		struct event_key key;
		struct err err;
		assert_true(rows->done && rows->rows_count > 0);
		assert_true(event_key_read(rows->rows[rows->rows_count - 1].key, &key, &err));
		key.seq++;
		free(anchor);
		anchor = xstrdup(event_key_print(key).text);
		more = rows->more_after;
	}
	assert_int_equal(seen, LINES);
	assert_true(pages > 1 && pages < 10);
}

int main(void)
{
#define LINE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		LINE_TEST(a_line_comes_with_all_its_fields),
		LINE_TEST(a_traceback_is_told_whole_whichever_of_its_lines_is_asked_for),
		LINE_TEST(lines_that_go_on_from_nothing_are_not_taken_for_those_of_others),
		LINE_TEST(a_traceback_that_is_longer_than_is_looked_says_so),
		LINE_TEST(a_secret_is_shown_in_no_field),
		LINE_TEST(control_sequences_in_names_and_values_are_named),
		LINE_TEST(more_fields_than_are_sent_are_counted_and_long_ones_are_cut),
		LINE_TEST(a_line_that_is_not_there_is_said_to_be_gone),
		LINE_TEST(rows_carry_the_values_that_their_window_asks_for),
		LINE_TEST(whole_rows_come_in_pages_that_end_where_they_are_full),
		LINE_TEST(who_asks_for_another_line_hears_of_both),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
