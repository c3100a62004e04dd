/* SPDX-License-Identifier: MIT */
/* What is told of metrics beside their values: types, help, the parts of a family, and the bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/series/metadata.h"

static int setup(void **state)
{
	*state = metadata_new();
	return 0;
}

static int teardown(void **state)
{
	metadata_free(*state);
	return 0;
}

static void tell(struct metadata *metadata, const char *name, const char *type, const char *help)
{
	metadata_set(metadata, name, &(struct metadata_word){type, help, NULL});
}

static const char *type_of(struct metadata *metadata, const char *metric)
{
	struct metadata_told told;
	return metadata_find(metadata, metric, &told) ? told.type : "nothing";
}

static bool counts(struct metadata *metadata, const char *metric)
{
	struct metadata_told told;
	assert_true(metadata_find(metadata, metric, &told));
	return told.counts;
}

static void what_was_told_is_found_and_the_newest_counts(void **state)
{
	struct metadata_told told;
	tell(*state, "jobs", "gauge", "jobs that wait");
	tell(*state, "jobs", "counter", NULL);
	assert_true(metadata_find(*state, "jobs", &told));
	assert_string_equal(told.type, "counter");
	assert_string_equal(told.help, "jobs that wait");
	assert_string_equal(told.unit, "");
	assert_true(told.counts);
	assert_false(metadata_find(*state, "job", &told));
}

static void parts_of_a_family_are_told_by_its_type_alone(void **state)
{
	tell(*state, "took", "histogram", "how long");
	tell(*state, "size", "summary", "how large");
	tell(*state, "hits", "counter", "how many");
	tell(*state, "room", "gauge", "how much");
	assert_string_equal(type_of(*state, "took_bucket"), "histogram");
	assert_string_equal(type_of(*state, "size_count"), "summary");
	assert_string_equal(type_of(*state, "hits_total"), "counter");
	assert_string_equal(type_of(*state, "size_bucket"), "nothing");
	assert_string_equal(type_of(*state, "room_total"), "nothing");
	assert_string_equal(type_of(*state, "_total"), "nothing");
	assert_true(counts(*state, "took_bucket"));
	assert_true(counts(*state, "size_sum"));
	assert_false(counts(*state, "size"));
	assert_false(counts(*state, "hits_created"));
	assert_false(counts(*state, "room"));
}

static void fill(struct metadata *metadata)
{
	metadata_offer(metadata, "ours", &(struct metadata_word){"gauge", "of a table", NULL});
	metadata_offer(metadata, "theirs", &(struct metadata_word){"gauge", "of a table", NULL});
	metadata_offer(metadata, "both", &(struct metadata_word){"counter", "of a table", NULL});
}

static void tables_tell_what_nobody_tells_otherwise_and_once(void **state)
{
	struct metadata_told told;
	metadata_fill_later(*state, fill);
	tell(*state, "theirs", "counter", "of a page");
	tell(*state, "both", NULL, "of a page");
	assert_string_equal(type_of(*state, "ours"), "gauge");
	assert_true(metadata_find(*state, "theirs", &told));
	assert_string_equal(told.type, "counter");
	assert_string_equal(told.help, "of a page");
	assert_true(metadata_find(*state, "both", &told));
	assert_string_equal(told.type, "counter");
	assert_string_equal(told.help, "of a page");
	tell(*state, "ours", "counter", NULL);
	assert_string_equal(type_of(*state, "ours"), "counter");
}

static void a_type_that_is_none_is_unknown(void **state)
{
	tell(*state, "odd", "untyped", NULL);
	tell(*state, "odder", "count", NULL);
	assert_string_equal(type_of(*state, "odd"), "unknown");
	assert_string_equal(type_of(*state, "odder"), "unknown");
	assert_string_equal(type_of(*state, "odd_total"), "nothing");
}

static void a_long_help_is_cut_between_characters(void **state)
{
	char help[2 * METADATA_HELP_MAX + 1];
	struct metadata_told told;
	help[0] = 'a';
	for (size_t i = 0; i + 2 < sizeof(help); i += 2)
		memcpy(help + 1 + i, "\xc3\xa4", 2);
	help[sizeof(help) - 1] = '\0';
	tell(*state, "long", "gauge", help);
	assert_true(metadata_find(*state, "long", &told));
	assert_int_equal(strlen(told.help), METADATA_HELP_MAX - 1);
}

static void what_comes_when_it_is_full_is_left_out(void **state)
{
	char name[32];
	for (int i = 0; i < METADATA_MAX + 10; i++) {
		(void)snprintf(name, sizeof(name), "metric_%d", i);
		tell(*state, name, "gauge", "one of many");
	}
	assert_string_equal(type_of(*state, "metric_19999"), "gauge");
	assert_string_equal(type_of(*state, "metric_20000"), "nothing");
	tell(*state, "metric_7", "counter", NULL);
	assert_string_equal(type_of(*state, "metric_7"), "counter");
}

static void long_texts_are_left_out_when_their_bytes_are_used_up(void **state)
{
	char name[32], help[METADATA_HELP_MAX + 1];
	struct metadata_told told;
	memset(help, 'h', METADATA_HELP_MAX);
	help[METADATA_HELP_MAX] = '\0';
	for (int i = 0; i < METADATA_MAX; i++) {
		(void)snprintf(name, sizeof(name), "metric_%d", i);
		tell(*state, name, "gauge", help);
	}
	assert_true(metadata_find(*state, "metric_5000", &told));
	assert_string_equal(type_of(*state, "metric_19999"), "nothing");
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(what_was_told_is_found_and_the_newest_counts),
		test(parts_of_a_family_are_told_by_its_type_alone),
		test(tables_tell_what_nobody_tells_otherwise_and_once),
		test(a_type_that_is_none_is_unknown),
		test(a_long_help_is_cut_between_characters),
		test(what_comes_when_it_is_full_is_left_out),
		test(long_texts_are_left_out_when_their_bytes_are_used_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
