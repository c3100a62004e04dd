/* SPDX-License-Identifier: MIT */
/* Health checks in the engine, under a virtual clock: states, the row of all, the bot's row, the alert. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "tests/support/engine_harness.h"

static const char config[] =
	"state_dir: /nowhere/state\n"
	"process: {interval: 2s}\n"
	"pages: {health_interval: 10s}\n"
	"redis:\n"
	"  main: {host: 127.0.0.1}\n"
	"bots:\n"
	"  orders: {transport: none, process: {match: orders}, health: 'http://127.0.0.1/h'}\n"
	"  quiz: {transport: none, health: 'http://127.0.0.1/q'}\n"
	"  winter: {transport: none, enabled: no, health: 'http://127.0.0.1/w'}\n";

static int setup(void **state)
{
	*state = harness_new(config);
	return 0;
}

static int teardown(void **state)
{
	harness_free(*state);
	return 0;
}

static void see(struct harness *harness, const char *name, const char *bot, int code, int fails)
{
	harness_feed(harness,
		"obs_check name=\"%s\" bot=\"%s\" url=\"http://127.0.0.1/h\" code=%d fails=%d "
		"status=%d why=\"%s\" latency_ms=%s interval_ms=10000",
		name, bot, code, fails,
		code == ERR_UNREACHABLE ? 0
		: code                  ? 503
					: 200,
		code == ERR_UNREACHABLE ? "Connection refused"
		: code                  ? "503 after 2.1s"
					: "",
		code == ERR_UNREACHABLE ? "nan" : "12");
}

static void see_process(struct harness *harness, const char *state)
{
	harness_feed(harness, "obs_process bot=\"orders\" state=\"%s\" pid=%d start_ms=%lld", state,
		strcmp(state, "running") == 0 ? 7 : 0, (long long)HARNESS_START_MS);
}

static const struct msg_check *check_of(
	const struct harness *harness, const char *name, const char *bot)
{
	char path[80];
	snprintf(path, sizeof(path), "%s/%s", name, bot);
	const struct msg_check *check = model_check(harness->model, entity_id("check", path));
	assert_non_null(check);
	return check;
}

static const struct msg_service *sum_of(const struct harness *harness)
{
	return model_service(harness->model, entity_id("service", "health/checks"));
}

/* "none", or the state of the one alert of the rule. */
static const char *alert_state(const struct harness *harness, const char *target)
{
	size_t count;
	const struct msg_alert *const *alerts = model_alerts(harness->model, &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(alerts[i]->rule, "health_failing") == 0 &&
			strcmp(alerts[i]->target_name, target) == 0)
			return alerts[i]->state;
	return "none";
}

static void one_failure_is_late_and_two_are_failing(void **state)
{
	struct harness *harness = *state;
	see(harness, "proxy", "", ERR_NONE, 0);
	assert_string_equal(check_of(harness, "proxy", "")->state, "ok");
	see(harness, "proxy", "", ERR_UNREACHABLE, 1);
	assert_string_equal(check_of(harness, "proxy", "")->state, "late");
	assert_string_equal(alert_state(harness, "proxy"), "none");
	see(harness, "proxy", "", ERR_UNREACHABLE, 2);
	assert_string_equal(check_of(harness, "proxy", "")->state, "failing");
	assert_int_equal(check_of(harness, "proxy", "")->severity, SEVERITY_CRIT);
	assert_string_equal(alert_state(harness, "proxy"), "firing");
	see(harness, "proxy", "", ERR_NONE, 0);
	harness_advance(harness, 6000);
	assert_string_equal(alert_state(harness, "proxy"), "resolved");
}

static void an_answer_that_says_no_is_less_bad_than_none(void **state)
{
	struct harness *harness = *state;
	see(harness, "proxy", "", ERR_PROTOCOL, 2);
	assert_string_equal(check_of(harness, "proxy", "")->state, "degraded");
	assert_int_equal(check_of(harness, "proxy", "")->severity, SEVERITY_WARN);
	assert_string_equal(alert_state(harness, "proxy"), "firing");
}

