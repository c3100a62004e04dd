/* SPDX-License-Identifier: MIT */
/* What servers tell of themselves as metrics. `--print`: docs/metrics.md (make docs). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/hub.h"
#include "core/collect/metric.h"
#include "core/collect/pg_metrics.h"
#include "core/collect/redis_metrics.h"
#include "core/conf/settings.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"

/* ---- a sink: lines of name{label=value} number ---- */

static void write_line(void *context, const struct metric *metric)
{
	struct str *text = context;
	if (isnan(metric->value))
		return;
	str_addf(text, "%s{", metric->name);
	for (size_t i = 0; i < metric->label_count; i++) {
		const struct metric_label *label = &metric->labels[i];
		size_t length = label->length ? label->length : strlen(label->value);
		if (length)
			str_addf(text, "%s=%.*s,", label->name, (int)length, label->value);
	}
	str_addf(text, "} %.10g\n", metric->value);
}

static char *told(const char *info)
{
	struct str text = STR_INIT;
	const struct redis_answers answers = {
		.info = info, .length = strlen(info), .wall_ms = 1000000, .io_threads = NAN};
	redis_metrics_look(&answers, write_line, &text);
	redis_metrics_rest(&answers, write_line, &text);
	return str_detach(&text);
}

static void assert_told(const char *info, const char *line)
{
	autofree char *text = told(info);
	if (!strstr(text, line))
		fail_msg("%s is not in:\n%s", line, text);
}

/* ---- Redis ---- */

static void figures_have_the_unit_of_their_name(void **state)
{
	(void)state;
	assert_told("latest_fork_usec:2500\r\n", "redis_latest_fork_seconds{} 0.0025\n");
	assert_told("used_cpu_sys:1.250000\r\n", "redis_cpu_sys_seconds_total{} 1.25\n");
	assert_told("rdb_last_bgsave_time_sec:-1\r\n", "redis_rdb_last_bgsave_duration_sec{} -1\n");
	assert_told("rdb_last_bgsave_status:ok\r\n", "redis_rdb_last_bgsave_status{} 1\n");
	assert_told("rdb_last_bgsave_status:err\r\n", "redis_rdb_last_bgsave_status{} 0\n");
	assert_told("uptime_in_seconds:400\r\n", "redis_start_time_seconds{} 600\n");
}

static void what_is_no_number_is_no_metric(void **state)
{
	(void)state;
	autofree char *text = told("used_memory:lots\r\nloading:\r\nmaxmemory\r\n:5\r\n");
	assert_null(strstr(text, "redis_memory_used_bytes"));
	assert_null(strstr(text, "redis_loading_dump_file"));
	assert_null(strstr(text, "redis_memory_max_bytes"));
}

static void replicas_and_masters_are_labelled_by_where_they_are(void **state)
{
	(void)state;
	assert_told(
		"role:master\r\nslave0:ip=10.0.0.7,port=6380,state=online,offset=1820,lag=1\r\n",
		"redis_connected_slave_offset_bytes{slave_ip=10.0.0.7,slave_port=6380,"
		"slave_state=online,} 1820\n");
	static const char replica[] = "role:slave\r\nmaster_host:db\r\nmaster_port:6379\r\n"
				      "master_link_status:down\r\nslave_read_only:1\r\n";
	assert_told(replica, "redis_master_link_up{master_host=db,master_port=6379,} 0\n");
	assert_told(replica, "redis_slave_info{master_host=db,master_port=6379,read_only=1,} 1\n");
}

