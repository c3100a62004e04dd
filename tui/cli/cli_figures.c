/* SPDX-License-Identifier: MIT */
/* botswain figures: what is named, what it asks, what is aimed at, and what each bot has of it now. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/figures.h"
#include "tui/cli/cli.h"
#include "tui/cli/query_print.h"
#include "tui/window.h"

enum { OF_QUERY, OF_BUDGET };

struct asked {
	struct window window;
	char *queries[2];
};

static void take(void *context, enum msg_kind kind, const void *body)
{
	struct cli *cli = context;
	struct asked *asked = cli->context;
	(void)window_take(&asked->window, kind, body);
}

static bool has_come(struct cli *cli)
{
	const struct asked *asked = cli->context;
	return asked->window.answered;
}

/* The engine's own store, as columns are asked of. */
static void ask(struct cli *cli, struct asked *asked)
{
	struct msg_win_open open = {.window = WINDOW_CHART,
		.generation = ++asked->window.wish.generation,
		.store = (char *)(uintptr_t) "query",
		.filter = asked->queries[OF_QUERY],
		.more = &asked->queries[OF_BUDGET],
		.more_count = asked->queries[OF_BUDGET][0] != '\0',
		.own = true};
	asked->window.asked = true;
	asked->window.answered = false;
	client_send(cli->client, MSG_win_open, &open);
}

static const char *bot_of(const struct msg_points *points)
{
	for (size_t i = 0; i < points->labels_count; i++)
		if (strcmp(points->labels[i].name, "bot") == 0)
			return points->labels[i].value;
	return "";
}

/* NAN: that bot has none. */
static double budget_of(const struct msg_win_points *points, const char *bot)
{
	for (size_t i = 0; i < points->series_count; i++)
		if (points->series[i].query == OF_BUDGET &&
			strcmp(bot_of(&points->series[i]), bot) == 0)
			return points->series[i].last;
	return NAN;
}

/* ---- printing ---- */

static const char *grade_word(const struct figure *figure, double value)
{
	static const char *const words[] = {"ok", "warn", "crit"};
	return isnan(figure->warn) && isnan(figure->crit) ? "" : words[figure_grade(figure, value)];
}

static void print_head(const struct figure *figure, struct str *out)
{
	str_addf(out, "%s", figure->name);
	if (figure->unit[0])
		str_addf(out, " (%s)", figure->unit);
	if (!isnan(figure->target))
		str_addf(out, " target %s %.6g", figure->below ? ">" : "<", figure->target);
	str_addf(out, "  %s\n", figure_query(figure));
}

static void print_values(const struct figure *figure, const struct msg_win_points *points,
	const char *host, struct str *out)
{
	for (size_t i = 0; i < points->series_count; i++) {
		const struct msg_points *series = &points->series[i];
		if (series->query != OF_QUERY)
			continue;
		double budget = budget_of(points, bot_of(series));
		str_addf(out, "  %s%s%-24s %12.6g %-4s", host, host[0] ? "/" : "", bot_of(series),
			series->last, grade_word(figure, series->last));
		if (!isnan(budget))
			str_addf(out, "  budget left %.4g", budget);
		while (out->length && out->text[out->length - 1] == ' ')
			str_truncate(out, out->length - 1);
		str_addch(out, '\n');
	}
}

static void put_number(json_t *object, const char *name, double value)
{
	if (isfinite(value))
		json_object_set_new(object, name, json_real(value));
}

static json_t *json_values(
	const struct figure *figure, const struct msg_win_points *points, const char *host)
{
	json_t *list = json_array();
	for (size_t i = 0; i < points->series_count; i++) {
		const struct msg_points *series = &points->series[i];
		if (series->query != OF_QUERY)
			continue;
		json_t *value = json_object();
		json_object_set_new(value, "bot", json_string(bot_of(series)));
		if (host[0])
			json_object_set_new(value, "host", json_string(host));
		put_number(value, "value", series->last);
		put_number(value, "budget", budget_of(points, bot_of(series)));
		if (grade_word(figure, series->last)[0])
			json_object_set_new(
				value, "grade", json_string(grade_word(figure, series->last)));
		json_array_append_new(list, value);
	}
	return list;
}

