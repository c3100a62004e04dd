/* SPDX-License-Identifier: MIT */
/*
 * P2: botswaind and Prometheus, both at a page of 10,000 counters once a second, at the same time. Windows of 30 s
 * (BENCH_WINDOW); memory is what each took since before the first page. Measured once for both figures.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/bench/bench.h"
#include "tests/bench/metrics_peer.h"
#include "tests/bench/probe.h"
#include "tests/support/botapi.h"
#include "tests/support/folder.h"
#include "tests/support/spawn.h"

enum { WINDOW_S = 30, SETTLE_S = 5, WARM_S = 15, ASK_MS = 10000, FED_MS = 60000 };

struct scrapers {
	struct metrics_peer peer;
	pid_t engine;
	double engine_mib, prometheus_mib; /* before the first page */
	bool is_fed;
};

static struct {
	bool done, good;
	struct samples cpu, peer_cpu, mib, peer_mib; /* of a window */
} measured;

static void start_engine(struct scrapers *scrapers)
{
	folder_write("botswain.yaml", 0600,
		"environment: bench\nstate_dir: %s/state\nmetrics: {memory: 256MiB}\n"
		"scrape:\n  bench: {url: \"http://127.0.0.1:%d/metrics\", interval: 1s}\n",
		folder, scrapers->peer.page_port);
	autofree char *program = build_program("botswaind");
	autofree char *config = folder_path("botswain.yaml");
	autofree char *log = folder_path("engine.log");
	scrapers->engine = spawn_start(WORDS(program, "-c", config), &(struct spawn){.log = log});
}

/* Both have all series. */
static bool is_fed(const void *context)
{
	const struct scrapers *scrapers = context;
	autofree char *program = build_program("botswain"), *said = NULL;
	autofree char *config = folder_path("botswain.yaml");
	static const char query[] = "count(" COUNTER_NAME ") == 10000";
	int status = spawn_run(
		WORDS(program, "-c", config, "query", query), &(struct spawn){0}, ASK_MS, &said);
	return status == 0 && said && strstr(said, "10000") &&
	       metrics_peer_figure(&scrapers->peer, "prometheus_tsdb_head_series ") >= COUNTERS;
}

static bool begin(struct scrapers *scrapers)
{
	scrapers->peer.begins_held = true;
	if (!metrics_peer_start(&scrapers->peer, NULL))
		return false;
	start_engine(scrapers);
	sleep(SETTLE_S);
	scrapers->engine_mib = probe_rss_mib(scrapers->engine);
	scrapers->prometheus_mib = probe_rss_mib(scrapers->peer.prometheus);
	metrics_peer_go(&scrapers->peer);
	if (!comes_true(is_fed, scrapers, FED_MS))
		return false;
	sleep(WARM_S);
	return true;
}

static void take_window(const struct scrapers *scrapers)
{
	pid_t ours = scrapers->engine, theirs = scrapers->peer.prometheus;
	double begun_us = probe_now_us();
	double cpu = probe_cpu_ms(ours), peer_cpu = probe_cpu_ms(theirs);
	sleep((unsigned)bench_number("BENCH_WINDOW", WINDOW_S));
	double ms = (probe_now_us() - begun_us) / 1000;
	samples_add(&measured.cpu, (probe_cpu_ms(ours) - cpu) / ms * 100);
	samples_add(&measured.peer_cpu, (probe_cpu_ms(theirs) - peer_cpu) / ms * 100);
	samples_add(&measured.mib, probe_rss_mib(ours) - scrapers->engine_mib);
	samples_add(&measured.peer_mib, probe_rss_mib(theirs) - scrapers->prometheus_mib);
}

static void measure(void)
{
	struct scrapers scrapers = {0};
	if (measured.done)
		return;
	measured.done = true;
	measured.good = begin(&scrapers);
	for (int i = 0; measured.good && i < bench_number("BENCH_PAIRS", BENCH_PAIRS_LEAST); i++)
		take_window(&scrapers);
	measured.good = measured.good && is_fed(&scrapers);
	(void)spawn_end(&scrapers.engine, SIGTERM);
	metrics_peer_end(&scrapers.peer);
}

static bool give(const struct samples *ours, const struct samples *theirs, struct figures *ret)
{
	ret->ours = *ours;
	ret->peer = *theirs;
	if (!measured.good)
		print_text(ret->note, sizeof(ret->note), "not all series came to both");
	return measured.good;
}

bool bench_metrics_scrape(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure();
	return give(&measured.cpu, &measured.peer_cpu, ret);
}

bool bench_metrics_memory(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure();
	return give(&measured.mib, &measured.peer_mib, ret);
}
