/* SPDX-License-Identifier: MIT */
/* Pages of Prometheus text: what is kept of them, at which time, and what they tell of a bot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/collect/scrape_series.h"
#include "core/collect/scrape_store.h"
#include "core/msg/msg.h"

struct bench {
	struct scrape_series *series;
	struct scrape_rules rules;
	struct msg_obs_scrape *obs;
	struct scrape_store *store;
	struct scrape_look flaws;
	struct err err;
};

static struct bench bench;

static void copy(void *context, const char *text, char *ret, size_t size)
{
	(void)context;
	copy_text(ret, size, text);
}

static int setup(void **state)
{
	(void)state;
	bench = (struct bench){.series = scrape_series_new(),
		.store = scrape_store_new(NULL),
		.rules = {.own = "bot", .own_value = "orders", .limit = 10, .clean = copy}};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	msg_free(MSG_obs_scrape, bench.obs);
	scrape_series_free(bench.series);
	scrape_store_free(bench.store, NULL);
	return 0;
}

static bool look(int64_t mono_ms, const char *page)
{
	msg_free(MSG_obs_scrape, bench.obs);
	bench.obs = msg_new(MSG_obs_scrape);
	const struct scrape_page text = {page, strlen(page), "", false};
	bench.flaws = (struct scrape_look){.wall_ms = mono_ms};
	return scrape_series_read(bench.series, bench.store, &bench.rules, &text, mono_ms,
		bench.obs, &bench.flaws, &bench.err);
}

/* NULL: it was not posted. */
static const struct msg_sample *find(const char *name, const char *labels)
{
	for (size_t i = 0; i < bench.obs->samples_count; i++)
		if (strcmp(bench.obs->samples[i].name, name) == 0 &&
			strcmp(bench.obs->samples[i].labels, labels) == 0)
			return &bench.obs->samples[i];
	return NULL;
}

static void is_value(const char *name, const char *labels, double value)
{
	const struct msg_sample *sample = find(name, labels);
	if (!sample)
		fail_msg("no %s{%s}", name, labels);
	else if (fabs(sample->value - value) > 1e-9)
		fail_msg("%s{%s} is %g, not %g", name, labels, sample->value, value);
}

static void is_gap(const char *name)
{
	const struct msg_sample *sample = find(name, "bot=orders");
	assert_non_null(sample);
	assert_true(isnan(sample->value));
}

static void a_gauge_is_kept_as_it_is_with_our_label(void **state)
{
	(void)state;
	assert_true(look(1000, "temperature{room=\"b\",at=\"c\"} -3.5\n"));
	is_value("temperature", "at=c,bot=orders,room=b", -3.5);
}

static void a_counter_is_recorded_as_it_is(void **state)
{
	(void)state;
	assert_true(look(1000, "# TYPE hits counter\nhits 100\nseen_total 7\n"));
	is_value("hits", "bot=orders", 100);
	is_value("seen_total", "bot=orders", 7);
}

static void of_a_large_page_the_first_series_are_recorded(void **state)
{
	enum { SERIES = 1000 };
	autostr struct str page = STR_INIT;
	(void)state;
	bench.rules.limit = SERIES;
	for (int i = 0; i < SERIES; i++)
		str_addf(&page, "m{i=\"%d\"} %d\n", i, i);
	for (int i = 0; i < 2; i++) {
		assert_true(look(1000 + i * 1000, page.text));
		assert_int_equal(bench.obs->samples_count, SCRAPE_RECORDED_MAX);
		assert_int_equal(bench.obs->refused, 0);
		is_value("m", "bot=orders,i=199", 199);
	}
}

static void buckets_are_left_out_unless_they_are_chosen(void **state)
{
	static const char page[] = "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 3\nh_sum 1\n"
				   "h_count 3\nother 1\n";
	static char name[] = "h_bucket", *chosen[] = {name};
	(void)state;
	assert_true(look(1000, page));
	assert_int_equal(bench.obs->samples_count, 3);
	is_value("other", "bot=orders", 1);
	bench.rules.names = chosen;
	bench.rules.name_count = 1;
	assert_true(look(2000, page));
	is_value("h_bucket", "bot=orders,le=+Inf", 3);
}

static void a_label_of_ours_wins_and_theirs_is_kept_as_exported(void **state)
{
	static const char *const labels[] = {"zone=eu"};
	(void)state;
	bench.rules.labels = labels;
	bench.rules.label_count = 1;
	assert_true(look(1000, "a{bot=\"orders\"} 1\nb{bot=\"other\",zone=\"us\"} 2\n"));
	is_value("a", "bot=orders,zone=eu", 1);
	is_value("b", "bot=orders,exported_bot=other,exported_zone=us,zone=eu", 2);
}

static void what_the_store_cannot_hold_in_a_label_is_replaced(void **state)
{
	(void)state;
	assert_true(look(1000, "a{p=\"x, {y} \\\"z\\\"\"} 1\n"));
	is_value("a", "bot=orders,p=x___y___z_", 1);
}

