/* SPDX-License-Identifier: MIT */
/* Bytes in pieces of any length, as lines: those without an end, too late and too long ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/splitter.h"

struct bench {
	struct splitter splitter;
	struct str seen; /* each line with a '|' behind it, a cut one with "~|" */
	int64_t now_ms;
};

static void take(void *context, const char *line, size_t length, bool is_cut)
{
	struct bench *bench = context;
	str_add(&bench->seen, line, length);
	str_adds(&bench->seen, is_cut ? "~|" : "|");
}

static int setup(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	splitter_init(&bench->splitter);
	str_init(&bench->seen);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	splitter_release(&bench->splitter);
	str_release(&bench->seen);
	free(bench);
	return 0;
}

static void feed(struct bench *bench, const char *text)
{
	splitter_feed(&bench->splitter, text, strlen(text), bench->now_ms, take, bench);
}

static void pass(struct bench *bench, int64_t ms)
{
	bench->now_ms += ms;
	splitter_give_late(&bench->splitter, bench->now_ms, take, bench);
}

static void assert_seen(struct bench *bench, const char *expected)
{
	assert_string_equal(bench->seen.text ? bench->seen.text : "", expected);
	str_clear(&bench->seen);
}

static void lines_are_whole_whatever_pieces_they_come_in(void **state)
{
	static const char text[] = "one\r\n\ntwo\nth\rree\r\nfour\n";
	struct bench *bench = *state;
	for (size_t size = 1; size < sizeof(text); size++) {
		for (size_t at = 0; at < sizeof(text) - 1; at += size) {
			size_t left = sizeof(text) - 1 - at;
			splitter_feed(&bench->splitter, text + at, left < size ? left : size, 0,
				take, bench);
		}
		assert_seen(bench, "one||two|th\rree|four|");
	}
}

static void a_line_without_end_waits_and_then_is_cut(void **state)
{
	struct bench *bench = *state;
	assert_true(splitter_due_ms(&bench->splitter) == INT64_MAX);
	feed(bench, "user: ");
	assert_int_equal(splitter_due_ms(&bench->splitter), SPLITTER_WAIT_MS);
	pass(bench, SPLITTER_WAIT_MS - 1);
	feed(bench, "name: ");
	pass(bench, SPLITTER_WAIT_MS - 1);
	assert_seen(bench, "");
	pass(bench, 1);
	assert_seen(bench, "user: name: ~|");
	assert_true(splitter_due_ms(&bench->splitter) == INT64_MAX);
}

static void what_comes_after_a_late_line_is_there(void **state)
{
	struct bench *bench = *state;
	feed(bench, "prompt> ");
	pass(bench, SPLITTER_WAIT_MS);
	feed(bench, "the answer\nand more\n");
	assert_seen(bench, "prompt> ~|the answer|and more|");
}

static void of_a_line_that_is_too_long_the_rest_goes(void **state)
{
	struct bench *bench = *state;
	autofree char *long_text = xmalloc(LIMIT_LOG_STORED_BYTES + 2);
	memset(long_text, 'x', LIMIT_LOG_STORED_BYTES + 1);
	long_text[LIMIT_LOG_STORED_BYTES + 1] = '\0';
	feed(bench, long_text);
	assert_int_equal(bench->seen.length, LIMIT_LOG_STORED_BYTES + 3);
	str_clear(&bench->seen);
	feed(bench, long_text);
	pass(bench, SPLITTER_WAIT_MS);
	feed(bench, "rest\nnext\n");
	assert_seen(bench, "next|");
}

static void at_the_end_the_last_line_is_whole(void **state)
{
	struct bench *bench = *state;
	splitter_give(&bench->splitter, false, take, bench);
	assert_seen(bench, "");
	feed(bench, "last\r");
	splitter_give(&bench->splitter, false, take, bench);
	assert_seen(bench, "last|");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_are_whole_whatever_pieces_they_come_in),
		TEST(a_line_without_end_waits_and_then_is_cut),
		TEST(what_comes_after_a_late_line_is_there),
		TEST(of_a_line_that_is_too_long_the_rest_goes),
		TEST(at_the_end_the_last_line_is_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
