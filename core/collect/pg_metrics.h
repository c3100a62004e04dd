/* SPDX-License-Identifier: MIT */
/*
 * What a Postgres tells of itself, as postgres_exporter names it: a table of tables, each one statement and its columns, which
 * are labels or metrics PREFIX_COLUMN. Which columns there are depends on the server's version. Pure; any thread.
 */
#ifndef BOTSWAIN_COLLECT_PG_METRICS_H
#define BOTSWAIN_COLLECT_PG_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/str.h"
#include "core/collect/metric.h"

enum pg_pace { PG_OFTEN, PG_SELDOM };

struct pg_column {
	const char *name, *sql; /* of a value NULL means: there is none */
	int since, before;      /* versions of the server (150018); 0: any */
	bool is_label;
	enum metric_type type;
	const char *help;
};

struct pg_metrics_table {
	const char *prefix, *from; /* from ... order by ... */
	enum pg_pace pace;
	int since, before;
	size_t rows_max;   /* 0: one row, or few by nature; else what is left out is counted */
	const char *needs; /* an extension; "": none */
	const struct pg_column *columns;
	size_t column_count;
};

enum { PG_ROWS_MAX = 1000 };

size_t pg_metrics_table_count(void);
const struct pg_metrics_table *pg_metrics_table(size_t index);
bool pg_is_of_version(int since, int before, int version);
/* The statement for a server of that version. */
void pg_metrics_sql(const struct pg_metrics_table *table, int version, struct str *ret_sql);

/* A value of a column as text -> a number; NaN: it is none. t and f are 1 and 0. */
double pg_metrics_number(const char *text);
/* A cell of a row of that statement, by its column's place; NULL: it is null. */
typedef const char *pg_cell(void *context, size_t column);
/* The metrics of one row. */
void pg_metrics_row(const struct pg_metrics_table *table, int version, pg_cell *cell,
	void *cell_context, metric_sink *sink, void *context);
/* A row of pg_settings: its unit becomes seconds or bytes, and is part of the name. */
void pg_metrics_setting(
	const char *name, const char *value, const char *unit, metric_sink *sink, void *context);
extern const char pg_settings_sql[];

void pg_metrics_words(metric_visitor *visit, void *context);

#endif