static void more_series_than_the_limit_are_refused_and_counted(void **state)
{
	autostr struct str page = STR_INIT;
	(void)state;
	for (int i = 0; i < 25; i++)
		str_addf(&page, "m{i=\"%d\"} %d\n", i, i);
	assert_true(look(1000, page.text));
	assert_int_equal(bench.obs->samples_count, 10);
	assert_int_equal(bench.obs->refused, 15);
	assert_true(look(2000, "m{i=\"24\"} 1\n"));
	assert_int_equal(bench.obs->refused, 1); /* room is made at the end of a look */
	assert_true(look(3000, "m{i=\"24\"} 1\n"));
	assert_int_equal(bench.obs->refused, 0);
	is_value("m", "bot=orders,i=24", 1);
}

static void of_two_lines_of_one_series_the_first_counts(void **state)
{
	(void)state;
	assert_true(look(1000, "load 1\nload 9\nload{a=\"b\"} 3\n"));
	is_value("load", "bot=orders", 1);
	is_value("load", "a=b,bot=orders", 3);
	assert_int_equal(bench.flaws.twice, 1);
	assert_int_equal(bench.obs->samples_count, 2);
	assert_true(look(2000, "load 1\n"));
	assert_int_equal(bench.flaws.twice, 0);
}

static void a_counter_that_is_told_twice_makes_no_spike(void **state)
{
	(void)state;
	static const char page[] = "# TYPE bot_updates counter\nbot_updates_total 100\n"
				   "bot_updates_total 9000\n";
	assert_true(look(1000, page));
	assert_true(look(2000, page));
	is_value("bot_updates_total", "bot=orders", 100);
	assert_true(bench.obs->updates_per_s == 0);
}

static void of_more_samples_than_are_read_the_first_are_kept(void **state)
{
	(void)state;
	autostr struct str page = STR_INIT;
	str_adds(&page, "good 42\n");
	for (int i = 1; i < SCRAPE_SAMPLES_MAX; i++)
		str_addf(&page, "many{i=\"%d\"} 1\n", i);
	assert_true(look(1000, page.text));
	assert_false(bench.flaws.has_more);
	str_adds(&page, "late 1\n");
	assert_true(look(2000, page.text));
	assert_true(bench.flaws.has_more);
	is_value("good", "bot=orders", 42);
	assert_int_equal(bench.obs->refused, SCRAPE_SAMPLES_MAX - 10);
}

static void labels_that_are_too_long_are_not_recorded(void **state)
{
	autostr struct str page = STR_INIT;
	(void)state;
	for (int i = 0; i < 4; i++)
		str_addf(&page, "%sl%d=\"%0100d\"", i ? "," : "m{", i, i);
	str_adds(&page, "} 1\n");
	assert_true(look(1000, page.text));
	assert_int_equal(bench.obs->samples_count, 0);
	assert_int_equal(bench.obs->refused, 0);
}

static void a_series_that_vanishes_ends_with_a_gap(void **state)
{
	(void)state;
	assert_true(look(1000, "a 1\nb 2\n"));
	assert_true(look(2000, "a 1\n"));
	const struct msg_sample *gap = find("b", "bot=orders");
	assert_non_null(gap);
	assert_true(isnan(gap->value));
	assert_true(look(3000, "a 1\n"));
	assert_null(find("b", "bot=orders"));
}

static void a_page_that_did_not_come_ends_all_of_them_once(void **state)
{
	(void)state;
	assert_true(look(1000, "a 1\nb 2\n"));
	msg_free(MSG_obs_scrape, bench.obs);
	bench.obs = msg_new(MSG_obs_scrape);
	scrape_series_end(bench.series, bench.obs);
	assert_int_equal(bench.obs->samples_count, 2);
	scrape_series_end(bench.series, bench.obs);
	assert_int_equal(bench.obs->samples_count, 2);
}

static void what_half_a_page_says_of_known_series_is_taken_back(void **state)
{
	(void)state;
	assert_true(look(1000, "bot_updates_total 10\na 1\n"));
	assert_false(look(2000, "bot_updates_total 500\na 2\nnew 3\nbad {\n"));
	assert_int_equal(bench.obs->samples_count, 0);
	scrape_series_end(bench.series, bench.obs);
	assert_int_equal(bench.obs->samples_count, 2);
	is_gap("a");
	is_gap("bot_updates_total");
	assert_true(look(3000, "bot_updates_total 30\na 3\n"));
	assert_true(fabs(bench.obs->updates_per_s - 10) < 1e-9);
	is_value("a", "bot=orders", 3);
}

static void what_vanishes_makes_room_for_another_to_be_recorded(void **state)
{
	autostr struct str page = STR_INIT;
	(void)state;
	bench.rules.limit = 1000;
	for (int i = 0; i < SCRAPE_RECORDED_MAX + 5; i++)
		str_addf(&page, "m{i=\"%d\"} %d\n", i, i);
	const char *without_first = strchr(page.text, '\n') + 1;
	assert_true(look(1000, page.text));
	assert_null(find("m", "bot=orders,i=200"));
	assert_true(look(2000, without_first));
	assert_true(look(3000, without_first));
	is_value("m", "bot=orders,i=200", 200);
	assert_null(find("m", "bot=orders,i=201"));
	assert_int_equal(bench.obs->samples_count, SCRAPE_RECORDED_MAX);
}

