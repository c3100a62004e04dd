/* SPDX-License-Identifier: MIT */
/* When groups of rules are evaluated: an engine under a virtual clock, whose query pool works in real time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/support/engine_harness.h"
#include "tests/support/folder.h"

enum { SECOND = 1000, TURNS_MOST = 1000, PAGE_MS = 15 * SECOND };

struct scene {
	struct harness *harness;
};

static int setup(void **state)
{
	*state = xcalloc(1, sizeof(struct scene));
	return folder_setup(NULL);
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	harness_free(scene->harness);
	free(scene);
	return folder_teardown(NULL);
}

static void start(struct scene *scene, const char *rules)
{
	folder_write("rules.yml", 0600,
		"groups:\n- name: g\n  rules:\n  - {alert: Clock, expr: time()}\n%s", rules);
	autofree char *yaml =
		xasprintf("state_dir: /nowhere/state\nbots: {orders: {token: {file: t}}}\n"
			  "rules: {files: [%s/rules.yml], interval: 15s}\n",
			folder);
	scene->harness = harness_new(yaml);
}

static const struct msg_alert *find(const struct scene *scene, const char *rule)
{
	size_t count;
	const struct msg_alert *const *alerts = model_alerts(scene->harness->model, &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(alerts[i]->rule, rule) == 0)
			return alerts[i];
	return NULL;
}

static const char *state_of(const struct scene *scene, const char *rule)
{
	const struct msg_alert *alert = find(scene, rule);
	return alert ? alert->state : "none";
}

/* The clock stands; threads of the pool take a while. */
static bool becomes(struct scene *scene, const char *rule, const char *state)
{
	for (int i = 0; i < TURNS_MOST && strcmp(state_of(scene, rule), state) != 0; i++)
		(void)engine_turn(scene->harness->engine, 10);
	return strcmp(state_of(scene, rule), state) == 0;
}

static void page(struct scene *scene, int value)
{
	harness_feed(scene->harness,
		"obs_samples whole=true samples=[{name=\"flag\" labels=\"bot=orders\" value=%d}]",
		value);
}

static void a_group_that_reads_no_page_is_evaluated_within_its_interval(void **state)
{
	struct scene *scene = *state;
	start(scene, "  - {alert: Always, expr: 1}\n");
	assert_string_equal(state_of(scene, "Always"), "none");
	harness_advance(scene->harness, PAGE_MS + SECOND);
	assert_true(becomes(scene, "Always", "firing"));
}

/* It was evaluated at most so long ago. */
static bool is_evaluated(struct scene *scene, int64_t ago_ms)
{
	double since_s = (double)(clock_wall_ms(&scene->harness->clock) - ago_ms) / SECOND;
	for (int i = 0; i < TURNS_MOST; i++) {
		const struct msg_alert *clock = find(scene, "Clock");
		if (clock && clock->value >= since_s)
			return true;
		(void)engine_turn(scene->harness->engine, 10);
	}
	return false;
}

/* Of the group's own moments the first few tell what it reads. */
static void begin_to_follow(struct scene *scene)
{
	for (int i = 0; i < 6; i++) {
		page(scene, 0);
		harness_advance(scene->harness, PAGE_MS);
		assert_true(is_evaluated(scene, 2 * PAGE_MS));
		for (int turn = 0; turn < 10; turn++) /* what runs ends */
			(void)engine_turn(scene->harness->engine, 10);
	}
}

static void a_group_is_evaluated_just_behind_the_page_that_it_reads(void **state)
{
	struct scene *scene = *state;
	start(scene, "  - {alert: Flag, expr: flag > 0}\n");
	begin_to_follow(scene);
	page(scene, 1);
	assert_true(becomes(scene, "Flag", "firing"));
	harness_advance(scene->harness, PAGE_MS);
	page(scene, 0);
	assert_true(becomes(scene, "Flag", "resolved"));
}

static void pages_that_come_a_little_sooner_or_later_change_no_for(void **state)
{
	static const int64_t gaps_ms[] = {14000, 16200, 14800, 15400};
	struct scene *scene = *state;
	start(scene, "  - {alert: Flag, expr: flag > 0, for: 1m}\n");
	begin_to_follow(scene);
	page(scene, 1);
	assert_true(becomes(scene, "Flag", "pending"));
	for (size_t i = 0; i < COUNT_OF(gaps_ms); i++) {
		assert_string_equal(state_of(scene, "Flag"), "pending");
		harness_advance(scene->harness, gaps_ms[i]);
		page(scene, 1);
		assert_true(is_evaluated(scene, 0));
	}
	assert_true(becomes(scene, "Flag", "firing"));
}

static void a_page_that_does_not_come_holds_no_rule_up(void **state)
{
	struct scene *scene = *state;
	start(scene, "  - {alert: Flag, expr: flag > 0}\n");
	begin_to_follow(scene);
	for (int i = 0; i < 6; i++) {
		harness_advance(scene->harness, PAGE_MS);
		assert_true(is_evaluated(scene, PAGE_MS + PAGE_MS / 4 + SECOND));
	}
}

static void an_alert_is_about_the_bot_of_its_labels(void **state)
{
	struct scene *scene = *state;
	start(scene, "  - {alert: Flag, expr: flag > 0}\n");
	begin_to_follow(scene);
	page(scene, 1);
	assert_true(becomes(scene, "Flag", "firing"));
	const struct msg_alert *alert = find(scene, "Flag");
	assert_non_null(alert);
	assert_string_equal(alert ? alert->target_kind : "", "bot");
	assert_int_equal(alert ? alert->target : 0, harness_bot(scene->harness, "orders")->id);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_group_that_reads_no_page_is_evaluated_within_its_interval),
		TEST(a_group_is_evaluated_just_behind_the_page_that_it_reads),
		TEST(pages_that_come_a_little_sooner_or_later_change_no_for),
		TEST(a_page_that_does_not_come_holds_no_rule_up),
		TEST(an_alert_is_about_the_bot_of_its_labels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
