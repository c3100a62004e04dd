/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/events/bulk_lines.h"

static void add_many(struct str *text, size_t count, char byte)
{
	for (size_t i = 0; i < count; i++)
		str_addch(text, byte);
}

/* Lengths about which something changes. */
static size_t draw_length(struct rng *rng)
{
	const size_t most = LIMIT_LOG_STORED_BYTES, read = 256 << 10;
	switch (rng_below(rng, 40)) {
	case 0:
		return most - 2 + (size_t)rng_below(rng, 5);
	case 1:
		return read - 2 + (size_t)rng_below(rng, 5);
	case 2:
		return read + most - 2 + (size_t)rng_below(rng, 5);
	case 3:
		return (size_t)rng_below(rng, 3 * read);
	default:
		return (size_t)rng_below(rng, rng_below(rng, 2) ? 4 : 3000);
	}
}

static void add_lines(struct str *text, size_t bytes, struct rng *rng)
{
	while (text->length < bytes) {
		add_many(text, draw_length(rng), 'x');
		if (rng_below(rng, 5) == 0)
			str_addch(text, rng_below(rng, 2) ? '\\' : '\x1b');
		str_adds(text, rng_below(rng, 5) ? "\n" : "\r\n");
	}
	if (rng_below(rng, 2))
		str_adds(text, "the file ends in this one\r");
}

static int file_of(const struct str *text)
{
	int fd = memfd_create("log", MFD_CLOEXEC);
	assert_int_equal(pwrite(fd, text->text, text->length, 0), text->length);
	return fd;
}

static bool is_odd(const struct raw_line *raw)
{
	return memchr(raw->text, '\\', raw->length) || memchr(raw->text, '\x1b', raw->length);
}

static void assert_same_lines(int fd, uint64_t from, uint64_t to)
{
	struct line_source *source = line_source_new(fd, from, to);
	struct bulk_lines *lines = bulk_lines_new(fd, from, to);
	struct raw_line raw;
	struct bulk_line line;
	while (line_source_next(source, &raw)) {
		assert_true(bulk_lines_next(lines, &line));
		assert_int_equal(line.raw.offset, raw.offset);
		assert_int_equal(line.raw.length, raw.length);
		assert_int_equal(line.raw.is_cut, raw.is_cut);
		assert_memory_equal(line.raw.text, raw.text, raw.length);
		assert_int_equal(line.is_odd, is_odd(&raw));
	}
	assert_false(bulk_lines_next(lines, &line));
	assert_int_equal(bulk_lines_offset(lines), line_source_offset(source));
	assert_int_equal(bulk_lines_errno(lines), line_source_errno(source));
	line_source_free(source);
	bulk_lines_free(lines);
}

static void lines_are_those_of_a_line_source(void **state)
{
	struct rng rng;
	(void)state;
	rng_init(&rng, 5);
	for (int round = 0; round < 60; round++) {
		autostr struct str text = STR_INIT;
		add_lines(&text, (size_t)rng_below(&rng, 2 << 20), &rng);
		int fd = file_of(&text);
		assert_same_lines(fd, 0, text.length);
		for (int part = 0; part < 8; part++) {
			uint64_t from = rng_below(&rng, text.length + 1);
			assert_same_lines(fd, from, from + rng_below(&rng, text.length - from + 1));
		}
		close(fd);
	}
}

static void a_file_that_became_shorter_ends_where_it_ends(void **state)
{
	(void)state;
	autostr struct str text = STR_INIT;
	str_adds(&text, "one\ntwo\nthree");
	int fd = file_of(&text);
	assert_same_lines(fd, 0, 4000);
	assert_same_lines(fd, 8, 4000);
	assert_same_lines(fd, 3000, 4000);
	close(fd);
}

static void what_cannot_be_read_is_told(void **state)
{
	(void)state;
	int fd = open("/", O_RDONLY | O_CLOEXEC);
	struct bulk_line line;
	assert_same_lines(fd, 0, 100);
	assert_same_lines(fd, 10, 100);
	struct bulk_lines *lines = bulk_lines_new(fd, 10, 100);
	assert_false(bulk_lines_next(lines, &line));
	assert_int_equal(bulk_lines_errno(lines), EISDIR);
	bulk_lines_free(lines);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_those_of_a_line_source),
		cmocka_unit_test(a_file_that_became_shorter_ends_where_it_ends),
		cmocka_unit_test(what_cannot_be_read_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
