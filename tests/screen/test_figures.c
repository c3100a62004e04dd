/* SPDX-License-Identifier: MIT */
/* Figures of Bots: columns of what PromQL says of each bot, gaps where it says nothing, and expressions that a screen changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/figures.h"
#include "core/engine/feed.h"
#include "tests/support/console.h"
#include "tui/panes/bots.h"
#include "tui/saved.h"

enum { STEP_MS = 15000, STEPS = 24, TURN_MS = 300, SETTLE_MS = 200, TURNS_MAX = 500 };

static const char config[] = "environment: demo\n"
			     "state_dir: /nowhere/state\n"
			     "bots:\n  quiz: {transport: none}\n  orders: {transport: none}\n"
			     "  sale: {transport: none, enabled: no}\n";

/* Until the figures are those of now. */
static void answer(struct console *console)
{
	const struct window *window = &console->app->windows[WINDOW_FIGURES];
	int64_t from_ms = console->app->now_ms;
	int turns = 0;
	while (!(window->answered && window->points.to_ms > from_ms) && turns++ < TURNS_MAX)
		console_advance(console, TURN_MS);
	assert_true(turns < TURNS_MAX);
	console_advance(console, TURN_MS);
}

/* In turns in which the pool keeps up with a time that is not real: the engine rests as long as its answers take. */
static void pass(struct console *console, int64_t ms)
{
	for (; ms > 0; ms -= TURN_MS + SETTLE_MS)
		console_advance(console, TURN_MS);
}

/* In each step quiz handles 60 updates: 54 in up to 100 ms, 6 in up to 200, and 3 of them fail; its cache answers 9 of 12
 * lookups. So p50 is 55.6 ms, p95 150 ms, p99 190 ms, and 5 % fail. orders tells nothing. */
static void feed(struct console *console, int from, int steps)
{
	for (int n = from + 1; n <= from + steps; n++) {
		pass(console, STEP_MS);
		harness_feed(console->harness, "obs_process bot=\"quiz\" state=\"running\" pid=7");
		harness_feed(console->harness, "obs_process bot=\"orders\" state=\"%s\" pid=8",
			n % 2 ? "running" : "dead");
		harness_feed(console->harness, "obs_process bot=\"sale\" state=\"absent\"");
		harness_feed(console->harness,
			"obs_samples source=\"redis/main\" whole=true samples=["
			"{name=\"bot_updates_total\" labels=\"bot=quiz\" value=%d} "
			"{name=\"bot_errors_total\" labels=\"bot=quiz\" value=%d} "
			"{name=\"cache_hits_total\" labels=\"bot=quiz\" value=%d} "
			"{name=\"cache_misses_total\" labels=\"bot=quiz\" value=%d} "
			"{name=\"bot_update_duration_seconds_bucket\" labels=\"bot=quiz,le=0.1\" "
			"value=%d} "
			"{name=\"bot_update_duration_seconds_bucket\" labels=\"bot=quiz,le=0.2\" "
			"value=%d} "
			"{name=\"bot_update_duration_seconds_bucket\" labels=\"bot=quiz,le=+Inf\" "
			"value=%d}]",
			60 * n, 3 * n, 9 * n, 3 * n, 54 * n, 60 * n, 60 * n);
	}
}

static int setup(void **state)
{
	*state = console_new(config, 24, 160);
	feed(*state, 0, STEPS);
	console_keys(*state, "+");
	answer(*state);
	return 0;
}

static int teardown(void **state)
{
	console_free(*state);
	return 0;
}

static const struct msg_bot *bot_named(const struct console *console, const char *name)
{
	return model_bot(app_model(console->app), entity_id("bot", name));
}

static double value_of(const struct console *console, const char *bot, enum bots_field field)
{
	return bots_number(console->app, bot_named(console, bot), field);
}

static void expect_near(const struct console *console, const char *bot, enum bots_field field,
	double wanted, double within)
{
	double value = value_of(console, bot, field);
	if (!(fabs(value - wanted) <= within))
		fail_msg("%s: %g, not %g", bot, value, wanted);
}

static void ask(struct console *console, const char *line)
{
	console_keys(console, ":");
	console_type(console, line);
	console_keys(console, "Enter");
	console_advance(console, 1000);
}

