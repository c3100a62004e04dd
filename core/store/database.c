/* SPDX-License-Identifier: MIT */
/*
 * Migrations are a list: the file's user_version says how many of them it has seen. A file of a
 * newer version is refused, not guessed at.
 */
#include "core/store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/store/last.h"

/* clang-format off */
#define LAST_TABLES                                                                                \
	"CREATE TABLE last(kind INTEGER NOT NULL, id INTEGER NOT NULL, wall_ms INTEGER NOT NULL,"      \
	" body BLOB NOT NULL, PRIMARY KEY(kind, id)) WITHOUT ROWID;"                                   \
	"CREATE TABLE last_of(one INTEGER PRIMARY KEY CHECK (one = 1), identity TEXT NOT NULL);"
static const char *const migrations[] = {
	"CREATE TABLE facts(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE mark(one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL,"
	" hash TEXT NOT NULL, operation INTEGER NOT NULL);",
	LAST_TABLES,
};
/* clang-format on */

enum { BUSY_MS = 2000 };

struct database {
	sqlite3 *db;
	sqlite3_stmt *put, *forget, *mark;
	char *path;
};

/* SQLite's words, with the code of the cause where it matters to who reads it. */
static bool fail(const struct database *database, const char *what, struct err *err)
{
	int code = database->db ? sqlite3_errcode(database->db) & 0xff : SQLITE_NOMEM;
	return err_set(err, code == SQLITE_FULL ? ERR_LIMIT : ERR_IO, "cannot %s '%s': %s", what,
		database->path, database->db ? sqlite3_errmsg(database->db) : "out of memory");
}

