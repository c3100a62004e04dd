/* SPDX-License-Identifier: MIT */
/* How far a worker has read the tables of a Postgres, as its successor goes on from there (places.h). Thread of the
 * tables' worker. */
#ifndef BOTSWAIN_COLLECT_PG_TABLE_PLACE_H
#define BOTSWAIN_COLLECT_PG_TABLE_PLACE_H

#include <stddef.h>
#include "core/base/attr.h"

struct conf_postgres;
struct pg_table;
struct pg_table_place;

/* What the place is called: the same Postgres under the same name. The caller frees it. */
char *pg_table_place_key(const struct conf_postgres *conf) MUST_CHECK;
/* Takes what is known of how far each was read; the tables are of no more use but for being released. */
struct pg_table_place *pg_table_place_new(struct pg_table *tables, size_t count) MUST_CHECK;
void pg_table_place_free(void *place); /* NULL is legal */
/* The table goes on from where it was left, when it was read before. `place` may be NULL. */
void pg_table_place_resume(struct pg_table_place *place, struct pg_table *table);

#endif
