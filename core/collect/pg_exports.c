/* SPDX-License-Identifier: MIT */
#include "core/collect/pg_exports.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/metric.h"
#include "core/collect/pg_metrics.h"
#include "core/collect/pg_session.h"
#include "core/collect/worker.h"

enum { SELDOM_TIMES = 4, RETRY_MS = 600000 };

/* Of one pace. */
struct round {
	int64_t due_ms; /* mono */
	struct metric_past past;
};

struct pg_exports {
	struct round rounds[2]; /* by enum pg_pace */
	int64_t *
		retry_ms; /* of each table, and last of the settings: not before; 0 it was not refused */
	char server[128];
};

struct reading {
	struct pg_session *session;
	struct metric_batch batch;
	const struct pg_metrics_table *table;
	const PGresult *result;
	int row, version;
	size_t rows, rows_in_all;
};

struct pg_exports *pg_exports_new(void)
{
	struct pg_exports *exports = xcalloc(1, sizeof(*exports));
	exports->retry_ms = xcalloc(pg_metrics_table_count() + 1, sizeof(*exports->retry_ms));
	return exports;
}

void pg_exports_free(struct pg_exports *exports)
{
	if (!exports)
		return;
	metric_past_release(&exports->rounds[PG_OFTEN].past);
	metric_past_release(&exports->rounds[PG_SELDOM].past);
	free(exports->retry_ms);
	free(exports);
}

static struct metric_batch batch_of(
	const struct pg_exports *exports, const struct pg_session *session)
{
	return (struct metric_batch){.hub = session->worker->hub,
		.instance = session->conf->name,
		.job = "postgres",
		.server = exports->server};
}

/* ---- one statement ---- */

static const char *cell(void *context, size_t column)
{
	const struct reading *reading = context;
	if (PQgetisnull(reading->result, reading->row, (int)column))
		return NULL;
	return PQgetvalue(reading->result, reading->row, (int)column);
}

static bool take_row(void *context, const PGresult *result, int row, struct err *err)
{
	struct reading *reading = context;
	(void)err;
	reading->result = result;
	reading->row = row;
	reading->rows++;
	if (reading->table->rows_max)
		reading->rows_in_all =
			strtoul(PQgetvalue(result, row, PQnfields(result) - 1), NULL, 10);
	pg_metrics_row(
		reading->table, reading->version, cell, reading, metric_batch_add, &reading->batch);
	return true;
}

static bool take_setting(void *context, const PGresult *result, int row, struct err *err)
{
	struct reading *reading = context;
	(void)err;
	pg_metrics_setting(PQgetvalue(result, row, 0), PQgetvalue(result, row, 1),
		PQgetvalue(result, row, 2), metric_batch_add, &reading->batch);
	return true;
}

/* The server ends what takes too long, before we lose the patience that its connection would end with. */
static bool run(struct reading *reading, const char *sql, pg_row *row, struct err *err)
{
	struct pg_session *session = reading->session;
	struct net_limit limit = pg_session_limit(session);
	const struct pg_query query = {
		.sql = sql, .rows_max = PG_ROWS_MAX, .row = row, .context = reading};
	limit.deadline_ms += PG_STATEMENT_MS;
	return pg_run(session->conn, &query, &limit, err);
}

static bool take_any(void *context, const PGresult *result, int row, struct err *err)
{
	(void)result, (void)row, (void)err;
	*(bool *)context = true;
	return true;
}

static bool has_extension(struct reading *reading, const char *name, bool *ret, struct err *err)
{
	struct net_limit limit = pg_session_limit(reading->session);
	autofree char *sql = xasprintf("select 1 from pg_extension where extname = '%s'", name);
	*ret = false;
	return pg_run(reading->session->conn,
		&(struct pg_query){.sql = sql, .rows_max = 1, .row = take_any, .context = ret},
		&limit, err);
}

static void add_left_out(struct reading *reading)
{
	const struct pg_metrics_table *table = reading->table;
	bool is_full = reading->rows_in_all > reading->rows;
	if (!table->rows_max || !reading->rows)
		return;
	metric_batch_add(&reading->batch,
		&(struct metric){.name = "botswain_pg_rows_left_out",
			.type = METRIC_GAUGE,
			.labels = {{"relation", table->prefix, 0}},
			.label_count = 1,
			.value = is_full ? (double)(reading->rows_in_all - reading->rows) : 0});
}

static bool read_table(
	struct reading *reading, const struct pg_metrics_table *table, struct err *err)
{
	autostr struct str sql = STR_INIT;
	bool is_there = true;
	if (table->needs[0] && !has_extension(reading, table->needs, &is_there, err))
		return false;
	if (!is_there)
		return true;
	reading->table = table;
	reading->rows = reading->rows_in_all = 0;
	pg_metrics_sql(table, reading->version, &sql);
	if (!run(reading, sql.text, take_row, err))
		return false;
	add_left_out(reading);
	return true;
}

/* ---- a round ---- */

