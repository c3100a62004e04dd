/* SPDX-License-Identifier: MIT */
/*
 * The public alerting rules over what our sources tell of real servers, beside the same over the pages of redis_exporter and
 * postgres_exporter, which are read at the same time: the same series with the same values. In some rounds something happens to
 * the servers, then both are read; the times of the rounds are ours. Most rules yield nothing while all is well, so that all that
 * their operators stand between is evaluated as well, and some are made to fire. What moves between the two readings, and what only
 * one has, is in tests/exporters/rules-differ (differences.h).
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/id_map.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/scrape_store.h"
#include "core/engine/metrics.h"
#include "core/msg/msg.h"
#include "core/series/labels.h"
#include "core/series/promql/ast.h"
#include "core/series/promql/eval.h"
#include "core/series/tsdb.h"
#include "tests/support/collect_scene.h"
#include "tests/support/differences.h"
#include "tests/support/exporter_scene.h"
#include "tests/support/promql_parts.h"
#include "tests/support/rule_pages.h"
#include "tests/support/server_troubles.h"
#include "tests/support/spawn.h"

enum { ROUNDS = TROUBLES, ROUND_MS = 15000, FIRST_MS = 310000, WAIT_MS = 20000 };

static struct rule_list rules;
static struct differences differences;
static struct metrics *ours;
static struct tsdb *theirs;
static struct scrape_store *pages[3];
static int64_t times_ms[ROUNDS + 1]; /* the last is of when servers are gone */

/* Of the rules these fire by what happens. */
static const char *const firing[] = {"PostgresqlRestarted", "PostgresqlHighRollbackRate",
	"PostgresqlLowXidConsumption", "PostgresqlTooManyDeadTuples",
	"PostgresqlConfigurationChanged", "RedisTooManyMasters", "RedisDisconnectedSlaves",
	"RedisReplicationBroken", "RedisClusterFlapping", "RedisOutOfConfiguredMaxmemory",
	"RedisRejectedConnections", "PostgresqlNotEnoughConnections", "RedisNotEnoughConnections",
	"PostgresqlInvalidIndex"};
/* And these when a replica and Postgres are gone. */
static const char *const firing_down[] = {"RedisDown", "PostgresqlDown", "PostgresqlExporterError"};

/* ---- both stores ---- */

/* What our sources said of a series last. */
static struct {
	struct id_map places;
	struct last {
		char *name, *labels;
		double value;
		bool is_new;
	} * list;
	size_t count, room;
} last;

static void take_sample(const struct msg_sample *sample)
{
	size_t place = last.count;
	if (id_map_add(&last.places, entity_id(sample->name, sample->labels), last.count)) {
		last.list = grow(last.list, last.count, &last.room, sizeof(*last.list));
		last.list[last.count++] = (struct last){
			.name = xstrdup(sample->name), .labels = xstrdup(sample->labels)};
	} else {
		assert_true(
			id_map_find(&last.places, entity_id(sample->name, sample->labels), &place));
	}
	last.list[place].value = sample->value;
	last.list[place].is_new = true;
}

static void store_ours(int64_t time_ms)
{
	for (size_t i = 0; i < last.count; i++) {
		struct last *one = &last.list[i];
		if (one->is_new)
			(void)metrics_add(ours, metrics_id(one->name, one->labels), one->name,
				one->labels, time_ms, one->value);
		one->is_new = false;
	}
}

static void copy(void *context, const char *text, char *ret, size_t size)
{
	(void)context;
	copy_text(ret, size, text);
}

static void store_theirs(int64_t time_ms)
{
	static const char *const instances[] = {"main", "replica", "db"};
	static const char *const jobs[] = {"job=redis", "job=redis", "job=postgres"};
	for (size_t i = 0; i < COUNT_OF(pages); i++) {
		autofree char *text = exporter_page(&scene.exporters[i]);
		const struct scrape_rules given = {.own = "instance",
			.own_value = instances[i],
			.labels = &jobs[i],
			.label_count = 1,
			.limit = 100000,
			.clean = copy};
		const struct scrape_page page = {text, strlen(text), "", false};
		struct scrape_look look = {.wall_ms = time_ms};
		struct err err;
		assert_true(scrape_store_page(pages[i], &given, &page, &look, NULL, &err));
		assert_true(look.samples > 0);
		assert_int_equal(look.refused, 0);
	}
}

