/* SPDX-License-Identifier: MIT */
/* The store and its disk: restarts, crashes, damage, a disk that is full, and what goes when there is too much. */
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

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "tests/support/folder.h"
#include "tests/support/series_store.h"

enum { FEW = 7, FLIPS = 200 };

struct bytes {
	char name[64];
	uint8_t *bytes;
	size_t length;
};

/* The last file with that ending; name "" when there is none. */
static struct bytes read_file(const char *suffix)
{
	struct bytes found = {0};
	struct dirent *entry;
	struct stat status;
	DIR *of = opendir(folder);
	while ((entry = readdir(of))) {
		const char *end = strstr(entry->d_name, suffix);
		if (end && end[strlen(suffix)] == '\0' && strcmp(entry->d_name, found.name) > 0)
			copy_text(found.name, sizeof(found.name), entry->d_name);
	}
	closedir(of);
	if (!*found.name)
		return found;
	autofree char *path = folder_path(found.name);
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &status), 0);
	found.length = (size_t)status.st_size;
	found.bytes = xmalloc(found.length + 1);
	assert_int_equal(read(fd, found.bytes, found.length), found.length);
	return found;
}

static void put_file(const struct bytes *file, size_t length)
{
	autofree char *path = folder_path(file->name);
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, file->bytes, length), length);
}

static void remove_file(const char *name)
{
	autofree char *path = folder_path(name);
	assert_int_equal(unlink(path), 0);
}

/* All files go. */
static void empty_folder(void)
{
	struct dirent *entry;
	DIR *of = opendir(folder);
	while ((entry = readdir(of)))
		(void)unlinkat(dirfd(of), entry->d_name, 0);
	closedir(of);
}

static void flush(struct tsdb *tsdb)
{
	struct err err;
	if (!tsdb_flush(tsdb, &err))
		fail_msg("%s", err.text);
}

static void cut(struct tsdb *tsdb, int64_t before_ms)
{
	struct err err;
	if (!tsdb_cut(tsdb, before_ms, &err))
		fail_msg("%s", err.text);
}

/* ---- restarts ---- */

static void a_crash_loses_what_came_after_the_last_flush(void **state)
{
	(void)state;
	struct tsdb *tsdb = series_store_open(folder, NULL);
	series_store_feed(tsdb, FEW, SERIES_BEGIN_MS, SERIES_BEGIN_MS + 60000, SECOND_MS);
	flush(tsdb);
	series_store_feed(tsdb, FEW, SERIES_BEGIN_MS + 60000, SERIES_BEGIN_MS + 90000, SECOND_MS);
	flush(tsdb);
	series_store_feed(tsdb, FEW, SERIES_BEGIN_MS + 90000, SERIES_BEGIN_MS + 95000, SECOND_MS);
	struct bytes journal = read_file(".journal");
	tsdb_close(tsdb);
	put_file(&journal, journal.length);
	tsdb = series_store_open(folder, NULL);
	assert_int_equal(series_store_count(tsdb), FEW * 90);
	assert_int_equal(series_store_statistics(tsdb).damaged, 0);
	/* and it is gone on with */
	series_store_feed(
		tsdb, FEW + 1, SERIES_BEGIN_MS + 90000, SERIES_BEGIN_MS + 100000, SECOND_MS);
	tsdb_close(tsdb);
	tsdb = series_store_open(folder, NULL);
	assert_int_equal(series_store_count(tsdb), FEW * 100 + 10);
	tsdb_close(tsdb);
	free(journal.bytes);
}

