/* SPDX-License-Identifier: MIT */
/* Scripted observations become facts of bots: their processes, what Telegram says of them, sources, servers, databases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "core/base/err.h"
#include "core/conf/settings.h"
#include "core/engine/internal.h"
#include "core/engine/roster.h"
#include "tests/support/engine_harness.h"

static void see_process(struct harness *harness, unsigned pid, int64_t start_ms)
{
	harness_feed(harness,
		"obs_process bot=\"orders\" state=\"%s\" pid=%u start_ms=%lld cpu_percent=3 "
		"rss_bytes=1000",
		pid ? "running" : "absent", pid, (long long)start_ms);
}

static void new_starts_are_counted_and_the_first_is_none(void **state)
{
	struct harness *harness = *state;
	int64_t start_ms = HARNESS_START_MS - 5000;
	see_process(harness, 10, start_ms);
	assert_int_equal(harness_bot(harness, "orders")->restarts, 0);
	see_process(harness, 10, start_ms);
	see_process(harness, 0, 0);
	see_process(harness, 0, 0);
	assert_int_equal(harness_bot(harness, "orders")->proc_fails, 2);
	see_process(harness, 11, HARNESS_START_MS);
	see_process(harness, 11, HARNESS_START_MS + 60000); /* the same pid, started again */
	assert_int_equal(harness_bot(harness, "orders")->restarts, 2);
	assert_int_equal(harness_bot(harness, "orders")->proc_fails, 0);
	harness_advance(harness, 12 * 60000);
	see_process(harness, 11, HARNESS_START_MS + 60000);
	assert_int_equal(harness_bot(harness, "orders")->restarts, 0);
}

static void see_supervised(struct harness *harness, unsigned pid, int restarts)
{
	harness_feed(harness,
		"obs_process bot=\"orders\" state=\"running\" pid=%u start_ms=%lld by=\"pm2 "
		"orders\" "
		"restarts=%d ended_ms=%lld exit_status=137",
		pid, (long long)HARNESS_START_MS, restarts, (long long)HARNESS_START_MS);
}

static void restarts_that_only_the_supervisor_saw_count_too(void **state)
{
	struct harness *harness = *state;
	see_supervised(harness, 10, 7); /* before us */
	assert_int_equal(harness_bot(harness, "orders")->restarts, 0);
	assert_int_equal(harness_bot(harness, "orders")->proc_restarts, 7);
	assert_int_equal(harness_bot(harness, "orders")->exit_status, 137);
	see_supervised(harness, 11, 8); /* the one that we saw */
	assert_int_equal(harness_bot(harness, "orders")->restarts, 1);
	see_supervised(harness, 12, 11); /* three, of which we saw one */
	assert_int_equal(harness_bot(harness, "orders")->restarts, 4);
	see_supervised(harness, 12, 0); /* its counter was reset */
	see_supervised(harness, 12, 1);
	assert_int_equal(harness_bot(harness, "orders")->restarts, 5);
	harness_feed(harness, "obs_process bot=\"orders\" state=\"unknown\" by=\"pm2 orders\" "
			      "restarts=-1 error=\"no answer\"");
	assert_string_equal(harness_bot(harness, "orders")->proc_state, "unknown");
	assert_string_equal(harness_bot(harness, "orders")->proc_error, "no answer");
	assert_int_equal(harness_bot(harness, "orders")->proc_restarts, -1);
	see_supervised(harness, 12, 1);
	assert_int_equal(harness_bot(harness, "orders")->restarts, 5);
}

static void setting_the_wall_clock_restarts_nothing(void **state)
{
	struct harness *harness = *state;
	see_process(harness, 10, HARNESS_START_MS - 5000);
	atomic_fetch_add(&harness->clock.wall_ms, 7200000);
	see_process(harness, 10, HARNESS_START_MS - 5000 + 7200000);
	see_process(harness, 10, HARNESS_START_MS - 5000);
	assert_int_equal(harness_bot(harness, "orders")->restarts, 0);
}

static void a_process_not_looked_at_loses_its_figures(void **state)
{
	struct harness *harness = *state;
	see_process(harness, 10, HARNESS_START_MS);
	harness_advance(harness, 5000);
	assert_true(harness_bot(harness, "orders")->cpu_percent > 2.9);
	harness_advance(harness, 2000);
	assert_true(isnan(harness_bot(harness, "orders")->cpu_percent));
	assert_int_equal(harness_bot(harness, "orders")->rss_bytes, 0);
}

static void see_pending(struct harness *harness, int pending)
{
	harness_feed(
		harness, "obs_webhook bot=\"orders\" pending=%d latency_ms=12 url_hash=1", pending);
	harness_advance(harness, 10000);
}

