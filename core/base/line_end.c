/* SPDX-License-Identifier: MIT */
#include "core/base/line_end.h"

#include <stdint.h>
#include <string.h>

#include "core/base/scan.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#define ESC '\x1b'

static size_t find_plain(const char *text, size_t length, bool *ret_is_odd)
{
	const char *newline = length ? memchr(text, '\n', length) : NULL;
	size_t at = newline ? (size_t)(newline - text) : length;
	*ret_is_odd = scan_for(text, at, 0, ESC, '\\') < at;
	return at;
}

#ifdef __x86_64__
#define AVX2 __attribute__((target("avx2")))

enum { HALF = 32, WHOLE = 2 * HALF };

AVX2 static inline uint64_t places_of(__m256i first, __m256i second, char byte)
{
	const __m256i all = _mm256_set1_epi8(byte);
	uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(first, all));
	uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(second, all));
	return low | (uint64_t)high << HALF;
}

AVX2 static size_t find_avx2(const char *text, size_t length, bool *ret_is_odd)
{
	uint64_t is_odd = 0;
	size_t at = 0;
	for (; at + WHOLE <= length; at += WHOLE) {
		__m256i first = _mm256_loadu_si256((const __m256i *)(const void *)(text + at));
		__m256i second =
			_mm256_loadu_si256((const __m256i *)(const void *)(text + at + HALF));
		uint64_t ends = places_of(first, second, '\n');
		uint64_t odd = places_of(first, second, ESC) | places_of(first, second, '\\');
		if (ends) {
			*ret_is_odd = (is_odd | (odd & (ends ^ (ends - 1)))) != 0;
			return at + (size_t)__builtin_ctzll(ends);
		}
		is_odd |= odd;
	}
	at += find_plain(text + at, length - at, ret_is_odd);
	*ret_is_odd |= is_odd != 0;
	return at;
}
#endif

void line_end_init(struct line_end *end)
{
	end->find = find_plain;
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		end->find = find_avx2;
#endif
}