/* The pages of the bots that the configuration names are well. */
static void see_own_pages(struct harness *harness)
{
	see(harness, "orders", "orders", ERR_NONE, 0);
	see(harness, "quiz", "quiz", ERR_NONE, 0);
	see(harness, "winter", "winter", ERR_NONE, 0);
}

static void what_the_configuration_names_counts_before_it_has_answered(void **state)
{
	struct harness *harness = *state;
	assert_int_equal(sum_of(harness)->passed, 0);
	assert_int_equal(sum_of(harness)->checks, 2);
	assert_string_equal(sum_of(harness)->state, "checking");
	assert_string_equal(check_of(harness, "quiz", "quiz")->state, "checking");
	assert_string_equal(check_of(harness, "winter", "winter")->state, "disabled");
	assert_true(isnan(check_of(harness, "quiz", "quiz")->latency_ms));
	harness_advance(harness, 60000);
	assert_string_equal(check_of(harness, "quiz", "quiz")->state, "checking");
	assert_string_equal(alert_state(harness, "quiz"), "none");
	see_own_pages(harness);
	assert_int_equal(sum_of(harness)->passed, 2);
	assert_string_equal(sum_of(harness)->state, "ok");
}

static void all_checks_are_one_row_that_names_those_that_fail(void **state)
{
	struct harness *harness = *state;
	see_own_pages(harness);
	see(harness, "proxy", "", ERR_NONE, 0);
	see(harness, "payments", "", ERR_NONE, 0);
	assert_int_equal(sum_of(harness)->passed, 4);
	assert_int_equal(sum_of(harness)->checks, 4);
	assert_int_equal(sum_of(harness)->severity, SEVERITY_OK);
	see(harness, "proxy", "", ERR_PROTOCOL, 2);
	see(harness, "quiz", "quiz", ERR_UNREACHABLE, 2);
	const struct msg_service *sum = sum_of(harness);
	assert_int_equal(sum->passed, 2);
	assert_int_equal(sum->checks, 4);
	assert_int_equal(sum->severity, SEVERITY_CRIT);
	assert_string_equal(sum->why, "quiz connection refused; proxy 503 after 2.1s");
}

static void a_check_that_nobody_looks_at_is_stale_and_loses_its_figure(void **state)
{
	struct harness *harness = *state;
	see(harness, "proxy", "", ERR_NONE, 0);
	see_own_pages(harness);
	assert_int_equal(sum_of(harness)->passed, 3);
	harness_advance(harness, 34000);
	assert_string_equal(check_of(harness, "proxy", "")->state, "ok");
	harness_advance(harness, 3000);
	assert_string_equal(check_of(harness, "proxy", "")->state, "stale");
	assert_true(isnan(check_of(harness, "proxy", "")->latency_ms));
	assert_int_equal(sum_of(harness)->passed, 0);
	assert_int_equal(sum_of(harness)->severity, SEVERITY_UNKNOWN);
}

static void a_failing_check_that_nobody_looks_at_any_more_neither_ends_nor_begins_an_alert(
	void **state)
{
	struct harness *harness = *state;
	see(harness, "proxy", "", ERR_UNREACHABLE, 2);
	harness_advance(harness, 60000);
	assert_string_equal(check_of(harness, "proxy", "")->state, "stale");
	assert_string_equal(alert_state(harness, "proxy"), "firing");
}

static void the_check_of_a_disabled_bot_does_not_count(void **state)
{
	struct harness *harness = *state;
	see_own_pages(harness);
	see(harness, "winter", "winter", ERR_UNREACHABLE, 5);
	see(harness, "proxy", "", ERR_NONE, 0);
	assert_string_equal(check_of(harness, "winter", "winter")->state, "disabled");
	assert_int_equal(sum_of(harness)->checks, 3);
	assert_int_equal(sum_of(harness)->passed, 3);
	assert_string_equal(alert_state(harness, "winter"), "none");
}