static void a_backlog_has_a_slope_and_counts_its_rises(void **state)
{
	struct harness *harness = *state;
	see_pending(harness, 100);
	assert_true(isnan(harness_bot(harness, "orders")->pending_slope));
	see_pending(harness, 110);
	see_pending(harness, 120);
	assert_int_equal(harness_bot(harness, "orders")->pending_rises, 2);
	assert_true(fabs(harness_bot(harness, "orders")->pending_slope - 60) < 0.01);
	see_pending(harness, 120);
	assert_int_equal(harness_bot(harness, "orders")->pending_rises, 0);
	harness_advance(harness, 31000);
	assert_int_equal(harness_bot(harness, "orders")->pending, -1);
	assert_true(isnan(harness_bot(harness, "orders")->pending_slope));
}

static void see_webhook_error(struct harness *harness, int64_t at_ms)
{
	harness_feed(harness, "obs_webhook bot=\"orders\" last_error_s=%lld last_error=\"502\"",
		(long long)(at_ms / 1000));
}

static void webhook_errors_are_counted_when_their_date_changes(void **state)
{
	struct harness *harness = *state;
	see_webhook_error(harness, HARNESS_START_MS - 86400000);
	assert_int_equal(harness_bot(harness, "orders")->webhook_errors, 0);
	for (int64_t i = 0; i < 3; i++) {
		int64_t at_ms = clock_wall_ms(&harness->clock);
		see_webhook_error(harness, at_ms);
		see_webhook_error(harness, at_ms);
		harness_advance(harness, 10000);
	}
	const struct msg_bot *bot = harness_bot(harness, "orders");
	assert_int_equal(bot->webhook_errors, 3);
	assert_int_equal(bot->webhook_errors_since_ms, HARNESS_START_MS);
	assert_string_equal(bot->webhook_error, "502");
	harness_advance(harness, 6 * 60000);
	assert_int_equal(harness_bot(harness, "orders")->webhook_errors, 0);
	assert_int_equal(harness_bot(harness, "orders")->webhook_errors_since_ms, 0);
}

static const char *alert_text(const struct harness *harness, const char *rule)
{
	size_t count;
	const struct msg_alert *const *alerts = model_alerts(harness->model, &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(alerts[i]->rule, rule) == 0)
			return alerts[i]->text;
	fail_msg("%s does not fire", rule);
	return "";
}

/* Seven minutes of errors, and a window of five: the count is that of the run, and at once that of the bot's row. */
static void a_webhook_alert_says_of_a_long_run_how_often_and_when_last(void **state)
{
	struct harness *harness = *state;
	for (int i = 0; i <= 42; i++) {
		if (i)
			harness_advance(harness, 10000);
		see_webhook_error(harness, clock_wall_ms(&harness->clock));
	}
	assert_int_equal(harness_bot(harness, "orders")->webhook_errors, 43);
	assert_string_equal(alert_text(harness, "webhook_error"),
		"orders: webhook 502 x43, the last at 12:07:00Z (said for 5m)");
	harness_advance(harness, 1000);
	see_webhook_error(harness, clock_wall_ms(&harness->clock));
	assert_string_equal(alert_text(harness, "webhook_error"),
		"orders: webhook 502 x44, the last at 12:07:01Z (said for 5m)");
}

static void see_url(struct harness *harness, int hash)
{
	harness_feed(harness, "obs_webhook bot=\"orders\" url=\"https://x/***\" url_hash=%d", hash);
}

static void a_changed_webhook_url_is_seen_by_its_hash(void **state)
{
	struct harness *harness = *state;
	see_url(harness, 7);
	assert_int_equal(harness_bot(harness, "orders")->url_changed_ms, 0);
	harness_advance(harness, 1000);
	see_url(harness, 8);
	assert_int_equal(harness_bot(harness, "orders")->url_changed_ms, HARNESS_START_MS + 1000);
}

static void telegrams_words_decide_the_state(void **state)
{
	static const struct {
		unsigned code;
		const char *state;
	} rows[] = {{0, "ok"}, {ERR_AUTH, "rejected"}, {ERR_NOT_FOUND, "rejected"},
		{ERR_RATE, "limited"}, {ERR_TIMEOUT, "unreachable"}, {ERR_TLS, "unreachable"},
		{ERR_PROTOCOL, "error"}};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		harness_feed(
			*state, "obs_getme bot=\"orders\" code=%u error=\"words\"", rows[i].code);
		const struct msg_bot *bot = harness_bot(*state, "orders");
		assert_string_equal(bot->tg_state, rows[i].state);
		assert_string_equal(bot->tg_error, rows[i].code ? "words" : "");
		assert_int_equal(bot->tg_fails, i);
	}
}

