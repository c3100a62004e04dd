/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/series/label_pairs.h"
#include "core/series/labels.h"
#include "core/series/querier.h"

static void assert_text(const char *expected, const struct label *list, size_t count)
{
	autostr struct str text = STR_INIT;
	struct labels *labels = labels_new(list, count);
	labels_text(labels, &text);
	assert_string_equal(text.text, expected);
	labels_unref(labels);
}

static void labels_are_kept_in_order_of_their_names(void **state)
{
	const struct label list[] = {{"job", "x"}, {LABEL_NAME, "up"}, {"a", "1"}, {"Z", "2"}};
	struct labels *labels = labels_new(list, COUNT_OF(list));
	assert_int_equal(labels_count(labels), 4);
	assert_string_equal(labels_at(labels, 0)->name, "Z");
	assert_string_equal(labels_at(labels, 1)->name, LABEL_NAME);
	assert_string_equal(labels_at(labels, 3)->value, "x");
	assert_string_equal(labels_get(labels, "a"), "1");
	assert_string_equal(labels_get(labels, "none"), "");
	labels_unref(labels);
	(void)state;
}

static void the_last_of_a_name_counts_and_no_value_is_no_label(void **state)
{
	const struct label list[] = {{"a", "1"}, {"b", "2"}, {"a", "3"}, {"c", ""}, {"b", ""}};
	assert_text("{a=\"3\"}", list, COUNT_OF(list));
	assert_text("{}", list + 3, 2);
	assert_text("{}", NULL, 0);
	(void)state;
}

static void text_is_what_promql_reads(void **state)
{
	const struct label plain[] = {{LABEL_NAME, "a:b"}, {"x", "q\"\\\n"}, {"y", "й"}};
	const struct label quoted[] = {{LABEL_NAME, "a b"}, {"x.y", "1"}};
	const struct label hidden[] = {{"x", "\x1b\xff\xe2\x80\x8b\xf3\xa0\x80\x81"}};
	assert_text("a:b{x=\"q\\\"\\\\\\n\",y=\"й\"}", plain, COUNT_OF(plain));
	assert_text("up", (const struct label[]){{LABEL_NAME, "up"}}, 1);
	assert_text("{\"a b\",\"x.y\"=\"1\"}", quoted, COUNT_OF(quoted));
	assert_text("{\"a b\"}", quoted, 1);
	assert_text("{x=\"\\x1b\\xff\\u200b\\U000e0001\"}", hidden, 1);
	(void)state;
}

static void sets_of_the_same_labels_are_equal_however_they_were_given(void **state)
{
	const struct label one[] = {{"a", "1"}, {"b", "2"}}, other[] = {{"b", "2"}, {"a", "1"}};
	struct labels *first = labels_new(one, 2), *second = labels_new(other, 2);
	assert_true(labels_equal(first, second));
	assert_int_equal(labels_hash(first), labels_hash(second));
	assert_int_equal(labels_compare(first, second), 0);
	assert_int_equal(labels_bytes(first), labels_bytes(second));
	labels_unref(first);
	labels_unref(second);
	(void)state;
}

static void sets_that_only_run_together_alike_differ(void **state)
{
	const struct label lists[][2] = {{{"a", "bc"}, {"d", "e"}}, {{"ab", "c"}, {"d", "e"}},
		{{"a", "b"}, {"cd", "e"}}, {{"a", "bcd"}, {"e", ""}}};
	struct labels *sets[COUNT_OF(lists)];
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		sets[i] = labels_new(lists[i], 2);
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		for (size_t k = 0; k < i; k++) {
			assert_false(labels_equal(sets[i], sets[k]));
			assert_true(labels_hash(sets[i]) != labels_hash(sets[k]));
		}
	}
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		labels_unref(sets[i]);
	(void)state;
}

/* Literals, since stored series may be found by it. */
static void the_hash_is_the_same_in_every_process(void **state)
{
	struct labels *none = labels_new(NULL, 0);
	struct labels *some = labels_new(
		(const struct label[]){{LABEL_NAME, "redis_up"}, {"instance", "127.0.0.1:6379"}},
		2);
	assert_int_equal(labels_hash(none), UINT64_C(0x9e3779b97f4a7c15));
	assert_int_equal(labels_hash(some), UINT64_C(0x59f0d271e1898114));
	labels_unref(none);
	labels_unref(some);
	(void)state;
}

static int compare_hashes(const void *one, const void *other)
{
	const uint64_t *a = one, *b = other;
	return (*a > *b) - (*a < *b);
}

static void hashes_of_alike_series_neither_meet_nor_crowd(void **state)
{
	enum { SETS = 100000, SLOTS = 1024 };
	uint64_t *hashes = xcalloc(SETS, sizeof(*hashes));
	unsigned low[SLOTS] = {0}, high[SLOTS] = {0};
	for (size_t i = 0; i < SETS; i++) {
		char value[16];
		snprintf(value, sizeof(value), "%zu", i);
		struct labels *labels = labels_new(
			(const struct label[]){{LABEL_NAME, "up"}, {"instance", value}}, 2);
		hashes[i] = labels_hash(labels);
		low[hashes[i] % SLOTS]++;
		high[hashes[i] >> 54]++;
		labels_unref(labels);
	}
	qsort(hashes, SETS, sizeof(*hashes), compare_hashes);
	for (size_t i = 1; i < SETS; i++)
		assert_true(hashes[i] != hashes[i - 1]);
	for (size_t i = 0; i < SLOTS; i++) { /* 98 each, by chance within 7 deviations */
		assert_in_range(low[i], 28, 168);
		assert_in_range(high[i], 28, 168);
	}
	free(hashes);
	(void)state;
}

