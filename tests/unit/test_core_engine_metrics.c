/* SPDX-License-Identifier: MIT */
/* What the engine learns, in its store of metrics: under its labels, to its end, over a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/metrics.h"
#include "core/series/label_pairs.h"
#include "core/series/tsdb.h"
#include "tests/support/folder.h"
#include "tests/support/yields.h"

enum { SECOND = 1000 };

static const char yaml[] = "bots: [{name: orders, transport: none}]\n";
static struct settings *settings;
static struct metrics *metrics;
static int64_t now_ms;

static int setup(void **state)
{
	struct err err;
	autostr struct str report = STR_INIT;
	if (!settings_parse(yaml, strlen(yaml), "/tmp/botswain.yaml", &settings, &report, &err))
		return -1;
	now_ms = clock_wall_ms(clock_real());
	return folder_setup(state);
}

static int teardown(void **state)
{
	metrics_free(metrics);
	metrics = NULL;
	settings_unref(settings);
	return folder_teardown(state);
}

static void begin(const char *at)
{
	struct err err = {.code = ERR_NONE};
	metrics = metrics_new(settings, clock_real(), at, &err);
	assert_int_equal(err.code, ERR_NONE);
}

static void yields(const char *query, const char *wanted)
{
	assert_yields(metrics_store(metrics), now_ms, query, wanted);
}

static void a_value_is_found_under_its_labels(void **state)
{
	(void)state;
	begin(NULL);
	metrics_add(metrics, metrics_id("bot_up", "bot=orders"), "bot_up", "bot=orders", now_ms, 1);
	metrics_add(metrics, metrics_id("redis_db_keys", "db=db0,instance=main"), "redis_db_keys",
		"db=db0,instance=main", now_ms, 26);
	metrics_add(metrics, metrics_id("fleet", ""), "fleet", "", now_ms, 3);
	yields("bot_up", "bot_up{bot=\"orders\"} 1\n");
	yields("redis_db_keys", "redis_db_keys{db=\"db0\",instance=\"main\"} 26\n");
	yields("fleet", "fleet 3\n");
}

static void labels_are_kept_as_they_are(void **state)
{
	(void)state;
	autostr struct str labels = STR_INIT;
	begin(NULL);
	metrics_add(metrics, metrics_id("sessions", "state=idle in transaction"), "sessions",
		"state=idle in transaction", now_ms, 2);
	yields("sessions{state=\"idle in transaction\"}",
		"sessions{state=\"idle in transaction\"} 2\n");
	label_pairs_add(&labels, "a", "x,y=\"\\{z}\\");
	label_pairs_add(&labels, "b=c,", "\\,");
	metrics_add(metrics, metrics_id("odd", labels.text), "odd", labels.text, now_ms, 3);
	yields("odd", "odd{a=\"x,y=\\\"\\\\{z}\\\\\",\"b=c,\"=\"\\\\,\"} 3\n");
}

static void the_newest_value_counts_and_what_is_not_known_is_not_there(void **state)
{
	(void)state;
	begin(NULL);
	metrics_add(metrics, metrics_id("bot_up", "bot=orders"), "bot_up", "bot=orders",
		now_ms - 2 * SECOND, 1);
	metrics_add(metrics, metrics_id("bot_up", "bot=orders"), "bot_up", "bot=orders",
		now_ms - SECOND, 0);
	yields("bot_up", "bot_up{bot=\"orders\"} 0\n");
	metrics_add(
		metrics, metrics_id("bot_up", "bot=orders"), "bot_up", "bot=orders", now_ms, NAN);
	yields("bot_up", "");
}

static void add(const char *name, const char *labels, int64_t time_ms, double value, uint64_t owner)
{
	uint64_t id = metrics_id(name, labels);
	assert_true(metrics_add(metrics, id, name, labels, time_ms, value));
	metrics_own(metrics, id, owner);
}

static void hear_end(
	void *context, uint64_t id, const char *name, const char *labels, int64_t time_ms)
{
	assert_true(id == metrics_id(name, labels));
	str_addf(context, "%s{%s} %+d\n", name, labels, (int)(time_ms - now_ms));
}

static void series_of_one_owner_end_together_and_once(void **state)
{
	(void)state;
	enum { MAIN = 1, OTHER = 2 };
	autostr struct str ends = STR_INIT;
	begin(NULL);
	add("keys", "db=db0,note=a\\,b", now_ms - SECOND, 1, MAIN);
	add("keys", "db=db1", now_ms - SECOND, 2, MAIN);
	add("up", "", now_ms - SECOND, 3, MAIN);
	add("clients", "", now_ms, 5, MAIN);
	add("up", "", now_ms, 4, OTHER);
	metrics_end(metrics, MAIN, now_ms, hear_end, &ends);
	metrics_end(metrics, MAIN, now_ms + SECOND, hear_end, &ends);
	metrics_end(metrics, 7, now_ms, hear_end, &ends);
	assert_string_equal(
		ends.text, "clients{} +1\nkeys{db=db1} +0\nkeys{db=db0,note=a\\,b} +0\n");
	now_ms += 1;
	yields("{__name__=~\"keys|clients|up\"}", "up 4\n");
	assert_int_equal(
		metrics_free_ms(metrics, metrics_id("clients", ""), now_ms, 6), now_ms + 1);
	assert_true(metrics_free_ms(metrics, metrics_id("clients", ""), now_ms, NAN) == INT64_MIN);
	add("clients", "", now_ms + 1, 6, MAIN);
	now_ms += 1;
	yields("clients", "clients 6\n");
	metrics_end(metrics, MAIN, now_ms + SECOND, NULL, NULL);
	now_ms += SECOND;
	yields("clients", "");
}

static void many_series_are_told_apart(void **state)
{
	(void)state;
	begin(NULL);
	char labels[32];
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 5000; i++) {
			(void)snprintf(labels, sizeof(labels), "bot=b%d", i);
			metrics_add(metrics, metrics_id("bot_up", labels), "bot_up", labels,
				now_ms - SECOND + round, i);
		}
	yields("count(bot_up)", "{} 5000\n");
	yields("bot_up{bot=\"b4711\"}", "bot_up{bot=\"b4711\"} 4711\n");
}

static void what_was_there_is_there_after_a_restart(void **state)
{
	(void)state;
	begin(folder);
	metrics_add(metrics, metrics_id("bot_up", "bot=orders"), "bot_up", "bot=orders",
		now_ms - SECOND, 7);
	metrics_free(metrics);
	begin(folder);
	yields("last_over_time(bot_up[1m])", "bot_up{bot=\"orders\"} 7\n");
	yields("bot_up", ""); /* nobody has seen it since */
	metrics_add(metrics, metrics_id("bot_up", "bot=orders"), "bot_up", "bot=orders", now_ms, 8);
	yields("bot_up", "bot_up{bot=\"orders\"} 8\n");
	yields("sum_over_time(bot_up[1m])", "{bot=\"orders\"} 15\n");
}

