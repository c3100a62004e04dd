/* SPDX-License-Identifier: MIT */
/* One dashboard, from its text to structs: tables of keys drive the reader. */
#include "core/conf/dashboard.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/conf/arena.h"
#include "core/conf/internal.h"

enum { TITLE_MAX = 80, EXPR_MAX = 4096, LEGEND_MAX = 120, WEIGHT_MAX = 12, NAME_MAX_BYTES = 40 };

struct place_of_dashboard {
	struct arena *arena;
	struct report *report;
	struct dashboard *to;
};

typedef void key_read(struct place_of_dashboard *in, const struct node *node, void *into);

struct key {
	const char *name;
	key_read *read;
	size_t offset;
};

struct shape {
	const char *what; /* "a panel has: title, kind ..." */
	const struct key *keys;
	size_t count;
};

/* ---- mappings ---- */

static void unknown(
	struct place_of_dashboard *in, const struct shape *shape, const struct node *node)
{
	struct suggestion suggestion = {""};
	autostr struct str known = STR_INIT;
	int best = INT_MAX;
	for (size_t i = 0; i < shape->count; i++) {
		suggest(&suggestion, node->key, shape->keys[i].name, &best);
		str_addf(&known, "%s%s", i ? ", " : "", shape->keys[i].name);
	}
	if (*suggestion.text)
		report_error(in->report, node->key_place, "unknown key '%.40s'%s", node->key,
			suggestion.text);
	else
		report_error(in->report, node->key_place, "unknown key '%.40s'; %s has: %s",
			node->key, shape->what, known.text);
}

static void read_map(struct place_of_dashboard *in, const struct shape *shape,
	const struct node *node, void *into)
{
	if (node->type != NODE_MAP) {
		report_error(in->report, node->place, "%s is a mapping: `key: value` lines",
			shape->what);
		return;
	}
	for (const struct node *child = node->first; child; child = child->next) {
		size_t at = 0;
		while (at < shape->count && strcmp(shape->keys[at].name, child->key) != 0)
			at++;
		if (at == shape->count)
			unknown(in, shape, child);
		else
			shape->keys[at].read(in, child, (char *)into + shape->keys[at].offset);
	}
}

/* The items of a list into structs of that size; NULL after a finding. */
static void *read_items(struct place_of_dashboard *in, const struct shape *shape,
	const struct node *node, size_t max, size_t size, void (*begin)(void *item),
	size_t *ret_count)
{
	if (node->type != NODE_LIST || !node->count) {
		report_error(in->report, node->place, "'%s' is a list: put `- ` before each item",
			node->key);
		return NULL;
	}
	if (node->count > max) {
		report_error(in->report, node->place, "'%s' has %zu items, at most %zu", node->key,
			node->count, max);
		return NULL;
	}
	char *items = arena_alloc(in->arena, node->count * size);
	for (const struct node *item = node->first; item; item = item->next) {
		begin(items + *ret_count * size);
		read_map(in, shape, item, items + (*ret_count)++ * size);
	}
	return items;
}

/* ---- scalars ---- */

static const char *text_of(struct place_of_dashboard *in, const struct node *node, size_t max)
{
	if (node->type != NODE_SCALAR)
		report_error(in->report, node->place, "'%s' is one value, not a list or a mapping",
			node->key);
	else if (!*node->text && !node->quoted)
		report_error(in->report, node->place,
			"'%s' has no value: give one, or remove the line", node->key);
	else if (strlen(node->text) > max)
		report_error(
			in->report, node->place, "'%s' is at most %zu bytes long", node->key, max);
	else
		return node->text;
	return NULL;
}

/* What is drawn. */
static void read_shown(
	struct place_of_dashboard *in, const struct node *node, size_t max, const char **to)
{
	const char *text = text_of(in, node, max);
	autostr struct str safe = STR_INIT;
	if (!text)
		return;
	sanitize(&safe, text, strlen(text));
	*to = arena_text(in->arena, safe.text);
}

static void read_title(struct place_of_dashboard *in, const struct node *node, void *into)
{
	read_shown(in, node, TITLE_MAX, into);
}