static void one_round(unsigned round)
{
	troubles_happen(round);
	troubles_trade();
	exporter_scene_read(2); /* the first of them may have been on its way */
	store_theirs(times_ms[round]);
	store_ours(times_ms[round]);
}

static void open_stores(void)
{
	struct err err = {.code = ERR_NONE};
	ours = metrics_new(collected.settings, clock_real(), NULL, &err);
	assert_true(tsdb_open(NULL, NULL, &theirs, &err));
	for (size_t i = 0; i < COUNT_OF(pages); i++)
		pages[i] = scrape_store_new(theirs);
}

/* The first round is five minutes before the last: rules compare with what was then. */
static void choose_times(void)
{
	int64_t now_ms = clock_wall_ms(clock_real());
	for (unsigned i = 0; i < ROUNDS; i++)
		times_ms[i] = now_ms - (ROUNDS - 1 - i) * (int64_t)ROUND_MS;
	times_ms[0] = now_ms - FIRST_MS;
	times_ms[ROUNDS] = now_ms + ROUND_MS;
}

static int setup(void **state)
{
	exporter_scene_setup(state);
	if (scene.is_missing)
		return 0;
	troubles_begin();
	exporter_scene_watch();
	scene.ours.each = take_sample;
	open_stores();
	choose_times();
	for (unsigned i = 0; i < ROUNDS; i++)
		one_round(i);
	return 0;
}

static int teardown(void **state)
{
	for (size_t i = 0; i < COUNT_OF(pages) && pages[i]; i++)
		scrape_store_free(pages[i], NULL);
	for (size_t i = 0; i < last.count; i++) {
		free(last.list[i].name);
		free(last.list[i].labels);
	}
	free(last.list);
	id_map_release(&last.places);
	metrics_free(ours);
	tsdb_close(theirs);
	rule_list_release(&rules);
	troubles_end();
	return exporter_scene_teardown(state);
}

/* ---- comparing ---- */

struct tally {
	unsigned from, to; /* rounds, both included */
	size_t series, equal, exact;
	size_t fires; /* series of the rule itself, in the last round, of both */
	struct str wrong;
};

static struct difference *find_slack(const char *name)
{
	struct difference *found =
		name ? differences_find(&differences, name, DIFFERS_WITHIN) : NULL;
	return found || !name ? found : differences_find(&differences, name, DIFFERS_AT_TIMES);
}

/* What two values are apart, against what the names that went into them allow. */
struct gap {
	double apart, size;
	bool is_allowed;
};

static void allow(struct gap *gap, struct difference *slack)
{
	if (!slack)
		return;
	double limit = slack->is_share ? slack->slack / 100 * gap->size : slack->slack;
	if (gap->apart <= limit) {
		gap->is_allowed = true;
		slack->is_used = true;
	}
}

static void allow_name(void *gap, const struct expr *expr)
{
	if (expr->kind == EXPR_SELECTOR)
		allow(gap, find_slack(expr->selector.metric));
}

static bool is_exact(double one, double other)
{
	const double least = 1e-12; /* of texts that are read back */
	return one == other || fabs(one - other) <= least * fmax(fabs(one), fabs(other)) ||
	       (isnan(one) && isnan(other));
}

static bool is_near(
	const struct expr *part, const struct vector_sample *one, const struct vector_sample *other)
{
	struct gap gap = {.apart = fabs(one->value - other->value),
		.size = fmax(fabs(one->value), fabs(other->value))};
	allow(&gap, find_slack(labels_get(one->labels, LABEL_NAME)));
	promql_visit(part, allow_name, &gap);
	return gap.is_allowed;
}

static const struct vector_sample *find_sample(
	const struct query_result *result, const struct labels *labels)
{
	for (size_t i = 0; i < result->vector_count; i++)
		if (labels_equal(result->vector[i].labels, labels))
			return &result->vector[i];
	return NULL;
}

static void complain(struct tally *tally, const struct expr *part, const struct labels *labels,
	const char *format, ...)
{
	va_list args;
	expr_text(part, &tally->wrong);
	str_adds(&tally->wrong, ": ");
	labels_text(labels, &tally->wrong);
	va_start(args, format);
	str_vaddf(&tally->wrong, format, args);
	va_end(args);
	str_addch(&tally->wrong, '\n');
}

static bool is_absent(const struct labels *labels)
{
	const char *name = labels_get(labels, LABEL_NAME);
	struct difference *found = differences_find(&differences, name, DIFFERS_ABSENT);
	if (found)
		found->is_used = true;
	return found != NULL;
}

