/* SPDX-License-Identifier: MIT */
/*
 * Questions to the store. Chunks go from memory into a file, which is in the list before they leave memory: whoever reads files
 * first and then memory, and finds the list as it was, has seen all.
 */
#include "core/series/tsdb_inside.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/series/gather.h"
#include "core/series/labels.h"
#include "core/series/metadata.h"

enum { TRIES = 3 };

static bool is_version(struct tsdb *tsdb, uint64_t version)
{
	pthread_mutex_lock(&tsdb->lock);
	bool is_same = tsdb->version == version;
	pthread_mutex_unlock(&tsdb->lock);
	return is_same;
}

static bool select_blocks(
	struct tsdb *tsdb, struct gather *gather, uint64_t *ret_version, struct err *err)
{
	size_t count;
	struct block_damage damage = {0};
	struct block **blocks = tsdb_blocks(tsdb, &count, ret_version);
	bool is_good = true;
	for (size_t i = 0; i < count && is_good; i++) {
		is_good = block_select(blocks[i], gather, &damage, err);
		tsdb_blocks_shrink(tsdb, blocks, i + 1);
	}
	tsdb_blocks_free(blocks, count);
	tsdb_say_damage(tsdb, damage.count, damage.text);
	return is_good;
}

/* At the last try memory is first: nothing is missed then, and what is found twice is sorted out. */
static bool gather_all(struct tsdb *tsdb, struct gather *gather, struct err *err)
{
	const struct selection *selection = gather->selection;
	uint64_t version;
	for (int i = 0; i < TRIES; i++) {
		if (!select_blocks(tsdb, gather, &version, err) ||
			!head_select(tsdb->head, gather, err))
			return false;
		if (is_version(tsdb, version))
			return true;
		gather_release(gather);
		gather_init(gather, selection);
	}
	return head_select(tsdb->head, gather, err) && select_blocks(tsdb, gather, &version, err);
}

bool tsdb_select(struct tsdb *tsdb, const struct selection *selection, struct selected_set *ret,
	struct err *err)
{
	struct gather gather;
	gather_init(&gather, selection);
	bool is_good = gather_all(tsdb, &gather, err) && gather_finish(&gather, ret, err);
	gather_release(&gather);
	return is_good;
}

static bool select_for(
	void *context, const struct selection *selection, struct selected_set *ret, struct err *err)
{
	return tsdb_select(context, selection, ret, err);
}

static bool counts(void *context, const char *metric)
{
	const struct tsdb *tsdb = context;
	struct metadata_told told;
	return metadata_find(tsdb->metadata, metric, &told) && told.counts;
}

struct querier tsdb_querier(struct tsdb *tsdb)
{
	return (struct querier){.select = select_for, .counts = counts, .context = tsdb};
}

/* ---- minutes ---- */

/* Rows of minutes lie beside those of a gather, which finds them by labels. */
struct minute_gather {
	struct gather rows;
	struct minutes_row *list;
	size_t room;
	size_t minutes;
};

static struct minutes_row *minutes_of(struct minute_gather *gather, const struct gathered *row)
{
	size_t at = (size_t)(row - gather->rows.rows);
	while (at >= gather->room) {
		size_t before = gather->room;
		gather->list = grow(gather->list, before, &gather->room, sizeof(*gather->list));
		for (size_t i = before; i < gather->room; i++)
			gather->list[i] = (struct minutes_row){0};
	}
	return &gather->list[at];
}

/* Two parts of a minute, the earlier one first. */
static void join(struct minute *to, const struct minute *later)
{
	to->min = fmin(to->min, later->min);
	to->max = fmax(to->max, later->max);
	to->increase += minute_rise(to->last, later->first) + later->increase;
	to->last = later->last;
	to->sum += later->sum;
	to->count += later->count;
}

/* What comes is later than what is there; of what is not (a clock was put back, and a file tells of both), the first counts. */
static void push(struct minute_gather *gather, struct minutes_row *row, const struct minute *minute)
{
	struct minute *last = row->count ? &row->list[row->count - 1] : NULL;
	if (last && minute->at_ms < last->at_ms)
		return;
	if (last && minute->at_ms == last->at_ms) {
		join(last, minute);
		return;
	}
	row->list = grow(row->list, row->count, &row->room, sizeof(*row->list));
	row->list[row->count++] = *minute;
	gather->minutes++;
}

static bool check_minutes(const struct minute_gather *gather, struct err *err)
{
	size_t most = gather->rows.selection->samples_max;
	if (most && gather->minutes > most)
		return err_set(err, ERR_LIMIT,
			"more than %zu minutes fit: ask for fewer series or a shorter time", most);
	return gather_goes_on(&gather->rows, err);
}

