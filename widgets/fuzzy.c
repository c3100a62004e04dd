/* SPDX-License-Identifier: MIT */
/*
 * The best of all ways to find the letters in order, by dynamic programming over the title: "sp" finds shop_pay by the
 * beginnings of its words, not by the first p that comes along.
 */
#include "widgets/fuzzy.h"

#include <ctype.h>
#include <string.h>

enum {
	POINTS_START = 16, /* the very first letter */
	POINTS_WORD = 12,  /* the first letter of a word */
	POINTS_RUN = 8,    /* right behind the letter before */
	POINTS_LETTER = 4, /* anywhere */
	GAP_MAX = 3,       /* what a gap costs at most */
	TEXT_MAX = 256,    /* bytes of a title that are looked at */
	NO_WAY = -1000000,
};

/* The best way to have matched all letters so far, the last of them at this byte. */
struct way {
	int points;
	uint64_t places;
};

static bool starts_word(const char *text, size_t at)
{
	return !isalnum((unsigned char)text[at - 1]) && isalnum((unsigned char)text[at]);
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static int letter_points(const char *text, size_t at)
{
	return at == 0 ? POINTS_START : starts_word(text, at) ? POINTS_WORD : POINTS_LETTER;
}

/* The best way to match one more letter at `at`, after one of `before`. */
static struct way step(const struct way *before, const char *text, size_t at)
{
	struct way best = {NO_WAY, 0};
	int points = letter_points(text, at);
	for (size_t from = 0; from < at; from++) {
		size_t gap = at - from - 1;
		int more = gap == 0 && points < POINTS_RUN ? POINTS_RUN : points;
		int sum = before[from].points + more - (int)(gap > GAP_MAX ? GAP_MAX : gap);
		if (before[from].points > NO_WAY && sum > best.points)
			best = (struct way){sum, before[from].places};
	}
	return best;
}

int fuzzy_score(const char *pattern, const char *text, uint64_t *ret_places)
{
	struct way ways[2][TEXT_MAX];
	size_t length = strnlen(text, TEXT_MAX);
	struct way best = {0, 0};
	int now = 0;
	bool first = true;
	for (; *pattern; pattern++) {
		if (*pattern == ' ')
			continue;
		best = (struct way){NO_WAY, 0};
		for (size_t at = 0; at < length; at++) {
			struct way way = {NO_WAY, 0};
			if (same_letter(text[at], *pattern))
				way = first ? (struct way){letter_points(text, at), 0}
					    : step(ways[!now], text, at);
			way.places |= at < 64 ? UINT64_C(1) << at : 0;
			ways[now][at] = way;
			best = way.points > best.points ? way : best;
		}
		now = !now;
		first = false;
	}
	if (ret_places)
		*ret_places = best.points < 0 ? 0 : best.places;
	return best.points < 0 ? -1 : best.points;
}