static void compare(const struct expr *part, const struct query_result *our,
	const struct query_result *their, struct tally *tally)
{
	for (size_t i = 0; i < their->vector_count; i++) {
		const struct vector_sample *one = &their->vector[i];
		const struct vector_sample *other = find_sample(our, one->labels);
		if (!other && is_absent(one->labels))
			continue;
		bool is_same_value = other && is_exact(one->value, other->value);
		tally->series++;
		tally->exact += is_same_value;
		if (!other)
			complain(tally, part, one->labels, " is theirs alone");
		else if (!is_same_value && !is_near(part, one, other))
			complain(tally, part, one->labels, " is %.12g, and ours is %.12g",
				one->value, other->value);
		else
			tally->equal++;
	}
	for (size_t i = 0; i < our->vector_count; i++)
		if (!find_sample(their, our->vector[i].labels))
			complain(tally, part, our->vector[i].labels, " is ours alone");
}

static void evaluate(
	const struct expr *part, struct tsdb *tsdb, int64_t time_ms, struct query_result *ret)
{
	const struct eval_options options = {.start_ms = time_ms, .end_ms = time_ms};
	const struct querier querier = tsdb_querier(tsdb);
	struct err err = {.code = ERR_NONE};
	autostr struct str text = STR_INIT;
	expr_text(part, &text);
	if (!promql_eval(part, &querier, &options, ret, NULL, &err))
		fail_msg("%s: %s", text.text, err.text);
	assert_int_equal(ret->type, VALUE_VECTOR);
}

static void compare_part(const struct expr *part, bool is_rule, struct tally *tally)
{
	for (unsigned round = tally->from; round <= tally->to; round++) {
		struct query_result our = {.vector = NULL}, their = {.vector = NULL};
		evaluate(part, metrics_store(ours), times_ms[round], &our);
		evaluate(part, theirs, times_ms[round], &their);
		compare(part, &our, &their, tally);
		if (is_rule && round == tally->to && our.vector_count && their.vector_count)
			tally->fires = our.vector_count;
		query_result_release(&our);
		query_result_release(&their);
	}
}

static void explain_silence(void *tally, const struct expr *expr)
{
	const char *name = expr->kind == EXPR_SELECTOR ? expr->selector.metric : NULL;
	struct difference *found =
		name ? differences_find(&differences, name, DIFFERS_ABSENT) : NULL;
	if (found)
		found->is_used = true;
	else if (name)
		str_addf(&((struct tally *)tally)->wrong, "%s is not there, and nothing says why\n",
			name);
}

