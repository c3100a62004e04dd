/* SPDX-License-Identifier: MIT */
/*
 * The runner: one line a fault, `N passed, N failed`, and docs/faults.md with the day on which each row last passed. After
 * every row it holds what holds always: the others answered in time, nobody was lost, the engine is the one that it was
 * and holds no more descriptors, the ledger opens whole.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "core/engine/client.h"
#include "core/model/model.h"
#include "tests/faults/cost.h"
#include "tests/faults/crowd.h"
#include "tests/faults/faults.h"
#include "tests/faults/hostile.h"
#include "tests/faults/leaks.h"
#include "tests/faults/net.h"
#include "tests/faults/page.h"
#include "tests/faults/stores.h"
#include "tests/faults/tls_door.h"
#include "tests/support/fleet.h"

enum {
	BACK_MS = 15000,
	SETTLE_MS = 4000,
	ANSWERS = 120,
	KEYS = 100,
	KNOWN_BOTS = 10, /* of the fleet's 12, whatever else they are for */
	ANSWERS_MS = 15000,
	FDS_SLACK = 8,
	DESCRIPTORS_MS = 6000
};

static const struct fault table[] = {
#define FAULT(number, injected, limit_ms, flags, name)                                             \
	{number, injected, limit_ms, flags, fault_##name},
#include "tests/faults/faults.def"
};

static const struct crowd_size whole_crowd = {CROWD_CLIENTS_MAX, CROWD_SCREENS_MAX},
			       calm_crowd = {9, 1};

static bool ledger_is_whole(const struct faults *run)
{
	autofree char *path = xasprintf("%s/state.db", run->settings->state_dir);
	sqlite3 *db = NULL;
	sqlite3_stmt *check = NULL;
	bool good =
		sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
		sqlite3_busy_timeout(db, 2000) == SQLITE_OK &&
		sqlite3_prepare_v2(db, "pragma integrity_check", -1, &check, NULL) == SQLITE_OK &&
		sqlite3_step(check) == SQLITE_ROW &&
		strcmp((const char *)sqlite3_column_text(check, 0), "ok") == 0;
	sqlite3_finalize(check);
	sqlite3_close(db);
	return good;
}

static bool holds_few_descriptors(const struct faults *run, const void *context)
{
	return engine_fds(run->engine) <= *(const unsigned *)context + FDS_SLACK;
}

static void see_the_others(struct faults *run, const struct fault *fault, struct sight *sight)
{
	bool excused = fault->flags & (FAULT_ENGINE_DIES | FAULT_ENGINE_PAUSES);
	struct crowd_report report = crowd_report(run->crowd);
	bool prompt =
		report.answers.p99_ms <= CROWD_ANSWER_MS && report.rows.p99_ms <= CROWD_ANSWER_MS;
	bool in_turn = report.turns.p99_ms <= CROWD_TURN_MS;
	see(sight, prompt || excused, -1,
		"others: %u answers, p99 %.1f ms, worst %.0f; %u windows, p99 %.1f ms, worst %.0f",
		report.answers.count, report.answers.p99_ms, report.answers.worst_ms,
		report.rows.count, report.rows.p99_ms, report.rows.worst_ms);
	see(sight, in_turn || excused, -1, "turns p99 %.0f ms, worst %.0f", report.turns.p99_ms,
		report.turns.worst_ms);
	see(sight, report.keys.p99_ms <= CROWD_ANSWER_MS, -1, "%u keys, p99 %.1f ms",
		report.keys.count, report.keys.p99_ms);
	see(sight, true, -1, "timers late p99 %.1f", report.late.p99_ms);
	if (!(fault->flags & FAULT_ENGINE_DIES))
		see(sight, report.lost == 0, -1, "%u lost", report.lost);
	struct crowd_size size = crowd_size(run->crowd);
	see(sight, crowd_wait(run, BACK_MS), -1, "%u of %u there", size.clients + size.screens,
		size.clients + size.screens);
}

/* What was there before the row. */
struct before {
	pid_t engine;
	unsigned fds;
	struct process_cost cost;
};

/* What holds whatever is injected. */
static void see_the_rest(struct faults *run, const struct fault *fault, const struct before *before,
	struct sight *sight)
{
	bool dies = fault->flags & FAULT_ENGINE_DIES;
	size_t rules = net_heal_all();
	if (rules)
		see(sight, false, -1, "no rule is left in the network: %zu", rules);
	if (fault->flags & FAULT_CALM && !dies)
		cost_see(&before->cost, sight);
	see_the_others(run, fault, sight);
	if (!dies)
		see(sight, run->engine == before->engine && kill(before->engine, 0) == 0, -1,
			"the same engine");
	if (!ledger_is_whole(run))
		see(sight, false, -1, "the ledger is whole");
	leaks_see(run->leaks, run, !dies, sight);
	if (engine_wait(run, holds_few_descriptors, &before->fds, DESCRIPTORS_MS) < 0)
		see(sight, false, -1, "no descriptor is left over: %u, before %u",
			engine_fds(run->engine), before->fds);
}

/* Of fewer the 99th percentile is the worst. */
static bool has_a_percentile(const struct faults *run, const struct fault *fault)
{
	struct crowd_report report = crowd_report(run->crowd);
	if (fault->flags & FAULT_CALM && report.keys.count <= KEYS)
		return false;
	return report.answers.count > ANSWERS && report.rows.count > ANSWERS;
}

/* The crowd that the row wants. */
static bool set_scene(struct faults *run, bool is_calm)
{
	struct crowd_size wanted = is_calm ? calm_crowd : whole_crowd;
	if (run->crowd && crowd_size(run->crowd).clients == wanted.clients)
		return true;
	hostile_stop(run->hostile);
	run->hostile = NULL;
	crowd_stop(run->crowd);
	run->crowd = crowd_start(run, wanted);
	if (!crowd_wait(run, 2 * (int64_t)FAULT_PATIENCE_MS)) {
		struct crowd_report there = crowd_report(run->crowd);
		fprintf(stderr, "faults: %u clients and %u screens of %u and %u came\n",
			there.clients, there.screens, wanted.clients, wanted.screens);
		return false;
	}
	if (!is_calm)
		run->hostile = hostile_start(run);
	return true;
}

static struct before look_before(struct faults *run)
{
	static pid_t settled;
	if (run->engine != settled)
		engine_look(run, SETTLE_MS); /* its connections are made */
	settled = run->engine;
	leaks_mark(run->leaks, run);
	return (struct before){.engine = run->engine,
		.fds = engine_fds(run->engine),
		.cost = process_cost_mark(run->engine)};
}

static void inject(struct faults *run, const struct fault *fault, struct sight *sight)
{
	struct before before = look_before(run);
	crowd_mark(run->crowd);
	int64_t begun_ms = fault_now_ms();
	fault->function(run, sight);
	while (fault_now_ms() - begun_ms < ANSWERS_MS && !has_a_percentile(run, fault))
		engine_look(run, 200);
	see_the_rest(run, fault, &before, sight);
}

static bool try_fault(struct faults *run, const struct fault *fault)
{
	struct sight sight = {.ok = true, .text = STR_INIT};
	if (set_scene(run, fault->flags & FAULT_CALM))
		inject(run, fault, &sight);
	else
		see(&sight, false, -1, "everybody is there before it");
	bool passed = sight.ok && (fault->limit_ms < 0 || sight.ms <= fault->limit_ms);
	printf("%-3s %s\n    injected: %s\n    seen: %s\n    within %.2f s", fault->number,
		passed ? "passed" : "FAILED", fault->injected, sight.text.text,
		(double)sight.ms / 1e3);
	if (fault->limit_ms >= 0)
		printf(", limit %.1f s", (double)fault->limit_ms / 1e3);
	putchar('\n');
	fflush(stdout);
	page_note(fault, passed, &sight);
	str_release(&sight.text);
	return passed;
}

static bool is_wanted(int argc, char **argv, const char *number)
{
	bool wanted = argc == 3;
	for (int i = 3; i < argc; i++)
		wanted |= strcmp(argv[i], number) == 0;
	return wanted;
}

static bool knows_its_bots(const struct faults *run, const void *unused)
{
	(void)unused;
	return engine_fresh_bots(run, INT64_MAX) >= KNOWN_BOTS;
}

/* The engine of the run has run before, as any has: it knows that its tokens are no new ones. */
static bool engine_start_again(struct faults *run)
{
	return engine_start(run) &&
	       engine_wait(run, knows_its_bots, NULL, FAULT_PATIENCE_MS) >= 0 &&
	       engine_end(run->engine, SIGTERM, FAULT_PATIENCE_MS) == 0 && engine_start(run);
}

static bool prepare(struct faults *run, const char *dir, const char *build)
{
	struct err err;
	autostr struct str report = STR_INIT;
	*run = (struct faults){.dir = dir,
		.build = build,
		.config = xasprintf("%s/botswain.yaml", dir),
		.screen = xasprintf("%s/botswain", build),
		.daemon = xasprintf("%s/botswaind", build),
		.log = xasprintf("%s/log/botswaind.log", dir),
		.model = model_new()};
	if (!settings_load(run->config, &run->settings, &report, &err)) {
		fprintf(stderr, "faults: %s\n", report.text);
		return false;
	}
	(void)tls_trust(run); /* who lacks it says so */
	if (!engine_start_again(run)) {
		fprintf(stderr, "faults: the engine does not answer: see %s\n", run->log);
		return false;
	}
	run->leaks = leaks_new(run);
	return true;
}

static void release(struct faults *run)
{
	hostile_stop(run->hostile);
	crowd_stop(run->crowd);
	if (run->engine > 0)
		engine_end(run->engine, SIGTERM, FAULT_PATIENCE_MS);
	stores_release(run);
	leaks_free(run->leaks);
	client_free(run->client);
	model_free(run->model);
	settings_unref(run->settings);
	free(run->config);
	free(run->screen);
	free(run->daemon);
	free(run->log);
}

int main(int argc, char **argv)
{
	struct faults run;
	unsigned passed = 0, failed = 0;
	if (argc < 3) {
		fprintf(stderr, "usage: faults DIR BUILD [NUMBER ...]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	bool ready = prepare(&run, argv[1], argv[2]);
	page_read("docs/faults.md");
	for (size_t i = 0; ready && i < COUNT_OF(table); i++)
		if (is_wanted(argc, argv, table[i].number))
			*(try_fault(&run, &table[i]) ? &passed : &failed) += 1;
	release(&run);
	if (ready)
		page_write("docs/faults.md", table, COUNT_OF(table));
	printf("%u passed, %u failed\n", passed, failed);
	return ready && !failed ? 0 : 1;
}
