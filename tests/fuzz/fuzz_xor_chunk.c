/* SPDX-License-Identifier: MIT */
/* A chunk of any bytes: times come in order, the reading ends, and what was read is written and read again the same. */
#include "core/series/xor_chunk.h"
#include "tests/fuzz/fuzz.h"

static void require_same(const struct xor_chunk *chunk, const struct sample *samples)
{
	struct xor_iterator iterator;
	struct sample sample;
	xor_iterator_init(&iterator, chunk->bytes, xor_chunk_length(chunk), chunk->count);
	for (size_t i = 0; i < chunk->count; i++) {
		FUZZ_REQUIRE(xor_iterator_next(&iterator, &sample));
		FUZZ_REQUIRE(sample.time_ms == samples[i].time_ms);
		FUZZ_REQUIRE(value_bits(sample.value) == value_bits(samples[i].value));
	}
	FUZZ_REQUIRE(!xor_iterator_next(&iterator, &sample) && !iterator.is_damaged);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xor_iterator iterator;
	struct xor_chunk again = {0};
	struct sample sample, samples[XOR_SAMPLES_MAX] = {{0}};
	uint32_t given = 0, count = size ? data[0] * 5U : 3;
	int64_t before = INT64_MIN;
	xor_iterator_init(&iterator, data + (size != 0), size - (size != 0), count);
	for (; xor_iterator_next(&iterator, &sample); given++) {
		FUZZ_REQUIRE(sample.time_ms > before);
		before = sample.time_ms;
		if (again.count < XOR_SAMPLES_MAX)
			samples[again.count] = sample;
		if (again.count == given)
			(void)!xor_chunk_append(&again, sample.time_ms, sample.value);
	}
	FUZZ_REQUIRE(given <= count && iterator.is_damaged == (given < count));
	require_same(&again, samples);
	xor_chunk_release(&again);
	return 0;
}
