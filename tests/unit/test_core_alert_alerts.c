/* SPDX-License-Identifier: MIT */
/* Each rule under a virtual clock: it fires, holds, resolves, does not flap, and obeys its settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/alert.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/model.h"
#include "core/model/verdict.h"

#define START INT64_C(1790000000000)

struct bench {
	struct clock clock;
	struct model *model;
	struct settings *settings;
	struct alerts *alerts;
	struct verdict_limits limits;
};

static struct settings *settings_from(const char *yaml)
{
	struct settings *settings = NULL;
	struct str report autostr = STR_INIT;
	struct err err = {0};
	if (!settings_parse(yaml, strlen(yaml), "/tmp/botswain.yaml", &settings, &report, &err))
		fail_msg("%s", report.text);
	return settings;
}

static void configure(struct bench *bench, const char *yaml)
{
	struct settings *settings = settings_from(yaml);
	settings_unref(bench->settings);
	bench->settings = settings;
	alert_limits(settings, &bench->limits);
	if (bench->alerts)
		alerts_reload(bench->alerts, settings);
}

static int setup(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	setenv("XDG_STATE_HOME", "/tmp", 1);
	clock_init_virtual(&bench->clock, START);
	bench->model = model_new();
	configure(bench, "");
	bench->alerts = alerts_new(bench->settings, &bench->clock, bench->model);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	alerts_free(bench->alerts);
	model_free(bench->model);
	settings_unref(bench->settings);
	free(bench);
	return 0;
}

/* ~12s: 12 s before now; +11s: after. */
static char *with_times(const struct bench *bench, const char *facts)
{
	struct str text = STR_INIT;
	for (const char *at = facts; *at; at++) {
		if (!(*at == '~' || *at == '+') || at == facts || at[-1] != '=') {
			str_addch(&text, *at);
			continue;
		}
		char duration[16];
		size_t length = strspn(at + 1, "0123456789smh");
		int64_t ms, now = clock_wall_ms(&bench->clock);
		struct err err = {0};
		snprintf(duration, sizeof(duration), "%.*s", (int)length, at + 1);
		assert_true(parse_duration(duration, &ms, &err));
		str_addf(&text, "%" PRId64, *at == '~' ? now - ms : now + ms);
		at += length;
	}
	return str_detach(&text);
}

static void *parsed(const struct bench *bench, const char *kind, const char *facts, uint64_t id)
{
	char *times autofree = with_times(bench, facts), *line autofree = NULL;
	line = xasprintf("%s id=%" PRIu64 " %s", kind, id, times);
	struct msg_any any;
	struct err err = {0};
	if (!msg_parse(line, &any, &err))
		fail_msg("%s: %s", line, err.text);
	return any.body;
}

#define WELL                                                                                       \
	"name=\"orders\" enabled=true transport=\"webhook\" webhook_url=\"https://x/\""            \
	" proc_state=\"running\" proc_start_ms=~1h proc_at_ms=~0s hb_state=\"ok\" hb_at_ms=~1s"    \
	" hb_seen_ms=~0s tg_state=\"ok\" tg_at_ms=~1s added_ms=1780000000000 "

static uint64_t bot_id(void)
{
	return entity_id("bot", "orders");
}

/* An observation of the bot: WELL, but for these facts. Reasons of before go on, as in the engine. */
static void see_bot(struct bench *bench, const char *facts)
{
	char *all autofree = xasprintf(WELL "%s", facts);
	struct msg_bot *bot = parsed(bench, "bot", all, bot_id());
	const struct msg_bot *old = model_bot(bench->model, bot_id());
	if (old) {
		struct msg_bot *copy = msg_copy(MSG_bot, old);
		bot->reasons = copy->reasons;
		bot->reasons_count = copy->reasons_count;
		copy->reasons = NULL;
		copy->reasons_count = 0;
		msg_free(MSG_bot, copy);
	}
	verdict_bot(bot, &bench->limits, clock_wall_ms(&bench->clock));
	model_put(bench->model, MSG_bot, bot);
	alerts_check(bench->alerts, MSG_bot, bot_id());
}

static void pass(struct bench *bench, int64_t ms)
{
	clock_advance(&bench->clock, ms);
	alerts_turn(bench->alerts);
}

static const struct msg_alert *alert_of(const struct bench *bench, const char *rule)
{
	size_t count;
	const struct msg_alert *const *all = model_alerts(bench->model, &count);
	for (size_t i = 0; i < count; i++)
		if (!strcmp(all[i]->rule, rule))
			return all[i];
	return NULL;
}

