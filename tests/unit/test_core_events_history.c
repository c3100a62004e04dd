/* SPDX-License-Identifier: MIT */
/* The history on the disk: asked as if all of it were in memory, within its budget, damaged, and with no room left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/events/count.h"
#include "core/events/directory.h"
#include "core/events/writer.h"
#include "core/msg/msg.h"
#include "core/parse/filter.h"
#include "core/parse/log_columns.h"
#include "tests/support/cold_store.h"
#include "tests/support/folder.h"

enum { PLENTY = 20000 };

static struct event_stats stats_of(const struct cold_store *pair)
{
	return event_directory_stats(pair->cold->directory);
}

/* ---- as if it were in memory ---- */

static void every_window_is_what_it_would_be_in_memory(void **state)
{
	struct cold_store *pair = *state;
	cold_store_add(pair, PLENTY);
	assert_int_equal(stats_of(pair).evicted_lines, 0);
	assert_true(event_directory_stats(pair->all->directory).bytes > 4 * stats_of(pair).bytes);
	for (int i = 0; i < 150; i++) {
		struct event_question question = cold_store_question(pair);
		assert_cold_answer(pair, &question, cold_store_expression(pair), NULL);
	}
}

static struct event_count *count_of(struct event_store *store, const char *expression,
	const struct count_grid *grid, const struct event_marks *since)
{
	const struct filter_schema schema = log_schema(EVENT_STORE_MS, 0);
	const struct count_question question = {
		.grid = *grid, .behind = EVENT_KEY_FIRST, .since = since, .again_ms = INT64_MIN};
	size_t at;
	struct filter *filter = filter_new(expression, &schema, &at, NULL);
	struct event_count *count = event_count_new(
		event_directory_snapshot(store->directory), filter, NULL, &question);
	while (!event_count_step(count, 500))
		continue;
	return count;
}

static void assert_same_counts(struct cold_store *pair, const char *expression,
	const struct count_grid *grid, struct event_marks *marks[2])
{
	struct event_count *all = count_of(pair->all, expression, grid, marks[0]);
	struct event_count *cold = count_of(pair->cold, expression, grid, marks[1]);
	const struct count_sums *expected = event_count_sums(all), *sums = event_count_sums(cold);
	assert_memory_equal(
		sums->lines, expected->lines, LOG_LEVELS * grid->columns * sizeof(*sums->lines));
	assert_int_equal(sums->before, expected->before);
	assert_int_equal(sums->after, expected->after);
	free(marks[0]);
	free(marks[1]);
	marks[0] = event_count_marks(all);
	marks[1] = event_count_marks(cold);
	event_count_free(all);
	event_count_free(cold);
}

static void every_count_is_what_it_would_be_in_memory(void **state)
{
	static const int64_t steps[] = {7, 1000, 60000, INT64_C(1) << 40};
	struct cold_store *pair = *state;
	cold_store_add(pair, PLENTY);
	for (int i = 0; i < 60; i++) {
		struct event_marks *marks[2] = {NULL, NULL};
		const struct count_grid grid = {
			pair->wall_ms - (int64_t)rng_below(&pair->rng, 400000),
			steps[rng_below(&pair->rng, COUNT_OF(steps))],
			1 + (size_t)rng_below(&pair->rng, 200)};
		assert_same_counts(pair, cold_store_expression(pair), &grid, marks);
		free(marks[0]);
		free(marks[1]);
	}
}

/* Lines that came since the marks may be in the history by now. */
static void news_is_what_it_would_be_in_memory(void **state)
{
	struct cold_store *pair = *state;
	const struct count_grid grid = {EVENT_STORE_MS - 1000000, 10000, 150};
	struct event_marks *counted[2] = {NULL, NULL};
	cold_store_add(pair, 3000);
	for (int i = 0; i < 12; i++) {
		const char *expression = cold_store_expression(pair);
		struct event_query *queries[] = {
			event_store_ask(
				pair->all, &(struct event_question){.anchor = EVENT_KEY_END}, NULL),
			event_store_ask(pair->cold,
				&(struct event_question){.anchor = EVENT_KEY_END}, NULL)};
		struct event_marks *marks[] = {
			event_query_marks(queries[0]), event_query_marks(queries[1])};
		event_query_free(queries[0]);
		event_query_free(queries[1]);
		assert_same_counts(pair, "", &grid, counted);
		cold_store_add(pair, (size_t)rng_below(&pair->rng, 3000));
		struct event_question news = {
			.anchor = EVENT_KEY_END, .before = 1000, .since = marks[0]};
		/* both are the same: of the same streams, up to the same lines */
		assert_cold_answer(pair, &news, expression, NULL);
		news.since = marks[1];
		assert_cold_answer(pair, &news, expression, NULL);
		free(marks[0]);
		free(marks[1]);
	}
	free(counted[0]);
	free(counted[1]);
}