static void a_crash_between_a_file_and_its_journal_doubles_nothing(void **state)
{
	(void)state;
	struct tsdb *tsdb = series_store_open(folder, NULL);
	series_store_feed(tsdb, FEW, SERIES_BEGIN_MS, SERIES_BEGIN_MS + HOUR_MS, 10 * SECOND_MS);
	flush(tsdb);
	struct bytes before = read_file(".journal");
	cut(tsdb, SERIES_BEGIN_MS + HOUR_MS / 2);
	tsdb_close(tsdb);
	struct bytes after = read_file(".journal");
	remove_file(after.name);
	put_file(&before, before.length);
	tsdb = series_store_open(folder, NULL);
	struct tsdb_statistics statistics = series_store_statistics(tsdb);
	assert_int_equal(series_store_count(tsdb), FEW * 360);
	assert_int_equal(statistics.samples_disk + statistics.samples_memory, FEW * 360);
	tsdb_close(tsdb);
	tsdb = series_store_open(folder, NULL);
	assert_int_equal(series_store_count(tsdb), FEW * 360);
	tsdb_close(tsdb);
	free(before.bytes);
	free(after.bytes);
}

static void an_unfinished_file_is_removed(void **state)
{
	(void)state;
	folder_write("000000000009.series.tmp", 0600, "half");
	struct tsdb *tsdb = series_store_open(folder, NULL);
	tsdb_close(tsdb);
	struct bytes left = read_file(".tmp");
	assert_string_equal(left.name, "");
}

/* ---- damage ---- */

static void a_journal_cut_at_any_byte_gives_what_is_before(void **state)
{
	(void)state;
	struct tsdb *tsdb = series_store_open(folder, NULL);
	for (int64_t i = 0; i < 4; i++) {
		series_store_feed(tsdb, 2, SERIES_BEGIN_MS + i * 10000,
			SERIES_BEGIN_MS + (i + 1) * 10000, SECOND_MS);
		flush(tsdb);
	}
	struct bytes journal = read_file(".journal");
	tsdb_close(tsdb);
	size_t last = 0;
	for (size_t length = 0; length <= journal.length; length++) {
		empty_folder();
		put_file(&journal, length);
		tsdb = series_store_open(folder, NULL);
		size_t count = series_store_count(tsdb);
		struct tsdb_statistics statistics = series_store_statistics(tsdb);
		assert_int_equal(count % 20, 0);
		assert_true(count >= last);
		assert_true(statistics.damaged || count > last || length == 16 ||
			    length == journal.length);
		if (statistics.damaged)
			assert_non_null(strstr(statistics.damage, journal.name));
		last = count;
		tsdb_close(tsdb);
	}
	assert_int_equal(last, 80);
	free(journal.bytes);
}

static void a_journal_flipped_anywhere_is_said_and_written_anew(void **state)
{
	(void)state;
	struct rng rng;
	struct tsdb *tsdb = series_store_open(folder, NULL);
	rng_init(&rng, 4);
	for (int64_t i = 0; i < 4; i++) {
		series_store_feed(tsdb, 2, SERIES_BEGIN_MS + i * 10000,
			SERIES_BEGIN_MS + (i + 1) * 10000, SECOND_MS);
		flush(tsdb);
	}
	struct bytes journal = read_file(".journal");
	tsdb_close(tsdb);
	for (int i = 0; i < FLIPS; i++) {
		size_t at = rng_below(&rng, journal.length);
		uint8_t before = journal.bytes[at];
		journal.bytes[at] ^= (uint8_t)(1 << rng_below(&rng, 8));
		empty_folder();
		put_file(&journal, journal.length);
		journal.bytes[at] = before;
		tsdb = series_store_open(folder, NULL);
		size_t count = series_store_count(tsdb);
		assert_true(series_store_statistics(tsdb).damaged > 0);
		assert_true(count < 80);
		tsdb_close(tsdb);
		tsdb = series_store_open(folder, NULL);
		assert_int_equal(series_store_count(tsdb), count);
		assert_int_equal(series_store_statistics(tsdb).damaged, 0);
		tsdb_close(tsdb);
	}
	free(journal.bytes);
}

