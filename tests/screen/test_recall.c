/* SPDX-License-Identifier: MIT */
/* What a screen shows right after its engine was started again: the last known state, as what it is. */
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

enum { AGO_MS = 3 * 60000 };

struct scene {
	char folder[64];
	struct console *console;
};

static const char *const sources[] = {"telegram/telegram", "process/processes", "redis/main"};

static void sources_are(struct harness *harness, const char *state)
{
	for (size_t i = 0; i < COUNT_OF(sources); i++) {
		const char *slash = strchr(sources[i], '/');
		harness_feed(harness,
			"obs_source kind=\"%.*s\" name=\"%s\" state=\"%s\" interval_ms=2000",
			(int)(slash - sources[i]), sources[i], slash + 1, state);
	}
}

static void redis_answers(struct harness *harness)
{
	harness_feed(harness, "obs_redis name=\"main\" ping_ms=0.3 version=\"7.0.15\" "
			      "used_bytes=1887436 clients=14 max_clients=10000 rate=48 "
			      "role=\"master\" uptime_s=90000 slow_ms=nan");
}

/* As the engine of before saw it, three minutes ago: one is well, one is down. */
static void see(struct harness *harness)
{
	static const char *const names[] = {"ada", "bob"};
	sources_are(harness, "ok");
	redis_answers(harness);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		harness_feed(harness, "obs_getme bot=\"%s\" latency_ms=40 tg_id=7", names[i]);
		harness_feed(harness, "obs_webhook bot=\"%s\" latency_ms=40 pending=%d", names[i],
			i ? 1052 : 3);
		harness_feed(harness,
			"obs_process bot=\"%s\" state=\"%s\" pid=%d start_ms=%lld cpu_percent=3",
			names[i], i ? "absent" : "running", i ? 0 : 77,
			(long long)(HARNESS_START_MS - 2 * AGO_MS));
		harness_feed(harness,
			"obs_heartbeat bot=\"%s\" present=%s ttl_ms=14000 full_ttl_ms=15000 "
			"updates_per_s=4.5 p95_ms=210",
			names[i], i ? "false" : "true");
		harness_feed(harness,
			"obs_notes source=\"%s.log\" counts=[{bot=\"%s\" level=5 lines=3}]",
			names[i], names[i]);
	}
}

static int prepare(void **state, int rows, int columns)
{
	const struct engine_options options = {.listen = true};
	struct scene *scene = xcalloc(1, sizeof(*scene));
	snprintf(scene->folder, sizeof(scene->folder), "/tmp/botswain-screen-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	autofree char *yaml =
		xasprintf("environment: demo\nstate_dir: %s/state\n"
			  "redis: {main: {host: 127.0.0.1, heartbeats: \"hb:*\"}}\n"
			  "bots:\n  ada: {token: {file: t}, process: {match: a}, logs: [ada.log]}\n"
			  "  bob: {token: {file: t}, process: {match: b}, logs: [bob.log]}\n",
			scene->folder);
	struct harness *before = harness_open_at(yaml, &options, -AGO_MS);
	for (int i = 0; i < 4; i++) {
		see(before);
		harness_advance(before, 1000);
	}
	harness_free(before);
	scene->console = console_open(yaml, &options, rows, columns);
	*state = scene;
	return 0;
}

static int setup(void **state)
{
	return prepare(state, 24, 80);
}

static int setup_wide(void **state)
{
	return prepare(state, 45, 160);
}

static int setup_small(void **state)
{
	return prepare(state, 12, 40);
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	console_free(scene->console);
	remove_folder(scene->folder);
	free(scene);
	return 0;
}

static void the_last_known_state_is_drawn_first_with_its_age(void **state)
{
	struct console *console = ((struct scene *)*state)->console;
	console_expect(console, "last known state of 11:57:0");
	console_expect(console, "checking 0/1");
	console_expect(console, "checking; was down");
	console_expect(console, "checking; was ");
	console_expect(console, "1052");
	/* What was worst is looked at first. */
	assert_true(console_row(console, "? bob") < console_row(console, "? ada"));
	console_expect_not(console, "firing");
	console_golden(console, "recall_80x24");
}

static void the_whole_picture_says_it_too(void **state)
{
	struct console *console = ((struct scene *)*state)->console;
	console_expect(console, "last known state of 11:57:0");
	console_expect(console, "? redis main");
	console_expect(console, "14/10k");
	console_expect(console, "last known");
}

static void a_small_screen_says_it_short(void **state)
{
	struct console *console = ((struct scene *)*state)->console;
	console_expect(console, "last 11:57:0");
	console_expect(console, "checking; was");
}

static void what_is_observed_takes_its_place_and_the_note_goes(void **state)
{
	struct console *console = ((struct scene *)*state)->console;
	harness_feed(console->harness, "obs_webhook bot=\"bob\" latency_ms=40 pending=17");
	console_settle(console);
	console_expect(console, " 17 ");
	console_expect_not(console, "1052");
	console_expect(console, "last known state of");
	for (int i = 0; i < 3; i++) {
		see(console->harness);
		console_advance(console, 1000);
	}
	console_expect_not(console, "last known");
	console_expect_not(console, "checking");
	console_expect(console, "1052");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_last_known_state_is_drawn_first_with_its_age, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_whole_picture_says_it_too, setup_wide, teardown),
		cmocka_unit_test_setup_teardown(
			a_small_screen_says_it_short, setup_small, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_observed_takes_its_place_and_the_note_goes, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
