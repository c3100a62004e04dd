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
			 "on_alert: [/nowhere/tell-%s]\n"
			 "driver: {restart: [/bin/true, '{bot}']}\n"
			 "redis:\n  main: {host: 127.0.0.1, heartbeats: \"hb:*\"}\n"
			 "bots:\n"
			 "  courier: {token: {file: t}, process: {match: a}, logs: [l]}\n"
			 "  orders: {token: {file: t}, process: {match: a}, logs: [l]}\n"
			 "  shop-pay: {token: {file: t}, process: {match: a}, logs: [l]}\n",
		name, folder, name, write, name);
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
		console_advance(console, 800);
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
	console_resize(console, 12, 40);
	console_expect(console, "us/shop-pay");
	console_expect(console, "process gone");
	console_golden(console, "many_overview_40x12");
}

/* In Bots the cursor goes to a bot of one engine. */
static void go_to(struct console *console, size_t engine, const char *name)
{
	struct rowset *rows = pane_bots.rows(console->app->view[PANE_bots]);
	long row = rowset_find(rows, links_id(engine, entity_id("bot", name)));
	assert_true(row >= 0);
	rowset_move_to(rows, (size_t)row);
	console_settle(console);
}

static void ages_are_those_of_the_engines_own_clock(void **state)
{
	struct console *console = console_of(state);
	const struct app *app = console->app;
	const struct msg_bot *here = bot_of(console, EU, "orders"),
			     *there = bot_of(console, US, "orders");
	int64_t apart_ms = app_now(app, there->id) - app_now(app, here->id);
	assert_in_range(apart_ms, AHEAD_MS - 2000, AHEAD_MS + 2000);
	assert_in_range(app_now(app, here->id) - here->hb_at_ms, 0, 6000);
	assert_in_range(app_now(app, there->id) - there->hb_at_ms, 0, 6000);
	console_expect_not(console, "--");
	go_to(console, US, "orders");
	console_expect(console, "orders on us");
	console_expect(console, "heartbeat  ok  last ");
	console_expect_not(console, "not looked at");
}

static void a_host_filters_and_sorts(void **state)
{
	struct console *console = console_of(state);
	console_keys(console, "/");
	console_type(console, "host=us");
	console_keys(console, "Enter");
	console_expect(console, "/host=us  3 hidden");
	console_expect_not(console, "courier          eu");
	console_keys(console, "Esc");
	go_to(console, US, "courier");
	console_keys(console, "o");
	console_type(console, "host");
	console_keys(console, "Enter");
	const struct rowset *rows = pane_bots.rows(console->app->view[PANE_bots]);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(links_of(rows->shown.ids[i]), i < 3 ? EU : US);
	assert_int_equal(rows->cursor, links_id(US, entity_id("bot", "courier")));
	console_keys(console, "7 /");
	console_type(console, "host=us");
	console_keys(console, "Enter");
	console_expect(console, "us       redis main");
	console_expect_not(console, "eu       redis main");
}

static void logs_are_merged_by_time_though_the_clocks_differ(void **state)
{
	struct console *console = console_of(state);
	for (int i = 0; i < 40; i++) {
		char line[64];
		console_on(console, i % 2 ? US : EU);
		snprintf(line, sizeof(line), "INFO line number %d", i);
		console_log(console, "orders", line);
	}
	console_on(console, EU);
	console_settle(console);
	console_keys(console, "5 +");
	console_expect(console, "line number 39");
	for (int i = 30; i < 39; i++) {
		char line[64], next[64];
		snprintf(line, sizeof(line), "line number %d", i);
		snprintf(next, sizeof(next), "line number %d", i + 1);
		assert_int_equal(console_row(console, next), console_row(console, line) + 1);
	}
	console_expect(console, "12:00:");
	console_expect_not(console, "14:00:");
	/* Up to the oldest ones and back. */
	console_keys(console, "g");
	console_expect(console, "line number 0");
	console_keys(console, "G");
	console_expect(console, "line number 39");
}

/* How long a screen takes to settle is the machine's matter: what is of one second must not begin at the end of one. */
static void wait_for_the_middle_of_a_second(struct console *console)
{
	console_turn(console, (1500 - clock_wall_ms(&console->harness->clock) % 1000) % 1000);
}

