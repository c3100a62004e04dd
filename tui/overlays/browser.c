/* SPDX-License-Identifier: MIT */
/*
 * What is measured: metrics with the count of their series, of one its labels, of one of these its values; each list lies over
 * the one before, so that Esc goes one back. Where a Prometheus says it in place of the engine's own store, its address stands in the
 * title, and counts it has none. Typing filters; of a list that is too long to be told, what is typed is asked for. Enter goes on, and at the end, or at the first entry, charts.
 */
#include "tui/overlays/overlays.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/app.h"
#include "tui/overlays/menu_overlay.h"
#include "tui/panes/metrics.h"

enum level { OF_METRICS, OF_LABELS, OF_VALUES };

struct browser {
	struct menu_overlay base;
	enum level level;
	char *metric, *label;
	char *type; /* of the metric; "": not told */
	char *title;
	struct menu_entry *entries;
	size_t count, room;
	uint64_t change; /* of the window that the entries are of; 0: none yet */
	bool is_long;    /* not all of it was told: what is typed is asked for */
};

static void drop_entries(struct browser *browser)
{
	menu_release(&browser->base.menu);
	for (size_t i = 0; i < browser->count; i++) {
		free((char *)(uintptr_t)browser->entries[i].title);
		free((char *)(uintptr_t)browser->entries[i].note);
		free((char *)(uintptr_t)browser->entries[i].help);
	}
	free(browser->entries);
	free(browser->title);
	browser->entries = NULL;
	browser->title = NULL;
	browser->count = browser->room = 0;
}

static void free_browser(struct overlay *overlay)
{
	struct browser *browser = (struct browser *)overlay;
	drop_entries(browser);
	free(browser->metric);
	free(browser->label);
	free(browser->type);
	free(browser);
}

/* Takes ownership of the texts; help may be NULL. */
static void add_entry(struct browser *browser, char *title, char *note, char *help)
{
	browser->entries =
		grow(browser->entries, browser->count, &browser->room, sizeof(*browser->entries));
	browser->entries[browser->count++] =
		(struct menu_entry){.title = title, .key = "", .note = note, .help = help};
}

static const struct overlay_ops ops;

/* ---- what is charted ---- */

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);
	return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

/* By its type, else by its name. */
static bool is_counter(const char *metric, const char *type)
{
	static const char *const still[] = {"gauge", "gaugehistogram", "info", "stateset", NULL};
	if (strcmp(type, "counter") == 0)
		return !ends_with(metric, "_created");
	return !is_one_of(type, still) &&
	       (ends_with(metric, "_bucket") || ends_with(metric, "_total") ||
		       ends_with(metric, "_count") || ends_with(metric, "_sum"));
}

/* Counters are charted as rates, buckets as their 95th percentile. `by`: a label to sum by; `value`: the one that it has. */
static char *query_of(const struct browser *browser, const char *by, const char *value)
{
	autostr struct str selector = STR_INIT;
	const char *metric = browser->metric;
	bool is_rate = is_counter(metric, browser->type);
	bool is_bucket = is_rate && ends_with(metric, "_bucket");
	str_adds(&selector, metric);
	if (value) {
		str_addf(&selector, "{%s=\"", by);
		for (; *value; value++) {
			if (*value == '"' || *value == '\\')
				str_addch(&selector, '\\');
			str_addch(&selector, *value);
		}
		str_adds(&selector, "\"}");
	}
	const char *group = by && !value ? by : "";
	if (is_bucket)
		return xasprintf("histogram_quantile(0.95, sum by (le%s%s) (rate(%s[5m])))",
			*group ? ", " : "", group, selector.text);
	autofree char *inner =
		is_rate ? xasprintf("rate(%s[5m])", selector.text) : xstrdup(selector.text);
	return *group ? xasprintf("sum by (%s) (%s)", group, inner) : xstrdup(inner);
}

/* All lists go. */
static void chart(struct app *app, const struct browser *browser, const char *by, const char *value)
{
	autofree char *query = query_of(browser, by, value);
	while (app->overlay && app->overlay->ops == &ops)
		app_pop(app);
	history_add(&app->queries, query);
	metrics_show(app, query);
}

/* ---- its turns ---- */

static char *title_of(const struct browser *browser, const struct window *window)
{
	bool has_first = window->error[0] || browser->level != OF_METRICS; /* that is no name */
	const size_t count = browser->count - (has_first && browser->count);
	const char *source = window->points.source;
	const char *of = source && source[0] ? " of " : "";
	const char *whose = source ? source : "";
	if (browser->level == OF_METRICS)
		return xasprintf("metrics (%zu)%s%s", count, of, whose);
	if (browser->level == OF_LABELS)
		return xasprintf("labels of %s (%zu)%s%s", browser->metric, count, of, whose);
	return xasprintf(
		"values of %s in %s (%zu)%s%s", browser->label, browser->metric, count, of, whose);
}

/* A Prometheus server that is asked does not tell of how many. */
static char *count_of(const struct msg_points *name)
{
	return name->last > 0 ? xasprintf("%.0f series", name->last) : xstrdup("");
}

