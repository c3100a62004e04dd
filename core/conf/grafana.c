/* SPDX-License-Identifier: MIT */
#include "core/conf/grafana.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/conf/dashboard.h"
#include "core/conf/internal.h"

struct import {
	struct str *to, *left;
	const json_t *variables; /* templating.list */
	size_t rows, panels;     /* written so far; panels: of the row */
	double row_y;
};

/* ---- JSON ---- */

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static double number_at(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* fieldConfig.defaults, where panels of today have unit, limits and ends. */
static const json_t *defaults_of(const json_t *panel)
{
	return json_object_get(json_object_get(panel, "fieldConfig"), "defaults");
}

/* ---- YAML ---- */

/* Between single quotes; lines become one. */
static void add_quoted(struct str *to, const char *text)
{
	autostr struct str safe = STR_INIT;
	autofree char *line = xstrdup(text);
	size_t length = strlen(line);
	for (char *at = line; *at; at++)
		if (strchr("\n\r\t", *at))
			*at = ' ';
	while (length && line[length - 1] == ' ')
		line[--length] = '\0';
	sanitize(&safe, line, length);
	str_addch(to, '\'');
	for (const char *at = safe.text; *at; at++) {
		str_addch(to, *at);
		if (*at == '\'')
			str_addch(to, '\'');
	}
	str_addch(to, '\'');
}

static void leave(struct import *import, const char *panel, const char *what, const char *which)
{
	autostr struct str safe = STR_INIT;
	autofree char *line = xasprintf(
		"%s: %s%s%s", *panel ? panel : "the dashboard", what, *which ? " " : "", which);
	sanitize(&safe, line, strlen(line));
	str_addf(import->left, "%s\n", safe.text);
}

/* ---- expressions ---- */

static bool is_name(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
	       ch == '_';
}

static bool is_variable(const struct import *import, const char *name, size_t length)
{
	size_t count = json_array_size(import->variables);
	for (size_t i = 0; i < count; i++) {
		const char *own = text_at(json_array_get(import->variables, i), "name");
		if (strlen(own) == length && strncmp(own, name, length) == 0)
			return true;
	}
	return false;
}

/* What stands for a variable: ours, a span, all values; NULL: it is none that is known. */
static const char *value_of(const struct import *import, const char *name, size_t length)
{
	static const char *const spans[] = {"__interval", "__rate_interval", "__range"};
	for (size_t i = 0; i < COUNT_OF(spans); i++)
		if (strlen(spans[i]) == length && strncmp(spans[i], name, length) == 0)
			return i == 2 ? "1h" : "5m";
	if (!is_variable(import, name, length))
		return NULL;
	return length == strlen("instance") && strncmp(name, "instance", length) == 0 ? "$instance"
										      : ".*";
}

/* $name, ${name} and ${name:format}. The length of it, 0: none begins there. */
static size_t variable_at(const char *text, const char **ret_name, size_t *ret_length)
{
	bool braced = text[0] == '$' && text[1] == '{';
	const char *name = text + (braced ? 2 : 1), *end = name;
	if (text[0] != '$')
		return 0;
	while (is_name(*end))
		end++;
	*ret_name = name;
	*ret_length = (size_t)(end - name);
	if (!*ret_length)
		return 0;
	if (!braced)
		return (size_t)(end - text);
	const char *close = strchr(end, '}');
	return close ? (size_t)(close + 1 - text) : 0;
}

static void fill(struct import *import, const char *panel, const char *text, struct str *to)
{
	const char *name;
	size_t length, taken;
	while (*text) {
		if (!(taken = variable_at(text, &name, &length))) {
			str_addch(to, *text++);
			continue;
		}
		const char *value = value_of(import, name, length);
		autofree char *called = xstrndup(name, length);
		if (!value)
			leave(import, panel, "nothing stands for the variable", called);
		str_adds(to, value ? value : "");
		text += taken;
	}
}

/* ---- panels ---- */

static const struct {
	const char *type, *kind;
} kinds[] = {{"timeseries", "line"}, {"graph", "line"}, {"barchart", "bars"}, {"stat", "stat"},
	{"singlestat", "stat"}, {"gauge", "gauge"}, {"bargauge", "gauge"}, {"table", "table"},
	{"table-old", "table"}, {"piechart", "table"}};

static const char *kind_of(const json_t *panel)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (strcmp(kinds[i].type, text_at(panel, "type")) == 0)
			return kinds[i].kind;
	return NULL;
}

