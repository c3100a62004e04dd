/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "core/base/needles.h"
#include "core/base/rng.h"

static const char *const words[] = {"too many", "handled in", "401: x", "_y_;", "oomk", "sleeping"};

static struct needles make(void)
{
	struct needles needles = {0};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		needles_add(&needles, words[i]);
	needles_end(&needles);
	return needles;
}

/* The first place from `from` on where a word may begin; `length`: there is none. */
static size_t next_of(const struct needles *needles, const char *text, size_t length, size_t from)
{
	for (; from < length; from += NEEDLES_PLACES) {
		uint64_t places = needles_places(needles, text, length, from);
		if (places)
			return from + (size_t)__builtin_ctzll(places);
	}
	return length;
}

static bool begins(const char *text, size_t length, size_t at)
{
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (at + strlen(words[i]) <= length &&
			strncasecmp(text + at, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* Of parts of words and anything else, in memory that ends with it. */
static char *random_text(struct rng *rng, size_t length)
{
	char *text = xmalloc(length + 1);
	for (size_t i = 0; i < length;) {
		const char *word = words[rng_below(rng, COUNT_OF(words))];
		if (rng_below(rng, 3)) {
			text[i++] = (char)rng_below(rng, 256);
			continue;
		}
		for (size_t j = 0; word[j] && i < length; j++)
			text[i++] = rng_below(rng, 4)                  ? word[j]
				    : word[j] >= 'a' && word[j] <= 'z' ? (char)(word[j] - 32)
								       : word[j];
	}
	return text;
}

static void no_word_is_passed_over_in_any_case_at_any_place(void **state)
{
	(void)state;
	struct needles needles = make();
	struct rng rng;
	rng_init(&rng, 3);
	size_t found = 0;
	for (int round = 0; round < 20000; round++) {
		size_t length = (size_t)rng_below(&rng, 150);
		autofree char *text = random_text(&rng, length);
		size_t next = next_of(&needles, text, length, 0);
		for (size_t at = 0; at < length; at++) {
			if (at > next)
				next = next_of(&needles, text, length, at);
			assert_true(next >= at);
			if (begins(text, length, at)) {
				assert_int_equal(next, at);
				found++;
			}
		}
	}
	assert_true(found > 10000);
}

static void a_log_without_the_words_is_passed_over_at_once(void **state)
{
	(void)state;
	static const char line[] = "2026-11-18 11:06:40,054 DEBUG [bot-39] handlers.message: "
				   "callback query answered after 286 ms chat=757642938 ok";
	struct needles needles = make();
	size_t stops = 0;
	for (size_t at = 0; (at = next_of(&needles, line, strlen(line), at)) < strlen(line); at++)
		stops++;
	assert_true(stops <= 2); /* `han` of another word */
}

static void a_text_shorter_than_a_word_has_none(void **state)
{
	(void)state;
	struct needles needles = make();
	assert_int_equal(next_of(&needles, "oo", 2, 0), 2);
	assert_int_equal(next_of(&needles, "", 0, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_word_is_passed_over_in_any_case_at_any_place),
		cmocka_unit_test(a_log_without_the_words_is_passed_over_at_once),
		cmocka_unit_test(a_text_shorter_than_a_word_has_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
