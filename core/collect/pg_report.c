/* SPDX-License-Identifier: MIT */
/*
 * Each statement below yields one row; a column's name says in the table where its value goes: to a
 * field of the observation, to a metric of ours, or to both. Those of postgres_exporter are pg_exports.c's.
 */
#include "core/collect/pg_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/pg_session.h"
#include "core/collect/post.h"
#include "core/collect/worker.h"

enum { SIZE_EVERY_MS = 60000, RATE_SPAN_MS = 1500, SLOW_CELLS = 120, VERSION_CELLS = 32 };

enum type { NOTHING, I64, U64, F64, BOOL };

#define TO(type, field) type, offsetof(struct msg_obs_postgres, field)
#define TO_NOTHING      NOTHING, 0

/* clang-format off */
static const struct column {
	const char *name;
	enum type type;
	size_t offset;
	const char *metric; /* NULL: none */
} columns[] = {
	{"clients",       TO(I64, clients),      NULL},
	{"max_clients",   TO(I64, max_clients),  NULL},
	{"uptime_s",      TO(I64, uptime_s),     NULL},
	{"in_recovery",   TO(BOOL, in_recovery), NULL},
	{"deadlocks",     TO(U64, deadlocks),    NULL},
	{"hit_ratio",     TO(F64, hit_ratio),    NULL},
	{"active",        TO_NOTHING,            "pg_stat_activity_active"},
	{"idle_in_transaction", TO_NOTHING,      "pg_stat_activity_idle_in_transaction"},
	{"slow_ms",       TO(F64, slow_ms),      NULL},
	{"lock_waits",    TO(I64, lock_waits),   "pg_locks_waiting"},
	{"lag_s",         TO(F64, lag_s),        NULL},
	{"size_bytes",    TO(U64, size_bytes),   NULL},
};
/* clang-format on */

static const char server_sql[] =
	"select current_setting('server_version') as version, pg_is_in_recovery()::int as "
	"in_recovery,"
	" extract(epoch from now() - pg_postmaster_start_time())::bigint as uptime_s,"
	" current_setting('max_connections')::int as max_clients,"
	" sum(numbackends) as clients, sum(xact_commit) as xact_commit,"
	" sum(xact_rollback) as xact_rollback, sum(deadlocks) as deadlocks,"
	" sum(blks_hit)::float8 / nullif(sum(blks_hit) + sum(blks_read), 0) as hit_ratio"
	" from pg_stat_database";

/* The oldest running statement of others. The console's own do not count. */
static const char activity_sql[] =
	"with others as (select * from pg_stat_activity where backend_type = 'client backend'"
	"  and application_name not like 'botswain/%'), slow as (select"
	"  extract(epoch from clock_timestamp() - query_start) * 1000 as ms, query from others"
	"  where state = 'active' order by query_start limit 1)"
	" select (select count(*) from others where state = 'active') as active,"
	" (select count(*) from others where state like 'idle in transaction%') as "
	"idle_in_transaction,"
	" (select ms from slow) as slow_ms, (select left(query, 400) from slow) as slow_text,"
	" (select count(*) from pg_locks where not granted) as lock_waits";

static const char lag_sql[] =
	"select case when pg_is_in_recovery() then case when pg_last_wal_receive_lsn() ="
	"  pg_last_wal_replay_lsn() then 0 else"
	"  extract(epoch from now() - pg_last_xact_replay_timestamp()) end"
	" else (select extract(epoch from max(replay_lag)) from pg_stat_replication) end as lag_s";

static const char size_sql[] = "select pg_database_size(current_database()) as size_bytes";

/* ---- from a row to the observation ---- */

struct look {
	struct pg_session *session;
	struct msg_obs_postgres *obs;
	double transactions;
};

static void put(struct msg_obs_postgres *obs, const struct column *column, double value)
{
	char *at = (char *)obs + column->offset;
	int64_t whole = (int64_t)value;
	uint64_t natural = value > 0 ? (uint64_t)value : 0;
	bool truth = value > 0;
	if (column->type == I64)
		memcpy(at, &whole, sizeof(whole));
	else if (column->type == U64)
		memcpy(at, &natural, sizeof(natural));
	else if (column->type == F64)
		memcpy(at, &value, sizeof(value));
	else if (column->type == BOOL)
		memcpy(at, &truth, sizeof(truth));
}

static void add_figure(struct msg_obs_postgres *obs, const char *metric, double value)
{
	autofree char *labels = xasprintf("instance=%s,job=postgres", obs->name);
	struct msg_sample *sample = msg_add(obs->figures, &obs->figures_count);
	msg_set(&sample->name, metric);
	msg_set(&sample->labels, labels);
	sample->value = value;
}

static void take_value(struct look *look, const char *name, const char *text)
{
	char *end;
	double value = strtod(text, &end);
	if (end == text)
		return;
	if (strncmp(name, "xact_", 5) == 0)
		look->transactions += value;
	for (size_t i = 0; i < COUNT_OF(columns); i++) {
		if (strcmp(columns[i].name, name) != 0)
			continue;
		put(look->obs, &columns[i], value);
		if (columns[i].metric)
			add_figure(look->obs, columns[i].metric, value);
	}
}

