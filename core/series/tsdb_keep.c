/* SPDX-License-Identifier: MIT */
/* What is done at intervals: the journal is written, chunks go into files, room is made. */
#include "core/series/tsdb_inside.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/series/block_write.h"
#include "core/series/labels.h"

enum {
	AGAIN_MS = 10000, /* what failed is tried again after so long */
	STEADY_MS =
		600000, /* so long a clock goes without a jump before it decides what is too old */
	JUMP_MS = 300000, /* between two calls: more is a jump */
};

static void say_trouble(struct tsdb *tsdb, const char *text)
{
	pthread_mutex_lock(&tsdb->lock);
	copy_text(tsdb->figures.trouble, sizeof(tsdb->figures.trouble), text);
	pthread_mutex_unlock(&tsdb->lock);
}

/* ---- the journal ---- */

/* What a flush did for a series: it counts once all is on the disk. */
struct flushed {
	int64_t until_ms;
	uint32_t number;
};

struct flushing {
	struct wal *journal;
	const struct tsdb_series *series;
	uint32_t number;
};

static void wal_emit(void *context, const uint8_t *bytes, size_t length, uint32_t count)
{
	struct flushing *flushing = context;
	if (!flushing->number)
		flushing->number = wal_series(flushing->journal, flushing->series->labels);
	wal_chunk(flushing->journal, flushing->number, bytes, length, count);
}

