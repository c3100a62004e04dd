/* SPDX-License-Identifier: MIT */
/* < on a screen on two engines whose clocks are two hours apart: both go to the same moment, and one whose recording does not
 * reach so far says where it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "core/engine/internal.h"
#include "core/engine/recorder.h"
#include "tests/support/console.h"
#include "tests/support/servers.h"
#include "tui/past.h"

enum { EU, US, AHEAD_MS = 2 * 3600 * 1000, NEAR_MS = 1500, TURNS = 120 };

static struct {
	char folder[64];
	char *yaml[2];
	struct console *console;
	struct settings *settings[2]; /* of the replays */
	struct engine *past[2];
	int64_t begun_ms, well_ms; /* by the clock of the screen, as all here */
} scene;

static const char *const names[] = {"eu", "us"};

static char *recording_of(size_t engine)
{
	return xasprintf("%s/%s/recording", scene.folder, names[engine]);
}

/* What an engine does when a client asks for its past, in this process. */
static struct link *open_one(size_t engine)
{
	static const char yaml[] = "environment: replay\nstate_dir: /nowhere/past\n";
	autofree char *path = recording_of(engine);
	const struct engine_options options = {.replay = path};
	autostr struct str report = STR_INIT;
	struct err err;
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_true(settings_parse(yaml, strlen(yaml), "/nowhere/botswain.yaml",
		&scene.settings[engine], &report, &err));
	if (!engine_new(scene.settings[engine], &scene.console->engines[EU]->clock, &options,
		    &scene.past[engine], &err))
		fail_msg("%s", err.text);
	engine_adopt(scene.past[engine], fds[1]);
	return link_over(client_over_past(fds[0], "", "screen"));
}

static struct links *open_past(const struct links *links)
{
	struct links *past = links_over(open_one(EU));
	links_add(past, links_name(links, US), open_one(US));
	return past;
}

static void close_past(void)
{
	for (size_t i = 0; i < 2; i++) {
		engine_free(scene.past[i]);
		settings_unref(scene.settings[i]);
		scene.past[i] = NULL;
		scene.settings[i] = NULL;
	}
}

/* Lets everybody work. */
static void turn_all(void)
{
	for (int i = 0; i < TURNS; i++) {
		for (size_t at = 0; at < 2; at++)
			if (scene.past[at])
				(void)engine_turn(scene.past[at], 0);
		console_turn(scene.console, 20);
	}
}

static int64_t now_ms(void)
{
	return clock_wall_ms(&scene.console->engines[EU]->clock);
}

/* What both fleets show; shop of us is gone, or not. */
static void live(int seconds, bool is_us_well)
{
	struct console *console = scene.console;
	for (int past = 0; past < seconds; past++) {
		for (size_t i = 0; i < 2; i++) {
			console_on(console, i);
			if (i == EU || is_us_well)
				console_healthy(console, "shop", 100 + 500 * (int)i);
			else
				harness_feed(console->harness,
					"obs_process bot=\"shop\" state=\"absent\"");
		}
		console_advance(console, 800);
	}
	for (size_t i = 0; i < 2; i++)
		recorder_drain(console->engines[i]->engine->recorder);
	console_on(console, EU);
}

static int setup(void **state)
{
	(void)state;
	strcpy(scene.folder, "/tmp/botswain-screen-XXXXXX");
	assert_non_null(mkdtemp(scene.folder));
	for (size_t i = 0; i < 2; i++)
		scene.yaml[i] = xasprintf("environment: %s\nstate_dir: %s/%s\nbots:\n"
					  "  shop: {token: {file: t}, process: {match: a}}\n",
			names[i], scene.folder, names[i]);
	const struct console_engine engines[] = {
		{"eu", scene.yaml[EU], 0}, {"us", scene.yaml[US], AHEAD_MS}};
	scene.console = console_many(engines, 2, 45, 160);
	scene.console->app->open_past = open_past;
	scene.begun_ms = now_ms();
	live(15, true);
	scene.well_ms = now_ms();
	live(15, false);
	console_expect(scene.console, "process gone");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	console_free(scene.console);
	close_past();
	remove_folder(scene.folder);
	for (size_t i = 0; i < 2; i++)
		free(scene.yaml[i]);
	return 0;
}