static void read_legend(struct place_of_dashboard *in, const struct node *node, void *into)
{
	read_shown(in, node, LEGEND_MAX, into);
}

static void read_expr(struct place_of_dashboard *in, const struct node *node, void *into)
{
	const char *text = text_of(in, node, EXPR_MAX);
	if (text && !*text)
		report_error(in->report, node->place, "'expr' is empty: give PromQL");
	else if (text)
		*(const char **)into = arena_text(in->arena, text);
}

static void read_figure(struct place_of_dashboard *in, const struct node *node, void *into)
{
	const char *text = text_of(in, node, NAME_MAX_BYTES);
	if (text && !is_slug(text))
		report_error(in->report, node->place, "'%.40s' is no name of a figure: p95", text);
	else if (text)
		*(const char **)into = arena_text(in->arena, text);
}

static void read_number(struct place_of_dashboard *in, const struct node *node, void *into)
{
	const char *text = text_of(in, node, TITLE_MAX);
	double value;
	if (!text)
		return;
	if (!parse_double(text, strlen(text), &value) || !isfinite(value))
		report_error(in->report, node->place, "'%.40s' is no number: 80, 0.5, 1e6", text);
	else
		*(double *)into = value;
}

static void read_weight(struct place_of_dashboard *in, const struct node *node, void *into)
{
	double value = 1;
	read_number(in, node, &value);
	if (value < 1 || value > WEIGHT_MAX || value != floor(value))
		report_error(in->report, node->place, "'%s' is a whole number from 1 to %d",
			node->key, WEIGHT_MAX);
	else
		*(int *)into = (int)value;
}

static void read_yesno(struct place_of_dashboard *in, const struct node *node, void *into)
{
	static const char *const words[] = {"no", "yes", "false", "true"};
	const char *text = text_of(in, node, TITLE_MAX);
	for (size_t i = 0; text && i < COUNT_OF(words); i++) {
		if (strcmp(words[i], text) != 0)
			continue;
		*(bool *)into = i % 2;
		return;
	}
	if (text)
		report_error(in->report, node->place, "'%s' is yes or no", node->key);
}

/* The index of a word; `fallback` after a finding. */
static size_t word_of(struct place_of_dashboard *in, const struct node *node,
	const char *const *words, size_t count, size_t fallback)
{
	autostr struct str known = STR_INIT;
	const char *text = text_of(in, node, TITLE_MAX);
	for (size_t i = 0; text && i < count; i++) {
		if (strcmp(words[i], text) == 0)
			return i;
		str_addf(&known, "%s%s", i ? ", " : "", words[i]);
	}
	if (text)
		report_error(in->report, node->place, "'%.40s' is none of: %s", text, known.text);
	return fallback;
}

static const char *const kind_words[] = {[PANEL_LINE] = "line",
	[PANEL_AREA] = "area",
	[PANEL_BARS] = "bars",
	[PANEL_STAT] = "stat",
	[PANEL_GAUGE] = "gauge",
	[PANEL_TABLE] = "table"};

const char *panel_kind_word(enum panel_kind kind)
{
	return kind_words[kind];
}

static void read_kind(struct place_of_dashboard *in, const struct node *node, void *into)
{
	*(enum panel_kind *)into =
		(enum panel_kind)word_of(in, node, kind_words, COUNT_OF(kind_words), PANEL_LINE);
}

/* Those of chart_unit_named(), whose room is above this one; a test compares them. */
const char *const unit_words[] = {
	"none", "bytes", "seconds", "ms", "us", "percent", "ratio", "/s", "/min", NULL};

static void read_unit(struct place_of_dashboard *in, const struct node *node, void *into)
{
	size_t at = word_of(in, node, unit_words, COUNT_OF(unit_words) - 1, 0);
	*(const char **)into = at ? unit_words[at] : "";
}

static void read_variable(struct place_of_dashboard *in, const struct node *node, void *into)
{
	static const char *const words[] = {
		[VARIABLE_NONE] = "none", [VARIABLE_BOT] = "bot", [VARIABLE_INSTANCE] = "instance"};
	*(enum dashboard_variable *)into =
		(enum dashboard_variable)word_of(in, node, words, COUNT_OF(words), VARIABLE_NONE);
}

