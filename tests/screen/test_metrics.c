/* SPDX-License-Identifier: MIT */
/* Metrics asks PromQL: charts of the table, what is typed, its completion and its mistakes, the cursor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/engine/feed.h"
#include "tests/support/console.h"

static const char config[] = "environment: demo\n"
			     "state_dir: /nowhere/state\n"
			     "bots:\n"
			     "  quiz: {transport: none}\n"
			     "  orders: {transport: none}\n";

enum { LOOKS = 12 }; /* more than a step of the chart takes */

/* Both run, as of a look just now: what nobody looks at ends. */
static void see(struct console *console)
{
	harness_feed(console->harness, "obs_process bot=\"quiz\" state=\"running\" pid=7 "
				       "cpu_percent=12.5 rss_bytes=1048576");
	harness_feed(console->harness, "obs_process bot=\"orders\" state=\"running\" pid=8 "
				       "cpu_percent=50 rss_bytes=2097152");
	console_advance(console, FEED_PULSE_MS);
}

static int setup(void **state)
{
	*state = console_new(config, 24, 80);
	for (int i = 0; i < LOOKS; i++)
		see(*state);
	return 0;
}

static int teardown(void **state)
{
	console_free(*state);
	return 0;
}

static void ask(struct console *console, const char *line)
{
	console_keys(console, ":");
	console_type(console, line);
	see(console);
	console_keys(console, "Enter");
	console_advance(console, 1000);
}

static void a_query_is_charted_with_the_labels_that_differ(void **state)
{
	struct console *console = *state;
	ask(console, "query process_cpu_percent");
	console_expect(console, "process_cpu_percent  15m");
	console_expect(console, "a orders");
	console_expect(console, "b quiz");
	ask(console, "query {__name__=~\"process_(cpu|resident).*\",bot=\"quiz\"}");
	console_expect(console, "a process_cpu_percent");
	console_expect_not(console, "bot=quiz");
	console_keys(console, "Esc");
	console_expect(console, "updates/s of the fleet  15m  1/16");
}

static void a_chart_of_the_table_says_what_it_asks_of_the_bot_under_the_cursor(void **state)
{
	struct console *console = *state;
	ask(console, "metric bot-cpu");
	console_keys(console, "4 Enter");
	console_advance(console, 1000);
	console_expect(console, "process_cpu_percent{bot=\"");
	console_expect(console, "CPU of ");
}

static void a_mistake_stands_under_its_place_and_the_line_stays(void **state)
{
	struct console *console = *state;
	console_keys(console, "4 Enter e C-u");
	console_type(console, "rate(process_cpu_percent)");
	console_keys(console, "Enter");
	console_advance(console, 1000);
	console_expect(console, "query rate(process_cpu_percent)");
	console_expect(console, "^");
	console_expect(console, "expected range vector");
	console_keys(console, "Backspace");
	console_type(console, "[5m])");
	console_keys(console, "Enter");
	console_advance(console, 1000);
	console_expect_not(console, "query rate");
	console_keys(console, "e C-u Up");
	console_expect(console, "query rate(process_cpu_percent[5m])");
	console_keys(console, "Esc");
}

static void giving_up_shows_again_what_was_there(void **state)
{
	struct console *console = *state;
	console_keys(console, "4 Enter e C-u");
	console_type(console, "nonsense(");
	console_keys(console, "Enter");
	console_advance(console, 1000);
	console_keys(console, "Esc");
	console_advance(console, 1000);
	console_expect(console, "updates/s of the fleet  15m  1/16");
}

static void tab_completes_functions_metrics_labels_and_values(void **state)
{
	struct console *console = *state;
	console_keys(console, "4 Enter e C-u");
	console_type(console, "ma");
	console_advance(console, 1000);
	console_expect(console, "max_over_time");
	console_keys(console, "C-u");
	console_type(console, "sum_over");
	console_advance(console, 1000);
	console_keys(console, "Tab");
	console_expect(console, "query sum_over_time(");
	console_type(console, "process_cp");
	console_advance(console, 1000);
	console_expect(console, "2 series");
	console_keys(console, "Tab");
	console_type(console, "{b");
	console_advance(console, 1000);
	console_keys(console, "Tab");
	console_expect(console, "query sum_over_time(process_cpu_percent{bot=\"");
	console_type(console, "q");
	console_advance(console, 1000);
	console_keys(console, "Tab");
	console_expect(console, "query sum_over_time(process_cpu_percent{bot=\"quiz\"");
	console_keys(console, "Esc");
}

static void the_span_moves_back_and_comes_to_now_again(void **state)
{
	struct console *console = *state;
	ask(console, "query process_cpu_percent");
	console_keys(console, "PgUp PgUp PgUp");
	console_advance(console, 1000);
	console_expect(console, "15m to 20");
	console_expect(console, "no value in this span: what is kept begins at 20");
	console_keys(console, "G");
	console_advance(console, 1000);
	console_expect(console, "a orders");
}

static void a_cursor_reads_values_and_esc_takes_it_away(void **state)
{
	struct console *console = *state;
	ask(console, "query process_cpu_percent");
	console_keys(console, "[");
	console_advance(console, 1000);
	console_expect(console, "50");
	console_expect(console, "12.5");
	console_keys(console, "Esc");
	console_expect(console, "process_cpu_percent  15m");
}

