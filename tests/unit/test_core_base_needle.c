/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/needle.h"
#include "core/base/rng.h"

enum { PAGE = 4096 };

/* Two pages, behind which nothing may be read. */
static char *fence(void)
{
	char *pages =
		mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + 2 * PAGE, PAGE, PROT_NONE), 0);
	return pages + 2 * PAGE;
}

static const char *find_naively(
	const char *bytes, size_t size, bool any_case, const char *text, size_t length)
{
	for (size_t at = 0; at + size <= length; at++)
		if (any_case ? strncasecmp(text + at, bytes, size) == 0
			     : memcmp(text + at, bytes, size) == 0)
			return text + at;
	return NULL;
}

static void assert_finds(
	const char *bytes, size_t size, bool any_case, const char *text, size_t length)
{
	struct needle needle;
	assert_true(needle_set(&needle, bytes, size, any_case));
	const char *end = text + length;
	if (length % 2)
		needle_learn(&needle, text, length);
	for (const char *from = text;; from++) {
		const char *found = needle_find(&needle, from, (size_t)(end - from));
		assert_ptr_equal(
			found, find_naively(bytes, size, any_case, from, (size_t)(end - from)));
		if (!found)
			return;
		from = found;
	}
}

/* Few different bytes, so that much is nearly what is looked for. */
static void every_place_is_found_and_nothing_behind_the_end_is_read(void **state)
{
	static const char bytes[] = "aAbB 7=\xc3";
	char *end = fence();
	struct rng rng;
	(void)state;
	rng_init(&rng, 21);
	for (int round = 0; round < 20000; round++) {
		size_t length = (size_t)rng_below(&rng, 400);
		size_t size = 1 + (size_t)rng_below(&rng, rng_below(&rng, 4) ? 4 : NEEDLE_MAX);
		char *text = end - length, needle[NEEDLE_MAX];
		for (size_t i = 0; i < length; i++)
			text[i] = bytes[rng_below(&rng, sizeof(bytes) - 1)];
		for (size_t i = 0; i < size; i++)
			needle[i] = bytes[rng_below(&rng, sizeof(bytes) - 1)];
		if (size <= length && rng_below(&rng, 2))
			memcpy(needle, text + rng_below(&rng, length - size + 1), size);
		assert_finds(needle, size, round % 2, text, length);
	}
	munmap(end - 2 * PAGE, 3 * PAGE);
}

static void case_counts_only_where_it_is_said_to(void **state)
{
	static const char text[] = "an Error, an ERROR, an error; [x] {X} \xc3\x84\xc3\xa4";
	struct needle needle;
	(void)state;
	assert_true(needle_set(&needle, "ERROR", 5, false));
	assert_ptr_equal(needle_find(&needle, text, sizeof(text) - 1), strstr(text, "ERROR"));
	assert_true(needle_set(&needle, "ERROR", 5, true));
	assert_ptr_equal(needle_find(&needle, text, sizeof(text) - 1), strstr(text, "Error"));
	assert_true(needle_set(&needle, "{x}", 3, true));
	assert_ptr_equal(needle_find(&needle, text, sizeof(text) - 1), strstr(text, "{X}"));
	assert_true(needle_set(&needle, "\xc3\xa4", 2, true));
	assert_ptr_equal(needle_find(&needle, text, sizeof(text) - 1), strstr(text, "\xc3\xa4"));
}

static void the_pair_that_is_rare_in_a_text_is_learnt_from_it(void **state)
{
	static const char text[] = "update_id=1 update_id=2 update_id=37 update_id=48 update_id=5";
	struct needle needle;
	(void)state;
	assert_true(needle_set(&needle, "update_id=97", 12, false));
	needle_learn(&needle, text, sizeof(text) - 1);
	assert_int_equal(needle.rarer, 10); /* no 9 is in it */
	assert_null(needle_find(&needle, text, sizeof(text) - 1));
	needle_learn(&needle, "", 0);
	needle_learn(&needle, "short", 5);
	static const char there[] = "an update_id=97";
	assert_ptr_equal(needle_find(&needle, there, 15), there + 3);
}

static void what_cannot_be_looked_for_is_refused(void **state)
{
	char longest[NEEDLE_MAX + 1] = "";
	struct needle needle;
	(void)state;
	assert_false(needle_set(&needle, "", 0, false));
	assert_false(needle_set(&needle, longest, sizeof(longest), false));
	assert_true(needle_set(&needle, longest, NEEDLE_MAX, false)); /* NULs are bytes too */
	assert_null(needle_find(&needle, longest, 5));
	assert_ptr_equal(needle_find(&needle, longest, sizeof(longest)), longest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_place_is_found_and_nothing_behind_the_end_is_read),
		cmocka_unit_test(case_counts_only_where_it_is_said_to),
		cmocka_unit_test(the_pair_that_is_rare_in_a_text_is_learnt_from_it),
		cmocka_unit_test(what_cannot_be_looked_for_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
