/* SPDX-License-Identifier: MIT */
/* Rule files in a real engine that scrapes a real page: the public rules of the corpus, and some of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/msg.h"
#include "tests/support/folder.h"
#include "tests/support/live_engine.h"
#include "tests/support/pages.h"
#include "tests/support/rule_pages.h"

enum { WAIT_MS = 30000 };

struct scene {
	struct pages pages;
	struct live_engine *live;
};

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	folder_setup(NULL);
	pages_open(&scene->pages);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	live_engine_free(scene->live);
	pages_close(&scene->pages);
	folder_teardown(NULL);
	free(scene);
	return 0;
}

static void set_page(struct scene *scene, const char *text)
{
	pages_set(&scene->pages, "/metrics", 200, PAGE_WHOLE, text);
}

static void start(struct scene *scene, const char *files)
{
	autofree char *yaml = xasprintf("environment: rules\n"
					"bots: {orders: {token: {file: token}, transport: none}}\n"
					"rules: {files: [%s], interval: 500ms}\n"
					"scrape:\n  page: {url: \"http://127.0.0.1:%d/metrics\", "
					"interval: 500ms}\n",
		files, scene->pages.port);
	folder_write("token", 0600, "100:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
	scene->live = live_engine_new(folder, yaml);
}

static const struct msg_alert *find(const struct live_engine *live, const char *rule)
{
	size_t count;
	const struct msg_alert *const *alerts = model_alerts(live_model(live), &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(alerts[i]->rule, rule) == 0)
			return alerts[i];
	return NULL;
}

static bool fires(const struct live_engine *live, const void *rule)
{
	const struct msg_alert *alert = find(live, rule);
	return alert && strcmp(alert->state, "firing") == 0;
}

static bool is_over(const struct live_engine *live, const void *rule)
{
	const struct msg_alert *alert = find(live, rule);
	return alert && strcmp(alert->state, "resolved") == 0;
}

static bool has_rules(const struct live_engine *live, const void *count)
{
	const struct msg_engine *engine = model_engine(live_model(live));
	return engine && engine->rules == *(const size_t *)count;
}

static void all_rules_of_the_corpus_load_and_one_fires_and_is_over(void **state)
{
	struct scene *scene = *state;
	struct rule_list rules = {.count = 0};
	const char *corpus = getenv("BOTSWAIN_CORPUS");
	if (!rule_list_read(&rules, "redis.yml") || !rule_list_read(&rules, "postgres.yml")) {
		rule_list_release(&rules);
		skip();
	}
	autofree char *base = realpath(corpus ? corpus : "../shared/corpus", NULL);
	assert_non_null(base);
	autofree char *files = xasprintf("%s/rules/*.yml", base);
	set_page(scene, "redis_up 1\n");
	start(scene, files);
	live_wait(scene->live, has_rules, &rules.count, WAIT_MS, "all rules are loaded");
	const struct msg_engine *engine = model_engine(live_model(scene->live));
	assert_int_equal(engine->rules_refused, 0);
	live_wait(scene->live, fires, "RedisMissingMaster", WAIT_MS, "no master is known");
	const struct msg_alert *alert = find(scene->live, "RedisMissingMaster");
	assert_int_equal(alert->severity, SEVERITY_CRIT);
	assert_string_equal(alert->text, "Redis missing master (instance )");
	set_page(scene, "redis_up 1\nredis_instance_info{role=\"master\"} 1\n");
	live_wait(scene->live, is_over, "RedisMissingMaster", WAIT_MS, "a master is there");
	rule_list_release(&rules);
}

static void write_rules(const char *more)
{
	folder_write("rules.yml", 0600,
		"groups:\n- name: ours\n  rules:\n"
		"  - {record: 'flag:twice', expr: flag * 2}\n"
		"  - alert: Flag\n    expr: 'flag:twice > 1'\n    labels: {severity: warning}\n"
		"    annotations: {summary: 'flag of {{ $labels.bot }} is {{ $value }}'}\n%s",
		more);
}

static double ask(struct scene *scene, char *query)
{
	const struct msg_win_open open = {
		.window = 1, .filter = query, .to_ms = clock_wall_ms(clock_real())};
	const struct msg_win_points *points = live_query(scene->live, &open);
	return points->series_count ? points->series[0].last : -1;
}

static void an_alert_is_about_the_bot_that_its_labels_name(void **state)
{
	struct scene *scene = *state;
	char recorded[] = "flag:twice", alerts[] = "ALERTS{alertstate=\"firing\"}";
	write_rules("");
	set_page(scene, "flag{bot=\"orders\"} 0\n");
	start(scene, "rules.yml");
	set_page(scene, "flag{bot=\"orders\"} 1\n");
	live_wait(scene->live, fires, "Flag", WAIT_MS, "the flag is up");
	const struct msg_alert *alert = find(scene->live, "Flag");
	assert_string_equal(alert->target_kind, "bot");
	assert_int_equal(alert->target, live_bot(scene->live, "orders")->id);
	assert_string_equal(alert->text, "flag of orders is 2");
	assert_string_equal(alert->group, "ours");
	assert_non_null(strstr(alert->origin, "rules.yml:5"));
	assert_true(ask(scene, recorded) == 2);
	assert_true(ask(scene, alerts) == 1);
	set_page(scene, "other 1\n");
	live_wait(scene->live, is_over, "Flag", WAIT_MS, "the flag has gone");
}

static void what_fired_before_a_restart_goes_on(void **state)
{
	struct scene *scene = *state;
	write_rules("  - {alert: Slow, expr: flag > 0, for: 1s}\n");
	set_page(scene, "flag{bot=\"orders\"} 1\n");
	start(scene, "rules.yml");
	live_wait(scene->live, fires, "Slow", WAIT_MS, "the flag is up for a second");
	int64_t since_ms = find(scene->live, "Slow")->since_ms;
	int64_t fired_ms = find(scene->live, "Slow")->fired_ms;
	live_engine_free(scene->live);
	start(scene, "rules.yml");
	live_wait(scene->live, fires, "Slow", WAIT_MS, "it goes on");
	assert_in_range(find(scene->live, "Slow")->since_ms, since_ms - 1000, since_ms);
	assert_int_equal(find(scene->live, "Slow")->fired_ms, fired_ms);
}

static void a_rule_that_is_wrong_is_an_alert_and_the_others_work(void **state)
{
	struct scene *scene = *state;
	write_rules("  - {alert: Bad, expr: 'rate(flag)'}\n");
	set_page(scene, "flag{bot=\"orders\"} 1\n");
	start(scene, "rules.yml");
	live_wait(scene->live, fires, "rules_refused", WAIT_MS, "a rule is refused");
	assert_non_null(strstr(find(scene->live, "rules_refused")->text, "rules.yml:9: expr 1:6:"));
	live_wait(scene->live, fires, "Flag", WAIT_MS, "the flag is up");
}

static void a_rule_that_fails_as_it_is_evaluated_is_an_alert(void **state)
{
	struct scene *scene = *state;
	write_rules(
		"  - {alert: Twice, expr: 'flag or label_replace(flag, \"k\", \"1\", \"\", \"\")', "
		"labels: {k: x}}\n");
	set_page(scene, "flag{bot=\"orders\"} 1\n");
	start(scene, "rules.yml");
	live_wait(scene->live, fires, "rule_failing", WAIT_MS, "two elements are one alert");
	assert_non_null(strstr(find(scene->live, "rule_failing")->text, "same labelset"));
	live_wait(scene->live, fires, "Flag", WAIT_MS, "the flag is up");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(all_rules_of_the_corpus_load_and_one_fires_and_is_over),
		TEST(an_alert_is_about_the_bot_that_its_labels_name),
		TEST(what_fired_before_a_restart_goes_on),
		TEST(a_rule_that_is_wrong_is_an_alert_and_the_others_work),
		TEST(a_rule_that_fails_as_it_is_evaluated_is_an_alert),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
