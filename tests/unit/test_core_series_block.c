/* SPDX-License-Identifier: MIT */
/* A file of series: what was written comes back; cut or flipped anywhere it gives what is good, says what it dropped, or is
 * refused with a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/series/block.h"
#include "core/series/block_format.h"
#include "core/series/block_write.h"
#include "core/series/gather.h"
#include "core/series/labels.h"
#include "core/series/minutes.h"
#include "core/series/value_code.h"
#include "core/series/xor_chunk.h"
#include "tests/support/folder.h"

enum { SERIES = 4, SAMPLES = 250, FLIPS = 3000 };

static const int64_t begin_ms = INT64_C(1790000000000);

static double value_of_series(int series, int sample)
{
	return series == 3 && sample % 50 == 0 ? stale_value()
					       : series * 1000 + sample * (series % 2 ? 1 : 0.37);
}

static struct labels *labels_of_series(int series)
{
	char number[16];
	print_text(number, sizeof(number), "%d", series);
	const struct label list[] = {{LABEL_NAME, "requests_total"}, {"shard", number}};
	return labels_new(list, COUNT_OF(list));
}

static void write_series(struct block_writer *writer, int series)
{
	struct xor_chunk chunk = {0};
	struct labels *labels = labels_of_series(series);
	block_writer_begin(writer, labels);
	for (int i = 0; i < SAMPLES; i++) {
		if (xor_chunk_is_full(&chunk)) {
			block_writer_chunk(
				writer, chunk.bytes, xor_chunk_length(&chunk), chunk.count);
			xor_chunk_release(&chunk);
		}
		assert_true(
			xor_chunk_append(&chunk, begin_ms + i * 1000, value_of_series(series, i)));
	}
	block_writer_chunk(writer, chunk.bytes, xor_chunk_length(&chunk), chunk.count);
	block_writer_end(writer);
	xor_chunk_release(&chunk);
	labels_unref(labels);
}

/* Its path; freed by the caller. */
static char *write_file(void)
{
	struct block_writer *writer;
	struct err err;
	char *path = folder_path("000000000001.series");
	if (!block_writer_new(path, &writer, &err))
		fail_msg("%s", err.text);
	for (int i = 0; i < SERIES; i++)
		write_series(writer, i);
	if (!block_writer_finish(writer, &err))
		fail_msg("%s", err.text);
	block_writer_free(writer);
	return path;
}

/* All that it has. What comes is what was written, or is left out and said. The samples. */
static size_t read_all(struct block *block, struct block_damage *damage)
{
	const struct selection all = {.from_ms = INT64_MIN, .to_ms = INT64_MAX};
	struct gather gather;
	struct selected_set set;
	size_t samples = 0;
	gather_init(&gather, &all);
	assert_true(block_select(block, &gather, damage, NULL));
	assert_true(gather_finish(&gather, &set, NULL));
	for (size_t i = 0; i < set.count; i++) {
		int series = (int)strtol(labels_get(set.list[i].labels, "shard"), NULL, 10);
		for (size_t at = 0; at < set.list[i].count; at++) {
			const struct sample *sample = &set.list[i].samples[at];
			int number = (int)((sample->time_ms - begin_ms) / 1000);
			assert_int_equal(value_bits(sample->value),
				value_bits(value_of_series(series, number)));
		}
		samples += set.list[i].count;
	}
	selected_set_release(&set);
	gather_release(&gather);
	return samples;
}

static void what_was_written_comes_back(void **state)
{
	(void)state;
	struct block *block;
	struct block_damage damage = {0};
	autofree char *path = write_file();
	assert_true(block_open(path, 1, &block, NULL));
	assert_int_equal(block_facts(block)->series, SERIES);
	assert_int_equal(block_facts(block)->samples, SERIES * SAMPLES);
	assert_int_equal(block_facts(block)->from_ms, begin_ms);
	assert_int_equal(block_facts(block)->to_ms, begin_ms + (SAMPLES - 1) * 1000);
	assert_int_equal(read_all(block, &damage), SERIES * SAMPLES);
	block_check(block, &damage);
	assert_int_equal(damage.count, 0);
	assert_true(block_memory(block) > 100);
	block_rest(block);
	block_rest(block);
	assert_int_equal(read_all(block, &damage), SERIES * SAMPLES);
	block_unref(block);
}