/* Into a journal that is new: everything; else what it lacks. */
static bool write_journal(struct tsdb *tsdb, struct wal *journal, bool is_new, struct err *err)
{
	size_t count;
	autofree struct tsdb_series **all = head_all(tsdb->head, &count);
	autofree struct flushed *done = xreallocarray(NULL, count + 1, sizeof(*done));
	for (size_t i = 0; i < count; i++) {
		struct flushing flushing = {.journal = journal,
			.series = all[i],
			.number = is_new ? 0 : all[i]->journal};
		int64_t after_ms = is_new ? INT64_MIN : all[i]->flushed_ms;
		done[i].until_ms = head_emit_after(all[i], after_ms, wal_emit, &flushing);
		done[i].number = flushing.number;
	}
	if (!wal_commit(journal, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		all[i]->flushed_ms = done[i].until_ms;
		all[i]->journal = done[i].number;
	}
	return true;
}

static void count_journal(struct tsdb *tsdb)
{
	pthread_mutex_lock(&tsdb->lock);
	tsdb->wal_bytes = tsdb->journal ? wal_bytes(tsdb->journal) : 0;
	pthread_mutex_unlock(&tsdb->lock);
}

bool tsdb_rotate(struct tsdb *tsdb, struct err *err)
{
	struct wal *journal;
	uint64_t number = ++tsdb->last_number;
	autofree char *path = tsdb_path(tsdb, number, TSDB_JOURNAL_SUFFIX);
	tsdb->rotates = true;
	if (!wal_new(path, &journal, err))
		return false;
	if (!write_journal(tsdb, journal, true, err)) {
		wal_free(journal);
		(void)unlink(path);
		return false;
	}
	wal_free(tsdb->journal);
	tsdb->journal = journal;
	tsdb->rotates = false;
	tsdb_remove_journals(tsdb, number);
	count_journal(tsdb);
	return true;
}

static bool flush(struct tsdb *tsdb, struct err *err)
{
	bool is_usable = tsdb->journal && !wal_is_broken(tsdb->journal);
	if (!is_usable || tsdb->rotates) {
		if (tsdb_rotate(tsdb, err))
			return true;
		if (!is_usable)
			return false;
	}
	/* an old one that is left holds too much, which is better than nothing */
	bool is_good = write_journal(tsdb, tsdb->journal, false, err);
	count_journal(tsdb);
	return is_good;
}

bool tsdb_flush_locked(struct tsdb *tsdb, struct err *err)
{
	struct err why = {0};
	if (!tsdb->folder)
		return true;
	bool is_good = flush(tsdb, &why);
	say_trouble(tsdb, why.text);
	if (!is_good && err)
		*err = why;
	return is_good;
}

bool tsdb_flush(struct tsdb *tsdb, struct err *err)
{
	pthread_mutex_lock(&tsdb->keep);
	bool is_good = tsdb_flush_locked(tsdb, err);
	pthread_mutex_unlock(&tsdb->keep);
	return is_good;
}

/* ---- files ---- */

struct cutting {
	struct tsdb_series **all;
	struct head_prefix *prefixes;
	size_t count, used; /* used: series that have something to write */
};

static void find_prefixes(struct tsdb *tsdb, int64_t until_ms, struct cutting *cutting)
{
	cutting->all = head_all(tsdb->head, &cutting->count);
	head_sort(cutting->all, cutting->count);
	cutting->prefixes = xcalloc(cutting->count + 1, sizeof(*cutting->prefixes));
	for (size_t i = 0; i < cutting->count; i++) {
		cutting->prefixes[i] = head_prefix(cutting->all[i], until_ms);
		cutting->used += cutting->prefixes[i].last != NULL;
	}
}

static void write_prefixes(struct block_writer *writer, const struct cutting *cutting)
{
	for (size_t i = 0; i < cutting->count; i++) {
		const struct head_prefix *prefix = &cutting->prefixes[i];
		if (!prefix->last)
			continue;
		block_writer_begin(writer, cutting->all[i]->labels);
		for (const struct sealed_chunk *chunk = prefix->first;; chunk = chunk->next) {
			block_writer_chunk(writer, chunk->bytes, chunk->length, chunk->count);
			if (chunk == prefix->last)
				break;
		}
		block_writer_end(writer);
	}
}

static bool write_block(struct tsdb *tsdb, const struct cutting *cutting, struct err *err)
{
	struct block_writer *writer;
	struct block *block;
	uint64_t number = ++tsdb->last_number;
	char *path = tsdb_path(tsdb, number, TSDB_BLOCK_SUFFIX);
	bool is_good = block_writer_new(path, &writer, err);
	if (is_good) {
		write_prefixes(writer, cutting);
		is_good = block_writer_finish(writer, err);
		block_writer_free(writer);
	}
	if (is_good && !block_open(path, number, &block, err)) {
		(void)unlink(path);
		is_good = false;
	}
	if (is_good)
		tsdb_files_add(tsdb, path, number, block);
	else
		free(path);
	return is_good;
}

/* What begins at or before that time goes into a file, then from memory, then from the journal: whoever reads meanwhile finds
 * it in one of them. */
static bool cut(struct tsdb *tsdb, int64_t until_ms, struct err *err)
{
	struct cutting cutting = {0};
	find_prefixes(tsdb, until_ms, &cutting);
	bool is_good = cutting.used == 0 || write_block(tsdb, &cutting, err);
	for (size_t i = 0; is_good && i < cutting.count; i++)
		(void)head_drop(cutting.all[i], cutting.prefixes[i].last);
	free(cutting.all);
	free(cutting.prefixes);
	if (!is_good || cutting.used == 0)
		return is_good;
	(void)head_forget_unused(tsdb->head);
	return tsdb_rotate(tsdb, err);
}

bool tsdb_cut(struct tsdb *tsdb, int64_t before_ms, struct err *err)
{
	struct err why = {0};
	pthread_mutex_lock(&tsdb->keep);
	bool is_good = !tsdb->folder || cut(tsdb, before_ms - 1, &why);
	if (tsdb->folder)
		say_trouble(tsdb, why.text);
	pthread_mutex_unlock(&tsdb->keep);
	if (!is_good && err)
		*err = why;
	return is_good;
}

/* ---- room ---- */

static void drop_before(struct tsdb *tsdb, int64_t before_ms)
{
	size_t count, samples = 0;
	autofree struct tsdb_series **all = head_all(tsdb->head, &count);
	for (size_t i = 0; i < count; i++)
		samples += head_drop_before(all[i], before_ms);
	(void)head_forget_unused(tsdb->head);
	pthread_mutex_lock(&tsdb->lock);
	tsdb->figures.dropped_memory += samples;
	pthread_mutex_unlock(&tsdb->lock);
}

static void look_at_span(struct tsdb *tsdb, int64_t *ret_from, int64_t *ret_to)
{
	size_t count;
	autofree struct tsdb_series **all = head_all(tsdb->head, &count);
	*ret_from = INT64_MAX;
	*ret_to = INT64_MIN;
	for (size_t i = 0; i < count; i++)
		head_span(all[i], ret_from, ret_to);
}

/* Three quarters of the memory are used, and there is something that can go. */
static bool is_tight(const struct tsdb *tsdb)
{
	return head_bytes(tsdb->head) > tsdb->limits.memory_bytes / 4 * 3 &&
	       atomic_load(&tsdb->head->chunk_bytes) > tsdb->limits.memory_bytes / 8;
}

/* The recent minutes stay, or a quarter of a shorter span. */
static int64_t cut_time(int64_t from_ms, int64_t to_ms)
{
	int64_t kept_ms = (to_ms - from_ms) / 4;
	return to_ms - (kept_ms < TSDB_RECENT_MS ? kept_ms : TSDB_RECENT_MS);
}

/* Samples whose time is far off make no file by themselves: there is one in a quarter of its span at most. */
static bool is_long(const struct tsdb *tsdb, int64_t from_ms, int64_t now_ms)
{
	int64_t past_ms = now_ms - tsdb->cut_ms;
	return from_ms != INT64_MAX && now_ms - from_ms > TSDB_BLOCK_MS + TSDB_RECENT_MS &&
	       (past_ms < 0 || past_ms > TSDB_BLOCK_MS / 4);
}

/* A journal is there beside what it will become: it takes a quarter of the disk's budget at most. */
static bool is_journal_long(struct tsdb *tsdb)
{
	pthread_mutex_lock(&tsdb->lock);
	bool is_over = tsdb->wal_bytes > tsdb->limits.disk_bytes / 4;
	pthread_mutex_unlock(&tsdb->lock);
	return is_over;
}

static void cut_what_is_due(struct tsdb *tsdb, int64_t from_ms, int64_t to_ms, int64_t now_ms)
{
	struct err err = {0};
	int64_t past_ms = now_ms - tsdb->tried_ms;
	bool is_old = is_long(tsdb, from_ms, now_ms);
	if (!is_old && !is_tight(tsdb) && !is_journal_long(tsdb))
		return;
	if (tsdb->cut_fails && past_ms >= 0 && past_ms < AGAIN_MS)
		return;
	tsdb->tried_ms = now_ms;
	tsdb->cut_fails =
		!cut(tsdb, is_old ? now_ms - TSDB_RECENT_MS : cut_time(from_ms, to_ms), &err);
	if (!tsdb->cut_fails)
		tsdb->cut_ms = now_ms;
	say_trouble(tsdb, err.text);
}

/* Files are written where there is a folder; when that fails, or there is none, the oldest eighth goes. */
static void make_room(struct tsdb *tsdb, int64_t now_ms)
{
	int64_t from_ms, to_ms;
	look_at_span(tsdb, &from_ms, &to_ms);
	if (tsdb->folder)
		cut_what_is_due(tsdb, from_ms, to_ms, now_ms);
	if (tsdb->folder && !tsdb->cut_fails)
		return;
	for (int i = 0; i < 8 && from_ms < to_ms && is_tight(tsdb); i++) {
		from_ms += (to_ms - from_ms) / 8 + 1;
		drop_before(tsdb, from_ms);
		tsdb->rotates = true;
	}
}

/* A clock that jumped decides nothing until it went on for a while: one of the wrong year takes no history away. */
static void drop_old(struct tsdb *tsdb, int64_t now_ms, int64_t before_ms)
{
	if (now_ms < before_ms || now_ms - before_ms > JUMP_MS)
		tsdb->steady_ms = now_ms;
	if (now_ms - tsdb->steady_ms < STEADY_MS) {
		tsdb_files_tidy(tsdb, INT64_MIN);
		return;
	}
	tsdb_files_tidy(tsdb, now_ms - tsdb->limits.span_ms);
	if (!tsdb->folder)
		drop_before(tsdb, now_ms - tsdb->limits.span_ms);
}

static void rest(struct tsdb *tsdb)
{
	size_t count;
	uint64_t version;
	struct block **blocks = tsdb_blocks(tsdb, &count, &version);
	for (size_t i = 0; i < count; i++)
		block_rest(blocks[i]);
	tsdb_blocks_free(blocks, count);
}

void tsdb_maintain(struct tsdb *tsdb, int64_t now_ms)
{
	pthread_mutex_lock(&tsdb->keep);
	bool is_due = now_ms - tsdb->flushed_ms >= TSDB_FLUSH_MS || now_ms < tsdb->flushed_ms;
	if (is_due) {
		tsdb->flushed_ms = now_ms;
		(void)!tsdb_flush_locked(tsdb, NULL);
	}
	if (is_due || is_tight(tsdb))
		make_room(tsdb, now_ms);
	if (is_due) {
		drop_old(tsdb, now_ms, tsdb->now_ms);
		tsdb->now_ms = now_ms;
		rest(tsdb);
	}
	tsdb_files_check(tsdb);
	pthread_mutex_unlock(&tsdb->keep);
}

void tsdb_end_all(struct tsdb *tsdb, const char *but)
{
	size_t count;
	pthread_mutex_lock(&tsdb->keep);
	autofree struct tsdb_series **all = head_all(tsdb->head, &count);
	for (size_t i = 0; i < count; i++) {
		const char *metric = labels_get(all[i]->labels, LABEL_NAME);
		if (!metric || strcmp(metric, but) != 0)
			head_end(all[i]);
	}
	pthread_mutex_unlock(&tsdb->keep);
}

void tsdb_forget_after(struct tsdb *tsdb, int64_t time_ms)
{
	size_t count, samples = 0;
	pthread_mutex_lock(&tsdb->keep);
	autofree struct tsdb_series **all = head_all(tsdb->head, &count);
	for (size_t i = 0; i < count; i++) {
		samples += head_forget_after(all[i], time_ms);
		if (all[i]->flushed_ms > time_ms)
			all[i]->flushed_ms = time_ms;
	}
	tsdb_files_remove_after(tsdb, time_ms);
	pthread_mutex_lock(&tsdb->lock);
	tsdb->figures.dropped_memory += samples;
	pthread_mutex_unlock(&tsdb->lock);
	/* what was dropped is in the journal: a restart would find it again */
	if (samples && tsdb->folder)
		tsdb->rotates = true;
	if (tsdb->rotates)
		(void)!tsdb_flush_locked(tsdb, NULL);
	pthread_mutex_unlock(&tsdb->keep);
}
