/* SPDX-License-Identifier: MIT */
/* Every time and every bit of a value comes back; damaged bytes end the reading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/series/xor_chunk.h"

enum { WALL_MS = 1790000000, ROUNDS = 2000 };

static void assert_reads_back(
	const struct xor_chunk *chunk, const struct sample *samples, size_t count)
{
	struct xor_iterator iterator;
	struct sample sample;
	/* a copy of its exact length, so that a sanitizer sees what is read beyond */
	size_t length = xor_chunk_length(chunk);
	autofree uint8_t *bytes = xmemdup(chunk->bytes, length);
	assert_int_equal(chunk->count, count);
	assert_int_equal(xor_chunk_from(chunk), samples[0].time_ms);
	xor_iterator_init(&iterator, bytes, length, chunk->count);
	for (size_t i = 0; i < count; i++) {
		assert_true(xor_iterator_next(&iterator, &sample));
		assert_int_equal(sample.time_ms, samples[i].time_ms);
		assert_int_equal(value_bits(sample.value), value_bits(samples[i].value));
	}
	assert_false(xor_iterator_next(&iterator, &sample));
	assert_false(iterator.is_damaged);
}

static void values_that_are_no_common_numbers_come_back_to_the_bit(void **state)
{
	(void)state;
	const double values[] = {0.0, -0.0, 1, -0.0, 0.0, INFINITY, -INFINITY, NAN, stale_value(),
		-NAN, value_of(UINT64_C(0x7ff8dead00beef01)),
		value_of(UINT64_C(0xfff0000000000001)), 5e-324, -5e-324, 1.7976931348623157e308,
		9007199254740992.0, 9007199254740993.0, -9007199254740992.0, 9007199254740991.0,
		9007199254740992.0, 0.1, 0.1, 0.1, -1, 1, 4294967296.0, 8589934592.0, 3,
		stale_value(), stale_value(), 3};
	struct xor_chunk chunk = {0};
	struct sample samples[COUNT_OF(values)];
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		samples[i] = (struct sample){.time_ms = (int64_t)i * 1000, .value = values[i]};
		assert_true(xor_chunk_append(&chunk, samples[i].time_ms, values[i]));
		assert_reads_back(&chunk, samples, i + 1);
	}
	assert_true(is_stale(samples[COUNT_OF(values) - 2].value));
	xor_chunk_release(&chunk);
}

static void jumps_of_time_come_back_however_far(void **state)
{
	(void)state;
	const int64_t times[] = {-XOR_TIME_MAX, -XOR_TIME_MAX + 1, -1, 0, 1, 1001, 2001, 3002, 4001,
		5500, 1000000, WALL_MS, WALL_MS + 1, XOR_TIME_MAX - 1, XOR_TIME_MAX};
	struct xor_chunk chunk = {0};
	struct sample samples[COUNT_OF(times)];
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		samples[i] = (struct sample){.time_ms = times[i], .value = (double)i};
		assert_true(xor_chunk_append(&chunk, times[i], (double)i));
	}
	assert_reads_back(&chunk, samples, COUNT_OF(times));
	xor_chunk_release(&chunk);
}

/* One of many shapes: what comes after `before`. */
static double next_value(struct rng *rng, unsigned shape, double before)
{
	switch (shape) {
	case 0:
		return before + (double)rng_below(rng, 100);
	case 1:
		return before + (double)rng_below(rng, 1000) / 1000 - 0.5;
	case 2:
		return value_of(rng_next(rng));
	case 3:
		return (double)rng_below(rng, 2);
	case 4:
		return before + (double)(int64_t)rng_next(rng);
	default:
		return rng_below(rng, 9) ? before : stale_value();
	}
}

static int64_t next_time(struct rng *rng, unsigned shape, int64_t before)
{
	static const uint64_t spans[] = {1, 5, 100, 30000, 3600000, UINT64_C(1) << 44};
	return before + 1 + (int64_t)rng_below(rng, 3) * 1000 +
	       (int64_t)rng_below(rng, spans[shape]);
}

