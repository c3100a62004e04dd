/* SPDX-License-Identifier: MIT */
/*
 * Eight classes of bytes, each a set of low halves and one of high ones: what a byte is in is told by two tables of sixteen
 * entries, so of 32 bytes at a time by two shuffles. A byte may seem to be in a class that only its halves are in. Pure.
 */
#ifndef BOTSWAIN_BASE_BYTE_CLASSES_H
#define BOTSWAIN_BASE_BYTE_CLASSES_H

#include <stdint.h>

#ifdef __x86_64__
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2")))
#endif

/* A bit for each class, of the low and the high half of a byte. */
struct byte_classes {
	uint8_t low[16], high[16];
};

static inline void byte_classes_add(struct byte_classes *to, unsigned class, uint8_t byte)
{
	to->low[byte & 15] |= (uint8_t)(1u << class);
	to->high[byte >> 4] |= (uint8_t)(1u << class);
}

static inline uint8_t byte_classes_of(const struct byte_classes *classes, uint8_t byte)
{
	return classes->low[byte & 15] & classes->high[byte >> 4];
}

#ifdef __x86_64__
/* Of 32 bytes, whose halves were taken apart. */
AVX2 static inline __m256i byte_classes_wide(
	const struct byte_classes *classes, __m256i low, __m256i high)
{
	__m256i lows = _mm256_broadcastsi128_si256(
		_mm_loadu_si128((const __m128i *)(const void *)classes->low));
	__m256i highs = _mm256_broadcastsi128_si256(
		_mm_loadu_si128((const __m128i *)(const void *)classes->high));
	return _mm256_and_si256(_mm256_shuffle_epi8(lows, low), _mm256_shuffle_epi8(highs, high));
}

AVX2 static inline __m256i byte_low_halves(__m256i bytes)
{
	return _mm256_and_si256(bytes, _mm256_set1_epi8(15));
}

AVX2 static inline __m256i byte_high_halves(__m256i bytes)
{
	return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
}
#endif

#endif