/* In a bar stands what both engines have of its time, by the clock of the screen; and so with what is new. */
static void bars_are_those_of_both_engines_though_the_clocks_differ(void **state)
{
	struct console *console = console_of(state);
	console_keys(console, "5 + +");
	console_type(console, ":log_filter needle");
	console_keys(console, "Enter { { { { { {"); /* a minute */
	wait_for_the_middle_of_a_second(console);
	for (int i = 0; i < 7; i++) {
		console_on(console, i < 3 ? US : EU);
		console_log(console, "orders", i % 2 ? "ERROR needle" : "INFO needle");
	}
	console_on(console, EU);
	for (int i = 0; i < SETTLE_LIMIT && console_row(console, "      7 ") < 0; i++)
		console_turn(console, 10);
	console_expect(console, "      7 ");
	console_expect(console, "1s/bar");
	console_keys(console, "[");
	console_expect(console, "      7 "); /* of that bar */
	console_on(console, US);
	console_log(console, "orders", "INFO one more needle");
	console_on(console, EU);
	console_log(console, "orders", "INFO and another needle");
	for (int i = 0; i < SETTLE_LIMIT && console_row(console, "2 new") < 0; i++)
		console_turn(console, 10);
	console_expect(console, "2 new, G follows");
}

static void the_log_of_one_bot_is_its_engines(void **state)
{
	struct console *console = console_of(state);
	console_log(console, "orders", "INFO said in eu");
	console_on(console, US);
	console_log(console, "orders", "INFO said in us");
	console_on(console, EU);
	go_to(console, US, "orders");
	console_keys(console, "l");
	console_expect(console, "said in us");
	console_expect_not(console, "said in eu");
	console_keys(console, "q");
	go_to(console, EU, "orders");
	console_keys(console, "Space");
	go_to(console, US, "orders");
	console_keys(console, "Space l");
	console_expect(console, "said in us");
	console_expect(console, "said in eu");
}

static void a_search_finds_the_nearest_line_of_any_engine(void **state)
{
	struct console *console = console_of(state);
	for (int i = 0; i < 300; i++) {
		char line[64];
		console_on(console, i % 2 ? US : EU);
		snprintf(line, sizeof(line), "INFO line number %d%s", i,
			i % 50 == 7 ? " needle" : "");
		console_log(console, "orders", line);
	}
	for (int i = 0; i < 200; i++) {
		console_on(console, EU);
		console_log(console, "courier", "INFO hay");
	}
	console_on(console, EU);
	console_settle(console);
	console_keys(console, "5 + /");
	console_type(console, "needle");
	console_keys(console, "Enter");
	console_expect(console, "line number 257 needle");
	console_keys(console, "N");
	console_expect(console, "line number 207 needle");
	console_keys(console, "N N");
	console_expect(console, "line number 107 needle");
}

/* ---- what is done ---- */

static const struct msg_operation *operation_at(const struct console *console, size_t engine)
{
	size_t count;
	const struct msg_operation *const *list =
		model_operations(console->engines[engine]->model, &count);
	return count ? list[0] : NULL;
}

static const struct msg_operation *await_operation(struct console *console, size_t engine)
{
	for (int i = 0; i < SETTLE_LIMIT && !operation_at(console, engine); i++)
		console_settle(console);
	if (!operation_at(console, engine))
		fail_msg("no operation: %s", console->app->toast.text);
	return operation_at(console, engine);
}

static void refresh(struct console *console)
{
	for (size_t i = 0; i < 2; i++)
		if (console->engines[i])
			live_on(console, i);
	console_settle(console);
}

static void confirm(struct console *console, const char *reason)
{
	console_type(console, reason);
	refresh(console);
	console_keys(console, "Enter y");
}

static void an_action_goes_to_the_engine_that_has_the_bot(void **state)
{
	struct console *console = console_of(state);
	go_to(console, US, "orders");
	console_keys(console, "r");
	console_expect(console, "Restart orders in us");
	confirm(console, "it hangs");
	const struct msg_operation *run = await_operation(console, US);
	assert_string_equal(run->steps[0].name, "orders");
	assert_int_equal(run->steps[0].target, entity_id("bot", "orders"));
	assert_null(operation_at(console, EU));
	console_keys(console, "6");
	console_expect(console, "us       restart orders");
}

