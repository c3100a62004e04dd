/* SPDX-License-Identifier: MIT */
/* One thread appends, one moves chunks into files, two ask: no answer has a hole, whatever moves meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/series/labels.h"
#include "tests/support/folder.h"
#include "tests/support/series_model.h"
#include "tests/support/series_store.h"

enum { SERIES = 40, SAMPLES = 6000, PASSING = 400, ASKERS = 2 };

struct scene {
	struct tsdb *tsdb;
	atomic_int appended; /* up to here every series has its samples */
	atomic_bool is_over;
	atomic_int failures, answers, cuts;
};

static struct tsdb_series *refer(struct tsdb *tsdb, const char *metric, int number)
{
	char text[16];
	print_text(text, sizeof(text), "%d", number);
	const struct label list[] = {{LABEL_NAME, metric}, {"number", text}};
	struct labels *labels = labels_new(list, COUNT_OF(list));
	struct tsdb_series *series = tsdb_refer(tsdb, labels, NULL);
	labels_unref(labels);
	return series;
}

/* The others get their share: an answer each hundred samples, a file each hundred and fifty. */
static void wait_for_others(struct scene *scene, int at)
{
	while (!atomic_load(&scene->failures) &&
		(atomic_load(&scene->answers) < at / 100 || atomic_load(&scene->cuts) < at / 150))
		(void)sched_yield();
}

/* Series that stay, and now and then one that does not. */
static void *append_all(void *of)
{
	struct scene *scene = of;
	struct tsdb_series *series[SERIES];
	for (int i = 0; i < SERIES; i++)
		series[i] = refer(scene->tsdb, "stays", i);
	for (int at = 0; at < SAMPLES; at++) {
		int64_t time_ms = SERIES_BEGIN_MS + (int64_t)at * SECOND_MS;
		for (int i = 0; i < SERIES; i++) {
			if (tsdb_append(series[i], time_ms, at) != TSDB_TAKEN)
				atomic_fetch_add(&scene->failures, 1);
		}
		atomic_store(&scene->appended, at + 1);
		wait_for_others(scene, at);
		if (at % (SAMPLES / PASSING) == 0) {
			struct tsdb_series *passing = refer(scene->tsdb, "passes", at);
			(void)tsdb_append(passing, time_ms, at);
			tsdb_release(passing);
		}
	}
	for (int i = 0; i < SERIES; i++)
		tsdb_release(series[i]);
	atomic_store(&scene->is_over, true);
	return NULL;
}

static void *keep(void *of)
{
	struct scene *scene = of;
	for (int i = 0; !atomic_load(&scene->is_over); i++) {
		int64_t now_ms =
			SERIES_BEGIN_MS + (int64_t)atomic_load(&scene->appended) * SECOND_MS;
		bool is_good = i % 3 ? tsdb_flush(scene->tsdb, NULL)
				     : tsdb_cut(scene->tsdb, now_ms - i % 7 * 50000, NULL);
		if (!is_good)
			atomic_fetch_add(&scene->failures, 1);
		atomic_fetch_add(&scene->cuts, i % 3 == 0);
		tsdb_maintain(scene->tsdb, now_ms);
	}
	return NULL;
}

/* From the first second to one that was there when it was asked, without a hole. */
static bool is_whole(const struct selected *row, int least)
{
	if (row->count < (size_t)least)
		return false;
	for (size_t i = 0; i < row->count; i++) {
		if (row->samples[i].time_ms != SERIES_BEGIN_MS + (int64_t)i * SECOND_MS ||
			(size_t)row->samples[i].value != i)
			return false;
	}
	return true;
}

static void *ask(void *of)
{
	struct scene *scene = of;
	struct matcher matchers[] = {matcher_of(MATCH_EQUAL, LABEL_NAME, "stays"),
		matcher_of(MATCH_REGEX, "number", "[0-9]+")};
	const struct selection selection = {.matchers = matchers,
		.matcher_count = COUNT_OF(matchers),
		.from_ms = 0,
		.to_ms = INT64_MAX};
	do {
		int least = atomic_load(&scene->appended);
		struct selected_set set;
		struct tsdb_statistics statistics;
		struct tsdb_counts counts;
		bool is_good = tsdb_select(scene->tsdb, &selection, &set, NULL);
		if (is_good && least && set.count != SERIES)
			atomic_fetch_add(&scene->failures, 1);
		for (size_t i = 0; is_good && i < set.count; i++) {
			if (!is_whole(&set.list[i], least))
				atomic_fetch_add(&scene->failures, 1);
		}
		if (is_good)
			selected_set_release(&set);
		else
			atomic_fetch_add(&scene->failures, 1);
		tsdb_statistics(scene->tsdb, &statistics);
		tsdb_label_values(scene->tsdb, LABEL_NAME, &counts);
		tsdb_counts_release(&counts);
		atomic_fetch_add(&scene->answers, 1);
	} while (!atomic_load(&scene->is_over));
	for (size_t i = 0; i < COUNT_OF(matchers); i++)
		matcher_release(&matchers[i]);
	return NULL;
}

static void no_answer_has_a_hole_while_chunks_move(void **state)
{
	(void)state;
	struct scene scene = {.tsdb = series_store_open(folder, NULL)};
	pthread_t threads[2 + ASKERS];
	assert_int_equal(pthread_create(&threads[0], NULL, append_all, &scene), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, keep, &scene), 0);
	for (int i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_create(&threads[2 + i], NULL, ask, &scene), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&scene.failures), 0);
	assert_true(atomic_load(&scene.answers) > 0 && atomic_load(&scene.cuts) > 0);
	struct tsdb_statistics statistics = series_store_statistics(scene.tsdb);
	assert_int_equal(
		statistics.samples_disk + statistics.samples_memory, SERIES * SAMPLES + PASSING);
	assert_string_equal(statistics.trouble, "");
	print_message("%d answers, %d files\n", atomic_load(&scene.answers), (int)statistics.files);
	tsdb_close(scene.tsdb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			no_answer_has_a_hole_while_chunks_move, folder_setup, folder_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