static void a_rate_limit_ends_when_telegram_said(void **state)
{
	struct harness *harness = *state;
	harness_feed(harness, "obs_getme bot=\"orders\" code=%d retry_after_s=30", ERR_RATE);
	assert_int_equal(harness_bot(harness, "orders")->retry_until_ms, HARNESS_START_MS + 30000);
	harness_advance(harness, 31000);
	assert_int_equal(harness_bot(harness, "orders")->retry_until_ms, 0);
}

static void answered_tokens_are_counted(void **state)
{
	struct harness *harness = *state;
	assert_int_equal(model_engine(harness->model)->checking_done, 0);
	assert_int_equal(model_engine(harness->model)->checking_total, 2);
	harness_feed(harness, "obs_getme bot=\"orders\" tg_id=12 username=\"orders_bot\"");
	harness_feed(harness, "obs_getme bot=\"support\" code=%d", ERR_TIMEOUT);
	harness_advance(harness, 1000);
	assert_int_equal(model_engine(harness->model)->checking_done, 1);
	assert_int_equal(harness_bot(harness, "orders")->tg_id, 12);
	assert_string_equal(harness_bot(harness, "orders")->username, "orders_bot");
}

static void one_that_is_limited_or_has_no_token_is_not_waited_for(void **state)
{
	static const int codes[] = {ERR_RATE, ERR_REFUSED, ERR_AUTH, ERR_PROTOCOL};
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		struct harness *harness = *state;
		harness_feed(harness, "obs_getme bot=\"support\" code=%d", ERR_UNREACHABLE);
		harness_advance(harness, 1000);
		assert_int_equal(model_engine(harness->model)->checking_done, 0);
		harness_feed(harness, "obs_getme bot=\"support\" code=%d retry_after_s=%d",
			codes[i], codes[i] == ERR_RATE ? 30 : 0);
		harness_feed(harness, "obs_getme bot=\"support\" code=%d", codes[i]);
		harness_advance(harness, 1000);
		assert_int_equal(model_engine(harness->model)->checking_done, 1);
		harness_teardown(state);
		harness_fleet_setup(state);
	}
}

static const struct msg_source *source(const struct harness *harness, const char *path)
{
	const struct msg_source *found = model_source(harness->model, entity_id("source", path));
	assert_non_null(found);
	return found;
}

static void a_silent_source_is_late_then_stale_and_its_figures_go(void **state)
{
	struct harness *harness = *state;
	assert_string_equal(source(harness, "redis/main")->state, "checking");
	harness_feed(harness, "obs_source kind=\"redis\" name=\"main\" state=\"ok\" "
			      "interval_ms=2000 latency_ms=0.4");
	harness_feed(harness,
		"obs_redis name=\"main\" ping_ms=0.4 clients=7 rate=120 hits=3 misses=1 "
		"used_bytes=1500000");
	const struct msg_service *service =
		model_service(harness->model, entity_id("service", "redis/main"));
	assert_int_equal(service->clients, 7);
	assert_true(fabs(service->hit_ratio - 0.75) < 0.01);
	harness_advance(harness, 4000);
	assert_string_equal(source(harness, "redis/main")->state, "ok");
	harness_advance(harness, 1000);
	assert_string_equal(source(harness, "redis/main")->state, "late");
	harness_advance(harness, 2000);
	assert_string_equal(source(harness, "redis/main")->state, "stale");
	service = model_service(harness->model, entity_id("service", "redis/main"));
	assert_int_equal(service->clients, -1);
	assert_int_equal(service->used_bytes, 0);
	assert_true(isnan(service->rate));
	atomic_fetch_sub(&harness->clock.wall_ms, 7200000);
	harness_feed(harness, "obs_source kind=\"redis\" name=\"main\" state=\"ok\" "
			      "interval_ms=2000 latency_ms=0.4");
	harness_advance(harness, 1000);
	assert_string_equal(source(harness, "redis/main")->state, "ok");
}

static void a_server_is_there_before_its_first_report_and_leaves_with_its_settings(void **state)
{
	static const char bare[] = "state_dir: /nowhere/state\n";
	struct harness *harness = *state;
	struct engine *engine = harness->engine;
	struct settings *with = engine->settings, *without;
	struct err err = {0};
	assert_string_equal(source(harness, "redis/main")->state, "checking");
	assert_true(
		settings_parse(bare, strlen(bare), "/nowhere/botswain.yaml", &without, NULL, &err));
	engine->settings = without;
	roster_apply(engine);
	assert_null(model_source(harness->model, entity_id("source", "redis/main")));
	assert_null(model_service(harness->model, entity_id("service", "redis/main")));
	engine->settings = with;
	roster_apply(engine);
	assert_non_null(model_service(harness->model, entity_id("service", "redis/main")));
	settings_unref(without);
}