static void a_value_that_was_no_number_is_recorded_when_it_is_one(void **state)
{
	(void)state;
	assert_true(look(1000, "a NaN\nb 1\n"));
	assert_null(find("a", "bot=orders"));
	assert_true(look(2000, "a 5\nb NaN\n"));
	is_value("a", "bot=orders", 5);
	is_gap("b");
	assert_true(look(3000, "a 6\nb 7\n"));
	is_value("b", "bot=orders", 7);
}

static void half_a_page_is_not_believed_and_the_error_has_its_place(void **state)
{
	(void)state;
	assert_false(look(1000, "good 1\nbad{x=\"1} 2\n"));
	assert_int_equal(bench.obs->samples_count, 0);
	assert_int_equal(bench.err.code, ERR_SYNTAX);
	assert_true(starts_with(bench.err.text, "2:7: the label's value is never closed"));
	assert_false(look(1000, "<html>\n"));
	assert_true(starts_with(bench.err.text, "1:1: "));
	assert_false(look(1000, "# nothing\n"));
	assert_string_equal(bench.err.text, "the page holds no sample");
}

/* ---- the load of a bot ---- */

static void known_counters_are_summed_over_their_labels(void **state)
{
	(void)state;
	assert_true(look(1000, "bot_updates_total{t=\"a\"} 10\nbot_updates_total{t=\"b\"} 20\n"
			       "bot_errors_total 1\n"));
	assert_true(isnan(bench.obs->updates_per_s));
	assert_true(look(11000, "bot_updates_total{t=\"a\"} 15\nbot_updates_total{t=\"b\"} 45\n"
				"bot_errors_total 3\n"));
	assert_true(fabs(bench.obs->updates_per_s - 3) < 1e-9);
	assert_true(fabs(bench.obs->errors_per_min - 12) < 1e-9);
	assert_true(isnan(bench.obs->p95_ms));
}

static void histogram(struct str *page, int fast, int slow)
{
	str_clear(page);
	str_addf(page,
		"# TYPE bot_handler_seconds histogram\n"
		"bot_handler_seconds_bucket{le=\"0.1\"} %d\n"
		"bot_handler_seconds_bucket{le=\"1\"} %d\n"
		"bot_handler_seconds_bucket{le=\"+Inf\"} %d\n",
		fast, fast + slow, fast + slow);
}

static void p95_is_of_the_updates_of_the_last_minutes(void **state)
{
	autostr struct str page = STR_INIT;
	(void)state;
	histogram(&page, 100, 0);
	assert_true(look(1000, page.text));
	assert_true(isnan(bench.obs->p95_ms)); /* since when nobody knows */
	histogram(&page, 190, 10);
	assert_true(look(62000, page.text));
	/* 90 up to 0.1 s and 10 up to 1 s: rank 95 is half way through the second bucket */
	assert_true(fabs(bench.obs->p95_ms - 550) < 1e-6);
	histogram(&page, 290, 10);
	assert_true(look(130000, page.text));
	assert_true(look(131000, page.text));
	assert_true(fabs(bench.obs->p95_ms - 95) < 1e-6);
}

static void without_an_update_there_is_no_p95(void **state)
{
	autostr struct str page = STR_INIT;
	(void)state;
	histogram(&page, 100, 0);
	for (int64_t at = 1000; at < 400000; at += 30000)
		assert_true(look(at, page.text));
	assert_true(isnan(bench.obs->p95_ms));
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_gauge_is_kept_as_it_is_with_our_label),
		test(a_counter_is_recorded_as_it_is),
		test(of_a_large_page_the_first_series_are_recorded),
		test(buckets_are_left_out_unless_they_are_chosen),
		test(a_label_of_ours_wins_and_theirs_is_kept_as_exported),
		test(what_the_store_cannot_hold_in_a_label_is_replaced),
		test(more_series_than_the_limit_are_refused_and_counted),
		test(of_two_lines_of_one_series_the_first_counts),
		test(a_counter_that_is_told_twice_makes_no_spike),
		test(of_more_samples_than_are_read_the_first_are_kept),
		test(labels_that_are_too_long_are_not_recorded),
		test(a_series_that_vanishes_ends_with_a_gap),
		test(a_page_that_did_not_come_ends_all_of_them_once),
		test(half_a_page_is_not_believed_and_the_error_has_its_place),
		test(what_half_a_page_says_of_known_series_is_taken_back),
		test(what_vanishes_makes_room_for_another_to_be_recorded),
		test(a_value_that_was_no_number_is_recorded_when_it_is_one),
		test(known_counters_are_summed_over_their_labels),
		test(p95_is_of_the_updates_of_the_last_minutes),
		test(without_an_update_there_is_no_p95),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
