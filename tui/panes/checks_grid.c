/* SPDX-License-Identifier: MIT */
#include "tui/panes/checks.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/width.h"

/* One check on its way into the grid. */
struct entry {
	uint64_t id;
	char *name, *row, *column;
};

struct entries {
	struct entry *list;
	size_t count;
};

/* ---- what a check is of, and what it looks at ---- */

static const char *behind_scheme(const char *url)
{
	const char *host = strstr(url, "://");
	return host ? host + 3 : url;
}

static char *host_of(const char *url)
{
	const char *host = behind_scheme(url);
	return xstrndup(host, strcspn(host, "/?#"));
}

static char *path_of(const char *url)
{
	const char *host = behind_scheme(url), *path = host + strcspn(host, "/?#");
	return xstrdup(*path == '/' ? path : "/");
}

static bool is_joint(char sign)
{
	return sign && strchr("-_.:/", sign);
}

/* orders-db of the bot orders is its db, and so is db-orders; what is called like the bot is its page. */
static char *part_of(const struct msg_check *check)
{
	size_t name = strlen(check->name), bot = strlen(check->bot);
	if (strcmp(check->name, check->bot) == 0)
		return path_of(check->url);
	if (name > bot + 1 && strncmp(check->name, check->bot, bot) == 0 &&
		is_joint(check->name[bot]))
		return xstrdup(check->name + bot + 1);
	if (name > bot + 1 && strcmp(check->name + name - bot, check->bot) == 0 &&
		is_joint(check->name[name - bot - 1]))
		return xstrndup(check->name, name - bot - 1);
	return xstrdup(check->name);
}

static char *joined(const char *host, const char *name)
{
	return xasprintf("%s%s%s", host, host[0] ? "/" : "", name);
}

static void take(struct entry *entry, const struct msg_check *check, const char *host)
{
	autofree char *row = check->bot[0] ? xstrdup(check->bot) : host_of(check->url);
	entry->id = check->id;
	entry->name = joined(host, check->name);
	entry->row = joined(host, row);
	entry->column = check->bot[0] ? part_of(check) : path_of(check->url);
}

static void release(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		free(entries->list[i].name);
		free(entries->list[i].row);
		free(entries->list[i].column);
	}
	free(entries->list);
}

/* ---- by name ---- */

/* page-2 before page-10. */
static int by_name(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = strverscmp(a->name, b->name);
	return order ? order : (a->id > b->id) - (a->id < b->id);
}

static int wider(int cells, const char *text)
{
	int width = (int)text_width(text, strlen(text));
	return width > cells ? width : cells;
}

static void fill_names(struct check_grid *grid, struct entries *entries)
{
	qsort(entries->list, entries->count, sizeof(*entries->list), by_name);
	grid->count = entries->count;
	grid->ids = xcalloc(entries->count + 1, sizeof(*grid->ids));
	grid->names = xcalloc(entries->count + 1, sizeof(*grid->names));
	for (size_t i = 0; i < entries->count; i++) {
		grid->ids[i] = entries->list[i].id;
		grid->names[i] = xstrdup(entries->list[i].name);
		grid->name_cells = wider(grid->name_cells, grid->names[i]);
	}
}

/* ---- crossed ---- */

static int by_text(const void *left, const void *right)
{
	return strverscmp(*(char *const *)left, *(char *const *)right);
}

/* Each text once, in order; the caller frees the list and the texts. */
static size_t distinct(
	const struct entries *entries, size_t offset, char ***ret_texts, int *ret_cells)
{
	char **texts = xcalloc(entries->count + 1, sizeof(*texts));
	size_t kept = 0;
	for (size_t i = 0; i < entries->count; i++)
		texts[i] = *(char **)(void *)((char *)&entries->list[i] + offset);
	qsort(texts, entries->count, sizeof(*texts), by_text);
	for (size_t i = 0; i < entries->count; i++)
		if (i == 0 || strcmp(texts[i], texts[kept - 1]) != 0)
			texts[kept++] = texts[i];
	for (size_t i = 0; i < kept; i++) {
		texts[i] = xstrdup(texts[i]);
		*ret_cells = wider(*ret_cells, texts[i]);
	}
	*ret_texts = texts;
	return kept;
}