/* ---- panels ---- */

#define KEY(type, name, member, how)                                                               \
	{                                                                                          \
		name, how, offsetof(struct type, member)                                           \
	}

static const struct key query_keys[] = {KEY(dashboard_query, "expr", expr, read_expr),
	KEY(dashboard_query, "legend", legend, read_legend)};
static const struct shape query_shape = {"a query", query_keys, COUNT_OF(query_keys)};

static const struct key limit_keys[] = {KEY(dashboard_panel, "warn", warn, read_number),
	KEY(dashboard_panel, "crit", crit, read_number),
	KEY(dashboard_panel, "below", below, read_yesno)};
static const struct shape limit_shape = {"thresholds", limit_keys, COUNT_OF(limit_keys)};

static void begin_query(void *item)
{
	*(struct dashboard_query *)item = (struct dashboard_query){.expr = "", .legend = ""};
}

static void read_queries(struct place_of_dashboard *in, const struct node *node, void *into)
{
	struct dashboard_panel *panel = into;
	panel->queries = read_items(in, &query_shape, node, DASHBOARD_QUERIES_MAX,
		sizeof(*panel->queries), begin_query, &panel->query_count);
	const struct node *item = node->first;
	for (size_t i = 0; i < panel->query_count && item; i++, item = item->next)
		if (item->type == NODE_MAP && !child_of(item, "expr"))
			report_error(in->report, item->place, "this query has no 'expr'");
}

/* Below is worse, where the critical value is the smaller one. */
static void read_limits(struct place_of_dashboard *in, const struct node *node, void *into)
{
	struct dashboard_panel *panel = into;
	read_map(in, &limit_shape, node, panel);
	if (panel->crit < panel->warn)
		panel->below = true;
	else if (panel->below && panel->crit > panel->warn)
		report_error(in->report, node->place,
			"below: yes, and 'crit' is above 'warn': turn them round");
}

static const struct key panel_keys[] = {KEY(dashboard_panel, "title", title, read_title),
	KEY(dashboard_panel, "kind", kind, read_kind), {"queries", read_queries, 0},
	KEY(dashboard_panel, "figure", figure, read_figure),
	KEY(dashboard_panel, "unit", unit, read_unit), {"thresholds", read_limits, 0},
	KEY(dashboard_panel, "min", min, read_number),
	KEY(dashboard_panel, "max", max, read_number),
	KEY(dashboard_panel, "floats", floats, read_yesno),
	KEY(dashboard_panel, "weight", weight, read_weight)};
static const struct shape panel_shape = {"a panel", panel_keys, COUNT_OF(panel_keys)};

static void begin_panel(void *item)
{
	*(struct dashboard_panel *)item = (struct dashboard_panel){.title = "",
		.figure = "",
		.unit = "",
		.warn = NAN,
		.crit = NAN,
		.min = NAN,
		.max = NAN,
		.weight = 1};
}

static void check_panel(
	struct place_of_dashboard *in, const struct node *node, const struct dashboard_panel *panel)
{
	static const char *const needed[] = {"title", "queries"};
	for (size_t i = 0; i < COUNT_OF(needed); i++)
		if (node->type == NODE_MAP && !child_of(node, needed[i]))
			report_error(in->report, node->place, "this panel has no '%s'", needed[i]);
	if (panel->min >= panel->max)
		report_error(in->report, node->place, "'min' is not below 'max'");
}

static void read_panels(struct place_of_dashboard *in, const struct node *node, void *into)
{
	struct dashboard_row *row = into;
	row->panels = read_items(in, &panel_shape, node, DASHBOARD_PANELS_MAX, sizeof(*row->panels),
		begin_panel, &row->count);
	const struct node *item = node->first;
	for (size_t i = 0; row->panels && i < row->count && item; i++, item = item->next)
		check_panel(in, item, &row->panels[i]);
	in->to->panel_count += row->count;
}

/* ---- the whole ---- */

static const struct key row_keys[] = {
	KEY(dashboard_row, "weight", weight, read_weight), {"panels", read_panels, 0}};
