/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/rng.h"
#include "core/parse/log_line.h"
#include "core/parse/log_memo.h"

#define T INT64_C(1795168821744) /* 2026-11-20T10:00:21.744Z */

static const char *const lines[] = {
	"{\"level\":30,\"time\":1795168821744,\"bot\":\"shop\",\"msg\":\"a\",\"req_id\":\"r-1\"}",
	"{\"level\":50,\"time\":1795168821745,\"msg\":\"b\",\"err\":{\"message\":\"c\"},\"bot\":"
	"\"shop\"}",
	"{\"time\":\"2026-11-20T10:00:21.744Z\",\"level\":\"warn\",\"msg\":\"d \\\"e\\\" \\\\\"}",
	"{ \"time\" : \"2026-11-20T10:00:21.9+03:00\" , \"level\" : \"info\" , \"msg\" : \"f\" }",
	"{\"text\":\"g\",\"record\":{\"level\":{\"name\":\"INFO\",\"no\":20},\"message\":\"h\","
	"\"time\":{\"timestamp\":1795168821.744},\"extra\":{\"bot\":\"quiz\"}}}",
	"2026-11-20 10:00:21,744 WARNING [main] telegram.ext: late",
	"2026-11-20 10:00:21 UTC [7] LOG: checkpoint",
	"2026-11-20 10:00:21,744 INFO [bot-7] handlers: done",
	"2026-11-20 10:00:21,745 - ERROR - request timeout",
	"2026-11-20 10:00:21.745 [warn] late by 3 s",
	"2026-11-20 10:00:21.745 UTC [7] DETAIL:  of that",
	"2026-11-20 10:00:21.745 +0000 LOG:  no zone",
	"2026-11-20 10:00:21.745 shop DETAIL ERROR: much",
	"2026-11-20T10:00:21.744Z stdout F ERROR of a container",
	"2026-11-20T10:00:21.744Z stdout X ERROR of none",
	"2026-11-20T10:00:21.744Z  INFO  shop::main: up",
	"[2026-11-20 10:00:21,744] INFO in app: up",
	"4711:M 20 Nov 2026 10:00:21.744 * Ready to accept connections",
	"10:00:21.744 INFO up again, at last",
	"{\"asctime\":\"2026-11-20 10:00:21,744\",\"levelname\":\"WARNING\",\"bot\":\"a\"}",
	"{\"time\":\"2026-11-20 10:00:21.744 UTC\",\"level\":\"err\",\"msg\":\"l\"}",
	"2026-11-20T10:00:21Z stdout F {\"level\":\"error\",\"msg\":\"i\"}",
	"time=2026-11-20T10:00:21.744Z level=warn bot=quiz msg=\"j k\"",
	"Nov 20 10:00:21 host bot[7]: hello",
	"no time at all",
};

static bool is_same_part(struct log_part a, struct log_part b)
{
	return a.offset == b.offset && a.length == b.length && a.is_escaped == b.is_escaped;
}

static bool is_same(const struct log_line *a, const struct log_line *b)
{
	return a->form == b->form && a->level == b->level && a->wall_ms == b->wall_ms &&
	       a->envelope == b->envelope && a->is_stamped == b->is_stamped &&
	       is_same_part(a->message, b->message) && is_same_part(a->bot, b->bot) &&
	       is_same_part(a->correlation, b->correlation) && is_same_part(a->error, b->error);
}

static void assert_same(const char *text, size_t length, struct log_memo *memo)
{
	struct log_arrival plain = {.received_ms = T + 3600000, .utc_offset_s = 3600};
	struct log_arrival with = plain;
	struct log_line a, b;
	with.memo = memo;
	log_line_read(text, length, &plain, &a);
	log_line_read(text, length, &with, &b);
	if (!is_same(&a, &b))
		fail_msg("'%.*s' is read otherwise after the lines before it", (int)length, text);
	with.is_brief = true;
	log_line_read(text, length, &with, &b);
	if (a.is_detail != b.is_detail || a.envelope != b.envelope || a.form != b.form ||
		a.level != b.level || a.wall_ms != b.wall_ms || a.is_stamped != b.is_stamped ||
		!is_same_part(a.bot, b.bot))
		fail_msg("'%.*s' is read otherwise in brief", (int)length, text);
}

/* One byte is another, or gone, or there twice. */
static size_t change(char *text, size_t length, struct rng *rng)
{
	static const char bytes[] = "\"\\{}[]:, 0129TZ+eabgt\t\n";
	size_t at = (size_t)rng_below(rng, length);
	switch (rng_below(rng, 3)) {
	case 0:
		text[at] = bytes[rng_below(rng, sizeof(bytes) - 1)];
		return length;
	case 1:
		memmove(text + at, text + at + 1, length - at - 1);
		return length - 1;
	default:
		memmove(text + at + 1, text + at, length - at);
		return length + 1;
	}
}

