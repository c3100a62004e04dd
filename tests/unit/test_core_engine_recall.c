/* SPDX-License-Identifier: MIT */
/* The last known state over a restart: engines one after the other on one state directory, under a
 * virtual clock, with a real ledger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/engine_harness.h"

enum { MINUTE_MS = 60000 };

static const char bots[] =
	"bots:\n"
	"  - {name: orders, token: {file: /nowhere/t1}, process: {match: orders}}\n"
	"  - {name: pay, token: {file: /nowhere/t2}, process: {match: pay}}\n";

struct scene {
	char folder[64], *yaml;
	struct harness *harness;
};

static char *yaml_of(const struct scene *scene, const char *fleet)
{
	return xasprintf("environment: prod\nstate_dir: %s/state\n"
			 "redis: [{name: main, socket: /nowhere/redis, heartbeats: 'hb:*'}]\n%s",
		scene->folder, fleet);
}

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	strcpy(scene->folder, "/tmp/botswain-recall-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	scene->yaml = yaml_of(scene, bots);
	*state = scene;
	return 0;
}

static int remove_one(const char *path, const struct stat *found, int type, struct FTW *walk)
{
	(void)found;
	(void)type;
	(void)walk;
	return remove(path);
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	if (scene->harness)
		harness_free(scene->harness);
	nftw(scene->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(scene->yaml);
	free(scene);
	return 0;
}

/* The engine before is stopped in order; the next one begins so much after HARNESS_START_MS. */
static struct harness *start(struct scene *scene, int64_t later_ms)
{
	const struct engine_options options = {.listen = true};
	if (scene->harness)
		harness_free(scene->harness);
	scene->harness = harness_open_at(scene->yaml, &options, later_ms);
	return scene->harness;
}

static void use(struct scene *scene, const char *fleet)
{
	free(scene->yaml);
	scene->yaml = yaml_of(scene, fleet);
}

static void observe_telegram(struct harness *harness, const char *bot, int pending)
{
	harness_feed(harness, "obs_getme bot=\"%s\" latency_ms=40 tg_id=7 username=\"u\"", bot);
	harness_feed(harness, "obs_webhook bot=\"%s\" latency_ms=40 pending=%d", bot, pending);
}

static void observe_process(struct harness *harness, const char *bot, const char *state)
{
	bool runs = strcmp(state, "running") == 0;
	harness_feed(harness,
		"obs_process bot=\"%s\" state=\"%s\" pid=%d start_ms=%lld cpu_percent=3 "
		"rss_bytes=%d",
		bot, state, runs ? 77 : 0, (long long)(runs ? HARNESS_START_MS - MINUTE_MS : 0),
		runs ? 9000000 : 0);
}

static void observe_beat(struct harness *harness, const char *bot)
{
	harness_feed(harness,
		"obs_heartbeat bot=\"%s\" present=true ttl_ms=14000 full_ttl_ms=15000 "
		"updates_per_s=4.5 p95_ms=210",
		bot);
}

static void observe_service(struct harness *harness)
{
	harness_feed(harness, "obs_source kind=\"redis\" name=\"main\" state=\"ok\" latency_ms=1 "
			      "interval_ms=5000");
	harness_feed(harness, "obs_redis name=\"main\" ping_ms=1 used_bytes=1048576 clients=12 "
			      "max_clients=100 rate=250");
}

/* A bot that is well, and one whose process is gone. */
static void observe_all(struct harness *harness)
{
	observe_service(harness);
	for (int i = 0; i < 3; i++) {
		observe_telegram(harness, "orders", 41);
		observe_telegram(harness, "pay", 7);
		observe_process(harness, "orders", "running");
		observe_process(harness, "pay", "absent");
		observe_beat(harness, "orders");
		harness_advance(harness, 2000);
	}
	harness_feed(harness, "obs_notes source=\"orders.log\" counts=[{bot=\"orders\" level=5 "
			      "lines=3 text=\"boom\"}]");
	harness_feed(
		harness, "obs_notes source=\"pay.log\" counts=[{bot=\"pay\" level=3 lines=1}]");
	harness_feed(harness, "obs_heartbeat bot=\"pay\"");
	harness_settle(harness);
}

static double last_of(const struct msg_bot *bot, const char *name)
{
	for (size_t i = 0; i < bot->last_figures_count; i++)
		if (strcmp(bot->last_figures[i].name, name) == 0)
			return bot->last_figures[i].value;
	return NAN;
}

