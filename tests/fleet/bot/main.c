/* SPDX-License-Identifier: MIT */
/* One bot of the demo fleet: `bot SETTINGS.json`. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/fleet/bot/agent.h"
#include "tests/fleet/bot/intake.h"
#include "tests/fleet/bot/pages.h"
#include "tests/fleet/bot/telegram.h"
#include "tests/fleet/bot/trouble.h"
#include "tests/fleet/common/files.h"

enum { TICK_MS = 1000, HEARTBEAT_TTL_MS = 5000, STATUS_TICKS = 30 };

/* hb:<bot> belongs to the first worker; the others beat under hb:<bot>:<n>. */
static void beat(struct agent *agent)
{
	const struct settings *settings = &agent->settings;
	int64_t now = loop_now_ms();
	autofree char *key = xasprintf("hb:%s", settings->instance);
	unsigned p95 = figures_p95_ms(&agent->figures, now);
	autofree char *slowest = p95 ? xasprintf("\"p95_ms\":%u,", p95) : xstrdup("");
	autofree char *value =
		xasprintf("{\"upd_s\":%.2f,%s\"errors\":%" PRIu64 ",\"updates\":%" PRIu64
			  ",\"up_s\":%" PRId64 ",\"pid\":%d,\"worker\":%d,\"workers\":%d}",
			figures_rate(&agent->figures, now), slowest, agent->figures.errors,
			agent->figures.updates, (now - agent->started_ms) / 1000, (int)getpid(),
			settings->worker, settings->workers);
	cache_set(&agent->cache, key, value, HEARTBEAT_TTL_MS);
}

static void tick(void *data)
{
	struct agent *agent = data;
	trouble_tick(agent);
	if (++agent->ticks % STATUS_TICKS == 0)
		journal_write(&agent->journal, LOG_INFO, NULL,
			"%" PRIu64 " updates, %" PRIu64 " errors, %" PRIu64 " rows written",
			agent->figures.updates, agent->figures.errors, agent->database.done);
	if (!(agent->trouble & TROUBLE_MUTE))
		beat(agent);
	intake_tick(agent);
	loop_after(&agent->loop, &agent->tick, TICK_MS);
}

static bool write_pid(const struct agent *agent, struct err *err)
{
	autofree char *path =
		xasprintf("%s/%s.pid", agent->settings.run_dir, agent->settings.instance);
	autofree char *text = xasprintf("%d\n", (int)getpid());
	return file_replace(path, text, err);
}

static void say_hello(struct agent *agent)
{
	const struct settings *settings = &agent->settings;
	autofree char *id = xasprintf("%" PRId64, settings->id);
	journal_write(&agent->journal, LOG_INFO, NULL, "started %s, pid %d, worker %d of %d",
		settings->name, (int)getpid(), settings->worker, settings->workers);
	cache_event(&agent->cache, "info", "started", NULL, "started");
	database_run(&agent->database,
		"insert into settings (bot_id, key, value) values ($1, 'last_start', now()::text) "
		"on conflict (bot_id, key) do update set value = excluded.value",
		id, NULL);
	database_run(&agent->database, "select pg_notify('fleet', $1)", settings->name, NULL);
}

static bool start(struct agent *agent, struct err *err)
{
	agent->started_ms = loop_now_ms();
	rng_init(&agent->rng, (uint64_t)agent->settings.id + (uint64_t)agent->settings.worker);
	agent->journal =
		(struct journal){.bot = agent->settings.name, .python = agent->settings.python};
	agent->cache = (struct cache){.path = agent->settings.redis, .bot = agent->settings.name};
	if (!loop_init(&agent->loop, err) || !pages_start(agent, err) || !write_pid(agent, err))
		return false;
	database_start(&agent->database, &agent->loop, agent->settings.postgres);
	trouble_start(agent);
	say_hello(agent);
	agent->tick = (struct timer){.fire = tick, .data = agent};
	tick(agent);
	intake_start(agent);
	return true;
}

static void say_goodbye(struct agent *agent)
{
	autofree char *pid_file =
		xasprintf("%s/%s.pid", agent->settings.run_dir, agent->settings.instance);
	unlink(pid_file);
	journal_write(&agent->journal, LOG_INFO, NULL, "stopping on request");
	cache_event(&agent->cache, "info", "stopping", NULL, "stopping on request");
}

int main(int argc, char **argv)
{
	static struct agent agent;
	struct err err = {0};
	if (argc != 2) {
		fputs("usage: bot SETTINGS.json\n", stderr);
		return 2;
	}
	if (!settings_read(&agent.settings, argv[1], &err) || !start(&agent, &err)) {
		fprintf(stderr, "bot: %s\n", err.text);
		return 1;
	}
	loop_run(&agent.loop);
	say_goodbye(&agent);
	return 0;
}