/* Its type where it is told, and how many series. */
static char *note_of(const struct browser *browser, const struct msg_points *name)
{
	autofree char *count = count_of(name);
	if (browser->level != OF_METRICS)
		return xstrdup(count);
	return xasprintf("%-9.9s  %s", name->type, count);
}

/* The count again, which a narrow screen cuts off the note. */
static void add_name(struct browser *browser, const struct msg_points *name)
{
	bool has_unit = name->measure[0] && !strstr(name->help, name->measure);
	autostr struct str help = STR_INIT;
	autofree char *count = count_of(name);
	str_addf(&help, "%s%s%s", count, count[0] ? "  " : "", name->help);
	if (has_unit)
		str_addf(&help, " (%s)", name->measure);
	add_entry(browser, xstrdup(name->name), note_of(browser, name),
		browser->level == OF_METRICS ? str_detach(&help) : NULL);
}

static void fill(struct browser *browser, const struct window *window)
{
	autofree char *typed = xstrdup(browser->base.menu.prompt.text.text);
	drop_entries(browser);
	if (window->error[0])
		add_entry(browser, xstrdup("none"), xstrdup(window->error), NULL);
	else if (browser->level != OF_METRICS)
		add_entry(browser,
			browser->level == OF_LABELS ? xstrdup("all of it")
						    : xasprintf("by %s", browser->label),
			query_of(browser, browser->label, NULL), NULL);
	for (size_t i = 0; i < window->points.series_count; i++) {
		const struct msg_points *name = &window->points.series[i];
		if (!name->unit[0])
			add_name(browser, name);
	}
	if (window->points.left)
		add_entry(browser, xstrdup("..."),
			xasprintf("%llu more, not told", (unsigned long long)window->points.left),
			NULL);
	browser->is_long |= window->points.left || window->error[0];
	browser->title = title_of(browser, window);
	menu_init(&browser->base.menu, browser->title, browser->entries, browser->count);
	browser->base.menu.searching = true;
	prompt_set(&browser->base.menu.prompt, typed);
	menu_filter(&browser->base.menu);
}

void browser_turn(struct app *app)
{
	static char store[] = "metrics", of_metrics[] = "__name__", of_labels[] = "";
	if (!app->overlay || app->overlay->ops != &ops)
		return;
	struct browser *browser = (struct browser *)app->overlay;
	const struct window *window = &app->windows[WINDOW_NAMES];
	char *typed = browser->base.menu.prompt.text.text;
	char *names[2] = {browser->level == OF_METRICS  ? of_metrics
			  : browser->level == OF_LABELS ? of_labels
							: browser->label,
		typed};
	struct msg_win_open wish = {.store = store,
		.filter = browser->metric,
		.names = names,
		.names_count = browser->is_long && typed[0] ? 2 : 1};
	parts_ask(app, WINDOW_NAMES, ALL_ENGINES, &wish);
	if (!window->asked || !window->answered || window->change == browser->change)
		return;
	browser->change = window->change;
	fill(browser, window);
}

static void open_level(
	struct app *app, enum level level, const char *metric, const char *type, const char *label)
{
	struct browser *browser = xcalloc(1, sizeof(*browser));
	*browser = (struct browser){.base.overlay = {.ops = &ops, .scope = SCOPE_PROMPT},
		.level = level,
		.metric = xstrdup(metric),
		.type = xstrdup(type),
		.label = label ? xstrdup(label) : NULL,
		.title = xstrdup("asking the engine ...")};
	menu_init(&browser->base.menu, browser->title, NULL, 0);
	browser->base.menu.searching = true;
	app_push(app, &browser->base.overlay);
}

void browser_open(struct app *app)
{
	open_level(app, OF_METRICS, "", "", NULL);
}

/* ---- keys ---- */

static const char *type_of(const struct window *window, const char *metric)
{
	for (size_t i = 0; i < window->points.series_count; i++)
		if (strcmp(window->points.series[i].name, metric) == 0)
			return window->points.series[i].type;
	return "";
}

static void enter(struct app *app, struct overlay *overlay)
{
	struct browser *browser = (struct browser *)overlay;
	const struct menu_entry *entry = menu_chosen(&browser->base.menu);
	if (!entry || app->windows[WINDOW_NAMES].error[0] || strcmp(entry->title, "...") == 0)
		return;
	bool is_first = entry == browser->entries;
	if (browser->level == OF_METRICS)
		open_level(app, OF_LABELS, entry->title,
			type_of(&app->windows[WINDOW_NAMES], entry->title), NULL);
	else if (is_first)
		chart(app, browser, browser->label, NULL);
	else if (browser->level == OF_LABELS)
		open_level(app, OF_VALUES, browser->metric, browser->type, entry->title);
	else
		chart(app, browser, browser->label, entry->title);
}

static const struct overlay_ops ops = {.free = free_browser,
	.draw = menu_overlay_draw,
	.prompt = menu_overlay_prompt,
	.changed = menu_overlay_changed,
	.step = menu_overlay_step,
	.recall = menu_overlay_step,
	.enter = enter};