static const struct msg_engine *entity(const struct harness *harness)
{
	return model_engine(harness->model);
}

static size_t firing(const struct harness *harness)
{
	size_t count, firing = 0;
	const struct msg_alert *const *alerts = model_alerts(harness->model, &count);
	for (size_t i = 0; i < count; i++)
		firing += strcmp(alerts[i]->state, "firing") == 0;
	return firing;
}

static void the_last_known_state_is_there_before_the_first_turn_as_what_it_is(void **state)
{
	struct scene *scene = *state;
	struct harness *harness = start(scene, 0);
	observe_all(harness);
	int64_t then = clock_wall_ms(&harness->clock);
	assert_string_equal(harness_bot(harness, "orders")->state, "ok");
	assert_string_equal(harness_bot(harness, "pay")->state, "down");
	assert_int_equal(harness_bot(harness, "orders")->last_ms, 0);
	assert_int_equal(entity(harness)->last_ms, 0);

	harness = start(scene, 3 * MINUTE_MS);
	const struct msg_bot *orders = harness_bot(harness, "orders");
	const struct msg_bot *pay = harness_bot(harness, "pay");
	assert_string_equal(orders->state, "checking");
	assert_int_equal(orders->severity, SEVERITY_UNKNOWN);
	assert_string_equal(orders->last_state, "ok");
	assert_string_equal(pay->state, "checking");
	assert_string_equal(pay->last_state, "down");
	assert_int_equal(pay->last_severity, SEVERITY_CRIT);
	assert_true(pay->last_why[0]);
	assert_int_equal(orders->last_ms, then);
	assert_true(last_of(orders, "pending") == 41);
	assert_true(last_of(orders, "updates_per_s") == 4.5);
	assert_true(last_of(orders, "errors_per_min") == 3);
	assert_true(last_of(orders, "proc_start_ms") == (double)(HARNESS_START_MS - MINUTE_MS));
	assert_true(isnan(last_of(pay, "proc_start_ms")));
	/* What is live is unknown: no reader of it can mistake the past for the present. */
	assert_int_equal(orders->pending, -1);
	assert_true(isnan(orders->updates_per_s) && isnan(orders->errors_per_min));
	assert_int_equal(orders->hb_at_ms, 0);
	assert_int_equal(orders->rss_bytes, 0);
	assert_int_equal(entity(harness)->last_ms, then);
	assert_int_equal(entity(harness)->last_bots, 2);
	assert_int_equal(entity(harness)->last_services_count, 1);
	assert_int_equal(entity(harness)->last_services[0].clients, 12);
}

static void each_group_of_figures_goes_when_it_is_observed(void **state)
{
	struct scene *scene = *state;
	observe_all(start(scene, 0));
	struct harness *harness = start(scene, 3 * MINUTE_MS);
	observe_process(harness, "orders", "running");
	const struct msg_bot *bot = harness_bot(harness, "orders");
	assert_true(isnan(last_of(bot, "proc_start_ms")));
	assert_true(last_of(bot, "pending") == 41);
	observe_telegram(harness, "orders", 5);
	bot = harness_bot(harness, "orders");
	assert_true(isnan(last_of(bot, "pending")));
	assert_int_equal(bot->pending, 5);
	assert_true(last_of(bot, "hb_at_ms") > 0);
	observe_service(harness);
	observe_beat(harness, "orders");
	bot = harness_bot(harness, "orders");
	assert_int_equal(bot->last_figures_count, 0);
	assert_int_equal(bot->last_ms, 0);
	assert_string_equal(bot->last_state, "");
	harness_advance(harness, 1000);
	assert_int_equal(entity(harness)->last_bots, 1);
	assert_int_equal(entity(harness)->last_services_count, 0);
}

static void nothing_fires_from_what_is_remembered(void **state)
{
	struct scene *scene = *state;
	struct harness *harness = start(scene, 0);
	observe_all(harness);
	harness_advance(harness, 1000);
	assert_true(firing(harness) > 0);
	harness = start(scene, 3 * MINUTE_MS);
	for (int i = 0; i < 25; i++) {
		harness_advance(harness, 1000);
		assert_int_equal(firing(harness), 0);
		assert_string_not_equal(harness_bot(harness, "orders")->state, "ok");
		assert_string_not_equal(harness_bot(harness, "pay")->state, "down");
	}
}

static const struct msg_alert *alert_by(
	const struct harness *harness, const char *rule, const char *bot)
{
	size_t count;
	const struct msg_alert *const *alerts = model_alerts(harness->model, &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(alerts[i]->target_name, bot) == 0 && strcmp(alerts[i]->rule, rule) == 0)
			return alerts[i];
	return NULL;
}

