/* SPDX-License-Identifier: MIT */
/*
 * A log that is written faster than lines are copied, and slower, by turns: what is written, counted and found again adds up,
 * whatever is done to the file meanwhile. Lines are numbered, and asked for as a screen asks.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/events/directory.h"
#include "core/events/query.h"
#include "core/events/writer.h"
#include "core/msg/msg.h"
#include "tests/support/collect_scene.h"

enum { LINES = 120000, BURSTS = 60, WAIT_MS = 30000, PAGE = 1000 };

struct bench {
	struct event_directory *directory;
	struct rng rng;
	int written;
	uint64_t lines, in_place, dropped; /* as the notes tell */
	char *found;                       /* by number, how often */
};

static struct bench bench_begin(void)
{
	struct bench bench = {.directory = event_directory_new(256 << 20)};
	rng_init(&bench.rng, 41);
	bench.found = xcalloc(LINES, 1);
	folder_append("orders.log", "%s", "");
	collected_start(&collected,
		"bots: [{name: orders, transport: none, logs: [%s/orders.log]}]\n", folder);
	collect_wait_ok("kind=\"files\"");
	return bench;
}

static void bench_end(struct bench *bench)
{
	event_directory_free(bench->directory);
	free(bench->found);
}

static void take_notes(struct bench *bench, int wait_ms)
{
	struct pollfd bell = {.fd = mailbox_fd(collected.mailbox), .events = POLLIN};
	struct parcel parcel;
	(void)poll(&bell, 1, wait_ms);
	while (mailbox_take(collected.mailbox, &parcel, 1)) {
		if (parcel.message.kind == MSG_obs_notes) {
			const struct msg_obs_notes *notes = parcel.message.body;
			bench->lines += notes->lines;
			bench->in_place += notes->in_place;
			bench->dropped += notes->dropped;
			event_directory_add(bench->directory, parcel.attachment);
			parcel.attachment = NULL;
			event_directory_trim(bench->directory);
		}
		parcel_release(&parcel);
	}
}

static void wait_for_lines(struct bench *bench, uint64_t count)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + WAIT_MS;
	while (bench->lines < count && clock_mono_ms(clock_real()) < until_ms)
		take_notes(bench, 20);
	assert_int_equal(bench->lines, count);
}

/* Few, which are waited for, or many at once; every other burst comes in two parts that end within a line. */
static void write_burst(struct bench *bench, int fd)
{
	autostr struct str text = STR_INIT;
	int left = LINES - bench->written;
	bool is_small = rng_below(&bench->rng, 2) == 0;
	int count = is_small ? 20 : 2 * LINES / BURSTS;
	if (is_small)
		wait_for_lines(bench, (uint64_t)bench->written);
	for (int i = 0; i < count && i < left; i++)
		str_addf(&text, "%s level=%s msg=\"number %d of a flood, which is rather long\"\n",
			"ts=2026-11-20T10:00:21Z", i % 10 ? "info" : "error", bench->written++);
	size_t first = rng_below(&bench->rng, 2) ? text.length / 2 : 0;
	assert_int_equal(write(fd, text.text, first), first);
	assert_int_equal(write(fd, text.text + first, text.length - first), text.length - first);
}

static int open_log(void)
{
	autofree char *path = folder_path("orders.log");
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	return fd;
}

/* Page by page from the end to the start. */
static void find_all(struct bench *bench)
{
	struct event_question question = {.anchor = EVENT_KEY_END, .before = PAGE};
	for (size_t count = PAGE; count == PAGE;) {
		struct msg_win_rows *rows = msg_new(MSG_win_rows);
		struct event_query *query = event_query_new(
			event_directory_snapshot(bench->directory), NULL, NULL, &question);
		while (!event_query_step(query, 100000))
			continue;
		event_query_take(query, rows);
		count = rows->rows_count;
		for (size_t i = 0; i < count; i++) {
			const char *number = strstr(rows->rows[i].text, "number ");
			if (number)
				bench->found[atoi(number + strlen("number ")) % LINES]++;
		}
		if (count)
			assert_true(event_key_read(rows->rows[0].key, &question.anchor, NULL));
		event_query_free(query);
		msg_free(MSG_win_rows, rows);
	}
}

