/* SPDX-License-Identifier: MIT */
#include "core/collect/redis_metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/base/mem.h"
#include "core/parse/redis_info.h"

enum when { LOOK, SOME };

static const struct figure {
	const char *key, *name;
	enum metric_type type;
	double per;
	enum when when;
	const char *help;
} figures[] = {
#define INFO(key, metric, type, per, when, help) {#key, #metric, METRIC_##type, per, when, help},
#include "core/collect/redis_metrics.def"
};

/* What is put together from more than one figure. */
static const struct metric_word others[] = {
#define OTHER(metric, labels, type, from, help) {#metric, labels, METRIC_##type, from, help},
#include "core/collect/redis_others.def"
};

struct giver {
	const struct redis_answers *answers;
	metric_sink *sink;
	void *context;
};

static void give(const struct giver *giver, const struct metric *metric)
{
	giver->sink(giver->context, metric);
}

static void give_gauge(const struct giver *giver, const char *name, double value)
{
	give(giver, &(struct metric){.name = name, .type = METRIC_GAUGE, .value = value});
}

static double number(const char *text, size_t length)
{
	char copy[40], *end;
	size_t kept = length < sizeof(copy) ? length : sizeof(copy) - 1;
	memcpy(copy, text, kept);
	copy[kept] = '\0';
	double value = strtod(copy, &end);
	return end == copy ? (double)NAN : value;
}

static double found(const struct redis_answers *answers, const char *key)
{
	struct redis_info_pair pair;
	return redis_info_find(answers->info, answers->length, key, &pair)
		       ? number(pair.value, pair.value_length)
		       : (double)NAN;
}

static struct metric_label label_of(
	const struct redis_answers *answers, const char *name, const char *key)
{
	struct redis_info_pair pair;
	bool is_there = redis_info_find(answers->info, answers->length, key, &pair) &&
			pair.value_length > 0;
	return (struct metric_label){
		name, is_there ? pair.value : "", is_there ? pair.value_length : 0};
}

static bool begins(const struct redis_info_pair *pair, const char *start)
{
	size_t length = strlen(start);
	return pair->key_length > length && memcmp(pair->key, start, length) == 0;
}

static struct metric_label rest_of_key(
	const struct redis_info_pair *pair, const char *name, const char *start)
{
	size_t length = strlen(start);
	return (struct metric_label){name, pair->key + length, pair->key_length - length};
}

/* Of `ip=10.0.0.1,port=6379`; "" without such a field. */
static struct metric_label field_label(
	const struct redis_info_pair *pair, const char *name, const char *field)
{
	size_t size = strlen(field);
	for (size_t at = 0; at + size < pair->value_length;) {
		const char *part = pair->value + at;
		const char *comma = memchr(part, ',', pair->value_length - at);
		size_t length = comma ? (size_t)(comma - part) : pair->value_length - at;
		if (length > size + 1 && memcmp(part, field, size) == 0 && part[size] == '=')
			return (struct metric_label){name, part + size + 1, length - size - 1};
		at += length + 1;
	}
	return (struct metric_label){name, "", 0};
}

/* ---- one figure each ---- */

static int compare_key(const void *key, const void *figure)
{
	const struct redis_info_pair *pair = key;
	const char *other = ((const struct figure *)figure)->key;
	size_t length = strlen(other);
	size_t both = pair->key_length < length ? pair->key_length : length;
	int order = memcmp(pair->key, other, both);
	return order ? order : (pair->key_length > length) - (pair->key_length < length);
}

static void give_figure(
	const struct giver *giver, const struct figure *figure, const struct redis_info_pair *pair)
{
	bool is_ok = pair->value_length == 2 && memcmp(pair->value, "ok", 2) == 0;
	double value = figure->per > 0 ? number(pair->value, pair->value_length) / figure->per
				       : (double)is_ok;
	give(giver, &(struct metric){.name = figure->name, .type = figure->type, .value = value});
}

static void give_figures(const struct giver *giver, enum when when)
{
	const struct redis_answers *answers = giver->answers;
	struct redis_info_pair pair;
	for (size_t at = 0; redis_info_next(answers->info, answers->length, &at, &pair);) {
		const struct figure *figure =
			bsearch(&pair, figures, COUNT_OF(figures), sizeof(*figures), compare_key);
		if (figure && figure->when == when)
			give_figure(giver, figure, &pair);
	}
}

void redis_metrics_look(const struct redis_answers *answers, metric_sink *sink, void *context)
{
	const struct giver giver = {answers, sink, context};
	give_figures(&giver, LOOK);
	give_gauge(&giver, "redis_up", 1);
}