static bool add_minutes(void *context, const struct labels *labels, const struct minute *list,
	size_t count, struct err *err)
{
	struct minute_gather *gather = context;
	struct gathered *row;
	if (!gather_row(&gather->rows, labels, &row, err))
		return false;
	struct minutes_row *to = minutes_of(gather, row);
	for (size_t i = 0; i < count; i++)
		push(gather, to, &list[i]);
	return check_minutes(gather, err);
}

/* Of what was read of memory. */
static bool add_samples(struct minute_gather *gather, const struct selected *from, struct err *err)
{
	struct minute_writer writer = {0};
	struct minute_reader reader;
	struct minute minute;
	struct gathered *row;
	if (!gather_row(&gather->rows, from->labels, &row, err))
		return false;
	for (size_t i = 0; i < from->count; i++)
		minute_writer_add(&writer, from->samples[i]);
	minute_writer_end(&writer);
	minute_reader_init(&reader, writer.bits.bytes, (writer.bits.at + 7) / 8, writer.count);
	while (minute_reader_next(&reader, &minute))
		push(gather, minutes_of(gather, row), &minute);
	minute_writer_release(&writer);
	return check_minutes(gather, err);
}

static int64_t round_up(int64_t time_ms)
{
	int64_t past = time_ms % MINUTE_MS;
	return past > 0 ? time_ms - past + MINUTE_MS : time_ms - past;
}

/* Whole minutes of memory. */
static bool minutes_of_head(struct tsdb *tsdb, struct minute_gather *gather, struct err *err)
{
	const struct selection *selection = gather->rows.selection;
	struct selection samples = *selection;
	struct selected_set set = {0};
	struct gather found;
	const int64_t most = XOR_TIME_MAX;
	samples.from_ms = selection->from_ms > most    ? most
			  : selection->from_ms < -most ? -most
						       : round_up(selection->from_ms);
	samples.to_ms = selection->to_ms > most    ? most
			: selection->to_ms < -most ? -most
						   : round_up(selection->to_ms + 1) - 1;
	samples.samples_max = 0;
	gather_init(&found, &samples);
	bool is_good = head_select(tsdb->head, &found, err) && gather_finish(&found, &set, err);
	gather_release(&found);
	for (size_t i = 0; i < set.count && is_good; i++)
		is_good = add_samples(gather, &set.list[i], err);
	selected_set_release(&set);
	return is_good;
}

static bool gather_minutes(
	struct tsdb *tsdb, struct minute_gather *gather, uint64_t *ret_version, struct err *err)
{
	size_t count;
	struct block_damage damage = {0};
	struct block **blocks = tsdb_blocks(tsdb, &count, ret_version);
	bool is_good = true;
	for (size_t i = 0; i < count && is_good; i++) {
		is_good = block_minutes(
			blocks[i], gather->rows.selection, add_minutes, gather, &damage, err);
		tsdb_blocks_shrink(tsdb, blocks, i + 1);
	}
	tsdb_blocks_free(blocks, count);
	tsdb_say_damage(tsdb, damage.count, damage.text);
	return is_good && minutes_of_head(tsdb, gather, err);
}

static void minute_gather_release(struct minute_gather *gather)
{
	for (size_t i = 0; i < gather->room; i++)
		free(gather->list[i].list);
	free(gather->list);
	gather_release(&gather->rows);
	*gather = (struct minute_gather){0};
}

static int compare_rows(const void *one, const void *other)
{
	return labels_compare(((const struct minutes_row *)one)->labels,
		((const struct minutes_row *)other)->labels);
}

static void give(struct minute_gather *gather, struct minutes_set *ret)
{
	*ret = (struct minutes_set){.list = xcalloc(gather->rows.count + 1, sizeof(*ret->list))};
	for (size_t i = 0; i < gather->rows.count; i++) {
		struct minutes_row *row = minutes_of(gather, &gather->rows.rows[i]);
		if (row->count == 0)
			continue;
		row->labels = labels_ref(gather->rows.rows[i].labels);
		ret->list[ret->count++] = *row;
		*row = (struct minutes_row){0};
	}
	qsort(ret->list, ret->count, sizeof(*ret->list), compare_rows);
}

bool tsdb_minutes(struct tsdb *tsdb, const struct selection *selection, struct minutes_set *ret,
	struct err *err)
{
	struct minute_gather gather;
	uint64_t version;
	bool is_good, is_same = false;
	for (int i = 0; i < TRIES; i++) {
		gather = (struct minute_gather){0};
		gather_init(&gather.rows, selection);
		is_good = gather_minutes(tsdb, &gather, &version, err);
		is_same = is_version(tsdb, version);
		if (!is_good || is_same || i == TRIES - 1)
			break;
		minute_gather_release(&gather);
	}
	if (is_good)
		give(&gather, ret);
	minute_gather_release(&gather);
	return is_good;
}

void minutes_set_release(struct minutes_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		labels_unref(set->list[i].labels);
		free(set->list[i].list);
	}
	free(set->list);
	*set = (struct minutes_set){0};
}
