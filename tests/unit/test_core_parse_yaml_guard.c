/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/attr.h"
#include "core/parse/yaml_guard.h"

static void assert_dangerous(const char *text, const char *rest)
{
	size_t at;
	const char *why;
	if (!yaml_is_dangerous(text, strlen(text), &at, &why))
		fail_msg("'%s' is said to be safe", text);
	assert_string_equal(text + at, rest);
	assert_true(strlen(why) > 10);
}

/* Each of these crashed libfyaml 0.7.12, or kept it busy. */
static void what_the_library_does_not_survive_is_found(void **state)
{
	(void)state;
	assert_dangerous("? a:\t:", "? a:\t:");
	assert_dangerous(" ? se09:\t:", "? se09:\t:");
	assert_dangerous("x:\n  ? a:\t: b", "? a:\t: b");
	assert_dangerous("? - a:\t:", "? - a:\t:");
	assert_dangerous("- - ? a:\t:", "? a:\t:");
	assert_dangerous("a:\n-\t? b:\t: c", "? b:\t: c");
	assert_dangerous("x: 1\r? a:\t:", "? a:\t:");
	assert_dangerous("\xef\xbb\xbf? a:\t:", "? a:\t:");
	assert_dangerous(": ? a:\t:", "? a:\t:");
	assert_dangerous("?\n a:\t:", "?\n a:\t:");
	assert_dangerous("a: b\n?", "?");
	assert_dangerous("# c\n%YAML 1.1", "%YAML 1.1");
	assert_dangerous("\xef\xbb\xbf%TAG", "%TAG");
}

static void what_it_survives_is_left_to_it(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "a: b?\n", "a: ? b", "why?: x", "?x: y", "- ?x",
		"url: http://x/?a=1\nb: 50%\n", " %x", "- - : -", "{? a: b}", "#? a\n#%b",
		"a:\tb\n"};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		size_t at;
		const char *why;
		if (yaml_is_dangerous(texts[i], strlen(texts[i]), &at, &why))
			fail_msg("'%s' is said to be dangerous", texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_library_does_not_survive_is_found),
		cmocka_unit_test(what_it_survives_is_left_to_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