static void a_command_is_a_label_and_so_is_its_share(void **state)
{
	static const char info[] =
		"cmdstat_xinfo|stream:calls=4,usec=2000,usec_per_call=500.00,rejected_calls=1,"
		"failed_calls=0\r\n"
		"latency_percentiles_usec_xinfo|stream:p50=1.003,p99.9=7.007\r\n"
		"errorstat_WRONGTYPE:count=3\r\n";
	(void)state;
	assert_told(info, "redis_commands_total{cmd=xinfo|stream,} 4\n");
	assert_told(info, "redis_commands_duration_seconds_total{cmd=xinfo|stream,} 0.002\n");
	assert_told(info, "redis_commands_rejected_calls_total{cmd=xinfo|stream,} 1\n");
	assert_told(
		info, "redis_latency_percentiles_usec{cmd=xinfo|stream,quantile=99.9,} 7.007\n");
	assert_told(info, "redis_latency_percentiles_usec_count{cmd=xinfo|stream,} 4\n");
	assert_told(info, "redis_errors_total{err=WRONGTYPE,} 3\n");
}

static void of_many_commands_those_are_kept_that_are_called_most(void **state)
{
	autostr struct str info = STR_INIT;
	(void)state;
	for (int i = 0; i < REDIS_COMMANDS_MAX + 7; i++)
		str_addf(&info, "cmdstat_c%d:calls=%d,usec=1\r\n", i, i + 1);
	autofree char *text = told(info.text);
	assert_non_null(strstr(text, "redis_commands_total{cmd=c106,} 107\n"));
	assert_non_null(strstr(text, "redis_commands_total{cmd=c7,} 8\n"));
	assert_null(strstr(text, "redis_commands_total{cmd=c6,}"));
	assert_non_null(strstr(text, "botswain_redis_commands_left_out{} 7\n"));
}

static void empty_databases_are_told_where_their_number_is_known(void **state)
{
	static const char info[] = "# Keyspace\r\ndb1:keys=2,expires=1,avg_ttl=901392\r\n";
	(void)state;
	autostr struct str text = STR_INIT;
	const struct redis_answers answers = {
		.info = info, .length = sizeof(info) - 1, .databases = 3, .io_threads = NAN};
	redis_metrics_rest(&answers, write_line, &text);
	assert_non_null(strstr(text.text, "redis_db_keys{db=db0,} 0\n"));
	assert_non_null(strstr(text.text, "redis_db_keys{db=db1,} 2\n"));
	assert_non_null(strstr(text.text, "redis_db_avg_ttl_seconds{db=db1,} 901.392\n"));
	assert_non_null(strstr(text.text, "redis_db_keys_expiring{db=db2,} 0\n"));
	assert_null(strstr(text.text, "db=db3"));
}

/* It is searched by halves. */
static void the_figures_are_in_order_of_their_keys(void **state)
{
	static const char *const keys[] = {
#define INFO(key, ...) #key,
#include "core/collect/redis_metrics.def"
	};
	(void)state;
	for (size_t i = 1; i < COUNT_OF(keys); i++)
		assert_true(strcmp(keys[i - 1], keys[i]) < 0);
}

/* ---- Postgres ---- */

static const struct pg_metrics_table *table_of(const char *prefix)
{
	for (size_t i = 0; i < pg_metrics_table_count(); i++)
		if (strcmp(pg_metrics_table(i)->prefix, prefix) == 0)
			return pg_metrics_table(i);
	fail_msg("no table %s", prefix);
	return NULL;
}

static void a_statement_asks_for_what_the_version_has(void **state)
{
	(void)state;
	autostr struct str old = STR_INIT, new = STR_INIT;
	pg_metrics_sql(table_of("pg_stat_bgwriter"), 150018, &old);
	pg_metrics_sql(table_of("pg_stat_bgwriter"), 170000, &new);
	assert_non_null(strstr(old.text, "buffers_backend as \"buffers_backend_total\""));
	assert_null(strstr(new.text, "buffers_backend"));
	assert_non_null(strstr(new.text, "select buffers_clean as \"buffers_clean_total\""));
	assert_false(pg_is_of_version(170000, 0, 160004));
}

struct cells {
	const char *const *texts;
};

static const char *cell(void *context, size_t column)
{
	return ((const struct cells *)context)->texts[column];
}

