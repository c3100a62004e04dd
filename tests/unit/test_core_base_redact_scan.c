/* SPDX-License-Identifier: MIT */
/* No place at which something may begin is passed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "core/base/redact_scan.h"
#include "core/base/redact_shape.h"
#include "core/base/rng.h"

static const char *const secrets[] = {"AAEx12", "zugzwang",
	"\xc3\xa4"
	"bcdef",
	"::::::"};

static bool begins_secret(const char *text, size_t left)
{
	for (size_t i = 0; i < COUNT_OF(secrets); i++)
		if (left >= 6 && text[0] == secrets[i][0] && text[1] == secrets[i][1])
			return true;
	return false;
}

/* A 'b' begins a find only as `bearer` or `basic`, which is longer than it. */
static bool begins_shape(const char *text, size_t length, size_t at)
{
	bool is_word = (text[at] | 0x20) == 'b';
	char next = at + 1 < length ? (char)(text[at + 1] | 0x20) : '\0';
	return redact_is_trigger(text, at) && (!is_word || next == 'e' || next == 'a');
}

static bool may_be_unseen(const char *text, size_t length, size_t at)
{
	if (text[at] == '<')
		return at + 1 < length && text[at + 1] == 'U';
	return text[at] && strchr("\xc2\xcd\xd8\xe1\xe2\xe3\xef\xf0\xf3", text[at]);
}

static void check(const struct redact_scan *scan, const char *text, size_t length, bool knows)
{
	for (size_t from = 0; from < length; from += REDACT_SCAN_PLACES) {
		bool hides = false, is_seen = false;
		uint64_t places = redact_scan(scan, text, length, from, &hides);
		for (size_t at = from; at < from + REDACT_SCAN_PLACES; at++) {
			bool is_marked = places >> (at - from) & 1;
			if (at >= length) {
				assert_false(is_marked);
				continue;
			}
			is_seen |= may_be_unseen(text, length, at);
			if (begins_shape(text, length, at) || may_be_unseen(text, length, at) ||
				(knows && begins_secret(text + at, length - at)))
				assert_true(is_marked);
		}
		assert_true(hides || !is_seen);
	}
}

static void nothing_that_may_begin_is_passed_over(void **state)
{
	(void)state;
	static const char letters[] =
		"AAEx12zugab: =%bBeEaA<U+200B>\xc2\xcd\xd8\xe1\xe2\xe3\xef\xf0"
		"\xf3\x80\xa6\xd0\"'\\ordwdn0189";
	struct redact_scan scan;
	struct rng rng;
	char text[300];
	redact_scan_init(&scan);
	for (size_t i = 0; i < COUNT_OF(secrets); i++)
		redact_scan_add(&scan, secrets[i]);
	rng_init(&rng, 11);
	for (int round = 0; round < 20000; round++) {
		size_t length = rng_below(&rng, sizeof(text));
		for (size_t i = 0; i < length; i++)
			text[i] = rng_below(&rng, 20)
					  ? letters[rng_below(&rng, sizeof(letters) - 1)]
					  : (char)rng_below(&rng, 256);
		check(&scan, text, length, true);
		check(redact_scan_bare(), text, length, false);
	}
}

static void what_nobody_looks_for_is_passed_over(void **state)
{
	(void)state;
	static const char text[] =
		"took update 12345678 of chat 411249317 in 12 ms, \xd0\xbf\xd1\x80 as ever";
	bool hides = false;
	assert_true(redact_scan(redact_scan_bare(), text, sizeof(text) - 1, 0, &hides) == 0);
	assert_false(hides);
}

/* Of a key that is added to the list its ends must be, too. */
static void every_key_is_one_by_its_last_two_letters(void **state)
{
	(void)state;
	size_t count = 0;
	for (const char *word; (word = redact_key_word(count)); count++) {
		size_t length = strlen(word);
		char large[2] = {
			(char)(word[length - 2] & ~0x20), (char)(word[length - 1] & ~0x20)};
		if (!redact_may_end_key(word + length - 2) || !redact_may_end_key(large))
			fail_msg("%s", word);
	}
	assert_true(count > 10);
	assert_false(redact_may_end_key("zz"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_may_begin_is_passed_over),
		cmocka_unit_test(what_nobody_looks_for_is_passed_over),
		cmocka_unit_test(every_key_is_one_by_its_last_two_letters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