static void columns_have_what_the_counters_and_buckets_come_to(void **state)
{
	struct console *console = *state;
	console_expect(console, "P50ms P99ms  ERR% CACHE% UP24h% WHY");
	console_expect(console, "quiz ");
	expect_near(console, "quiz", BOTS_P50, 100 * 0.5 / 0.9, 1e-6);
	expect_near(console, "quiz", BOTS_P99, 190, 1e-6);
	expect_near(console, "quiz", BOTS_SHARE, 5, 1e-6);
	expect_near(console, "quiz", BOTS_CACHE, 75, 1e-6);
	expect_near(console, "quiz", BOTS_AVAILABLE, 100, 1e-6);
	expect_near(console, "orders", BOTS_AVAILABLE, 50, 3);
}

static void what_a_bot_does_not_tell_is_no_number(void **state)
{
	struct console *console = *state;
	assert_true(isnan(value_of(console, "orders", BOTS_P99)));
	assert_true(isnan(value_of(console, "orders", BOTS_SHARE)));
	console_expect(console, "    --    --    --     --  50.");
	console_expect(console, "    56   190 ");
}

static void a_bot_that_is_off_on_purpose_is_not_down(void **state)
{
	struct console *console = *state;
	assert_true(isnan(value_of(console, "sale", BOTS_AVAILABLE)));
}

static void what_is_no_longer_told_goes_and_stands_nowhere(void **state)
{
	struct console *console = *state;
	for (int i = 0; i < 26; i++)
		pass(console, STEP_MS);
	assert_true(isnan(value_of(console, "quiz", BOTS_P99)));
	assert_true(isnan(value_of(console, "quiz", BOTS_CACHE)));
	feed(console, STEPS, 4);
	answer(console);
	expect_near(console, "quiz", BOTS_P99, 190, 1e-6);
}

static void e_shows_what_a_figure_asks_with_its_chart(void **state)
{
	struct console *console = *state;
	console_keys(console, "e");
	console_expect(console, "Figures");
	console_expect(console, "availability");
	console_type(console, "p99");
	console_keys(console, "Enter");
	console_advance(console, 1000);
	console_expect(console, "p99 of ");
	console_expect(console,
		"p99 histogram_quantile(0.99, sum by (bot, le) "
		"(rate(bot_update_duration_seconds_bucket{bot=~\"$bot\"}[2m]))) >= 0");
	console_keys(console, "Esc");
	console_expect_not(console, "p99 histogram");
	console_expect(console, "1 Bots");
}

static void an_expression_that_is_kept_fills_the_column_from_then_on(void **state)
{
	struct console *console = *state;
	ask(console, "figure p99 sum by (bot) (rate(bot_errors_total{bot=~\"$bot\"}[2m])) / sum by "
		     "(bot) (rate(bot_updates_total[2m]))");
	console_expect(console, "p99 asks that on this screen; :figure p99 default ends it");
	console_keys(console, "Esc Esc"); /* what was said, then the chart */
	console_expect(console, "1 Bots");
	feed(console, STEPS, 5);
	answer(console);
	expect_near(console, "quiz", BOTS_P99, 50, 1e-6); /* 0.05, as ms */
	assert_true(isnan(value_of(console, "orders", BOTS_P99)));
	ask(console, "figure p99 default");
	console_expect(console, "p99 asks what is configured");
	answer(console);
	expect_near(console, "quiz", BOTS_P99, 190, 1e-6);
}

static void the_sparkline_is_that_of_what_updates_asks(void **state)
{
	struct console *console = *state;
	ask(console, "figure updates sum by (bot) (cache_hits_total{bot=~\"$bot\"})");
	console_keys(console, "Esc Esc");
	pass(console, 2 * STEP_MS);
	const double *course = bots_figure_course(console->app, entity_id("bot", "quiz"));
	assert_non_null(course);
	expect_near(console, "quiz", BOTS_RATE, 9 * STEPS, 1e-6);
	assert_true(fabs(course[BOTS_SPARK_POINTS - 1] - 9 * STEPS) < 1e-6);
	assert_null(bots_figure_course(console->app, entity_id("bot", "orders")));
}

