/* SPDX-License-Identifier: MIT */
/*
 * L4: how many lines of an indexed file fit a filter, counted as the bars of the Logs pane are, on one thread, beside `rg -c`
 * of the same file, by turns; both must find as many.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/events/count.h"
#include "core/events/directory.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/parse/filter.h"
#include "core/parse/log_columns.h"
#include "tests/bench/bench.h"
#include "tests/bench/log_gen.h"
#include "tests/bench/probe.h"
#include "tests/support/spawn.h"

enum { LINES = 10000000, STEP_LINES = 4096, RG_MS = 60000, BUDGET = 512 << 20 };

/* The file, indexed; made once. */
static struct event_directory *open_store(const char *path)
{
	static struct event_directory *store;
	struct file_stream *stream = store ? NULL : log_gen_stream(path);
	if (!stream)
		return store;
	for (size_t segment; file_index_next(stream->index, &segment);)
		if (!file_index_read(stream->index, segment))
			return NULL;
	store = event_directory_new(BUDGET);
	event_directory_add_file(store, stream);
	file_stream_unref(stream);
	return store;
}

static uint64_t count_lines(const struct event_directory *store, const char *expression)
{
	struct filter_schema schema = log_schema(0, 0);
	struct event_snapshot *snapshot = event_directory_snapshot(store);
	struct count_question question = {.behind = EVENT_KEY_FIRST};
	int64_t first_ms = 0, last_ms = 0;
	size_t at;
	uint64_t lines = 0;
	struct filter *filter = filter_new(expression, &schema, &at, NULL);
	(void)event_snapshot_span(snapshot, &first_ms, &last_ms);
	question.grid = (struct count_grid){first_ms, last_ms - first_ms + 1, 1};
	struct event_count *count = event_count_new(snapshot, filter, NULL, &question);
	while (!event_count_step(count, STEP_LINES))
		continue;
	const struct count_sums *sums = event_count_sums(count);
	for (size_t level = 0; level < LOG_LEVELS; level++)
		lines += sums->lines[level];
	event_count_free(count);
	return lines;
}

static uint64_t count_by_rg(const char *pattern, const char *path)
{
	autofree char *said = NULL;
	(void)spawn_run(WORDS("rg", "-c", pattern, path), &(struct spawn){0}, RG_MS, &said);
	return said ? strtoull(said, NULL, 10) : 0;
}

static bool measure(const char *expression, const char *pattern, struct figures *ret)
{
	const char *path;
	uint64_t ours = 0, peer = 0;
	if (!log_gen_file((uint64_t)bench_number("BENCH_LINES", LINES), false, &path))
		return false;
	const struct event_directory *store = open_store(path);
	for (int i = 0; store && i < bench_number("BENCH_PAIRS", BENCH_PAIRS_LEAST); i++) {
		double begun_us = probe_now_us();
		ours = count_lines(store, expression);
		samples_add(&ret->ours, (probe_now_us() - begun_us) / 1000);
		begun_us = probe_now_us();
		peer = count_by_rg(pattern, path);
		samples_add(&ret->peer, (probe_now_us() - begun_us) / 1000);
	}
	snprintf(ret->note, sizeof(ret->note), "%llu lines%s", (unsigned long long)ours,
		ours == peer ? "" : "; the peer finds another number");
	return store && ours == peer;
}

bool bench_search_regex(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return measure("/bot-17\\].*(429|timeout)/", "bot-17\\].*(429|timeout)", ret);
}

bool bench_search_text(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return measure("\"update_id=4711 \"", "update_id=4711 ", ret);
}

bool bench_search_level(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return measure("level>=error", " ERROR \\[", ret);
}
