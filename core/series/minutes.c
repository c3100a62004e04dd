/* SPDX-License-Identifier: MIT */
/*
 * A minute is written as
 *   0 the next one, or 1 and its number:64
 *   0 as many samples as before, or 1 and count:32
 *   first and last by value_code.h
 *   0 min is the lower and max the higher of these, or 1 and both
 *   the sum
 *   0 the increase is that from first to last, or 1 and it
 */
#include "core/series/minutes.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"

enum {
	MINUTE_BYTES_MAX = (1 + 64 + 1 + 32 + 1 + 1 + 6 * VALUE_CODE_BITS_MAX) / 8 + BITS_BEYOND,
	STEP = 512
};

/* ---- writing ---- */

static bool is_same(double one, double other)
{
	return value_bits(one) == value_bits(other);
}

static double lower(double one, double other)
{
	return fmin(one, other);
}

static double higher(double one, double other)
{
	return fmax(one, other);
}

static void put_flagged(struct bit_writer *bits, bool is_new, uint64_t value, unsigned width)
{
	bits_put(bits, is_new, 1);
	if (is_new)
		bits_put(bits, value, width);
}

static void put_minute(struct minute_writer *writer)
{
	const struct minute *now = &writer->now;
	struct bit_writer *bits = &writer->bits;
	if (bits->at / 8 + MINUTE_BYTES_MAX > writer->room) {
		writer->room += STEP;
		bits->bytes = xrealloc(bits->bytes, writer->room);
	}
	bool is_far = writer->count == 0 || now->at_ms != writer->before_ms + MINUTE_MS;
	put_flagged(bits, is_far, (uint64_t)(now->at_ms / MINUTE_MS), 64);
	put_flagged(bits, now->count != writer->before_count, now->count, 32);
	value_code_put(&writer->first, bits, value_bits(now->first));
	value_code_put(&writer->last, bits, value_bits(now->last));
	bool is_between = is_same(now->min, lower(now->first, now->last)) &&
			  is_same(now->max, higher(now->first, now->last));
	bits_put(bits, !is_between, 1);
	if (!is_between) {
		value_code_put(&writer->min, bits, value_bits(now->min));
		value_code_put(&writer->max, bits, value_bits(now->max));
	}
	value_code_put(&writer->sum, bits, value_bits(now->sum));
	bool is_plain = is_same(now->increase, minute_rise(now->first, now->last));
	bits_put(bits, !is_plain, 1);
	if (!is_plain)
		value_code_put(&writer->increase, bits, value_bits(now->increase));
	writer->before_ms = now->at_ms;
	writer->before_count = now->count;
	writer->count++;
}

void minute_writer_add(struct minute_writer *writer, struct sample sample)
{
	struct minute *now = &writer->now;
	int64_t past = sample.time_ms % MINUTE_MS;
	int64_t at_ms = sample.time_ms - past - (past < 0 ? MINUTE_MS : 0);
	if (is_stale(sample.value))
		return;
	if (now->count == 0 || now->at_ms != at_ms) {
		minute_writer_end(writer);
		*now = (struct minute){.at_ms = at_ms,
			.min = sample.value,
			.max = sample.value,
			.first = sample.value,
			.last = sample.value,
			.sum = sample.value,
			.count = 1};
		return;
	}
	now->min = lower(now->min, sample.value);
	now->max = higher(now->max, sample.value);
	now->increase += minute_rise(now->last, sample.value);
	now->last = sample.value;
	now->sum += sample.value;
	now->count++;
}

void minute_writer_end(struct minute_writer *writer)
{
	if (writer->now.count)
		put_minute(writer);
	writer->now.count = 0;
}

void minute_writer_clear(struct minute_writer *writer)
{
	*writer =
		(struct minute_writer){.bits = {.bytes = writer->bits.bytes}, .room = writer->room};
}

void minute_writer_release(struct minute_writer *writer)
{
	free(writer->bits.bytes);
	*writer = (struct minute_writer){0};
}

/* ---- reading ---- */

void minute_reader_init(
	struct minute_reader *reader, const uint8_t *bytes, size_t length, uint32_t count)
{
	*reader = (struct minute_reader){.bits = {.bytes = bytes, .length = length}, .left = count};
}

static bool get_flagged(struct bit_reader *bits, unsigned width, bool *ret_is_new, uint64_t *ret)
{
	uint64_t flag;
	if (!bits_get(bits, 1, &flag))
		return false;
	*ret_is_new = flag;
	return !flag || bits_get(bits, width, ret);
}

static bool get_value(struct value_code *code, struct bit_reader *bits, double *ret)
{
	if (!value_code_get(code, bits))
		return false;
	*ret = value_of(code->bits);
	return true;
}

static bool get_place(struct minute_reader *reader, struct minute *ret)
{
	const int64_t farthest = (INT64_C(1) << 52) / MINUTE_MS + 1;
	uint64_t number = 0, count = reader->before_count;
	bool is_far, is_other;
	if (!get_flagged(&reader->bits, 64, &is_far, &number) ||
		!get_flagged(&reader->bits, 32, &is_other, &count))
		return false;
	if (is_far && ((int64_t)number > farthest || (int64_t)number < -farthest))
		return false;
	ret->at_ms = is_far ? (int64_t)number * MINUTE_MS : reader->before_ms + MINUTE_MS;
	ret->count = (uint32_t)count;
	return count != 0;
}

static bool get_values(struct minute_reader *reader, struct minute *ret)
{
	struct bit_reader *bits = &reader->bits;
	uint64_t is_wide, is_reset;
	if (!get_value(&reader->first, bits, &ret->first) ||
		!get_value(&reader->last, bits, &ret->last) || !bits_get(bits, 1, &is_wide))
		return false;
	ret->min = lower(ret->first, ret->last);
	ret->max = higher(ret->first, ret->last);
	if (is_wide && (!get_value(&reader->min, bits, &ret->min) ||
			       !get_value(&reader->max, bits, &ret->max)))
		return false;
	if (!get_value(&reader->sum, bits, &ret->sum) || !bits_get(bits, 1, &is_reset))
		return false;
	ret->increase = minute_rise(ret->first, ret->last);
	return !is_reset || get_value(&reader->increase, bits, &ret->increase);
}

bool minute_reader_next(struct minute_reader *reader, struct minute *ret)
{
	struct minute minute = {0};
	if (reader->left == 0 || reader->is_damaged)
		return false;
	if (!get_place(reader, &minute) || !get_values(reader, &minute)) {
		reader->is_damaged = true;
		return false;
	}
	reader->left--;
	reader->before_ms = minute.at_ms;
	reader->before_count = minute.count;
	*ret = minute;
	return true;
}