static bool is_to_fire(const struct tally *tally, const char *name)
{
	bool is_down = tally->to == ROUNDS;
	const char *const *list = is_down ? firing_down : firing;
	size_t count = is_down ? COUNT_OF(firing_down) : COUNT_OF(firing);
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/* Whether it was needed this time or not. */
static void use_at_times(void *context, const struct expr *expr)
{
	const char *name = expr->kind == EXPR_SELECTOR ? expr->selector.metric : NULL;
	struct difference *found =
		name ? differences_find(&differences, name, DIFFERS_AT_TIMES) : NULL;
	(void)context;
	if (found)
		found->is_used = true;
}

static void compare_rule(const struct rule *rule, struct tally *tally)
{
	struct err err = {.code = ERR_NONE};
	struct place place;
	struct expr *expr = promql_parse(rule->query, strlen(rule->query), &place, &err);
	if (!expr) {
		fail_msg("%s: %s: %s", rule->name, rule->query, err.text);
		return;
	}
	struct tally before = *tally;
	struct promql_parts parts = {.count = 0};
	tally->fires = 0;
	promql_parts_of(expr, &parts);
	for (size_t i = 0; i < parts.count; i++)
		compare_part(parts.list[i], i == 0, tally);
	if (tally->series == before.series && tally->to < ROUNDS)
		promql_visit(expr, explain_silence, tally);
	else
		promql_visit(expr, use_at_times, NULL);
	if (!tally->fires && is_to_fire(tally, rule->name))
		str_addf(&tally->wrong, "%s does not fire\n", rule->name);
	print_message("# %s: %zu parts, %zu values, %zu equal (%zu exactly)%s: %s\n", rule->name,
		parts.count, tally->series - before.series, tally->equal - before.equal,
		tally->exact - before.exact, tally->fires ? ", fires" : "", rule->query);
	expr_free(expr);
}

/* A line each: all of them are wanted at once. */
static void assert_none_wrong(struct tally *tally)
{
	bool is_well = tally->wrong.length == 0;
	for (char *save, *line = strtok_r(tally->wrong.text, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save))
		print_message("# %s\n", line);
	str_release(&tally->wrong);
	assert_true(is_well);
}

static void needs_rules(void)
{
	exporter_scene_needed();
	differences_read(&differences, "tests/exporters/rules-differ");
	if (!rules.count &&
		!(rule_list_read(&rules, "redis.yml") && rule_list_read(&rules, "postgres.yml"))) {
		print_message("# the corpus is missing: shared/corpus beside the project\n");
		skip();
	}
}

static void compare_rules(unsigned from, unsigned to)
{
	struct tally tally = {.from = from, .to = to, .wrong = STR_INIT};
	for (size_t i = 0; i < rules.count; i++)
		compare_rule(&rules.list[i], &tally);
	print_message("# %zu rules, %u times: %zu values, %zu equal (%zu exactly)\n", rules.count,
		to - from + 1, tally.series, tally.equal, tally.exact);
	assert_int_equal(rules.count, 32);
	assert_none_wrong(&tally);
}

static void every_public_rule_says_the_same_of_our_metrics_and_of_the_exporters(void **state)
{
	(void)state;
	needs_rules();
	compare_rules(0, ROUNDS - 1);
}

/* What our sources said last; NaN: that it ended. */
static double last_of(const char *name, const char *labels)
{
	size_t place;
	bool is_there = id_map_find(&last.places, entity_id(name, labels), &place);
	assert_true(is_there);
	return is_there ? last.list[place].value : 0;
}

static bool all_are_gone(const void *context)
{
	autofree char *labels =
		xasprintf("instance=db,job=postgres,server=127.0.0.1:%d", scene.postgres.port);
	(void)context;
	said_take(&scene.ours, &collected);
	return last_of("redis_up", "instance=replica,job=redis") < 1 &&
	       last_of("pg_up", "instance=db,job=postgres") < 1 &&
	       isnan(last_of("redis_memory_used_bytes", "instance=replica,job=redis")) &&
	       isnan(last_of("pg_settings_max_connections", labels));
}

/* A query beside those of the rules; it yields so many series of both in the last of the rounds. */
static void compare_query(const char *query, unsigned from, unsigned to, size_t count)
{
	struct err err = {.code = ERR_NONE};
	struct place place;
	struct tally tally = {.from = from, .to = to, .wrong = STR_INIT};
	struct expr *expr = promql_parse(query, strlen(query), &place, &err);
	assert_non_null(expr);
	compare_part(expr, true, &tally);
	expr_free(expr);
	assert_int_equal(tally.fires, count);
	assert_none_wrong(&tally);
}

static void a_value_with_blanks_is_asked_for_as_the_exporter_tells_it(void **state)
{
	(void)state;
	exporter_scene_needed();
	compare_query("pg_stat_activity_count{datname=\"shop\",state=\"idle in transaction\"}", 0,
		ROUNDS - 1, 1);
}

static void of_servers_that_are_gone_the_rules_say_the_same_as_well(void **state)
{
	(void)state;
	needs_rules();
	redis_server_kill(&scene.replica);
	pg_server_stop(&scene.postgres, "immediate");
	assert_true(comes_true(all_are_gone, NULL, WAIT_MS));
	store_theirs(times_ms[ROUNDS]);
	store_ours(times_ms[ROUNDS]);
	compare_rules(ROUNDS, ROUNDS);
	/* the exporter has the sentence as a label */
	compare_query(
		"max without (err) (redis_exporter_last_scrape_error)", ROUNDS - 1, ROUNDS, 2);
}

/* Runs behind it. */
static void nothing_stands_in_the_list_that_no_rule_needs(void **state)
{
	(void)state;
	needs_rules();
	for (size_t i = 0; i < differences.count; i++)
		if (!differences.list[i].is_used)
			fail_msg("%s: %s: no rule needs it", differences.path,
				differences.list[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_public_rule_says_the_same_of_our_metrics_and_of_the_exporters),
		cmocka_unit_test(a_value_with_blanks_is_asked_for_as_the_exporter_tells_it),
		cmocka_unit_test(of_servers_that_are_gone_the_rules_say_the_same_as_well),
		cmocka_unit_test(nothing_stands_in_the_list_that_no_rule_needs),
	};
	return cmocka_run_group_tests_name("rules", tests, setup, teardown);
}