static const struct {
	const char *theirs, *ours;
} units[] = {{"s", "seconds"}, {"dtdurations", "seconds"}, {"ms", "ms"}, {"µs", "us"},
	{"bytes", "bytes"}, {"decbytes", "bytes"}, {"Bps", "bytes"}, {"binBps", "bytes"},
	{"percent", "percent"}, {"percentunit", "ratio"}, {"ops", "/s"}, {"reqps", "/s"},
	{"rps", "/s"}, {"wps", "/s"}, {"cps", "/s"}, {"pps", "/s"}, {"opm", "/min"},
	{"rpm", "/min"}, {"cpm", "/min"}, {"none", ""}, {"short", ""}, {"", ""}};

static void add_unit(struct import *import, const char *title, const json_t *panel)
{
	const char *unit = text_at(defaults_of(panel), "unit");
	if (!*unit)
		unit = text_at(panel, "format");
	if (!*unit)
		unit = text_at(json_array_get(json_object_get(panel, "yaxes"), 0), "format");
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (strcmp(units[i].theirs, unit) != 0)
			continue;
		if (*units[i].ours)
			str_addf(import->to, "        unit: %s\n", units[i].ours);
		return;
	}
	leave(import, title, "the unit", unit);
}

/* The two steps above the base are warn and crit, one alone is crit; a line has none unless Grafana draws them. */
static void add_limits(struct import *import, const char *kind, const json_t *panel)
{
	const json_t *defaults = defaults_of(panel);
	const json_t *steps = json_object_get(json_object_get(defaults, "thresholds"), "steps");
	const json_t *style =
		json_object_get(json_object_get(defaults, "custom"), "thresholdsStyle");
	const char *mode = text_at(style, "mode");
	bool is_drawn = strcmp(kind, "line") != 0 || (*mode && strcmp(mode, "off") != 0);
	bool is_default = json_array_size(steps) == 2 &&
			  number_at(json_array_get(steps, 1), "value") == 80 &&
			  strcmp(text_at(json_array_get(steps, 1), "color"), "red") == 0;
	size_t count = json_array_size(steps);
	if (!is_drawn || is_default || count < 2)
		return;
	double warn = number_at(json_array_get(steps, 1), "value");
	double crit = number_at(json_array_get(steps, count - 1), "value");
	if (count > 2 && warn < crit)
		str_addf(
			import->to, "        thresholds: {warn: %.10g, crit: %.10g}\n", warn, crit);
	else if (isfinite(crit))
		str_addf(import->to, "        thresholds: {crit: %.10g}\n", crit);
}

static void add_ends(struct import *import, const json_t *panel)
{
	double min = number_at(defaults_of(panel), "min"),
	       max = number_at(defaults_of(panel), "max");
	if (isfinite(min) && !(min >= max))
		str_addf(import->to, "        min: %.10g\n", min);
	if (isfinite(max) && !(min >= max))
		str_addf(import->to, "        max: %.10g\n", max);
}

static size_t queries_of(const json_t *panel)
{
	const json_t *targets = json_object_get(panel, "targets");
	size_t count = 0;
	for (size_t i = 0; i < json_array_size(targets); i++)
		if (*text_at(json_array_get(targets, i), "expr"))
			count++;
	return count;
}

static void add_queries(struct import *import, const char *title, const json_t *panel)
{
	const json_t *targets = json_object_get(panel, "targets");
	size_t written = 0;
	str_adds(import->to, "        queries:\n");
	for (size_t i = 0; i < json_array_size(targets); i++) {
		const json_t *target = json_array_get(targets, i);
		const char *legend = text_at(target, "legendFormat");
		autostr struct str expr = STR_INIT;
		if (!*text_at(target, "expr"))
			continue;
		if (written++ == DASHBOARD_QUERIES_MAX) {
			leave(import, title, "further queries", "");
			return;
		}
		fill(import, title, text_at(target, "expr"), &expr);
		str_adds(import->to, "          - expr: ");
		add_quoted(import->to, expr.text);
		str_addch(import->to, '\n');
		if (!*legend || strcmp(legend, "__auto") == 0)
			continue;
		str_adds(import->to, "            legend: ");
		add_quoted(import->to, legend);
		str_addch(import->to, '\n');
	}
}

static void add_weight(struct import *import, const json_t *panel)
{
	double width = number_at(json_object_get(panel, "gridPos"), "w");
	int weight = isfinite(width) ? (int)(width / 2) : 1; /* of 24 columns */
	if (weight > 1 && weight <= 12)
		str_addf(import->to, "        weight: %d\n", weight);
}

/* Panels of one height from the top are one row. */
static bool begin_row(struct import *import, const json_t *panel)
{
	double y = number_at(json_object_get(panel, "gridPos"), "y");
	bool is_same = import->rows && y == import->row_y && import->panels < DASHBOARD_PANELS_MAX;
	if (is_same) {
		import->panels++;
		return true;
	}
	if (import->rows == DASHBOARD_ROWS_MAX)
		return false;
	str_adds(import->to, "  - panels:\n");
	import->rows++;
	import->panels = 1;
	import->row_y = y;
	return true;
}

