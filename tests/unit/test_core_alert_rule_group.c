/* SPDX-License-Identifier: MIT */
/* The semantics of Prometheus' rules, evaluation by evaluation; time is what the test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/rulefile/rule_book.h"
#include "core/alert/rulefile/rule_group.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/msg/msg.h"
#include "core/series/labels.h"
#include "core/series/promql/eval.h"
#include "core/series/tsdb.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, ALERTS_MOST = 64 };

static const int64_t begin_ms = INT64_C(1790000000) * SECOND;

struct scene {
	struct tsdb *tsdb;
	struct querier querier;
	struct rule_group *group;
	struct msg_alert *alerts[ALERTS_MOST]; /* as an engine would show them */
	size_t count, told;                    /* told: changes in the last run */
	size_t failing;
	int64_t now_ms;
};

static size_t place_of(const struct scene *scene, uint64_t id)
{
	size_t at = 0;
	while (at < scene->count && scene->alerts[at]->id != id)
		at++;
	return at;
}

static void take(void *context, struct msg_obs_rules *message)
{
	struct scene *scene = context;
	for (size_t i = 0; i < message->gone_count; i++) {
		size_t at = place_of(scene, (uint64_t)message->gone[i]);
		assert_true(at < scene->count);
		msg_free(MSG_alert, scene->alerts[at]);
		scene->alerts[at] = scene->alerts[--scene->count];
	}
	for (size_t i = 0; i < message->alerts_count; i++) {
		size_t at = place_of(scene, message->alerts[i].id);
		if (at < scene->count)
			msg_free(MSG_alert, scene->alerts[at]);
		else
			scene->count++;
		assert_true(scene->count < ALERTS_MOST);
		scene->alerts[at] = msg_copy(MSG_alert, &message->alerts[i]);
		scene->told++;
	}
	scene->failing = message->failing;
	msg_free(MSG_obs_rules, message);
}

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	struct err err;
	assert_true(tsdb_open(NULL, NULL, &scene->tsdb, &err));
	scene->querier = tsdb_querier(scene->tsdb);
	scene->now_ms = begin_ms;
	*state = scene;
	return 0;
}

static void forget_alerts(struct scene *scene)
{
	while (scene->count)
		msg_free(MSG_alert, scene->alerts[--scene->count]);
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	forget_alerts(scene);
	rule_group_free(scene->group);
	tsdb_close(scene->tsdb);
	free(scene);
	return 0;
}

/* The first group of a file of one group named g, with these lines of it. */
static struct rule_group *read_group(const char *lines)
{
	struct rule_book book = {.said = STR_INIT};
	autofree char *text = xasprintf("groups:\n- name: g\n%s", lines);
	const struct rule_book_from from = {.interval_ms = 15 * SECOND};
	rule_book_parse(&book, &from, "rules.yml", text, strlen(text));
	if (book.count != 1 || book.said_count)
		fail_msg("%s", book.said.text);
	struct rule_group *group = rule_group_new(&book.groups[0]);
	rule_book_release(&book);
	return group;
}

static void load(struct scene *scene, const char *lines)
{
	scene->group = read_group(lines);
}

/* NAN: it ends. */
static void put(struct scene *scene, const char *name, const char *bot, double value)
{
	struct err err;
	struct labels *labels =
		labels_new((const struct label[]){{LABEL_NAME, name}, {"bot", bot}}, 2);
	struct tsdb_series *series = tsdb_refer(scene->tsdb, labels, &err);
	labels_unref(labels);
	assert_non_null(series);
	(void)tsdb_append(series, scene->now_ms, isnan(value) ? stale_value() : value);
	tsdb_release(series);
}

static void run(struct scene *scene)
{
	const struct rule_round round = {.time_ms = scene->now_ms,
		.asked_ms = scene->now_ms,
		.querier = &scene->querier,
		.tsdb = scene->tsdb,
		.tell = take,
		.context = scene};
	scene->told = 0;
	rule_group_run(scene->group, &round);
}

static void pass(struct scene *scene, int64_t ms)
{
	scene->now_ms += ms;
}