static void the_browser_leads_from_a_metric_by_its_labels_to_a_chart(void **state)
{
	struct console *console = *state;
	console_keys(console, "4 Enter m");
	console_advance(console, 1000);
	console_type(console, "process_cpu");
	console_expect(console, "process_cpu_percent");
	console_expect(console, "2 series");
	console_keys(console, "Enter");
	console_advance(console, 1000);
	console_expect(console, "labels of process_cpu_percent (1)");
	console_type(console, "bot");
	console_keys(console, "Enter");
	console_advance(console, 1000);
	console_expect(console, "sum by (bot) (process_cpu_percent)");
	console_expect(console, "quiz");
	console_type(console, "quiz");
	console_keys(console, "Enter");
	console_advance(console, 1000);
	console_expect(console, "process_cpu_percent{bot=\"quiz\"}  15m");
}

static void the_browser_says_types_and_the_help_of_the_one_under_the_cursor(void **state)
{
	struct console *console = *state;
	console_keys(console, "4 Enter m");
	console_advance(console, 1000);
	console_type(console, "process_resident");
	console_expect(console, "gauge      2 series");
	console_expect(console, "resident memory");
	console_keys(console, "C-u");
	console_type(console, "botswain_dropped_total");
	console_expect(console, "counter    1 series");
	console_expect_not(console, "resident memory");
}

static void completion_says_the_type_and_help_of_a_metric(void **state)
{
	struct console *console = *state;
	console_keys(console, "4 Enter e C-u");
	console_type(console, "process_cp");
	console_advance(console, 1000);
	console_expect(console, "gauge, 2 series  processor time");
	console_keys(console, "Esc");
}

static void a_counter_that_is_charted_as_it_is_says_so(void **state)
{
	struct console *console = *state;
	console_advance(console, 20000);
	ask(console, "query (botswain_dropped_total)");
	console_expect(console, "counter: try rate(botswain_dropped_total[5m])");
	ask(console, "query rate(botswain_dropped_total[5m])");
	console_expect_not(console, "counter: try");
	ask(console, "query process_cpu_percent");
	console_expect_not(console, "counter: try");
}

static void what_promql_remarks_stands_under_the_expression(void **state)
{
	struct console *console = *state;
	ask(console, "query rate(process_cpu_percent[5m])");
	console_expect(console, "PromQL info: metric might not be a counter");
	ask(console, "query rate(process_cpu_percent[5m]) + rate(bot_up[5m])");
	console_expect(console, "2 notes: PromQL info: metric might not be a counter");
	ask(console, "query process_cpu_percent");
	console_expect_not(console, "PromQL info");
}

static void a_narrow_title_cuts_the_expression_and_keeps_the_span(void **state)
{
	struct console *console = *state;
	console_resize(console, 12, 40);
	ask(console, "query process_cpu_percent + process_cpu_percent");
	console_expect(console, "process_cpu_p..  15m");
}

/* Nobody asks it here: there are no workers. */
static void where_a_prometheus_answers_the_table_and_what_is_shipped_ask_the_own_store(void **state)
{
	static const char sentence[] = "nobody asks 'http://127.0.0.1:9' here";
	autofree char *all =
		xasprintf("%smetrics: {prometheus: {url: 'http://127.0.0.1:9'}}\n", config);
	struct console *console = console_new(all, 24, 80);
	(void)state;
	see(console);
	console_keys(console, "4 Enter");
	console_advance(console, 1000);
	console_expect(console, "updates/s of the fleet  15m  1/16");
	console_expect_not(console, sentence);
	ask(console, "query process_cpu_percent");
	console_expect(console, sentence);
	console_keys(console, "m");
	console_advance(console, 1000);
	console_expect(console, "metrics (0)");
	console_expect(console, sentence);
	console_keys(console, "Esc");
	ask(console, "dashboard fleet");
	console_advance(console, 1000);
	console_expect(console, "Bots up");
	console_expect_not(console, "nobody asks");
	console_keys(console, "s");
	console_advance(console, 1000);
	console_expect(console, "nobody asks");
	console_keys(console, "s");
	console_advance(console, 1000);
	console_expect_not(console, "nobody asks");
	console_free(console);
}

static void without_a_prometheus_there_is_no_other_store(void **state)
{
	struct console *console = *state;
	ask(console, "dashboard fleet");
	console_keys(console, "s");
	console_expect(console, "no Prometheus is configured");
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_query_is_charted_with_the_labels_that_differ),
		test(a_chart_of_the_table_says_what_it_asks_of_the_bot_under_the_cursor),
		test(a_mistake_stands_under_its_place_and_the_line_stays),
		test(giving_up_shows_again_what_was_there),
		test(tab_completes_functions_metrics_labels_and_values),
		test(the_browser_leads_from_a_metric_by_its_labels_to_a_chart),
		test(the_browser_says_types_and_the_help_of_the_one_under_the_cursor),
		test(completion_says_the_type_and_help_of_a_metric),
		test(a_counter_that_is_charted_as_it_is_says_so),
		test(what_promql_remarks_stands_under_the_expression),
		test(a_narrow_title_cuts_the_expression_and_keeps_the_span),
		test(the_span_moves_back_and_comes_to_now_again),
		test(a_cursor_reads_values_and_esc_takes_it_away),
		test(where_a_prometheus_answers_the_table_and_what_is_shipped_ask_the_own_store),
		test(without_a_prometheus_there_is_no_other_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
