/* SPDX-License-Identifier: MIT */
/*
 * What our sources tell of real servers, beside what redis_exporter and postgres_exporter tell of the same at the same time: names,
 * types, labels, values. What differs, or what we do not have, is in tests/exporters/differs with its reason, a line each:
 *   NAME absent REASON    we do not have it (NAME* : all that begin so); of an exporter, or of the public rules and dashboards
 *   NAME partly REASON    both have it, not of all the same labels
 *   NAME within N REASON  its value moves by that much between two readings
 */
#include <dirent.h>
#include <math.h>
#include <poll.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/pg_metrics.h"
#include "core/collect/redis_metrics.h"
#include "core/msg/mailbox.h"
#include "tests/support/collect_scene.h"
#include "tests/support/exporters.h"
#include "tests/support/servers.h"
#include "tests/support/spawn.h"

enum { READ_MS = 20000 };

static struct redis_server redis_main, redis_replica;
static struct pg_server postgres;
static struct exporter exporters[3];
static struct said_list ours, theirs[3];
static size_t known; /* of ours before the exporters were asked */
static pid_t receiver;
static bool is_missing;
static const char *const instances[3] = {"main", "replica", "db"};

/* ---- servers with something to tell ---- */

static void on(const struct redis_server *server, const char *command)
{
	free(redis_server_do(server, command));
}

static void fill_redis(void)
{
	on(&redis_main, "CONFIG SET latency-monitor-threshold 5");
	on(&redis_main, "CONFIG SET slowlog-log-slower-than 1000");
	on(&redis_main, "XADD orders * a b");
	on(&redis_main, "XADD orders * a c");
	on(&redis_main, "XGROUP CREATE orders workers 0");
	on(&redis_main, "XREADGROUP GROUP workers w1 COUNT 1 STREAMS orders >");
	on(&redis_main, "SET plain 1");
	on(&redis_main, "SET fleeting 1 EX 1000");
	on(&redis_main, "GET orders");
	on(&redis_main, "DEBUG SLEEP 0.02");
}

static void start_redis(void)
{
	redis_server_init(&redis_main);
	redis_replica.extra = NULL;
	redis_server_init(&redis_replica);
	autofree char *follow = xasprintf("REPLICAOF 127.0.0.1 %d", redis_main.port);
	on(&redis_replica, follow);
	fill_redis();
}

static bool is_linked(const void *context)
{
	(void)context;
	autofree char *info = redis_server_do(&redis_replica, "INFO replication");
	autofree char *master = redis_server_do(&redis_main, "INFO replication");
	return strstr(info, "master_link_status:up") && strstr(master, "state=online");
}

static void sql(const char *statement)
{
	free(pg_server_do(&postgres, "%s", statement));
}

static bool is_received(const void *context)
{
	(void)context;
	autofree char *count = pg_server_do(
		&postgres, "select count(*) from pg_stat_replication where state = 'streaming'");
	return strcmp(count, "1") == 0;
}

/* A reader of the log, so that there is a replica to tell of. */
static void start_receiver(void)
{
	autofree char *port = xasprintf("%d", postgres.port);
	autofree char *program = pg_server_do(&postgres,
		"select setting || '/pg_receivewal' from pg_config where name = 'BINDIR'");
	sql("select pg_create_physical_replication_slot('standby')");
	receiver = spawn_start(WORDS(program, "-h", "127.0.0.1", "-p", port, "-U", "tester", "-D",
				       folder, "-S", "standby"),
		&(struct spawn){0});
	assert_true(comes_true(is_received, NULL, READ_MS));
}

static void start_postgres(void)
{
	pg_server_init(&postgres);
	sql("alter system set shared_preload_libraries = 'pg_stat_statements'");
	pg_server_stop(&postgres, "fast");
	postgres.on_loopback = true;
	pg_server_start(&postgres);
	sql("create extension pg_stat_statements");
	sql("create table orders (id int primary key, what text)");
	sql("insert into orders select i, 'x' from generate_series(1, 1000) i");
	sql("delete from orders where id > 900");
	sql("vacuum analyze orders");
	start_receiver();
}