static void a_row_becomes_a_metric_a_column_and_null_none(void **state)
{
	static const char *const texts[] = {"standby", "", "t", NULL};
	struct cells cells = {texts};
	(void)state;
	autostr struct str text = STR_INIT;
	pg_metrics_row(table_of("pg_replication_slots"), 150018, cell, &cells, write_line, &text);
	assert_string_equal(text.text, "pg_replication_slots_active{slot_name=standby,} 1\n");
}

/* What a version has no column for moves no other. */
static void columns_of_other_versions_have_no_cell(void **state)
{
	static const char *const texts[] = {"11", "12", "13", "14"};
	struct cells cells = {texts};
	(void)state;
	autostr struct str text = STR_INIT;
	pg_metrics_row(table_of("pg_stat_bgwriter"), 170000, cell, &cells, write_line, &text);
	assert_string_equal(text.text, "pg_stat_bgwriter_buffers_clean_total{} 11\n"
				       "pg_stat_bgwriter_maxwritten_clean_total{} 12\n"
				       "pg_stat_bgwriter_buffers_alloc_total{} 13\n"
				       "pg_stat_bgwriter_stats_reset_total{} 14\n");
}

static void assert_setting(const char *name, const char *value, const char *unit, const char *line)
{
	autostr struct str text = STR_INIT;
	pg_metrics_setting(name, value, unit, write_line, &text);
	assert_string_equal(text.text, line);
}

static void settings_are_in_seconds_and_bytes_and_minus_one_as_it_is(void **state)
{
	(void)state;
	assert_setting("wal_buffers", "512", "8kB", "pg_settings_wal_buffers_bytes{} 4194304\n");
	assert_setting(
		"max_wal_size", "64", "16MB", "pg_settings_max_wal_size_bytes{} 1073741824\n");
	assert_setting("lock_timeout", "250", "ms", "pg_settings_lock_timeout_seconds{} 0.25\n");
	assert_setting(
		"log_rotation_age", "60", "min", "pg_settings_log_rotation_age_seconds{} 3600\n");
	assert_setting("temp_file_limit", "-1", "kB", "pg_settings_temp_file_limit_bytes{} -1\n");
	assert_setting("autovacuum", "on", "", "pg_settings_autovacuum{} 1\n");
	assert_setting("fsync", "off", "", "pg_settings_fsync{} 0\n");
	assert_setting("pg_stat_statements.max", "5000", "",
		"pg_settings_pg_stat_statements_max{} 5000\n");
	assert_setting("strange", "5", "furlong", "");
}

/* ---- batches ---- */

struct scene {
	struct hub hub;
	struct mailbox *mailbox;
	struct settings *settings;
	struct metric_past past;
};

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	static const char yaml[] = "state_dir: /nowhere\n";
	struct err err = {0};
	assert_true(settings_parse(
		yaml, sizeof(yaml) - 1, "/nowhere/botswain.yaml", &scene->settings, NULL, &err));
	scene->mailbox = mailbox_new(100);
	hub_init(&scene->hub, clock_real(), scene->mailbox, scene->settings);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	metric_past_release(&scene->past);
	hub_release(&scene->hub);
	mailbox_free(scene->mailbox);
	settings_unref(scene->settings);
	free(scene);
	return 0;
}

static struct metric_batch batch_of(struct scene *scene)
{
	return (struct metric_batch){.hub = &scene->hub, .instance = "main", .job = "postgres"};
}

/* Posts and returns what the engine gets, as text. */
static char *posted(struct scene *scene, struct metric_batch *batch)
{
	struct parcel parcel;
	struct str text = STR_INIT;
	metric_batch_post(batch, &scene->past, "postgres/main");
	if (mailbox_take(scene->mailbox, &parcel, 1)) {
		msg_dump(parcel.message.kind, parcel.message.body, &text);
		parcel_release(&parcel);
	}
	return str_detach(&text);
}

static void add_table(struct metric_batch *batch, const char *name, double value)
{
	metric_batch_add(batch, &(struct metric){.name = "pg_rows",
					.labels = {{"relname", name, 0}, {"empty", "", 0}},
					.label_count = 2,
					.value = value});
}