static void sets_order_name_by_name_and_the_shorter_first(void **state)
{
	const struct {
		struct label list[3];
		size_t count;
	} rows[] = {
		{{{0}}, 0},
		{{{"a", "1"}}, 1},
		{{{"a", "1"}, {"b", "1"}}, 2},
		{{{"a", "1"}, {"b", "2"}}, 2},
		{{{"a", "1"}, {"c", "0"}}, 2},
		{{{"a", "2"}}, 1},
		{{{"b", "0"}}, 1},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (size_t k = 0; k < COUNT_OF(rows); k++) {
			struct labels *one = labels_new(rows[i].list, rows[i].count);
			struct labels *other = labels_new(rows[k].list, rows[k].count);
			int order = labels_compare(one, other);
			assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
			assert_int_equal(labels_equal(one, other), i == k);
			labels_unref(one);
			labels_unref(other);
		}
	}
	(void)state;
}

static void many_labels_in_any_order_are_the_same_set(void **state)
{
	enum { MANY = 500 };
	char names[MANY][8];
	struct label list[MANY];
	struct rng rng;
	rng_init(&rng, 7);
	for (size_t i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
		list[i] = (struct label){names[i], names[i] + 1};
	}
	struct labels *before = labels_new(list, MANY);
	for (size_t i = MANY; i > 1; i--) {
		size_t other = (size_t)rng_below(&rng, i);
		struct label kept = list[i - 1];
		list[i - 1] = list[other];
		list[other] = kept;
	}
	struct labels *after = labels_new(list, MANY);
	assert_int_equal(labels_count(after), MANY);
	assert_true(labels_equal(before, after));
	for (size_t i = 1; i < MANY; i++)
		assert_true(strcmp(labels_at(after, i - 1)->name, labels_at(after, i)->name) < 0);
	labels_unref(before);
	labels_unref(after);
	(void)state;
}

static void a_set_lives_as_long_as_someone_holds_it(void **state)
{
	struct labels *labels = labels_new((const struct label[]){{"a", "1"}}, 1);
	struct selected_set set = {.list = xcalloc(1, sizeof(*set.list)), .count = 1};
	set.list[0] = (struct selected){.labels = labels_ref(labels),
		.samples = xcalloc(1, sizeof(struct sample)),
		.count = 1};
	labels_unref(labels);
	assert_string_equal(labels_get(set.list[0].labels, "a"), "1");
	selected_set_release(&set);
	assert_null(set.list);
	selected_set_release(&set);
	labels_unref(NULL);
	(void)state;
}

/* ---- the text form of messages ---- */

static char *random_text(struct rng *rng, size_t least)
{
	static const char letters[] = "a,=\\ \"{}";
	struct str text = STR_INIT;
	for (size_t left = least + rng_below(rng, 6); left; left--)
		str_addch(&text, letters[rng_below(rng, sizeof(letters) - 1)]);
	return str_detach(&text);
}

static void pairs_of_any_texts_read_back_as_they_were(void **state)
{
	enum { PAIRS = 4, ROUNDS = 5000 };
	struct rng rng;
	rng_init(&rng, 7);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct label read[PAIRS + 1];
		char *texts[2 * PAIRS];
		autostr struct str pairs = STR_INIT;
		for (size_t i = 0; i < COUNT_OF(texts); i++)
			texts[i] = random_text(&rng, i % 2 == 0);
		for (size_t i = 0; i < PAIRS; i++)
			label_pairs_add(&pairs, texts[2 * i], texts[2 * i + 1]);
		assert_int_equal(label_pairs_read(pairs.text, read, PAIRS + 1), PAIRS);
		for (size_t i = 0; i < PAIRS; i++) {
			assert_string_equal(read[i].name, texts[2 * i]);
			assert_string_equal(read[i].value, texts[2 * i + 1]);
		}
		for (size_t i = 0; i < COUNT_OF(texts); i++)
			free(texts[i]);
	}
	(void)state;
}

static void of_pairs_that_are_none_the_others_are_read(void **state)
{
	char text[] = "none,a=1,,b=x=y,c=\\";
	struct label read[8];
	assert_int_equal(label_pairs_read(text, read, COUNT_OF(read)), 3);
	assert_string_equal(read[0].value, "1");
	assert_string_equal(read[1].value, "x=y");
	assert_string_equal(read[2].value, "\\");
	char few[] = "a=1,b=2,c=3";
	assert_int_equal(label_pairs_read(few, read, 2), 2);
	assert_int_equal(label_pairs_first("a=x\\,y,b=2"), 6);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_are_kept_in_order_of_their_names),
		cmocka_unit_test(the_last_of_a_name_counts_and_no_value_is_no_label),
		cmocka_unit_test(text_is_what_promql_reads),
		cmocka_unit_test(sets_of_the_same_labels_are_equal_however_they_were_given),
		cmocka_unit_test(sets_that_only_run_together_alike_differ),
		cmocka_unit_test(the_hash_is_the_same_in_every_process),
		cmocka_unit_test(hashes_of_alike_series_neither_meet_nor_crowd),
		cmocka_unit_test(sets_order_name_by_name_and_the_shorter_first),
		cmocka_unit_test(many_labels_in_any_order_are_the_same_set),
		cmocka_unit_test(a_set_lives_as_long_as_someone_holds_it),
		cmocka_unit_test(pairs_of_any_texts_read_back_as_they_were),
		cmocka_unit_test(of_pairs_that_are_none_the_others_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
