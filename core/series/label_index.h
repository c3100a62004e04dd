/* SPDX-License-Identifier: MIT */
/*
 * Which series have which labels: for each name its values, for each value the numbers of the series that have it, in order
 * (posting lists). A pattern is matched once for each value of its name, however many series there are. Numbers count from 0
 * and are small: sets of them are bitmaps. The owner locks.
 */
#ifndef BOTSWAIN_SERIES_LABEL_INDEX_H
#define BOTSWAIN_SERIES_LABEL_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/series/text_table.h"

struct err;
struct labels;
struct matcher;

struct posting {
	uint32_t count, room; /* room 0: one at most, which stands here */
	union {
		uint32_t one;
		uint32_t *many;
	};
};

struct label_values {
	struct text_table table;
	struct posting *postings; /* of each value */
	size_t room;
	size_t series; /* that have such a label */
};

/* Zeroed: empty. May be read. */
struct label_index {
	struct text_table names;
	struct label_values *values; /* of each name */
	size_t room;
	size_t series;
	size_t bytes; /* of all but the struct */
};

/* The next series. */
void label_index_add(struct label_index *index, const struct labels *labels);
void label_index_release(struct label_index *index);
/* NULL: no series has a label of that name. */
const struct label_values *label_index_values(const struct label_index *index, const char *name);

static inline size_t id_words(size_t ids)
{
	return (ids + 63) / 64;
}

static inline bool id_is_in(const uint64_t *words, size_t id)
{
	return words[id / 64] >> id % 64 & 1;
}

/* What was found of a matcher's values before: of the first `count` of its name whether each fits. */
struct match_memo {
	bool *fits;
	size_t count;
};

/* Sets in `ret_words` (id_words() of index->series, any content) the series that all matchers fit: all for none. `memos`: one for each
 * matcher. */
MUST_CHECK bool label_index_match(const struct label_index *index, const struct matcher *matchers,
	const struct match_memo *memos, size_t count, uint64_t *ret_words, struct err *err);

#endif