static void since_when_alerts_were_active_is_asked_for_after_a_restart(void **state)
{
	static const char name[] = "ALERTS_FOR_STATE", labels[] = "alertname=Down";
	(void)state;
	begin(folder);
	metrics_add(metrics, metrics_id(name, labels), name, labels, now_ms - SECOND, 9);
	metrics_free(metrics);
	begin(folder);
	yields(name, "ALERTS_FOR_STATE{alertname=\"Down\"} 9\n");
}

static void without_its_folder_it_goes_on_in_memory_and_says_why(void **state)
{
	(void)state;
	struct err err = {.code = ERR_NONE};
	metrics = metrics_new(settings, clock_real(), "/nowhere/at/all", &err);
	assert_int_not_equal(err.code, ERR_NONE);
	assert_non_null(strstr(err.text, "/nowhere/at/all"));
	metrics_add(metrics, metrics_id("bot_up", "bot=orders"), "bot_up", "bot=orders", now_ms, 1);
	yields("bot_up", "bot_up{bot=\"orders\"} 1\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_value_is_found_under_its_labels),
		TEST(labels_are_kept_as_they_are),
		TEST(the_newest_value_counts_and_what_is_not_known_is_not_there),
		TEST(series_of_one_owner_end_together_and_once),
		TEST(many_series_are_told_apart),
		TEST(what_was_there_is_there_after_a_restart),
		TEST(since_when_alerts_were_active_is_asked_for_after_a_restart),
		TEST(without_its_folder_it_goes_on_in_memory_and_says_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
