/* SPDX-License-Identifier: MIT */
/* The verdict on a stream and its consumer groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/verdict.h"

enum { NOW = 1700000000, DEAD_MS = 60000 };

static const struct {
	const char *facts;
	char letter;
	const char *why;
} rows[] = {
	{"group=\"\" length=9000000", '.', ""},
	{"group=\"g\" consumers=2 dead=0 lag=5", '.', ""},
	{"group=\"g\" consumers=0 lag=0", '.', ""},
	{"group=\"g\" consumers=0 lag=-1", '.', ""},
	{"group=\"g\" consumers=0 lag=5", 'w', "nobody reads it"},
	{"group=\"g\" consumers=1 dead=-1 pending=3 oldest_idle_ms=-1", '.', ""},
	{"group=\"g\" consumers=1 dead=1 pending=3 readers=[{name=\"w1\" dead=true}]", '!',
		"its one consumer, w1, is dead"},
	{"group=\"g\" consumers=2 dead=2 pending=3", '!', "all 2 consumers are dead"},
	{"group=\"g\" consumers=2 dead=1 pending=3 readers=[{name=\"w1\" dead=true}]", 'w',
		"consumer w1 is dead"},
	{"group=\"g\" consumers=5 dead=2 pending=3", 'w', "2 of 5 consumers are dead"},
	{"group=\"g\" consumers=1 lag=200 lag_rises=3", 'w', "its lag rises"},
	{"group=\"g\" consumers=1 lag=199 lag_rises=9", '.', ""},
	{"group=\"g\" consumers=1 lag=5000 lag_rises=2", '.', ""},
	{"group=\"g\" consumers=1 pending=1 oldest_idle_ms=60000", 'w',
		"an entry is not acknowledged"},
	{"group=\"g\" consumers=1 pending=1 oldest_idle_ms=59999", '.', ""},
};

static struct msg_stream *parsed(const char *facts)
{
	autofree char *line = xasprintf("stream %s", facts);
	struct msg_any any;
	struct err err = {0};
	if (!msg_parse(line, &any, &err))
		fail_msg("%s: %s", line, err.text);
	return any.body;
}

static void every_trouble_of_a_group_has_its_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct msg_stream *stream = parsed(rows[i].facts);
		verdict_stream(stream, DEAD_MS, NOW);
		char letter = severity_letter((unsigned)stream->severity);
		if (letter != rows[i].letter || strcmp(stream->why, rows[i].why) != 0)
			fail_msg("%s: %c '%s'", rows[i].facts, letter, stream->why);
		msg_free(MSG_stream, stream);
	}
}

static void since_when_is_kept_as_long_as_it_is_as_bad(void **state)
{
	(void)state;
	struct msg_stream *stream = parsed("group=\"g\" consumers=2 dead=1");
	verdict_stream(stream, DEAD_MS, NOW);
	verdict_stream(stream, DEAD_MS, NOW + 1000);
	assert_int_equal(stream->since_ms, NOW);
	stream->dead = 2;
	verdict_stream(stream, DEAD_MS, NOW + 2000);
	assert_int_equal(stream->since_ms, NOW + 2000);
	stream->dead = 0;
	verdict_stream(stream, DEAD_MS, NOW + 3000);
	assert_int_equal(stream->since_ms, NOW + 3000);
	assert_string_equal(stream->why, "");
	msg_free(MSG_stream, stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_trouble_of_a_group_has_its_words),
		cmocka_unit_test(since_when_is_kept_as_long_as_it_is_as_bad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