static void a_bots_page_is_a_reason_on_its_row(void **state)
{
	struct harness *harness = *state;
	see_process(harness, "running");
	see(harness, "orders", "orders", ERR_PROTOCOL, 1);
	assert_string_equal(harness_bot(harness, "orders")->state, "late");
	see(harness, "orders", "orders", ERR_PROTOCOL, 2);
	assert_string_equal(harness_bot(harness, "orders")->state, "degraded");
	assert_string_equal(harness_bot(harness, "orders")->why, "health: 503 after 2.1s");
	see_process(harness, "running");
	see(harness, "orders", "orders", ERR_UNREACHABLE, 3);
	assert_string_equal(harness_bot(harness, "orders")->state, "failing");
	assert_int_equal(harness_bot(harness, "orders")->severity, SEVERITY_CRIT);
	see_process(harness, "running");
	see(harness, "orders", "orders", ERR_NONE, 0);
	assert_string_equal(harness_bot(harness, "orders")->state, "ok");
}

static void a_process_that_is_gone_is_said_once(void **state)
{
	struct harness *harness = *state;
	harness_advance(harness, 31000); /* no longer `checking` */
	see_process(harness, "absent");
	see(harness, "orders", "orders", ERR_UNREACHABLE, 2);
	see_process(harness, "absent");
	const struct msg_bot *bot = harness_bot(harness, "orders");
	assert_string_equal(bot->state, "down");
	assert_int_equal(bot->reasons_count, 1);
	assert_string_equal(alert_state(harness, "orders"), "none");
}

static void a_page_that_answers_proves_that_the_bot_lives(void **state)
{
	struct harness *harness = *state;
	harness_advance(harness, 40000);
	assert_string_equal(harness_bot(harness, "quiz")->state, "unknown");
	see(harness, "quiz", "quiz", ERR_NONE, 0);
	assert_string_equal(harness_bot(harness, "quiz")->state, "ok");
	harness_advance(harness, 50000);
	assert_string_equal(harness_bot(harness, "quiz")->state, "stale");
}

static void while_redis_is_down_bots_that_say_so_make_no_alerts_of_their_own(void **state)
{
	struct harness *harness = *state;
	harness_feed(harness, "obs_source kind=\"redis\" name=\"main\" state=\"unreachable\" "
			      "error=\"refused\" fails=2 interval_ms=2000");
	see_process(harness, "running");
	see(harness, "orders", "orders", ERR_PROTOCOL, 2);
	assert_string_equal(harness_bot(harness, "orders")->state, "degraded");
	assert_string_equal(alert_state(harness, "orders"), "none");
	see(harness, "proxy", "", ERR_PROTOCOL, 2);
	assert_string_equal(alert_state(harness, "proxy"), "firing");
}

static const char two_redis[] =
	"state_dir: /nowhere/state\n"
	"redis:\n"
	"  cache: {host: 127.0.0.1, interval: 2s}\n"
	"  main: {host: 127.0.0.1, heartbeats: 'hb:*', interval: 2s}\n"
	"bots:\n"
	"  beating: {transport: none, health: 'http://127.0.0.1/h'}\n"
	"  caching: {transport: none, health: 'http://127.0.0.1/h', heartbeat: none, redis: "
	"cache}\n"
	"  alone: {transport: none, health: 'http://127.0.0.1/h', heartbeat: none}\n";

static void see_main(struct harness *harness, const char *state, const char *error, int fails)
{
	harness_feed(harness,
		"obs_source kind=\"redis\" name=\"main\" state=\"%s\" error=\"%s\" fails=%d "
		"interval_ms=2000",
		state, error, fails);
}

static const char *why_of(const struct harness *harness, const char *bot)
{
	return harness_bot(harness, bot)->why;
}