static void an_unfinished_file_leaves_nothing(void **state)
{
	(void)state;
	struct block_writer *writer;
	autofree char *path = folder_path("000000000002.series"),
		      *temporary = xasprintf("%s" BLOCK_TEMPORARY, path);
	assert_true(block_writer_new(path, &writer, NULL));
	write_series(writer, 1);
	assert_int_equal(access(temporary, F_OK), 0);
	block_writer_free(writer);
	assert_int_not_equal(access(temporary, F_OK), 0);
	assert_int_not_equal(access(path, F_OK), 0);
}

struct bytes {
	uint8_t *bytes;
	size_t length;
};

static struct bytes read_file(const char *path)
{
	struct stat status;
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &status), 0);
	struct bytes bytes = {xmalloc((size_t)status.st_size), (size_t)status.st_size};
	assert_int_equal(read(fd, bytes.bytes, bytes.length), bytes.length);
	return bytes;
}

static void put_file(const char *path, const uint8_t *bytes, size_t length)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, bytes, length), length);
}

static bool count_minutes(void *context, const struct labels *labels, const struct minute *list,
	size_t count, struct err *err)
{
	(void)labels;
	(void)err;
	for (size_t i = 0; i < count; i++)
		*(size_t *)context += list[i].count;
	return true;
}

/* Every question that there is. True when it was refused or something was found damaged. */
static bool is_known_damaged(const char *path)
{
	const struct selection all = {.from_ms = INT64_MIN, .to_ms = INT64_MAX};
	struct block *block;
	struct block_damage damage = {0};
	struct err err = {0};
	size_t in_minutes = 0;
	if (!block_open(path, 1, &block, &err)) {
		assert_non_null(strstr(err.text, path));
		return true;
	}
	size_t samples = read_all(block, &damage);
	assert_true(block_minutes(block, &all, count_minutes, &in_minutes, &damage, NULL));
	if (damage.count == 0) {
		assert_int_equal(samples, SERIES * SAMPLES);
		assert_int_equal(in_minutes, SERIES * SAMPLES - SAMPLES / 50);
	} else {
		assert_non_null(strstr(damage.text, path));
	}
	assert_true(samples <= SERIES * SAMPLES);
	bool was_damaged = damage.count != 0;
	block_check(block, &damage);
	block_unref(block);
	/* whoever checks all of it finds it too */
	assert_int_equal(damage.count != 0, was_damaged);
	return was_damaged;
}

static void cut_at_any_byte_it_is_refused(void **state)
{
	(void)state;
	autofree char *path = write_file();
	struct bytes whole = read_file(path);
	assert_false(is_known_damaged(path));
	for (size_t length = 0; length < whole.length; length++) {
		struct block *block;
		struct err err = {0};
		assert_int_equal(truncate(path, 0), 0);
		put_file(path, whole.bytes, length);
		assert_false(block_open(path, 1, &block, &err));
		assert_non_null(strstr(err.text, length < BLOCK_HEADER_BYTES + BLOCK_FOOTER_BYTES
							 ? "too short"
							 : "cut off"));
	}
	free(whole.bytes);
}

static void flipped_at_any_byte_it_says_what_is_lost(void **state)
{
	(void)state;
	struct rng rng;
	autofree char *path = write_file();
	struct bytes whole = read_file(path);
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);
	rng_init(&rng, 5);
	for (size_t at = 0; at < whole.length; at++) {
		uint8_t before = whole.bytes[at];
		uint8_t flipped = before ^ (uint8_t)(1 << rng_below(&rng, 8));
		assert_int_equal(pwrite(fd, &flipped, 1, (off_t)at), 1);
		assert_true(is_known_damaged(path));
		assert_int_equal(pwrite(fd, &before, 1, (off_t)at), 1);
	}
	free(whole.bytes);
}

static void a_damaged_chunk_costs_that_chunk(void **state)
{
	(void)state;
	struct block *block;
	struct block_damage damage = {0};
	autofree char *path = write_file();
	struct bytes whole = read_file(path);
	whole.bytes[40] ^= 1;
	put_file(path, whole.bytes, whole.length);
	free(whole.bytes);
	assert_true(block_open(path, 1, &block, NULL));
	assert_in_range(SERIES * SAMPLES - read_all(block, &damage), 1, XOR_SAMPLES_MAX);
	assert_int_equal(damage.count, 1);
	assert_non_null(strstr(damage.text, "a chunk is damaged: it is left out"));
	block_unref(block);
}

