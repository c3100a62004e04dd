/* SPDX-License-Identifier: MIT */
/* 22: everything that the fleet hangs on is gone at once. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/model.h"
#include "tests/faults/api.h"
#include "tests/faults/faults.h"
#include "tests/faults/net.h"
#include "tests/faults/stores.h"

enum { ASK_MS = 15000, HOLD_MS = 4000, MOST_ALERTS = 3 };

static bool all_three_fire(const struct faults *run, const void *unused)
{
	(void)unused;
	return strcmp(alert_seen(run, "redis_down", "main"), "firing") == 0 &&
	       strcmp(alert_seen(run, "postgres_down", "main"), "firing") == 0 &&
	       strcmp(alert_seen(run, "source_unreachable", ""), "firing") == 0;
}

/* What an operator reads first: the causes, each once, and nothing that follows from them. */
static void see_order(struct faults *run, struct sight *sight)
{
	static const char *const causes[] = {"redis_down", "postgres_down", "source_unreachable"};
	const char *const argv[] = {run->screen, "-c", run->config, "alerts", NULL};
	autostr struct str said = STR_INIT;
	(void)engine_ask(argv, ASK_MS, &said);
	const char *line = strchr(said.text, '\n');
	unsigned first = 0;
	for (unsigned i = 0; line && i < COUNT_OF(causes); i++, line = strchr(line + 1, '\n')) {
		autofree char *row = xstrndup(line + 1, strcspn(line + 1, "\n"));
		for (size_t j = 0; j < COUNT_OF(causes); j++)
			first += strstr(row, causes[j]) && strstr(row, "firing");
	}
	see(sight, first == COUNT_OF(causes), -1, "the first %u of the alerts are the causes",
		first);
	unsigned firing = alerts_count(run, NULL, "firing");
	see(sight, firing <= MOST_ALERTS, -1, "%u alerts fire in all", firing);
}

static void see_screen(struct faults *run, struct sight *sight)
{
	static const char *const words[] = {"engine ", "redis main", "postgres main"};
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		autostr struct str row = STR_INIT;
		screen_row(run, "1", words[i], &row);
		const char *at = strstr(row.text, words[i]);
		see(sight, at != NULL, -1, "on the screen: '%.40s'", at ? at : "");
	}
}

/* Nothing answers, and nobody is called dead for it. */
static void see_bots(struct faults *run, struct sight *sight)
{
	static const char *const dead[] = {"heartbeat_lost", "heartbeat_gone", "process_gone",
		"token_rejected", "webhook_missing", NULL};
	see(sight, bots_with(run, dead) == 0, -1, "%u bots are called dead for it",
		bots_with(run, dead));
}

void fault_everything_down(struct faults *run, struct sight *sight)
{
	struct api api;
	free(store_do(run, (const char *const[]){"redis-keep", NULL}));
	bool ready = api_begin(run, sight, NULL, &api);
	bool broken = ready && net_break(api.port, NET_REJECT, 0, sight);
	int64_t begun_ms = fault_now_ms();
	bool gone = store_end(run, "redis", SIGKILL) && store_end(run, "postgres", SIGQUIT);
	see(sight, broken && gone, -1, "Bot API, Redis and Postgres are gone");
	bool fired = engine_wait(run, all_three_fire, NULL, STORE_BACK_MS) >= 0;
	int64_t took_ms = fault_now_ms() - begun_ms;
	see(sight, fired, took_ms, "an alert each fires after %.1f s", (double)took_ms / 1e3);
	engine_look(run, HOLD_MS); /* what follows from it would follow now */
	see_order(run, sight);
	see_bots(run, sight);
	see_screen(run, sight);
	net_heal(api.port);
	free(store_do(run, (const char *const[]){"redis-start", NULL}));
	autofree char *held = store_do(run, (const char *const[]){"postgres-start", NULL});
	if (held)
		kill((pid_t)strtol(held, NULL, 10), SIGCONT);
	int64_t lifted_ms = fault_now_ms();
	see_calm(run, sight, lifted_ms);
	api_end(&api);
}