static void a_bot_whose_page_fails_names_its_redis_and_no_other(void **state)
{
	static const char *const bots[] = {"beating", "caching", "alone"};
	static const char health[] = "health: 503 after 2.1s";
	struct harness *harness = harness_new(two_redis);
	(void)state;
	see_main(harness, "ok", "", 0);
	for (size_t i = 0; i < COUNT_OF(bots); i++)
		see(harness, bots[i], bots[i], ERR_PROTOCOL, 2);
	assert_string_equal(why_of(harness, "beating"), health);
	see_main(harness, "unreachable", "cannot connect to 127.0.0.1:6379: Connection refused", 1);
	harness_advance(harness, 1000);
	assert_string_equal(why_of(harness, "beating"), "redis main: connection refused");
	assert_string_equal(why_of(harness, "caching"), health);
	assert_string_equal(why_of(harness, "alone"), health);
	/* It lives, but does not let us look: nothing that a bot feels. */
	see_main(harness, "error", "WRONGPASS invalid username-password pair", 3);
	harness_advance(harness, 1000);
	assert_string_equal(why_of(harness, "beating"), health);
	see_main(harness, "error", "LOADING Redis is loading the dataset in memory", 4);
	harness_advance(harness, 1000);
	assert_string_equal(why_of(harness, "beating"), "redis main: reading its data");
	see_main(harness, "ok", "", 0);
	harness_advance(harness, 1000);
	assert_string_equal(why_of(harness, "beating"), health);
	harness_free(harness);
}

static void a_check_that_is_gone_leaves_with_its_alert_and_its_reason(void **state)
{
	struct harness *harness = *state;
	see_process(harness, "running");
	see(harness, "orders", "orders", ERR_PROTOCOL, 2);
	assert_string_equal(alert_state(harness, "orders"), "firing");
	harness_feed(harness, "obs_check name=\"orders\" bot=\"orders\" gone=true latency_ms=nan");
	harness_advance(harness, 1000);
	assert_string_equal(alert_state(harness, "orders"), "resolved");
	assert_string_equal(harness_bot(harness, "orders")->why, "");
	assert_null(model_check(harness->model, entity_id("check", "orders/orders")));
	assert_int_equal(sum_of(harness)->checks, 1);
	harness_feed(harness, "obs_check name=\"quiz\" bot=\"quiz\" gone=true latency_ms=nan");
	harness_feed(harness, "obs_check name=\"winter\" bot=\"winter\" gone=true latency_ms=nan");
	assert_null(sum_of(harness));
}

static void of_two_checks_of_one_bot_the_worse_is_shown(void **state)
{
	struct harness *harness = *state;
	see(harness, "quiz-api", "quiz", ERR_UNREACHABLE, 2);
	see(harness, "quiz", "quiz", ERR_NONE, 0);
	assert_string_equal(harness_bot(harness, "quiz")->state, "failing");
	see(harness, "quiz-api", "quiz", ERR_NONE, 0);
	assert_string_equal(harness_bot(harness, "quiz")->state, "ok");
}

static void a_token_that_a_page_says_stays_out_of_the_check(void **state)
{
	struct harness *harness = *state;
	harness_feed(harness,
		"obs_check name=\"orders\" bot=\"orders\" code=%d fails=1 interval_ms=10000 "
		"why=\"500, says 7100812:AAHcanarycanarycanarycanarycanary\"",
		ERR_PROTOCOL);
	const char *why = check_of(harness, "orders", "orders")->why;
	assert_non_null(strstr(why, "7100812:<redacted>"));
	assert_null(strstr(why, "canary"));
	assert_null(strstr(harness_bot(harness, "orders")->health_why, "canary"));
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(one_failure_is_late_and_two_are_failing),
		test(an_answer_that_says_no_is_less_bad_than_none),
		test(what_the_configuration_names_counts_before_it_has_answered),
		test(all_checks_are_one_row_that_names_those_that_fail),
		test(a_check_that_nobody_looks_at_is_stale_and_loses_its_figure),
		test(a_failing_check_that_nobody_looks_at_any_more_neither_ends_nor_begins_an_alert),
		test(the_check_of_a_disabled_bot_does_not_count),
		test(a_bots_page_is_a_reason_on_its_row),
		test(a_process_that_is_gone_is_said_once),
		test(a_page_that_answers_proves_that_the_bot_lives),
		test(while_redis_is_down_bots_that_say_so_make_no_alerts_of_their_own),
		cmocka_unit_test(a_bot_whose_page_fails_names_its_redis_and_no_other),
		test(a_check_that_is_gone_leaves_with_its_alert_and_its_reason),
		test(of_two_checks_of_one_bot_the_worse_is_shown),
		test(a_token_that_a_page_says_stays_out_of_the_check),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