static void add_panel(struct import *import, const json_t *panel)
{
	const char *title = text_at(panel, "title"), *kind = kind_of(panel);
	if (strcmp(text_at(panel, "type"), "row") == 0) {
		leave(import, title, "the heading", "");
		return;
	}
	if (!kind || !queries_of(panel)) {
		leave(import, title, kind ? "it asks nothing of Prometheus" : "panels of the kind",
			kind ? "" : text_at(panel, "type"));
		return;
	}
	if (!begin_row(import, panel)) {
		leave(import, title, "there are 16 rows already", "");
		return;
	}
	str_adds(import->to, "      - title: ");
	add_quoted(import->to, *title ? title : "untitled");
	str_addf(import->to, "\n        kind: %s\n", kind);
	add_weight(import, panel);
	add_unit(import, title, panel);
	add_limits(import, kind, panel);
	add_ends(import, panel);
	add_queries(import, title, panel);
}

static void add_panels(struct import *import, const json_t *panels)
{
	for (size_t i = 0; i < json_array_size(panels); i++) {
		const json_t *panel = json_array_get(panels, i);
		add_panel(import, panel);
		/* Those of a row that is folded. */
		const json_t *inner = json_object_get(panel, "panels");
		for (size_t k = 0; k < json_array_size(inner); k++)
			add_panel(import, json_array_get(inner, k));
	}
}

/* ---- the whole ---- */

static void add_variables(struct import *import)
{
	for (size_t i = 0; i < json_array_size(import->variables); i++) {
		const json_t *variable = json_array_get(import->variables, i);
		const char *name = text_at(variable, "name");
		if (strcmp(name, "instance") == 0)
			str_adds(import->to, "variable: instance\n");
		else if (strcmp(text_at(variable, "type"), "datasource") != 0)
			leave(import, "", "all values are taken of the variable", name);
	}
}

static void leave_parts(struct import *import, const json_t *root)
{
	static const char *const parts[] = {"links"};
	const json_t *notes = json_object_get(json_object_get(root, "annotations"), "list");
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (json_array_size(json_object_get(root, parts[i])))
			leave(import, "", "its", parts[i]);
	for (size_t i = 0; i < json_array_size(notes); i++)
		if (!json_is_true(json_object_get(json_array_get(notes, i), "builtIn")) &&
			json_integer_value(json_object_get(json_array_get(notes, i), "builtIn")) !=
				1)
			leave(import, "", "annotations of",
				text_at(json_array_get(notes, i), "name"));
}

/* Dashboards of old have rows of panels. */
static void add_all(struct import *import, const json_t *root)
{
	const json_t *rows = json_object_get(root, "rows");
	str_adds(import->to, "title: ");
	add_quoted(import->to, *text_at(root, "title") ? text_at(root, "title") : "imported");
	str_addch(import->to, '\n');
	add_variables(import);
	leave_parts(import, root);
	str_adds(import->to, "rows:\n");
	add_panels(import, json_object_get(root, "panels"));
	for (size_t i = 0; i < json_array_size(rows); i++) {
		import->row_y = (double)NAN;
		add_panels(import, json_object_get(json_array_get(rows, i), "panels"));
	}
}

bool grafana_import(
	const char *text, size_t length, struct str *ret, struct str *ret_left, struct err *err)
{
	json_error_t why;
	json_t *root = json_loadb(text, length, 0, &why);
	if (!root)
		return err_set(
			err, ERR_INVALID, "this is no JSON: line %d: %s", why.line, why.text);
	const json_t *inner = json_object_get(root, "dashboard"); /* as the API gives it */
	const json_t *dashboard = inner ? inner : root;
	struct import import = {.to = ret,
		.left = ret_left,
		.variables = json_object_get(json_object_get(dashboard, "templating"), "list")};
	bool is_one = json_is_array(json_object_get(dashboard, "panels")) ||
		      json_is_array(json_object_get(dashboard, "rows"));
	if (is_one)
		add_all(&import, dashboard);
	json_decref(root);
	if (!is_one || !import.rows)
		return err_set(err, ERR_INVALID,
			is_one ? "none of its panels can be taken over"
			       : "this is no dashboard of Grafana: it has no list of panels");
	return true;
}

bool grafana_read(const char *path, struct str *ret, struct err *err)
{
	return read_file(path, FILE_CONFIG, GRAFANA_BYTES_MAX, ret, err);
}
