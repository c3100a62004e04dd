/* SPDX-License-Identifier: MIT */
#include "core/base/needles.h"

#include <stdbool.h>
#include <string.h>

enum { GROUPS = 8, WIDE = 32, FOLD = 0x20 };

/* Words that begin alike share a group, so that few pairs of others fit by chance. */
void needles_add(struct needles *needles, const char *word)
{
	unsigned group = ((uint8_t)word[0] * 5u + (uint8_t)word[1]) % GROUPS;
	for (size_t i = 0; i < NEEDLES_FIRST; i++)
		byte_classes_add(&needles->first[i], group, (uint8_t)word[i] | FOLD);
}

static bool may_begin(const struct needles *needles, const char *text)
{
	uint8_t groups = 0xff;
	for (size_t i = 0; i < NEEDLES_FIRST; i++)
		groups &= byte_classes_of(&needles->first[i], (uint8_t)text[i] | FOLD);
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
AVX2 static inline __m256i groups_of(const struct byte_classes *groups, __m256i text)
{
	text = _mm256_or_si256(text, _mm256_set1_epi8(FOLD));
	return byte_classes_wide(groups, byte_low_halves(text), byte_high_halves(text));
}

/* A bit for each of 32 places at which a word may begin. */
AVX2 static inline uint32_t places_of(const struct needles *needles, const char *text)
{
	__m256i groups = _mm256_set1_epi8(-1);
	for (size_t i = 0; i < NEEDLES_FIRST; i++)
		groups = _mm256_and_si256(groups,
			groups_of(&needles->first[i],
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