static bool run(struct database *database, const char *sql, const char *what, struct err *err)
{
	return sqlite3_exec(database->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       fail(database, what, err);
}

static bool prepare(struct database *database, const char *sql, sqlite3_stmt **ret, struct err *err)
{
	return sqlite3_prepare_v3(database->db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) ==
		       SQLITE_OK ||
	       fail(database, "read", err);
}

static bool read_version(struct database *database, size_t *ret, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	if (!prepare(database, "PRAGMA user_version", &statement, err))
		return false;
	bool good = sqlite3_step(statement) == SQLITE_ROW || fail(database, "read", err);
	if (good)
		*ret = (size_t)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return good;
}

static bool migrate(struct database *database, struct err *err)
{
	size_t version = 0;
	if (!read_version(database, &version, err))
		return false;
	if (version > COUNT_OF(migrations))
		return err_set(err, ERR_UNSUPPORTED,
			"cannot use '%s': a newer botswain wrote it; install that one or another "
			"state_dir",
			database->path);
	for (; version < COUNT_OF(migrations); version++) {
		char pragma[64];
		snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %zu; COMMIT", version + 1);
		if (!run(database, "BEGIN IMMEDIATE", "migrate", err))
			return false;
		if (!run(database, migrations[version], "migrate", err) ||
			!run(database, pragma, "migrate", err)) {
			database_rollback(database);
			return false;
		}
	}
	return true;
}

static bool prepare_all(struct database *database, struct err *err)
{
	return prepare(database,
		       "INSERT INTO facts VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2",
		       &database->put, err) &&
	       prepare(database, "DELETE FROM facts WHERE key = ?1", &database->forget, err) &&
	       prepare(database,
		       "INSERT INTO mark VALUES(1, ?1, ?2, ?3) ON CONFLICT(one) DO UPDATE SET "
		       "seq = ?1, hash = ?2, operation = max(operation, ?3)",
		       &database->mark, err);
}

static bool open_file(struct database *database, struct err *err)
{
	/* SQLite gives its journal the mode that the database has. */
	int fd = open(database->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(err, errno, "cannot open '%s'", database->path);
	close(fd);
	if (sqlite3_open_v2(database->path, &database->db,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return fail(database, "open", err);
	sqlite3_busy_timeout(database->db, BUSY_MS);
	return run(database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", "open", err) &&
	       migrate(database, err) && prepare_all(database, err);
}

bool database_open(const char *path, struct database **ret, struct err *err)
{
	struct database *database = xcalloc(1, sizeof(*database));
	database->path = xstrdup(path);
	if (!open_file(database, err)) {
		database_close(database);
		return false;
	}
	*ret = database;
	return true;
}

void database_close(struct database *database)
{
	if (!database)
		return;
	sqlite3_finalize(database->put);
	sqlite3_finalize(database->forget);
	sqlite3_finalize(database->mark);
	sqlite3_close(database->db);
	free(database->path);
	free(database);
}

static bool load_facts(struct database *database, struct facts *ret, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	size_t capacity = 0;
	int step;
	if (!prepare(database, "SELECT key, value FROM facts ORDER BY key", &statement, err))
		return false;
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		size_t length = (size_t)sqlite3_column_bytes(statement, 1);
		ret->list = grow(ret->list, ret->count, &capacity, sizeof(*ret->list));
		ret->list[ret->count++] = (struct fact){
			.key = xstrdup((const char *)sqlite3_column_text(statement, 0)),
			.value = length ? xmemdup(sqlite3_column_blob(statement, 1), length) : NULL,
			.length = length};
	}
	bool good = step == SQLITE_DONE || fail(database, "read", err);
	sqlite3_finalize(statement);
	return good;
}

static bool load_mark(struct database *database, struct audit_mark *ret_mark,
	uint64_t *ret_operation, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	if (!prepare(database, "SELECT seq, hash, operation FROM mark", &statement, err))
		return false;
	int step = sqlite3_step(statement);
	if (step == SQLITE_ROW) {
		ret_mark->seq = (uint64_t)sqlite3_column_int64(statement, 0);
		copy_text(ret_mark->hash, sizeof(ret_mark->hash),
			(const char *)sqlite3_column_text(statement, 1));
		*ret_operation = (uint64_t)sqlite3_column_int64(statement, 2);
	}
	bool good = step == SQLITE_ROW || step == SQLITE_DONE || fail(database, "read", err);
	sqlite3_finalize(statement);
	return good;
}

bool database_load(struct database *database, struct facts *ret_facts, struct audit_mark *ret_mark,
	uint64_t *ret_operation, struct err *err)
{
	struct facts facts = {.list = NULL};
	if (!load_facts(database, &facts, err) ||
		!load_mark(database, ret_mark, ret_operation, err)) {
		facts_release(&facts);
		return false;
	}
	*ret_facts = facts;
	return true;
}

static bool step(struct database *database, sqlite3_stmt *statement, struct err *err)
{
	bool good = sqlite3_step(statement) == SQLITE_DONE || fail(database, "write", err);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return good;
}

bool database_begin(struct database *database, struct err *err)
{
	return run(database, "BEGIN IMMEDIATE", "write", err);
}

bool database_put(struct database *database, const char *key, const void *value, size_t length,
	struct err *err)
{
	sqlite3_stmt *statement = length ? database->put : database->forget;
	sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
	if (length)
		sqlite3_bind_blob64(statement, 2, value, length, SQLITE_STATIC);
	return step(database, statement, err);
}

bool database_mark(struct database *database, const struct audit_mark *mark, uint64_t operation,
	struct err *err)
{
	sqlite3_bind_int64(database->mark, 1, (sqlite3_int64)mark->seq);
	sqlite3_bind_text(database->mark, 2, mark->hash, -1, SQLITE_STATIC);
	sqlite3_bind_int64(database->mark, 3, (sqlite3_int64)operation);
	return step(database, database->mark, err);
}

bool database_commit(struct database *database, struct err *err)
{
	return run(database, "COMMIT", "write", err);
}

void database_rollback(struct database *database)
{
	if (!sqlite3_get_autocommit(database->db))
		sqlite3_exec(database->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- the last known state ---- */

static bool read_identity(struct database *database, struct str *ret, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	if (!prepare(database, "SELECT identity FROM last_of", &statement, err))
		return false;
	int step = sqlite3_step(statement);
	if (step == SQLITE_ROW)
		str_adds(ret, (const char *)sqlite3_column_text(statement, 0));
	bool good = step == SQLITE_ROW || step == SQLITE_DONE || fail(database, "read", err);
	sqlite3_finalize(statement);
	return good;
}

/* A row more than fits, in number, bytes or time, ends it. */
static bool take_last(sqlite3_stmt *row, struct last_rows *ret, size_t *bytes, int64_t begun_us)
{
	size_t length = (size_t)sqlite3_column_bytes(row, 3);
	*bytes += length;
	if (ret->count == LAST_ROWS_MAX || *bytes > LAST_BYTES_MAX ||
		clock_cost_us() - begun_us > LAST_COST_US)
		return false;
	last_rows_add(ret, (unsigned)sqlite3_column_int64(row, 0),
		(uint64_t)sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2),
		sqlite3_column_blob(row, 3), length);
	return true;
}

static bool read_last(
	struct database *database, struct last_rows *ret, bool *ret_is_cut, struct err *err)
{
	char sql[128];
	sqlite3_stmt *statement = NULL;
	size_t bytes = 0;
	int64_t begun_us = clock_cost_us();
	int step;
	snprintf(sql, sizeof(sql),
		"SELECT kind, id, wall_ms, body FROM last WHERE length(body) <= %d ORDER BY kind, "
		"id",
		LAST_ROW_BYTES);
	if (!prepare(database, sql, &statement, err))
		return false;
	while ((step = sqlite3_step(statement)) == SQLITE_ROW && !*ret_is_cut)
		*ret_is_cut = !take_last(statement, ret, &bytes, begun_us);
	bool good = step == SQLITE_DONE || step == SQLITE_ROW || fail(database, "read", err);
	sqlite3_finalize(statement);
	return good;
}

void database_load_last(struct database *database, struct last_rows *ret_rows,
	struct str *ret_identity, struct str *note)
{
	struct err err = {.code = ERR_NONE};
	bool is_cut = false;
	if (read_identity(database, ret_identity, &err) &&
		read_last(database, ret_rows, &is_cut, &err)) {
		if (is_cut)
			str_addf(note,
				"only %zu rows of the last known state were read: there is more "
				"than a "
				"start waits for",
				ret_rows->count);
		return;
	}
	str_addf(note, "the last known state is not used: %s", err.text);
	last_rows_release(ret_rows);
	str_clear(ret_identity);
	/* What cannot be repaired is tried again by every write; nothing else depends on it. */
	bool is_made UNUSED = run(database,
		"BEGIN IMMEDIATE; DROP TABLE IF EXISTS last; DROP TABLE IF EXISTS "
		"last_of;" LAST_TABLES "COMMIT",
		"make", &err);
	database_rollback(database);
}

static bool put_last(struct database *database, const struct last_rows *rows, struct err *err)
{
	sqlite3_stmt *put = NULL, *forget = NULL;
	bool good = prepare(database, "INSERT OR REPLACE INTO last VALUES(?1, ?2, ?3, ?4)", &put,
			    err) &&
		    prepare(database, "DELETE FROM last WHERE kind = ?1 AND id = ?2", &forget, err);
	for (size_t i = 0; good && i < rows->count; i++) {
		const struct last_row *row = &rows->list[i];
		sqlite3_stmt *statement = row->length ? put : forget;
		sqlite3_bind_int64(statement, 1, (sqlite3_int64)row->kind);
		sqlite3_bind_int64(statement, 2, (sqlite3_int64)row->id);
		if (row->length) {
			sqlite3_bind_int64(statement, 3, row->wall_ms);
			sqlite3_bind_blob64(statement, 4, row->body, row->length, SQLITE_STATIC);
		}
		good = step(database, statement, err);
	}
	sqlite3_finalize(put);
	sqlite3_finalize(forget);
	return good;
}

static bool put_identity(struct database *database, const char *identity, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	if (!prepare(database, "INSERT OR REPLACE INTO last_of VALUES(1, ?1)", &statement, err))
		return false;
	sqlite3_bind_text(statement, 1, identity, -1, SQLITE_STATIC);
	bool good = step(database, statement, err);
	sqlite3_finalize(statement);
	return good;
}

bool database_keep_last(struct database *database, const struct last_rows *rows,
	const char *identity, bool is_other, struct err *err)
{
	if (!database_begin(database, err))
		return false;
	bool good = (!is_other || run(database, "DELETE FROM last", "write", err)) &&
		    put_identity(database, identity, err) && put_last(database, rows, err) &&
		    database_commit(database, err);
	if (!good)
		database_rollback(database);
	return good;
}

void facts_release(struct facts *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		free(facts->list[i].key);
		free(facts->list[i].value);
	}
	free(facts->list);
	*facts = (struct facts){.list = NULL};
}

size_t facts_from(const struct facts *facts, const char *key)
{
	size_t low = 0, high = facts->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (strcmp(facts->list[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
