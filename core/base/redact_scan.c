/* SPDX-License-Identifier: MIT */
#include "core/base/redact_scan.h"

#include <pthread.h>
#include <string.h>

#include "core/base/attr.h"

/* Classes of bytes that begin something: of each its first bytes, which are one set of low halves and one of high ones, and
 * the bytes that may stand behind it ("" any). */
static const struct {
	const char *first, *second;
	bool hides;
} classes[] = {
	{":=", "", false},
	{"%", "", false},
	{"bB", "eEaA", false}, /* bearer, basic */
	{"<", "U", true},      /* <U+200B> */
	{"\xc2\xcd", "", true},
	{"\xd8", "", true},
	{"\xe1\xe2\xe3\xef", "", true},
	{"\xf0\xf3", "", true},
};

enum { HIDES = 0xf8, WIDE = 32 };

static void add_bytes(struct byte_classes *to, unsigned class, const char *bytes)
{
	for (unsigned byte = 0; !*bytes && byte < 256; byte++)
		byte_classes_add(to, class, (unsigned char)byte);
	for (; *bytes; bytes++)
		byte_classes_add(to, class, (unsigned char)*bytes);
}

/* 64 places of a text that goes on for one more byte. */
static uint64_t places_plain(const struct redact_scan *scan, const char *text, bool *may_hide)
{
	uint64_t places = 0;
	for (unsigned i = 0; i < REDACT_SCAN_PLACES; i++) {
		unsigned char first = (unsigned char)text[i], second = (unsigned char)text[i + 1];
		unsigned own = byte_classes_of(&scan->own[0], first) &
			       byte_classes_of(&scan->own[1], second);
		unsigned known = byte_classes_of(&scan->known[0], first) &
				 byte_classes_of(&scan->known[1], second);
		*may_hide |= (own & HIDES) != 0;
		places |= (uint64_t)((own | known) != 0) << i;
	}
	return places;
}

#ifdef __x86_64__
AVX2 static inline uint32_t places_wide(
	const struct redact_scan *scan, const char *text, uint32_t *hides)
{
	const __m256i none = _mm256_setzero_si256();
	__m256i first = _mm256_loadu_si256((const __m256i *)(const void *)text);
	__m256i second = _mm256_loadu_si256((const __m256i *)(const void *)(text + 1));
	__m256i low = byte_low_halves(first);
	__m256i high = byte_high_halves(first);
	__m256i low2 = byte_low_halves(second);
	__m256i high2 = byte_high_halves(second);
	__m256i own = _mm256_and_si256(byte_classes_wide(&scan->own[0], low, high),
		byte_classes_wide(&scan->own[1], low2, high2));
	__m256i known = _mm256_and_si256(byte_classes_wide(&scan->known[0], low, high),
		byte_classes_wide(&scan->known[1], low2, high2));
	__m256i all = _mm256_or_si256(own, known);
	__m256i hidden = _mm256_and_si256(own, _mm256_set1_epi8((char)HIDES));
	*hides |= ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(hidden, none));
	return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(all, none));
}

AVX2 static uint64_t places_avx2(const struct redact_scan *scan, const char *text, bool *may_hide)
{
	uint32_t hides = 0;
	uint64_t places = places_wide(scan, text, &hides);
	places |= (uint64_t)places_wide(scan, text + WIDE, &hides) << WIDE;
	*may_hide |= hides != 0;
	return places;
}
#endif

uint64_t redact_scan(
	const struct redact_scan *scan, const char *text, size_t length, size_t at, bool *may_hide)
{
	char rest[REDACT_SCAN_PLACES + 1] = {0};
	if (length - at > REDACT_SCAN_PLACES)
		return scan->places(scan, text + at, may_hide);
	memcpy(rest, text + at, length - at);
	uint64_t places = scan->places(scan, rest, may_hide);
	return length - at < REDACT_SCAN_PLACES ? places & ((UINT64_C(1) << (length - at)) - 1)
						: places;
}

void redact_scan_init(struct redact_scan *scan)
{
	*scan = (struct redact_scan){.places = places_plain};
	for (unsigned i = 0; i < COUNT_OF(classes); i++) {
		add_bytes(&scan->own[0], i, classes[i].first);
		add_bytes(&scan->own[1], i, classes[i].second);
	}
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		scan->places = places_avx2;
#endif
}

/* Secrets that begin alike share a class, so that few pairs of others fit by chance. */
void redact_scan_add(struct redact_scan *scan, const char *secret)
{
	unsigned char first = (unsigned char)secret[0], second = (unsigned char)secret[1];
	unsigned class = (first * 5u + second) % 8;
	byte_classes_add(&scan->known[0], class, first);
	byte_classes_add(&scan->known[1], class, second);
}

static struct redact_scan bare;

static void make_bare(void)
{
	redact_scan_init(&bare);
}

const struct redact_scan *redact_scan_bare(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_bare);
	return &bare;
}