/* NULL: it is not shown. */
static const struct msg_alert *find_alert(
	const struct scene *scene, const char *rule, const char *target)
{
	for (size_t i = 0; i < scene->count; i++)
		if (strcmp(scene->alerts[i]->rule, rule) == 0 &&
			strcmp(scene->alerts[i]->target_name, target) == 0)
			return scene->alerts[i];
	return NULL;
}

static const struct msg_alert *alert_of(
	const struct scene *scene, const char *rule, const char *target)
{
	const struct msg_alert *alert = find_alert(scene, rule, target);
	if (!alert) {
		fail_msg("no alert %s of %s", rule, target);
		abort();
	}
	return alert;
}

static const char *state_of(const struct scene *scene, const char *rule)
{
	const struct msg_alert *alert = find_alert(scene, rule, "orders");
	return alert ? alert->state : "none";
}

/* NAN: it yields nothing. */
static double ask(struct scene *scene, const char *query)
{
	struct query_result result = {.type = VALUE_VECTOR};
	struct err err;
	struct expr *expr = promql_parse(query, strlen(query), NULL, &err);
	const struct eval_options options = {.start_ms = scene->now_ms, .end_ms = scene->now_ms};
	assert_non_null(expr);
	assert_true(promql_eval(expr, &scene->querier, &options, &result, NULL, &err));
	double value = result.vector_count == 1 ? result.vector[0].value : (double)NAN;
	query_result_release(&result);
	expr_free(expr);
	return value;
}

/* ---- the states ---- */

struct step {
	int64_t after_ms;
	double value; /* of up{bot="orders"}; NAN: the series has ended */
	const char *state;
};

static void go(struct scene *scene, const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		pass(scene, steps[i].after_ms);
		put(scene, "down", "orders", steps[i].value);
		run(scene);
		if (strcmp(state_of(scene, "Down"), steps[i].state) != 0)
			fail_msg("step %zu: %s, and not %s", i, state_of(scene, "Down"),
				steps[i].state);
	}
}

#define GO(scene, ...)                                                                             \
	go(scene, (const struct step[]){__VA_ARGS__},                                              \
		sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step))

static void an_alert_without_for_fires_at_once(void **state)
{
	load(*state, "  rules:\n  - {alert: Down, expr: down > 0}\n");
	GO(*state, {SECOND, 0, "none"}, {SECOND, 1, "firing"}, {SECOND, 0, "resolved"},
		{SECOND, 1, "firing"});
}

static void an_alert_waits_for_its_for_and_fires_at_an_evaluation(void **state)
{
	load(*state, "  rules:\n  - {alert: Down, expr: down > 0, for: 1m}\n");
	GO(*state, {SECOND, 1, "pending"}, {30 * SECOND, 1, "pending"}, {29 * SECOND, 1, "pending"},
		{SECOND, 1, "firing"}, {SECOND, 1, "firing"});
}

static void a_pending_alert_that_is_missed_once_is_forgotten(void **state)
{
	load(*state, "  rules:\n  - {alert: Down, expr: down > 0, for: 1m}\n");
	GO(*state, {SECOND, 1, "pending"}, {30 * SECOND, 0, "none"}, {30 * SECOND, 1, "pending"},
		{59 * SECOND, 1, "pending"}, {SECOND, 1, "firing"});
}

static void a_firing_alert_whose_series_ends_is_resolved_at_once(void **state)
{
	load(*state, "  rules:\n  - {alert: Down, expr: down > 0}\n");
	GO(*state, {SECOND, 1, "firing"}, {SECOND, (double)NAN, "resolved"});
}

static void keep_firing_for_holds_a_firing_alert_and_begins_anew(void **state)
{
	load(*state, "  rules:\n  - {alert: Down, expr: down > 0, keep_firing_for: 1m}\n");
	GO(*state, {SECOND, 1, "firing"}, {SECOND, 0, "firing"}, {59 * SECOND, 0, "firing"},
		{SECOND, 1, "firing"}, {SECOND, 0, "firing"}, {59 * SECOND, 0, "firing"},
		{SECOND, 0, "resolved"});
}