static const char *phase_of(const struct bench *bench, const char *rule)
{
	const struct msg_alert *alert = alert_of(bench, rule);
	return alert ? alert->state : "none";
}

/* ---- every rule about a bot ---- */

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
		"orders: webhook 502 x38, 38 new within 5m", 'w', 38, 300,
		"alerts: {webhook_error: {within: 1h}}",
		"webhook_error=\"x\" webhook_errors=1 webhook_error_at_ms=~9m"},
	{"webhook_url_changed", "url_changed_ms=~20s",
		"orders: its webhook URL changed at 14:13:00Z (said for 10m): was that you?", 'w',
		20, 600, "alerts: {webhook_url_changed: {within: 1h}}", "url_changed_ms=~20m"},
	{"token_rejected", "tg_state=\"rejected\" tg_error=\"Unauthorized\" tg_fails=1",
		"orders: token rejected (401): put the new token in its file, then reload", '!', 1,
		NAN, NULL, NULL},
	{"rate_limited", "floods=6 flood_ms=~4s", "orders: its log says 429 6 times within 1m", 'w',
		6, 60, "alerts: {rate_limited: {within: 1h}}", "floods=1 flood_ms=~4m"},
	{"rate_limited", "retry_until_ms=+12s",
		"orders: Telegram answered 429, it is asked again at 14:13:32Z", 'w', 12, 60, NULL,
		NULL},
	{"poller_conflict", "conflicts=2 conflict_ms=~4s",
		"orders: its log says 409 2 times within 2m: another process polls with its token",
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
	{"rate_limited", "orders: its log says 429 1 time within 1h"},
	{"poller_conflict",
		"orders: its log says 409 1 time within 1h: another process polls with its token"},
};

static void every_rule_fires_says_value_and_limit_and_resolves(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bot_rules); i++) {
		void *fresh = NULL;
		setup(&fresh);
		struct bench *bench = fresh;
		see_bot(bench, "");
		assert_string_equal(phase_of(bench, bot_rules[i].rule), "none");
		see_bot(bench, bot_rules[i].facts);
		const struct msg_alert *alert = alert_of(bench, bot_rules[i].rule);
		if (!alert || strcmp(alert->text, bot_rules[i].text) != 0)
			fail_msg(
				"%s says '%s'", bot_rules[i].rule, alert ? alert->text : "nothing");
		assert_string_equal(alert->state, "firing");
		assert_int_equal(alert->fired_ms, START);
		assert_int_equal(alert->since_ms, START);
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
		assert_true(alert_of(bench, bot_rules[i].rule)->resolved_ms > START);
		pass(bench, ALERT_RESOLVED_SHOWN_MS - 7000);
		assert_string_equal(phase_of(bench, bot_rules[i].rule), "resolved");
		pass(bench, 8000);
		assert_string_equal(phase_of(bench, bot_rules[i].rule), "none");
		teardown(&fresh);
	}
}

static void every_threshold_is_a_setting(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bot_rules); i++) {
		if (!bot_rules[i].setting)
			continue;
		void *fresh = NULL;
		setup(&fresh);
		struct bench *bench = fresh;
		see_bot(bench, bot_rules[i].mild);
		if (strcmp(phase_of(bench, bot_rules[i].rule), "none") != 0)
			fail_msg("%s fires below its default", bot_rules[i].rule);
		configure(bench, bot_rules[i].setting);
		see_bot(bench, bot_rules[i].mild);
		if (strcmp(phase_of(bench, bot_rules[i].rule), "firing") != 0)
			fail_msg("%s does not obey %s", bot_rules[i].rule, bot_rules[i].setting);
		for (size_t s = 0; s < COUNT_OF(singles); s++)
			if (!strcmp(singles[s].rule, bot_rules[i].rule))
				assert_string_equal(
					alert_of(bench, bot_rules[i].rule)->text, singles[s].text);
		teardown(&fresh);
	}
}