static void a_mistake_stands_under_its_place_and_the_old_one_stays(void **state)
{
	struct console *console = *state;
	ask(console, "figure p99 rate(x{bot=~\"$bot\"}) + nonsense(");
	console_expect(console, "p99 rate(x{bot=~\"$bot\"}) + nonsense(");
	console_expect(console, "^");
	assert_true(figure_is_shipped(figures_find(console->app->figures, "p99")));
	console_keys(console, "C-u");
	console_type(console, "sum(rate(bot_updates_total[1m]))");
	console_keys(console, "Enter");
	console_advance(console, 1000);
	console_expect(console, "no series says of which bot it is: add by (bot)");
	assert_true(figure_is_shipped(figures_find(console->app->figures, "p99")));
	console_keys(console, "Esc");
	answer(console);
	expect_near(console, "quiz", BOTS_P99, 190, 1e-6);
	ask(console, "figure p42 up");
	console_expect(console, "no figure 'p42'");
}

static void the_caret_stands_where_it_was_typed_and_not_where_the_bots_name_moved_it(void **state)
{
	struct console *console = *state;
	ask(console, "figure p95 rate(x{bot=~\"$bot\"})");
	int row = console_row(console, "p95 rate(x{bot=~");
	assert_true(row >= 0);
	console_expect(console, "^ expected range vector");
	console_expect(console, "     ^");
	assert_int_equal(console_row(console, "^ expected range vector"), row + 1);
	console_keys(console, "Esc");
}

static void figures_sort_and_filter(void **state)
{
	struct console *console = *state;
	ask(console, "sort P99ms");
	assert_true(console_row(console, "quiz ") < console_row(console, "orders "));
	ask(console, "filter cache > 70");
	console_expect(console, "quiz ");
	console_expect(console, "2 hidden");
	console_keys(console, "Esc");
}

static void it_is_remembered_for_the_next_screen(void **state)
{
	struct console *console = *state;
	autostr struct str text = STR_INIT;
	bool newer;
	struct err err;
	ask(console, "figure cache sum by (bot) (mine)");
	saved_print(console->app, "here", &text);
	struct console *next = console_beside(console, 24, 160);
	assert_true(saved_take(next->app, "here", text.text, text.length, &newer, &err));
	assert_string_equal(
		figure_query(figures_find(next->app->figures, "cache")), "sum by (bot) (mine)");
	saved_reset(next->app);
	assert_true(figure_is_shipped(figures_find(next->app->figures, "cache")));
	console_free(next);
}

static void narrow_screens_keep_the_reason_and_leave_figures_out(void **state)
{
	struct console *console = *state;
	console_resize(console, 12, 40);
	console_expect(console, "WHY");
	console_expect_not(console, "P99ms");
	console_expect_not(console, "UP24h%");
}

static void service_levels_hold_the_same_figures_against_their_targets(void **state)
{
	struct console *console = *state;
	ask(console, "dashboard sla");
	console_expect(console, "p95 < 200 ms");
	console_expect(console, "Up > 99.9%");
	console_expect(console, "150 ms");  /* of quiz */
	console_expect(console, "-400% C"); /* 5 % fail where 1 may */
	ask(console, "figure p95 sum by (bot) (bot_updates_total{bot=~\"$bot\"}) / sum by (bot) "
		     "(bot_updates_total) / 4");
	ask(console, "dashboard sla");
	console_expect(console, "250 ms W");
	console_resize(console, 24, 80);
	console_advance(console, 1000);
	console_expect(console, "p95 < 200 ms");
	console_expect(console, "Budget left, 24 h, worst bot");
	console_resize(console, 12, 40);
	console_advance(console, 1000);
	console_expect(console, "p95 < 200 ms");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(columns_have_what_the_counters_and_buckets_come_to),
		TEST(what_a_bot_does_not_tell_is_no_number),
		TEST(a_bot_that_is_off_on_purpose_is_not_down),
		TEST(what_is_no_longer_told_goes_and_stands_nowhere),
		TEST(e_shows_what_a_figure_asks_with_its_chart),
		TEST(an_expression_that_is_kept_fills_the_column_from_then_on),
		TEST(the_sparkline_is_that_of_what_updates_asks),
		TEST(a_mistake_stands_under_its_place_and_the_old_one_stays),
		TEST(the_caret_stands_where_it_was_typed_and_not_where_the_bots_name_moved_it),
		TEST(figures_sort_and_filter),
		TEST(it_is_remembered_for_the_next_screen),
		TEST(service_levels_hold_the_same_figures_against_their_targets),
		TEST(narrow_screens_keep_the_reason_and_leave_figures_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
