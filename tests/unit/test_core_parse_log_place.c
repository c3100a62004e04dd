/* SPDX-License-Identifier: MIT */
/* Where a log is, in one word: files, journals, containers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/attr.h"
#include "core/parse/log_place.h"

static void what_has_no_scheme_is_a_file(void **state)
{
	(void)state;
	static const char *const files[] = {
		"/var/log/a.log", "a*.log", "journal", "docker", "", "Journal:x"};
	const char *rest;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		assert_int_equal(log_place_of(files[i], &rest), LOG_PLACE_FILES);
		assert_string_equal(rest, files[i]);
	}
	assert_int_equal(log_place_of("journal:a", &rest), LOG_PLACE_JOURNAL);
	assert_string_equal(rest, "a");
	assert_int_equal(log_place_of("docker:b", &rest), LOG_PLACE_DOCKER);
	assert_string_equal(rest, "b");
}

static void a_journal_has_a_path_a_unit_or_both(void **state)
{
	(void)state;
	static const struct {
		const char *rest, *path, *unit;
	} cases[] = {
		{"orders.service", "", "orders.service"},
		{"/var/log/journal", "/var/log/journal", ""},
		{"/a/b.journal#orders", "/a/b.journal", "orders"},
		{"/a#b/c#bot@1.service", "/a#b/c", "bot@1.service"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct journal_place place = journal_place_of(cases[i].rest);
		assert_int_equal(place.path_length, strlen(cases[i].path));
		assert_memory_equal(place.path, cases[i].path, place.path_length);
		assert_int_equal(place.unit_length, strlen(cases[i].unit));
		assert_memory_equal(place.unit, cases[i].unit, place.unit_length);
	}
}

static void what_can_mean_nothing_is_refused_with_an_example(void **state)
{
	(void)state;
	static const struct {
		const char *text, *said; /* NULL: it is good */
	} cases[] = {
		{"/any file:*", NULL},
		{"journal:orders", NULL},
		{"journal:bot@1.service", NULL},
		{"journal:{bot}.service", NULL},
		{"journal:/var/log/journal", NULL},
		{"journal:/a b/c#orders.service", NULL},
		{"docker:orders-1", NULL},
		{"docker:{bot}", NULL},
		{"journal:", "names no unit: journal:orders.service"},
		{"journal:a/b", "names no unit"},
		{"journal:a b", "names no unit"},
		{"journal:/a#", "names no unit"},
		{"journal:/a#b c", "names no unit"},
		{"docker:", "names no container: docker:orders-1"},
		{"docker:-x", "names no container"},
		{"docker:a/b", "names no container"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = {.text = ""};
		bool is_good = log_place_check(cases[i].text, &err);
		if (is_good != (cases[i].said == NULL))
			fail_msg("%s: %s", cases[i].text, err.text);
		if (cases[i].said)
			assert_non_null(strstr(err.text, cases[i].said));
	}
}

static void what_a_supervisor_names_is_followed_only_where_it_can_be_a_log(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool is_told;
	} cases[] = {
		{"/var/log/a.log", true},
		{"journal:orders.service", true},
		{"journal:bot@1.service", true},
		{"docker:orders-1", true},
		{"", false},
		{"a.log", false},
		{"/dev/null", false},
		{"/proc/self/fd/1", false},
		{"journal:", false},
		{"journal:/etc", false},
		{"journal:a b", false},
		{"docker:../../images", false},
		{"docker:a?x=1", false},
		{"docker:a b", false},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (log_place_is_told(cases[i].text) != cases[i].is_told)
			fail_msg("%s", cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_no_scheme_is_a_file),
		cmocka_unit_test(a_journal_has_a_path_a_unit_or_both),
		cmocka_unit_test(what_a_supervisor_names_is_followed_only_where_it_can_be_a_log),
		cmocka_unit_test(what_can_mean_nothing_is_refused_with_an_example),
	};
	return cmocka_run_group_tests_name("core/parse/log_place", tests, NULL, NULL);
}
