/* SPDX-License-Identifier: MIT */
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
};

static bool starts_word(const char *text, size_t at)
{
	return at == 0 || !isalnum((unsigned char)text[at - 1]);
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Points of matching from `at` on, taking each letter at its first place behind the one before. */
static int score_from(const char *pattern, const char *text, size_t at, uint64_t *ret_places)
{
	int points = 0;
	size_t last = at;
	uint64_t places = 0;
	bool first = true;
	for (; *pattern; pattern++) {
		if (*pattern == ' ')
			continue;
		while (text[at] && at < TEXT_MAX && !same_letter(text[at], *pattern))
			at++;
		if (!text[at] || at == TEXT_MAX)
			return -1;
		size_t gap = first ? 0 : at - last - 1;
		points += at == 0                 ? POINTS_START
			  : starts_word(text, at) ? POINTS_WORD
			  : gap == 0 && !first    ? POINTS_RUN
						  : POINTS_LETTER;
		points -= gap > GAP_MAX ? GAP_MAX : (int)gap;
		places |= at < 64 ? UINT64_C(1) << at : 0;
		first = false;
		last = at++;
	}
	*ret_places = places;
	return points;
}

int fuzzy_score(const char *pattern, const char *text, uint64_t *ret_places)
{
	uint64_t places = 0, best_places = 0;
	int best = -1;
	while (*pattern == ' ')
		pattern++;
	if (!*pattern)
		best = 0;
	/* Every place where the first letter stands is tried: "sp" finds shop_pay by its words. */
	for (size_t at = 0; *pattern && text[at] && at < TEXT_MAX; at++) {
		if (!same_letter(text[at], *pattern))
			continue;
		int points = score_from(pattern, text, at, &places);
		if (points > best) {
			best = points;
			best_places = places;
		}
	}
	if (ret_places)
		*ret_places = best_places;
	return best < 0 ? -1 : best;
}
