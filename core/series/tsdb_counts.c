/* SPDX-License-Identifier: MIT */
/* Which labels there are, and how many series have them: each series of memory and files once. */
#include "core/series/tsdb_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/series/gather.h"
#include "core/series/labels.h"
#include "core/series/text_table.h"

struct counting {
	struct gather series; /* a row each */
};

static void add_series(void *context, const struct labels *labels, int64_t last_ms)
{
	struct counting *counting = context;
	struct gathered *row;
	(void)last_ms;
	(void)!gather_row(&counting->series, labels, &row, NULL); /* without a limit */
}

static void add_head(struct head *head, struct counting *counting)
{
	pthread_rwlock_rdlock(&head->index_lock);
	for (size_t i = 0; i < head->index.series; i++)
		add_series(counting, head->series[i]->labels, 0);
	pthread_rwlock_unlock(&head->index_lock);
}

static void add_blocks(struct tsdb *tsdb, struct counting *counting)
{
	size_t count;
	uint64_t version;
	struct block_damage damage = {0};
	struct block **blocks = tsdb_blocks(tsdb, &count, &version);
	for (size_t i = 0; i < count; i++) {
		block_each_series(blocks[i], add_series, counting, &damage);
		tsdb_blocks_shrink(tsdb, blocks, i + 1);
	}
	tsdb_blocks_free(blocks, count);
	tsdb_say_damage(tsdb, damage.count, damage.text);
}

struct tally {
	struct text_table texts;
	size_t *counts; /* of each */
	size_t room;
};

static void count_text(struct tally *tally, const char *text)
{
	size_t before = tally->texts.count;
	uint32_t at = text_table_add(&tally->texts, text);
	if (at == before) {
		tally->counts = grow(tally->counts, at, &tally->room, sizeof(*tally->counts));
		tally->counts[at] = 0;
	}
	tally->counts[at]++;
}

/* Names, or the values of `name`. */
static void count_labels(struct tally *tally, const struct labels *labels, const char *name)
{
	for (size_t i = 0; i < labels_count(labels); i++) {
		const struct label *label = labels_at(labels, i);
		if (!name)
			count_text(tally, label->name);
		else if (strcmp(label->name, name) == 0)
			count_text(tally, label->value);
	}
}

static int compare(const void *one, const void *other)
{
	return strcmp(
		((const struct tsdb_count *)one)->text, ((const struct tsdb_count *)other)->text);
}

static void count_all(struct tsdb *tsdb, const char *name, struct tsdb_counts *ret)
{
	const struct selection all = {.from_ms = INT64_MIN, .to_ms = INT64_MAX};
	struct counting counting;
	struct tally tally = {0};
	gather_init(&counting.series, &all);
	add_head(tsdb->head, &counting);
	add_blocks(tsdb, &counting);
	for (size_t i = 0; i < counting.series.count; i++)
		count_labels(&tally, counting.series.rows[i].labels, name);
	*ret = (struct tsdb_counts){.list = xcalloc(tally.texts.count + 1, sizeof(*ret->list)),
		.count = tally.texts.count};
	assert((tally.texts.texts && tally.counts) || ret->count == 0);
	for (size_t i = 0; i < ret->count; i++)
		ret->list[i] = (struct tsdb_count){xstrdup(tally.texts.texts[i]), tally.counts[i]};
	qsort(ret->list, ret->count, sizeof(*ret->list), compare);
	gather_release(&counting.series);
	text_table_release(&tally.texts);
	free(tally.counts);
}

void tsdb_label_names(struct tsdb *tsdb, struct tsdb_counts *ret)
{
	count_all(tsdb, NULL, ret);
}

void tsdb_label_values(struct tsdb *tsdb, const char *name, struct tsdb_counts *ret)
{
	count_all(tsdb, name, ret);
}

void tsdb_counts_release(struct tsdb_counts *counts)
{
	for (size_t i = 0; i < counts->count; i++)
		free(counts->list[i].text);
	free(counts->list);
	*counts = (struct tsdb_counts){0};
}
