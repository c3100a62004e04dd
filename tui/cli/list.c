/* SPDX-License-Identifier: MIT */
#include "tui/cli/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/width.h"

struct chosen {
	const void **bodies;
	size_t count;
	const struct list_view *view;
};

static int compare(const void *a, const void *b, void *context)
{
	const struct list_view *view = context;
	const void *one = *(const void *const *)a, *two = *(const void *const *)b;
	if (view->severity && view->severity(one) != view->severity(two))
		return view->severity(one) > view->severity(two) ? -1 : 1;
	return view->label ? strcmp(view->label(one), view->label(two)) : 0;
}

static bool wanted(const struct list_view *view, const void *body, int argc, char **argv)
{
	if (argc <= 1 || !view->label)
		return true;
	for (int i = 1; i < argc; i++)
		if (strcmp(view->label(body), argv[i]) == 0)
			return true;
	return false;
}

static void choose(
	struct cli *cli, const struct list_view *view, int argc, char **argv, struct chosen *ret)
{
	size_t count;
	const void *const *all = model_list(cli->model, view->kind, &count);
	*ret = (struct chosen){.bodies = xcalloc(count, sizeof(*all)), .view = view};
	for (size_t i = 0; i < count; i++)
		if (wanted(view, all[i], argc, argv))
			ret->bodies[ret->count++] = all[i];
	qsort_r(ret->bodies, ret->count, sizeof(*ret->bodies), compare, (void *)(uintptr_t)view);
}

static void add_cell(struct str *line, const struct list_column *column, const char *text,
	size_t width, bool last)
{
	size_t used = (size_t)text_width(text, strlen(text)), pad = width > used ? width - used : 0;
	if (column->right)
		str_addf(line, "%*s", (int)pad, "");
	str_adds(line, text);
	if (!last)
		str_addf(line, "%*s", (int)(column->right ? 2 : pad + 2), "");
}

static char *cell_text(const struct list_column *column, const void *body, int64_t now_ms)
{
	struct str text = STR_INIT;
	column->cell(body, now_ms, &text);
	if (!text.length)
		str_addch(&text, '-');
	return str_detach(&text);
}

static void print_table(const struct chosen *chosen, int64_t now_ms, struct str *out)
{
	const struct list_view *view = chosen->view;
	size_t columns = view->column_count, rows = chosen->count;
	char **cells = xcalloc(columns * (rows + 1), sizeof(*cells));
	size_t *widths = xcalloc(columns, sizeof(*widths));
	for (size_t c = 0; c < columns; c++)
		for (size_t r = 0; r <= rows; r++) {
			char *text = r ? cell_text(&view->columns[c], chosen->bodies[r - 1], now_ms)
				       : xstrdup(view->columns[c].title);
			size_t width = (size_t)text_width(text, strlen(text));
			widths[c] = width > widths[c] ? width : widths[c];
			cells[r * columns + c] = text;
		}
	for (size_t r = 0; r <= rows; r++) {
		for (size_t c = 0; c < columns; c++)
			add_cell(out, &view->columns[c], cells[r * columns + c], widths[c],
				c + 1 == columns);
		str_addch(out, '\n');
	}
	for (size_t i = 0; i < columns * (rows + 1); i++)
		free(cells[i]);
	free(cells);
	free(widths);
}

static void print_json(struct cli *cli, const struct chosen *chosen, struct str *out)
{
	if (!cli->jsonl)
		str_addf(out, "{\"v\":1,\"%s\":[", chosen->view->name);
	for (size_t i = 0; i < chosen->count; i++) {
		if (!cli->jsonl && i)
			str_addch(out, ',');
		size_t start = out->length;
		msg_json(chosen->view->kind, chosen->bodies[i], out);
		if (cli->jsonl) {
			str_insert(out, start + 1, "\"v\":1,", strlen("\"v\":1,"));
			str_addch(out, '\n');
		}
	}
	if (cli->jsonl)
		return;
	str_adds(out, "],\"engine\":");
	const struct msg_engine *engine = model_engine(cli->model);
	if (engine)
		msg_json(MSG_engine, engine, out);
	else
		str_adds(out, "null");
	str_adds(out, "}\n");
}

static int verdict(const struct chosen *chosen)
{
	for (size_t i = 0; i < chosen->count && chosen->view->severity; i++)
		if (chosen->view->severity(chosen->bodies[i]) >= SEVERITY_WARN)
			return CLI_UNHEALTHY;
	for (size_t i = 0; i < chosen->count && chosen->view->severity; i++)
		if (chosen->view->severity(chosen->bodies[i]) == SEVERITY_UNKNOWN)
			return CLI_UNKNOWN;
	return CLI_OK;
}

static bool all_found(const struct chosen *chosen, int argc, char **argv)
{
	bool found = true;
	for (int i = 1; i < argc; i++) {
		bool here = false;
		for (size_t b = 0; b < chosen->count; b++)
			here |= strcmp(chosen->view->label(chosen->bodies[b]), argv[i]) == 0;
		if (!here)
			found = cli_say(false, "no '%s' among the %s", argv[i], chosen->view->name);
	}
	return found;
}

int list_run(struct cli *cli, const struct list_view *view, int argc, char **argv)
{
	struct chosen chosen;
	autostr struct str out = STR_INIT;
	for (int i = 1; i < argc; i++)
		if (argv[i][0] == '-' || !view->label)
			return argv[i][0] == '-' ? cli_refuse(argv[0], argv[i])
						 : cli_say(CLI_USAGE, "%s takes no names", argv[0]);
	choose(cli, view, argc, argv, &chosen);
	int status = !view->label || all_found(&chosen, argc, argv) ? verdict(&chosen) : CLI_USAGE;
	if (cli->json || cli->jsonl)
		print_json(cli, &chosen, &out);
	else
		print_table(&chosen, cli_now_ms(cli), &out);
	if (!cli_put(&out) && errno != EPIPE)
		status = cli_say(CLI_FAILURE, "cannot write: %s", strerror(errno));
	free(chosen.bodies);
	return status;
}