const char *redis_metrics_look_name(size_t index)
{
	for (size_t i = 0; i < COUNT_OF(figures); i++)
		if (figures[i].when == LOOK && index-- == 0)
			return figures[i].name;
	return NULL;
}

/* ---- what it is ---- */

static void give_instance(const struct giver *giver)
{
	const struct redis_answers *answers = giver->answers;
	struct metric metric = {
		.name = "redis_instance_info", .type = METRIC_GAUGE, .label_count = 9, .value = 1};
	static const char *const keys[] = {"maxmemory_policy", "os", "process_id", "redis_build_id",
		"redis_mode", "redis_version", "role", "run_id", "tcp_port"};
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		metric.labels[i] = label_of(answers, keys[i], keys[i]);
	give(giver, &metric);
	give_gauge(giver, "redis_config_maxmemory", found(answers, "maxmemory"));
	give_gauge(giver, "redis_config_io_threads", answers->io_threads);
	give_gauge(giver, "redis_start_time_seconds",
		round((double)answers->wall_ms / 1000 - found(answers, "uptime_in_seconds")));
}

/* ---- replication ---- */

static void give_of_master(const struct giver *giver, const char *name, double value)
{
	const struct redis_answers *answers = giver->answers;
	give(giver, &(struct metric){.name = name,
			    .type = METRIC_GAUGE,
			    .labels = {label_of(answers, "master_host", "master_host"),
				    label_of(answers, "master_port", "master_port")},
			    .label_count = 2,
			    .value = value});
}

static void give_replica(const struct giver *giver)
{
	const struct redis_answers *answers = giver->answers;
	struct metric_label link = label_of(answers, "", "master_link_status");
	if (!link.length)
		return;
	give(giver, &(struct metric){.name = "redis_slave_info",
			    .type = METRIC_GAUGE,
			    .labels = {label_of(answers, "master_host", "master_host"),
				    label_of(answers, "master_port", "master_port"),
				    label_of(answers, "read_only", "slave_read_only")},
			    .label_count = 3,
			    .value = 1});
	give_of_master(giver, "redis_master_link_up",
		link.length == 2 && memcmp(link.value, "up", 2) == 0);
	give_of_master(giver, "redis_master_last_io_seconds_ago",
		found(answers, "master_last_io_seconds_ago"));
	give_of_master(
		giver, "redis_master_sync_in_progress", found(answers, "master_sync_in_progress"));
	give_of_master(giver, "redis_slave_repl_offset", found(answers, "slave_repl_offset"));
}

/* slave0:ip=127.0.0.1,port=6380,state=online,offset=1820,lag=1 */
static void give_slave(const struct giver *giver, const struct redis_info_pair *pair)
{
	struct metric metric = {.name = "redis_connected_slave_offset_bytes",
		.type = METRIC_GAUGE,
		.labels = {field_label(pair, "slave_ip", "ip"),
			field_label(pair, "slave_port", "port"),
			field_label(pair, "slave_state", "state")},
		.label_count = 3};
	struct metric_label offset = field_label(pair, "", "offset"),
			    lag = field_label(pair, "", "lag");
	metric.value = number(offset.value, offset.length);
	give(giver, &metric);
	metric.name = "redis_connected_slave_lag_seconds";
	metric.value = number(lag.value, lag.length);
	give(giver, &metric);
}

/* ---- databases ---- */

static void give_of_database(const struct giver *giver, const struct metric_label *database,
	const char *name, double value)
{
	give(giver, &(struct metric){.name = name,
			    .type = METRIC_GAUGE,
			    .labels = {*database},
			    .label_count = 1,
			    .value = value});
}

static double field_number(const struct redis_info_pair *pair, const char *field)
{
	struct metric_label text = field_label(pair, "", field);
	return number(text.value, text.length);
}

/* db0:keys=2,expires=1,avg_ttl=901392 */
static void give_database(const struct giver *giver, const struct redis_info_pair *pair)
{
	const struct metric_label label = {"db", pair->key, pair->key_length};
	give_of_database(giver, &label, "redis_db_keys", field_number(pair, "keys"));
	give_of_database(giver, &label, "redis_db_keys_expiring", field_number(pair, "expires"));
	give_of_database(
		giver, &label, "redis_db_avg_ttl_seconds", field_number(pair, "avg_ttl") / 1000);
}

