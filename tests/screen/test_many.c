/* SPDX-License-Identifier: MIT */
/* One screen on two engines: eu and us, whose fleets and services have the same names, and whose clocks are two hours
 * apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/support/console.h"
#include "tests/support/servers.h"

enum { EU, US, AHEAD_MS = 2 * 3600 * 1000, SETTLE_LIMIT = 400 };

struct scene {
	char folder[64];
	char *yaml[2];
	struct console *console;
};

static const char *const names[] = {"courier", "orders", "shop-pay"};
static const char *const sources[] = {"telegram/telegram", "process/processes", "redis/main", NULL};

static char *config(const char *folder, const char *name, const char *write)
{
	return xasprintf("environment: %s\nstate_dir: %s/%s\nwrite: %s\n"
			 "driver: {restart: [/bin/true, '{bot}']}\n"
			 "redis:\n  main: {host: 127.0.0.1, heartbeats: \"hb:*\"}\n"
			 "bots:\n"
			 "  courier: {token: {file: t}, process: {match: a}, logs: [l]}\n"
			 "  orders: {token: {file: t}, process: {match: a}, logs: [l]}\n"
			 "  shop-pay: {token: {file: t}, process: {match: a}, logs: [l]}\n",
		name, folder, name, write);
}

/* What both fleets show. */
static void live_on(struct console *console, size_t engine)
{
	console_on(console, engine);
	console_sources(console, sources);
	harness_feed(console->harness,
		"obs_redis name=\"main\" ping_ms=%s version=\"7.0.15\" used_bytes=1887436 "
		"clients=14 max_clients=10000 rate=48 role=\"master\" uptime_s=90000 slow_ms=nan",
		engine == EU ? "0.3" : "7.7");
	for (size_t i = 0; i < COUNT_OF(names); i++)
		console_healthy(console, names[i], (engine == EU ? 100 : 600) + 37 * (int)i);
	console_on(console, EU);
}

static void live(struct console *console, int64_t ms)
{
	for (int64_t past = 0; past < ms; past += 1000) {
		for (size_t i = 0; i < 2; i++)
			if (console->engines[i])
				live_on(console, i);
		console_advance(console, 600);
	}
}

static int prepare(void **state, const char *write_eu, const char *write_us)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	snprintf(scene->folder, sizeof(scene->folder), "/tmp/botswain-screen-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	scene->yaml[EU] = config(scene->folder, "eu", write_eu);
	scene->yaml[US] = config(scene->folder, "us", write_us);
	const struct console_engine engines[] = {
		{"eu", scene->yaml[EU], 0}, {"us", scene->yaml[US], AHEAD_MS}};
	scene->console = console_many(engines, 2, 24, 80);
	live(scene->console, 3000);
	*state = scene;
	return 0;
}

static int setup(void **state)
{
	return prepare(state, "always", "always");
}

static int setup_one_locked(void **state)
{
	return prepare(state, "always", "read-only");
}

static int setup_armed(void **state)
{
	return prepare(state, "armed", "armed");
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	console_free(scene->console);
	remove_folder(scene->folder);
	free(scene->yaml[EU]);
	free(scene->yaml[US]);
	free(scene);
	return 0;
}

static struct console *console_of(void **state)
{
	return ((struct scene *)*state)->console;
}

static const struct msg_bot *bot_of(const struct console *console, size_t engine, const char *name)
{
	return model_bot(console->app->live, links_id(engine, entity_id("bot", name)));
}

/* ---- what is seen ---- */

static void bots_of_the_same_name_stand_side_by_side_with_their_host(void **state)
{
	struct console *console = console_of(state);
	console_expect(console, "6 bots");
	console_expect(console, "HOST");
	console_expect(console, "orders           eu");
	console_expect(console, "orders           us");
	assert_string_not_equal("", bot_of(console, EU, "orders")->state);
	assert_int_equal(bot_of(console, EU, "orders")->pid, 137);
	assert_int_equal(bot_of(console, US, "orders")->pid, 637);
}

static void goldens_show_two_engines(void **state)
{
	struct console *console = console_of(state);
	console_on(console, US);
	for (int i = 0; i < 3; i++)
		harness_feed(console->harness, "obs_process bot=\"shop-pay\" state=\"absent\"");
	console_log(console, "shop-pay", "ERROR POST /hook 502 upstream timed out");
	console_on(console, EU);
	for (int i = 0; i < 20;
		i++) /* what the engines had to say before, our name among it, is out of sight */
		console_log(console, "orders", "INFO answered chat 700000023 in 39 ms");
	console_advance(console, 2000);
	console_resize(console, 45, 160);
	console_golden(console, "many_overview_160x45");
	console_resize(console, 24, 80);
	console_golden(console, "many_overview_80x24");
}

int main(void)
{
#define MANY_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	(void)setup_one_locked, (void)setup_armed;
	const struct CMUnitTest tests[] = {
		MANY_TEST(bots_of_the_same_name_stand_side_by_side_with_their_host),
		MANY_TEST(goldens_show_two_engines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
