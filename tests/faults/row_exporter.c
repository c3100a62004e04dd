/* SPDX-License-Identifier: MIT */
/* 19 to 21: pages of figures that are hostile, a target that is started again, one that vanishes. */
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/model.h"
#include "tests/faults/exporter.h"
#include "tests/faults/faults.h"
#include "tests/faults/stores.h"

enum { INTERVAL_MS = 2000, COLUMNS = 30, SPAN_MS = 60000, ANSWER_MS = 5000, LIMIT = 50 };

/* ---- what the engine has of a series ---- */

struct points {
	uint64_t generation;
	bool has_come;
	double last, least, most;
	unsigned count; /* of columns with a value */
};

static void take_points(void *context, enum msg_kind kind, const void *body)
{
	struct points *points = context;
	const struct msg_win_points *reply = body;
	if (kind != MSG_win_points || reply->generation != points->generation)
		return;
	points->has_come |= reply->done;
	for (size_t i = 0; i < reply->series_count; i++) {
		const struct msg_points *series = &reply->series[i];
		points->last = series->last;
		for (size_t j = 0; j < series->values_count; j++) {
			double value = series->values[j];
			if (isnan(value))
				continue;
			points->least = fmin(points->least, value);
			points->most = fmax(points->most, value);
			points->count++;
		}
	}
}

/* The last minute of what the query yields. */
static struct points look_at(struct faults *run, const char *query)
{
	static uint64_t generation;
	generation++;
	struct points points = {
		.generation = generation, .last = NAN, .least = INFINITY, .most = -INFINITY};
	autofree char *filter = xstrdup(query);
	char store[] = "query", none[] = "";
	struct msg_win_open open = {.window = 16,
		.generation = generation,
		.store = store,
		.filter = filter,
		.anchor = none,
		.from_ms = -SPAN_MS,
		.columns = COLUMNS};
	engine_look(run, 0);
	if (!run->client)
		return points;
	open.to_ms = client_turn_wall_ms(run->client);
	open.from_ms = open.to_ms - SPAN_MS;
	client_send(run->client, MSG_win_open, &open);
	int64_t until_ms = fault_now_ms() + ANSWER_MS;
	while (run->client && !points.has_come && fault_now_ms() < until_ms) {
		struct pollfd slot = {.fd = client_fd(run->client), .events = POLLIN};
		(void)poll(&slot, 1, 50);
		client_pump(run->client, run->model, fault_now_ms(), take_points, &points);
	}
	return points;
}

static bool wait_for(
	struct faults *run, const char *series, bool (*is_so)(const struct points *points))
{
	int64_t until_ms = fault_now_ms() + STORE_BACK_MS;
	for (;;) {
		struct points points = look_at(run, series);
		if (is_so(&points) || fault_now_ms() > until_ms)
			return is_so(&points);
		engine_look(run, 100);
	}
}

/* ---- 19 ---- */

/* A page is taken and refused as a Prometheus server does it: of types that contradict each other the last counts; a type that
 * is none, and a number that is too large, spoil the page. */
static const struct hostile_page {
	const char *name, *state, *words; /* of its source */
	bool is_refused;
} hostile_pages[] = {
	{"million", "degraded", "longer than 4 MiB: what follows is not read", false},
	{"endless", "degraded", "longer than 4 MiB: what follows is not read", false},
	{"types", "ok", NULL, false},
	{"fruit", "error", "fruit:3:15: no type of this format", true},
	{"huge", "error", "huge:3:6: the value is larger than a number can be", true},
	{"twice", "degraded", "the first of each counts", false},
};

static bool watch(struct faults *run, struct sight *sight, int port, const char *name)
{
	autofree char *line = xasprintf("  %s: {url: \"http://127.0.0.1:%d/%s\", interval: %ds, "
					"limit: %d}",
		name, port, name, INTERVAL_MS / 1000, LIMIT);
	bool added = config_add(run, "scrape", line, NULL, NULL);
	if (!added)
		see(sight, false, -1, "%s is watched", name);
	return added;
}

/* A point of PromQL comes up to a step after the sample. */
static bool is_good(const struct points *points)
{
	return points->last == 42 && points->most == 42;
}

static void see_page(struct faults *run, struct sight *sight, const struct hostile_page *page)
{
	const struct expected wish = {
		.kind = "scrape", .name = page->name, .state = page->state, .words = page->words};
	int64_t took_ms = engine_wait(run, source_is, &wish, STORE_BACK_MS);
	const struct msg_source *source = source_seen(run, "scrape", page->name);
	see(sight, took_ms >= 0, took_ms, "%s: %s '%s'", page->name,
		source ? source->state : "none", source ? source->error : "");
	autofree char *name = xasprintf("good{instance=\"%s\"}", page->name);
	bool is_there =
		page->is_refused ? look_at(run, name).count == 0 : wait_for(run, name, is_good);
	autofree char *all = xasprintf("junk{instance=\"%s\"}", page->name);
	struct points junk = look_at(run, all);
	if (!is_there)
		see(sight, false, -1, "%s: its good series is %g", page->name,
			look_at(run, name).last);
	if (junk.count > LIMIT * COLUMNS)
		see(sight, false, -1, "%s: more series than its limit", page->name);
}

