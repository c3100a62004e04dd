/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "tui/panes/checks.h"

enum { CHECKS_MAX = 40 };

struct bench {
	struct msg_check bodies[CHECKS_MAX];
	const struct msg_check *list[CHECKS_MAX];
	size_t count;
	struct check_grid grid;
};

static void add(struct bench *bench, const char *name, const char *bot, const char *url)
{
	struct msg_check *check = &bench->bodies[bench->count];
	*check = (struct msg_check){.id = bench->count + 1,
		.name = (char *)(uintptr_t)name,
		.bot = (char *)(uintptr_t)bot,
		.url = (char *)(uintptr_t)url};
	bench->list[bench->count++] = check;
}

static const char *no_host(const void *context, uint64_t id)
{
	(void)context, (void)id;
	return "";
}

static const char *two_hosts(const void *context, uint64_t id)
{
	(void)context;
	return id % 2 ? "eu" : "us";
}

static void make(struct bench *bench)
{
	check_grid_make(&bench->grid, bench->list, bench->count, no_host, NULL);
}

static int setup(void **state)
{
	static struct bench bench;
	bench = (struct bench){.count = 0};
	*state = &bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	check_grid_release(&bench->grid);
	return 0;
}

static uint64_t at(const struct check_grid *grid, const char *row, const char *column)
{
	for (size_t r = 0; r < grid->rows; r++)
		for (size_t c = 0; c < grid->columns; c++)
			if (strcmp(grid->row_names[r], row) == 0 &&
				strcmp(grid->column_names[c], column) == 0)
				return grid->cells[r * grid->columns + c];
	return 0;
}

static void checks_named_by_bot_and_what_is_checked_are_crossed(void **state)
{
	struct bench *bench = *state;
	add(bench, "orders", "orders", "http://127.0.0.1:1/healthz");
	add(bench, "orders-db", "orders", "http://127.0.0.1:1/db");
	add(bench, "db_quiz", "quiz", "http://127.0.0.1:2/db");
	add(bench, "quiz", "quiz", "http://127.0.0.1:2/healthz");
	make(bench);
	assert_int_equal(bench->grid.rows, 2);
	assert_int_equal(bench->grid.columns, 3 - 1);
	assert_int_equal(at(&bench->grid, "orders", "/healthz"), 1);
	assert_int_equal(at(&bench->grid, "orders", "db"), 2);
	assert_int_equal(at(&bench->grid, "quiz", "db"), 3);
	assert_int_equal(at(&bench->grid, "quiz", "/healthz"), 4);
}

static void a_name_that_only_begins_like_the_bots_is_a_name_of_its_own(void **state)
{
	struct bench *bench = *state;
	add(bench, "ordersdb", "orders", "http://h/a");
	add(bench, "orders-", "orders", "http://h/b");
	add(bench, "quiz", "quiz", "http://h/c");
	add(bench, "quiz-b", "quiz", "http://h/d");
	make(bench);
	assert_int_equal(at(&bench->grid, "orders", "ordersdb"), 1);
	assert_int_equal(at(&bench->grid, "orders", "orders-"), 2);
}

static void urls_that_form_hosts_and_paths_are_crossed(void **state)
{
	struct bench *bench = *state;
	add(bench, "a", "", "https://eu.example:8443/ready");
	add(bench, "b", "", "https://eu.example:8443/live");
	add(bench, "c", "", "https://us.example/ready");
	add(bench, "d", "", "https://us.example/live");
	add(bench, "e", "", "https://us.example");
	make(bench);
	assert_int_equal(bench->grid.rows, 2);
	assert_int_equal(bench->grid.columns, 3);
	assert_int_equal(at(&bench->grid, "eu.example:8443", "/live"), 2);
	assert_int_equal(at(&bench->grid, "us.example", "/"), 5);
	assert_int_equal(at(&bench->grid, "eu.example:8443", "/"), 0);
}

static void two_checks_never_share_a_cell(void **state)
{
	struct bench *bench = *state;
	add(bench, "one", "", "http://localhost/healthz");
	add(bench, "two", "", "http://localhost/healthz");
	add(bench, "three", "", "http://localhost/ready");
	add(bench, "four", "", "http://other/ready");
	add(bench, "five", "", "http://other/healthz");
	make(bench);
	assert_int_equal(bench->grid.rows, 0);
	assert_int_equal(bench->grid.count, 5);
}

static void a_cross_that_is_mostly_empty_is_none(void **state)
{
	struct bench *bench = *state;
	static char names[6][16], urls[6][48];
	for (int i = 0; i < 6; i++) {
		snprintf(names[i], sizeof(names[i]), "c%d", i);
		snprintf(urls[i], sizeof(urls[i]), "http://h%d/p%d", i, i);
		add(bench, names[i], "", urls[i]);
	}
	make(bench);
	assert_int_equal(bench->grid.rows, 0);
}

static void cells_are_in_the_order_of_names_as_people_count(void **state)
{
	struct bench *bench = *state;
	add(bench, "page-10", "", "http://h/");
	add(bench, "page-9", "", "http://h/");
	add(bench, "a", "", "http://h/");
	make(bench);
	assert_string_equal(bench->grid.names[0], "a");
	assert_string_equal(bench->grid.names[1], "page-9");
	assert_string_equal(bench->grid.names[2], "page-10");
	assert_int_equal(bench->grid.ids[1], 2);
	assert_int_equal(bench->grid.name_cells, 7);
}

static void of_several_engines_each_cell_says_whose_it_is(void **state)
{
	struct bench *bench = *state;
	add(bench, "quiz", "quiz", "http://h/healthz");
	add(bench, "quiz", "quiz", "http://h/healthz");
	check_grid_make(&bench->grid, bench->list, bench->count, two_hosts, NULL);
	assert_string_equal(bench->grid.names[0], "eu/quiz");
	assert_string_equal(bench->grid.names[1], "us/quiz");
}

static void it_is_made_anew_when_a_url_comes_and_only_then(void **state)
{
	struct bench *bench = *state;
	add(bench, "a", "", "");
	add(bench, "b", "", "");
	make(bench);
	const uint64_t *before = bench->grid.ids;
	make(bench);
	assert_ptr_equal(bench->grid.ids, before);
	bench->bodies[0].url = (char *)(uintptr_t) "http://h/x";
	bench->bodies[1].url = (char *)(uintptr_t) "http://i/y";
	add(bench, "c", "", "http://h/y");
	make(bench);
	assert_int_equal(bench->grid.rows, 2);
	bench->count = 0;
	make(bench);
	assert_int_equal(bench->grid.count, 0);
	assert_int_equal(bench->grid.rows, 0);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(checks_named_by_bot_and_what_is_checked_are_crossed),
		test(a_name_that_only_begins_like_the_bots_is_a_name_of_its_own),
		test(urls_that_form_hosts_and_paths_are_crossed),
		test(two_checks_never_share_a_cell),
		test(a_cross_that_is_mostly_empty_is_none),
		test(cells_are_in_the_order_of_names_as_people_count),
		test(of_several_engines_each_cell_says_whose_it_is),
		test(it_is_made_anew_when_a_url_comes_and_only_then),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