static const struct shape row_shape = {"a row", row_keys, COUNT_OF(row_keys)};

static void begin_row(void *item)
{
	*(struct dashboard_row *)item = (struct dashboard_row){.weight = 1};
}

static void read_rows(struct place_of_dashboard *in, const struct node *node, void *into)
{
	struct dashboard *to = into;
	to->rows = read_items(in, &row_shape, node, DASHBOARD_ROWS_MAX, sizeof(*to->rows),
		begin_row, &to->row_count);
	const struct node *item = node->first;
	for (size_t i = 0; i < to->row_count && item; i++, item = item->next)
		if (item->type == NODE_MAP && !child_of(item, "panels"))
			report_error(in->report, item->place, "this row has no 'panels'");
}

static const struct key root_keys[] = {KEY(dashboard, "title", title, read_title),
	KEY(dashboard, "help", help, read_legend),
	KEY(dashboard, "variable", variable, read_variable), {"rows", read_rows, 0}};
static const struct shape root_shape = {"a dashboard", root_keys, COUNT_OF(root_keys)};

/* The name of a file without its folder and its ending. */
static const char *name_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	size_t length = dot && dot > name ? (size_t)(dot - name) : strlen(name);
	autostr struct str safe = STR_INIT;
	sanitize(&safe, name, length < NAME_MAX_BYTES ? length : NAME_MAX_BYTES);
	return arena_text(arena, safe.text);
}

static struct dashboard *dashboard_new(const char *path)
{
	struct arena *arena = arena_new();
	struct dashboard *dashboard = arena_alloc(arena, sizeof(*dashboard));
	*dashboard = (struct dashboard){.arena = arena,
		.name = name_of(arena, path),
		.title = "",
		.help = "",
		.path = arena_text(arena, path),
		.error = ""};
	return dashboard;
}

bool dashboard_parse(const char *path, const char *text, size_t length, struct dashboard **ret,
	struct str *out, struct err *err)
{
	struct report report = {.path = path, .text = text, .length = length, .out = out};
	struct dashboard *dashboard = dashboard_new(path);
	struct place_of_dashboard in = {dashboard->arena, &report, dashboard};
	struct node *root;
	if (yaml_read(dashboard->arena, &report, &root)) {
		read_map(&in, &root_shape, root, dashboard);
		if (root->type == NODE_MAP && !child_of(root, "title"))
			report_error(&report, root->place, "this dashboard has no 'title'");
		if (root->type == NODE_MAP && !child_of(root, "rows"))
			report_error(&report, root->place, "this dashboard has no 'rows'");
	}
	report_finish(&report);
	if (!report.errors) {
		*ret = dashboard;
		return true;
	}
	dashboard_free(dashboard);
	*err = report.first;
	return false;
}

bool dashboard_read(const char *path, struct dashboard **ret, struct str *report, struct err *err)
{
	autostr struct str text = STR_INIT;
	return read_file(path, FILE_CONFIG, DASHBOARD_BYTES_MAX, &text, err) &&
	       dashboard_parse(path, text.text, text.length, ret, report, err);
}

void dashboard_free(struct dashboard *dashboard)
{
	if (dashboard)
		arena_free(dashboard->arena);
}

bool dashboard_is_file(const char *path)
{
	autostr struct str text = STR_INIT;
	struct err ignored;
	if (!read_file(path, FILE_CONFIG, DASHBOARD_BYTES_MAX, &text, &ignored))
		return false;
	struct report report = {.path = "", .text = text.text, .length = text.length};
	struct arena *arena = arena_new();
	struct node *root;
	bool is = yaml_read(arena, &report, &root) && root->type == NODE_MAP &&
		  child_of(root, "rows");
	arena_free(arena);
	return is;
}

const struct dashboard_panel *dashboard_panel_at(const struct dashboard *dashboard, size_t index)
{
	for (size_t i = 0; i < dashboard->row_count; i++) {
		if (index < dashboard->rows[i].count)
			return &dashboard->rows[i].panels[index];
		index -= dashboard->rows[i].count;
	}
	return NULL;
}