static void marks_over_both_engines_are_one_dialog_and_two_operations(void **state)
{
	struct console *console = console_of(state);
	go_to(console, EU, "courier");
	console_keys(console, "Space");
	go_to(console, US, "courier");
	console_keys(console, "Space");
	go_to(console, US, "orders");
	console_keys(console, "Space");
	console_expect(console, "3 marked");
	console_keys(console, "r");
	console_expect(console, "Restart 3 bots on eu, us");
	console_golden(console, "many_confirm_80x24");
	confirm(console, "all three");
	const struct msg_operation *here = await_operation(console, EU);
	const struct msg_operation *there = await_operation(console, US);
	assert_int_equal(here->steps_count, 1);
	assert_int_equal(there->steps_count, 2);
	assert_string_equal(here->steps[0].name, "courier");
	assert_string_equal(there->reason, "all three");
	/* Both engines count from 1: the ids differ here all the same. */
	assert_int_equal(here->id, there->id);
	size_t count;
	(void)model_operations(console->app->live, &count);
	assert_int_equal(count, 2);
}

static void more_than_five_bots_together_want_a_word(void **state)
{
	struct console *console = console_of(state);
	console_keys(console, "v G v r");
	console_expect(console, "Type \"restart 6\" to confirm:");
	console_keys(console, "S-Tab S-Tab");
	console_type(console, "all");
	refresh(console);
	console_keys(console, "Enter");
	console_type(console, "restart 5");
	console_keys(console, "Tab Tab Enter");
	assert_null(operation_at(console, EU));
	console_keys(console, "Backspace");
	console_type(console, "6");
	refresh(console);
	console_keys(console, "Enter Tab Enter");
	assert_int_equal(await_operation(console, EU)->steps_count, 3);
	assert_int_equal(await_operation(console, US)->steps_count, 3);
}

static void what_one_engine_refuses_is_said_before_and_after(void **state)
{
	struct console *console = console_of(state);
	console_expect(console, "eu WRITE ALWAYS  us READ-ONLY");
	go_to(console, EU, "courier");
	console_keys(console, "Space");
	go_to(console, US, "courier");
	console_keys(console, "Space r");
	console_expect(console, "us  refuses: ");
	confirm(console, "as far as it goes");
	assert_int_equal(await_operation(console, EU)->steps_count, 1);
	console_expect(console, "accepted in part: Restart 1 bot on eu; us: refused: ");
	assert_null(operation_at(console, US));
	console_keys(console, "Esc U");
	go_to(console, US, "courier");
	console_keys(console, "r");
	console_expect(console, "restart: us: READ-ONLY");
}

static void arming_is_for_the_engines_of_what_is_at_hand(void **state)
{
	struct console *console = console_of(state);
	console_expect(console, "READ-ONLY");
	go_to(console, US, "courier");
	console_keys(console, "!");
	console_expect(console, "eu READ-ONLY  us ARMED ");
	go_to(console, EU, "courier");
	console_keys(console, "r");
	console_expect(console, "press ! to arm");
	go_to(console, US, "courier");
	console_keys(console, "!");
	console_settle(console);
	console_expect(console, "READ-ONLY");
}

static void a_name_on_both_engines_is_asked_for_with_its_host(void **state)
{
	struct console *console = console_of(state);
	console_keys(console, ":");
	console_type(console, "restart orders");
	console_keys(console, "Enter");
	console_expect(console, "which bot 'orders'? say one of eu/orders, us/orders");
	console_keys(console, ":");
	console_type(console, "restart us/orders");
	console_keys(console, "Enter");
	console_expect(console, "Restart orders in us");
}

/* ---- one goes ---- */

static void one_that_is_lost_is_grey_and_the_other_goes_on(void **state)
{
	struct console *console = console_of(state);
	console_log(console, "orders", "INFO said in eu");
	go_to(console, US, "orders");
	console_keys(console, "Space");
	console_kill(console, US);
	live(console, 12000);
	console_expect(console, "us lost 12s ago");
	assert_true(console_row(console, "-- lost 12s ago") > 0);
	console_expect(console, "3 unknown");
	console_expect(console, "3 ok");
	console_expect_not(console, "nothing here is current");
	console_golden(console, "many_lost_80x24");
	/* The other can be worked with. */
	console_keys(console, "r");
	console_expect(console, "restart: us: no engine");
	console_keys(console, "Esc U");
	go_to(console, EU, "orders");
	console_keys(console, "r");
	confirm(console, "still here");
	assert_int_equal(await_operation(console, EU)->steps_count, 1);
	console_keys(console, "q");
	assert_true(console->app->quit);
}