static const struct msg_alert *alert_of(const struct harness *harness, const char *bot)
{
	return alert_by(harness, "bot_down", bot);
}

static void an_alert_that_is_seen_again_is_the_same_alert(void **state)
{
	struct scene *scene = *state;
	struct harness *harness = start(scene, 0);
	observe_all(harness);
	harness_advance(harness, 1000);
	const struct msg_alert *alert = alert_of(harness, "pay");
	assert_non_null(alert);
	int64_t since_ms = alert->since_ms, fired_ms = alert->fired_ms;
	assert_true(fired_ms > 0);
	harness = start(scene, 3 * MINUTE_MS);
	assert_null(alert_of(harness, "pay"));
	observe_service(harness);
	for (int i = 0; i < 3 && !alert_of(harness, "pay"); i++) {
		observe_process(harness, "pay", "absent");
		harness_advance(harness, 1000);
	}
	alert = alert_of(harness, "pay");
	assert_non_null(alert);
	assert_string_equal(alert->state, "firing");
	assert_int_equal(alert->since_ms, since_ms);
	assert_int_equal(alert->fired_ms, fired_ms);
}

/* Its process runs, and its key has run out. */
static void hang(struct harness *harness, int seconds)
{
	for (int i = 0; i < seconds; i++) {
		observe_service(harness);
		observe_telegram(harness, "orders", 0);
		observe_process(harness, "orders", "running");
		harness_feed(harness, "obs_heartbeat bot=\"orders\"");
		harness_advance(harness, 1000);
	}
}

static void a_bot_that_hung_before_the_restart_is_not_well_and_not_over(void **state)
{
	struct scene *scene = *state;
	struct harness *harness = start(scene, 0);
	observe_all(harness);
	hang(harness, 50);
	const struct msg_alert *alert = alert_by(harness, "heartbeat_late", "orders");
	assert_non_null(alert);
	int64_t since_ms = alert->since_ms;
	harness = start(scene, 3 * MINUTE_MS);
	hang(harness, 28);
	assert_string_equal(harness_bot(harness, "orders")->state, "checking");
	hang(harness, 7);
	assert_string_equal(harness_bot(harness, "orders")->state, "hung");
	alert = alert_by(harness, "heartbeat_late", "orders");
	assert_non_null(alert);
	assert_string_equal(alert->state, "firing");
	assert_int_equal(alert->since_ms, since_ms);
}

static void an_alert_that_is_over_meanwhile_is_resolved_when_that_is_seen(void **state)
{
	struct scene *scene = *state;
	struct harness *harness = start(scene, 0);
	observe_all(harness);
	harness_advance(harness, 1000);
	int64_t since_ms = alert_of(harness, "pay")->since_ms;
	harness = start(scene, 3 * MINUTE_MS);
	for (int i = 0; i < 100; i++) {
		observe_service(harness);
		observe_process(harness, "pay", "running");
		observe_beat(harness, "pay");
		harness_advance(harness, 1000);
		assert_int_equal(alert_of(harness, "pay") ? firing(harness) : 0, 0);
	}
	const struct msg_alert *alert = alert_of(harness, "pay");
	assert_non_null(alert);
	assert_string_equal(alert->state, "resolved");
	assert_int_equal(alert->since_ms, since_ms);
	assert_true(alert->resolved_ms > HARNESS_START_MS + 3 * MINUTE_MS);
	/* It is over, and the file knows. */
	harness = start(scene, 6 * MINUTE_MS);
	harness_advance(harness, 100000);
	assert_null(alert_of(harness, "pay"));
}

static void what_left_the_configuration_is_not_resurrected(void **state)
{
	struct scene *scene = *state;
	struct harness *harness = start(scene, 0);
	observe_all(harness);
	harness_advance(harness, 1000);
	use(scene, "bots:\n  - {name: orders, token: {file: /nowhere/t1}}\n");
	harness = start(scene, MINUTE_MS);
	size_t count;
	model_bots(harness->model, &count);
	assert_int_equal(count, 1);
	assert_int_equal(entity(harness)->last_bots, 1);
	harness_advance(harness, 2 * MINUTE_MS);
	assert_null(alert_of(harness, "pay"));
	/* One that is not asked any more has nothing to wait for: only what can be seen is remembered. */
	assert_true(isnan(last_of(harness_bot(harness, "orders"), "proc_start_ms")));
}