static void lines_before_change_no_result(void **state)
{
	(void)state;
	struct log_memo memo = {0};
	struct rng rng;
	rng_init(&rng, 7);
	for (int round = 0; round < 200000; round++) {
		char text[512];
		const char *line = lines[rng_below(&rng, COUNT_OF(lines))];
		size_t length = strlen(line);
		memcpy(text, line, length);
		for (uint64_t changes = rng_below(&rng, 4); changes && length > 1; changes--)
			length = change(text, length, &rng);
		assert_same(text, length, &memo);
	}
}

/* Heads of lines from a few words and signs, all in one second. */
static void a_level_that_is_remembered_is_the_one_that_is_read(void **state)
{
	static const char *const times[] = {"2026-11-20 10:00:21,744", "2026-11-20T10:00:21.744Z",
		"2026-11-20 10:00:21.7", "2026-11-20 10:00:21", "[2026-11-20 10:00:21.744]",
		"2026-11-20 10:00:21.744 UTC", "10:00:21"};
	static const char *const pieces[] = {" ", " ", " ", "-", " - ", ": ", ":  ", "[", "] ", "<",
		"> ", "(", ") ", "|", "stdout", "F", "P", "INFO", "info", "Warning", "ERROR", "E",
		"DETAIL", "HINT", "LOG", "UTC", "+0300", "a", "shop"};
	(void)state;
	struct log_memo memo = {0};
	struct rng rng;
	rng_init(&rng, 8);
	for (int round = 0; round < 200000; round++) {
		char text[512];
		size_t length = (size_t)snprintf(
			text, sizeof(text), "%s", times[rng_below(&rng, COUNT_OF(times))]);
		for (uint64_t more = rng_below(&rng, 9); more; more--)
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s",
				pieces[rng_below(&rng, COUNT_OF(pieces))]);
		assert_same(text, length, &memo);
	}
}

static void a_head_is_known_again_by_all_of_its_bytes(void **state)
{
	(void)state;
	struct log_memo memo = {0};
	const char *line = "2026-11-20 10:00:21,744 ERROR [main] late";
	const char *head = line + 23;
	size_t left = strlen(head);
	assert_int_equal(log_memo_level(&memo, head, left), LOG_LEVEL_NONE);
	assert_same(line, strlen(line), &memo);
	assert_int_equal(log_memo_level(&memo, head, left), LOG_LEVEL_ERROR);
	assert_int_equal(log_memo_level(&memo, " ERROR [other ones", 18), LOG_LEVEL_ERROR);
	assert_int_equal(log_memo_level(&memo, " ERROR, or not the", 18), LOG_LEVEL_NONE);
	assert_int_equal(log_memo_level(&memo, " ERROR [main] l", 15), LOG_LEVEL_NONE);
}

static void every_cut_of_a_line_is_read_as_without_a_memory(void **state)
{
	(void)state;
	struct log_memo memo = {0};
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		assert_same(lines[i], strlen(lines[i]), &memo);
		for (size_t length = 0; length <= strlen(lines[i]); length++)
			assert_same(lines[i], length, &memo);
	}
}

static void a_key_is_known_again_only_at_its_place(void **state)
{
	(void)state;
	struct log_memo memo = {0};
	const char *line = "{\"level\":\"info\",\"record\":{\"level\":{\"name\":\"INFO\"}}}";
	assert_same(line, strlen(line), &memo);
	line = "{\"level\":{\"name\":\"WARN\"},\"name\":\"x\",\"level\":{\"name\":\"INFO\"}}";
	assert_same(line, strlen(line), &memo);
	assert_non_null(log_memo_find(&memo, 0, 0, "\"level\":\"error\"", 15));
	assert_null(log_memo_find(&memo, 0, 1, "\"level\":\"error\"", 15));
	assert_null(log_memo_find(&memo, 0, 0, "\"lever\":\"error\"", 15));
	assert_null(log_memo_find(&memo, 0, 0, "\"level\":", 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_before_change_no_result),
		cmocka_unit_test(a_level_that_is_remembered_is_the_one_that_is_read),
		cmocka_unit_test(a_head_is_known_again_by_all_of_its_bytes),
		cmocka_unit_test(every_cut_of_a_line_is_read_as_without_a_memory),
		cmocka_unit_test(a_key_is_known_again_only_at_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