static void whatever_is_appended_comes_back(void **state)
{
	(void)state;
	struct rng rng;
	rng_init(&rng, 7);
	for (int round = 0; round < ROUNDS; round++) {
		struct xor_chunk chunk = {0};
		struct sample samples[XOR_SAMPLES_MAX + 1];
		unsigned values = (unsigned)rng_below(&rng, 6),
			 times = (unsigned)rng_below(&rng, 6);
		int64_t time = WALL_MS;
		double value = (double)rng_below(&rng, 1000000);
		size_t count = 0;
		for (;; count++) {
			bool mixes = rng_below(&rng, 10) == 0;
			time = next_time(&rng, mixes ? (unsigned)rng_below(&rng, 6) : times, time);
			value = next_value(
				&rng, mixes ? (unsigned)rng_below(&rng, 6) : values, value);
			samples[count] = (struct sample){.time_ms = time, .value = value};
			if (!xor_chunk_append(&chunk, time, value))
				break;
		}
		assert_true(
			count == XOR_SAMPLES_MAX || xor_chunk_length(&chunk) > XOR_BYTES_MAX - 24);
		assert_true(xor_chunk_length(&chunk) <= XOR_BYTES_MAX);
		assert_reads_back(&chunk, samples, count);
		xor_chunk_release(&chunk);
	}
}

static double bytes_a_sample(unsigned shape, bool is_late)
{
	struct rng rng;
	struct xor_chunk chunk = {0};
	double value = 1000000;
	int64_t time = 1790000000000;
	rng_init(&rng, 3);
	for (;;) {
		value = next_value(&rng, shape, value);
		time += 1000;
		if (!xor_chunk_append(
			    &chunk, time + (is_late ? (int64_t)rng_below(&rng, 5) : 0), value))
			break;
	}
	double bytes = (double)xor_chunk_length(&chunk) / chunk.count;
	xor_chunk_release(&chunk);
	return bytes;
}

static void counters_take_two_bytes_and_a_half_at_most(void **state)
{
	(void)state;
	double exact = bytes_a_sample(0, false), late = bytes_a_sample(0, true);
	printf("bytes a sample: counter %.2f, read up to 4 ms late %.2f, gauge %.2f, of 0 and 1 "
	       "%.2f\n",
		exact, late, bytes_a_sample(1, true), bytes_a_sample(3, false));
	assert_true(exact < 1.8);
	assert_true(late < 2.5);
	assert_true(bytes_a_sample(3, false) < 1.0);
}

/* What comes is in order of time, and not more than was promised. */
static void assert_ends(const uint8_t *bytes, size_t length, uint32_t count)
{
	struct xor_iterator iterator;
	struct sample sample;
	uint32_t given = 0;
	int64_t before = INT64_MIN;
	autofree uint8_t *copy = xmemdup(bytes, length ? length : 1);
	xor_iterator_init(&iterator, copy, length, count);
	for (; xor_iterator_next(&iterator, &sample); given++) {
		assert_true(sample.time_ms > before);
		before = sample.time_ms;
	}
	assert_true(given <= count);
	assert_int_equal(iterator.is_damaged, given < count);
}

static void damaged_bytes_end_the_reading(void **state)
{
	(void)state;
	struct rng rng;
	struct xor_chunk chunk = {0};
	rng_init(&rng, 11);
	for (int64_t time = 1;
		xor_chunk_append(&chunk, time, next_value(&rng, (unsigned)time % 6, 1));)
		time = next_time(&rng, (unsigned)rng_below(&rng, 6), time);
	for (size_t length = 0; length < xor_chunk_length(&chunk); length++)
		assert_ends(chunk.bytes, length, chunk.count);
	for (int round = 0; round < 5 * ROUNDS; round++) {
		autofree uint8_t *bytes = xmemdup(chunk.bytes, xor_chunk_length(&chunk));
		for (uint64_t i = rng_below(&rng, 4); i < 4; i++)
			bytes[rng_below(&rng, xor_chunk_length(&chunk))] ^=
				(uint8_t)(1 << rng_below(&rng, 8));
		assert_ends(bytes, xor_chunk_length(&chunk),
			chunk.count + (uint32_t)rng_below(&rng, 300));
	}
	xor_chunk_release(&chunk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_that_are_no_common_numbers_come_back_to_the_bit),
		cmocka_unit_test(jumps_of_time_come_back_however_far),
		cmocka_unit_test(whatever_is_appended_comes_back),
		cmocka_unit_test(counters_take_two_bytes_and_a_half_at_most),
		cmocka_unit_test(damaged_bytes_end_the_reading),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
