/* SPDX-License-Identifier: MIT */
/* Each rule about a bot under a virtual clock: it fires, says value and limit, resolves, and obeys its settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/alert.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/verdict.h"
#include "tests/support/alert_bench.h"

static const struct {
	const char *rule, *facts; /* what makes it fire */
	const char *text;
	char letter;
	double value, limit;
	const char *setting, *mild; /* these facts fire only with this setting */
} bot_rules[] = {
	{"bot_down", "proc_state=\"absent\" proc_fails=3",
		"orders is down: process gone, 3 looks in a row (limit 2)", '!', 3, 2,
		"alerts: {bot_down: {fails: 1}}", "proc_state=\"absent\" proc_fails=1"},
	{"bot_down", "proc_state=\"fatal\" proc_fails=1",
		"orders is down: supervisor gave up on it", '!', NAN, NAN, NULL, NULL},
	{"bot_down", "proc_state=\"backoff\" proc_fails=1", "orders is down: dies at every start",
		'!', NAN, NAN, NULL, NULL},
	{"bot_down", "proc_state=\"stopped\" proc_fails=1",
		"orders is down: stopped, though enabled", '!', NAN, NAN, NULL, NULL},
	{"heartbeat_late", "hb_state=\"missing\" hb_at_ms=~41s",
		"orders runs, but gives no heartbeat for 41s (limit 30s)", '!', 41, 30,
		"alerts: {heartbeat_late: {after: 5s}}", "hb_state=\"ok\" hb_at_ms=~9s"},
	{"backlog_rising", "pending=1204 pending_rises=3",
		"1204 updates wait for orders (limit 200), more at each of 3 polls (limit 3)", 'w',
		1204, 200, "alerts: {backlog_rising: {pending: 1, polls: 1}}",
		"pending=1 pending_rises=1"},
	{"webhook_error",
		"webhook_error=\"Wrong response from the webhook: 502 Bad Gateway\" "
		"webhook_errors=38"
		" webhook_error_at_ms=~1s",
		"orders: webhook 502 x38, the last at 14:13:19Z (said for 5m)", 'w', 38, 300,
		"alerts: {webhook_error: {within: 1h}}",
		"webhook_error=\"x\" webhook_errors=1 webhook_error_at_ms=~9m"},
	{"webhook_url_changed", "url_changed_ms=~20s",
		"orders: its webhook URL changed at 14:13:00Z (said for 10m): was that you?", 'w',
		20, 600, "alerts: {webhook_url_changed: {within: 1h}}", "url_changed_ms=~20m"},
	{"token_rejected", "tg_state=\"rejected\" tg_error=\"Unauthorized\" tg_fails=1",
		"orders: token rejected (401): put the new token in its file, then reload", '!', 1,
		NAN, NULL, NULL},
	{"rate_limited", "floods=6 flood_ms=~4s",
		"orders: its log says 429 6 times, the last at 14:13:16Z (said for 1m)", 'w', 6, 60,
		"alerts: {rate_limited: {within: 1h}}", "floods=1 flood_ms=~4m"},
	{"rate_limited", "retry_until_ms=+12s",
		"orders: Telegram answered 429, it is asked again at 14:13:32Z", 'w', 12, 60, NULL,
		NULL},
	{"poller_conflict", "conflicts=2 conflict_ms=~4s",
		"orders: another process polls with its token: its log says 409 2 times, the last "
		"at 14:13:16Z (said for 2m)",
		'!', 2, 120, "alerts: {poller_conflict: {within: 1h}}",
		"conflicts=1 conflict_ms=~4m"},
	{"worker_silent", "workers=[{id=\"2\" seen_ms=~6m}]",
		"orders: worker 2 silent for 6m (limit 5m)", 'w', 360, 300,
		"alerts: {worker_silent: {after: 10s}}", "workers=[{id=\"2\" seen_ms=~11s}]"},
	{"restart_loop", "restarts=4", "orders was started 4 times within 10m (limit 3)", '!', 4, 3,
		"alerts: {restart_loop: {starts: 2}}", "restarts=2"},
};

