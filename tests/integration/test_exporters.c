/* SPDX-License-Identifier: MIT */
/*
 * What our sources tell of real servers, beside what redis_exporter and postgres_exporter tell of the same at the same time: names,
 * types, labels, values. What differs, or what we do not have, be it of an exporter or of the public rules and dashboards, is in
 * tests/exporters/differs with its reason (differences.h).
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/pg_metrics.h"
#include "core/collect/redis_metrics.h"
#include "tests/support/collect_scene.h"
#include "tests/support/differences.h"
#include "tests/support/exporter_scene.h"

static struct said_list theirs[3];
static struct differences differences;
static size_t known; /* of ours before the exporters were asked */
static const char *const instances[3] = {"main", "replica", "db"};

/* ---- reading both ---- */

static void read_both(void)
{
	if (scene.ours.count)
		return;
	exporter_scene_watch();
	exporter_scene_read(1);
	for (size_t i = 0; i < COUNT_OF(theirs); i++)
		exporter_scrape(&scene.exporters[i], &theirs[i]);
	said_take(&scene.ours, &collected);
	known = scene.ours.count;
	exporter_scene_read(2); /* the first of them may have been on its way */
}

/* ---- comparing ---- */

static struct difference *find_difference(const char *name, enum difference_kind kind)
{
	struct difference *found = differences_find(&differences, name, kind);
	if (found)
		found->is_used = true;
	return found;
}

struct tally {
	size_t names, had, explained, series, equal;
	struct str wrong;
};

static bool is_first_of_name(const struct said_list *list, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(list->list[i].name, list->list[index].name) == 0)
			return false;
	return true;
}

struct type_of {
	const char *name, *type;
};

static void find_type(void *context, const struct metric_word *word)
{
	struct type_of *wanted = context;
	size_t length = strlen(word->name);
	bool is_part = word->type == METRIC_SUMMARY && starts_with(wanted->name, word->name) &&
		       (strcmp(wanted->name + length, "_sum") == 0 ||
			       strcmp(wanted->name + length, "_count") == 0);
	if (strcmp(word->name, wanted->name) == 0 || is_part)
		wanted->type = metric_type_word(word->type);
}

/* As our tables have it. */
static const char *our_type(const char *name)
{
	struct type_of wanted = {name, starts_with(name, "pg_settings_") ? "gauge" : "in no table"};
	redis_metrics_words(find_type, &wanted);
	pg_metrics_words(find_type, &wanted);
	return wanted.type;
}

static bool counts_up(const struct said *said)
{
	bool is_part = strcmp(said->type, "summary") == 0 && !strstr(said->labels, "quantile=");
	return is_part || strcmp(said->type, "counter") == 0;
}

static void compare_value(const struct said *said, const struct said *our, struct tally *tally)
{
	double value = said->low;
	const struct difference *wide = find_difference(said->name, DIFFERS_WITHIN);
	double slack = 1e-9 * fabs(value);
	bool is_new = (size_t)(our - scene.ours.list) >= known && counts_up(said);
	double low = is_new ? 0 : our->low; /* it began in between */
	if (wide)
		slack = wide->slack;
	if (!said->times)
		return; /* NaN: it has none */
	if (!our->times || value < low - slack || value > our->high + slack)
		str_addf(&tally->wrong, "%s{%s}: %.10g, and ours is %.10g to %.10g\n", said->name,
			said->labels, value, our->low, our->high);
	else
		tally->equal++;
}

static void compare_series(const struct said *said, const char *instance, struct tally *tally)
{
	const struct said *our = said_find(&scene.ours, instance, said->name, said->labels);
	tally->series++;
	if (our)
		compare_value(said, our, tally);
	else if (said->times && !find_difference(said->name, DIFFERS_PARTLY))
		str_addf(&tally->wrong, "%s{%s} of %s is not there\n", said->name, said->labels,
			instance);
}

static void compare_name(const struct said *said, const char *instance, struct tally *tally)
{
	const char *type = our_type(said->name);
	tally->names++;
	tally->had++;
	if (strcmp(said->type, type) != 0)
		str_addf(&tally->wrong, "%s of %s: a %s, and ours is a %s\n", said->name, instance,
			said->type, type);
	if (find_difference(said->name, DIFFERS_ABSENT))
		str_addf(&tally->wrong, "%s is there, and the list says that it is not\n",
			said->name);
}

static void compare_all(const struct said_list *list, const char *instance, struct tally *tally)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct said *said = &list->list[i];
		bool is_first = is_first_of_name(list, i),
		     is_had = said_has(&scene.ours, said->name);
		if (is_had && is_first)
			compare_name(said, instance, tally);
		if (is_had) {
			compare_series(said, instance, tally);
		} else if (is_first) {
			bool is_explained =
				!said->times || find_difference(said->name, DIFFERS_ABSENT);
			tally->names++;
			tally->explained += is_explained;
			if (!is_explained)
				str_addf(&tally->wrong, "%s{%s} is not had\n", said->name,
					said->labels);
		}
	}
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

static void all_that_the_exporters_tell_we_tell_by_the_same_names(void **state)
{
	(void)state;
	exporter_scene_needed();
	differences_read(&differences, "tests/exporters/differs");
	read_both();
	struct tally tally = {.wrong = STR_INIT};
	for (size_t i = 0; i < COUNT_OF(theirs); i++) {
		struct tally before = tally;
		compare_all(&theirs[i], instances[i], &tally);
		print_message("# exporter of %s: %zu metrics, %zu had, %zu explained; %zu series "
			      "of those, %zu equal\n",
			instances[i], tally.names - before.names, tally.had - before.had,
			tally.explained - before.explained, tally.series - before.series,
			tally.equal - before.equal);
	}
	assert_none_wrong(&tally);
}

