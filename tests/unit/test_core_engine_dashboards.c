/* SPDX-License-Identifier: MIT */
/* The dashboards that are shipped ask in PromQL, of metrics that there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/dashboard.h"
#include "core/conf/figures.h"
#include "core/series/promql/ast.h"
#include "core/series/promql/eval.h"

static char *read_all(const char *path)
{
	autostr struct str text = STR_INIT;
	char part[4096];
	size_t got;
	FILE *file = fopen(path, "re");
	if (!file)
		fail_msg("%s", path);
	while ((got = fread(part, 1, sizeof(part), file)) > 0)
		str_add(&text, part, got);
	assert_int_equal(fclose(file), 0);
	return str_detach(&text);
}

/* As the screen fills it. */
static char *fill(const char *expr)
{
	autostr struct str text = STR_INIT;
	for (; *expr; expr++) {
		if (starts_with(expr, "$bot")) {
			str_adds(&text, "orders");
			expr += strlen("$bot") - 1;
		} else if (starts_with(expr, "$instance")) {
			str_adds(&text, ".+");
			expr += strlen("$instance") - 1;
		} else {
			str_addch(&text, *expr);
		}
	}
	struct figures *figures = figures_new(NULL);
	char *filled = figures_fill(figures, text.text, NULL, 0);
	figures_free(figures);
	return filled;
}

typedef void each_query(const struct dashboard *dashboard, const struct dashboard_panel *panel,
	const char *expr, void *context);

static size_t for_each_query(each_query *each, void *context)
{
	struct dashboards *all = dashboards_load(NULL);
	size_t count = 0;
	for (size_t i = 0; i < all->count; i++)
		for (size_t p = 0; p < all->list[i]->panel_count; p++) {
			const struct dashboard_panel *panel = dashboard_panel_at(all->list[i], p);
			for (size_t q = 0; q < panel->query_count; q++) {
				autofree char *expr = fill(panel->queries[q].expr);
				each(all->list[i], panel, expr, context);
				count++;
			}
		}
	dashboards_free(all);
	return count;
}

static void expect_promql(const struct dashboard *dashboard, const struct dashboard_panel *panel,
	const char *text, void *context)
{
	struct place place;
	struct err err;
	(void)context;
	struct expr *expr = promql_parse(text, strlen(text), &place, &err);
	if (!expr)
		fail_msg("%s, %s: %s: %s", dashboard->name, panel->title, text, err.text);
	expr_free(expr);
}

static void every_shipped_expression_is_promql(void **state)
{
	(void)state;
	assert_true(for_each_query(expect_promql, NULL) > 80);
}

/* Where the names of metrics stand: the printed page, our own page, what the engine records, the demo fleet's bots, and what
 * docs/dashboards.md asks of bots. */
static const char *const pages[] = {"docs/metrics.md", "core/engine/exposition.def",
	"core/engine/digest.c", "core/engine/digest.def", "core/engine/digest_botapi.c",
	"core/engine/digest_check.c", "core/engine/digest_heartbeat.c",
	"core/engine/digest_process.c", "core/engine/digest_telegram.c", "core/engine/tally.c",
	"core/engine/beat.c", "core/engine/refresh.c", "core/engine/cost.c",
	"core/collect/scrape_store.c", "core/collect/scrape_series.c", "tests/fleet/bot/figures.c",
	"docs/dashboards.md"};

static bool is_name(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_';
}

static bool stands_in(const char *page, const char *name, size_t length)
{
	for (const char *at = page; (at = strstr(at, name)); at++)
		if ((at == page || !is_name(at[-1])) && !is_name(at[length]))
			return true;
	return false;
}

/* bot_heartbeat_NAME is a field of a heartbeat; a setting is of pg_settings; a bucket is of its histogram. */
static bool is_known(char *const *texts, const char *name)
{
	static const char *const families[] = {"bot_heartbeat_", "pg_settings_", "redis_config_"};
	autofree char *stem = xstrdup(name);
	char *bucket = strstr(stem, "_bucket");
	if (bucket)
		*bucket = '\0';
	for (size_t i = 0; i < COUNT_OF(families); i++)
		if (starts_with(name, families[i]))
			return true;
	for (size_t i = 0; i < COUNT_OF(pages); i++)
		if (stands_in(texts[i], name, strlen(name)) ||
			stands_in(texts[i], stem, strlen(stem)))
			return true;
	return false;
}

/* Every selector's name: a word with an underscore, or `up`, outside of quotes and braces, that nothing calls. */
static void expect_known(const struct dashboard *dashboard, const struct dashboard_panel *panel,
	const char *expr, void *context)
{
	const char *at = expr;
	int braces = 0;
	while (*at) {
		const char *word = at;
		while (is_name(*at))
			at++;
		size_t length = (size_t)(at - word);
		autofree char *name = xstrndup(word, length);
		const char *behind = at + strspn(at, " ");
		bool is_metric = length && (strchr(name, '_') || strcmp(name, "up") == 0) &&
				 *behind != '(' && !braces;
		if (is_metric && !is_known(context, name))
			fail_msg("%s, %s: nobody has %s", dashboard->name, panel->title, name);
		if (length)
			continue;
		braces += (*at == '{') - (*at == '}');
		at++;
	}
}

static void every_metric_of_a_shipped_dashboard_is_one_that_there_is(void **state)
{
	char *texts[COUNT_OF(pages)];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pages); i++)
		texts[i] = read_all(pages[i]);
	(void)for_each_query(expect_known, texts);
	assert_false(is_known(texts, "bots_up_total"));
	for (size_t i = 0; i < COUNT_OF(pages); i++)
		free(texts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shipped_expression_is_promql),
		cmocka_unit_test(every_metric_of_a_shipped_dashboard_is_one_that_there_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