static int setup(void **state)
{
	is_missing = !has_exporter("prometheus-redis-exporter") ||
		     !has_exporter("prometheus-postgres-exporter");
	if (is_missing)
		return 0;
	folder_setup(state);
	start_redis();
	assert_true(comes_true(is_linked, NULL, READ_MS));
	start_postgres();
	exporter_of_redis(&exporters[0], &redis_main, "orders");
	exporter_of_redis(&exporters[1], &redis_replica, "orders");
	exporter_of_postgres(&exporters[2], &postgres, "tests/exporters/queries.yaml");
	return 0;
}

static int teardown(void **state)
{
	if (is_missing)
		return 0;
	for (size_t i = 0; i < COUNT_OF(exporters); i++) {
		exporter_end(&exporters[i]);
		said_release(&theirs[i]);
	}
	said_release(&ours);
	collect_scene_stop();
	(void)spawn_end(&receiver, SIGKILL);
	redis_server_release(&redis_replica);
	redis_server_release(&redis_main);
	pg_server_release(&postgres);
	return folder_teardown(state);
}

/* ---- reading both ---- */

/* Of each observation one. */
static const struct {
	const char *instance, *name;
} ends[] = {
	{"main", "redis_exporter_last_scrape_duration_seconds"},
	{"replica", "redis_exporter_last_scrape_duration_seconds"},
	{"main", "redis_stream_length"},
	{"replica", "redis_stream_length"},
	{"main", "redis_up"},
	{"replica", "redis_up"},
	{"db", "pg_exporter_last_scrape_duration_seconds"},
	{"db", "pg_settings_max_connections"},
};

static unsigned times_of(size_t end)
{
	for (size_t i = 0; i < ours.count; i++)
		if (strcmp(ours.list[i].name, ends[end].name) == 0 &&
			strcmp(ours.list[i].instance, ends[end].instance) == 0)
			return ours.list[i].times;
	return 0;
}

static bool have_read(const unsigned times[COUNT_OF(ends)])
{
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (times_of(i) < times[i])
			return false;
	return true;
}

/* So many times more than now. */
static void read_again(unsigned more)
{
	unsigned times[COUNT_OF(ends)];
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		times[i] = times_of(i) + more;
	int64_t until_ms = clock_mono_ms(clock_real()) + READ_MS;
	for (said_take(&ours, &collected); !have_read(times); said_take(&ours, &collected)) {
		struct pollfd bell = {.fd = mailbox_fd(collected.mailbox), .events = POLLIN};
		int64_t left_ms = until_ms - clock_mono_ms(clock_real());
		if (left_ms <= 0)
			fail_msg("not all was read %u times more", more);
		(void)poll(&bell, 1, (int)left_ms);
	}
}

static void read_both(void)
{
	if (ours.count)
		return;
	collected_start(&collected,
		"redis:\n"
		"  - {name: main, port: %d, interval: 500ms, metrics_interval: 500ms, streams: "
		"[orders]}\n"
		"  - {name: replica, port: %d, interval: 500ms, metrics_interval: 500ms, streams: "
		"[orders]}\n"
		"postgres: [{name: db, dsn: 'host=127.0.0.1 port=%d user=tester dbname=postgres', "
		"interval: 500ms, metrics_interval: 500ms}]\n",
		redis_main.port, redis_replica.port, postgres.port);
	read_again(1);
	for (size_t i = 0; i < COUNT_OF(exporters); i++)
		exporter_scrape(&exporters[i], &theirs[i]);
	said_take(&ours, &collected);
	known = ours.count;
	read_again(2); /* the first of them may have been on its way */
}

/* ---- the list of what differs ---- */

enum verdict { ABSENT, PARTLY, WITHIN };

struct difference {
	char name[96], word[16];
	double slack;
	bool is_used, is_start;
	enum verdict verdict;
};

static struct difference differences[200];
static size_t difference_count;

static void read_difference(const char *line, unsigned number)
{
	struct difference *new = &differences[difference_count++];
	int at = 0;
	assert_true(difference_count < COUNT_OF(differences));
	if (sscanf(line, "%95s %15s %n", new->name, new->word, &at) != 2)
		fail_msg("differs:%u: NAME WORD REASON", number);
	new->verdict = strcmp(new->word, "absent") == 0   ? ABSENT
		       : strcmp(new->word, "partly") == 0 ? PARTLY
							  : WITHIN;
	if (new->verdict == WITHIN) {
		char *end;
		assert_string_equal(new->word, "within");
		new->slack = strtod(line + at, &end);
		at = (int)(end - line);
	}
	if (!line[at] || line[at] == '\n')
		fail_msg("differs:%u: there is no reason", number);
	size_t length = strlen(new->name);
	new->is_start = new->name[length - 1] == '*';
	if (new->is_start)
		new->name[length - 1] = '\0';
}

