/* SPDX-License-Identifier: MIT */
/* Pages of figures in the store of metrics: as PromQL finds them, look after look. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/scrape_store.h"
#include "core/engine/query_answer.h"
#include "core/msg/msg.h"
#include "core/series/metadata.h"
#include "core/series/tsdb.h"
#include "tests/support/yields.h"

enum { SECOND = 1000 };

static struct bench {
	struct tsdb *tsdb;
	struct scrape_store *store;
	struct scrape_rules rules;
	struct scrape_look last;
	int64_t wall_ms;
} bench;

static void copy(void *context, const char *text, char *ret, size_t size)
{
	(void)context;
	copy_text(ret, size, text);
}

static int setup(void **state)
{
	(void)state;
	struct err err;
	bench = (struct bench){.wall_ms = INT64_C(1700000000000),
		.rules = {.own = "bot", .own_value = "orders", .limit = 10, .clean = copy}};
	if (!tsdb_open(NULL, NULL, &bench.tsdb, &err))
		return -1;
	bench.store = scrape_store_new(bench.tsdb);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scrape_store_free(bench.store, NULL);
	tsdb_close(bench.tsdb);
	return 0;
}

/* Ten seconds after the last one; NULL: it did not come. */
static void look(const char *page)
{
	bench.wall_ms += 10 * SECOND;
	bench.last = (struct scrape_look){
		.wall_ms = bench.wall_ms, .duration_s = 0.25, .is_up = page != NULL};
	if (page) {
		const struct scrape_page text = {page, strlen(page), "", false};
		struct err err;
		assert_true(scrape_store_page(
			bench.store, &bench.rules, &text, &bench.last, NULL, &err));
	} else {
		scrape_store_end(bench.store, bench.wall_ms);
	}
	scrape_store_look(bench.store, &bench.rules, &bench.last);
}

/* What a query yields now, a line a series: name value. */
static void yields(const char *query, const char *wanted)
{
	assert_yields(bench.tsdb, bench.wall_ms, query, wanted);
}

static void a_page_is_there_with_our_label_and_its_own(void **state)
{
	(void)state;
	look("# TYPE temperature gauge\ntemperature{room=\"b\",at=\"c\"} -3.5\n"
	     "plain 7\n");
	yields("temperature", "temperature{at=\"c\",bot=\"orders\",room=\"b\"} -3.5\n");
	yields("plain", "plain{bot=\"orders\"} 7\n");
}

static void a_label_that_we_give_too_is_kept_as_exported(void **state)
{
	(void)state;
	look("one{bot=\"other\"} 1\ntwo{bot=\"orders\"} 2\n");
	yields("one", "one{bot=\"orders\",exported_bot=\"other\"} 1\n");
	yields("two", "two{bot=\"orders\"} 2\n");
}

static void counters_stay_counters_and_their_rate_is_asked_for(void **state)
{
	(void)state;
	look("# TYPE updates_total counter\nupdates_total 100\n");
	look("# TYPE updates_total counter\nupdates_total 120\n");
	look("# TYPE updates_total counter\nupdates_total 140\n");
	yields("updates_total", "updates_total{bot=\"orders\"} 140\n");
	yields("irate(updates_total[1m])", "{bot=\"orders\"} 2\n");
}

static void buckets_are_there_for_quantiles(void **state)
{
	(void)state;
	look("# TYPE took histogram\ntook_bucket{le=\"0.1\"} 0\ntook_bucket{le=\"0.2\"} 100\n"
	     "took_bucket{le=\"+Inf\"} 100\ntook_sum 15\ntook_count 100\n");
	yields("histogram_quantile(0.5, took_bucket)", "{bot=\"orders\"} 0.15\n");
}

static void assert_told(const char *metric, const char *type, const char *help)
{
	struct metadata_told told = {.type = "nothing"};
	(void)metadata_find(tsdb_metadata(bench.tsdb), metric, &told);
	assert_string_equal(told.type, type);
	assert_string_equal(told.help, help);
}

static void types_and_help_of_a_page_are_told(void **state)
{
	(void)state;
	look("# HELP took how long,\\nin \\\\ all\n# TYPE took histogram\ntook_bucket{le=\"+Inf\"} "
	     "1\n"
	     "took_sum 1\ntook_count 1\n# TYPE depth gauge\ndepth 1\nplain 1\n");
	assert_told("took_sum", "histogram", "how long, in \\ all");
	assert_told("depth", "gauge", "");
	assert_told("plain", "nothing", "");
	look("# HELP depth how deep\n# TYPE depth counter\ndepth 1\n");
	assert_told("depth", "counter", "how deep");
	look("# TYPE depth gauge\n# HELP depth how deep it is\ndepth 1\n");
	assert_told("depth", "gauge", "how deep it is");
}

