/* SPDX-License-Identifier: MIT */
/*
 * Log files as they really are: 10,000 numbered lines while the file is rotated in every way, also where each read gives a few
 * bytes only or fails for a moment, as over a network; and bytes that are no text. What is missing and what came twice add
 * up to nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/collect_scene.h"

enum {
	NUMBERED = 10000,
	ROUNDS = 20,
	SHORT_MAX = 13,
	FAILS_EVERY = 97,
	BREAKS_EVERY = 9973,
	LONG_BYTES = 50 << 20
};

/* ---- reads as a network gives them ---- */

static atomic_bool is_short;
static atomic_uint reads;
static atomic_llong read_to; /* the highest offset that was read of any file */

ssize_t pread(int fd, void *bytes, size_t length, off_t offset);
ssize_t pread64(int fd, void *bytes, size_t length, off_t offset);
ssize_t __pread_chk(int fd, void *bytes, size_t length, off_t offset, size_t room);
ssize_t __pread64_chk(int fd, void *bytes, size_t length, off_t offset, size_t room);

/* In place of the C library's, for the whole program. */
ssize_t pread(int fd, void *bytes, size_t length, off_t offset)
{
	unsigned nth = atomic_fetch_add(&reads, 1);
	if (is_short && (nth % FAILS_EVERY == 0 || nth % BREAKS_EVERY == 0)) {
		errno = nth % BREAKS_EVERY ? EINTR : ESTALE;
		return -1;
	}
	if (is_short && length > SHORT_MAX)
		length = 1 + nth % SHORT_MAX;
	ssize_t got = syscall(SYS_pread64, fd, bytes, length, offset);
	if (got > 0 && offset + got > read_to)
		atomic_store(&read_to, offset + got);
	return got;
}

ssize_t pread64(int fd, void *bytes, size_t length, off_t offset)
{
	return pread(fd, bytes, length, offset);
}

ssize_t __pread_chk(int fd, void *bytes, size_t length, off_t offset, size_t room)
{
	assert_true(length <= room);
	return pread(fd, bytes, length, offset);
}

ssize_t __pread64_chk(int fd, void *bytes, size_t length, off_t offset, size_t room)
{
	return __pread_chk(fd, bytes, length, offset, room);
}

/* ---- the writer ---- */

static unsigned written;

static void write_lines(FILE *file, unsigned count)
{
	for (; count > 0; count--)
		fprintf(file, "numbered line n%05u. of a log\n", written++);
	assert_int_equal(fflush(file), 0);
}

static void await_last(void)
{
	autofree char *last = xasprintf("n%05u.", written - 1);
	collected.events_at = 0;
	collected_wait_event(&collected, last, NULL);
}

/* Missing and twice, together. */
static void assert_each_once(void)
{
	autofree unsigned char *seen = xcalloc(written, 1);
	size_t missing = 0, twice = 0;
	for (const char *at = collected.events.text; (at = strstr(at, "line n")); at++) {
		unsigned number = (unsigned)strtoul(at + 6, NULL, 10);
		assert_true(number < written);
		twice += seen[number]++ > 0;
	}
	for (unsigned i = 0; i < written; i++)
		missing += !seen[i];
	if (missing + twice)
		fail_msg("%zu of %u lines are missing, %zu came twice", missing, written, twice);
}

static void watch(void)
{
	written = 0;
	collected_start(&collected, "logs: [{name: rest, path: '%s/*.log'}]\n", folder);
	collect_wait_ok("kind=\"files\"");
}

static void move(const char *from, const char *to)
{
	autofree char *old = folder_path(from), *new = folder_path(to);
	assert_int_equal(rename(old, new), 0);
}

static void shift_rotated(void)
{
	for (int i = 5; i > 0; i--) {
		autofree char *from = xasprintf("app.log.%d", i),
			      *to = xasprintf("app.log.%d", i + 1);
		autofree char *path = folder_path(from);
		if (access(path, F_OK) == 0)
			move(from, to);
	}
}

static void copy(const char *from, const char *to)
{
	FILE *in = folder_open(from, "re"), *out = folder_open(to, "we");
	char bytes[4096];
	for (size_t length; (length = fread(bytes, 1, sizeof(bytes), in)) > 0;)
		assert_int_equal(fwrite(bytes, 1, length, out), length);
	fclose(in);
	fclose(out);
}

/* ---- the ways of rotating: each is given the open file and gives the one to go on in ---- */

/* Its writer goes on in the old one for a while. */
static FILE *rename_away(FILE *file)
{
	shift_rotated();
	move("app.log", "app.log.1");
	write_lines(file, 50);
	fclose(file);
	return folder_open("app.log", "ae");
}

static FILE *copy_and_truncate(FILE *file)
{
	autofree char *path = folder_path("app.log");
	shift_rotated();
	copy("app.log", "app.log.1");
	assert_int_equal(truncate(path, 0), 0);
	return file;
}

static FILE *truncate_what_was_read(FILE *file)
{
	autofree char *path = folder_path("app.log");
	await_last();
	assert_int_equal(truncate(path, 0), 0);
	return file;
}

static FILE *delete (FILE *file)
{
	autofree char *path = folder_path("app.log");
	await_last(); /* nobody can have what was deleted before it was seen */
	write_lines(file, 20);
	assert_int_equal(unlink(path), 0);
	write_lines(file, 20);
	fclose(file);
	return folder_open("app.log", "ae");
}

