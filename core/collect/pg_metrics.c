/* SPDX-License-Identifier: MIT */
#include "core/collect/pg_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* clang-format off */
#define BEGIN(id)        static const struct pg_column id##_columns[] = {
#define LABEL(name, sql) {#name, sql, 0, 0, true, METRIC_UNTYPED, ""},
#define VALUE(name, sql, type, since, before, help) {#name, sql, since, before, false, METRIC_##type, help},
#define END(id, ...)     };
#include "core/collect/pg_metrics.def"

static const struct pg_metrics_table tables[] = {
#define BEGIN(id)
#define LABEL(name, sql)
#define VALUE(name, sql, type, since, before, help)
#define END(id, prefix, pace, since, before, rows, needs, from) \
	{prefix, from, PG_##pace, since, before, rows, needs, id##_columns, COUNT_OF(id##_columns)},
#include "core/collect/pg_metrics.def"
};

/* What is no column of those. */
static const struct metric_word others[] = {
	{"pg_up", "", METRIC_GAUGE, "SELECT 1", "1: it answers, 0: it does not"},
	{"pg_exporter_last_scrape_duration_seconds", "", METRIC_GAUGE, "the reading", "how long the last reading took"},
	{"pg_exporter_last_scrape_error", "", METRIC_GAUGE, "the reading", "1: the last reading failed, or a part of it was refused"},
	{"botswain_pg_rows_left_out", "relation server", METRIC_GAUGE, "the reading", "rows of a view beyond those that are kept"},
	{"pg_settings_NAME", "server", METRIC_GAUGE, "pg_settings", "every setting that is a number or on or off; with a unit "
		"NAME_seconds or NAME_bytes, -1 as it is"},
};
/* clang-format on */

size_t pg_metrics_table_count(void)
{
	return COUNT_OF(tables);
}

const struct pg_metrics_table *pg_metrics_table(size_t index)
{
	return &tables[index];
}

bool pg_is_of_version(int since, int before, int version)
{
	return version >= since && (!before || version < before);
}

void pg_metrics_sql(const struct pg_metrics_table *table, int version, struct str *ret_sql)
{
	const char *before = "select ";
	for (size_t i = 0; i < table->column_count; i++) {
		const struct pg_column *column = &table->columns[i];
		if (!pg_is_of_version(column->since, column->before, version))
			continue;
		str_addf(ret_sql, "%s%s as \"%s\"", before, column->sql,
			column->name[0] ? column->name : "value");
		before = ", ";
	}
	str_addf(ret_sql, "%s %s", table->rows_max ? ", count(*) over () as rows_in_all" : "",
		table->from);
	if (table->rows_max)
		str_addf(ret_sql, " limit %zu", table->rows_max);
}

double pg_metrics_number(const char *text)
{
	char *end;
	if (!text)
		return NAN;
	if (text[0] && !text[1] && (text[0] == 't' || text[0] == 'f'))
		return text[0] == 't';
	double value = strtod(text, &end);
	return end == text ? (double)NAN : value;
}

static void add_labels(const struct pg_metrics_table *table, pg_cell *cell, void *cell_context,
	struct metric *metric)
{
	for (size_t i = 0; i < table->column_count && table->columns[i].is_label; i++) {
		const char *text = cell(cell_context, i);
		metric->labels[metric->label_count++] =
			(struct metric_label){table->columns[i].name, text ? text : "", 0};
	}
}

static char *name_of(const struct pg_metrics_table *table, const struct pg_column *column)
{
	return xasprintf("%s%s%s", table->prefix, column->name[0] ? "_" : "", column->name);
}

void pg_metrics_row(const struct pg_metrics_table *table, int version, pg_cell *cell,
	void *cell_context, metric_sink *sink, void *context)
{
	struct metric metric = {.label_count = 0};
	add_labels(table, cell, cell_context, &metric);
	size_t at = metric.label_count;
	for (size_t i = at; i < table->column_count; i++) {
		const struct pg_column *column = &table->columns[i];
		if (!pg_is_of_version(column->since, column->before, version))
			continue;
		autofree char *name = name_of(table, column);
		metric.name = name;
		metric.type = column->type;
		metric.value = pg_metrics_number(cell(cell_context, at++));
		sink(context, &metric);
	}
}

/* ---- settings ---- */

const char pg_settings_sql[] =
	"select name, setting, coalesce(unit, '') as unit from pg_settings where vartype in "
	"('bool', 'integer', 'real') and source <> 'client'"; /* our own timeouts are not the server's */

static const struct unit {
	const char *name, *suffix;
	double factor;
} units[] = {
	{"us", "_seconds", 1e-6},
	{"ms", "_seconds", 1e-3},
	{"s", "_seconds", 1},
	{"min", "_seconds", 60},
	{"h", "_seconds", 3600},
	{"d", "_seconds", 86400},
	{"B", "_bytes", 1},
	{"kB", "_bytes", 1 << 10},
	{"MB", "_bytes", 1 << 20},
	{"GB", "_bytes", 1 << 30},
	{"TB", "_bytes", 1099511627776.0},
};

/* Also 8kB and 16MB: a count of units. */
static const struct unit *find_unit(const char *text, double *ret_factor)
{
	char *name;
	double times = strtod(text, &name);
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (strcmp(units[i].name, name) == 0) {
			*ret_factor = units[i].factor * (name == text ? 1 : times);
			return &units[i];
		}
	return NULL;
}

static double setting_number(const char *value)
{
	if (strcmp(value, "on") == 0 || strcmp(value, "off") == 0)
		return value[1] == 'n';
	return pg_metrics_number(value);
}

void pg_metrics_setting(
	const char *name, const char *value, const char *unit, metric_sink *sink, void *context)
{
	double factor = 1, number = setting_number(value);
	const struct unit *known = find_unit(unit, &factor);
	autofree char *whole = xasprintf("pg_settings_%s%s", name, known ? known->suffix : "");
	if (unit[0] && !known)
		return;
	for (char *at = whole; *at; at++)
		if (*at == '.')
			*at = '_';
	sink(context, &(struct metric){.name = whole,
			      .type = METRIC_GAUGE,
			      .value = number > 0 ? number * factor : number});
}

/* ---- words ---- */

static void give_words(const struct pg_metrics_table *table, metric_visitor *visit, void *context)
{
	autostr struct str labels = STR_INIT;
	for (size_t i = 0; i < table->column_count; i++) {
		const struct pg_column *column = &table->columns[i];
		if (column->is_label) {
			str_addf(&labels, "%s ", column->name);
			continue;
		}
		if (!column->help)
			continue; /* of another version, and it is there already */
		autofree char *name = name_of(table, column);
		autofree char *all = xasprintf("%sserver", labels.text);
		visit(context, &(struct metric_word){
				       name, all, column->type, table->prefix, column->help});
	}
}

void pg_metrics_words(metric_visitor *visit, void *context)
{
	for (size_t i = 0; i < COUNT_OF(tables); i++)
		give_words(&tables[i], visit, context);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		visit(context, &others[i]);
}
