/* SPDX-License-Identifier: MIT */
/* All dashboards: the shipped ones, which are in the program, and the operator's own. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/arena.h"
#include "core/conf/dashboard.h"

#include "dashboards.inc" /* struct shipped shipped[] */

const char *dashboard_shipped(size_t index, const char **ret_name, size_t *ret_length)
{
	if (index >= COUNT_OF(shipped))
		return NULL;
	*ret_name = shipped[index].name;
	*ret_length = shipped[index].length;
	return shipped[index].text;
}

static void add_shipped(struct dashboards *to)
{
	const char *name, *text;
	size_t length;
	for (size_t i = 0; (text = dashboard_shipped(i, &name, &length)); i++) {
		autofree char *path = xasprintf("%s.yaml", name);
		struct err err;
		struct dashboard *dashboard;
		if (!dashboard_parse(path, text, length, &dashboard, NULL, &err)) {
			fprintf(stderr, "config/dashboards/%s: %s\n", path, err.text);
			abort(); /* ours is wrong, not theirs */
		}
		dashboard->path = "";
		to->list[to->count++] = dashboard;
	}
}

/* One that cannot be read stands there with its error. */
static struct dashboard *read_own(const char *path)
{
	autostr struct str report = STR_INIT;
	struct dashboard *dashboard;
	struct err err = {.code = ERR_NONE};
	if (dashboard_read(path, &dashboard, &report, &err))
		return dashboard;
	static const char nothing[] =
		"title: x\nrows: [{panels: [{title: x, queries: [{expr: x}]}]}]";
	struct err ignored;
	if (!dashboard_parse(path, nothing, sizeof(nothing) - 1, &dashboard, NULL, &ignored))
		abort();
	dashboard->title = "cannot be read";
	dashboard->row_count = dashboard->panel_count = 0;
	dashboard->error = arena_text(dashboard->arena, report.length ? report.text : err.text);
	return dashboard;
}

static void put(struct dashboards *to, struct dashboard *dashboard)
{
	size_t at = 0;
	while (at < to->count && strcmp(to->list[at]->name, dashboard->name) != 0)
		at++;
	if (at < to->count)
		dashboard_free(to->list[at]);
	else
		to->count++;
	to->list[at] = dashboard;
}

static int is_yaml(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');
	return entry->d_name[0] != '.' && dot && strcmp(dot, ".yaml") == 0;
}

static void add_own(struct dashboards *to, const char *config_path)
{
	const char *slash = strrchr(config_path, '/');
	autofree char *folder = xasprintf(
		"%.*sdashboards", slash ? (int)(slash - config_path) + 1 : 0, config_path);
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_yaml, alphasort);
	for (int i = 0; i < count; i++) {
		autofree char *path = xasprintf("%s/%s", folder, entries[i]->d_name);
		if (to->count < DASHBOARDS_MAX)
			put(to, read_own(path));
		free(entries[i]);
	}
	free(entries);
}

struct dashboards *dashboards_load(const char *config_path)
{
	struct dashboards *all = xcalloc(1, sizeof(*all));
	all->list = xcalloc(DASHBOARDS_MAX, sizeof(*all->list));
	add_shipped(all);
	if (config_path)
		add_own(all, config_path);
	return all;
}

void dashboards_free(struct dashboards *dashboards)
{
	if (!dashboards)
		return;
	for (size_t i = 0; i < dashboards->count; i++)
		dashboard_free(dashboards->list[i]);
	free(dashboards->list);
	free(dashboards);
}
