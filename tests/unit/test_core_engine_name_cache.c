/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/engine/name_cache.h"

static struct name_cache *cache;

static int setup(void **state)
{
	(void)state;
	cache = name_cache_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	name_cache_free(cache);
	return 0;
}

static void put(const char *key, size_t bytes, int64_t now_ms)
{
	char **names = xcalloc(1, sizeof(*names));
	names[0] = xcalloc(1, bytes + 1);
	memset(names[0], 'x', bytes);
	struct name_list *list = name_list_new(names, 1);
	name_cache_put(cache, key, list, now_ms);
	name_list_unref(list);
}

static size_t found(const char *key, int64_t now_ms)
{
	struct name_list *list = name_cache_find(cache, key, now_ms);
	size_t bytes = list ? strlen(list->names[0]) : 0;
	name_list_unref(list);
	return bytes;
}

static void a_list_is_kept_for_its_time(void **state)
{
	(void)state;
	put("a", 3, 1000);
	assert_int_equal(found("a", 1000 + NAME_CACHE_MS), 3);
	assert_int_equal(found("b", 1000), 0);
	assert_int_equal(found("a", 1001 + NAME_CACHE_MS), 0);
	assert_int_equal(found("a", 1000), 0); /* it is gone */
}

static void a_newer_one_takes_its_place(void **state)
{
	(void)state;
	put("a", 3, 1000);
	put("a", 4, 2000);
	assert_int_equal(found("a", 2000), 4);
}

static void the_oldest_leaves_for_one_more(void **state)
{
	(void)state;
	for (int i = 0; i <= NAME_CACHE_LISTS; i++) {
		char key[16];
		snprintf(key, sizeof(key), "%d", i);
		put(key, 1, 100 + i);
	}
	assert_int_equal(found("0", 200), 0);
	assert_int_equal(found("1", 200), 1);
	assert_int_equal(found("16", 200), 1);
}

static void the_oldest_leave_for_a_large_one_and_one_too_large_is_not_kept(void **state)
{
	(void)state;
	put("a", NAME_CACHE_BYTES / 3, 1);
	put("b", NAME_CACHE_BYTES / 3, 2);
	put("c", NAME_CACHE_BYTES / 2, 3);
	assert_int_equal(found("a", 4), 0);
	assert_int_equal(found("b", 4), NAME_CACHE_BYTES / 3);
	assert_int_equal(found("c", 4), NAME_CACHE_BYTES / 2);
	put("d", NAME_CACHE_BYTES, 4);
	assert_int_equal(found("d", 4), 0);
	assert_int_equal(found("c", 4), NAME_CACHE_BYTES / 2);
}

static void a_list_outlives_its_place(void **state)
{
	(void)state;
	put("a", 3, 1000);
	struct name_list *list = name_cache_find(cache, "a", 1000);
	put("a", 4, 2000);
	assert_int_equal(strlen(list->names[0]), 3);
	name_list_unref(list);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_list_is_kept_for_its_time),
		TEST(a_newer_one_takes_its_place),
		TEST(the_oldest_leaves_for_one_more),
		TEST(the_oldest_leave_for_a_large_one_and_one_too_large_is_not_kept),
		TEST(a_list_outlives_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
