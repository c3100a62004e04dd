/* SPDX-License-Identifier: MIT */
#include "core/collect/pg_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/parse/log_line.h"
#include "core/conf/settings.h"
#include "core/events/writer.h"
#include "core/collect/event_post.h"
#include "core/collect/pg_session.h"
#include "core/collect/worker.h"

/* ---- words of SQL ---- */

static void quote(struct str *to, const char *name, size_t length)
{
	str_addch(to, '"');
	for (size_t i = 0; i < length; i++) {
		if (name[i] == '"')
			str_addch(to, '"');
		str_addch(to, name[i]);
	}
	str_addch(to, '"');
}

void pg_table_quote(struct str *to, const char *name)
{
	const char *dot = strchr(name, '.');
	if (dot) {
		quote(to, name, (size_t)(dot - name));
		str_addch(to, '.');
		name = dot + 1;
	}
	quote(to, name, strlen(name));
}

static void add_key(struct str *to, const struct pg_table *table)
{
	quote(to, table->conf->key, strlen(table->conf->key));
	str_adds(to, "::bigint");
}

static void add_from(struct str *to, const struct pg_table *table)
{
	str_adds(to, " from ");
	pg_table_quote(to, table->conf->table[0] ? table->conf->table : table->conf->name);
	str_adds(to, " t");
}

/* Milliseconds since 1970 of a row, or null. */
static void add_time(struct str *to, const struct pg_table *table)
{
	if (!table->conf->time[0]) {
		str_adds(to, "null::bigint");
		return;
	}
	str_adds(to, "(extract(epoch from ");
	quote(to, table->conf->time, strlen(table->conf->time));
	str_adds(to, "::timestamptz) * 1000)::bigint");
}

/* ---- keys that were taken ---- */

