/* SPDX-License-Identifier: MIT */
#include "core/base/needle.h"

#include <endian.h>
#include <string.h>

enum { WIDE = 32, STEP = 4 * WIDE, CANDIDATES = 8 };

typedef uint8_t wide __attribute__((vector_size(WIDE)));
typedef uint64_t words __attribute__((vector_size(WIDE)));

/* How common a byte is in logs: the more the higher. Of letters those of English, in any case. */
static unsigned commonness(uint8_t byte)
{
	static const char by_rank[] = "zqjxkvbwZQJXyKgVBWpfGYPFmuMUclhCLHdDrRsSnNiIoOaAtTEe";
	static const char marks[] = " \",:.-_/=[]{}";
	const char *letter = byte ? strchr(by_rank, byte) : NULL;
	if (letter)
		return 10 + (unsigned)(letter - by_rank);
	if (byte >= '0' && byte <= '9')
		return byte < '3' ? 90 : 80;
	return byte && strchr(marks, byte) ? 70 : byte == '\n' ? 60 : 5;
}

/* Bytes of one class come together: `ch` wherever there is a chat, 41 wherever there is a number. */
static unsigned class_of(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return 0;
	return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z' ? 1 : 2;
}

static unsigned cost_of(const struct needle *needle, size_t place)
{
	return commonness(needle->bytes[place]) * (needle->folds[place] ? 2 : 1);
}

/* The rarest byte, and beside it the rarest of another class, if there is one. */
static void choose_places(struct needle *needle)
{
	unsigned least = UINT32_MAX;
	for (size_t i = 0; i < needle->length; i++)
		if (cost_of(needle, i) < cost_of(needle, needle->rarer))
			needle->rarer = i;
	needle->rare = needle->rarer;
	for (size_t i = 0; i < needle->length; i++) {
		bool is_other =
			class_of(needle->bytes[i]) != class_of(needle->bytes[needle->rarer]);
		unsigned cost = cost_of(needle, i) + (is_other ? 0 : 100);
		if (i != needle->rarer && cost < least) {
			needle->rare = i;
			least = cost;
		}
	}
}

static bool stands_at(const struct needle *needle, const char *text)
{
	for (size_t i = 0; i < needle->length; i++)
		if (((uint8_t)text[i] | needle->folds[i]) != needle->bytes[i])
			return false;
	return true;
}

static const char *find_slowly(const struct needle *needle, const char *text, size_t length)
{
	for (const char *end = text + length; text + needle->length <= end; text++)
		if (stands_at(needle, text))
			return text;
	return NULL;
}

#pragma GCC diagnostic ignored "-Wpsabi" /* of what takes vectors everything is inlined */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE wide all_of(uint8_t byte)
{
	return (wide){0} + byte;
}

/* 0xff in each of 32 places at which both bytes stand. */
ALWAYS_INLINE wide look(const struct needle *needle, const char *text)
{
	wide a, b;
	memcpy(&a, text + needle->rarer, sizeof(a));
	memcpy(&b, text + needle->rare, sizeof(b));
	a = (wide)((a | all_of(needle->folds[needle->rarer])) ==
		   all_of(needle->bytes[needle->rarer]));
	b = (wide)((b | all_of(needle->folds[needle->rare])) ==
		   all_of(needle->bytes[needle->rare]));
	return a & b;
}

ALWAYS_INLINE bool is_any(wide found)
{
	words all = (words)found;
	return (all[0] | all[1] | all[2] | all[3]) != 0;
}

/* A bit for each of 32 places. */
ALWAYS_INLINE uint32_t places_of(wide found)
{
	words all = (words)found;
	uint32_t places = 0;
	for (unsigned i = 0; i < WIDE / 8; i++) {
		uint64_t word = le64toh(all[i]) & UINT64_C(0x8080808080808080);
		places |= (uint32_t)(word * UINT64_C(0x0002040810204081) >> 56) << i * 8;
	}
	return places;
}