static void a_damaged_file_is_left_out_and_said(void **state)
{
	(void)state;
	struct tsdb *tsdb = series_store_open(folder, NULL);
	series_store_feed(tsdb, FEW, SERIES_BEGIN_MS, SERIES_BEGIN_MS + 600000, SECOND_MS);
	cut(tsdb, SERIES_BEGIN_MS + 300000);
	tsdb_close(tsdb);
	struct bytes file = read_file(".series");
	file.bytes[20] ^= 1;
	put_file(&file, file.length);
	tsdb = series_store_open(folder, NULL);
	assert_int_equal(series_store_statistics(tsdb).damaged, 0);
	tsdb_maintain(tsdb, SERIES_BEGIN_MS + 600000); /* checks what nobody asked for */
	assert_non_null(strstr(series_store_statistics(tsdb).damage, file.name));
	assert_true(series_store_count(tsdb) < FEW * 600);
	tsdb_close(tsdb);
	put_file(&file, file.length - 1);
	tsdb = series_store_open(folder, NULL);
	struct tsdb_statistics statistics = series_store_statistics(tsdb);
	assert_int_equal(statistics.damaged, 1);
	assert_non_null(
		strstr(statistics.damage, "is cut off, or damaged at its end: it is left out"));
	assert_true(series_store_count(tsdb) > 0);
	tsdb_close(tsdb);
	free(file.bytes);
}

/* ---- a disk that is full ---- */

