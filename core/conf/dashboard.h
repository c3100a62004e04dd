/* SPDX-License-Identifier: MIT */
/*
 * Dashboards: rows of panels, each with what PromQL says. Those that are shipped (config/dashboards/, embedded) and the
 * operator's own, the files *.yaml of the folder `dashboards` beside the configuration; a file of the same name stands in the
 * place of a shipped one. Constant once read; any thread. PromQL is not looked into: that is the engine's.
 */
#ifndef BOTSWAIN_CONF_DASHBOARD_H
#define BOTSWAIN_CONF_DASHBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct arena;
struct err;
struct str;

enum {
	DASHBOARD_BYTES_MAX = 1 << 18,
	DASHBOARD_ROWS_MAX = 16,
	DASHBOARD_PANELS_MAX = 8, /* of a row */
	DASHBOARD_QUERIES_MAX = 8,
	DASHBOARDS_MAX = 64,
};

enum panel_kind { PANEL_LINE, PANEL_AREA, PANEL_BARS, PANEL_STAT, PANEL_GAUGE, PANEL_TABLE };

/* What stands for $bot and $instance in expressions and titles. */
enum dashboard_variable { VARIABLE_NONE, VARIABLE_BOT, VARIABLE_INSTANCE };

struct dashboard_query {
	const char *expr;
	const char *legend; /* with {{label}}; "": what tells the series apart */
};

struct dashboard_panel {
	const char *title;
	enum panel_kind kind;
	struct dashboard_query *queries;
	size_t query_count;
	const char *
		figure; /* its unit and limits hold where the panel has none (figures.h); "": none */
	const char *unit;  /* chart_unit_named() */
	double warn, crit; /* NAN: none */
	bool below;        /* less than these is what is wrong */
	double min, max;   /* NAN: what the values need */
	bool floats;       /* its axis need not show zero */
	int weight;        /* of its width in the row */
};

struct dashboard_row {
	int weight; /* of its height */
	struct dashboard_panel *panels;
	size_t count;
};

struct dashboard {
	const char *name, *title, *help;
	enum dashboard_variable variable;
	struct dashboard_row *rows;
	size_t row_count, panel_count;
	const char *path;  /* "": it is shipped */
	const char *error; /* "": good; else what is wrong with the file, and it has no rows */
	struct arena *arena;
};

/* `path` names it in errors; `report` (may be NULL) gets them all, with their lines and carets, `err` the first. */
MUST_CHECK bool dashboard_parse(const char *path, const char *text, size_t length,
	struct dashboard **ret, struct str *report, struct err *err);
MUST_CHECK bool dashboard_read(
	const char *path, struct dashboard **ret, struct str *report, struct err *err);
void dashboard_free(struct dashboard *dashboard); /* NULL is legal */
/* The file holds a dashboard, good or bad, and no configuration. */
bool dashboard_is_file(const char *path);
/* Panel n in the order in which they stand; NULL: there are not so many. */
const struct dashboard_panel *dashboard_panel_at(const struct dashboard *dashboard, size_t index);
const char *panel_kind_word(enum panel_kind kind);

/* The text of a shipped one, 0 .. until NULL. */
const char *dashboard_shipped(size_t index, const char **ret_name, size_t *ret_length);

struct dashboards {
	struct dashboard **list; /* the shipped ones first, the others by name */
	size_t count;
};

/* All of them. What cannot be read is among them, with its error. `config_path`: the configuration's; NULL: shipped ones alone. */
struct dashboards *dashboards_load(const char *config_path) MUST_CHECK;
void dashboards_free(struct dashboards *dashboards); /* NULL is legal */

#endif