static void assert_each_once(struct bench *bench)
{
	int missing = 0, doubled = 0;
	find_all(bench);
	for (int i = 0; i < LINES; i++) {
		missing += !bench->found[i];
		doubled += bench->found[i] > 1;
	}
	print_message("%d lines: %llu in place, %d missing, %d doubled\n", LINES,
		(unsigned long long)bench->in_place, missing, doubled);
	assert_int_equal(missing, 0);
	assert_int_equal(doubled, 0);
	assert_int_equal(bench->dropped, 0);
	assert_true(bench->in_place > 0 && bench->in_place < LINES); /* both ways were gone */
}

/* ---- what is done to the file ---- */

static void leave_alone(struct bench *bench, int *fd)
{
	(void)bench, (void)fd;
}

static void rotate(struct bench *bench, int *fd)
{
	static int number;
	autofree char *name = xasprintf("orders.log.%d", ++number);
	autofree char *old = folder_path("orders.log"), *new = folder_path(name);
	assert_int_equal(rename(old, new), 0);
	write_burst(bench, *fd); /* its writer has not noticed yet */
	close(*fd);
	*fd = open_log();
}

/* As logrotate's copytruncate does, and nobody writes in between. */
static void copy_and_truncate(struct bench *bench, int *fd)
{
	static int number;
	char bytes[1 << 16];
	autofree char *name = xasprintf("orders.log.%d", ++number);
	autofree char *old = folder_path("orders.log"), *new = folder_path(name);
	wait_for_lines(bench, (uint64_t)bench->written);
	int from = open(old, O_RDONLY | O_CLOEXEC);
	int to = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	for (ssize_t length; (length = read(from, bytes, sizeof(bytes))) > 0;)
		assert_int_equal(write(to, bytes, (size_t)length), length);
	close(from);
	close(to);
	assert_int_equal(ftruncate(*fd, 0), 0);
}

static void flood(void (*meanwhile)(struct bench *bench, int *fd))
{
	struct bench bench = bench_begin();
	int fd = open_log();
	for (int burst = 0; bench.written < LINES; burst++) {
		write_burst(&bench, fd);
		take_notes(&bench, (int)rng_below(&bench.rng, 3));
		if (burst % 10 == 9)
			meanwhile(&bench, &fd);
	}
	wait_for_lines(&bench, LINES);
	close(fd);
	assert_each_once(&bench);
	bench_end(&bench);
}

static void every_line_of_a_flood_is_counted_and_found_once(void **state)
{
	(void)state;
	flood(leave_alone);
}

static void rotation_in_a_flood_loses_and_doubles_nothing(void **state)
{
	(void)state;
	flood(rotate);
}

static void truncation_in_a_flood_loses_and_doubles_nothing(void **state)
{
	(void)state;
	flood(copy_and_truncate);
}

static bool is_let_go(struct bench *bench)
{
	take_notes(bench, 20);
	return event_directory_stats(bench->directory).evicted_lines > 0;
}

/* Who empties a log without a copy wants its lines gone: they are, and it is counted how many. */
static void lines_of_a_log_that_is_emptied_fall_out_and_are_counted(void **state)
{
	(void)state;
	struct bench bench = bench_begin();
	int fd = open_log();
	while (bench.in_place == 0) {
		write_burst(&bench, fd);
		wait_for_lines(&bench, (uint64_t)bench.written);
	}
	assert_int_equal(ftruncate(fd, 0), 0);
	wait_for_lines(&bench, (uint64_t)bench.written + 1); /* that it was emptied is one */
	int64_t until_ms = clock_mono_ms(clock_real()) + WAIT_MS;
	while (!is_let_go(&bench) && clock_mono_ms(clock_real()) < until_ms)
		event_directory_weigh(bench.directory);
	struct event_stats stats = event_directory_stats(bench.directory);
	assert_int_equal(stats.evicted_lines, bench.in_place);
	assert_int_equal(stats.lines, (uint64_t)bench.written + 1 - bench.in_place);
	close(fd);
	bench_end(&bench);
}

int main(void)
{
#define FLOOD_TEST(test) cmocka_unit_test_setup_teardown(test, folder_setup, collect_teardown)
	const struct CMUnitTest tests[] = {
		FLOOD_TEST(every_line_of_a_flood_is_counted_and_found_once),
		FLOOD_TEST(rotation_in_a_flood_loses_and_doubles_nothing),
		FLOOD_TEST(truncation_in_a_flood_loses_and_doubles_nothing),
		FLOOD_TEST(lines_of_a_log_that_is_emptied_fall_out_and_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