/* INFO names only databases that hold something. */
static void give_empty_databases(const struct giver *giver)
{
	const struct redis_answers *answers = giver->answers;
	int count =
		answers->databases < REDIS_DATABASES_MAX ? answers->databases : REDIS_DATABASES_MAX;
	if (!memmem(answers->info, answers->length, "# Keyspace", strlen("# Keyspace")))
		return;
	for (int i = 0; i < count; i++) {
		struct redis_info_pair pair;
		char name[16];
		snprintf(name, sizeof(name), "db%d", i);
		if (redis_info_find(answers->info, answers->length, name, &pair))
			continue;
		const struct metric_label label = {"db", name, 0};
		give_of_database(giver, &label, "redis_db_keys", 0);
		give_of_database(giver, &label, "redis_db_keys_expiring", 0);
	}
}

/* ---- commands and errors ---- */

struct command {
	struct metric_label name;
	double calls, us, rejected, failed;
};

struct commands {
	struct command *list;
	size_t count, room;
};

static void add_command(struct commands *commands, const struct redis_info_pair *pair)
{
	commands->list =
		grow(commands->list, commands->count, &commands->room, sizeof(*commands->list));
	commands->list[commands->count++] =
		(struct command){.name = rest_of_key(pair, "cmd", "cmdstat_"),
			.calls = field_number(pair, "calls"),
			.us = field_number(pair, "usec"),
			.rejected = field_number(pair, "rejected_calls"),
			.failed = field_number(pair, "failed_calls")};
}

static int by_calls(const void *one, const void *other)
{
	const struct command *a = one, *b = other;
	return (a->calls < b->calls) - (a->calls > b->calls);
}

static void give_command(const struct giver *giver, const struct command *command)
{
	const struct {
		const char *name;
		double value;
	} values[] = {
		{"redis_commands_total", command->calls},
		{"redis_commands_duration_seconds_total", command->us / 1e6},
		{"redis_commands_rejected_calls_total", command->rejected},
		{"redis_commands_failed_calls_total", command->failed},
	};
	for (size_t i = 0; i < COUNT_OF(values); i++)
		give(giver, &(struct metric){.name = values[i].name,
				    .type = METRIC_COUNTER,
				    .labels = {command->name},
				    .label_count = 1,
				    .value = values[i].value});
}

static void give_latency(const struct giver *giver, const char *name,
	const struct metric_label *command, const struct metric_label *quantile, double value)
{
	give(giver, &(struct metric){.name = name,
			    .type = METRIC_SUMMARY,
			    .labels = {*command, *quantile},
			    .label_count = quantile->length ? 2 : 1,
			    .value = value});
}

/* p50=21.119,p99=21.119,p99.9=21.119 */
static void give_percentiles(const struct giver *giver, const struct redis_info_pair *pair,
	const struct command *command)
{
	static const struct metric_label none = {"", "", 0};
	for (size_t at = 0; at < pair->value_length;) {
		const char *part = pair->value + at;
		const char *comma = memchr(part, ',', pair->value_length - at);
		size_t length = comma ? (size_t)(comma - part) : pair->value_length - at;
		const char *equals = memchr(part, '=', length);
		if (equals && *part == 'p' && equals - part > 1)
			give_latency(giver, "redis_latency_percentiles_usec", &command->name,
				&(struct metric_label){
					"quantile", part + 1, (size_t)(equals - part) - 1},
				number(equals + 1, length - (size_t)(equals - part) - 1));
		at += length + 1;
	}
	give_latency(
		giver, "redis_latency_percentiles_usec_sum", &command->name, &none, command->us);
	give_latency(giver, "redis_latency_percentiles_usec_count", &command->name, &none,
		command->calls);
}

static const struct command *find_command(
	const struct commands *commands, const struct metric_label *name)
{
	for (size_t i = 0; i < commands->count; i++) {
		const struct metric_label *known = &commands->list[i].name;
		if (known->length == name->length &&
			memcmp(known->value, name->value, name->length) == 0)
			return &commands->list[i];
	}
	return NULL;
}

static void give_latencies(const struct giver *giver, const struct commands *commands)
{
	static const char start[] = "latency_percentiles_usec_";
	const struct redis_answers *answers = giver->answers;
	struct redis_info_pair pair;
	for (size_t at = 0; redis_info_next(answers->info, answers->length, &at, &pair);) {
		if (!begins(&pair, start))
			continue;
		struct metric_label name = rest_of_key(&pair, "cmd", start);
		const struct command *command = find_command(commands, &name);
		if (command)
			give_percentiles(giver, &pair, command);
	}
}

/* Those that are called most. */
static void give_commands(const struct giver *giver, struct commands *commands)
{
	size_t all = commands->count;
	if (!all)
		return;
	qsort(commands->list, all, sizeof(*commands->list), by_calls);
	commands->count = all < REDIS_COMMANDS_MAX ? all : REDIS_COMMANDS_MAX;
	for (size_t i = 0; i < commands->count; i++)
		give_command(giver, &commands->list[i]);
	give_latencies(giver, commands);
	give_gauge(giver, "botswain_redis_commands_left_out", (double)(all - commands->count));
}