static void keep_firing_for_protects_no_pending_alert(void **state)
{
	load(*state, "  rules:\n  - {alert: Down, expr: down > 0, for: 1m, keep_firing_for: 1h}\n");
	GO(*state, {SECOND, 1, "pending"}, {SECOND, 0, "none"});
}

static void a_resolved_alert_is_shown_for_five_minutes(void **state)
{
	load(*state, "  rules:\n  - {alert: Down, expr: down > 0}\n");
	GO(*state, {SECOND, 1, "firing"}, {SECOND, 0, "resolved"},
		{5 * MINUTE - SECOND, 0, "resolved"}, {SECOND, 0, "none"});
}

static void one_that_comes_again_has_times_of_its_own(void **state)
{
	struct scene *scene = *state;
	load(scene, "  rules:\n  - {alert: Down, expr: down > 0, for: 10s}\n");
	GO(scene, {SECOND, 1, "pending"}, {10 * SECOND, 1, "firing"}, {SECOND, 0, "resolved"},
		{SECOND, 1, "pending"});
	const struct msg_alert *alert = alert_of(scene, "Down", "orders");
	assert_int_equal(alert->since_ms, scene->now_ms);
	assert_int_equal(alert->fired_ms, 0);
	assert_int_equal(alert->resolved_ms, 0);
}

/* ---- labels ---- */

static void labels_of_the_rule_win_and_alertname_wins_over_them(void **state)
{
	struct scene *scene = *state;
	load(scene,
		"  rules:\n  - alert: Down\n    expr: down > 0\n"
		"    labels: {severity: critical, bot: 'x-{{ $labels.bot }}', alertname: other}\n");
	put(scene, "down", "orders", 1);
	run(scene);
	const struct msg_alert *alert = alert_of(scene, "Down", "x-orders");
	assert_int_equal(alert->severity, 4);
	assert_int_equal(alert->labels_count, 3);
	assert_string_equal(alert->labels[0].value, "Down");
}

static void two_elements_with_the_labels_of_one_fail_the_rule_and_its_alerts_stay(void **state)
{
	struct scene *scene = *state;
	load(scene, "  rules:\n  - {alert: Down, expr: down > 0, labels: {bot: orders}}\n");
	put(scene, "down", "orders", 1);
	run(scene);
	assert_string_equal(state_of(scene, "Down"), "firing");
	pass(scene, SECOND);
	put(scene, "down", "support", 1);
	run(scene);
	assert_int_equal(scene->failing, 1);
	assert_string_equal(state_of(scene, "Down"), "firing");
	const struct msg_alert *trouble = alert_of(scene, "rule_failing", "Down");
	assert_non_null(strstr(trouble->text, "same labelset"));
	pass(scene, SECOND);
	put(scene, "down", "support", 0);
	run(scene);
	assert_int_equal(scene->failing, 0);
	assert_string_equal(alert_of(scene, "rule_failing", "Down")->state, "resolved");
}

static void severities_are_mapped_and_others_are_kept(void **state)
{
	static const struct {
		const char *word;
		uint64_t severity;
	} rows[] = {{"critical", 4}, {"warning", 3}, {"info", 0}, {"none", 0}, {"page", 3}};
	struct scene *scene = *state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		autofree char *lines = xasprintf(
			"  rules:\n  - {alert: Down, expr: down > 0, labels: {severity: %s}}\n",
			rows[i].word);
		forget_alerts(scene);
		rule_group_free(scene->group);
		load(scene, lines);
		pass(scene, SECOND);
		put(scene, "down", "orders", 1);
		run(scene);
		const struct msg_alert *alert = alert_of(scene, "Down", "orders");
		assert_int_equal(alert->severity, rows[i].severity);
		assert_string_equal(alert->labels[2].value, rows[i].word);
	}
}

/* ---- limits and errors ---- */

