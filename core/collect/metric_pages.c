/* SPDX-License-Identifier: MIT */
/* Every metric that is ours, and their page. */
#include "core/collect/metric.h"

#include <math.h>
#include <string.h>

#include "core/collect/pg_metrics.h"
#include "core/collect/redis_metrics.h"
#include "core/conf/figures.h"

static const char head[] =
	"# Built-in metrics\n\n"
	"Printed from the tables (`make docs`); a test holds the page to them.\n\n"
	"What the sources of a Redis and of a Postgres observe is kept as series that are named, "
	"typed and labelled as\n"
	"redis_exporter and postgres_exporter name theirs, so that public rules and dashboards for "
	"those work as they are. Every\n"
	"series also has the labels `instance` (the name in the settings) and `job` (`redis` or "
	"`postgres`). All is read once\n"
	"each `metrics_interval` (15 s; 0: never), what is drawn at each look, and of Postgres "
	"sizes, tables, statements and\n"
	"settings every fourth time. What a server refuses, or does not know in its version, is "
	"absent. A series that is\n"
	"gone, or whose server does not answer, ends. Where names differ between versions of an "
	"exporter, those are taken that\n"
	"later versions and the public rules use. `tests/exporters/differs` lists what differs "
	"from the exporters of Debian 12,\n"
	"each with its reason; `tests/integration/test_exporters` compares the two, "
	"`test_rules_agree` beside it the public rules over\n"
	"both.\n\n"
	"Bounded: 100 commands (those called most) and 50 kinds of errors of a Redis, 20 consumers "
	"of a group, 64 databases\n"
	"that are empty; 50 databases, 100 tables, indexes and statements (the largest) of a "
	"Postgres.\n"
	"`botswain_redis_commands_left_out` and `botswain_pg_rows_left_out` count what was left "
	"out.\n";

/* ---- what no exporter has ---- */

static const struct metric_word beside[] = {
	{"redis_ping_duration_ms", "", METRIC_GAUGE, "PING", "how long it took; ours"},
	{"pg_select_duration_ms", "", METRIC_GAUGE, "SELECT 1", "how long it took; ours"},
	{"pg_transactions_per_second", "", METRIC_GAUGE, "pg_stat_database",
		"between two looks; ours"},
	{"pg_stat_activity_active", "", METRIC_GAUGE, "pg_stat_activity",
		"clients that run a statement; ours"},
	{"pg_stat_activity_idle_in_transaction", "", METRIC_GAUGE, "pg_stat_activity",
		"clients that are idle in a transaction; ours"},
	{"pg_locks_waiting", "", METRIC_GAUGE, "pg_locks", "locks that are waited for; ours"},
};

/* clang-format off */
static const struct metric_word own[] = {
#define OWN(name, type, labels, from, help) {#name, labels, METRIC_##type, from, help},
#include "core/collect/own_metrics.def"
};
/* clang-format on */

static void visit_list(
	const struct metric_word *list, size_t count, metric_visitor *visit, void *context)
{
	for (size_t i = 0; i < count; i++)
		visit(context, &list[i]);
}

void metrics_words(metric_visitor *visit, void *context)
{
	redis_metrics_words(visit, context);
	pg_metrics_words(visit, context);
	visit_list(beside, COUNT_OF(beside), visit, context);
	visit_list(own, COUNT_OF(own), visit, context);
}

/* ---- the page ---- */

static void print_row(void *context, const struct metric_word *word)
{
	struct str *page = context;
	str_addf(page, "| %s | %s | %s | %s | %s |\n", word->name, metric_type_word(word->type),
		word->labels, word->from, word->help);
}

static void print_table(struct str *page, const char *title)
{
	str_addf(page,
		"\n## %s\n\n| metric | type | labels | from | what |\n|---|---|---|---|---|\n",
		title);
}

static const char figures_head[] =
	"\n## Figures of bots\n\n"
	"Named queries by bot. Columns of Bots, dashboards (`$(p95)`, `$(p95.budget)`, "
	"`$(p95.target)`), `botswain figures` and\n"
	"`botswain query --figure NAME` ask them, of the engine's own store. `$bot` stands for the "
	"bots that are asked for, `$target` for the\n"
	"target. `figures` of the settings changes them, or adds some; `e` in Bots, or `:figure "
	"NAME EXPR`, changes one on this screen alone,\n"
	"which remembers it until `:figure NAME default`. Where a bot's metrics have other names "
	"the query is what to change. The names\n"
	"here are those that middlewares of the common frameworks use; where they tell nothing, "
	"UPD/s, P95ms and ERR/m are what heartbeat\n"
	"and log say. A target is a service level. The budget is what is left of what may go "
	"wrong at that target over a day, or what is\n"
	"kept of it: 1 is all of it, below 0 more than all is gone. Budgets of p95 and p99 need a "
	"bucket whose bound is the target.\n";

static void print_number(struct str *page, double number)
{
	if (isnan(number))
		str_adds(page, " |");
	else
		str_addf(page, " %.6g |", number);
}

static void print_figures(struct str *page)
{
	struct figures *figures = figures_new(NULL);
	str_adds(page, figures_head);
	str_adds(page,
		"\n| figure | unit | target | warn | crit | what |\n|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < figures->count; i++) {
		const struct figure *figure = &figures->list[i];
		str_addf(page, "| %s | %s |", figure->name, figure->unit);
		print_number(page, figure->target);
		print_number(page, figure->warn);
		print_number(page, figure->crit);
		str_addf(page, " %s |\n", figure->help);
	}
	for (size_t i = 0; i < figures->count; i++) {
		const struct figure *figure = &figures->list[i];
		str_addf(page, "\n%s:\n\n```\n%s\n", figure->name, figure->query);
		if (figure->budget[0])
			str_addf(page, "budget: %s\n", figure->budget);
		str_adds(page, "```\n");
	}
	figures_free(figures);
}

void metrics_print(struct str *page)
{
	str_adds(page, head);
	print_table(page, "Redis");
	redis_metrics_words(print_row, page);
	print_table(page, "Postgres");
	pg_metrics_words(print_row, page);
	print_table(page, "Beside those of the exporters");
	visit_list(beside, COUNT_OF(beside), print_row, page);
	print_table(page, "Of bots, pages and the engine");
	visit_list(own, COUNT_OF(own), print_row, page);
	print_figures(page);
}