void fault_hostile_exporter(struct faults *run, struct sight *sight)
{
	struct exporter exporter = {.pid = 0};
	if (!exporter_start(&exporter))
		see(sight, false, -1, "an exporter runs");
	for (size_t i = 0; i < COUNT_OF(hostile_pages); i++)
		(void)watch(run, sight, exporter.port, hostile_pages[i].name);
	for (size_t i = 0; i < COUNT_OF(hostile_pages); i++)
		see_page(run, sight, &hostile_pages[i]);
	engine_look(run, 3 * INTERVAL_MS);
	struct points rate = look_at(run, "rate(steady_total{instance=\"twice\"}[8s])");
	see(sight, rate.count > 0 && rate.most == 0, -1,
		"a counter told twice stands still: %g to %g", rate.least, rate.most);
	see(sight, config_restore(run, "scrape", "million"), -1, "no longer watched");
	exporter_end(&exporter);
}

/* ---- 20 ---- */

enum { STEADY = 100 /* a second */ };

static bool has_a_rate(const struct points *points)
{
	return points->count > 1;
}

void fault_counter_reset(struct faults *run, struct sight *sight)
{
	static const char rate[] = "rate(steady_total{instance=\"counter\"}[8s])";
	static const char updates[] = "pg_transactions_per_second{instance=\"main\"}";
	struct exporter exporter = {.pid = 0};
	if (!exporter_start(&exporter))
		see(sight, false, -1, "a target runs");
	(void)watch(run, sight, exporter.port, "counter");
	(void)wait_for(run, rate, has_a_rate);
	unsigned firing = alerts_count(run, NULL, "firing");
	free(store_sql(run, "select pg_stat_reset()"));
	for (int i = 0; i < 2; i++) {
		exporter_end(&exporter);
		if (!exporter_start(&exporter))
			see(sight, false, -1, "the target runs again");
		engine_look(run, 2 * INTERVAL_MS + 500);
	}
	struct points points = look_at(run, rate), transactions = look_at(run, updates);
	see(sight, points.count > 2 && points.least >= 0 && points.most <= 1.5 * STEADY, -1,
		"started again twice: its counter of %d a second went from %.1f to %.1f a second",
		STEADY, points.least, points.most);
	see(sight, transactions.count > 0 && transactions.least >= 0, -1,
		"statistics reset: %.1f to %.1f transactions a second", transactions.least,
		transactions.most);
	see(sight, alerts_count(run, NULL, "firing") == firing, -1, "%u alerts fire, %u before",
		alerts_count(run, NULL, "firing"), firing);
	see(sight, config_restore(run, "scrape", "counter"), -1, "no longer watched");
	exporter_end(&exporter);
}

/* ---- 21 ---- */

struct wanted {
	const char *rule, *target, *state;
};

static bool alert_is(const struct faults *run, const void *context)
{
	const struct wanted *wanted = context;
	return strcmp(alert_seen(run, wanted->rule, wanted->target), wanted->state) == 0;
}

static bool is_zero(const struct points *points)
{
	return points->last == 0;
}

/* The row of the source on a screen, in the words of the operator. */
static void see_no_data(struct faults *run, struct sight *sight)
{
	struct points points = look_at(run, "good{instance=\"good\"}");
	see(sight, isnan(points.last) && points.count > 0, -1, "its series have ended: %g",
		points.last);
	autostr struct str row = STR_INIT;
	screen_row(run, "3 +", "the metrics of good cannot be read", &row);
	see(sight, row.length > 0, -1, "on the screen: '%s'", row.text);
}

void fault_target_vanishes(struct faults *run, struct sight *sight)
{
	struct exporter exporter = {.pid = 0};
	const struct expected source = {.kind = "scrape", .name = "good", .state = "unreachable"};
	const struct wanted fires = {"scrape_failing", "good", "firing"};
	if (!exporter_start(&exporter))
		see(sight, false, -1, "a target runs");
	(void)watch(run, sight, exporter.port, "good");
	engine_look(run, INTERVAL_MS + 500);
	struct points before = look_at(run, "up{instance=\"good\"}");
	see(sight, before.last == 1, -1, "up %g", before.last);
	int64_t begun_ms = fault_now_ms();
	exporter_end(&exporter);
	bool gone = wait_for(run, "up{instance=\"good\"}", is_zero);
	see(sight, gone && source_is(run, &source), fault_now_ms() - begun_ms,
		"it vanishes: up 0 after %.1f s", (double)(fault_now_ms() - begun_ms) / 1e3);
	bool told = engine_wait(run, alert_is, &fires, STORE_BACK_MS) >= 0;
	see(sight, told, fault_now_ms() - begun_ms, "scrape_failing fires after %.1f s",
		(double)(fault_now_ms() - begun_ms) / 1e3);
	see_no_data(run, sight);
	if (!exporter_start(&exporter))
		see(sight, false, -1, "the target runs again");
	int64_t lifted_ms = fault_now_ms();
	const struct wanted over = {"scrape_failing", "good", "resolved"};
	bool resolved = engine_wait(run, alert_is, &over, STORE_BACK_MS) >= 0;
	see(sight, resolved, -1, "it is back: resolved after %.1f s",
		(double)(fault_now_ms() - lifted_ms) / 1e3);
	see(sight, config_restore(run, "scrape", "good"), -1, "no longer watched");
	exporter_end(&exporter);
}