static void more_alerts_than_the_limit_drop_all_of_the_rule(void **state)
{
	struct scene *scene = *state;
	load(scene, "  limit: 1\n  rules:\n  - {alert: Down, expr: down > 0}\n");
	put(scene, "down", "orders", 1);
	run(scene);
	assert_string_equal(state_of(scene, "Down"), "firing");
	pass(scene, SECOND);
	put(scene, "down", "support", 1);
	run(scene);
	assert_string_equal(state_of(scene, "Down"), "none");
	assert_non_null(strstr(alert_of(scene, "rule_failing", "Down")->text,
		"exceeded limit of 1 with 2 alerts"));
	assert_true(isnan(ask(scene, "ALERTS{bot=\"orders\"}")));
}

static void an_evaluation_that_fails_changes_no_alert(void **state)
{
	struct scene *scene = *state;
	load(scene, "  rules:\n  - {alert: Down, expr: down * on(zone) group_left other > 0}\n"
		    "  - {alert: Good, expr: down > 0}\n");
	put(scene, "down", "orders", 1);
	put(scene, "other", "a", 1);
	run(scene);
	assert_string_equal(state_of(scene, "Down"), "firing");
	pass(scene, SECOND);
	put(scene, "other", "b", 1);
	put(scene, "down", "orders", 1);
	run(scene);
	assert_int_equal(scene->failing, 1);
	assert_string_equal(state_of(scene, "Down"), "firing");
	assert_string_equal(state_of(scene, "Good"), "firing");
	assert_true(ask(scene, "ALERTS{alertname=\"Down\"}") == 1);
}

/* ---- series ---- */

static void later_rules_see_what_earlier_ones_recorded_at_the_same_time(void **state)
{
	struct scene *scene = *state;
	load(scene, "  rules:\n  - {record: 'a:one', expr: down * 2}\n"
		    "  - {record: 'a:two', expr: '{__name__=~\"a:o.*\"} * 2'}\n"
		    "  - {alert: Down, expr: 'a:two >= 4'}\n"
		    "  - {alert: Up, expr: 'ALERTS{alertname=\"Down\"} == 1'}\n");
	put(scene, "down", "orders", 1);
	run(scene);
	assert_true(ask(scene, "a:two") == 4);
	assert_string_equal(state_of(scene, "Down"), "firing");
	assert_string_equal(state_of(scene, "Up"), "firing");
}

static void a_recorded_element_that_vanishes_ends_at_once(void **state)
{
	struct scene *scene = *state;
	load(scene, "  rules:\n  - {record: 'a:one', expr: down > 0, labels: {zone: x}}\n");
	put(scene, "down", "orders", 3);
	run(scene);
	assert_true(ask(scene, "a:one{zone=\"x\",bot=\"orders\"}") == 3);
	pass(scene, SECOND);
	put(scene, "down", "orders", 0);
	run(scene);
	assert_true(isnan(ask(scene, "a:one")));
}

static void a_number_is_recorded_and_alerts_without_labels(void **state)
{
	struct scene *scene = *state;
	load(scene, "  rules:\n  - {record: 'a:one', expr: 2 * 3}\n  - {alert: Down, expr: 1}\n");
	run(scene);
	assert_true(ask(scene, "a:one") == 6);
	(void)alert_of(scene, "Down", "g");
}

static void alerts_are_series_too(void **state)
{
	struct scene *scene = *state;
	load(scene, "  rules:\n  - {alert: Down, expr: down > 0, for: 1m}\n");
	GO(scene, {SECOND, 1, "pending"});
	assert_true(ask(scene, "ALERTS{alertstate=\"pending\",bot=\"orders\"}") == 1);
	assert_true(ask(scene, "ALERTS_FOR_STATE") == (double)(scene->now_ms / SECOND));
	GO(scene, {MINUTE, 1, "firing"});
	assert_true(isnan(ask(scene, "ALERTS{alertstate=\"pending\"}")));
	assert_true(ask(scene, "ALERTS{alertstate=\"firing\"}") == 1);
	GO(scene, {SECOND, 0, "resolved"});
	assert_true(isnan(ask(scene, "ALERTS")));
	assert_true(isnan(ask(scene, "ALERTS_FOR_STATE")));
}