static void labels_are_in_order_and_as_they_are_and_without_the_empty(void **state)
{
	struct metric_batch batch = batch_of(*state);
	add_table(&batch, "a,b=\\ {c}", 4);
	autofree char *text = posted(*state, &batch);
	assert_non_null(
		strstr(text, "{name=\"pg_rows\" "
			     "labels=\"instance=main,job=postgres,relname=a\\\\,b=\\\\\\\\ {c}\" "
			     "value=4}"));
	assert_non_null(strstr(text, "whole=true"));
}

static void what_is_too_long_to_be_told_apart_is_left_out(void **state)
{
	struct metric_batch batch = batch_of(*state);
	char text[METRIC_LABEL_BYTES];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	metric_batch_add(&batch, &(struct metric){.name = "long",
					 .labels = {{"a", text, 0}, {"b", text, 0}, {"c", text, 0}},
					 .label_count = 3,
					 .value = 1});
	add_table(&batch, "orders", 4);
	autofree char *said = posted(*state, &batch);
	assert_null(strstr(said, "long"));
	assert_non_null(strstr(said, "relname=orders\" value=4"));
}

static void a_series_that_is_gone_ends_once(void **state)
{
	struct metric_batch batch = batch_of(*state);
	add_table(&batch, "orders", 4);
	add_table(&batch, "users", 5);
	free(posted(*state, &batch));
	add_table(&batch, "users", 6);
	autofree char *text = posted(*state, &batch);
	assert_non_null(strstr(text, "relname=orders\" value=nan"));
	assert_non_null(strstr(text, "relname=users\" value=6"));
	add_table(&batch, "users", 7);
	autofree char *next = posted(*state, &batch);
	assert_null(strstr(next, "orders"));
	autofree char *last = posted(*state, &batch);
	assert_non_null(strstr(last, "relname=users\" value=nan"));
	autofree char *nothing = posted(*state, &batch);
	assert_string_equal(nothing, "");
}

/* ---- the page ---- */

static void the_committed_page_is_what_the_tables_print(void **state)
{
	autostr struct str page = STR_INIT, committed = STR_INIT;
	char buffer[4096];
	(void)state;
	metrics_print(&page);
	FILE *file = fopen("docs/metrics.md", "re");
	if (!file)
		fail_msg("docs/metrics.md is not there: make docs");
	for (size_t got; (got = fread(buffer, 1, sizeof(buffer), file)) > 0;)
		str_add(&committed, buffer, got);
	fclose(file);
	if (strcmp(page.text, committed.text) != 0)
		fail_msg("docs/metrics.md is not what the tables say: make docs");
}

int main(int argc, char **argv)
{
	autostr struct str page = STR_INIT;
	if (argc == 2 && !strcmp(argv[1], "--print")) {
		metrics_print(&page);
		fputs(page.text, stdout);
		return 0;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_have_the_unit_of_their_name),
		cmocka_unit_test(what_is_no_number_is_no_metric),
		cmocka_unit_test(replicas_and_masters_are_labelled_by_where_they_are),
		cmocka_unit_test(a_command_is_a_label_and_so_is_its_share),
		cmocka_unit_test(of_many_commands_those_are_kept_that_are_called_most),
		cmocka_unit_test(empty_databases_are_told_where_their_number_is_known),
		cmocka_unit_test(the_figures_are_in_order_of_their_keys),
		cmocka_unit_test(a_statement_asks_for_what_the_version_has),
		cmocka_unit_test(a_row_becomes_a_metric_a_column_and_null_none),
		cmocka_unit_test(columns_of_other_versions_have_no_cell),
		cmocka_unit_test(settings_are_in_seconds_and_bytes_and_minus_one_as_it_is),
		cmocka_unit_test_setup_teardown(
			labels_are_in_order_and_as_they_are_and_without_the_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_too_long_to_be_told_apart_is_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(a_series_that_is_gone_ends_once, setup, teardown),
		cmocka_unit_test(the_committed_page_is_what_the_tables_print),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