static size_t place_of(const struct pg_table *table, int64_t key)
{
	size_t low = 0, high = table->progress.taken_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (table->progress.taken[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void remember(struct pg_table *table, int64_t key)
{
	size_t at = place_of(table, key);
	table->progress.taken = grow(table->progress.taken, table->progress.taken_count,
		&table->progress.taken_capacity, sizeof(*table->progress.taken));
	memmove(table->progress.taken + at + 1, table->progress.taken + at,
		(table->progress.taken_count - at) * sizeof(*table->progress.taken));
	table->progress.taken[at] = key;
	table->progress.taken_count++;
	if (key > table->progress.top)
		table->progress.top = key;
}

static void raise_floor(struct pg_table *table, int64_t floor)
{
	if (floor <= table->progress.floor)
		return;
	size_t gone = place_of(table, floor + 1);
	table->progress.floor = floor;
	table->progress.taken_count -= gone;
	memmove(table->progress.taken, table->progress.taken + gone,
		table->progress.taken_count * sizeof(*table->progress.taken));
}

/* ---- where it stands ---- */

struct standing {
	int64_t oldest_xid, next_xid; /* of the server: who runs, and who is next */
	bool is_emptied;              /* all that we know is gone */
	int64_t start;                /* where to begin */
};

static int64_t number_at(const PGresult *result, int row, int column)
{
	return PQgetisnull(result, row, column)
		       ? 0
		       : strtoll(PQgetvalue(result, row, column), NULL, 10);
}

static bool take_standing(void *context, const PGresult *result, int row, struct err *err)
{
	struct standing *standing = context;
	(void)err;
	standing->oldest_xid = number_at(result, row, 0);
	standing->next_xid = number_at(result, row, 1);
	standing->is_emptied = PQgetvalue(result, row, 2)[0] == 't';
	standing->start = number_at(result, row, 3);
	return true;
}

/* The key before the first of the last minutes, or before the last few; as many as are read back at most. */
static void add_start(struct str *sql, const struct pg_table *table, int64_t span_ms)
{
	bool is_timed = table->conf->time[0] && span_ms > 0;
	str_adds(sql, ", (select coalesce(min(k) - 1, (select max(");
	add_key(sql, table);
	str_adds(sql, ")");
	add_from(sql, table);
	str_adds(sql, "), 0) from (select ");
	add_key(sql, table);
	str_adds(sql, " as k, ");
	add_time(sql, table);
	str_adds(sql, " as ms");
	add_from(sql, table);
	str_addf(sql, " order by 1 desc limit %d) b",
		span_ms <= 0 ? 0
		: is_timed   ? TABLE_BACK_ROWS
			     : TABLE_BACK_LEAST);
	if (is_timed)
		str_addf(sql, " where ms >= extract(epoch from now()) * 1000 - %" PRId64, span_ms);
	str_adds(sql, ")");
}

static bool look(struct pg_table *table, struct pg_session *session, int64_t span_ms,
	struct standing *ret, struct err *err)
{
	autostr struct str sql = STR_INIT;
	str_adds(&sql, "select txid_snapshot_xmin(txid_current_snapshot()), "
		       "txid_snapshot_xmax(txid_current_snapshot()), (select coalesce(max(");
	add_key(&sql, table);
	str_addf(&sql, "), -1) < %" PRId64, table->progress.floor);
	add_from(&sql, table);
	str_adds(&sql, ")");
	if (table->progress.has_begun)
		str_adds(&sql, ", 0");
	else
		add_start(&sql, table, span_ms);
	const struct pg_query query = {
		.sql = sql.text, .rows_max = 1, .row = take_standing, .context = ret};
	return pg_session_run(session, &query, err);
}

/* ---- rows ---- */

struct reading {
	struct pg_table *table;
	struct event_post *post;
	size_t rows;
};

static void take_column(struct pg_table *table, const char *name, json_t *value)
{
	if (strcmp(name, table->conf->key) == 0 || json_is_null(value))
		return;
	autofree char *other =
		json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	const char *text = json_is_string(value) ? json_string_value(value) : other ? other : "";
	stream_entry_name(&table->entry, name, strlen(name));
	stream_entry_value(&table->entry, text, strlen(text));
}

static bool take_row(void *context, const PGresult *result, int row, struct err *err)
{
	struct reading *reading = context;
	struct pg_table *table = reading->table;
	const char *ms = PQgetisnull(result, row, 1) ? "" : PQgetvalue(result, row, 1);
	json_t *columns = json_loads(PQgetvalue(result, row, 2), JSON_ALLOW_NUL, NULL), *value;
	const char *name;
	(void)err;
	stream_entry_begin(&table->entry, ms, strlen(ms));
	json_object_foreach(columns, name, value) take_column(table, name, value);
	stream_entry_end(&table->entry, table->origin, "");
	json_decref(columns);
	event_writer_event(reading->post->writer, &table->entry.event);
	remember(table, number_at(result, row, 0));
	reading->rows++;
	return true;
}

static void add_taken(struct str *sql, const struct pg_table *table)
{
	str_adds(sql, " <> all('{");
	for (size_t i = 0; i < table->progress.taken_count; i++)
		str_addf(sql, "%s%" PRId64, i ? "," : "", table->progress.taken[i]);
	str_adds(sql, "}'::bigint[])");
}

static bool read_some(struct pg_table *table, struct pg_session *session, struct reading *reading,
	struct err *err)
{
	autostr struct str sql = STR_INIT;
	str_adds(&sql, "select ");
	add_key(&sql, table);
	str_adds(&sql, ", ");
	add_time(&sql, table);
	str_adds(&sql, ", row_to_json(t)");
	add_from(&sql, table);
	str_adds(&sql, " where ");
	add_key(&sql, table);
	str_addf(&sql, " > %" PRId64 " and ", table->progress.floor);
	add_key(&sql, table);
	add_taken(&sql, table);
	str_addf(&sql, " order by 1 limit %d", TABLE_ROWS);
	const struct pg_query query = {
		.sql = sql.text, .rows_max = TABLE_ROWS, .row = take_row, .context = reading};
	reading->rows = 0;
	return pg_session_run(session, &query, err);
}

/* ---- what is done with ---- */

static void settle(struct pg_table *table, const struct standing *standing, int64_t now_ms)
{
	size_t done = 0;
	while (done < table->progress.checkpoint_count &&
		table->progress.checkpoints[done].next_xid <= standing->oldest_xid &&
		now_ms - table->progress.checkpoints[done].at_ms >= TABLE_SETTLED_MS)
		raise_floor(table, table->progress.checkpoints[done++].top);
	table->progress.checkpoint_count -= done;
	memmove(table->progress.checkpoints, table->progress.checkpoints + done,
		table->progress.checkpoint_count * sizeof(*table->progress.checkpoints));
}

/* One a look, until there are many: then the last one moves on, which only makes it later. */
static void note_checkpoint(struct pg_table *table, const struct standing *standing, int64_t now_ms)
{
	size_t at = table->progress.checkpoint_count;
	if (at && table->progress.checkpoints[at - 1].top == table->progress.top)
		return;
	if (at == TABLE_CHECKPOINTS)
		at--;
	table->progress.checkpoints[at] = (struct table_checkpoint){
		.top = table->progress.top, .next_xid = standing->next_xid, .at_ms = now_ms};
	table->progress.checkpoint_count = at + 1;
}

/* A transaction that runs for hours keeps all keys since then in doubt: there is an end to what is remembered. */
static void keep_bound(struct pg_table *table, struct event_post *post)
{
	if (table->progress.taken_count <= TABLE_TAKEN_MAX)
		return;
	raise_floor(
		table, table->progress.taken[table->progress.taken_count - TABLE_TAKEN_MAX / 2]);
	autofree char *text = xasprintf(
		"at least 1 rows of the table '%s' are lost if a transaction that still runs adds "
		"below the key %" PRId64 ": it runs for too long",
		table->conf->name, table->progress.floor);
	event_post_lost(post, 1, "", text);
	table->progress.dropped++;
}

static void begin_anew(struct pg_table *table, int64_t floor)
{
	table->progress.floor = table->progress.top = floor;
	table->progress.taken_count = table->progress.checkpoint_count = 0;
	table->progress.has_begun = true;
}

bool pg_table_read(struct pg_table *table, struct pg_session *session, struct event_post *post,
	int64_t span_ms, struct err *err)
{
	struct standing standing = {0};
	struct reading reading = {.table = table, .post = post};
	int64_t now_ms = worker_now_ms(session->worker);
	if (!look(table, session, span_ms, &standing, err))
		return false;
	if (!table->progress.has_begun)
		begin_anew(table, standing.start);
	else if (standing.is_emptied)
		begin_anew(table, -1);
	do {
		if (!read_some(table, session, &reading, err))
			return false;
		event_post_flush(post);
		keep_bound(table, post);
	} while (reading.rows == TABLE_ROWS && !worker_stopping(session->worker));
	settle(table, &standing, now_ms);
	note_checkpoint(table, &standing, now_ms);
	return true;
}

void pg_table_init(struct pg_table *table, const struct conf_table *conf)
{
	const struct conf_fields names = {.bot = conf->bot,
		.level = conf->level,
		.msg = conf->message,
		.ts = conf->time,
		.correlation_id = conf->correlation_id};
	*table = (struct pg_table){.conf = conf, .origin = xasprintf("table=%s", conf->name)};
	stream_entry_init(&table->entry, &names);
}

void pg_table_release(struct pg_table *table)
{
	stream_entry_release(&table->entry);
	free(table->progress.taken);
	free(table->origin);
}