static void query_offset_asks_of_the_past_and_writes_there(void **state)
{
	struct scene *scene = *state;
	load(scene, "  query_offset: 30s\n  rules:\n  - {record: 'a:one', expr: down}\n");
	put(scene, "down", "orders", 7);
	pass(scene, 20 * SECOND);
	run(scene);
	assert_true(isnan(ask(scene, "a:one")));
	pass(scene, 10 * SECOND);
	run(scene);
	assert_true(ask(scene, "a:one offset 30s") == 7);
}

/* ---- over a restart and a reload ---- */

static void restart(struct scene *scene, const char *lines)
{
	forget_alerts(scene);
	rule_group_free(scene->group);
	load(scene, lines);
}

static void a_restart_keeps_how_long_an_alert_is_active(void **state)
{
	static const char lines[] = "  rules:\n  - {alert: Down, expr: down > 0, for: 1h}\n";
	struct scene *scene = *state;
	load(scene, lines);
	GO(scene, {SECOND, 1, "pending"});
	for (int i = 0; i < 55; i++)
		GO(scene, {MINUTE, 1, "pending"});
	restart(scene, lines);
	/* 5 minutes were left, and of a long `for` 10 remain at least */
	GO(scene, {5 * MINUTE, 1, "pending"}, {5 * MINUTE, 1, "pending"},
		{5 * MINUTE, 1, "firing"});
}

static void what_fired_before_a_restart_fires_at_once(void **state)
{
	static const char lines[] = "  rules:\n  - {alert: Down, expr: down > 0, for: 1m}\n";
	struct scene *scene = *state;
	load(scene, lines);
	GO(scene, {SECOND, 1, "pending"}, {MINUTE, 1, "firing"});
	int64_t since_ms = alert_of(scene, "Down", "orders")->since_ms;
	restart(scene, lines);
	GO(scene, {MINUTE, 1, "firing"});
	assert_int_equal(alert_of(scene, "Down", "orders")->since_ms, since_ms);
}

static void after_a_stop_of_more_than_an_hour_it_begins_anew(void **state)
{
	static const char lines[] = "  rules:\n  - {alert: Down, expr: down > 0, for: 1m}\n";
	struct scene *scene = *state;
	load(scene, lines);
	GO(scene, {SECOND, 1, "pending"}, {MINUTE, 1, "firing"});
	restart(scene, lines);
	GO(scene, {HOUR + SECOND, 1, "pending"});
}

static void what_was_over_before_a_restart_begins_anew(void **state)
{
	static const char lines[] = "  rules:\n  - {alert: Down, expr: down > 0, for: 1m}\n";
	struct scene *scene = *state;
	load(scene, lines);
	GO(scene, {SECOND, 1, "pending"}, {MINUTE, 1, "firing"}, {SECOND, 0, "resolved"});
	restart(scene, lines);
	GO(scene, {SECOND, 1, "pending"});
}

static void one_that_fired_and_is_over_after_a_restart_is_said_to_be_over(void **state)
{
	static const char lines[] = "  rules:\n  - {alert: Down, expr: down > 0}\n";
	struct scene *scene = *state;
	load(scene, lines);
	GO(scene, {SECOND, 1, "firing"});
	struct msg_alert *before = msg_copy(MSG_alert, alert_of(scene, "Down", "orders"));
	restart(scene, lines);
	rule_group_recall(scene->group, before);
	GO(scene, {SECOND, 0, "none"}, {15 * SECOND, 0, "none"}, {15 * SECOND, 0, "resolved"});
}

static void what_is_seen_a_little_after_a_restart_goes_on_too(void **state)
{
	static const char lines[] = "  rules:\n  - {alert: Down, expr: down > 0, for: 5m}\n";
	struct scene *scene = *state;
	load(scene, lines);
	GO(scene, {SECOND, 1, "pending"}, {4 * MINUTE, 1, "pending"});
	restart(scene, lines);
	GO(scene, {SECOND, 0, "none"}, {15 * SECOND, 1, "pending"}, {30 * SECOND, 1, "pending"},
		{30 * SECOND, 1, "firing"});
	/* of what begins later nothing is told by what was before */
	GO(scene, {SECOND, 0, "resolved"}, {SECOND, 1, "pending"}, {4 * MINUTE, 1, "pending"});
}