static void every_rule_can_be_off_held_and_of_another_severity(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bot_rules); i++) {
		void *fresh = NULL;
		setup(&fresh);
		struct bench *bench = fresh;
		const char *rule = bot_rules[i].rule;
		char *held autofree = xasprintf("alerts: {%s: {for: 4s, severity: %s}}", rule,
			bot_rules[i].letter == 'w' ? "crit" : "warn");
		char *off autofree = xasprintf("alerts: {%s: {off: yes}}", rule);
		configure(bench, held);
		see_bot(bench, bot_rules[i].facts);
		assert_string_equal(phase_of(bench, rule), "pending");
		assert_int_equal(alert_of(bench, rule)->fired_ms, 0);
		pass(bench, 3900);
		assert_string_equal(phase_of(bench, rule), "pending");
		pass(bench, 1100);
		assert_string_equal(phase_of(bench, rule), "firing");
		assert_int_not_equal(severity_letter((unsigned)alert_of(bench, rule)->severity),
			bot_rules[i].letter);
		configure(bench, off);
		pass(bench, 1000);
		assert_string_equal(phase_of(bench, rule), "resolved");
		assert_non_null(strstr(alert_of(bench, rule)->text,
			"over because the configuration turned the rule off"));
		teardown(&fresh);
	}
}

/* ---- how an alert lives ---- */

static void a_pending_alert_whose_condition_ends_was_never_there(void **state)
{
	struct bench *bench = *state;
	configure(bench, "alerts: {bot_down: {for: 10s}}");
	see_bot(bench, "proc_state=\"absent\" proc_fails=2");
	assert_string_equal(phase_of(bench, "bot_down"), "pending");
	see_bot(bench, "");
	assert_string_equal(phase_of(bench, "bot_down"), "none");
}

static void a_short_recovery_does_not_flap(void **state)
{
	struct bench *bench = *state;
	see_bot(bench, "proc_state=\"absent\" proc_fails=2");
	int64_t fired_ms = alert_of(bench, "bot_down")->fired_ms;
	for (int i = 0; i < 5; i++) {
		clock_advance(&bench->clock, 2000);
		see_bot(bench, "");
		pass(bench, 2000);
		assert_string_equal(phase_of(bench, "bot_down"), "firing");
		see_bot(bench, "proc_state=\"absent\" proc_fails=2");
	}
	assert_int_equal(alert_of(bench, "bot_down")->fired_ms, fired_ms);
	see_bot(bench, "");
	pass(bench, 1000);
	pass(bench, 5000);
	assert_string_equal(phase_of(bench, "bot_down"), "resolved");
}

static void a_resolved_alert_that_comes_back_fires_anew(void **state)
{
	struct bench *bench = *state;
	see_bot(bench, "restarts=4");
	see_bot(bench, "");
	assert_string_equal(phase_of(bench, "restart_loop"), "resolved");
	pass(bench, 60000);
	see_bot(bench, "restarts=5");
	const struct msg_alert *alert = alert_of(bench, "restart_loop");
	assert_string_equal(alert->state, "firing");
	assert_int_equal(alert->fired_ms, START + 60000);
	assert_int_equal(alert->since_ms, START + 60000);
	assert_int_equal(alert->resolved_ms, 0);
}

static void one_alert_a_rule_and_target(void **state)
{
	struct bench *bench = *state;
	for (int i = 0; i < 10; i++) {
		see_bot(bench, "proc_state=\"absent\" proc_fails=2");
		pass(bench, 1000);
	}
	size_t count;
	model_alerts(bench->model, &count);
	assert_int_equal(count, 1);
	assert_non_null(model_alert(bench->model, entity_id("alert", "bot_down/bot/orders")));
}

static void disabled_or_worked_on_does_not_page(void **state)
{
	struct bench *bench = *state;
	see_bot(bench, "proc_state=\"absent\" proc_fails=9 enabled=false");
	see_bot(bench, "proc_state=\"absent\" proc_fails=9 busy_op=3");
	assert_string_equal(phase_of(bench, "bot_down"), "none");
	see_bot(bench, "proc_state=\"absent\" proc_fails=9");
	assert_string_equal(phase_of(bench, "bot_down"), "firing");
	see_bot(bench, "proc_state=\"absent\" proc_fails=9 busy_op=4");
	pass(bench, 20000);
	assert_string_equal(phase_of(bench, "bot_down"), "firing"); /* until it is seen to run */
	see_bot(bench, "");
	pass(bench, 1000);
	pass(bench, 6000);
	assert_string_equal(phase_of(bench, "bot_down"), "resolved");
}