static void what_is_too_old_or_of_another_configuration_is_not_used(void **state)
{
	struct scene *scene = *state;
	observe_all(start(scene, 0));
	struct harness *harness = start(scene, INT64_C(8) * 24 * 3600000);
	assert_int_equal(harness_bot(harness, "orders")->last_ms, 0);
	harness = start(scene, INT64_C(6) * 24 * 3600000);
	assert_int_not_equal(harness_bot(harness, "orders")->last_ms, 0);
	char *mine = scene->yaml;
	scene->yaml = xasprintf("environment: other\n%s", strchr(mine, '\n') + 1);
	harness = start(scene, MINUTE_MS);
	assert_int_equal(harness_bot(harness, "orders")->last_ms, 0);
	assert_int_equal(entity(harness)->last_ms, 0);
	free(mine);
}

static void a_clock_that_was_set_back_makes_no_age_negative(void **state)
{
	struct scene *scene = *state;
	observe_all(start(scene, 10 * MINUTE_MS));
	struct harness *harness = start(scene, 0);
	assert_int_equal(harness_bot(harness, "orders")->last_ms, HARNESS_START_MS);
	assert_int_equal(entity(harness)->last_services[0].at_ms, HARNESS_START_MS);
	assert_int_equal(entity(harness)->last_ms, HARNESS_START_MS);
}

static void what_was_not_observed_keeps_its_old_age_over_two_restarts(void **state)
{
	struct scene *scene = *state;
	struct harness *harness = start(scene, 0);
	observe_all(harness);
	int64_t then = clock_wall_ms(&harness->clock);
	harness = start(scene, 3 * MINUTE_MS);
	/* A part of it is seen: what was not is as old as it was. */
	observe_process(harness, "pay", "absent");
	harness_advance(harness, 20000);
	assert_string_not_equal(harness_bot(harness, "pay")->state, "checking");
	assert_int_equal(harness_bot(harness, "pay")->last_ms, then);
	harness = start(scene, 6 * MINUTE_MS);
	assert_int_equal(harness_bot(harness, "pay")->last_ms, then);
	assert_string_equal(harness_bot(harness, "pay")->last_state, "down");
}

static void break_table(const struct scene *scene, const char *sql)
{
	sqlite3 *db = NULL;
	autofree char *path = xasprintf("%s/state/state.db", scene->folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void stop(struct scene *scene)
{
	harness_free(scene->harness);
	scene->harness = NULL;
}

static void a_damaged_table_costs_the_memory_and_nothing_else(void **state)
{
	struct scene *scene = *state;
	static const char *const damages[] = {"DROP TABLE last",
		"DROP TABLE last_of; CREATE TABLE last_of(other)", "UPDATE last SET body = x'00'",
		"UPDATE last SET body = randomblob(300)",
		"UPDATE last SET body = substr(body, 1, length(body) - 3)",
		"UPDATE last SET body = randomblob(70000)", "UPDATE last SET id = id + 1"};
	for (size_t i = 0; i < COUNT_OF(damages); i++) {
		observe_all(start(scene, 0));
		stop(scene);
		break_table(scene, damages[i]);
		struct harness *harness = start(scene, MINUTE_MS);
		assert_int_equal(harness_bot(harness, "orders")->last_ms, 0);
		assert_string_equal(entity(harness)->ledger_error, "");
		/* And the next one remembers again. */
		observe_all(harness);
		int64_t then = clock_wall_ms(&harness->clock);
		harness = start(scene, 2 * MINUTE_MS);
		assert_int_equal(harness_bot(harness, "orders")->last_ms, then);
		stop(scene);
		break_table(scene, "DELETE FROM last");
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_last_known_state_is_there_before_the_first_turn_as_what_it_is),
		TEST(each_group_of_figures_goes_when_it_is_observed),
		TEST(nothing_fires_from_what_is_remembered),
		TEST(an_alert_that_is_seen_again_is_the_same_alert),
		TEST(a_bot_that_hung_before_the_restart_is_not_well_and_not_over),
		TEST(an_alert_that_is_over_meanwhile_is_resolved_when_that_is_seen),
		TEST(what_left_the_configuration_is_not_resurrected),
		TEST(what_is_too_old_or_of_another_configuration_is_not_used),
		TEST(a_clock_that_was_set_back_makes_no_age_negative),
		TEST(what_was_not_observed_keeps_its_old_age_over_two_restarts),
		TEST(a_damaged_table_costs_the_memory_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
