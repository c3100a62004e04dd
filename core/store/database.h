/* SPDX-License-Identifier: MIT */
/* The SQLite file of the ledger: facts by key, and what the audit file must not be alone to know.
 * Ledger thread only. */
#ifndef BOTSWAIN_STORE_DATABASE_H
#define BOTSWAIN_STORE_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/store/audit.h"

struct database;
struct err;
struct last_rows;
struct str;

struct fact {
	char *key;
	void *value;
	size_t length;
};

/* Sorted by key; owned by whoever holds it. */
struct facts {
	struct fact *list;
	size_t count;
};
void facts_release(struct facts *facts);
/* The first fact whose key is not below `key`. */
size_t facts_from(const struct facts *facts, const char *key);

/* Opens or creates (0600) the file, WAL, synchronous FULL, and migrates it to our version. */
MUST_CHECK bool database_open(const char *path, struct database **ret, struct err *err);
void database_close(struct database *database); /* NULL is legal */

MUST_CHECK bool database_load(struct database *database, struct facts *ret_facts,
	struct audit_mark *ret_mark, uint64_t *ret_operation, struct err *err);

/* The last known state, ordered by kind and id. What cannot be read is left out and said in `note`; a
 * table that is damaged is made anew. `ret_identity`: whose state it is, "" nobody's. */
void database_load_last(struct database *database, struct last_rows *ret_rows,
	struct str *ret_identity, struct str *note);
/* Writes the rows in one transaction. `is_other`: what was there belongs to another identity, and goes. */
MUST_CHECK bool database_keep_last(struct database *database, const struct last_rows *rows,
	const char *identity, bool is_other, struct err *err);

/* One transaction; after a failure in between, database_rollback(). */
MUST_CHECK bool database_begin(struct database *database, struct err *err);
/* Length 0 forgets the key. */
MUST_CHECK bool database_put(struct database *database, const char *key, const void *value,
	size_t length, struct err *err);
MUST_CHECK bool database_mark(struct database *database, const struct audit_mark *mark,
	uint64_t operation, struct err *err);
MUST_CHECK bool database_commit(struct database *database, struct err *err);
void database_rollback(struct database *database);

#endif