static void a_silent_source_neither_begins_nor_ends_an_alert(void **state)
{
	struct bench *bench = *state;
	see_bot(bench, "hb_state=\"missing\" hb_at_ms=~41s");
	assert_string_equal(phase_of(bench, "heartbeat_late"), "firing");
	for (int i = 0; i < 30; i++) {
		see_bot(bench, "hb_state=\"missing\" hb_at_ms=~90s hb_seen_ms=~40s");
		pass(bench, 2000);
	}
	assert_string_equal(phase_of(bench, "heartbeat_late"), "firing");
	see_bot(bench, "");
	pass(bench, 1000);
	pass(bench, 6000);
	see_bot(bench, "hb_state=\"missing\" hb_at_ms=~90s hb_seen_ms=~40s");
	assert_string_equal(phase_of(bench, "heartbeat_late"), "resolved");
}

static void a_backlog_that_stays_high_goes_on_and_one_that_falls_is_over(void **state)
{
	struct bench *bench = *state;
	see_bot(bench, "pending=400 pending_rises=0 pending_slope=5");
	assert_string_equal(phase_of(bench, "backlog_rising"), "none");
	see_bot(bench, "pending=500 pending_rises=3 pending_slope=50");
	pass(bench, 20000);
	see_bot(bench, "pending=490 pending_rises=0 pending_slope=20");
	pass(bench, 20000);
	assert_string_equal(phase_of(bench, "backlog_rising"), "firing");
	see_bot(bench, "pending=300 pending_rises=0 pending_slope=-90");
	pass(bench, 1000);
	pass(bench, 5000);
	assert_string_equal(phase_of(bench, "backlog_rising"), "resolved");
}

static void a_backlog_is_told_as_it_is_now(void **state)
{
	struct bench *bench = *state;
	see_bot(bench, "pending=212 pending_rises=3 pending_slope=50");
	clock_advance(&bench->clock, 1000);
	see_bot(bench, "pending=227 pending_rises=4 pending_slope=50");
	const struct msg_alert *alert = alert_of(bench, "backlog_rising");
	assert_string_equal(alert->text, "227 updates wait for orders (limit 200), more at each of "
					 "4 polls (limit 3)");
	/* High, but not rising: it goes on firing. */
	clock_advance(&bench->clock, 1000);
	see_bot(bench, "pending=219 pending_rises=0 pending_slope=20");
	alert = alert_of(bench, "backlog_rising");
	assert_string_equal(alert->state, "firing");
	assert_string_equal(alert->text, "219 updates wait for orders (limit 200)");
	assert_true(alert->value == 219);
	/* What is not known now is not told. */
	see_bot(bench, "pending=-1 tg_state=\"unreachable\" tg_fails=3");
	pass(bench, 10000);
	assert_string_equal(
		alert_of(bench, "backlog_rising")->text, "219 updates wait for orders (limit 200)");
}

static void a_longer_hold_after_a_reload_makes_firing_pending_again(void **state)
{
	struct bench *bench = *state;
	see_bot(bench, "restarts=4");
	assert_string_equal(phase_of(bench, "restart_loop"), "firing");
	configure(bench, "alerts: {restart_loop: {for: 1m}}");
	pass(bench, 1000);
	assert_string_equal(phase_of(bench, "restart_loop"), "pending");
	pass(bench, 60000);
	assert_string_equal(phase_of(bench, "restart_loop"), "firing");
}

static void a_target_that_leaves_resolves_its_alerts(void **state)
{
	struct bench *bench = *state;
	see_bot(bench, "restarts=4");
	model_remove(bench->model, MSG_bot, bot_id());
	pass(bench, 1000);
	assert_string_equal(phase_of(bench, "restart_loop"), "resolved");
}

static void a_webhook_that_fails_while_updates_pile_up_is_critical(void **state)
{
	struct bench *bench = *state;
	see_bot(bench, "webhook_error=\"x\" webhook_errors=2 webhook_error_at_ms=~1s pending=900");
	assert_int_equal(alert_of(bench, "webhook_error")->severity, SEVERITY_CRIT);
}

static void the_sentence_of_a_firing_alert_is_renewed_now_and_then(void **state)
{
	struct bench *bench = *state;
	see_bot(bench, "restarts=4");
	uint64_t rev = alert_of(bench, "restart_loop")->rev;
	pass(bench, 1000);
	see_bot(bench, "restarts=5");
	assert_int_equal(alert_of(bench, "restart_loop")->rev, rev);
	pass(bench, 5000);
	assert_true(alert_of(bench, "restart_loop")->value == 5);
}

/* ---- sources and services ---- */