/* In those of 32 places at which both bytes stand. */
static const char *compare_at(const struct needle *needle, const char *text, uint32_t places)
{
	for (; places; places &= places - 1) {
		const char *here = text + __builtin_ctz(places);
		if (stands_at(needle, here))
			return here;
	}
	return NULL;
}

/* Behind the last place of a step all of the needle is within the text. */
ALWAYS_INLINE const char *find_wide(const struct needle *needle, const char *text, size_t length)
{
	size_t at = 0;
	for (; at + needle->length + STEP - 1 <= length; at += STEP) {
		wide found[STEP / WIDE];
		for (size_t i = 0; i < STEP / WIDE; i++)
			found[i] = look(needle, text + at + i * WIDE);
		if (!is_any((found[0] | found[1]) | (found[2] | found[3])))
			continue;
		for (size_t i = 0; i < STEP / WIDE; i++) {
			const char *here =
				compare_at(needle, text + at + i * WIDE, places_of(found[i]));
			if (here)
				return here;
		}
	}
	for (; at + needle->length + WIDE - 1 <= length; at += WIDE) {
		const char *here =
			compare_at(needle, text + at, places_of(look(needle, text + at)));
		if (here)
			return here;
	}
	return find_slowly(needle, text + at, length - at);
}

static const char *find_plain(const struct needle *needle, const char *text, size_t length)
{
	return find_wide(needle, text, length);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static const char *find_avx2(
	const struct needle *needle, const char *text, size_t length)
{
	return find_wide(needle, text, length);
}
#endif

/* ---- learning ---- */

static bool is_at(const struct needle *needle, size_t place, const char *text)
{
	return ((uint8_t)text[place] | needle->folds[place]) == needle->bytes[place];
}

static size_t count_pairs(
	const struct needle *needle, size_t a, size_t b, const char *text, size_t places)
{
	size_t count = 0;
	for (size_t i = 0; i < places; i++)
		count += is_at(needle, a, text + i) & is_at(needle, b, text + i);
	return count;
}

/* The places whose bytes are the rarest, the rarest first. */
static size_t choose_candidates(
	const struct needle *needle, const size_t *seen, size_t ret_places[CANDIDATES])
{
	size_t count = 0;
	for (size_t place = 0; place < needle->length; place++) {
		size_t at = count < CANDIDATES ? count++ : CANDIDATES;
		for (; at > 0 && seen[place] < seen[ret_places[at - 1]]; at--)
			if (at < CANDIDATES)
				ret_places[at] = ret_places[at - 1];
		if (at < CANDIDATES)
			ret_places[at] = place;
	}
	return count;
}

void needle_learn(struct needle *needle, const char *text, size_t length)
{
	size_t places = length < needle->length ? 0 : length - needle->length + 1;
	size_t seen[NEEDLE_MAX], candidates[CANDIDATES], least = SIZE_MAX;
	for (size_t i = 0; i < needle->length; i++)
		seen[i] = count_pairs(needle, i, i, text, places);
	size_t count = choose_candidates(needle, seen, candidates);
	needle->has_learnt = true;
	for (size_t i = 0; i < count && places; i++)
		for (size_t j = i + 1; j < count; j++) {
			size_t pairs =
				count_pairs(needle, candidates[i], candidates[j], text, places);
			if (pairs >= least)
				continue;
			least = pairs;
			needle->rarer = candidates[i];
			needle->rare = candidates[j];
		}
}

bool needle_set(struct needle *needle, const char *bytes, size_t length, bool any_case)
{
	if (!length || length > NEEDLE_MAX)
		return false;
	*needle = (struct needle){.length = length, .find = find_plain};
	for (size_t i = 0; i < length; i++) {
		uint8_t byte = (uint8_t)bytes[i], small = byte | 0x20;
		bool folds = any_case && small >= 'a' && small <= 'z';
		needle->bytes[i] = folds ? small : byte;
		needle->folds[i] = folds ? 0x20 : 0;
	}
	choose_places(needle);
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		needle->find = find_avx2;
#endif
	return true;
}