static void a_fleet_database_adds_disables_and_removes_bots(void **state)
{
	struct harness *harness = *state;
	size_t count;
	harness_feed(harness, "obs_fleet source=\"db\" bots=[{name=\"orders\" enabled=false} "
			      "{name=\"extra\" enabled=true transport=\"webhook\"}]");
	(void)model_bots(harness->model, &count);
	assert_int_equal(count, 3);
	assert_false(harness_bot(harness, "orders")->enabled);
	assert_string_equal(harness_bot(harness, "orders")->enabled_by, "db");
	assert_string_equal(harness_bot(harness, "extra")->transport, "webhook");
	assert_true(harness_bot(harness, "support")->enabled);
	uint64_t rev = harness_bot(harness, "extra")->rev;
	harness_feed(harness, "obs_fleet source=\"db\" bots=[{name=\"orders\" enabled=true} "
			      "{name=\"extra\" enabled=true transport=\"webhook\"}]");
	assert_true(harness_bot(harness, "orders")->enabled);
	assert_int_equal(harness_bot(harness, "extra")->rev, rev);
	harness_feed(harness, "obs_fleet source=\"db\" bots=[{name=\"orders\" enabled=true}]");
	(void)model_bots(harness->model, &count);
	assert_int_equal(count, 2);
	assert_null(model_bot(harness->model, entity_id("bot", "extra")));
}

static void observations_of_strangers_change_nothing(void **state)
{
	struct harness *harness = *state;
	uint64_t rev = model_rev(harness->model);
	harness_feed(harness, "obs_getme bot=\"stranger\" tg_id=1");
	harness_feed(harness, "obs_fleet source=\"other\" bots=[{name=\"x\"}]");
	assert_int_equal(model_rev(harness->model), rev);
}

static void the_worst_lag_of_its_groups_is_the_services(void **state)
{
	struct harness *harness = *state;
	harness_feed(
		harness, "obs_source kind=\"redis\" name=\"main\" state=\"ok\" interval_ms=9000");
	harness_feed(harness, "obs_stream service=\"main\" name=\"ev\" group=\"a\" lag=5");
	harness_feed(harness, "obs_stream service=\"main\" name=\"ev\" group=\"b\" lag=9");
	harness_feed(harness, "obs_stream service=\"main\" name=\"ev\" group=\"a\" lag=6");
	const struct msg_service *service =
		model_service(harness->model, entity_id("service", "redis/main"));
	assert_true(fabs(service->lag - 9) < 0.01);
}

static void strings_that_a_worker_left_out_are_empty(void **state)
{
	struct harness *harness = *state;
	static const enum msg_kind kinds[] = {MSG_obs_source, MSG_obs_getme, MSG_obs_webhook,
		MSG_obs_heartbeat, MSG_obs_redis, MSG_obs_stream, MSG_obs_postgres, MSG_obs_samples,
		MSG_obs_process, MSG_obs_notes, MSG_obs_notify, MSG_obs_fleet, MSG_obs_child,
		MSG_obs_ledger};
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		engine_feed(harness->engine,
			(struct parcel){.message = {.kind = kinds[i], .body = msg_new(kinds[i])}});
	harness_settle(harness);
	const struct msg_source *nameless = source(harness, "/");
	assert_string_equal(nameless->error, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_fleet_setup, harness_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_starts_are_counted_and_the_first_is_none),
		TEST(restarts_that_only_the_supervisor_saw_count_too),
		TEST(setting_the_wall_clock_restarts_nothing),
		TEST(a_process_not_looked_at_loses_its_figures),
		TEST(a_backlog_has_a_slope_and_counts_its_rises),
		TEST(webhook_errors_are_counted_when_their_date_changes),
		TEST(a_webhook_alert_says_of_a_long_run_how_often_and_when_last),
		TEST(a_changed_webhook_url_is_seen_by_its_hash),
		TEST(telegrams_words_decide_the_state),
		TEST(a_rate_limit_ends_when_telegram_said),
		TEST(answered_tokens_are_counted),
		TEST(one_that_is_limited_or_has_no_token_is_not_waited_for),
		TEST(a_silent_source_is_late_then_stale_and_its_figures_go),
		TEST(a_server_is_there_before_its_first_report_and_leaves_with_its_settings),
		TEST(a_fleet_database_adds_disables_and_removes_bots),
		TEST(observations_of_strangers_change_nothing),
		TEST(the_worst_lag_of_its_groups_is_the_services),
		TEST(strings_that_a_worker_left_out_are_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