/* What a rule says when its setting lets a count of one be enough. */
static const struct {
	const char *rule, *text;
} singles[] = {
	{"bot_down", "orders is down: process gone, 1 look (limit 1)"},
	{"backlog_rising", "1 update waits for orders (limit 1), more at 1 poll (limit 1)"},
	{"rate_limited", "orders: its log says 429 1 time, the last at 14:09:20Z (said for 1h)"},
	{"poller_conflict", "orders: another process polls with its token: its log says 409 1 "
			    "time, the last at 14:09:20Z (said for 1h)"},
};

static void every_rule_fires_says_value_and_limit_and_resolves(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bot_rules); i++) {
		void *fresh = NULL;
		alert_bench_setup(&fresh);
		struct alert_bench *bench = fresh;
		see_bot(bench, "");
		assert_string_equal(phase_of(bench, bot_rules[i].rule), "none");
		see_bot(bench, bot_rules[i].facts);
		const struct msg_alert *alert = alert_of(bench, bot_rules[i].rule);
		if (!alert || strcmp(alert->text, bot_rules[i].text) != 0)
			fail_msg(
				"%s says '%s'", bot_rules[i].rule, alert ? alert->text : "nothing");
		assert_string_equal(alert->state, "firing");
		assert_int_equal(alert->fired_ms, ALERT_BENCH_MS);
		assert_int_equal(alert->since_ms, ALERT_BENCH_MS);
		assert_int_equal(severity_letter((unsigned)alert->severity), bot_rules[i].letter);
		assert_int_equal(isnan(alert->value), isnan(bot_rules[i].value));
		assert_int_equal(isnan(alert->limit), isnan(bot_rules[i].limit));
		assert_false(fabs(alert->value - bot_rules[i].value) >= 1e-9);
		assert_true(alert->limit == bot_rules[i].limit || isnan(bot_rules[i].limit));
		assert_string_equal(alert->target_name, "orders");
		clock_advance(&bench->clock, 1000);
		see_bot(bench, "");
		pass(bench, 6000);
		assert_string_equal(phase_of(bench, bot_rules[i].rule), "resolved");
		assert_true(alert_of(bench, bot_rules[i].rule)->resolved_ms > ALERT_BENCH_MS);
		pass(bench, ALERT_RESOLVED_SHOWN_MS - 7000);
		assert_string_equal(phase_of(bench, bot_rules[i].rule), "resolved");
		pass(bench, 8000);
		assert_string_equal(phase_of(bench, bot_rules[i].rule), "none");
		alert_bench_teardown(&fresh);
	}
}

static void every_threshold_is_a_setting(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bot_rules); i++) {
		if (!bot_rules[i].setting)
			continue;
		void *fresh = NULL;
		alert_bench_setup(&fresh);
		struct alert_bench *bench = fresh;
		see_bot(bench, bot_rules[i].mild);
		if (strcmp(phase_of(bench, bot_rules[i].rule), "none") != 0)
			fail_msg("%s fires below its default", bot_rules[i].rule);
		alert_bench_configure(bench, bot_rules[i].setting);
		see_bot(bench, bot_rules[i].mild);
		if (strcmp(phase_of(bench, bot_rules[i].rule), "firing") != 0)
			fail_msg("%s does not obey %s", bot_rules[i].rule, bot_rules[i].setting);
		for (size_t s = 0; s < COUNT_OF(singles); s++)
			if (!strcmp(singles[s].rule, bot_rules[i].rule))
				assert_string_equal(
					alert_of(bench, bot_rules[i].rule)->text, singles[s].text);
		alert_bench_teardown(&fresh);
	}
}

