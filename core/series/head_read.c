/* SPDX-License-Identifier: MIT */
/* Selecting from the head: patterns are matched, then the series are found under the index' lock and held; then each is read under its stripe's, some chunks
 * at a time. */
#include "core/series/head.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/series/gather.h"
#include "core/series/labels.h"
#include "core/series/match.h"

enum { CHUNKS_A_TURN = 8, VALUES_A_TURN = 64 };

/* ---- the order of labels ---- */

static int compare_series(const void *one, const void *other, void *context)
{
	const struct head *head = context;
	return labels_compare(head->series[*(const uint32_t *)one]->labels,
		head->series[*(const uint32_t *)other]->labels);
}

/* What came since the last time is sorted, and merged into what is. */
static void sort_ids(struct head *head)
{
	size_t count = head->index.series, old = head->sorted_count, a = 0, b = old, to = 0;
	head->sorted = xreallocarray(head->sorted, count + 1, sizeof(*head->sorted));
	for (size_t i = old; i < count; i++)
		head->sorted[i] = (uint32_t)i;
	qsort_r(head->sorted + old, count - old, sizeof(*head->sorted), compare_series, head);
	autofree uint32_t *merged = xreallocarray(NULL, count + 1, sizeof(*merged));
	while (a < old || b < count) {
		bool takes_old = b == count || (a < old && compare_series(&head->sorted[a],
								   &head->sorted[b], head) < 0);
		merged[to++] = head->sorted[takes_old ? a++ : b++];
	}
	memcpy(head->sorted, merged, count * sizeof(*merged));
	head->sorted_count = count;
}

/* Locked for reading, and in order, in the end. */
static void lock_sorted(struct head *head)
{
	for (;;) {
		pthread_rwlock_rdlock(&head->index_lock);
		if (head->sorted_count == head->index.series)
			return;
		pthread_rwlock_unlock(&head->index_lock);
		pthread_rwlock_wrlock(&head->index_lock);
		if (head->sorted_count < head->index.series)
			sort_ids(head);
		pthread_rwlock_unlock(&head->index_lock);
	}
}

/* ---- finding ---- */

/* In order of labels, each used; freed by the caller. */
static struct tsdb_series **hold(const struct head *head, const uint64_t *words, size_t *ret_count)
{
	size_t count = 0, at = 0;
	for (size_t i = 0; i < id_words(head->index.series); i++)
		count += (size_t)__builtin_popcountll(words[i]);
	struct tsdb_series **held = xreallocarray(NULL, count + 1, sizeof(struct tsdb_series *));
	for (size_t i = 0; at < count; i++) {
		struct tsdb_series *series = head->series[head->sorted[i]];
		if (!id_is_in(words, series->id))
			continue;
		atomic_fetch_add_explicit(&series->users, 1, memory_order_relaxed);
		held[at++] = series;
	}
	*ret_count = count;
	return held;
}

/* The texts that a pattern has to be matched with, freed by the caller. */
static char **texts_of(struct head *head, const char *name, size_t *ret_count)
{
	char **texts = NULL;
	*ret_count = 0;
	pthread_rwlock_rdlock(&head->index_lock);
	const struct label_values *values = label_index_values(&head->index, name);
	if (values && values->table.count) {
		*ret_count = values->table.count;
		texts = xmemdup(values->table.texts, values->table.count * sizeof(*texts));
	}
	pthread_rwlock_unlock(&head->index_lock);
	return texts;
}

/* Patterns take their time: nobody waits for them. */
static bool match_patterns(
	struct head *head, const struct gather *gather, struct match_memo *memos, struct err *err)
{
	const struct selection *selection = gather->selection;
	for (size_t i = 0; i < selection->matcher_count; i++) {
		const struct matcher *matcher = &selection->matchers[i];
		size_t count;
		if (matcher->op != MATCH_REGEX && matcher->op != MATCH_NOT_REGEX)
			continue;
		autofree char **texts = texts_of(head, matcher->name, &count);
		memos[i].fits = xcalloc(count + 1, sizeof(bool));
		memos[i].count = count;
		for (size_t at = 0; at < count; at++) {
			if (!matcher_fits(matcher, texts[at], &memos[i].fits[at], err) ||
				(at % VALUES_A_TURN == 0 && !gather_goes_on(gather, err)))
				return false;
		}
	}
	return true;
}

static struct tsdb_series **find_matched(struct head *head, const struct selection *selection,
	const struct match_memo *memos, size_t *ret_count, struct err *err)
{
	struct tsdb_series **held = NULL;
	lock_sorted(head);
	autofree uint64_t *words = xcalloc(id_words(head->index.series) + 1, sizeof(*words));
	if (label_index_match(
		    &head->index, selection->matchers, memos, selection->matcher_count, words, err))
		held = hold(head, words, ret_count);
	pthread_rwlock_unlock(&head->index_lock);
	return held;
}

