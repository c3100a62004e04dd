/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/attr.h"
#include "core/base/needle.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/parse/regex.h"
#include "core/parse/regex_needle.h"

static void assert_needle(const char *pattern, unsigned flags, const char *expected)
{
	struct needle needle = {0};
	bool found = regex_needle(pattern, strlen(pattern), flags, &needle);
	if (found != (expected != NULL))
		fail_msg(
			"/%s/: %s", pattern, found ? "something is certain" : "nothing is certain");
	if (expected && (needle.length != strlen(expected) ||
				memcmp(needle.bytes, expected, needle.length) != 0))
		fail_msg("/%s/ gave '%.*s'", pattern, (int)needle.length,
			(const char *)needle.bytes);
}

static void the_longest_certain_text_is_found(void **state)
{
	(void)state;
	assert_needle("bot-17 .*(429|timeout)", 0, "bot-17 ");
	assert_needle("^GET /hook\\.php$", 0, "GET /hook.php");
	assert_needle("colou?r of [a-z]+ red", 0, "r of ");
	assert_needle("ab+cde", 0, "cde");
	assert_needle("abc{2,3}d", 0, "abc");
	assert_needle("x{0,3}long\\d+er", 0, "long");
	assert_needle("(?:one|two) three", 0, " three");
	assert_needle("[^]]quoted[[:alpha:]]]", 0, "quoted");
	assert_needle("caf\xc3\xa9?s", 0, "caf");
	assert_needle("Caf\xc3\xa9"
		      "base",
		REGEX_CASELESS, "caf");
	assert_needle("checkout", REGEX_CASELESS, "chec"); /* k is also U+212A */
	assert_needle("a.b*c(d", REGEX_LITERAL, "a.b*c(d");
	assert_needle("eu-*-main?", REGEX_GLOB, "-main");
}

static void nothing_is_certain_where_it_is_not(void **state)
{
	(void)state;
	static const char *const patterns[] = {"a|bcd", "", "x", "ab?", "(?i)abc", "(*UCP)abc",
		"\\x41bc", "\\Qabc\\E", "(abc)?", "abc(?x) d", "ab{", "[abc", "\\d\\w", "(abc",
		"x(?-i:abc)(?i)def"};
	for (size_t i = 0; i < COUNT_OF(patterns); i++)
		assert_needle(patterns[i], 0, NULL);
	assert_needle("sk", REGEX_CASELESS, NULL);
}

/* Of pieces that mean something together, most of which compile. */
static void add_pattern(struct str *to, struct rng *rng)
{
	static const char *const pieces[] = {"a", "b", "ab", "K", "s", "\\.", "\\d", "[ab]", "[^a]",
		"(a|b)", "(?:ab)", "(b)", ".", "?", "*", "+", "{2}", "{0,1}", "{1,2}", "^", "$",
		"|", "\xc3\xa9", "\\b", "(?=a)", "(?!ab)", "-", "+?", "{,2}", "\\\\",
		"[[:digit:]b]"};
	for (uint64_t count = 1 + rng_below(rng, 8); count; count--)
		str_adds(to, pieces[rng_below(rng, COUNT_OF(pieces))]);
}

static void add_subject(struct str *to, struct rng *rng)
{
	static const char *const pieces[] = {"a", "b", "ab", "k", "S", ".", "7", "\xc3\xa9",
		"\xc3\x89", "-", "\xe2\x84\xaa", "\xc5\xbf", "\\", "A", "B"};
	for (uint64_t count = rng_below(rng, 12); count; count--)
		str_adds(to, pieces[rng_below(rng, COUNT_OF(pieces))]);
}

static void whatever_matches_holds_the_needle(void **state)
{
	struct rng rng;
	size_t matched = 0;
	(void)state;
	rng_init(&rng, 4);
	for (int round = 0; round < 60000; round++) {
		static const unsigned flags[] = {0, REGEX_CASELESS, REGEX_LITERAL, REGEX_GLOB,
			REGEX_LITERAL | REGEX_CASELESS, REGEX_GLOB | REGEX_CASELESS};
		unsigned flag = flags[rng_below(&rng, COUNT_OF(flags))];
		autostr struct str pattern = STR_INIT;
		struct needle needle;
		struct err err;
		size_t at;
		add_pattern(&pattern, &rng);
		struct regex *regex = regex_new(pattern.text, pattern.length, flag, &at, &err);
		bool has = regex && regex_needle(pattern.text, pattern.length, flag, &needle);
		for (int i = 0; has && i < 20; i++) {
			autostr struct str subject = STR_INIT;
			add_subject(&subject, &rng);
			if (regex_match(regex, subject.text, subject.length, 0, NULL, NULL) !=
				REGEX_YES)
				continue;
			matched++;
			if (!needle_find(&needle, subject.text, subject.length))
				fail_msg("/%s/ (%u) matches '%s' without '%.*s'", pattern.text,
					flag, subject.text, (int)needle.length,
					(const char *)needle.bytes);
		}
		regex_free(regex);
	}
	assert_true(matched > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_certain_text_is_found),
		cmocka_unit_test(nothing_is_certain_where_it_is_not),
		cmocka_unit_test(whatever_matches_holds_the_needle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