static void every_rule_can_be_off_held_and_of_another_severity(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bot_rules); i++) {
		void *fresh = NULL;
		alert_bench_setup(&fresh);
		struct alert_bench *bench = fresh;
		const char *rule = bot_rules[i].rule;
		char *held autofree = xasprintf("alerts: {%s: {for: 4s, severity: %s}}", rule,
			bot_rules[i].letter == 'w' ? "crit" : "warn");
		char *off autofree = xasprintf("alerts: {%s: {off: yes}}", rule);
		alert_bench_configure(bench, held);
		see_bot(bench, bot_rules[i].facts);
		assert_string_equal(phase_of(bench, rule), "pending");
		assert_int_equal(alert_of(bench, rule)->fired_ms, 0);
		pass(bench, 3900);
		assert_string_equal(phase_of(bench, rule), "pending");
		pass(bench, 1100);
		assert_string_equal(phase_of(bench, rule), "firing");
		assert_int_not_equal(severity_letter((unsigned)alert_of(bench, rule)->severity),
			bot_rules[i].letter);
		alert_bench_configure(bench, off);
		pass(bench, 1000);
		assert_string_equal(phase_of(bench, rule), "resolved");
		assert_non_null(strstr(alert_of(bench, rule)->text,
			"over because the configuration turned the rule off"));
		alert_bench_teardown(&fresh);
	}
}

static void every_rule_has_its_setting_and_a_default_that_verdicts_share(void **state)
{
	struct alert_bench *bench = *state;
	struct str yaml autostr = STR_INIT;
	const struct alert_rule *rule;
	size_t count = 0;
	str_adds(&yaml, "alerts:\n");
	for (; (rule = alert_rule_at(count)); count++) {
		str_addf(&yaml, "  %s: {for: 1s}\n", rule->name);
		assert_true(*rule->help && *rule->origin);
	}
	assert_true(count > 0);
	struct settings *settings = alert_bench_settings(yaml.text);
	assert_int_equal(settings->rule_count, count);
	settings_unref(settings);
	struct verdict_limits shared = bench->limits, defaults = *verdict_defaults();
	shared.process_stale_ms = defaults.process_stale_ms;
	shared.telegram_stale_ms = defaults.telegram_stale_ms;
	shared.heartbeat_stale_ms = defaults.heartbeat_stale_ms;
	shared.service_stale_ms = defaults.service_stale_ms;
	assert_memory_equal(&shared, &defaults, sizeof(shared));
}

static bool is_rule(const char *name)
{
	for (size_t i = 0; alert_rule_at(i); i++)
		if (strcmp(alert_rule_at(i)->name, name) == 0)
			return true;
	return false;
}

static void every_cause_is_an_alert(void **state)
{
	static const char *const causes[] = {
#define CAUSE(id, at) #id,
#include "core/model/causes.def"
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(causes); i++) {
		assert_true(is_rule(causes[i]));
		assert_true(alert_place(causes[i]) < alert_place("webhook_error"));
	}
}

static void freshness_follows_the_intervals(void **state)
{
	struct alert_bench *bench = *state;
	alert_bench_configure(bench,
		"process: {interval: 10s}\ntelegram: {interval: 20s}\n"
		"redis: {a: {interval: 4s}}\npostgres: {p: {dsn: dbname=x, interval: 9s}}\n");
	assert_int_equal(bench->limits.process_stale_ms, 30000);
	assert_int_equal(bench->limits.telegram_stale_ms, 60000);
	assert_int_equal(bench->limits.heartbeat_stale_ms, 12000);
	assert_int_equal(bench->limits.service_stale_ms, 27000);
}

#define test(name) cmocka_unit_test_setup_teardown(name, alert_bench_setup, alert_bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_fires_says_value_and_limit_and_resolves),
		cmocka_unit_test(every_threshold_is_a_setting),
		cmocka_unit_test(every_rule_can_be_off_held_and_of_another_severity),
		test(every_rule_has_its_setting_and_a_default_that_verdicts_share),
		cmocka_unit_test(every_cause_is_an_alert),
		test(freshness_follows_the_intervals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
