/* SPDX-License-Identifier: MIT */
/* Named figures: those that are shipped, what settings and screens make of them, and how they are asked. */
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
#include "core/conf/settings.h"

static struct settings *parse(const char *figures)
{
	autofree char *text = xasprintf(
		"state_dir: /nowhere/state\nbots: [{name: a, transport: none}]\n%s", figures);
	struct settings *settings = NULL;
	struct err err = {.code = ERR_NONE};
	if (!settings_parse(text, strlen(text), "/nowhere/botswain.yaml", &settings, NULL, &err))
		fail_msg("%s", err.text);
	return settings;
}

static void expect_refused(const char *figures, const char *why)
{
	autofree char *text = xasprintf("state_dir: /nowhere/state\n%s", figures);
	autostr struct str report = STR_INIT;
	struct settings *settings = NULL;
	struct err err = {.code = ERR_NONE};
	assert_false(settings_parse(
		text, strlen(text), "/nowhere/botswain.yaml", &settings, &report, &err));
	if (!strstr(report.text, why))
		fail_msg("'%s' is not in: %s", why, report.text);
}

static void expect_fill(const struct figures *figures, const char *text, const char *const *bots,
	size_t count, const char *wanted)
{
	autofree char *filled = figures_fill(figures, text, bots, count);
	assert_string_equal(filled, wanted);
}

static void every_shipped_figure_asks_of_bots_and_knows_its_target(void **state)
{
	(void)state;
	static const char *const names[] = {
		"updates", "errors", "error-share", "p50", "p95", "p99", "cache", "availability"};
	const char *bot = "orders";
	struct figures *figures = figures_new(NULL);
	assert_int_equal(figures->count, sizeof(names) / sizeof(*names));
	for (size_t i = 0; i < figures->count; i++) {
		const struct figure *figure = &figures->list[i];
		assert_string_equal(figure->name, names[i]);
		assert_true(figure_is_shipped(figure));
		autofree char *query = figure_fill(figures, figure, false, &bot, 1);
		autofree char *budget = figure_fill(figures, figure, true, &bot, 1);
		assert_non_null(strstr(query, "bot=~\"orders\""));
		assert_null(strchr(query, '$'));
		assert_null(strchr(budget, '$'));
		assert_true(!budget[0] == !!isnan(figure->target));
	}
	figures_free(figures);
}

static void targets_are_those_of_the_service_levels(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		double target, good, bad;
	} levels[] = {{"p95", 0.2, 0.19, 0.2}, {"p99", 0.5, 0.49, 0.5},
		{"error-share", 0.01, 0.0009, 0.01}, {"cache", 0.7, 0.71, 0.69},
		{"availability", 0.999, 0.9991, 0.9989}};
	struct figures *figures = figures_new(NULL);
	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
		const struct figure *figure = figures_find(figures, levels[i].name);
		assert_non_null(figure);
		assert_float_equal(figure->target, levels[i].target, 1e-9);
		assert_int_equal(figure_grade(figure, levels[i].good), 0);
		assert_int_not_equal(figure_grade(figure, levels[i].bad), 0);
		assert_int_equal(figure_grade(figure, NAN), 0);
	}
	figures_free(figures);
}

static void settings_change_what_they_name_and_add_their_own(void **state)
{
	(void)state;
	struct settings *settings =
		parse("figures:\n"
		      "  p95: {query: 'my_p95{bot=~\"$bot\"}', unit: ms, target: 300, warn: 300}\n"
		      "  p99: {target: 0.75}\n"
		      "  queue: {query: my_queue, warn: 9, crit: 3}\n");
	struct figures *figures = figures_new(settings);
	const struct figure *p95 = figures_find(figures, "p95"),
			    *p99 = figures_find(figures, "p99"),
			    *queue = figures_find(figures, "queue");
	assert_string_equal(figure_query(p95), "my_p95{bot=~\"$bot\"}");
	assert_string_equal(p95->unit, "ms");
	assert_float_equal(p95->target, 300, 1e-9);
	assert_false(figure_is_shipped(p95));
	assert_float_equal(p99->target, 0.75, 1e-9);
	assert_string_equal(p99->unit, "seconds");
	assert_true(figure_is_shipped(p99));
	assert_int_equal(figure_grade(queue, 5), 1);
	assert_int_equal(figure_grade(queue, 2), 2);
	assert_true(queue->below);
	autofree char *budget = figure_fill(figures, p99, true, NULL, 0);
	assert_non_null(strstr(budget, "le=\"0.75\""));
	figures_free(figures);
	settings_unref(settings);
}