static void limit_files(rlim_t bytes, struct rlimit *ret_before)
{
	assert_int_equal(getrlimit(RLIMIT_FSIZE, ret_before), 0);
	const struct rlimit limit = {.rlim_cur = bytes, .rlim_max = ret_before->rlim_max};
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_is_said_and_the_store_goes_on_in_memory(void **state)
{
	(void)state;
	struct rlimit before;
	struct err err = {0};
	struct tsdb *tsdb = series_store_open(folder, NULL);
	series_store_feed(tsdb, FEW, SERIES_BEGIN_MS, SERIES_BEGIN_MS + 600000, SECOND_MS);
	flush(tsdb);
	struct bytes journal = read_file(".journal");
	limit_files((rlim_t)journal.length + 200, &before);
	series_store_feed(
		tsdb, FEW, SERIES_BEGIN_MS + 600000, SERIES_BEGIN_MS + 1200000, SECOND_MS);
	bool is_flushed = tsdb_flush(tsdb, &err);
	limit_files(2000, &before);
	bool is_cut = tsdb_cut(tsdb, SERIES_BEGIN_MS + 900000, NULL);
	struct tsdb_statistics statistics = series_store_statistics(tsdb);
	size_t count = series_store_count(tsdb);
	before.rlim_cur = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_false(is_flushed);
	assert_non_null(strstr(err.text, "File too large"));
	assert_false(is_cut);
	assert_non_null(strstr(statistics.trouble, "File too large"));
	assert_int_equal(statistics.files, 0);
	assert_int_equal(count, FEW * 1200);
	struct bytes half = read_file(".tmp");
	assert_string_equal(half.name, "");
	/* what was written before stands, without half a frame behind it */
	struct bytes cut_off = read_file(".journal");
	assert_int_equal(cut_off.length, journal.length);
	/* and there is room again */
	cut(tsdb, SERIES_BEGIN_MS + 900000);
	flush(tsdb);
	assert_string_equal(series_store_statistics(tsdb).trouble, "");
	tsdb_close(tsdb);
	tsdb = series_store_open(folder, NULL);
	assert_int_equal(series_store_count(tsdb), FEW * 1200);
	tsdb_close(tsdb);
	free(journal.bytes);
	free(cut_off.bytes);
}

static void with_no_disk_the_oldest_in_memory_make_room_and_are_counted(void **state)
{
	(void)state;
	struct rlimit before;
	const struct tsdb_limits limits = {.memory_bytes = 200 << 10};
	struct tsdb *tsdb = series_store_open(folder, &limits);
	limit_files(100, &before);
	int64_t now_ms = SERIES_BEGIN_MS;
	for (int i = 0; i < 400; i++, now_ms += STORE_MINUTE_MS) {
		series_store_feed(tsdb, FEW, now_ms, now_ms + STORE_MINUTE_MS, SECOND_MS);
		tsdb_maintain(tsdb, now_ms + STORE_MINUTE_MS);
	}
	struct tsdb_statistics statistics = series_store_statistics(tsdb);
	size_t count = series_store_count(tsdb);
	before.rlim_cur = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_non_null(strstr(statistics.trouble, "File too large"));
	assert_int_equal(statistics.refused[TSDB_NO_ROOM], 0);
	assert_int_equal(statistics.taken, FEW * 400 * 60);
	assert_true(statistics.dropped_memory > 0);
	assert_int_equal(count + statistics.dropped_memory, statistics.taken);
	assert_true(statistics.bytes_memory <= 200 << 10);
	assert_int_equal(statistics.newest_ms, now_ms - SECOND_MS);
	tsdb_close(tsdb);
}

static void a_folder_that_is_not_there_is_refused(void **state)
{
	(void)state;
	struct tsdb *tsdb;
	struct err err = {0};
	assert_false(tsdb_open("/nowhere/at/all", NULL, &tsdb, &err));
	assert_non_null(strstr(err.text, "'/nowhere/at/all'"));
}

/* ---- too much ---- */

static void what_is_older_goes_into_files_of_two_hours(void **state)
{
	(void)state;
	struct tsdb *tsdb = series_store_open(folder, NULL);
	int64_t now_ms = SERIES_BEGIN_MS;
	for (int i = 0; i < 7 * 60; i++, now_ms += STORE_MINUTE_MS) {
		series_store_feed(tsdb, FEW, now_ms, now_ms + STORE_MINUTE_MS, 10 * SECOND_MS);
		tsdb_maintain(tsdb, now_ms + STORE_MINUTE_MS);
	}
	struct tsdb_statistics statistics = series_store_statistics(tsdb);
	assert_int_equal(statistics.files, 3);
	assert_string_equal(statistics.trouble, "");
	assert_int_equal(statistics.oldest_ms, SERIES_BEGIN_MS);
	assert_int_equal(statistics.samples_disk + statistics.samples_memory, FEW * 7 * 360);
	assert_int_equal(series_store_count(tsdb), FEW * 7 * 360);
	tsdb_close(tsdb);
}

static void the_oldest_files_go_when_the_budget_is_used_up_and_are_counted(void **state)
{
	(void)state;
	const struct tsdb_limits limits = {.disk_bytes = 60000};
	struct tsdb *tsdb = series_store_open(folder, &limits);
	int64_t now_ms = SERIES_BEGIN_MS;
	for (int i = 0; i < 12 * 60; i++, now_ms += STORE_MINUTE_MS) {
		series_store_feed(tsdb, FEW, now_ms, now_ms + STORE_MINUTE_MS, 10 * SECOND_MS);
		tsdb_maintain(tsdb, now_ms + STORE_MINUTE_MS);
		assert_true(series_store_statistics(tsdb).bytes_disk <= 60000);
	}
	struct tsdb_statistics statistics = series_store_statistics(tsdb);
	assert_true(statistics.dropped_files > 0 && statistics.files > 0);
	assert_true(statistics.oldest_ms > SERIES_BEGIN_MS);
	assert_int_equal(statistics.dropped_disk + series_store_count(tsdb), FEW * 12 * 360);
	tsdb_close(tsdb);
}

static void the_journal_leaves_room_for_files_however_small_the_budget(void **state)
{
	(void)state;
	const struct tsdb_limits limits = {.disk_bytes = 16000};
	struct tsdb *tsdb = series_store_open(folder, &limits);
	int64_t now_ms = SERIES_BEGIN_MS;
	for (int i = 0; i < 3 * 60; i++, now_ms += STORE_MINUTE_MS) {
		series_store_feed(tsdb, FEW, now_ms, now_ms + STORE_MINUTE_MS, 10 * SECOND_MS);
		tsdb_maintain(tsdb, now_ms + STORE_MINUTE_MS);
		assert_true(series_store_statistics(tsdb).bytes_disk <= 16000);
	}
	struct tsdb_statistics statistics = series_store_statistics(tsdb);
	assert_true(statistics.files > 1);
	assert_string_equal(statistics.trouble, "");
	assert_int_equal(statistics.dropped_disk + series_store_count(tsdb), FEW * 3 * 360);
	tsdb_close(tsdb);
}

static void files_go_after_a_day_but_not_because_a_clock_jumped(void **state)
{
	(void)state;
	struct tsdb *tsdb = series_store_open(folder, NULL);
	series_store_feed(tsdb, FEW, SERIES_BEGIN_MS, SERIES_BEGIN_MS + HOUR_MS, 10 * SECOND_MS);
	cut(tsdb, SERIES_BEGIN_MS + HOUR_MS);
	int64_t now_ms = SERIES_BEGIN_MS + HOUR_MS;
	for (int i = 0; i < 20; i++, now_ms += STORE_MINUTE_MS)
		tsdb_maintain(tsdb, now_ms);
	/* a year ahead, for some minutes, and right again */
	for (int i = 0; i < 5; i++)
		tsdb_maintain(tsdb, now_ms + INT64_C(365) * 24 * HOUR_MS + i * STORE_MINUTE_MS);
	tsdb_maintain(tsdb, now_ms);
	assert_int_equal(series_store_statistics(tsdb).files, 1);
	for (int i = 0; i < 25 * 60; i++, now_ms += STORE_MINUTE_MS)
		tsdb_maintain(tsdb, now_ms);
	struct tsdb_statistics statistics = series_store_statistics(tsdb);
	assert_int_equal(statistics.files, 0);
	assert_int_equal(statistics.dropped_files, 1);
	assert_int_equal(statistics.dropped_disk, FEW * 360);
	assert_int_equal(statistics.oldest_ms, INT64_MAX);
	assert_int_equal(statistics.series, 0);
	tsdb_close(tsdb);
}

static void what_is_kept_of_files_is_a_part_of_the_memory(void **state)
{
	(void)state;
	const struct tsdb_limits limits = {.memory_bytes = 64 << 10};
	struct tsdb *tsdb = series_store_open(folder, &limits);
	for (int64_t i = 0; i < 20; i++) {
		int64_t from_ms = SERIES_BEGIN_MS + i * STORE_MINUTE_MS;
		series_store_feed(tsdb, FEW, from_ms, from_ms + STORE_MINUTE_MS, 10 * SECOND_MS);
		cut(tsdb, from_ms + STORE_MINUTE_MS);
	}
	uint64_t before = series_store_statistics(tsdb).bytes_memory;
	assert_int_equal(series_store_count(tsdb), FEW * 20 * 6);
	struct tsdb_statistics statistics = series_store_statistics(tsdb);
	assert_int_equal(statistics.files, 20);
	assert_true(statistics.bytes_memory > before &&
		    statistics.bytes_memory <= (64 << 10) / 8 + before);
	tsdb_close(tsdb);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_folder(a_crash_loses_what_came_after_the_last_flush),
		in_folder(a_crash_between_a_file_and_its_journal_doubles_nothing),
		in_folder(an_unfinished_file_is_removed),
		in_folder(a_journal_cut_at_any_byte_gives_what_is_before),
		in_folder(a_journal_flipped_anywhere_is_said_and_written_anew),
		in_folder(a_damaged_file_is_left_out_and_said),
		in_folder(a_full_disk_is_said_and_the_store_goes_on_in_memory),
		in_folder(with_no_disk_the_oldest_in_memory_make_room_and_are_counted),
		in_folder(a_folder_that_is_not_there_is_refused),
		in_folder(what_is_kept_of_files_is_a_part_of_the_memory),
		in_folder(what_is_older_goes_into_files_of_two_hours),
		in_folder(the_oldest_files_go_when_the_budget_is_used_up_and_are_counted),
		in_folder(the_journal_leaves_room_for_files_however_small_the_budget),
		in_folder(files_go_after_a_day_but_not_because_a_clock_jumped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
