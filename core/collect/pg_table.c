/* SPDX-License-Identifier: MIT */
#include "core/collect/pg_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/parse/log_line.h"
#include "core/conf/settings.h"
#include "core/events/writer.h"
#include "core/collect/event_post.h"
#include "core/collect/hub.h"
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

/* As it is stored, so that its index serves. With the table's name: a column of the answer may be called like it. */
static void add_key(struct str *to, const struct pg_table *table)
{
	str_adds(to, "t.");
	quote(to, table->conf->key, strlen(table->conf->key));
}

static const char *name_of(const struct pg_table *table)
{
	return table->conf->table[0] ? table->conf->table : table->conf->name;
}

static void add_from(struct str *to, const struct pg_table *table)
{
	str_adds(to, " from ");
	pg_table_quote(to, name_of(table));
	str_adds(to, " t");
}

static void add_newest(struct str *to, const struct pg_table *table)
{
	str_adds(to, "(select max(");
	add_key(to, table);
	str_adds(to, ")::bigint");
	add_from(to, table);
	str_adds(to, ")");
}

/* Another number when the table was truncated, rewritten or made anew, or is restored on another server; a server that was only
 * started again has the same. */
static void add_making(struct str *to, const struct pg_table *table)
{
	autostr struct str name = STR_INIT;
	pg_table_quote(&name, name_of(table));
	str_adds(to, "coalesce(pg_relation_filenode(to_regclass('");
	for (const char *at = name.text; *at; at++) {
		if (*at == '\'')
			str_addch(to, '\'');
		str_addch(to, *at);
	}
	str_adds(to, "'))::bigint, 0)");
}

/* Milliseconds since 1970 of a row, or null. */
static void add_time(struct str *to, const struct pg_table *table)
{
	if (!table->conf->time[0]) {
		str_adds(to, "null::bigint");
		return;
	}
	str_adds(to, "(extract(epoch from t.");
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
	bool is_empty;
	int64_t newest; /* key; those up to it were given before we looked */
	int64_t making;
	int64_t start; /* where to begin */
	int64_t at_ms; /* mono, before we looked */
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
	standing->is_empty = PQgetisnull(result, row, 2);
	standing->newest = number_at(result, row, 2);
	standing->making = number_at(result, row, 3);
	standing->start = number_at(result, row, 4);
	return true;
}