/* False: broken. A refusal is said once, and not provoked again soon. */
static bool settle(struct reading *reading, int64_t *retry_ms, const char *about, bool is_well,
	struct err *ret_warning, struct err *err)
{
	if (is_well) {
		*retry_ms = 0;
		return true;
	}
	if (pg_session_is_broken(reading->session))
		return false;
	if (ret_warning->code == ERR_NONE && !*retry_ms)
		err_set(ret_warning, err->code, "metrics of %s: %s", about, err->text);
	*retry_ms = worker_now_ms(reading->session->worker) + RETRY_MS;
	*err = (struct err){.code = ERR_NONE};
	return true;
}

static bool read_tables(struct pg_exports *exports, struct reading *reading, enum pg_pace pace,
	struct err *ret_warning, struct err *err)
{
	int64_t now_ms = worker_now_ms(reading->session->worker);
	for (size_t i = 0; i < pg_metrics_table_count(); i++) {
		const struct pg_metrics_table *table = pg_metrics_table(i);
		if (table->pace != pace || now_ms < exports->retry_ms[i] ||
			!pg_is_of_version(table->since, table->before, reading->version))
			continue;
		bool is_well = read_table(reading, table, err);
		if (!settle(reading, &exports->retry_ms[i], table->prefix, is_well, ret_warning,
			    err))
			return false;
	}
	return true;
}

static bool read_settings(struct pg_exports *exports, struct reading *reading,
	struct err *ret_warning, struct err *err)
{
	int64_t *retry_ms = &exports->retry_ms[pg_metrics_table_count()];
	if (worker_now_ms(reading->session->worker) < *retry_ms)
		return true;
	bool is_well = run(reading, pg_settings_sql, take_setting, err);
	return settle(reading, retry_ms, "pg_settings", is_well, ret_warning, err);
}

static void add_own(struct pg_exports *exports, struct metric_batch *batch, int64_t start_us)
{
	bool is_refused = false;
	for (size_t i = 0; i <= pg_metrics_table_count(); i++)
		is_refused |= exports->retry_ms[i] != 0;
	metric_batch_bare(batch, "pg_exporter_last_scrape_duration_seconds",
		(double)(clock_cost_us() - start_us) / 1e6);
	metric_batch_bare(batch, "pg_exporter_last_scrape_error", is_refused);
}

static bool run_round(struct pg_exports *exports, struct pg_session *session, enum pg_pace pace,
	struct err *ret_warning, struct err *err)
{
	struct reading reading = {.session = session,
		.batch = batch_of(exports, session),
		.version = pg_version(session->conn)};
	int64_t start_us = clock_cost_us();
	bool is_whole = read_tables(exports, &reading, pace, ret_warning, err) &&
			(pace == PG_OFTEN || read_settings(exports, &reading, ret_warning, err));
	if (!is_whole) {
		metric_batch_release(&reading.batch);
		return false;
	}
	if (pace == PG_OFTEN)
		add_own(exports, &reading.batch, start_us);
	autofree char *source = xasprintf("postgres/%s", session->conf->name);
	metric_batch_post(&reading.batch, &exports->rounds[pace].past, source);
	return true;
}

bool pg_exports_run(struct pg_exports *exports, struct pg_session *session, struct err *ret_warning,
	struct err *err)
{
	int64_t now_ms = worker_now_ms(session->worker), often_ms = session->conf->metrics_ms;
	const int64_t every_ms[] = {
		[PG_OFTEN] = often_ms,
		[PG_SELDOM] = often_ms * SELDOM_TIMES,
	};
	if (!often_ms)
		return true;
	pg_server_text(session->conn, exports->server, sizeof(exports->server));
	for (enum pg_pace pace = PG_SELDOM + 1; pace-- > PG_OFTEN;) {
		if (now_ms < exports->rounds[pace].due_ms)
			continue;
		exports->rounds[pace].due_ms = now_ms + every_ms[pace];
		if (!run_round(exports, session, pace, ret_warning, err))
			return false;
	}
	return true;
}

/* All of it ends, but for that it could not be read. */
static void end_round(struct pg_exports *exports, const struct pg_session *session,
	enum pg_pace pace, const char *source)
{
	struct metric_batch batch = batch_of(exports, session);
	if (pace == PG_OFTEN && session->conf->metrics_ms)
		metric_batch_bare(&batch, "pg_exporter_last_scrape_error", 1);
	metric_batch_post(&batch, &exports->rounds[pace].past, source);
	exports->rounds[pace].due_ms = 0;
}

void pg_exports_down(struct pg_exports *exports, const struct pg_session *session)
{
	autofree char *source = xasprintf("postgres/%s", session->conf->name);
	struct metric_batch batch = batch_of(exports, session);
	struct metric_past none = {.keys = NULL};
	metric_batch_bare(&batch, "pg_up", 0);
	metric_batch_post(&batch, &none, source);
	metric_past_release(&none);
	for (enum pg_pace pace = PG_OFTEN; pace <= PG_SELDOM; pace++)
		end_round(exports, session, pace, source);
}
