/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/line_end.h"
#include "core/base/mem.h"
#include "core/base/rng.h"

enum { LONGEST = 300 };

/* Byte by byte. */
static size_t find_slowly(const char *text, size_t length, bool *ret_is_odd)
{
	*ret_is_odd = false;
	size_t at = 0;
	for (; at < length && text[at] != '\n'; at++)
		*ret_is_odd |= text[at] == '\\' || text[at] == '\x1b';
	return at;
}

/* The text is all of its allocation, so that a look behind it is noticed. */
static void assert_found(const struct line_end *end, const char *text, size_t length)
{
	autofree char *copy = xmalloc(length + 1);
	char *last = copy + 1;
	bool is_odd = true, must_be_odd;
	memcpy(last, text, length);
	size_t expected = find_slowly(text, length, &must_be_odd);
	assert_int_equal(line_end_find(end, last, length, &is_odd), expected);
	assert_int_equal(is_odd, must_be_odd);
}

static void each_place_of_each_byte_is_found(void **state)
{
	static const char bytes[] = "\n\\\x1b";
	struct line_end end;
	char text[LONGEST];
	(void)state;
	line_end_init(&end);
	for (size_t length = 0; length < LONGEST; length += length < 140 ? 1 : 53) {
		for (size_t at = 0; at < length; at++) {
			for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
				memset(text, 'x', length);
				text[at] = bytes[i];
				assert_found(&end, text, length);
			}
		}
	}
}

static void what_stands_behind_the_end_of_a_line_is_another_ones(void **state)
{
	static const char bytes[] = "\n\\\x1b\n\xff\x8a\x5d\x5b\x0b\x1a";
	struct line_end end;
	struct rng rng;
	char text[LONGEST];
	(void)state;
	line_end_init(&end);
	rng_init(&rng, 11);
	for (int round = 0; round < 100000; round++) {
		size_t length = (size_t)rng_below(&rng, LONGEST);
		memset(text, 'x', length);
		for (uint64_t odd = rng_below(&rng, 5); odd && length; odd--)
			text[rng_below(&rng, length)] = bytes[rng_below(&rng, sizeof(bytes) - 1)];
		assert_found(&end, text, length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_place_of_each_byte_is_found),
		cmocka_unit_test(what_stands_behind_the_end_of_a_line_is_another_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