static void see(struct bench *bench, enum msg_kind kind, const char *facts, const char *path)
{
	const char *scope = kind == MSG_source ? "source" : "service";
	uint64_t id = entity_id(scope, path);
	void *body = parsed(bench, scope, facts, id);
	if (kind == MSG_service)
		verdict_service(body, model_source(bench->model, entity_id("source", path)),
			&bench->limits, clock_wall_ms(&bench->clock));
	model_put(bench->model, kind, body);
	alerts_check(bench->alerts, kind, id);
}

static void an_unreachable_source_is_one_alert_and_none_for_its_bots(void **state)
{
	struct bench *bench = *state;
	see(bench, MSG_source,
		"kind=\"telegram\" name=\"telegram\" state=\"unreachable\" fails=1 "
		"error=\"Connection refused\"",
		"telegram/telegram");
	assert_string_equal(phase_of(bench, "source_unreachable"), "none");
	see(bench, MSG_source,
		"kind=\"telegram\" name=\"telegram\" state=\"unreachable\" fails=2 "
		"error=\"Connection refused\"",
		"telegram/telegram");
	see_bot(bench,
		"tg_state=\"unreachable\" tg_fails=2 tg_error=\"Connection refused\" pending=-1");
	const struct msg_alert *alert = alert_of(bench, "source_unreachable");
	assert_string_equal(alert->text,
		"telegram cannot be asked: connection refused, 2 failures in a row (limit 2)");
	size_t count;
	model_alerts(bench->model, &count);
	assert_int_equal(count, 1);
	see(bench, MSG_source, "kind=\"telegram\" name=\"telegram\" state=\"ok\"",
		"telegram/telegram");
	pass(bench, 6000);
	assert_string_equal(phase_of(bench, "source_unreachable"), "resolved");
}

static void a_server_that_is_down_has_its_own_rule(void **state)
{
	struct bench *bench = *state;
	static const char *const kinds[] = {"redis", "postgres"};
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		char *rule autofree = xasprintf("%s_down", kinds[i]);
		char *path autofree = xasprintf("%s/main", kinds[i]);
		char *service autofree = xasprintf("kind=\"%s\" name=\"main\" at_ms=~0s", kinds[i]);
		char *bad autofree = xasprintf("kind=\"%s\" name=\"main\" state=\"unreachable\" "
					       "fails=2 error=\"Connection refused\"",
			kinds[i]);
		char *good autofree = xasprintf("kind=\"%s\" name=\"main\" state=\"ok\"", kinds[i]);
		see(bench, MSG_source, bad, path);
		see(bench, MSG_service, service, path);
		assert_string_equal(phase_of(bench, rule), "firing");
		assert_non_null(strstr(alert_of(bench, rule)->text,
			" main is down: connection refused, 2 failures in a row (limit 2)"));
		assert_string_equal(phase_of(bench, "source_unreachable"), "none");
		see(bench, MSG_source, good, path);
		see(bench, MSG_service, service, path);
		pass(bench, 1000);
		pass(bench, 6000);
		assert_string_equal(phase_of(bench, rule), "resolved");
	}
}

static void a_server_that_refuses_our_login_is_not_down(void **state)
{
	struct bench *bench = *state;
	see(bench, MSG_source,
		"kind=\"redis\" name=\"main\" state=\"error\" fails=9 error=\"NOAUTH "
		"Authentication required.\"",
		"redis/main");
	see(bench, MSG_service, "kind=\"redis\" name=\"main\" at_ms=~0s", "redis/main");
	assert_string_equal(phase_of(bench, "redis_down"), "none");
}

static void a_server_that_nobody_asked_for_want_of_its_password_is_neither_down_nor_well(
	void **state)
{
	struct bench *bench = *state;
	static const char service[] = "kind=\"postgres\" name=\"main\" at_ms=~0s";
	static const char unread[] = "kind=\"postgres\" name=\"main\" state=\"no_secret\" "
				     "fails=9 error=\"its password cannot be read: x\"";
	see(bench, MSG_source, unread, "postgres/main");
	see(bench, MSG_service, service, "postgres/main");
	assert_string_equal(phase_of(bench, "postgres_down"), "none");
	see(bench, MSG_source,
		"kind=\"postgres\" name=\"main\" state=\"unreachable\" fails=2 error=\"x\"",
		"postgres/main");
	see(bench, MSG_service, service, "postgres/main");
	assert_string_equal(phase_of(bench, "postgres_down"), "firing");
	see(bench, MSG_source, unread, "postgres/main");
	see(bench, MSG_service, service, "postgres/main");
	pass(bench, 1000);
	pass(bench, 6000);
	assert_string_equal(phase_of(bench, "postgres_down"), "firing");
}