/* What waits for the disk is asked for like what is there. */
static void lines_are_there_while_they_are_written(void **state)
{
	struct cold_store *pair = *state;
	for (int i = 0; i < 30; i++) {
		for (int line = 0; line < 300; line++) {
			autofree char *text = xasprintf("%d of %d %0200d", line, i, 0);
			cold_store_line(pair, (size_t)line % 3, text);
		}
		cold_store_deliver(pair);
		assert_cold_answer(pair,
			&(struct event_question){.anchor = EVENT_KEY_END, .before = 700}, "", NULL);
	}
}

/* ---- its files ---- */

/* The files in it, and their bytes. */
static size_t list_files(char paths[64][512], uint64_t *ret_bytes)
{
	struct dirent **entries;
	size_t count = 0;
	int found = scandir(folder, &entries, NULL, alphasort);
	*ret_bytes = 0;
	for (int i = 0; i < found; i++) {
		struct stat status;
		snprintf(paths[count], 512, "%s/%s", folder, entries[i]->d_name);
		if (stat(paths[count], &status) == 0 && S_ISREG(status.st_mode)) {
			assert_int_equal(status.st_mode & 07777, 0600);
			*ret_bytes += (uint64_t)status.st_size;
			count++;
		}
		free(entries[i]);
	}
	free(entries);
	return count;
}

static void the_oldest_go_when_the_budget_is_used_up_and_are_counted(void **state)
{
	struct cold_store *pair = *state;
	char paths[64][512];
	uint64_t bytes;
	cold_store_restart(pair, 256 << 10);
	cold_store_add(pair, 3 * PLENTY);
	(void)event_directory_weigh(pair->cold->directory);
	struct event_stats stats = stats_of(pair);
	assert_true(stats.evicted_lines > PLENTY);
	assert_int_equal(stats.lines + stats.evicted_lines, pair->lines);
	assert_in_range(list_files(paths, &bytes), 2, 18);
	assert_in_range(bytes, 200 << 10, 256 << 10);
	assert_int_equal(history_figures(pair->history).bytes, bytes);
	/* those that are left are the last ones */
	const struct event_question last = {.anchor = EVENT_KEY_END, .before = 900};
	const struct event_question first = {.anchor = EVENT_KEY_FIRST, .after = 3};
	struct msg_win_rows *rows = event_store_answer(pair->cold, &last, NULL);
	struct msg_win_rows *expected = event_store_answer(pair->all, &last, NULL);
	for (size_t i = 0; i < 900; i++)
		assert_string_equal(rows->rows[i].key, expected->rows[i].key);
	msg_free(MSG_win_rows, rows);
	msg_free(MSG_win_rows, expected);
	rows = event_store_answer(pair->cold, &first, NULL);
	assert_int_equal(rows->dropped, stats.evicted_lines);
	assert_true(strtoul(rows->rows[0].text, NULL, 10) > PLENTY);
	msg_free(MSG_win_rows, rows);
}

static void a_disk_that_is_full_costs_what_falls_out_of_memory_and_says_so(void **state)
{
	struct cold_store *pair = *state;
	struct rlimit before, none = {.rlim_cur = 20000};
	cold_store_add(pair, 2000);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none.rlim_max = before.rlim_max;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	cold_store_add(pair, PLENTY);
	(void)event_directory_weigh(pair->cold->directory);
	struct event_stats stats = stats_of(pair);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_non_null(strstr(history_figures(pair->history).error, "File too large"));
	assert_true(stats.evicted_lines > 1000);
	assert_int_equal(stats.lines + stats.evicted_lines, pair->lines);
	cold_store_add(pair, PLENTY);
	assert_string_equal(history_figures(pair->history).error, "");
	struct msg_win_rows *rows = event_store_answer(pair->cold,
		&(struct event_question){.anchor = EVENT_KEY_END, .before = 1000}, NULL);
	assert_int_equal(rows->rows_count, 1000);
	msg_free(MSG_win_rows, rows);
}

/* ---- a restart ---- */

static void assert_same_answers(struct cold_store *pair, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		struct event_question question = cold_store_question(pair);
		assert_cold_answer(pair, &question, cold_store_expression(pair), NULL);
	}
}

static void after_a_restart_all_of_it_is_there(void **state)
{
	struct cold_store *pair = *state;
	for (int i = 0; i < 3; i++) {
		cold_store_add(pair, 3000);
		cold_store_restart(pair, COLD_STORE_DISK);
		assert_int_equal(stats_of(pair).lines, pair->lines);
		assert_same_answers(pair, 40);
	}
	cold_store_add(pair, 3000);
	assert_same_answers(pair, 40);
}

#define with_pair(test)                                                                            \
	cmocka_unit_test_setup_teardown(test, cold_store_set_up, cold_store_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_pair(every_window_is_what_it_would_be_in_memory),
		with_pair(every_count_is_what_it_would_be_in_memory),
		with_pair(news_is_what_it_would_be_in_memory),
		with_pair(lines_are_there_while_they_are_written),
		with_pair(the_oldest_go_when_the_budget_is_used_up_and_are_counted),
		with_pair(a_disk_that_is_full_costs_what_falls_out_of_memory_and_says_so),
		with_pair(after_a_restart_all_of_it_is_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