static json_t *json_figure(const struct figure *figure)
{
	json_t *object = json_object();
	json_object_set_new(object, "name", json_string(figure->name));
	json_object_set_new(object, "unit", json_string(figure->unit));
	json_object_set_new(object, "query", json_string(figure_query(figure)));
	put_number(object, "target", figure->target);
	put_number(object, "warn", figure->warn);
	put_number(object, "crit", figure->crit);
	json_object_set_new(object, "values", json_array());
	return object;
}

/* ---- one after the other ---- */

struct listing {
	const struct figures *figures;
	struct str out;
	json_t *json;        /* NULL: text */
	uint64_t generation; /* of the window, which is one for all of them */
};

static int tell_one(struct cli *cli, struct listing *listing, const struct figure *figure,
	struct asked *asked, json_t *object)
{
	const char *host = cli_is_many(cli) ? cli->engines[cli->current].name : "";
	const struct msg_win_points *points = &asked->window.points;
	ask(cli, asked);
	if (!cli_until(cli, has_come, cli->wait_ms))
		return cli_unknown(cli, "the query was not answered in time: --wait 30s waits "
					"longer");
	if (asked->window.error && asked->window.error[0])
		return query_print_error(asked->queries[points->query ? OF_BUDGET : OF_QUERY],
			asked->window.error, points);
	if (object) {
		json_t *values = json_values(figure, points, host);
		json_array_extend(json_object_get(object, "values"), values);
		json_decref(values);
	} else {
		print_values(figure, points, host, &listing->out);
	}
	return CLI_OK;
}

/* Of each engine. */
static int tell_each(struct cli *cli, struct listing *listing, const struct figure *figure,
	struct asked *asked, json_t *object)
{
	int status = CLI_OK;
	cli->take = take;
	cli->context = asked;
	for (size_t i = 0; i < cli->engine_count && status == CLI_OK; i++) {
		if (!cli_takes(cli, i))
			continue;
		cli_use(cli, i);
		status = tell_one(cli, listing, figure, asked, object);
	}
	cli->take = NULL;
	cli->context = NULL;
	return status;
}

static int tell(struct cli *cli, struct listing *listing, const struct figure *figure)
{
	struct asked asked = {.queries = {figure_fill(listing->figures, figure, false, NULL, 0),
				      figure_fill(listing->figures, figure, true, NULL, 0)}};
	json_t *object = listing->json ? json_figure(figure) : NULL;
	window_init(&asked.window, WINDOW_CHART);
	asked.window.wish.generation = listing->generation;
	if (!object)
		print_head(figure, &listing->out);
	int status = tell_each(cli, listing, figure, &asked, object);
	if (object)
		json_array_append_new(json_object_get(listing->json, "figures"), object);
	listing->generation = asked.window.wish.generation;
	window_release(&asked.window);
	free(asked.queries[OF_QUERY]);
	free(asked.queries[OF_BUDGET]);
	return status;
}

static int tell_all(struct cli *cli, struct listing *listing, int argc, char **argv)
{
	int status = CLI_OK;
	for (size_t i = 0; argc < 2 && i < listing->figures->count && status == CLI_OK; i++)
		status = tell(cli, listing, &listing->figures->list[i]);
	for (int i = 1; i < argc && status == CLI_OK; i++) {
		const struct figure *figure = figures_find(listing->figures, argv[i]);
		if (!figure)
			return cli_say(CLI_USAGE, "no figure '%s'; `botswain figures` lists them",
				argv[i]);
		status = tell(cli, listing, figure);
	}
	return status;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct figures *figures = figures_new(cli->settings);
	struct listing listing = {.figures = figures, .out = STR_INIT};
	if (cli->json || cli->jsonl) {
		listing.json = json_object();
		json_object_set_new(listing.json, "v", json_integer(1));
		json_object_set_new(listing.json, "figures", json_array());
	}
	int status = tell_all(cli, &listing, argc, argv);
	if (listing.json) {
		char *text = json_dumps(listing.json, JSON_COMPACT);
		str_addf(&listing.out, "%s\n", text ? text : "{}");
		free(text);
		json_decref(listing.json);
	}
	if (status == CLI_OK)
		(void)cli_put(&listing.out);
	str_release(&listing.out);
	figures_free(figures);
	return status;
}

extern const struct cli_command cli_figures;
const struct cli_command cli_figures = {.name = "figures",
	.args = "[NAME...] [--json]",
	.help = "named figures of the bots: what each asks, its target, and what every bot has of "
		"it",
	.engine = true,
	.run = run};