static void how_many_failures_are_down_is_a_setting(void **state)
{
	struct bench *bench = *state;
	static const char one[] =
		"kind=\"redis\" name=\"main\" state=\"unreachable\" fails=1 error=\"x\"";
	see(bench, MSG_source, one, "redis/main");
	see(bench, MSG_service, "kind=\"redis\" name=\"main\" at_ms=~0s", "redis/main");
	assert_string_equal(phase_of(bench, "redis_down"), "none");
	configure(bench, "alerts: {redis_down: {fails: 1}, source_unreachable: {fails: 1}}");
	see(bench, MSG_service, "kind=\"redis\" name=\"main\" at_ms=~0s", "redis/main");
	assert_string_equal(phase_of(bench, "redis_down"), "firing");
	see(bench, MSG_source, "kind=\"files\" name=\"files\" state=\"error\" fails=1 error=\"x\"",
		"files/files");
	assert_string_equal(phase_of(bench, "source_unreachable"), "firing");
}

/* ---- the tables agree ---- */

static void every_rule_has_its_setting_and_a_default_that_verdicts_share(void **state)
{
	struct bench *bench = *state;
	struct str yaml autostr = STR_INIT;
	const struct alert_rule *rule;
	size_t count = 0;
	str_adds(&yaml, "alerts:\n");
	for (; (rule = alert_rule_at(count)); count++) {
		str_addf(&yaml, "  %s: {for: 1s}\n", rule->name);
		assert_true(*rule->help && *rule->origin);
	}
	assert_true(count > 0);
	struct settings *settings = settings_from(yaml.text);
	assert_int_equal(settings->rule_count, count);
	settings_unref(settings);
	struct verdict_limits shared = bench->limits, defaults = *verdict_defaults();
	shared.process_stale_ms = defaults.process_stale_ms;
	shared.telegram_stale_ms = defaults.telegram_stale_ms;
	shared.heartbeat_stale_ms = defaults.heartbeat_stale_ms;
	shared.service_stale_ms = defaults.service_stale_ms;
	assert_memory_equal(&shared, &defaults, sizeof(shared));
}

static void freshness_follows_the_intervals(void **state)
{
	struct bench *bench = *state;
	configure(bench,
		"process: {interval: 10s}\ntelegram: {interval: 20s}\n"
		"redis: {a: {interval: 4s}}\npostgres: {p: {dsn: dbname=x, interval: 9s}}\n");
	assert_int_equal(bench->limits.process_stale_ms, 30000);
	assert_int_equal(bench->limits.telegram_stale_ms, 60000);
	assert_int_equal(bench->limits.heartbeat_stale_ms, 12000);
	assert_int_equal(bench->limits.service_stale_ms, 27000);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_fires_says_value_and_limit_and_resolves),
		cmocka_unit_test(every_threshold_is_a_setting),
		cmocka_unit_test(every_rule_can_be_off_held_and_of_another_severity),
		test(a_pending_alert_whose_condition_ends_was_never_there),
		test(a_short_recovery_does_not_flap),
		test(a_resolved_alert_that_comes_back_fires_anew),
		test(one_alert_a_rule_and_target),
		test(disabled_or_worked_on_does_not_page),
		test(a_silent_source_neither_begins_nor_ends_an_alert),
		test(a_backlog_that_stays_high_goes_on_and_one_that_falls_is_over),
		test(a_backlog_is_told_as_it_is_now),
		test(a_longer_hold_after_a_reload_makes_firing_pending_again),
		test(a_target_that_leaves_resolves_its_alerts),
		test(a_webhook_that_fails_while_updates_pile_up_is_critical),
		test(the_sentence_of_a_firing_alert_is_renewed_now_and_then),
		test(an_unreachable_source_is_one_alert_and_none_for_its_bots),
		test(a_server_that_is_down_has_its_own_rule),
		test(a_server_that_refuses_our_login_is_not_down),
		test(a_server_that_nobody_asked_for_want_of_its_password_is_neither_down_nor_well),
		test(how_many_failures_are_down_is_a_setting),
		test(every_rule_has_its_setting_and_a_default_that_verdicts_share),
		test(freshness_follows_the_intervals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