static void go(int64_t time_ms)
{
	past_go(scene.console->app, time_ms, 0);
	turn_all();
	assert_true(past_is_shown(scene.console->app));
}

/* Where an engine stands. */
static int64_t place_of(size_t engine)
{
	const struct app_engine *it = &scene.console->app->engines[engine];
	return it->now_ms - it->skew_ms;
}

static const char *proc_state_of(size_t engine)
{
	const struct msg_bot *bot =
		model_bot(scene.console->app->live, links_id(engine, entity_id("bot", "shop")));
	return bot ? bot->proc_state : "no bot";
}

static void expect_clock(const char *before, int64_t time_ms, bool is_there)
{
	autofree char *text = xasprintf("%s%sZ", before, format_clock(time_ms, false).text);
	if (is_there)
		console_expect(scene.console, text);
	else
		console_expect_not(scene.console, text);
}

static void both_go_to_one_moment_whatever_their_clocks_say(void **state)
{
	(void)state;
	go(scene.well_ms);
	expect_clock("REWIND ", scene.well_ms, true);
	assert_int_equal(place_of(EU), scene.well_ms);
	assert_in_range(place_of(US), scene.well_ms - NEAR_MS, scene.well_ms + NEAR_MS);
	assert_string_equal(proc_state_of(US), "running");
	console_expect_not(scene.console, "us at ");
	assert_true(past_leave(scene.console->app));
	turn_all();
	assert_string_equal(proc_state_of(US), "absent");
	console_expect_not(scene.console, "REWIND");
}

static void begin_anew_there(void)
{
	autofree char *path = recording_of(US);
	console_kill(scene.console, US);
	remove_folder(path);
	console_revive(scene.console, US);
	live(15, true);
	console_expect(scene.console, "2 bots");
}

static void one_whose_recording_begins_later_says_where_it_stands(void **state)
{
	(void)state;
	struct app *app = scene.console->app;
	int64_t anew_ms = now_ms(), skew_ms = app->engines[US].skew_ms;
	begin_anew_there();
	go(scene.well_ms);
	expect_clock("REWIND ", scene.well_ms, true);
	assert_int_equal(place_of(EU), scene.well_ms);
	assert_true(place_of(US) >= anew_ms - NEAR_MS);
	expect_clock("us at ", place_of(US), true);
	console_expect_not(scene.console, "eu at ");
	/* That it stands elsewhere is no other clock. */
	assert_int_equal(app->engines[US].skew_ms, skew_ms);
	/* The picture is of the time of the other. */
	assert_int_equal(app->now_ms, scene.well_ms);
}

static void before_all_recordings_the_first_is_the_beginning(void **state)
{
	(void)state;
	struct app *app = scene.console->app;
	begin_anew_there();
	go(scene.begun_ms - 3600000);
	int64_t first_ms = place_of(EU);
	assert_in_range(first_ms, scene.begun_ms - 10000, scene.begun_ms + 10000);
	expect_clock("REWIND ", first_ms, true);
	expect_clock("us at ", place_of(US), true);
	past_step(app, 1);
	turn_all();
	assert_int_equal(place_of(EU), first_ms + PAST_STEP_MS);
	expect_clock("REWIND ", first_ms + PAST_STEP_MS, true);
}

int main(void)
{
#define PAST_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		PAST_TEST(both_go_to_one_moment_whatever_their_clocks_say),
		PAST_TEST(one_whose_recording_begins_later_says_where_it_stands),
		PAST_TEST(before_all_recordings_the_first_is_the_beginning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