static struct tsdb_series **find(
	struct head *head, const struct gather *gather, size_t *ret_count, struct err *err)
{
	const struct selection *selection = gather->selection;
	struct tsdb_series **held = NULL;
	autofree struct match_memo *memos = xcalloc(selection->matcher_count + 1, sizeof(*memos));
	pthread_rwlock_rdlock(&head->texts_lock);
	if (match_patterns(head, gather, memos, err))
		held = find_matched(head, selection, memos, ret_count, err);
	pthread_rwlock_unlock(&head->texts_lock);
	for (size_t i = 0; i < selection->matcher_count; i++)
		free(memos[i].fits);
	return held;
}

/* ---- reading ---- */

/* What a turn may need, so that it allocates once. */
static size_t most_samples(const struct tsdb_series *series, const struct selection *selection)
{
	size_t count = series->open.count;
	for (const struct sealed_chunk *chunk = series->first; chunk; chunk = chunk->next) {
		if (chunk->to_ms >= selection->from_ms && chunk->from_ms <= selection->to_ms)
			count += chunk->count;
	}
	return count;
}

/* Some chunks that end behind *after_ms, up to which all was read; true when there may be more. The stripe is locked. */
static bool read_turn(struct gather *gather, struct gathered *row, const struct tsdb_series *series,
	int64_t *after_ms)
{
	const struct selection *selection = gather->selection;
	int read = 0;
	for (const struct sealed_chunk *chunk = series->first; chunk; chunk = chunk->next) {
		if (chunk->to_ms <= *after_ms || chunk->to_ms < selection->from_ms)
			continue;
		if (chunk->from_ms > selection->to_ms)
			return false;
		if (read++ == CHUNKS_A_TURN)
			return true;
		(void)!gather_chunk(gather, row, chunk->bytes, chunk->length, chunk->count);
		*after_ms = chunk->to_ms;
	}
	if (series->open.count)
		(void)!gather_chunk(gather, row, series->open.bytes,
			xor_chunk_length(&series->open), series->open.count);
	return false;
}

static bool has_any(const struct tsdb_series *series, const struct selection *selection)
{
	if (series->open.count && xor_chunk_from(&series->open) <= selection->to_ms &&
		series->open.time_ms >= selection->from_ms)
		return true;
	for (const struct sealed_chunk *chunk = series->first; chunk; chunk = chunk->next) {
		if (chunk->to_ms >= selection->from_ms && chunk->from_ms <= selection->to_ms)
			return true;
	}
	return false;
}

/* What the open chunk knows without being read: enough where the last sample is asked for. The stripe is locked. */
static bool is_last_known(const struct tsdb_series *series, const struct selection *selection)
{
	return selection->last_only && series->open.count &&
	       series->open.time_ms >= selection->from_ms &&
	       series->open.time_ms <= selection->to_ms;
}

static void read_last(struct gather *gather, struct gathered *row, const struct tsdb_series *series)
{
	const struct sample last = {series->open.time_ms, value_of(series->open.value.bits)};
	gather_add(gather, row, last);
}

static bool read_series(
	struct gather *gather, struct tsdb_series *series, bool is_first, struct err *err)
{
	pthread_mutex_t *lock = &head_stripe(series)->lock;
	struct gathered *row = NULL;
	int64_t after_ms = INT64_MIN;
	bool is_good = true, is_more = false;
	pthread_mutex_lock(lock);
	if (has_any(series, gather->selection)) {
		if (is_first)
			row = gather_push(gather, series->labels);
		else
			is_good = gather_row(gather, series->labels, &row, err);
	}
	if (row && is_good && is_last_known(series, gather->selection)) {
		read_last(gather, row, series);
	} else if (row && is_good) {
		gather_reserve(row, most_samples(series, gather->selection));
		is_more = read_turn(gather, row, series, &after_ms);
	}
	pthread_mutex_unlock(lock);
	while (is_more) {
		pthread_mutex_lock(lock);
		is_more = read_turn(gather, row, series, &after_ms);
		pthread_mutex_unlock(lock);
	}
	return is_good && gather_goes_on(gather, err);
}

bool head_select(struct head *head, struct gather *gather, struct err *err)
{
	size_t count = 0;
	bool is_good = true, is_first = gather->count == 0;
	struct tsdb_series **held = find(head, gather, &count, err);
	if (!held)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (is_good)
			is_good = read_series(gather, held[i], is_first, err);
		head_release(held[i]);
	}
	free(held);
	return is_good;
}