static void of_two_rules_of_a_name_the_one_that_fired_is_over(void **state)
{
	static const char lines[] =
		"  rules:\n"
		"  - {alert: Down, expr: down > 5, labels: {severity: critical}}\n"
		"  - {alert: Down, expr: down > 0, labels: {severity: warning}}\n";
	struct scene *scene = *state;
	load(scene, lines);
	GO(scene, {SECOND, 1, "firing"});
	struct msg_alert *before = msg_copy(MSG_alert, alert_of(scene, "Down", "orders"));
	restart(scene, lines);
	rule_group_recall(scene->group, before);
	GO(scene, {SECOND, 0, "none"}, {15 * SECOND, 0, "none"}, {15 * SECOND, 0, "resolved"},
		{SECOND, 1, "firing"}, {20 * MINUTE, 1, "firing"});
}

static void one_that_fired_keeps_when_it_did(void **state)
{
	static const char lines[] = "  rules:\n  - {alert: Down, expr: down > 0}\n";
	struct scene *scene = *state;
	load(scene, lines);
	GO(scene, {SECOND, 1, "firing"});
	struct msg_alert *before = msg_copy(MSG_alert, alert_of(scene, "Down", "orders"));
	int64_t fired_ms = before->fired_ms;
	restart(scene, lines);
	rule_group_recall(scene->group, before);
	GO(scene, {MINUTE, 1, "firing"});
	assert_int_equal(alert_of(scene, "Down", "orders")->fired_ms, fired_ms);
}

static void reload(struct scene *scene, const char *lines)
{
	struct rule_group *old = scene->group;
	scene->group = read_group(lines);
	rule_group_adopt(scene->group, old);
}

static void a_reload_with_a_longer_for_makes_a_firing_alert_wait_again(void **state)
{
	struct scene *scene = *state;
	load(scene, "  rules:\n  - {alert: Down, expr: down > 0, for: 1m}\n");
	GO(scene, {SECOND, 1, "pending"}, {MINUTE, 1, "firing"});
	reload(scene, "  rules:\n  - {alert: Down, expr: down > 0, for: 5m}\n");
	GO(scene, {SECOND, 1, "pending"}, {3 * MINUTE, 1, "pending"}, {MINUTE, 1, "firing"});
}

static void a_reload_ends_what_is_no_rule_any_more(void **state)
{
	struct scene *scene = *state;
	load(scene, "  rules:\n  - {alert: Down, expr: down > 0}\n"
		    "  - {record: 'a:one', expr: down}\n");
	GO(scene, {SECOND, 1, "firing"});
	assert_true(ask(scene, "a:one") == 1);
	reload(scene, "  rules:\n  - {alert: Other, expr: down > 5}\n");
	GO(scene, {SECOND, 1, "none"});
	assert_true(isnan(ask(scene, "a:one")));
	assert_true(isnan(ask(scene, "ALERTS")));
}

static void a_reload_lets_a_firing_alert_go_on(void **state)
{
	struct scene *scene = *state;
	load(scene, "  rules:\n  - {alert: Down, expr: down > 0, for: 1m}\n");
	GO(scene, {SECOND, 1, "pending"}, {MINUTE, 1, "firing"});
	reload(scene, "  rules:\n  - {alert: New, expr: down > 9}\n"
		      "  - {alert: Down, expr: down > 0, for: 1m, annotations: {summary: new}}\n");
	GO(scene, {SECOND, 1, "firing"});
	pass(scene, 5 * SECOND);
	run(scene);
	assert_string_equal(alert_of(scene, "Down", "orders")->text, "new");
}

/* ---- what is told ---- */