static void give_error(const struct giver *giver, const struct redis_info_pair *pair)
{
	give(giver, &(struct metric){.name = "redis_errors_total",
			    .type = METRIC_COUNTER,
			    .labels = {rest_of_key(pair, "err", "errorstat_")},
			    .label_count = 1,
			    .value = field_number(pair, "count")});
}

/* ---- all of the text ---- */

static bool is_numbered(const struct redis_info_pair *pair, const char *start)
{
	size_t length = strlen(start);
	return begins(pair, start) && pair->key[length] >= '0' && pair->key[length] <= '9';
}

static void give_pair(const struct giver *giver, const struct redis_info_pair *pair,
	struct commands *commands, size_t *errors)
{
	if (begins(pair, "cmdstat_"))
		add_command(commands, pair);
	else if (is_numbered(pair, "db"))
		give_database(giver, pair);
	else if (is_numbered(pair, "slave"))
		give_slave(giver, pair);
	else if (begins(pair, "errorstat_") && (*errors)++ < REDIS_ERRORS_MAX)
		give_error(giver, pair);
}

void redis_metrics_rest(const struct redis_answers *answers, metric_sink *sink, void *context)
{
	const struct giver giver = {answers, sink, context};
	struct commands commands = {.list = NULL};
	struct redis_info_pair pair;
	size_t errors = 0;
	give_figures(&giver, SOME);
	give_instance(&giver);
	give_replica(&giver);
	for (size_t at = 0; redis_info_next(answers->info, answers->length, &at, &pair);)
		give_pair(&giver, &pair, &commands, &errors);
	give_empty_databases(&giver);
	give_commands(&giver, &commands);
	free(commands.list);
}

/* ---- what INFO does not tell ---- */

/* 0: there was none yet. */
static void give_last_slow(const struct giver *giver, const redisReply *list)
{
	if (!list->elements) {
		give_gauge(giver, "redis_slowlog_last_id", 0);
		give_gauge(giver, "redis_last_slow_execution_duration_seconds", 0);
		return;
	}
	const redisReply *entry = list->element[0];
	if (entry->type != REDIS_REPLY_ARRAY || entry->elements < 3 ||
		entry->element[0]->type != REDIS_REPLY_INTEGER ||
		entry->element[2]->type != REDIS_REPLY_INTEGER)
		return;
	give_gauge(giver, "redis_slowlog_last_id", (double)entry->element[0]->integer);
	give_gauge(giver, "redis_last_slow_execution_duration_seconds",
		(double)entry->element[2]->integer / 1e6);
}

/* [event, when, ms, the most ms] */
static void give_event(const struct giver *giver, const redisReply *event)
{
	if (event->type != REDIS_REPLY_ARRAY || event->elements < 3 || !event->element[0]->str ||
		event->element[1]->type != REDIS_REPLY_INTEGER ||
		event->element[2]->type != REDIS_REPLY_INTEGER)
		return;
	struct metric metric = {.name = "redis_latency_spike_last",
		.type = METRIC_GAUGE,
		.labels = {{"event_name", event->element[0]->str, 0}},
		.label_count = 1,
		.value = (double)event->element[1]->integer};
	give(giver, &metric);
	metric.name = "redis_latency_spike_duration_seconds";
	metric.value = (double)event->element[2]->integer / 1000;
	give(giver, &metric);
}

void redis_metrics_slow(const redisReply *length, const redisReply *last, const redisReply *events,
	metric_sink *sink, void *context)
{
	const struct giver giver = {NULL, sink, context};
	if (length && length->type == REDIS_REPLY_INTEGER)
		give_gauge(&giver, "redis_slowlog_length", (double)length->integer);
	if (last && last->type == REDIS_REPLY_ARRAY)
		give_last_slow(&giver, last);
	for (size_t i = 0; events && events->type == REDIS_REPLY_ARRAY && i < events->elements; i++)
		give_event(&giver, events->element[i]);
}

void redis_metrics_words(metric_visitor *visit, void *context)
{
	for (size_t i = 0; i < COUNT_OF(figures); i++) {
		autofree char *from = xasprintf("INFO %s", figures[i].key);
		visit(context, &(struct metric_word){figures[i].name, "", figures[i].type, from,
				       figures[i].help});
	}
	for (size_t i = 0; i < COUNT_OF(others); i++)
		visit(context, &others[i]);
}