static size_t place_of(char *const *texts, size_t count, const char *text)
{
	char *const *found = bsearch(&text, texts, count, sizeof(*texts), by_text);
	return (size_t)(found - texts);
}

/* NULL: two checks would share a cell. */
static uint64_t *cells_of(const struct check_grid *grid, const struct entries *entries)
{
	uint64_t *cells = xcalloc(grid->rows * grid->columns, sizeof(*cells));
	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *entry = &entries->list[i];
		size_t row = place_of(grid->row_names, grid->rows, entry->row);
		size_t column = place_of(grid->column_names, grid->columns, entry->column);
		uint64_t *cell = &cells[row * grid->columns + column];
		if (*cell) {
			free(cells);
			return NULL;
		}
		*cell = entry->id;
	}
	return cells;
}

static void free_texts(char ***texts, size_t count)
{
	for (size_t i = 0; *texts && i < count; i++)
		free((*texts)[i]);
	free(*texts);
	*texts = NULL;
}

static void uncross(struct check_grid *grid)
{
	free_texts(&grid->row_names, grid->rows);
	free_texts(&grid->column_names, grid->columns);
	grid->rows = grid->columns = 0;
	grid->row_cells = grid->column_cells = 0;
}

/* Half of the cells at least are filled. */
static bool is_worth_it(const struct check_grid *grid)
{
	return grid->rows > 1 && grid->columns > 1 && grid->columns <= CHECK_COLUMNS_MAX &&
	       2 * grid->count >= grid->rows * grid->columns;
}

/* The grid is a released one. */
static void fill_cross(struct check_grid *grid, const struct entries *entries)
{
	grid->cells = NULL;
	grid->rows =
		distinct(entries, offsetof(struct entry, row), &grid->row_names, &grid->row_cells);
	grid->columns = distinct(
		entries, offsetof(struct entry, column), &grid->column_names, &grid->column_cells);
	grid->cells = is_worth_it(grid) ? cells_of(grid, entries) : NULL;
	if (!grid->cells)
		uncross(grid);
}

/* ---- all of it ---- */

void check_grid_release(struct check_grid *grid)
{
	uncross(grid);
	free(grid->cells);
	free_texts(&grid->names, grid->count);
	free(grid->ids);
	*grid = (struct check_grid){.count = 0};
}

/* An id says name and bot; the URL decides over the form, too. FNV-1a. */
static uint64_t print_of(
	const struct msg_check *const *checks, size_t count, check_host *host, const void *context)
{
	uint64_t print = UINT64_C(14695981039346656037) ^ count;
	for (size_t i = 0; i < count; i++) {
		print = (print ^ checks[i]->id) * UINT64_C(1099511628211);
		for (const char *at = checks[i]->url; *at; at++)
			print = (print ^ (unsigned char)*at) * UINT64_C(1099511628211);
		for (const char *at = host(context, checks[i]->id); *at; at++)
			print = (print ^ (unsigned char)*at) * UINT64_C(1099511628211);
	}
	return print;
}

void check_grid_make(struct check_grid *grid, const struct msg_check *const *checks, size_t count,
	check_host *host, const void *context)
{
	uint64_t print = print_of(checks, count, host, context);
	if (grid->names && grid->print == print && grid->count == count)
		return;
	check_grid_release(grid);
	struct entries entries = {xcalloc(count + 1, sizeof(*entries.list)), count};
	for (size_t i = 0; i < count; i++)
		take(&entries.list[i], checks[i], host(context, checks[i]->id));
	fill_names(grid, &entries);
	fill_cross(grid, &entries);
	grid->print = print;
	release(&entries);
}
