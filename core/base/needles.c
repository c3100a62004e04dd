/* SPDX-License-Identifier: MIT */
#include "core/base/needles.h"

#include <stdbool.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

enum { GROUPS = 8, WIDE = 32, FOLD = 0x20 };

/* Words that begin alike share a group, so that few pairs of others fit by chance. */
void needles_add(struct needles *needles, const char *word)
{
	uint8_t group = (uint8_t)(1u << ((uint8_t)word[0] * 5u + (uint8_t)word[1]) % GROUPS);
	for (size_t i = 0; i < NEEDLES_FIRST; i++) {
		uint8_t byte = (uint8_t)word[i] | FOLD;
		needles->low[i][byte & 15] |= group;
		needles->high[i][byte >> 4] |= group;
	}
}

static bool may_begin(const struct needles *needles, const char *text)
{
	uint8_t groups = 0xff;
	for (size_t i = 0; i < NEEDLES_FIRST; i++) {
		uint8_t byte = (uint8_t)text[i] | FOLD;
		groups &= needles->low[i][byte & 15] & needles->high[i][byte >> 4];
	}
	return groups;
}

static size_t next_plain(
	const struct needles *needles, const char *text, size_t length, size_t from)
{
	for (; from + NEEDLES_FIRST <= length; from++)
		if (may_begin(needles, text + from))
			return from;
	return length;
}

#ifdef __x86_64__
#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i groups_of(const struct needles *needles, size_t byte, __m256i text)
{
	const __m256i half = _mm256_set1_epi8(15);
	__m256i low = _mm256_broadcastsi128_si256(
		_mm_loadu_si128((const __m128i *)(const void *)needles->low[byte]));
	__m256i high = _mm256_broadcastsi128_si256(
		_mm_loadu_si128((const __m128i *)(const void *)needles->high[byte]));
	text = _mm256_or_si256(text, _mm256_set1_epi8(FOLD));
	return _mm256_and_si256(_mm256_shuffle_epi8(low, _mm256_and_si256(text, half)),
		_mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(text, 4), half)));
}

/* A bit for each of 32 places at which a word may begin. */
AVX2 static inline uint32_t places_of(const struct needles *needles, const char *text)
{
	__m256i groups = _mm256_set1_epi8(-1);
	for (size_t i = 0; i < NEEDLES_FIRST; i++)
		groups = _mm256_and_si256(groups,
			groups_of(needles, i,
				_mm256_loadu_si256((const __m256i *)(const void *)(text + i))));
	return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(groups, _mm256_setzero_si256()));
}

AVX2 static size_t next_avx2(
	const struct needles *needles, const char *text, size_t length, size_t from)
{
	enum { READ = WIDE + NEEDLES_FIRST - 1 };
	for (; from + READ <= length; from += WIDE) {
		uint32_t places = places_of(needles, text + from);
		if (places)
			return from + (size_t)__builtin_ctz(places);
	}
	if (from + NEEDLES_FIRST > length)
		return length;
	char rest[READ] = {0};
	memcpy(rest, text + from, length - from);
	uint32_t places = places_of(needles, rest);
	size_t at = places ? from + (size_t)__builtin_ctz(places) : length;
	return at + NEEDLES_FIRST <= length ? at : length;
}
#endif

void needles_end(struct needles *needles)
{
	needles->next = next_plain;
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		needles->next = next_avx2;
#endif
}
