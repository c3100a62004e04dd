/* SPDX-License-Identifier: MIT */
/*
 * P3: 100 rules over 10,000 counters, one group of promql/group.h beside what Prometheus says that the same rules took it
 * (prometheus_rule_group_last_duration_seconds), on the same machine at the same time.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/series/labels.h"
#include "core/series/promql/group.h"
#include "core/series/tsdb.h"
#include "tests/bench/bench.h"
#include "tests/bench/metrics_peer.h"
#include "tests/bench/probe.h"
#include "tests/support/spawn.h"

enum { ROUNDS = 60, WARM_S = 35, NEXT_MS = 40000, SECOND = 1000 };

static const int64_t begin_ms = INT64_C(1700000000) * SECOND;

/* ---- ours ---- */

struct store {
	struct tsdb *tsdb;
	struct tsdb_series *series[COUNTERS];
	unsigned rounds;
};

static void scrape(struct store *store)
{
	int64_t now_ms = begin_ms + (int64_t)store->rounds * SECOND;
	for (unsigned i = 0; i < COUNTERS; i++)
		(void)tsdb_append(
			store->series[i], now_ms, (double)counter_value(i, store->rounds % PAGES));
	store->rounds++;
}

static bool open_store(struct store *store, struct err *err)
{
	if (!tsdb_open(NULL, NULL, &store->tsdb, err))
		return false;
	for (unsigned i = 0; i < COUNTERS; i++) {
		struct counter counter = counter_at(i);
		struct labels *labels = labels_new(
			(const struct label[]){{LABEL_NAME, COUNTER_NAME}, {"bot", counter.bot},
				{"method", counter.method}, {"code", counter.code},
				{"instance", "127.0.0.1:9100"}, {"job", "bench"}},
			6);
		store->series[i] = tsdb_refer(store->tsdb, labels, err);
		labels_unref(labels);
		if (!store->series[i])
			return false;
	}
	for (int i = 0; i < ROUNDS; i++)
		scrape(store);
	return true;
}

static void close_store(struct store *store)
{
	for (unsigned i = 0; i < COUNTERS; i++)
		tsdb_release(store->series[i]);
	tsdb_close(store->tsdb);
}

/* Of a rule: its number stands between the two. */
struct halves {
	const char *before, *after;
};

static struct promql_group *group_of(struct halves halves, struct err *err)
{
	struct expr *exprs[RULES];
	for (int i = 0; i < RULES; i++) {
		autofree char *text = xasprintf("%s%d%s", halves.before, i, halves.after);
		exprs[i] = promql_parse(text, strlen(text), NULL, err);
		if (!exprs[i])
			return NULL;
	}
	return promql_group_new(exprs, RULES);
}

/* In ms, of the newest moment; NAN: not all rules have a value. */
static double time_ours(const struct store *store, struct promql_group *group)
{
	struct group_result results[RULES];
	struct querier querier = tsdb_querier(store->tsdb);
	struct eval_options options = {
		.start_ms = begin_ms + (int64_t)(store->rounds - 1) * SECOND + SECOND / 4};
	double begun_us = probe_now_us();
	promql_group_eval(group, &querier, &options, results);
	double took_ms = (probe_now_us() - begun_us) / 1000;
	for (int i = 0; i < RULES; i++)
		took_ms = results[i].is_good ? took_ms : NAN;
	group_results_release(results, RULES);
	return took_ms;
}

/* ---- theirs ---- */

static void add_rules(struct str *to, struct halves halves)
{
	str_adds(to, "groups:\n- name: bench\n  rules:\n");
	for (int i = 0; i < RULES; i++)
		str_addf(to, "  - {alert: rule%d, expr: '%s%d%s'}\n", i, halves.before, i,
			halves.after);
}

struct evaluation {
	const struct metrics_peer *peer;
	double before_ms;
};

static double last_duration(const struct metrics_peer *peer)
{
	return metrics_peer_figure(peer, "prometheus_rule_group_last_duration_seconds{") * 1000;
}

static bool is_another(const void *context)
{
	const struct evaluation *before = context;
	double now_ms = last_duration(before->peer);
	return isfinite(now_ms) && now_ms > 0 && now_ms != before->before_ms;
}

/* The next evaluation that is not the one before; in ms. */
static double next_duration(const struct metrics_peer *peer, double before_ms)
{
	const struct evaluation before = {peer, before_ms};
	return comes_true(is_another, &before, NEXT_MS) ? last_duration(peer) : (double)NAN;
}

/* ---- both ---- */

static bool take_pairs(struct metrics_peer *peer, struct store *store, struct promql_group *group,
	struct figures *ret)
{
	double before_ms = next_duration(peer, 0);
	for (int i = 0; i < bench_number("BENCH_PAIRS", BENCH_PAIRS_LEAST); i++) {
		double theirs_ms = before_ms = next_duration(peer, before_ms);
		scrape(store);
		double ours_ms = time_ours(store, group);
		if (!isfinite(theirs_ms) || !isfinite(ours_ms))
			return false;
		samples_add(&ret->ours, ours_ms);
		samples_add(&ret->peer, theirs_ms);
	}
	return true;
}

static bool measure(struct halves halves, struct figures *ret)
{
	struct metrics_peer peer = {0};
	struct store *store = xcalloc(1, sizeof(*store));
	struct err err = {0};
	autostr struct str rules = STR_INIT;
	add_rules(&rules, halves);
	struct promql_group *group = group_of(halves, &err);
	bool good = group && open_store(store, &err) && metrics_peer_start(&peer, rules.text);
	if (good) {
		sleep(WARM_S); /* until a window of 30 s is full */
		good = take_pairs(&peer, store, group, ret);
	}
	if (!good)
		print_text(ret->note, sizeof(ret->note), "a rule or Prometheus failed: %.100s",
			err.text);
	metrics_peer_end(&peer);
	promql_group_free(group);
	close_store(store);
	free(store);
	return good;
}

#define RATES "rate({__name__=~\"bench_.*\"}[30s])"

bool bench_metrics_rules(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return measure((struct halves){"{__name__=~\"bench_.*\"} > 10000000000", ""}, ret);
}

bool bench_metrics_rates(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return measure((struct halves){"sum by(bot) (" RATES ") > 10000000000", ""}, ret);
}

/* The rules differ in what is added up: they have no more in common than the rates. */
bool bench_metrics_apart(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return measure((struct halves){"sum by(bot) (" RATES " * 1", ") > 1e12"}, ret);
}