static void one_that_comes_back_is_as_before(void **state)
{
	struct console *console = console_of(state);
	go_to(console, US, "orders");
	console_keys(console, "Space");
	uint64_t cursor = pane_bots.rows(console->app->view[PANE_bots])->cursor;
	console_kill(console, US);
	live(console, 6000);
	console_expect(console, "us lost ");
	console_keys(console, "r");
	console_expect(console, "restart: us: no engine");
	console_revive(console, US);
	live(console, 6000);
	console_expect_not(console, "no engine"); /* its ten seconds are not over */
	live(console, 12000);
	console_expect_not(console, "lost");
	console_expect(console, "6 ok");
	const struct rowset *rows = pane_bots.rows(console->app->view[PANE_bots]);
	assert_int_equal(rows->cursor, cursor);
	assert_true(rowset_marked(rows, links_id(US, entity_id("bot", "orders"))));
	console_keys(console, "r");
	console_expect(console, "Restart orders in us");
}

static void see_checks(struct console *console, size_t engine)
{
	console_on(console, engine);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		harness_feed(console->harness,
			"obs_check name=\"%s\" bot=\"%s\" url=\"http://127.0.0.1/healthz\" "
			"latency_ms=3 status=200 interval_ms=10000",
			names[i], names[i]);
	console_on(console, EU);
}

static void checks_say_whose_they_are_and_those_of_a_lost_engine_are_unknown(void **state)
{
	struct console *console = console_of(state);
	see_checks(console, EU);
	see_checks(console, US);
	console_settle(console);
	console_keys(console, "8 +");
	console_expect(console, "6/6 pass");
	console_expect(console, ". eu/orders");
	console_expect(console, ". us/orders");
	console_kill(console, US);
	live(console, 6000);
	console_expect(console, "3/6  ? us/courier");
	console_expect(console, ". eu/orders");
	console_expect(console, "? us/orders");
	console_expect_not(console, ". us/");
}

/* Nobody is told in the first half minute of an engine. */
static void alerts_that_one_engine_cannot_tell_are_a_banner(void **state)
{
	struct console *console = console_of(state);
	live(console, 40000);
	console_on(console, US);
	for (int i = 0; i < 3; i++)
		harness_feed(console->harness, "obs_process bot=\"shop-pay\" state=\"absent\"");
	console_resize(console, 24, 160);
	console_advance(console, 2000);
	console_expect(console, "us does not tell alerts: cannot run '/nowhere/tell-us'");
	console_expect_not(console, "eu does not tell");
	console_resize(console, 12, 40);
	console_expect(console, "us does not tell alerts");
}

/* The one engine says what the other does, under its own name, also of a time that is over. */
static void a_dashboard_asks_every_engine_and_says_whose_each_figure_is(void **state)
{
	struct scene *scene = *state;
	struct console *console = scene->console;
	live(console, 2000);
	console_keys(console, ":");
	console_type(console, "dashboard telegram");
	console_keys(console, "Enter");
	live(console, 3000);
	console_expect(console, "eu     41 ms");
	console_expect(console, "us     41 ms");
	console_expect(console, "eu courier      41 ms");
	console_keys(console, "f");
	live(console, 2000);
	console_expect(console, "stays at 12:00:");
	console_expect(console, "us     41 ms");
}

int main(void)
{
#define MANY_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		MANY_TEST(bots_of_the_same_name_stand_side_by_side_with_their_host),
		MANY_TEST(goldens_show_two_engines),
		MANY_TEST(ages_are_those_of_the_engines_own_clock),
		MANY_TEST(a_host_filters_and_sorts),
		MANY_TEST(logs_are_merged_by_time_though_the_clocks_differ),
		MANY_TEST(bars_are_those_of_both_engines_though_the_clocks_differ),
		MANY_TEST(the_log_of_one_bot_is_its_engines),
		MANY_TEST(a_search_finds_the_nearest_line_of_any_engine),
		MANY_TEST(a_dashboard_asks_every_engine_and_says_whose_each_figure_is),
		MANY_TEST(an_action_goes_to_the_engine_that_has_the_bot),
		MANY_TEST(marks_over_both_engines_are_one_dialog_and_two_operations),
		MANY_TEST(more_than_five_bots_together_want_a_word),
		cmocka_unit_test_setup_teardown(what_one_engine_refuses_is_said_before_and_after,
			setup_one_locked, teardown),
		cmocka_unit_test_setup_teardown(
			arming_is_for_the_engines_of_what_is_at_hand, setup_armed, teardown),
		MANY_TEST(a_name_on_both_engines_is_asked_for_with_its_host),
		MANY_TEST(one_that_is_lost_is_grey_and_the_other_goes_on),
		MANY_TEST(one_that_comes_back_is_as_before),
		MANY_TEST(checks_say_whose_they_are_and_those_of_a_lost_engine_are_unknown),
		MANY_TEST(alerts_that_one_engine_cannot_tell_are_a_banner),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
