/* SPDX-License-Identifier: MIT */
/* One followed file under a clock of its own: what came and went between two looks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/tail.h"
#include "tests/support/servers.h"

enum { PLENTY = 1 << 20 };

static bool deny_open;

/* Here for what a file of somebody else is to others than root. */
int open(const char *path, int flags, ...)
{
	if (deny_open && (flags & O_NONBLOCK)) { /* as the tail opens what it reads */
		errno = EACCES;
		return -1;
	}
	va_list args;
	va_start(args, flags);
	int mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

struct bench {
	char folder[64];
	struct tail tail;
	struct str lines; /* each with a blank behind it */
	struct str why;
	struct str news; /* the same */
	uint64_t lost;
	unsigned losses;
	int64_t now_ms;
};

static void take_line(void *context, const char *line, size_t length, bool is_cut)
{
	struct bench *bench = context;
	str_add(&bench->lines, line, length);
	str_adds(&bench->lines, is_cut ? "~ " : " ");
}

static void take_loss(void *context, uint64_t bytes, const char *why)
{
	struct bench *bench = context;
	bench->lost += bytes;
	bench->losses++;
	str_clear(&bench->why);
	str_adds(&bench->why, why);
}

static void take_news(void *context, const char *what)
{
	struct bench *bench = context;
	str_addf(&bench->news, "%s. ", what);
}

static char *path_of(const struct bench *bench, const char *name)
{
	return xasprintf("%s/%s", bench->folder, name);
}

static int setup(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	copy_text(bench->folder, sizeof(bench->folder), "/tmp/botswain-tail-XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	str_init(&bench->lines);
	str_init(&bench->why);
	str_init(&bench->news);
	autofree char *path = path_of(bench, "log");
	tail_init(&bench->tail, path, take_line, take_loss, bench);
	bench->tail.news = take_news;
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	tail_release(&bench->tail);
	str_release(&bench->lines);
	str_release(&bench->why);
	str_release(&bench->news);
	remove_folder(bench->folder);
	free(bench);
	return 0;
}

static void append(const struct bench *bench, const char *name, const char *text)
{
	autofree char *path = path_of(bench, name);
	FILE *file = fopen(path, "ae");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* Files that are made after this are younger than those before, also where the kernel's time of a
 * file moves on in steps. */
static void pass_tick(const struct bench *bench)
{
	autofree char *path = path_of(bench, "tick");
	struct statx first = {.stx_mask = 0}, now;
	do {
		append(bench, "tick", "");
		assert_int_equal(statx(AT_FDCWD, path, 0, STATX_ALL, &now), 0);
		assert_int_equal(unlink(path), 0);
		if (!first.stx_mask)
			first = now;
	} while (first.stx_ctime.tv_sec == now.stx_ctime.tv_sec &&
		 first.stx_ctime.tv_nsec == now.stx_ctime.tv_nsec);
}

static void move(const struct bench *bench, const char *from, const char *to)
{
	autofree char *old = path_of(bench, from), *new = path_of(bench, to);
	assert_int_equal(rename(old, new), 0);
	pass_tick(bench);
}

static void copy(const struct bench *bench, const char *from, const char *to)
{
	char bytes[4096];
	autofree char *path = path_of(bench, from);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, bytes, sizeof(bytes) - 1);
	assert_true(length >= 0);
	bytes[length] = '\0';
	close(fd);
	append(bench, to, bytes);
}

static void empty(const struct bench *bench, const char *name)
{
	autofree char *path = path_of(bench, name);
	assert_int_equal(truncate(path, 0), 0);
}

static void look(struct bench *bench)
{
	struct err err = {0};
	assert_true(tail_look(&bench->tail, bench->now_ms, NULL, &err));
}

static void read_all(struct bench *bench)
{
	look(bench);
	while (tail_read(&bench->tail, bench->now_ms, PLENTY)) {
	}
}

static void expect(const struct bench *bench, const char *lines, unsigned losses)
{
	assert_string_equal(bench->lines.text, lines);
	assert_int_equal(bench->losses, losses);
}

static void files_that_came_and_went_between_two_looks_are_read_in_order(void **state)
{
	struct bench *bench = *state;
	append(bench, "log", "a\n");
	read_all(bench);
	append(bench, "log", "b\n");
	move(bench, "log", "log.1");
	append(bench, "log", "c\n");
	move(bench, "log.1", "log.2");
	move(bench, "log", "log.1");
	append(bench, "log", "d\n");
	move(bench, "log.2", "log.3");
	move(bench, "log.1", "log.2");
	move(bench, "log", "log.1");
	append(bench, "log", "e\n");
	read_all(bench);
	expect(bench, "a b c d e ", 0);
	read_all(bench);
	expect(bench, "a b c d e ", 0);
}

static void files_of_before_and_of_others_are_left_alone(void **state)
{
	struct bench *bench = *state;
	append(bench, "log.1", "before us\n");
	append(bench, "log-20261119", "before us\n");
	pass_tick(bench);
	append(bench, "log", "a\n");
	read_all(bench);
	append(bench, "log.err", "another log\n");
	append(bench, "log.1.lock", "none\n");
	move(bench, "log.1", "log.2");
	move(bench, "log", "log.1");
	append(bench, "log", "b\n");
	read_all(bench);
	expect(bench, "a b ", 0);
}

static void the_file_that_dates_name_is_found_too(void **state)
{
	struct bench *bench = *state;
	append(bench, "log", "a\n");
	read_all(bench);
	move(bench, "log", "log-20261120");
	append(bench, "log", "b\n");
	move(bench, "log", "log-20261121");
	append(bench, "log", "c\n");
	read_all(bench);
	expect(bench, "a b c ", 0);
}

static void a_file_that_was_packed_before_it_could_be_read_is_a_loss(void **state)
{
	struct bench *bench = *state;
	append(bench, "log", "a\n");
	read_all(bench);
	move(bench, "log", "log.2");
	append(bench, "log.1.gz", "packed\n");
	autofree char *path = path_of(bench, "log.1.gz");
	const struct timespec later[2] = {{.tv_sec = 4000000000}, {.tv_sec = 4000000000}};
	assert_int_equal(utimensat(AT_FDCWD, path, later, 0), 0);
	append(bench, "log", "b\n");
	read_all(bench);
	expect(bench, "a b ", 1);
	assert_non_null(strstr(bench->why.text, "packed before it could be read"));
}

static void a_loss_is_told_once_though_the_new_file_cannot_be_read(void **state)
{
	struct bench *bench = *state;
	struct err err = {0};
	append(bench, "log", "a\n");
	read_all(bench);
	move(bench, "log", "log.3");
	append(bench, "log.2.gz", "packed\n");
	autofree char *packed = path_of(bench, "log.2.gz"), *log = path_of(bench, "log");
	autofree char *gone = path_of(bench, "log.1");
	const struct timespec later[2] = {{.tv_sec = 4000000000}, {.tv_sec = 4000000000}};
	assert_int_equal(utimensat(AT_FDCWD, packed, later, 0), 0);
	deny_open = true; /* as of a file of somebody else: root may open any */
	append(bench, "log.1", "unreadable\n");
	append(bench, "log", "b\n");
	for (int i = 0; i < 5; i++) {
		assert_false(tail_look(&bench->tail, bench->now_ms, NULL, &err));
		while (tail_read(&bench->tail, bench->now_ms, PLENTY)) {
		}
	}
	expect(bench, "a ", 2);
	assert_int_equal(bench->lost, strlen("unreadable\n"));
	assert_int_equal(unlink(gone), 0);
	deny_open = false;
	read_all(bench);
	expect(bench, "a b ", 2);
}

/* Its writer writes as much as we read, whenever we look. */
static void a_rotated_file_whose_writer_never_stops_does_not_hold_up_the_new_one(void **state)
{
	enum { TURN = 2 };
	struct bench *bench = *state;
	append(bench, "log", "a\n");
	read_all(bench);
	append(bench, "log", "b\nc\nd\n");
	move(bench, "log", "log.1");
	append(bench, "log", "new\n");
	look(bench);
	append(bench, "log.1", "e\n");
	assert_true(tail_read(&bench->tail, bench->now_ms, TURN));
	expect(bench, "a b ", 0);
	bench->now_ms += TAIL_OLD_MS;
	for (int i = 0; i < 20 && !strstr(bench->lines.text, "new"); i++) {
		append(bench, "log.1", "x\n");
		tail_read(&bench->tail, bench->now_ms, TURN);
	}
	/* What it held when its time was over, and the rest is told. */
	expect(bench, "a b c d e x new ", 1);
	assert_int_equal(bench->tail.old_count, 0);
}

static void the_same_file_packed_is_none(void **state)
{
	struct bench *bench = *state;
	append(bench, "log", "a\n");
	read_all(bench);
	append(bench, "log", "b\n");
	append(bench, "log.1.gz", "the same, packed\n");
	autofree char *log = path_of(bench, "log"), *packed = path_of(bench, "log.1.gz");
	struct stat status;
	assert_int_equal(stat(log, &status), 0);
	const struct timespec times[2] = {status.st_atim, status.st_mtim};
	assert_int_equal(utimensat(AT_FDCWD, packed, times, 0), 0);
	assert_int_equal(unlink(log), 0);
	append(bench, "log", "c\n");
	read_all(bench);
	expect(bench, "a b c ", 0);
}

static void one_of_before_that_was_written_and_packed_late_is_none(void **state)
{
	struct bench *bench = *state;
	append(bench, "log", ""); /* made at a rotation, and never written to */
	read_all(bench);
	append(bench, "log.2.gz", "its writer had the old one for some seconds more\n");
	autofree char *log = path_of(bench, "log"), *packed = path_of(bench, "log.2.gz");
	struct stat status;
	assert_int_equal(stat(log, &status), 0);
	struct timespec times[2] = {status.st_mtim, status.st_mtim};
	times[1].tv_sec += 5;
	assert_int_equal(utimensat(AT_FDCWD, packed, times, 0), 0);
	move(bench, "log", "log.1");
	append(bench, "log", "a\n");
	read_all(bench);
	expect(bench, "a ", 0);
}

static void more_rotations_than_we_hold_are_a_loss_of_so_many_bytes(void **state)
{
	struct bench *bench = *state;
	append(bench, "log", "a\n");
	look(bench);
	for (unsigned i = 1; i <= TAIL_OLDS_MAX + 1; i++) {
		autofree char *name = xasprintf("log.%u", i);
		move(bench, "log", name);
		append(bench, "log", "xxxx\n");
		look(bench);
	}
	expect(bench, "", 1);
	assert_int_equal(bench->lost, 2);
	assert_non_null(strstr(bench->why.text, "rotated more often than it could be read"));
	read_all(bench);
	expect(bench, "xxxx xxxx xxxx xxxx xxxx xxxx xxxx xxxx xxxx ", 1);
}

static void the_copy_of_copytruncate_is_read_to_its_end(void **state)
{
	struct bench *bench = *state;
	append(bench, "log", "one\ntwo and ");
	read_all(bench);
	append(bench, "log", "a half\nthree\n");
	copy(bench, "log", "log.1");
	empty(bench, "log");
	append(bench, "log", "four\n");
	read_all(bench);
	expect(bench, "one two and a half three four ", 0);
}

static void a_copy_that_we_have_read_whole_is_not_read_again(void **state)
{
	struct bench *bench = *state;
	append(bench, "log", "one\n");
	read_all(bench);
	copy(bench, "log", "log.1");
	empty(bench, "log");
	read_all(bench);
	append(bench, "log", "one\n"); /* it begins as before, and is as long */
	read_all(bench);
	append(bench, "log", "two\n");
	empty(bench, "log"); /* no copy this time; log.1 is an old one */
	read_all(bench);
	expect(bench, "one one ", 0);
}

static void a_truncated_file_without_a_copy_loses_what_was_seen_of_it(void **state)
{
	struct bench *bench = *state;
	append(bench, "log", "one\ntwo\nthree\n");
	look(bench);
	tail_read(&bench->tail, 0, 4);
	empty(bench, "log");
	append(bench, "log", "4\n");
	read_all(bench);
	expect(bench, "one 4 ", 1);
	assert_int_equal(bench->lost, strlen("two\nthree\n"));
	assert_string_equal(bench->why.text, "it was truncated before it could be read");
}

static void a_file_that_was_deleted_is_read_to_its_end(void **state)
{
	struct bench *bench = *state;
	append(bench, "log", "one\ntwo\n");
	look(bench);
	autofree char *path = path_of(bench, "log");
	assert_int_equal(unlink(path), 0);
	read_all(bench);
	expect(bench, "one two ", 0);
}

static void a_file_that_is_renamed_and_renamed_back_goes_on_where_it_was(void **state)
{
	struct bench *bench = *state;
	append(bench, "log", "one\n");
	read_all(bench);
	move(bench, "log", "aside");
	read_all(bench);
	move(bench, "aside", "log");
	append(bench, "log", "two\n");
	read_all(bench);
	expect(bench, "one two ", 0);
	bench->now_ms += 10 * TAIL_OLD_MS;
	append(bench, "log", "three\n");
	read_all(bench);
	expect(bench, "one two three ", 0);
}

static void expect_news(const struct bench *bench, const char *news)
{
	assert_string_equal(bench->news.length ? bench->news.text : "", news);
}

static void a_file_that_is_emptied_is_told_each_time_once(void **state)
{
	struct bench *bench = *state;
	append(bench, "log", "one\n");
	read_all(bench);
	empty(bench, "log");
	read_all(bench);
	read_all(bench);
	expect_news(bench, "was emptied; what comes is read from its start. ");
	append(bench, "log", "two\n");
	read_all(bench);
	empty(bench, "log");
	read_all(bench);
	expect_news(bench, "was emptied; what comes is read from its start. "
			   "was emptied; what comes is read from its start. ");
	expect(bench, "one two ", 0);
}

static void a_file_that_is_gone_is_told_each_time_once(void **state)
{
	struct bench *bench = *state;
	autofree char *path = path_of(bench, "log");
	for (int round = 0; round < 2; round++) {
		str_clear(&bench->news);
		append(bench, "log", "one\n");
		read_all(bench);
		assert_int_equal(unlink(path), 0);
		for (int look = 0; look < 3; look++) {
			read_all(bench);
			bench->now_ms += 2 * TAIL_GONE_MS;
		}
		expect_news(bench, "is gone; it is waited for. ");
	}
	expect(bench, "one one ", 0);
}

static void a_rotation_and_a_file_that_never_was_are_no_news(void **state)
{
	struct bench *bench = *state;
	for (int look = 0; look < 3; look++, bench->now_ms += 2 * TAIL_GONE_MS)
		read_all(bench);
	append(bench, "log", "a\n");
	read_all(bench);
	move(bench, "log", "log.1");
	read_all(bench); /* the new one is made a moment later */
	bench->now_ms += TAIL_GONE_MS / 2;
	append(bench, "log", "b\n");
	read_all(bench);
	copy(bench, "log", "log.2");
	empty(bench, "log");
	read_all(bench);
	bench->now_ms += 2 * TAIL_GONE_MS;
	read_all(bench);
	expect_news(bench, "");
	expect(bench, "a b ", 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_that_is_emptied_is_told_each_time_once),
		TEST(a_file_that_is_gone_is_told_each_time_once),
		TEST(a_rotation_and_a_file_that_never_was_are_no_news),
		TEST(files_that_came_and_went_between_two_looks_are_read_in_order),
		TEST(files_of_before_and_of_others_are_left_alone),
		TEST(the_file_that_dates_name_is_found_too),
		TEST(a_file_that_was_packed_before_it_could_be_read_is_a_loss),
		TEST(a_loss_is_told_once_though_the_new_file_cannot_be_read),
		TEST(a_rotated_file_whose_writer_never_stops_does_not_hold_up_the_new_one),
		TEST(the_same_file_packed_is_none),
		TEST(one_of_before_that_was_written_and_packed_late_is_none),
		TEST(more_rotations_than_we_hold_are_a_loss_of_so_many_bytes),
		TEST(the_copy_of_copytruncate_is_read_to_its_end),
		TEST(a_copy_that_we_have_read_whole_is_not_read_again),
		TEST(a_truncated_file_without_a_copy_loses_what_was_seen_of_it),
		TEST(a_file_that_was_deleted_is_read_to_its_end),
		TEST(a_file_that_is_renamed_and_renamed_back_goes_on_where_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
