/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

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
	if (a.form != b.form || a.level != b.level || a.wall_ms != b.wall_ms ||
		a.is_stamped != b.is_stamped || !is_same_part(a.bot, b.bot))
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
		cmocka_unit_test(every_cut_of_a_line_is_read_as_without_a_memory),
		cmocka_unit_test(a_key_is_known_again_only_at_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
