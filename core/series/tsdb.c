/* SPDX-License-Identifier: MIT */
#include "core/series/tsdb.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/series/metadata.h"
#include "core/series/tsdb_inside.h"

static size_t or_default(size_t given, size_t otherwise)
{
	return given ? given : otherwise;
}

static size_t at_most(size_t given, size_t most)
{
	return given < most ? given : most;
}

/* No record of the journal becomes longer than it can read. */
static struct tsdb_limits limits_of(const struct tsdb_limits *given)
{
	const struct tsdb_limits none = {0}, *from = given ? given : &none;
	return (struct tsdb_limits){
		.memory_bytes = or_default(from->memory_bytes, 64U << 20),
		.disk_bytes = from->disk_bytes ? from->disk_bytes : 256U << 20,
		.span_ms = from->span_ms > 0 ? from->span_ms : INT64_C(24) * 3600 * 1000,
		.series_max = at_most(or_default(from->series_max, 200000), UINT32_MAX / 8),
		.labels_max = at_most(or_default(from->labels_max, 64), 256),
		.name_max = at_most(or_default(from->name_max, 512), 1024),
		.value_max = at_most(or_default(from->value_max, 4096), 8192),
	};
}

bool tsdb_open(
	const char *folder, const struct tsdb_limits *limits, struct tsdb **ret, struct err *err)
{
	struct tsdb *tsdb = xcalloc(1, sizeof(*tsdb));
	tsdb->limits = limits_of(limits);
	tsdb->head = head_new(&tsdb->limits);
	tsdb->metadata = metadata_new();
	tsdb->folder = folder ? xstrdup(folder) : NULL;
	tsdb->now_ms = tsdb->flushed_ms = tsdb->tried_ms = tsdb->cut_ms = INT64_MIN / 2;
	pthread_mutex_init(&tsdb->keep, NULL);
	pthread_mutex_init(&tsdb->lock, NULL);
	if (folder && !tsdb_files_open(tsdb, err)) {
		tsdb_close(tsdb);
		return false;
	}
	*ret = tsdb;
	return true;
}

void tsdb_close(struct tsdb *tsdb)
{
	if (!tsdb)
		return;
	if (tsdb->folder)
		(void)!tsdb_flush(tsdb, NULL);
	for (size_t i = 0; i < tsdb->file_count; i++) {
		block_unref(tsdb->files[i].block);
		free(tsdb->files[i].path);
	}
	free(tsdb->files);
	wal_free(tsdb->journal);
	head_free(tsdb->head);
	metadata_free(tsdb->metadata);
	free(tsdb->folder);
	pthread_mutex_destroy(&tsdb->keep);
	pthread_mutex_destroy(&tsdb->lock);
	free(tsdb);
}

struct metadata *tsdb_metadata(const struct tsdb *tsdb)
{
	return tsdb->metadata;
}

/* ---- writing ---- */

struct tsdb_series *tsdb_refer(struct tsdb *tsdb, const struct labels *labels, struct err *err)
{
	return head_refer(tsdb->head, labels, err);
}

void tsdb_release(struct tsdb_series *series)
{
	head_release(series);
}

const struct labels *tsdb_series_labels(const struct tsdb_series *series)
{
	return series->labels;
}

enum tsdb_result tsdb_append(struct tsdb_series *series, int64_t time_ms, double value)
{
	struct tsdb_point point = {series, time_ms, value, TSDB_TAKEN};
	head_append(&point, 1);
	return point.result;
}

void tsdb_append_many(struct tsdb_point *points, size_t count)
{
	head_append(points, count);
}

/* ---- figures ---- */

static void add_head(struct head *head, struct tsdb_statistics *to)
{
	for (size_t i = 0; i < STRIPES; i++) {
		struct head_stripe *stripe = &head->stripes[i];
		pthread_mutex_lock(&stripe->lock);
		to->taken += stripe->taken;
		to->chunks += stripe->chunks;
		to->samples_memory += stripe->samples;
		for (int result = 0; result < TSDB_RESULTS; result++)
			to->refused[result] += stripe->refused[result];
		pthread_mutex_unlock(&stripe->lock);
	}
	pthread_rwlock_rdlock(&head->index_lock);
	to->series = head->index.series;
	pthread_rwlock_unlock(&head->index_lock);
	to->bytes_chunks = atomic_load(&head->chunk_bytes);
	to->bytes_memory += head_bytes(head);
	to->refused_series = atomic_load(&head->refused_series);
}

static void add_blocks(struct tsdb *tsdb, struct tsdb_statistics *to)
{
	size_t count;
	uint64_t version;
	struct block **blocks = tsdb_blocks(tsdb, &count, &version);
	for (size_t i = 0; i < count; i++) {
		const struct block_facts *facts = block_facts(blocks[i]);
		to->samples_disk += facts->samples;
		to->bytes_memory += block_memory(blocks[i]);
		if (facts->from_ms < to->oldest_ms)
			to->oldest_ms = facts->from_ms;
		if (facts->to_ms > to->newest_ms)
			to->newest_ms = facts->to_ms;
	}
	tsdb_blocks_free(blocks, count);
}

/* The series are held: none goes meanwhile. */
static void add_span(struct head *head, struct tsdb_statistics *to)
{
	pthread_rwlock_rdlock(&head->index_lock);
	for (size_t i = 0; i < head->index.series; i++)
		head_span(head->series[i], &to->oldest_ms, &to->newest_ms);
	pthread_rwlock_unlock(&head->index_lock);
}

void tsdb_statistics(struct tsdb *tsdb, struct tsdb_statistics *ret)
{
	pthread_mutex_lock(&tsdb->lock);
	struct tsdb_statistics figures = tsdb->figures;
	figures.files = tsdb->file_count;
	figures.bytes_disk = tsdb->wal_bytes;
	for (size_t i = 0; i < tsdb->file_count; i++)
		figures.bytes_disk += tsdb->files[i].bytes;
	pthread_mutex_unlock(&tsdb->lock);
	figures.oldest_ms = INT64_MAX;
	figures.newest_ms = INT64_MIN;
	add_head(tsdb->head, &figures);
	add_blocks(tsdb, &figures);
	add_span(tsdb->head, &figures);
	*ret = figures;
}
