/* SPDX-License-Identifier: MIT */
/*
 * What the figures of Bots cost the engine: 10,000 bots that each have counters, a histogram of nine buckets and whether they
 * are up, every 15 s for 15 minutes, in the engine's store; asked as a screen asks (tui/panes/bots_figures.c), on one thread.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/engine/metrics.h"
#include "core/engine/query_answer.h"
#include "tests/bench/bench.h"
#include "tests/bench/figure_queries.h"

enum {
	BOTS = 10000,
	SIGHT = 64,
	LOOKS = 60,
	LOOK_MS = 15000,
	ASKED = 20,
	STORE_BYTES = 1 << 30,
	NOW_MS = LOOKS * LOOK_MS,
};

static const int64_t begin_ms = INT64_C(1700000000000);

static void add(
	struct metrics *metrics, int bot, const char *name, const char *le, int look, double value)
{
	char labels[80];
	snprintf(labels, sizeof(labels), "bot=bot-%05d%s%s", bot, le ? ",le=" : "", le ? le : "");
	if (!metrics_add(metrics, metrics_id(name, labels), name, labels,
		    begin_ms + (int64_t)look * LOOK_MS, value))
		abort();
}

static void add_bot(struct metrics *metrics, int bot, int look)
{
	static const char *const bounds[] = {
		"0.025", "0.05", "0.1", "0.2", "0.5", "1", "2.5", "5", "+Inf"};
	const size_t count = COUNT_OF(bounds);
	int each = 10 + bot % 7;
	double handled = (double)each * (look + 1);
	for (size_t i = 0; i < count; i++)
		add(metrics, bot, "bot_update_duration_seconds_bucket", bounds[i], look,
			handled * (double)(i + 1) / (double)count);
	add(metrics, bot, "bot_update_duration_seconds_count", NULL, look, handled);
	add(metrics, bot, "bot_updates_total", NULL, look, handled);
	add(metrics, bot, "bot_errors_total", NULL, look, look + 1);
	add(metrics, bot, "bot_up", NULL, look, 1);
}

/* Made once: it takes longer than what is measured. */
static struct metrics *fleet(void)
{
	static struct metrics *metrics;
	if (metrics)
		return metrics;
	metrics = metrics_new_past(STORE_BYTES);
	for (int look = 0; look < LOOKS; look++)
		for (int bot = 0; bot < BOTS; bot++)
			add_bot(metrics, bot, look);
	return metrics;
}

/* One answer, in ms; 0: it is an error, or there are not so many series. */
static double answer_ms(struct metrics *metrics, char **queries, size_t count, int64_t span_ms,
	size_t columns, size_t least, char *ret_note, size_t size)
{
	struct msg_win_open request = {.filter = queries[0],
		.more = queries + 1,
		.more_count = count - 1,
		.from_ms = -span_ms,
		.step_ms = span_ms > 1 ? 0 : 5000,
		.columns = columns};
	struct msg_win_points *reply = msg_new(MSG_win_points);
	struct metrics_view view = {metrics, INT64_MAX};
	struct querier querier = metrics_querier(&view);
	atomic_bool cancelled = false;
	int64_t now_ms = begin_ms + NOW_MS - LOOK_MS / 2;
	struct query_span span = query_span_of(&request, now_ms, now_ms);
	int64_t start_us = clock_thread_us();
	query_answer_all(&request, &querier, &span, &cancelled, reply);
	double took_ms = (double)(clock_thread_us() - start_us) / 1000;
	if (reply->error || reply->series_count < least) {
		snprintf(ret_note, size, "%s, %zu series", reply->error ? reply->error : "no error",
			reply->series_count);
		took_ms = 0;
	}
	msg_free(MSG_win_points, reply);
	return took_ms;
}

/* `sight` 0: of all bots. */
static bool measure(struct figures *ret, const char *figure, size_t sight, int64_t span_ms,
	size_t columns, size_t least)
{
	static char names[SIGHT][16];
	const char *bots[SIGHT];
	char *queries[FIGURE_QUERIES_MAX];
	bool good = true;
	for (size_t i = 0; i < sight; i++) {
		snprintf(names[i], sizeof(names[i]), "bot-%05zu", i * (size_t)(BOTS / SIGHT));
		bots[i] = names[i];
	}
	size_t count = figure_queries(figure, bots, sight, queries);
	for (int i = 0; i < ASKED && good; i++) {
		double took_ms = answer_ms(fleet(), queries, count, span_ms, columns, least,
			ret->note, sizeof(ret->note));
		good = took_ms > 0;
		samples_add(&ret->ours, took_ms);
	}
	for (size_t i = 0; i < count; i++)
		free(queries[i]);
	return good;
}

bool bench_figures_sight(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return measure(ret, NULL, SIGHT, 1, 2, (size_t)6 * SIGHT);
}

bool bench_figures_course(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return measure(ret, "updates", SIGHT, NOW_MS, 30, SIGHT);
}

bool bench_figures_order(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return measure(ret, "p99", 0, 1, 2, BOTS);
}