static void a_file_that_is_cut_while_it_is_open_is_said(void **state)
{
	(void)state;
	struct block *block;
	struct block_damage damage = {0};
	autofree char *path = write_file();
	assert_true(block_open(path, 1, &block, NULL));
	assert_int_equal(truncate(path, 100), 0);
	assert_int_equal(read_all(block, &damage), 0);
	assert_int_equal(damage.count, 1);
	assert_non_null(strstr(damage.text, "its index is damaged: it is left out"));
	assert_int_equal(read_all(block, &damage), 0);
	assert_int_equal(damage.count, 1); /* that is said once */
	block_unref(block);
}

static void data_that_cannot_be_read_any_more_is_said(void **state)
{
	(void)state;
	struct block *block;
	struct block_damage damage = {0};
	autofree char *path = write_file();
	assert_true(block_open(path, 1, &block, NULL));
	assert_int_equal(read_all(block, &damage), SERIES * SAMPLES);
	assert_int_equal(truncate(path, 100), 0);
	assert_int_equal(read_all(block, &damage), 0);
	assert_int_equal(damage.count, SERIES);
	assert_non_null(strstr(damage.text, "a part of it cannot be read"));
	block_unref(block);
}

/* ---- minutes ---- */

static void add_all(struct minute_writer *writer, const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		minute_writer_add(writer, samples[i]);
	minute_writer_end(writer);
}

static void a_minute_tells_what_happened_in_it(void **state)
{
	(void)state;
	const struct sample samples[] = {{-1, 4}, {0, 5}, {1000, 9}, {2000, 2},
		{3000, stale_value()}, {59999, 6}, {60000, 7}, {300000, -0.0}, {300001, NAN}};
	struct minute_writer writer = {0};
	struct minute_reader reader;
	struct minute minute;
	add_all(&writer, samples, COUNT_OF(samples));
	assert_int_equal(writer.count, 4);
	minute_reader_init(&reader, writer.bits.bytes, (writer.bits.at + 7) / 8, writer.count);
	assert_true(minute_reader_next(&reader, &minute));
	assert_true(minute.at_ms == -MINUTE_MS && minute.count == 1 && minute.first == 4 &&
		    minute.increase == 0);
	assert_true(minute_reader_next(&reader, &minute));
	assert_true(
		minute.at_ms == 0 && minute.count == 4 && minute.first == 5 && minute.last == 6);
	assert_true(minute.min == 2 && minute.max == 9 && minute.sum == 22);
	assert_true(minute.increase == 4 + 2 + 4); /* 5 to 9, from 0 to 2, 2 to 6 */
	assert_true(minute_reader_next(&reader, &minute));
	assert_true(minute.at_ms == MINUTE_MS && minute.count == 1 && minute.max == 7);
	assert_true(minute_reader_next(&reader, &minute));
	assert_true(minute.at_ms == 5 * MINUTE_MS && minute.count == 2 && isnan(minute.sum) &&
		    isnan(minute.last));
	assert_true(minute.max == 0 && signbit(minute.first));
	assert_false(minute_reader_next(&reader, &minute));
	assert_false(reader.is_damaged);
	minute_writer_release(&writer);
}

static void minutes_of_any_bytes_end(void **state)
{
	(void)state;
	struct rng rng;
	struct minute minute;
	rng_init(&rng, 9);
	for (int round = 0; round < FLIPS; round++) {
		size_t length = rng_below(&rng, 200);
		autofree uint8_t *bytes = xmalloc(length + 1);
		struct minute_reader reader;
		uint32_t given = 0;
		for (size_t i = 0; i < length; i++)
			bytes[i] = (uint8_t)rng_next(&rng);
		minute_reader_init(&reader, bytes, length, 1000);
		while (minute_reader_next(&reader, &minute))
			given++;
		assert_int_equal(reader.is_damaged, given < 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_was_written_comes_back, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			an_unfinished_file_leaves_nothing, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			cut_at_any_byte_it_is_refused, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			flipped_at_any_byte_it_says_what_is_lost, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			a_damaged_chunk_costs_that_chunk, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			a_file_that_is_cut_while_it_is_open_is_said, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			data_that_cannot_be_read_any_more_is_said, folder_setup, folder_teardown),
		cmocka_unit_test(a_minute_tells_what_happened_in_it),
		cmocka_unit_test(minutes_of_any_bytes_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