static void settings_that_make_no_figure_are_refused_at_their_place(void **state)
{
	(void)state;
	expect_refused("figures:\n  queue: {unit: ms}\n", "botswain.yaml:3:3: ");
	expect_refused("figures:\n  queue: {unit: ms}\n",
		"no figure 'queue' is shipped: give its 'query'");
	expect_refused("figures:\n  p95: {unit: furlongs}\n", "'unit' is none, bytes");
	expect_refused("figures:\n  p95: {target: much}\n", "'target' is a number");
	expect_refused("figures:\n  p95: {below: yes, warn: 1, crit: 2}\n", "turn them round");
	expect_refused("figures:\n  p95:\n    query: |\n      a # why\n      + b\n",
		"leave the comment out");
}

static void what_a_screen_changes_stands_over_the_settings_until_it_is_taken_back(void **state)
{
	(void)state;
	struct figures *figures = figures_new(NULL);
	struct figure *p50 = figures_find(figures, "p50");
	autofree char *before = xstrdup(figure_query(p50));
	figure_change(p50, "mine");
	assert_string_equal(figure_query(p50), "mine");
	assert_false(figure_is_shipped(p50));
	figure_change(p50, before);
	assert_true(figure_is_shipped(p50));
	figure_change(p50, "mine");
	figure_change(p50, "");
	assert_string_equal(figure_query(p50), before);
	figures_free(figures);
}

static void bots_and_figures_are_put_into_an_expression(void **state)
{
	(void)state;
	struct settings *settings = parse(
		"figures:\n  a: {query: 'x{bot=~\"$bot\"} > $target', target: 2, budget: y}\n");
	struct figures *figures = figures_new(settings);
	const char *const bots[] = {"one", "t.w\"o"};
	expect_fill(figures, "x{bot=~\"$bot\"}", bots, 1, "x{bot=~\"one\"}");
	expect_fill(figures, "x{bot=~\"$bot\"}", bots, 2, "x{bot=~\"one|t\\\\.w\\\"o\"}");
	expect_fill(figures, "x{bot=~\"$bot\"}", NULL, 0, "x{bot=~\".+\"}");
	expect_fill(figures, "$bots $target", NULL, 0, "$bots $target");
	expect_fill(figures, "max($(a))", bots, 1, "max((x{bot=~\"one\"} > 2))");
	expect_fill(figures, "$(a.budget) / $(a.target)", NULL, 0, "(y) / 2");
	expect_fill(figures, "$(b) $(a.c) $(a", NULL, 0, "$(b) $(a.c) $(a");
	figures_free(figures);
	settings_unref(settings);
}

static void a_figure_that_names_itself_comes_to_an_end(void **state)
{
	(void)state;
	struct settings *settings = parse("figures:\n  a: {query: '$(a) + $(a)'}\n");
	struct figures *figures = figures_new(settings);
	autofree char *filled = figures_fill(figures, "$(a)", NULL, 0);
	assert_true(strlen(filled) < 1000);
	figures_free(figures);
	settings_unref(settings);
}

static void a_place_in_what_is_asked_is_found_in_what_was_typed(void **state)
{
	(void)state;
	struct figures *figures = figures_new(NULL);
	const char *bot = "a-long-name", text[] = "rate(x{bot=~\"$bot\"}) + y";
	autofree char *filled = figures_fill(figures, text, &bot, 1);
	for (size_t i = 0; i < strlen("rate(x{bot=~\""); i++)
		assert_int_equal(figures_place(figures, text, &bot, 1, i), i);
	size_t within = (size_t)(strstr(filled, "long") - filled);
	assert_int_equal(
		figures_place(figures, text, &bot, 1, within), strstr(text, "$bot") - text);
	size_t last = (size_t)(strchr(filled, 'y') - filled);
	assert_int_equal(figures_place(figures, text, &bot, 1, last), strchr(text, 'y') - text);
	figures_free(figures);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shipped_figure_asks_of_bots_and_knows_its_target),
		cmocka_unit_test(targets_are_those_of_the_service_levels),
		cmocka_unit_test(settings_change_what_they_name_and_add_their_own),
		cmocka_unit_test(settings_that_make_no_figure_are_refused_at_their_place),
		cmocka_unit_test(
			what_a_screen_changes_stands_over_the_settings_until_it_is_taken_back),
		cmocka_unit_test(bots_and_figures_are_put_into_an_expression),
		cmocka_unit_test(a_figure_that_names_itself_comes_to_an_end),
		cmocka_unit_test(a_place_in_what_is_asked_is_found_in_what_was_typed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
