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

static uint64_t places_plain(const struct needles *needles, const char *text)
{
	uint64_t places = 0;
	for (size_t i = 0; i < NEEDLES_PLACES; i++)
		places |= (uint64_t)may_begin(needles, text + i) << i;
	return places;
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

AVX2 static uint64_t places_avx2(const struct needles *needles, const char *text)
{
	return places_of(needles, text) | (uint64_t)places_of(needles, text + WIDE) << WIDE;
}
#endif

void needles_end(struct needles *needles)
{
	needles->places = places_plain;
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		needles->places = places_avx2;
#endif
}

uint64_t needles_places(const struct needles *needles, const char *text, size_t length, size_t from)
{
	enum { READ = NEEDLES_PLACES + NEEDLES_FIRST - 1 };
	size_t left = length - from;
	if (left >= READ)
		return needles->places(needles, text + from);
	if (left < NEEDLES_FIRST)
		return 0;
	if (length >= READ) /* the last places of the text, without those before */
		return needles->places(needles, text + length - READ) >> (READ - left);
	char all[READ] = {0};
	memcpy(all, text + from, left);
	uint64_t whole = (UINT64_C(1) << (left - NEEDLES_FIRST + 1)) - 1;
	return needles->places(needles, all) & whole;
}