static void a_page_that_says_the_same_again_tells_nothing_new(void **state)
{
	(void)state;
	static const char page[] = "# TYPE depth gauge\n# HELP depth how deep\ndepth 1\n";
	look(page);
	metadata_set(tsdb_metadata(bench.tsdb), "depth",
		&(struct metadata_word){"counter", "of another page", NULL});
	look(page);
	assert_told("depth", "counter", "of another page");
}

/* How many remarks PromQL has on it. */
static size_t notes_on(const char *query)
{
	const struct query_span span = {bench.wall_ms, bench.wall_ms, 0, 0};
	struct querier querier = tsdb_querier(bench.tsdb);
	struct msg_win_points *reply = msg_new(MSG_win_points);
	query_answer(query, &querier, &span, NULL, reply);
	size_t count = reply->notes_count;
	msg_free(MSG_win_points, reply);
	return count;
}

static void what_is_told_to_be_a_counter_is_one_whatever_its_name(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		look("# TYPE commits counter\ncommits 1\n# TYPE depth gauge\ndepth 1\nplain 1\n");
	assert_int_equal(notes_on("rate(commits[1m])"), 0);
	assert_int_equal(notes_on("rate(depth[1m])"), 1);
	assert_int_equal(notes_on("rate(plain[1m])"), 1);
}

static void units_are_those_of_open_metrics(void **state)
{
	(void)state;
	struct metadata_told told;
	look("# TYPE took_seconds counter\n# UNIT took_seconds seconds\n# HELP took_seconds "
	     "\\\"x\\\"\n"
	     "took_seconds_total 1\n# EOF\n");
	assert_told("took_seconds_total", "counter", "\"x\"");
	assert_true(metadata_find(tsdb_metadata(bench.tsdb), "took_seconds_total", &told));
	assert_string_equal(told.unit, "seconds");
}

static void of_names_that_are_not_kept_nothing_is_told(void **state)
{
	(void)state;
	char *names[] = {(char[]){"depth_total"}};
	bench.rules.names = names;
	bench.rules.name_count = 1;
	look("# TYPE depth counter\ndepth_total 1\n# TYPE room gauge\nroom 1\n");
	assert_told("depth_total", "counter", "");
	assert_told("room", "nothing", "");
}

static void a_series_that_vanishes_ends_at_once(void **state)
{
	(void)state;
	look("a 1\nb 2\n");
	look("a 1\n");
	yields("a", "a{bot=\"orders\"} 1\n");
	yields("b", "");
	look("a 1\nb 3\n");
	yields("b", "b{bot=\"orders\"} 3\n");
	assert_int_equal(bench.last.added, 1);
}

static void series_are_found_in_whatever_order_a_page_has_them(void **state)
{
	(void)state;
	look("a 1\nb 2\nc 3\n");
	look("c 30\nnew 5\na 10\nb 20\n");
	assert_int_equal(bench.last.added, 1);
	yields("sort({__name__=~\"a|b|c|new\"})",
		"new{bot=\"orders\"} 5\na{bot=\"orders\"} 10\nb{bot=\"orders\"} 20\n"
		"c{bot=\"orders\"} 30\n");
	look("b 200\nc 300\nnew 50\n");
	assert_int_equal(bench.last.added, 0);
	yields("sort({__name__=~\"a|b|c|new\"})",
		"new{bot=\"orders\"} 50\nb{bot=\"orders\"} 200\nc{bot=\"orders\"} 300\n");
}

static void all_of_a_page_that_does_not_come_ends_but_that_it_was_asked_for(void **state)
{
	(void)state;
	look("a 1\nb 2\n");
	yields("up", "up{bot=\"orders\"} 1\n");
	look(NULL);
	yields("{__name__=~\"a|b\"}", "");
	yields("up", "up{bot=\"orders\"} 0\n");
	look("a 1\nb 2\n");
	yields("a + b", "{bot=\"orders\"} 3\n");
}

static void a_series_with_times_of_its_own_does_not_end(void **state)
{
	(void)state;
	autofree char *page = xasprintf("old 5 %lld\n", (long long)bench.wall_ms);
	look(page);
	look(page);
	assert_int_equal(bench.last.refused, 0); /* the same again is no loss */
	look("a 1\n");
	yields("old", "old{bot=\"orders\"} 5\n");
}

static void a_time_that_a_start_has_ended_is_no_fault_of_the_page(void **state)
{
	(void)state;
	autofree char *page = xasprintf("own 5 %lld\n", (long long)bench.wall_ms + 5000);
	look(page);
	scrape_store_free(bench.store, NULL);
	tsdb_end_all(bench.tsdb, "");
	bench.store = scrape_store_new(bench.tsdb);
	look(page);
	look(page);
	assert_int_equal(bench.last.refused, 0);
	autofree char *next = xasprintf("own 6 %lld\n", (long long)bench.wall_ms + 5000);
	look(next);
	yields("own", "own{bot=\"orders\"} 6\n");
}