static void read_differences(void)
{
	char line[400];
	unsigned number = 0;
	FILE *file = fopen("tests/exporters/differs", "re");
	assert_non_null(file);
	while (!difference_count && fgets(line, sizeof(line), file)) {
		do {
			number++;
			if (line[0] != '#' && line[0] != '\n')
				read_difference(line, number);
		} while (fgets(line, sizeof(line), file));
	}
	fclose(file);
}

static struct difference *find_difference(const char *name, enum verdict verdict)
{
	for (size_t i = 0; i < difference_count; i++) {
		struct difference *one = &differences[i];
		bool is_it =
			one->is_start ? starts_with(name, one->name) : strcmp(name, one->name) == 0;
		if (one->verdict == verdict && is_it) {
			one->is_used = true;
			return one;
		}
	}
	return NULL;
}

/* ---- comparing ---- */

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
	const struct difference *wide = find_difference(said->name, WITHIN);
	double slack = 1e-9 * fabs(value);
	bool is_new = (size_t)(our - ours.list) >= known && counts_up(said);
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
	const struct said *our = said_find(&ours, instance, said->name, said->labels);
	tally->series++;
	if (our)
		compare_value(said, our, tally);
	else if (said->times && !find_difference(said->name, PARTLY))
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
	if (find_difference(said->name, ABSENT))
		str_addf(&tally->wrong, "%s is there, and the list says that it is not\n",
			said->name);
}

static void compare_all(const struct said_list *list, const char *instance, struct tally *tally)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct said *said = &list->list[i];
		bool is_first = is_first_of_name(list, i), is_had = said_has(&ours, said->name);
		if (is_had && is_first)
			compare_name(said, instance, tally);
		if (is_had) {
			compare_series(said, instance, tally);
		} else if (is_first) {
			bool is_explained = !said->times || find_difference(said->name, ABSENT);
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

static void needs_exporters(void)
{
	if (is_missing) {
		print_message("# prometheus-redis-exporter or prometheus-postgres-exporter is not "
			      "installed\n");
		skip();
	}
}

static void all_that_the_exporters_tell_we_tell_by_the_same_names(void **state)
{
	(void)state;
	needs_exporters();
	read_differences();
	read_both();
	struct tally tally = {.wrong = STR_INIT};
	for (size_t i = 0; i < COUNT_OF(exporters); i++) {
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
	bool is_had = said_has(&ours, name), is_explained = find_difference(name, ABSENT) != NULL;
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
	needs_exporters();
	read_differences();
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
	needs_exporters();
	if (access(corpus(), R_OK) != 0)
		skip();
	for (size_t i = 0; i < difference_count; i++)
		if (!differences[i].is_used)
			fail_msg("tests/exporters/differs: %s %s: nobody has it",
				differences[i].name, differences[i].word);
}

static void a_server_that_goes_takes_its_series_along(void **state)
{
	(void)state;
	needs_exporters();
	read_both();
	redis_server_kill(&redis_replica);
	collected_wait(&collected, "obs_samples", "name=\"redis_up\" labels=\"instance=replica",
		"name=\"redis_config_maxmemory\" labels=\"instance=replica,job=redis\" value=nan",
		"name=\"redis_memory_used_bytes\" labels=\"instance=replica,job=redis\" value=nan",
		NULL);
	pg_server_stop(&postgres, "immediate");
	collected_wait(&collected, "obs_samples",
		"name=\"pg_up\" labels=\"instance=db,job=postgres\"}", NULL);
	collected_wait(&collected, "obs_samples", "name=\"pg_txid_current\"", "value=nan", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_the_exporters_tell_we_tell_by_the_same_names),
		cmocka_unit_test(every_name_of_the_public_rules_and_dashboards_is_had_or_explained),
		cmocka_unit_test(nothing_stands_in_the_list_that_is_no_longer_so),
		cmocka_unit_test(a_server_that_goes_takes_its_series_along),
	};
	return cmocka_run_group_tests_name("exporters", tests, setup, teardown);
}
