/* SPDX-License-Identifier: MIT */
#include "tui/cli/list.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/width.h"

struct item {
	const void *body;
	size_t engine;
	uint64_t severity;
};

struct chosen {
	struct item *items;
	size_t count;
	const struct list_view *view;
	const struct cli *cli;
};

static int compare(const void *a, const void *b, void *context)
{
	const struct chosen *chosen = context;
	const struct list_view *view = chosen->view;
	const struct item *left = a, *right = b;
	const void *one = left->body, *two = right->body;
	if (view->order)
		return view->order(one, cli_now_ms(chosen->cli, left->engine), two,
			cli_now_ms(chosen->cli, right->engine));
	if (left->severity != right->severity)
		return left->severity > right->severity ? -1 : 1;
	int order = view->tie     ? view->tie(one, two)
		    : view->label ? strcmp(view->label(one), view->label(two))
				  : 0;
	return order ? order : (left->engine > right->engine) - (left->engine < right->engine);
}

static void sort(struct chosen *chosen)
{
	if (chosen->count)
		qsort_r(chosen->items, chosen->count, sizeof(*chosen->items), compare, chosen);
}

static bool answers_to(const struct list_view *view, const void *body, const char *word)
{
	if (view->answers_to && view->answers_to(body, word))
		return true;
	return strcmp(view->label(body), word) == 0;
}

static bool wanted(const struct list_view *view, const void *body, int argc, char **argv)
{
	if (argc <= 1 || !view->label)
		return true;
	for (int i = 1; i < argc; i++)
		if (answers_to(view, body, argv[i]))
			return true;
	return false;
}

static struct item item_of(
	const struct cli *cli, const struct list_view *view, const void *body, size_t engine)
{
	const struct model *model = cli->engines[engine].model;
	return (struct item){.body = body,
		.engine = engine,
		.severity =
			view->severity ? view->severity(model, body, cli_now_ms(cli, engine)) : 0};
}

static void choose(
	struct cli *cli, const struct list_view *view, int argc, char **argv, struct chosen *ret)
{
	size_t count, room = 0;
	*ret = (struct chosen){.view = view, .cli = cli};
	for (size_t engine = 0; engine < cli->engine_count; engine++) {
		const void *const *all = model_list(cli->engines[engine].model, view->kind, &count);
		for (size_t i = 0; i < count && cli_takes(cli, engine); i++) {
			if (!wanted(view, all[i], argc, argv))
				continue;
			ret->items = grow(ret->items, ret->count, &room, sizeof(*ret->items));
			ret->items[ret->count++] = item_of(cli, view, all[i], engine);
		}
	}
	sort(ret);
}