static bool take_row(void *context, const PGresult *result, int row, struct err *err)
{
	struct look *look = context;
	struct hub *hub = look->session->worker->hub;
	(void)err;
	for (int i = 0; i < PQnfields(result); i++) {
		const char *name = PQfname(result, i), *text = PQgetvalue(result, row, i);
		size_t length = (size_t)PQgetlength(result, row, i);
		if (PQgetisnull(result, row, i))
			continue;
		if (strcmp(name, "version") == 0)
			set_text(hub, &look->obs->version, text, length, VERSION_CELLS);
		else if (strcmp(name, "slow_text") == 0)
			set_text(hub, &look->obs->slow_text, text, length, SLOW_CELLS);
		else
			take_value(look, name, text);
	}
	return true;
}

/* False: the connection is broken. A refusal is noted once and the look goes on without. */
static bool ask(struct look *look, const char *sql, const char *about, struct err *ret_refused,
	struct err *err)
{
	const struct pg_query query = {.sql = sql, .rows_max = 1, .row = take_row, .context = look};
	if (pg_session_run(look->session, &query, err))
		return true;
	if (pg_session_is_broken(look->session))
		return false;
	if (ret_refused->code == ERR_NONE)
		err_set(ret_refused, err->code, "%s: %s", about, err->text);
	return true;
}

static bool select_one(struct pg_session *session, double *ret_ms, struct err *err)
{
	const struct pg_query query = {.sql = "select 1"};
	int64_t start_us = clock_cost_us();
	bool is_well = pg_session_run(session, &query, err);
	*ret_ms = (double)(clock_cost_us() - start_us) / 1000.0;
	return is_well;
}

/* The server counts transactions up once a second: over less than that there is no rate. Counters
 * that fell were reset: no rate, rather than a negative one. */
static void set_rate(struct look *look, struct pg_memory *memory, int64_t now_ms)
{
	double span_s = (double)(now_ms - memory->at_ms) / 1000.0;
	double count = look->transactions - memory->transactions;
	if (isnan(memory->transactions) || count < 0)
		memory->rate = NAN;
	else if (span_s * 1000 >= RATE_SPAN_MS)
		memory->rate = count / span_s;
	look->obs->rate = memory->rate;
	if (!isnan(memory->transactions) && count >= 0 && span_s * 1000 < RATE_SPAN_MS)
		return;
	memory->transactions = look->transactions > 0 ? look->transactions : NAN;
	memory->at_ms = now_ms;
}

static bool ask_size(struct look *look, struct pg_memory *memory, int64_t now_ms,
	struct err *ret_refused, struct err *err)
{
	bool is_known = memory->size_ms && now_ms - memory->size_ms < SIZE_EVERY_MS;
	look->obs->size_bytes = memory->size_bytes;
	if (is_known)
		return true;
	if (!ask(look, size_sql, "database size", ret_refused, err))
		return false;
	memory->size_bytes = look->obs->size_bytes;
	memory->size_ms = now_ms;
	return true;
}

static bool ask_all(
	struct look *look, struct pg_memory *memory, struct err *ret_refused, struct err *err)
{
	int64_t now_ms = worker_now_ms(look->session->worker);
	if (!ask(look, server_sql, "statistics", ret_refused, err) ||
		!ask(look, activity_sql, "activity", ret_refused, err) ||
		!ask(look, lag_sql, "replication", ret_refused, err) ||
		!ask_size(look, memory, now_ms, ret_refused, err))
		return false;
	set_rate(look, memory, now_ms);
	return true;
}

static struct msg_obs_postgres *new_observation(const struct pg_session *session)
{
	struct msg_obs_postgres *obs = msg_new(MSG_obs_postgres);
	msg_set(&obs->name, session->conf->name);
	obs->rate = obs->slow_ms = obs->lag_s = obs->hit_ratio = NAN;
	obs->clients = obs->max_clients = obs->lock_waits = obs->uptime_s = -1;
	return obs;
}

bool pg_report(struct pg_session *session, struct pg_memory *memory, double *ret_latency_ms,
	struct err *ret_refused, struct err *err)
{
	struct look look = {.session = session, .obs = new_observation(session)};
	if (!select_one(session, &look.obs->select_ms, err) ||
		!ask_all(&look, memory, ret_refused, err)) {
		msg_free(MSG_obs_postgres, look.obs);
		return false;
	}
	add_figure(look.obs, "pg_up", 1);
	*ret_latency_ms = look.obs->select_ms;
	if (session->conf->query_count)
		mailbox_post(session->worker->hub->to_engine, MSG_obs_postgres, look.obs);
	else /* and what its source says */
		mailbox_post_ahead(session->worker->hub->to_engine, MSG_obs_postgres, look.obs);
	return true;
}
