/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/events/line_source.h"

static int file_of(const char *text, size_t length)
{
	int fd = memfd_create("lines", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, length, 0), length);
	return fd;
}

/* Where the line after the one at `at` begins. */
static size_t next_of(const struct str *text, size_t at)
{
	const char *newline = memchr(text->text + at, '\n', text->length - at);
	return newline ? (size_t)(newline - text->text) + 1 : text->length;
}

static size_t first_from(const struct str *text, size_t from)
{
	return !from || text->text[from - 1] == '\n' ? from : next_of(text, from);
}

static void assert_line(const struct str *text, size_t at, const struct raw_line *line)
{
	size_t next = next_of(text, at);
	size_t length = next - at - (next > at && text->text[next - 1] == '\n');
	bool is_cut = length > LIMIT_LOG_STORED_BYTES;
	assert_int_equal(line->offset, at);
	assert_int_equal(line->is_cut, is_cut);
	if (next > at + 1 && text->text[next - 1] == '\n' && text->text[next - 2] == '\r')
		length--;
	assert_int_equal(line->length, is_cut ? LIMIT_LOG_STORED_BYTES : length);
	assert_memory_equal(line->text, text->text + at, line->length);
}

/* The lines that begin in the part, each as it is, and no other. */
static void assert_part(int fd, const struct str *text, size_t from, size_t to)
{
	struct line_source *source = line_source_new(fd, from, to);
	struct raw_line line;
	size_t at = first_from(text, from);
	while (line_source_next(source, &line)) {
		assert_line(text, at, &line);
		at = next_of(text, at);
		if (at % 3 == 0) /* asked or not, the lines are the same */
			assert_int_equal(line_source_offset(source), at);
	}
	assert_true(at >= to || at >= text->length);
	assert_int_equal(line_source_errno(source), 0);
	line_source_free(source);
}

static void fill(struct str *text, size_t bytes, struct rng *rng)
{
	static const size_t lengths[] = {0, 1, 7, 130, 5000, LIMIT_LOG_STORED_BYTES - 1,
		LIMIT_LOG_STORED_BYTES, LIMIT_LOG_STORED_BYTES + 1, 700000};
	while (text->length < bytes) {
		size_t pick = (size_t)rng_below(rng, 60);
		size_t length = lengths[pick < COUNT_OF(lengths) ? pick : pick % 4];
		for (size_t i = 0; i < length; i++)
			str_addch(text, (char)('a' + (text->length + i * i) % 26));
		str_addch(text, '\n');
	}
}

static void each_line_of_a_part_comes_once(void **state)
{
	(void)state;
	struct rng rng;
	rng_init(&rng, 11);
	for (int round = 0; round < 20; round++) {
		autostr struct str text = STR_INIT;
		fill(&text, (size_t)rng_below(&rng, 3 << 20), &rng);
		if (round % 2)
			str_adds(&text, "and no end");
		int fd = file_of(text.text, text.length);
		size_t middle = (size_t)rng_below(&rng, text.length + 1);
		assert_part(fd, &text, 0, text.length);
		assert_part(fd, &text, 0, middle);
		assert_part(fd, &text, middle, text.length);
		assert_part(fd, &text, middle, middle + 1);
		close(fd);
	}
}

static void a_part_may_begin_and_end_anywhere(void **state)
{
	(void)state;
	autostr struct str text = STR_INIT;
	str_adds(&text, "one\n\ntwo\r\n\n\nthree");
	int fd = file_of(text.text, text.length);
	for (size_t from = 0; from <= text.length; from++)
		for (size_t to = from; to <= text.length; to++)
			assert_part(fd, &text, from, to);
	close(fd);
}

static void a_line_without_end_says_so(void **state)
{
	(void)state;
	autostr struct str text = STR_INIT;
	struct raw_line line;
	str_adds(&text, "a\n");
	for (size_t i = 0; i < 3 << 20; i++)
		str_addch(&text, 'x');
	int fd = file_of(text.text, text.length);
	struct line_source *source = line_source_new(fd, 0, text.length);
	assert_true(line_source_next(source, &line));
	assert_false(line_source_is_open(source));
	assert_true(line_source_next(source, &line));
	assert_true(line.is_cut);
	assert_true(line_source_is_open(source));
	assert_int_equal(line_source_offset(source), text.length);
	assert_false(line_source_next(source, &line));
	line_source_free(source);
	close(fd);
}

static void a_file_that_cannot_be_read_says_why(void **state)
{
	(void)state;
	struct raw_line line;
	struct line_source *source = line_source_new(-1, 0, 10);
	assert_false(line_source_next(source, &line));
	assert_int_not_equal(line_source_errno(source), 0);
	line_source_free(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_of_a_part_comes_once),
		cmocka_unit_test(a_part_may_begin_and_end_anywhere),
		cmocka_unit_test(a_line_without_end_says_so),
		cmocka_unit_test(a_file_that_cannot_be_read_says_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