/* What the chosen sums are made of: all of their engine. */
static void choose_parts(struct cli *cli, const struct chosen *sums, struct chosen *ret)
{
	const struct list_view *view = sums->view;
	size_t room = 0;
	*ret = (struct chosen){.view = view->parts, .cli = cli};
	for (size_t i = 0; view->parts && i < sums->count; i++) {
		size_t engine = sums->items[i].engine, count;
		if (!view->is_sum(sums->items[i].body))
			continue;
		const void *const *all =
			model_list(cli->engines[engine].model, view->parts->kind, &count);
		for (size_t p = 0; p < count; p++) {
			ret->items = grow(ret->items, ret->count, &room, sizeof(*ret->items));
			ret->items[ret->count++] = item_of(cli, view->parts, all[p], engine);
		}
	}
	sort(ret);
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

static char *cell_text(
	const struct cli *cli, const struct list_column *column, const struct item *item)
{
	struct str text = STR_INIT;
	column->cell(
		cli->engines[item->engine].model, item->body, cli_now_ms(cli, item->engine), &text);
	if (!text.length)
		str_addch(&text, '-');
	return str_detach(&text);
}

/* Of several engines the second column says whose a row is. */
static char *text_of(const struct cli *cli, const struct chosen *chosen, size_t row, size_t column)
{
	const struct list_view *view = chosen->view;
	bool many = cli_is_many(cli);
	size_t own = many && column > 1 ? column - 1 : column;
	bool is_host = many && column == 1;
	if (row == 0)
		return xstrdup(is_host ? "HOST" : view->columns[own].title);
	const struct item *item = &chosen->items[row - 1];
	return is_host ? xstrdup(cli->engines[item->engine].name)
		       : cell_text(cli, &view->columns[own], item);
}

static const struct list_column *column_of(
	const struct cli *cli, const struct list_view *view, size_t column)
{
	static const struct list_column host = {"HOST", false, NULL};
	if (!cli_is_many(cli) || column == 0)
		return &view->columns[column];
	return column == 1 ? &host : &view->columns[column - 1];
}

static void print_table(const struct cli *cli, const struct chosen *chosen, struct str *out)
{
	size_t columns = chosen->view->column_count + cli_is_many(cli), rows = chosen->count;
	char **cells = xcalloc(columns * (rows + 1), sizeof(*cells));
	size_t *widths = xcalloc(columns, sizeof(*widths));
	for (size_t c = 0; c < columns; c++)
		for (size_t r = 0; r <= rows; r++) {
			char *text = text_of(cli, chosen, r, c);
			size_t width = (size_t)text_width(text, strlen(text));
			widths[c] = width > widths[c] ? width : widths[c];
			cells[r * columns + c] = text;
		}
	for (size_t r = 0; r <= rows; r++) {
		for (size_t c = 0; c < columns; c++)
			add_cell(out, column_of(cli, chosen->view, c), cells[r * columns + c],
				widths[c], c + 1 == columns);
		str_addch(out, '\n');
	}
	for (size_t i = 0; i < columns * (rows + 1); i++)
		free(cells[i]);
	free(cells);
	free(widths);
}

/* Behind the brace that opened at `start`: whose it is, of several engines. */
static void insert_host(const struct cli *cli, size_t engine, struct str *out, size_t start)
{
	autostr struct str words = STR_INIT;
	if (!cli_is_many(cli))
		return;
	cli_add_host(cli, engine, &words);
	str_insert(out, start + 1, words.text, words.length);
}

/* A bot has a field of that name already. */
static void add_item_json(
	struct cli *cli, enum msg_kind kind, const struct item *item, struct str *out)
{
	size_t start = out->length;
	if (kind == MSG_bot && cli_is_many(cli)) {
		struct msg_bot bot = *(const struct msg_bot *)item->body;
		bot.host = cli->engines[item->engine].name;
		msg_json(kind, &bot, out);
		return;
	}
	msg_json(kind, item->body, out);
	insert_host(cli, item->engine, out, start);
}

static void add_engine_json(const struct cli *cli, size_t engine, struct str *out)
{
	const struct msg_engine *found = model_engine(cli->engines[engine].model);
	size_t start = out->length;
	if (found)
		msg_json(MSG_engine, found, out);
	else if (cli_is_many(cli))
		str_adds(out, "{\"error\":\"not reached\"}");
	else
		str_adds(out, "null");
	insert_host(cli, engine, out, start);
}

static void print_jsonl(struct cli *cli, const struct chosen *chosen, struct str *out)
{
	for (size_t i = 0; i < chosen->count; i++) {
		size_t start = out->length;
		add_item_json(cli, chosen->view->kind, &chosen->items[i], out);
		str_insert(out, start + 1, "\"v\":1,", strlen("\"v\":1,"));
		str_addch(out, '\n');
	}
}

static void add_list_json(struct cli *cli, const struct chosen *chosen, struct str *out)
{
	str_addf(out, "\"%s\":[", chosen->view->name);
	for (size_t i = 0; i < chosen->count; i++) {
		str_adds(out, i ? "," : "");
		add_item_json(cli, chosen->view->kind, &chosen->items[i], out);
	}
	str_addch(out, ']');
}

static void print_json(
	struct cli *cli, const struct chosen *chosen, const struct chosen *parts, struct str *out)
{
	str_adds(out, "{\"v\":1,");
	add_list_json(cli, chosen, out);
	if (parts->view) {
		str_addch(out, ',');
		add_list_json(cli, parts, out);
	}
	str_adds(out, cli_is_many(cli) ? ",\"engines\":[" : ",\"engine\":");
	for (size_t i = 0; i < cli->engine_count; i++) {
		str_adds(out, i ? "," : "");
		add_engine_json(cli, i, out);
	}
	str_adds(out, cli_is_many(cli) ? "]}\n" : "}\n");
}

static int verdict(const struct chosen *chosen)
{
	for (size_t i = 0; i < chosen->count && chosen->view->severity; i++)
		if (chosen->items[i].severity >= SEVERITY_WARN)
			return CLI_UNHEALTHY;
	for (size_t i = 0; i < chosen->count && chosen->view->severity; i++)
		if (chosen->items[i].severity == SEVERITY_UNKNOWN)
			return CLI_UNKNOWN;
	return CLI_OK;
}

static bool all_found(const struct chosen *chosen, int argc, char **argv)
{
	bool found = true;
	for (int i = 1; i < argc; i++) {
		bool here = false;
		for (size_t b = 0; b < chosen->count; b++)
			here |= answers_to(chosen->view, chosen->items[b].body, argv[i]);
		if (!here)
			found = cli_say(false, "no '%s' among the %s", argv[i], chosen->view->name);
	}
	return found;
}

static void print(
	struct cli *cli, const struct chosen *chosen, const struct chosen *parts, struct str *out)
{
	if (cli->jsonl)
		print_jsonl(cli, chosen, out);
	else if (cli->json)
		print_json(cli, chosen, parts, out);
	else
		print_table(cli, chosen, out);
	if (cli->json || cli->jsonl || !parts->count)
		return;
	str_addch(out, '\n');
	print_table(cli, parts, out);
}

int list_run(struct cli *cli, const struct list_view *view, int argc, char **argv)
{
	struct chosen chosen, parts;
	autostr struct str out = STR_INIT;
	for (int i = 1; i < argc; i++)
		if (argv[i][0] == '-' || !view->label)
			return argv[i][0] == '-' ? cli_refuse(argv[0], argv[i])
						 : cli_say(CLI_USAGE, "%s takes no names", argv[0]);
	choose(cli, view, argc, argv, &chosen);
	int status = !view->label || all_found(&chosen, argc, argv) ? verdict(&chosen) : CLI_USAGE;
	choose_parts(cli, &chosen, &parts);
	print(cli, &chosen, &parts, &out);
	(void)cli_put(&out);
	free(chosen.items);
	free(parts.items);
	return status;
}