static void what_does_not_change_is_not_told_again(void **state)
{
	struct scene *scene = *state;
	load(scene, "  rules:\n  - {alert: Down, expr: down > 0}\n");
	GO(scene, {SECOND, 1, "firing"}, {MINUTE, 1, "firing"});
	assert_int_equal(scene->told, 0);
	GO(scene, {MINUTE, 2, "firing"});
	assert_int_equal(scene->told, 1);
}

static void the_sentence_is_summary_or_description_or_message_or_the_expression(void **state)
{
	static const struct {
		const char *annotations, *sentence;
	} rows[] = {
		{"summary: 'one {{ $value }}', description: two", "one 1"},
		{"description: \"two\\n  LABELS = {{ $labels }}\", message: three",
			"two LABELS = map[__name__:down bot:orders]"},
		{"message: three", "three"},
		{"runbook_url: 'http://x'", "down > 0 (now 1)"},
		{"summary: \"a\\e[31mb\"", "a^[[31mb"},
	};
	struct scene *scene = *state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		autofree char *lines = xasprintf(
			"  rules:\n  - {alert: Down, expr: down > 0, annotations: {%s}}\n",
			rows[i].annotations);
		forget_alerts(scene);
		rule_group_free(scene->group);
		load(scene, lines);
		pass(scene, SECOND);
		put(scene, "down", "orders", 1);
		run(scene);
		assert_string_equal(alert_of(scene, "Down", "orders")->text, rows[i].sentence);
	}
}

static void what_a_group_reads_is_known_by_bot_and_instance(void **state)
{
	struct scene *scene = *state;
	load(scene, "  rules:\n  - {alert: Down, expr: down > 0}\n");
	put(scene, "down", "orders", 1);
	run(scene);
	assert_int_equal(rule_group_reads(scene->group, rule_source("bot", "orders")), 1);
	assert_int_equal(rule_group_reads(scene->group, rule_source("bot", "support")), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(an_alert_without_for_fires_at_once),
		TEST(an_alert_waits_for_its_for_and_fires_at_an_evaluation),
		TEST(a_pending_alert_that_is_missed_once_is_forgotten),
		TEST(a_firing_alert_whose_series_ends_is_resolved_at_once),
		TEST(keep_firing_for_holds_a_firing_alert_and_begins_anew),
		TEST(keep_firing_for_protects_no_pending_alert),
		TEST(a_resolved_alert_is_shown_for_five_minutes),
		TEST(one_that_comes_again_has_times_of_its_own),
		TEST(labels_of_the_rule_win_and_alertname_wins_over_them),
		TEST(two_elements_with_the_labels_of_one_fail_the_rule_and_its_alerts_stay),
		TEST(severities_are_mapped_and_others_are_kept),
		TEST(more_alerts_than_the_limit_drop_all_of_the_rule),
		TEST(an_evaluation_that_fails_changes_no_alert),
		TEST(later_rules_see_what_earlier_ones_recorded_at_the_same_time),
		TEST(a_recorded_element_that_vanishes_ends_at_once),
		TEST(a_number_is_recorded_and_alerts_without_labels),
		TEST(alerts_are_series_too),
		TEST(query_offset_asks_of_the_past_and_writes_there),
		TEST(a_restart_keeps_how_long_an_alert_is_active),
		TEST(what_is_seen_a_little_after_a_restart_goes_on_too),
		TEST(of_two_rules_of_a_name_the_one_that_fired_is_over),
		TEST(what_fired_before_a_restart_fires_at_once),
		TEST(after_a_stop_of_more_than_an_hour_it_begins_anew),
		TEST(what_was_over_before_a_restart_begins_anew),
		TEST(one_that_fired_and_is_over_after_a_restart_is_said_to_be_over),
		TEST(one_that_fired_keeps_when_it_did),
		TEST(a_reload_with_a_longer_for_makes_a_firing_alert_wait_again),
		TEST(a_reload_ends_what_is_no_rule_any_more),
		TEST(a_reload_lets_a_firing_alert_go_on),
		TEST(what_does_not_change_is_not_told_again),
		TEST(the_sentence_is_summary_or_description_or_message_or_the_expression),
		TEST(what_a_group_reads_is_known_by_bot_and_instance),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