static FILE *leave_alone(FILE *file)
{
	return file;
}

static void run_numbered(FILE *(*rotate)(FILE *file), bool short_reads)
{
	watch();
	FILE *file = folder_open("app.log", "ae");
	atomic_store(&is_short, short_reads);
	for (int round = 0; round < ROUNDS; round++) {
		write_lines(file, NUMBERED / ROUNDS / 2);
		file = rotate(file);
		write_lines(file, NUMBERED / ROUNDS / 2);
		await_last();
	}
	fclose(file);
	assert_in_range(written, NUMBERED, NUMBERED * 2);
	assert_each_once();
	atomic_store(&is_short, false);
}

#define NUMBERED_TEST(name, way, short_reads)                                                      \
	static void name(void **state)                                                             \
	{                                                                                          \
		(void)state;                                                                       \
		run_numbered(way, short_reads);                                                    \
	}

NUMBERED_TEST(lines_are_each_there_once_while_it_is_renamed, rename_away, false)
NUMBERED_TEST(while_it_is_copied_and_truncated, copy_and_truncate, false)
NUMBERED_TEST(while_it_is_truncated, truncate_what_was_read, false)
NUMBERED_TEST(while_it_is_deleted, delete, false)
NUMBERED_TEST(with_short_and_failing_reads, leave_alone, true)
NUMBERED_TEST(with_short_and_failing_reads_while_it_is_renamed, rename_away, true)
NUMBERED_TEST(
	with_short_and_failing_reads_while_it_is_copied_and_truncated, copy_and_truncate, true)

/* ---- what is in them ---- */

static void a_line_of_fifty_megabytes_is_cut_and_the_next_one_is_whole(void **state)
{
	(void)state;
	autofree char *block = xmalloc(1 << 20);
	watch();
	memset(block, 'x', 1 << 20);
	FILE *file = folder_open("app.log", "ae");
	fputs("before\n", file);
	for (int i = 0; i < LONG_BYTES >> 20; i++)
		assert_int_equal(fwrite(block, 1, 1 << 20, file), 1 << 20);
	fputs("\nbehind\n", file);
	fclose(file);
	collected_wait_event(&collected, "app.log", "- before", NULL);
	collected_wait_event(&collected, "xxxx", "(cut)", NULL);
	collected_wait_event(&collected, "app.log", "- behind", NULL);
	assert_int_equal(collected_count_events(&collected, "app.log"), 3);
}

static void bytes_that_are_no_text_lose_no_line(void **state)
{
	(void)state;
	static const char text[] =
		"nul \0 inside\nbad \xff\xc3( utf8\ncrlf\r\n\r\n\nalone \xf0\x9f\n"
		"\0\0\0\nlast without end";
	watch();
	FILE *file = folder_open("app.log", "ae");
	assert_int_equal(fwrite(text, 1, sizeof(text) - 1, file), sizeof(text) - 1);
	fclose(file);
	collected_wait_event(&collected, "nul ", " inside", NULL);
	collected_wait_event(&collected, "bad ", "( utf8", NULL);
	const char *line = collected_wait_event(&collected, "crlf", NULL);
	assert_string_equal(line + strlen(line) - 4, "crlf");
	collected_wait_event(&collected, "alone ", NULL);
	collected_wait_event(&collected, "last without end (cut)", NULL);
	assert_int_equal(collected_count_events(&collected, "app.log"), 6);
}

static void await_read(off_t offset)
{
	for (int i = 0; i < COLLECTED_WAIT_MS && atomic_load(&read_to) < offset; i++)
		(void)collected_wait_for(&collected, 1, "nothing", NULL);
	assert_true(atomic_load(&read_to) >= offset);
}

static void a_character_may_be_written_in_two_parts(void **state)
{
	(void)state;
	watch();
	atomic_store(&read_to, 0);
	folder_append("app.log", "half \xd0");
	await_read(6);
	folder_append("app.log", "\x96 whole\n");
	const char *line = collected_wait_event(&collected, "half ", NULL);
	assert_non_null(strstr(line, "half \u0416 whole"));
	assert_null(strstr(line, "(cut)"));
}

static void a_folder_that_is_made_later_is_looked_into(void **state)
{
	(void)state;
	autofree char *sub = folder_path("later");
	collected_start(&collected, "logs: [{name: rest, path: '%s/later/*.log'}]\n", folder);
	collect_wait_ok("kind=\"files\"");
	assert_int_equal(mkdir(sub, 0700), 0);
	folder_append("later/one.log", "made later\n");
	collected_wait_event(&collected, "one.log", "made later", NULL);
	folder_append("later/two.log", "made much later\n");
	collected_wait_event(&collected, "two.log", "made much later", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, collect_setup, collect_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_are_each_there_once_while_it_is_renamed),
		TEST(while_it_is_copied_and_truncated),
		TEST(while_it_is_truncated),
		TEST(while_it_is_deleted),
		TEST(with_short_and_failing_reads),
		TEST(with_short_and_failing_reads_while_it_is_renamed),
		TEST(with_short_and_failing_reads_while_it_is_copied_and_truncated),
		TEST(a_line_of_fifty_megabytes_is_cut_and_the_next_one_is_whole),
		TEST(bytes_that_are_no_text_lose_no_line),
		TEST(a_character_may_be_written_in_two_parts),
		TEST(a_folder_that_is_made_later_is_looked_into),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