/* The key before the first of the last minutes, or before the last few; as many as are read back at most. */
static void add_start(struct str *sql, const struct pg_table *table, int64_t span_ms)
{
	bool is_timed = table->conf->time[0] && span_ms > 0;
	str_adds(sql, "(select coalesce(min(k) - 1, ");
	add_newest(sql, table);
	str_adds(sql, ", 0) from (select ");
	add_key(sql, table);
	str_adds(sql, "::bigint as k, ");
	add_time(sql, table);
	str_adds(sql, " as ms");
	add_from(sql, table);
	str_adds(sql, " order by ");
	add_key(sql, table);
	str_addf(sql, " desc limit %d) b",
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
	ret->at_ms = worker_now_ms(session->worker);
	str_adds(&sql, "select txid_snapshot_xmin(txid_current_snapshot()), "
		       "txid_snapshot_xmax(txid_current_snapshot()), ");
	add_newest(&sql, table);
	str_adds(&sql, ", ");
	add_making(&sql, table);
	str_adds(&sql, ", ");
	if (table->progress.has_begun)
		str_adds(&sql, "0");
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
	int64_t now_ms; /* wall */
	size_t rows;
	int64_t last; /* key */
};

/* As the column would be in JSON, but for quotes. */
static void take_column(struct pg_table *table, const PGresult *result, int row, int column)
{
	enum { TYPE_BOOL = 16 }; /* fixed in pg_type.dat */
	const char *name = PQfname(result, column), *value = PQgetvalue(result, row, column);
	size_t length = (size_t)PQgetlength(result, row, column);
	if (PQgetisnull(result, row, column) || strcmp(name, table->conf->key) == 0 ||
		strcmp(name, table->conf->time) == 0)
		return;
	if (PQftype(result, column) == TYPE_BOOL) {
		value = *value == 't' ? "true" : "false";
		length = strlen(value);
	}
	stream_entry_name(&table->entry, name, strlen(name));
	stream_entry_value(&table->entry, value, length);
}

static bool take_row(void *context, const PGresult *result, int row, struct err *err)
{
	enum { COLUMN_KEY, COLUMN_TIME, COLUMN_FIRST };
	struct reading *reading = context;
	struct pg_table *table = reading->table;
	const char *ms = PQgetvalue(result, row, COLUMN_TIME); /* "" of null */
	(void)err;
	stream_entry_begin(&table->entry, ms, strlen(ms));
	for (int i = COLUMN_FIRST; i < PQnfields(result); i++)
		take_column(table, result, row, i);
	stream_entry_end(&table->entry, table->origin, "");
	reading->last = number_at(result, row, COLUMN_KEY);
	event_writer_back(reading->post->writer,
		reading->last <= table->progress.back ? reading->now_ms : LOG_NO_TIME);
	event_writer_event(reading->post->writer, &table->entry.event);
	remember(table, reading->last);
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

/* Rows up to the key `to`. `to` comes back as what was read through: up to there all that was visible is taken. */
static bool read_some(struct pg_table *table, struct pg_session *session, struct reading *reading,
	int64_t *to, struct err *err)
{
	autostr struct str sql = STR_INIT;
	str_adds(&sql, "select ");
	add_key(&sql, table);
	str_adds(&sql, "::bigint, ");
	add_time(&sql, table);
	str_adds(&sql, ", t.*");
	add_from(&sql, table);
	str_adds(&sql, " where ");
	add_key(&sql, table);
	str_addf(&sql, " > %" PRId64 "::bigint and ", table->progress.floor);
	add_key(&sql, table);
	str_addf(&sql, " <= %" PRId64 "::bigint and ", *to);
	add_key(&sql, table);
	add_taken(&sql, table);
	str_adds(&sql, " order by ");
	add_key(&sql, table);
	str_addf(&sql, " limit %d", TABLE_ROWS);
	const struct pg_query query = {
		.sql = sql.text, .rows_max = TABLE_ROWS, .row = take_row, .context = reading};
	reading->rows = 0;
	bool is_read = pg_session_run(session, &query, err);
	event_writer_back(reading->post->writer, LOG_NO_TIME);
	if (!is_read)
		return false;
	if (reading->rows == TABLE_ROWS)
		*to = reading->last;
	return true;
}

/* ---- what is done with ---- */

static bool is_old(const struct table_checkpoint *checkpoint, const struct standing *standing)
{
	return standing->at_ms - checkpoint->at_ms >= TABLE_SETTLED_MS;
}

/* Nobody can add a row up to its key any more, and all of them were visible when we looked. */
static bool is_settled(const struct table_checkpoint *checkpoint, const struct standing *standing)
{
	return checkpoint->next_xid <= standing->oldest_xid && is_old(checkpoint, standing);
}

/* After rows were read up to `through`: those that were committed just before we looked are among them. */
static void settle(struct pg_table *table, const struct standing *standing, int64_t through)
{
	struct table_progress *progress = &table->progress;
	size_t done = 0;
	for (; done < progress->checkpoint_count; done++) {
		int64_t top = progress->checkpoints[done].top;
		if (!is_settled(&progress->checkpoints[done], standing))
			break;
		raise_floor(table, top < through ? top : through);
		if (top > through)
			break;
	}
	progress->checkpoint_count -= done;
	memmove(progress->checkpoints, progress->checkpoints + done,
		progress->checkpoint_count * sizeof(*progress->checkpoints));
}

/* Before rows are read: of those that are read after it, a key may lie above that of a transaction that began after it. One a look,
 * until there are many: then the last one moves on, which only makes it later. */
static void note_checkpoint(struct pg_table *table, const struct standing *standing)
{
	size_t at = table->progress.checkpoint_count;
	int64_t known = at ? table->progress.checkpoints[at - 1].top : table->progress.floor;
	if (standing->newest <= known)
		return;
	if (at == TABLE_CHECKPOINTS)
		at--;
	table->progress.checkpoints[at] = (struct table_checkpoint){
		.top = standing->newest, .next_xid = standing->next_xid, .at_ms = standing->at_ms};
	table->progress.checkpoint_count = at + 1;
}

/* How far may be read. When as many keys are remembered as can be, others wait in the table until some are done with; unless
 * that takes too long. */
static int64_t limit_of(const struct pg_table *table, const struct standing *standing)
{
	const struct table_progress *progress = &table->progress;
	const struct table_checkpoint *checkpoints = progress->checkpoints;
	int64_t top = progress->floor;
	bool is_held = progress->checkpoint_count && is_old(&checkpoints[0], standing) &&
		       !is_settled(&checkpoints[0], standing);
	if (progress->taken_count + TABLE_ROWS <= TABLE_TAKEN_MAX || is_held)
		return INT64_MAX;
	for (size_t i = 0; i < progress->checkpoint_count && is_settled(&checkpoints[i], standing);
		i++)
		top = checkpoints[i].top;
	return top;
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

static bool read_rows(struct pg_table *table, struct pg_session *session, struct event_post *post,
	const struct standing *standing, struct err *err)
{
	struct reading reading = {
		.table = table, .post = post, .now_ms = clock_wall_ms(session->worker->hub->clock)};
	do {
		int64_t to = limit_of(table, standing);
		if (to <= table->progress.floor)
			break;
		if (!read_some(table, session, &reading, &to, err))
			return false;
		event_post_flush(post);
		settle(table, standing, to);
		keep_bound(table, post);
	} while (reading.rows == TABLE_ROWS && !worker_stopping(session->worker));
	return true;
}

/* ---- where it begins ---- */

/* Rows up to the key `back` were there before us. */
static void begin_at(struct pg_table *table, int64_t floor, int64_t back)
{
	table->progress.floor = floor;
	table->progress.back = back;
	table->progress.taken_count = table->progress.checkpoint_count = 0;
	table->progress.has_begun = true;
}

/* The newest rows are gone, and so are those that were taken; the table is another one, so it may have been filled
 * again meanwhile, and nobody can tell what of it is new. */
static bool is_replaced(struct pg_table *table, const struct standing *standing)
{
	struct table_progress *progress = &table->progress;
	int64_t highest = progress->taken_count ? progress->taken[progress->taken_count - 1]
						: progress->floor;
	bool is_other = standing->making != progress->making;
	progress->making = standing->making;
	return progress->has_begun && is_other && !standing->is_empty && standing->newest < highest;
}

/* Keys of rows that are gone may be given again. Of what was replaced the last minutes are read, as at a start. */
static bool find_place(struct pg_table *table, struct pg_session *session, int64_t span_ms,
	struct standing *standing, struct err *err)
{
	struct table_progress *progress = &table->progress;
	if (!look(table, session, span_ms, standing, err))
		return false;
	if (is_replaced(table, standing)) {
		progress->has_begun = false;
		if (!look(table, session, span_ms, standing, err))
			return false;
	}
	if (!progress->has_begun)
		begin_at(table, standing->start, standing->newest);
	else if (standing->is_empty)
		begin_at(table, -1, -1);
	else if (standing->newest < progress->floor)
		begin_at(table, standing->newest, standing->newest);
	return true;
}

bool pg_table_read(struct pg_table *table, struct pg_session *session, struct event_post *post,
	int64_t span_ms, struct err *err)
{
	struct standing standing = {0};
	if (!find_place(table, session, span_ms, &standing, err))
		return false;
	note_checkpoint(table, &standing);
	return read_rows(table, session, post, &standing, err);
}

void pg_table_init(struct pg_table *table, const struct conf_table *conf)
{
	static char none[] = "";
	const struct conf_fields names = {.bot = conf->bot,
		.level = conf->level,
		.msg = conf->message,
		.ts = none, /* the server has told it */
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
