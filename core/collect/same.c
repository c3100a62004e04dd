/* SPDX-License-Identifier: MIT */
#include "core/collect/same.h"

#include <string.h>

#include "core/conf/settings.h"

static bool same(const char *one, const char *other)
{
	return strcmp(one, other) == 0;
}

static bool same_list(char *const *one, size_t one_count, char *const *other, size_t other_count)
{
	if (one_count != other_count)
		return false;
	for (size_t i = 0; i < one_count; i++)
		if (!same(one[i], other[i]))
			return false;
	return true;
}

bool same_argv(const struct argv *one, const struct argv *other)
{
	return same_list(one->argv, one->count, other->argv, other->count);
}

bool same_secret(const struct secret_ref *one, const struct secret_ref *other)
{
	return one->given == other->given && same(one->file, other->file) &&
	       same(one->env_file, other->env_file) && same(one->key, other->key) &&
	       same(one->credential, other->credential) &&
	       same_argv(&one->command, &other->command);
}

bool same_process(const struct process_ref *one, const struct process_ref *other)
{
	return same(one->pidfile, other->pidfile) && same(one->match, other->match) &&
	       same(one->directory, other->directory) &&
	       same_argv(&one->pid_command, &other->pid_command) &&
	       same(one->systemd, other->systemd) && same(one->docker, other->docker) &&
	       same(one->supervisord, other->supervisord) && same(one->pm2, other->pm2) &&
	       same(one->supervisor, other->supervisor);
}

bool same_supervisor(const struct conf_supervisor *one, const struct conf_supervisor *other)
{
	return same(one->name, other->name) && same(one->kind, other->kind) &&
	       same(one->address, other->address) && same(one->user, other->user) &&
	       same_secret(&one->password, &other->password) &&
	       one->timeout_ms == other->timeout_ms;
}

static bool same_server(const struct conf_redis *one, const struct conf_redis *other)
{
	return same(one->host, other->host) && same(one->socket, other->socket) &&
	       one->port == other->port && one->database == other->database &&
	       same(one->user, other->user) && same_secret(&one->password, &other->password) &&
	       one->tls == other->tls && same(one->ca_file, other->ca_file);
}

static bool same_fields(const struct conf_redis *one, const struct conf_redis *other)
{
	return same(one->fields.bot, other->fields.bot) &&
	       same(one->fields.level, other->fields.level) &&
	       same(one->fields.msg, other->fields.msg) && same(one->fields.ts, other->fields.ts) &&
	       same(one->fields.type, other->fields.type) &&
	       same(one->fields.correlation_id, other->fields.correlation_id);
}

bool same_redis(const struct conf_redis *one, const struct conf_redis *other)
{
	return same(one->name, other->name) && same_server(one, other) && same_fields(one, other) &&
	       one->interval_ms == other->interval_ms && one->timeout_ms == other->timeout_ms &&
	       one->dead_after_ms == other->dead_after_ms && one->metrics_ms == other->metrics_ms &&
	       same(one->heartbeats, other->heartbeats) &&
	       same_list(one->streams, one->stream_count, other->streams, other->stream_count);
}

static bool same_queries(const struct conf_postgres *one, const struct conf_postgres *other)
{
	if (one->query_count != other->query_count)
		return false;
	for (size_t i = 0; i < one->query_count; i++)
		if (!same(one->queries[i].name, other->queries[i].name) ||
			!same(one->queries[i].sql, other->queries[i].sql) ||
			one->queries[i].interval_ms != other->queries[i].interval_ms)
			return false;
	return true;
}

static bool same_tables(const struct conf_postgres *one, const struct conf_postgres *other)
{
	if (one->table_count != other->table_count)
		return false;
	for (size_t i = 0; i < one->table_count; i++) {
		const struct conf_table *a = &one->tables[i], *b = &other->tables[i];
		if (!same(a->name, b->name) || !same(a->table, b->table) || !same(a->key, b->key) ||
			!same(a->time, b->time) || !same(a->level, b->level) ||
			!same(a->bot, b->bot) || !same(a->message, b->message) ||
			!same(a->correlation_id, b->correlation_id) ||
			a->interval_ms != b->interval_ms)
			return false;
	}
	return true;
}

bool same_postgres(const struct conf_postgres *one, const struct conf_postgres *other)
{
	return same(one->name, other->name) && same(one->dsn, other->dsn) &&
	       same_secret(&one->password, &other->password) &&
	       one->interval_ms == other->interval_ms && one->timeout_ms == other->timeout_ms &&
	       one->metrics_ms == other->metrics_ms &&
	       same_list(one->listen, one->listen_count, other->listen, other->listen_count) &&
	       same_queries(one, other) && same_tables(one, other);
}

bool same_prometheus(const struct conf_prometheus *one, const struct conf_prometheus *other)
{
	return same(one->url, other->url) && same(one->user, other->user) &&
	       same(one->ca_file, other->ca_file) && same_secret(&one->bearer, &other->bearer) &&
	       same_secret(&one->password, &other->password) &&
	       one->timeout_ms == other->timeout_ms;
}