static void a_look_is_told_of_as_prometheus_does(void **state)
{
	(void)state;
	look("a 1\nb 2\nb{x=\"y\"} 3\n");
	yields("scrape_samples_scraped", "scrape_samples_scraped{bot=\"orders\"} 3\n");
	yields("scrape_series_added", "scrape_series_added{bot=\"orders\"} 3\n");
	yields("scrape_duration_seconds", "scrape_duration_seconds{bot=\"orders\"} 0.25\n");
	look("a 1\nb 2\nb{x=\"y\"} 3\n");
	yields("scrape_series_added", "scrape_series_added{bot=\"orders\"} 0\n");
}

static void of_lines_of_one_series_the_first_counts(void **state)
{
	(void)state;
	look("a 1\na 2\n");
	yields("a", "a{bot=\"orders\"} 1\n");
}

static void half_a_page_appends_nothing(void **state)
{
	(void)state;
	look("a 1\nb 2\n");
	const struct scrape_page half = {
		"a 7\nc 8\nb 9", 11, "application/openmetrics-text", false};
	struct err err;
	bench.wall_ms += 10 * SECOND;
	struct scrape_look flaws = {.wall_ms = bench.wall_ms};
	assert_false(scrape_store_page(bench.store, &bench.rules, &half, &flaws, NULL, &err));
	yields("a", "a{bot=\"orders\"} 1\n");
	yields("b", "b{bot=\"orders\"} 2\n");
	yields("c", "");
}

static void names_that_are_not_wanted_any_more_end(void **state)
{
	static char name[] = "a", *names[] = {name};
	(void)state;
	look("a 1\nb 2\n");
	bench.rules.names = names;
	bench.rules.name_count = 1;
	look("a 1\nb 2\n");
	yields("a", "a{bot=\"orders\"} 1\n");
	yields("b", "");
}

static void only_the_names_that_are_wanted_are_kept(void **state)
{
	(void)state;
	char *names[] = {(char[]){"a"}};
	bench.rules.names = names;
	bench.rules.name_count = 1;
	look("a 1\nb 2\n");
	yields("{__name__=~\"a|b\"}", "a{bot=\"orders\"} 1\n");
}

static void more_series_than_the_limit_are_refused_and_counted(void **state)
{
	(void)state;
	bench.rules.limit = 2;
	look("a 1\nb 2\nc 3\nd 4\n");
	assert_int_equal(bench.last.beyond, 2);
	yields("count({__name__=~\"[a-d]\"})", "{} 2\n");
	look("d 4\n");
	assert_int_equal(bench.last.beyond, 1); /* room is made at the end of a look */
	look("d 4\n");
	assert_int_equal(bench.last.beyond, 0);
	yields("d", "d{bot=\"orders\"} 4\n");
}

static void what_the_store_has_no_room_for_is_told(void **state)
{
	const struct tsdb_limits small = {.series_max = 1};
	struct err err;
	(void)state;
	assert_int_equal(teardown(NULL), 0);
	assert_true(tsdb_open(NULL, &small, &bench.tsdb, &err));
	bench.store = scrape_store_new(bench.tsdb);
	look("a 1\nb 2\nc 3\n");
	assert_int_equal(bench.last.refused, 2);
	assert_true(bench.last.why[0]);
	look("a 1\nb 2\nc 3\n");
	assert_int_equal(bench.last.refused, 2);
}

static void a_page_that_is_no_longer_wanted_ends_with_what_was_said_of_it(void **state)
{
	(void)state;
	look("a 1\n");
	int64_t last_ms = bench.wall_ms += SECOND;
	scrape_store_free(bench.store, &last_ms);
	bench.store = scrape_store_new(bench.tsdb);
	yields("{__name__=~\"a|up\"}", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_page_is_there_with_our_label_and_its_own),
		TEST(a_label_that_we_give_too_is_kept_as_exported),
		TEST(counters_stay_counters_and_their_rate_is_asked_for),
		TEST(buckets_are_there_for_quantiles),
		TEST(types_and_help_of_a_page_are_told),
		TEST(a_page_that_says_the_same_again_tells_nothing_new),
		TEST(what_is_told_to_be_a_counter_is_one_whatever_its_name),
		TEST(units_are_those_of_open_metrics),
		TEST(of_names_that_are_not_kept_nothing_is_told),
		TEST(a_series_that_vanishes_ends_at_once),
		TEST(series_are_found_in_whatever_order_a_page_has_them),
		TEST(all_of_a_page_that_does_not_come_ends_but_that_it_was_asked_for),
		TEST(a_series_with_times_of_its_own_does_not_end),
		TEST(a_time_that_a_start_has_ended_is_no_fault_of_the_page),
		TEST(a_look_is_told_of_as_prometheus_does),
		TEST(of_lines_of_one_series_the_first_counts),
		TEST(half_a_page_appends_nothing),
		TEST(names_that_are_not_wanted_any_more_end),
		TEST(only_the_names_that_are_wanted_are_kept),
		TEST(more_series_than_the_limit_are_refused_and_counted),
		TEST(what_the_store_has_no_room_for_is_told),
		TEST(a_page_that_is_no_longer_wanted_ends_with_what_was_said_of_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
