/* SPDX-License-Identifier: MIT */
/* Brackets that stand in quotes close nothing: which do is told for 64 bytes at a time by the parity of the quotes before. */
#include "core/parse/prom_internal.h"

#include "core/base/byte_classes.h"

enum { BLOCK = 64, HALF = 32 };

static const char *find_plain(const char *from, const char *end, bool is_quoted)
{
	for (; from < end && *from != '\n'; from++) {
		if (*from == '"')
			is_quoted = !is_quoted;
		else if (*from == '}' && !is_quoted)
			return from;
		else if (*from == '\\' && is_quoted && from + 1 < end && from[1] != '\n')
			from++;
	}
	return NULL;
}

#ifdef __x86_64__
AVX2 static inline uint64_t places_of(__m256i low, __m256i high, char byte)
{
	__m256i wanted = _mm256_set1_epi8(byte);
	uint32_t first = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
	uint32_t second = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
	return first | (uint64_t)second << HALF;
}

/* A bit for each place that an odd number of quotes is before, or at. */
static inline uint64_t parity_of(uint64_t quotes)
{
	for (unsigned shift = 1; shift < BLOCK; shift *= 2)
		quotes ^= quotes << shift;
	return quotes;
}

AVX2 static const char *find_avx2(const char *from, const char *end)
{
	uint64_t carried = 0;
	for (; end - from >= BLOCK; from += BLOCK) {
		__m256i low = _mm256_loadu_si256((const __m256i *)(const void *)from);
		__m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(from + HALF));
		if (places_of(low, high, '\\'))
			break;
		uint64_t quoted = parity_of(places_of(low, high, '"')) ^ carried;
		uint64_t lines = places_of(low, high, '\n');
		uint64_t stops = (places_of(low, high, '}') & ~quoted) | lines;
		if (stops) {
			const char *stop = from + __builtin_ctzll(stops);
			return *stop == '}' ? stop : NULL;
		}
		carried = quoted >> (BLOCK - 1) ? ~UINT64_C(0) : 0;
	}
	return find_plain(from, end, carried != 0);
}
#endif

const char *prom_find_close(const char *from, const char *end)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		return find_avx2(from, end);
#endif
	return find_plain(from, end, false);
}
