/* SPDX-License-Identifier: MIT */
#include "core/series/label_index.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/series/labels.h"
#include "core/series/match.h"
#include "core/series/querier.h"

/* ---- filling ---- */

static const uint32_t *ids_of(const struct posting *posting)
{
	return posting->room ? posting->many : &posting->one;
}

static void push(struct label_index *index, struct posting *posting, uint32_t id)
{
	if (posting->count == 0 && posting->room == 0) {
		posting->one = id;
		posting->count = 1;
		return;
	}
	if (posting->room <= posting->count) {
		/* by half: there are many of them */
		uint32_t room = posting->count + posting->count / 2 + 3;
		uint32_t first = posting->one;
		uint32_t *many = posting->room ? posting->many : NULL;
		many = xreallocarray(many, room, sizeof(*many));
		if (!posting->room)
			many[0] = first;
		index->bytes += (room - posting->room) * sizeof(*many);
		posting->many = many;
		posting->room = room;
	}
	posting->many[posting->count++] = id;
}

/* The number of a text in a table; what the table grew by is counted. */
static uint32_t number_of(struct label_index *index, struct text_table *table, const char *text)
{
	size_t before = text_table_bytes(table);
	uint32_t number = text_table_add(table, text);
	index->bytes += text_table_bytes(table) - before;
	return number;
}

static struct label_values *values_of(struct label_index *index, const char *name)
{
	size_t count = index->names.count, room = index->room;
	uint32_t at = number_of(index, &index->names, name);
	if (at < count)
		return &index->values[at];
	index->values = grow(index->values, at, &index->room, sizeof(*index->values));
	index->values[at] = (struct label_values){0};
	index->bytes += (index->room - room) * sizeof(*index->values);
	return &index->values[at];
}

static struct posting *posting_of(
	struct label_index *index, struct label_values *values, const char *value)
{
	size_t count = values->table.count, room = values->room;
	uint32_t at = number_of(index, &values->table, value);
	if (at < count)
		return &values->postings[at];
	values->postings = grow(values->postings, at, &values->room, sizeof(*values->postings));
	values->postings[at] = (struct posting){0};
	index->bytes += (values->room - room) * sizeof(*values->postings);
	return &values->postings[at];
}

void label_index_add(struct label_index *index, const struct labels *labels)
{
	uint32_t id = (uint32_t)index->series++;
	for (size_t i = 0; i < labels_count(labels); i++) {
		const struct label *label = labels_at(labels, i);
		struct label_values *values = values_of(index, label->name);
		push(index, posting_of(index, values, label->value), id);
		values->series++;
	}
}

static void release_values(struct label_values *values)
{
	for (size_t i = 0; i < values->table.count; i++) {
		if (values->postings[i].room)
			free(values->postings[i].many);
	}
	free(values->postings);
	text_table_release(&values->table);
}

void label_index_release(struct label_index *index)
{
	for (size_t i = 0; i < index->names.count; i++)
		release_values(&index->values[i]);
	free(index->values);
	text_table_release(&index->names);
	*index = (struct label_index){0};
}

const struct label_values *label_index_values(const struct label_index *index, const char *name)
{
	uint32_t at = text_table_find(&index->names, name);
	return at == TEXT_NONE ? NULL : &index->values[at];
}

/* ---- matching ---- */

static void set_ids(uint64_t *words, const struct posting *posting)
{
	const uint32_t *ids = ids_of(posting);
	for (uint32_t i = 0; i < posting->count; i++)
		words[ids[i] / 64] |= UINT64_C(1) << ids[i] % 64;
}

/* The one value that decides, of a matcher that compares with one; NULL: its values are gone through. */
static const struct posting *the_posting(
	const struct label_values *values, const struct matcher *matcher, bool *ret_is_one)
{
	*ret_is_one = (matcher->op == MATCH_EQUAL || matcher->op == MATCH_NOT_EQUAL) &&
		      *matcher->value != '\0';
	if (!*ret_is_one)
		return NULL;
	uint32_t at = text_table_find(&values->table, matcher->value);
	return at == TEXT_NONE ? NULL : &values->postings[at];
}

/* Those of the values that fit (or do not). */
static bool set_fitting(const struct label_values *values, const struct matcher *matcher,
	const struct match_memo *memo, bool fitting, uint64_t *words, struct err *err)
{
	bool is_one, fits;
	const struct posting *one = the_posting(values, matcher, &is_one);
	if (one)
		set_ids(words, one);
	if (is_one)
		return true;
	for (size_t i = 0; i < values->table.count; i++) {
		if (i < memo->count)
			fits = memo->fits[i];
		else if (!matcher_fits(matcher, values->table.texts[i], &fits, err))
			return false;
		if (fits == fitting)
			set_ids(words, &values->postings[i]);
	}
	return true;
}

/* A matcher that fits no label at all takes away those whose value does not fit; any other keeps those whose value fits. */
static bool apply(const struct label_index *index, const struct matcher *matcher,
	const struct match_memo *memo, uint64_t *words, uint64_t *found, struct err *err)
{
	const struct label_values *values = label_index_values(index, matcher->name);
	bool fits_none;
	if (!matcher_fits(matcher, "", &fits_none, err))
		return false;
	memset(found, 0, id_words(index->series) * sizeof(*found));
	if (values && !set_fitting(values, matcher, memo, !fits_none, found, err))
		return false;
	for (size_t i = 0; i < id_words(index->series); i++)
		words[i] &= fits_none ? ~found[i] : found[i];
	return true;
}

bool label_index_match(const struct label_index *index, const struct matcher *matchers,
	const struct match_memo *memos, size_t count, uint64_t *ret_words, struct err *err)
{
	size_t words = id_words(index->series);
	autofree uint64_t *found = xcalloc(words + 1, sizeof(*found));
	memset(ret_words, 0xff, words * sizeof(*ret_words));
	if (index->series % 64)
		ret_words[words - 1] = (UINT64_C(1) << index->series % 64) - 1;
	for (size_t i = 0; i < count; i++) {
		if (!apply(index, &matchers[i], &memos[i], ret_words, found, err))
			return false;
	}
	return true;
}