/* ---- public rules and dashboards ---- */

static const char *corpus(void)
{
	const char *path = getenv("BOTSWAIN_CORPUS");
	return path ? path : "../shared/corpus";
}

static char *read_page(const char *part)
{
	struct str text = STR_INIT;
	char buffer[4096];
	autofree char *path = xasprintf("%s/%s", corpus(), part);
	FILE *file = fopen(path, "re");
	if (!file)
		fail_msg("%s is not there", path);
	for (size_t got; (got = fread(buffer, 1, sizeof(buffer), file)) > 0;)
		str_add(&text, buffer, got);
	fclose(file);
	return str_detach(&text);
}

static bool is_word(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '_';
}

/* What stands between quotes is no name: patterns and values of labels. */
static void blank_quoted(char *line)
{
	const char *quote = strstr(line, "\\\"") ? "\\\"" : "\"";
	char *from = line;
	if (quote[0] == '"' && strstr(line, "\"expr\"")) /* a line of JSON without any */
		return;
	while ((from = strstr(from, quote))) {
		char *to = strstr(from + strlen(quote), quote);
		if (!to)
			return;
		memset(from, ' ', (size_t)(to - from) + strlen(quote));
		from = to + strlen(quote);
	}
}

static void take_name(const char *name, struct tally *tally)
{
	static struct said_list seen;
	if (said_has(&seen, name))
		return;
	seen.list = grow(seen.list, seen.count, &seen.room, sizeof(*seen.list));
	seen.list[seen.count++] = (struct said){.name = xstrdup(name)};
	bool is_had = said_has(&scene.ours, name),
	     is_explained = find_difference(name, DIFFERS_ABSENT) != NULL;
	tally->names++;
	tally->had += is_had;
	tally->explained += !is_had && is_explained;
	if (!is_had && !is_explained)
		str_addf(&tally->wrong, "%s is neither had nor explained\n", name);
	if (is_had && is_explained)
		str_addf(&tally->wrong, "%s is there, and the list says that it is not\n", name);
	if (!is_had && is_explained)
		print_message("#   explained: %s\n", name);
}

static void take_names(char *line, struct tally *tally)
{
	blank_quoted(line);
	for (char *at = line; *at; at++) {
		size_t length = 0;
		if (!is_word(*at) || (at > line && (is_word(at[-1]) || at[-1] == '$')))
			continue;
		while (is_word(at[length]))
			length++;
		autofree char *name = xasprintf("%.*s", (int)length, at);
		if (starts_with(name, "pg_") || starts_with(name, "redis_"))
			take_name(name, tally);
		at += length - 1;
	}
}

static void take_page(const char *part, struct tally *tally)
{
	autofree char *text = read_page(part);
	char *save;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strstr(line, "expr: ") || strstr(line, "\"expr\"") || strstr(line, "\"query\""))
			take_names(line, tally);
}

static void every_name_of_the_public_rules_and_dashboards_is_had_or_explained(void **state)
{
	static const char *const parts[] = {"rules/redis.yml", "rules/postgres.yml",
		"grafana/redis.json", "grafana/postgres.json"};
	(void)state;
	if (access(corpus(), R_OK) != 0) {
		print_message("# the corpus is missing: shared/corpus beside the project\n");
		skip();
	}
	exporter_scene_needed();
	differences_read(&differences, "tests/exporters/differs");
	read_both();
	struct tally tally = {.wrong = STR_INIT};
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		take_page(parts[i], &tally);
	print_message("# public rules and dashboards: %zu metrics, %zu had, %zu explained, %zu "
		      "unexplained\n",
		tally.names, tally.had, tally.explained, tally.names - tally.had - tally.explained);
	assert_true(tally.names > 60);
	assert_none_wrong(&tally);
}

/* Runs behind the two. */
static void nothing_stands_in_the_list_that_is_no_longer_so(void **state)
{
	(void)state;
	exporter_scene_needed();
	if (access(corpus(), R_OK) != 0)
		skip();
	for (size_t i = 0; i < differences.count; i++)
		if (!differences.list[i].is_used)
			fail_msg("%s: %s: nobody has it", differences.path,
				differences.list[i].name);
}

static void a_server_that_goes_takes_its_series_along(void **state)
{
	(void)state;
	exporter_scene_needed();
	read_both();
	redis_server_kill(&scene.replica);
	collected_wait(&collected, "obs_samples", "name=\"redis_up\" labels=\"instance=replica",
		"name=\"redis_config_maxmemory\" labels=\"instance=replica,job=redis\" value=nan",
		"name=\"redis_memory_used_bytes\" labels=\"instance=replica,job=redis\" value=nan",
		NULL);
	pg_server_stop(&scene.postgres, "immediate");
	collected_wait(&collected, "obs_samples",
		"name=\"pg_up\" labels=\"instance=db,job=postgres\"}", NULL);
	collected_wait(&collected, "obs_samples", "name=\"pg_txid_current\"", "value=nan",
		"name=\"pg_exporter_last_scrape_error\" labels=\"instance=db,job=postgres\" "
		"value=1",
		NULL);
}

static int teardown(void **state)
{
	for (size_t i = 0; i < COUNT_OF(theirs); i++)
		said_release(&theirs[i]);
	return exporter_scene_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_the_exporters_tell_we_tell_by_the_same_names),
		cmocka_unit_test(every_name_of_the_public_rules_and_dashboards_is_had_or_explained),
		cmocka_unit_test(nothing_stands_in_the_list_that_is_no_longer_so),
		cmocka_unit_test(a_server_that_goes_takes_its_series_along),
	};
	return cmocka_run_group_tests_name("exporters", tests, exporter_scene_setup, teardown);
}
