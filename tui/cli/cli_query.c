/* SPDX-License-Identifier: MIT */
/* botswain query: what PromQL says of the metrics, at a moment or over a span (query_print.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/figures.h"
#include "tui/cli/cli.h"
#include "tui/cli/query_print.h"
#include "tui/window.h"

enum { POINTS_MAX = 11000, USUAL_POINTS = 60 };

struct asked {
	const char *query, *figure;
	struct figures *figures;
	char *filled; /* what the engine is asked */
	int64_t now_ms, from_ms, to_ms, step_ms;
	bool is_range, is_own, is_metadata;
	struct window window;
};

/* ---- times ---- */

/* now, 15m (so long ago), a time, or seconds since 1970. */
static bool read_time(const char *option, const char *text, int64_t now_ms, int64_t *ret_ms)
{
	struct err err = {.code = ERR_NONE};
	int64_t ago_ms;
	double seconds;
	size_t length = strlen(text);
	if (!length || strcmp(text, "now") == 0)
		*ret_ms = now_ms;
	else if (parse_duration(text, &ago_ms, &err))
		*ret_ms = now_ms - ago_ms;
	else if (parse_double(text, length, &seconds) && seconds > 0 && seconds < 1e12)
		*ret_ms = (int64_t)(seconds * 1000);
	else if (parse_rfc3339(text, length, ret_ms, NULL) != length)
		return cli_say(false,
			"%s takes a time (2026-11-20T10:00:00Z), seconds since 1970, now, or how "
			"long "
			"ago (15m); not '%s'",
			option, text);
	return true;
}

static bool take_at(struct asked *asked, const char *value)
{
	return read_time("--at", value, asked->now_ms, &asked->to_ms);
}

static bool take_range(struct asked *asked, const char *value)
{
	const char *dots = strstr(value, "..");
	autofree char *from = xstrndup(value, dots ? (size_t)(dots - value) : strlen(value));
	asked->is_range = true;
	if (!read_time("--range", from, asked->now_ms, &asked->from_ms) ||
		!read_time("--range", dots ? dots + 2 : "now", asked->now_ms, &asked->to_ms))
		return false;
	return asked->from_ms < asked->to_ms ||
	       cli_say(false, "--range takes A..B with A before B; not '%s'", value);
}

static bool take_step(struct asked *asked, const char *value)
{
	struct err err = {.code = ERR_NONE};
	if (!parse_duration(value, &asked->step_ms, &err) || asked->step_ms <= 0)
		return cli_say(false, "--step takes a time as 30s; not '%s'", value);
	return true;
}

static bool take_figure(struct asked *asked, const char *value)
{
	asked->figure = value;
	return true;
}

static const struct {
	const char *name;
	bool (*take)(struct asked *asked, const char *value);
} options[] = {{"--at", take_at}, {"--range", take_range}, {"--step", take_step},
	{"--figure", take_figure}};

static bool read_word(struct asked *asked, int argc, char **argv, int *at)
{
	const char *word = argv[*at];
	for (size_t i = 0; i < COUNT_OF(options); i++) {
		if (strcmp(options[i].name, word) != 0)
			continue;
		if (++*at == argc)
			return cli_say(false, "%s needs a value", word);
		return options[i].take(asked, argv[*at]);
	}
	bool is_own = strcmp(word, "--own") == 0, is_metadata = strcmp(word, "--metadata") == 0;
	asked->is_own |= is_own;
	asked->is_metadata |= is_metadata;
	if (is_own || is_metadata)
		return true;
	if (word[0] == '-' && word[1] == '-' && word[2])
		return cli_refuse("query", word) == CLI_OK;
	if (asked->query || asked->figure)
		return cli_say(false,
			"one expression is asked for at a time, in quotes; '%s' is one more", word);
	asked->query = word;
	return true;
}

static bool read_words(struct asked *asked, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			continue;
		if (!read_word(asked, argc, argv, &i))
			return false;
	}
	if (asked->is_metadata && (asked->is_range || asked->to_ms != asked->now_ms))
		return cli_say(false, "--metadata is of now: it takes no time");
	if (!asked->query && !asked->figure && !asked->is_metadata)
		return cli_say(
			false, "query needs an expression, as 'rate(bot_updates_total[5m])'");
	if (asked->step_ms && !asked->is_range)
		return cli_say(false, "--step goes with --range A..B");
	if (asked->is_range && !asked->step_ms)
		asked->step_ms = (asked->to_ms - asked->from_ms) / USUAL_POINTS + 1;
	return true;
}

/* ---- asking ---- */

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

static void send(struct cli *cli, struct asked *asked, struct msg_win_open *open)
{
	open->window = WINDOW_CHART;
	open->generation = ++asked->window.wish.generation;
	asked->window.asked = true;
	asked->window.answered = false;
	client_send(cli->client, MSG_win_open, open);
}

/* Of all metrics, or of those whose name holds the word. */
static void ask_metadata(struct cli *cli, struct asked *asked)
{
	char *names[] = {(char *)(uintptr_t) "__name__",
		(char *)(uintptr_t)(asked->query ? asked->query : "")};
	struct msg_win_open open = {
		.store = (char *)(uintptr_t) "metrics", .names = names, .names_count = 2};
	send(cli, asked, &open);
}

static void ask(struct cli *cli, struct asked *asked)
{
	struct msg_win_open open = {.store = (char *)(uintptr_t) "query",
		.filter = asked->filled,
		.from_ms = asked->from_ms,
		.to_ms = asked->to_ms,
		.step_ms = asked->step_ms,
		.own = asked->is_own,
		.columns = asked->is_range ? POINTS_MAX : 0};
	send(cli, asked, &open);
}

/* Of the engine that is spoken to. */
static int run_one(struct cli *cli, struct asked *asked, struct str *out)
{
	const struct msg_win_points *points = &asked->window.points;
	if (asked->is_metadata)
		ask_metadata(cli, asked);
	else
		ask(cli, asked);
	if (!cli_until(cli, has_come, cli->wait_ms))
		return cli_unknown(cli, "the query was not answered in time: --wait 30s waits "
					"longer");
	if (asked->window.error && asked->window.error[0])
		return query_print_error(asked->filled, asked->window.error, points);
	const char *host = cli_is_many(cli) ? cli->engines[cli->current].name : "";
	for (size_t i = 0; i < points->notes_count; i++)
		(void)cli_say(CLI_OK, "%s", points->notes[i]);
	if (asked->is_metadata)
		(cli->json || cli->jsonl ? query_metadata_json : query_metadata_text)(
			points, host, out);
	else if (cli->json || cli->jsonl)
		query_print_json(points, host, out);
	else
		query_print_text(points, host, out);
	return CLI_OK;
}

/* Of each engine one answer, behind the other. */
static int run_all(struct cli *cli, struct asked *asked)
{
	autostr struct str out = STR_INIT;
	int status = CLI_USAGE;
	cli->take = take;
	cli->context = asked;
	for (size_t i = 0; i < cli->engine_count; i++) {
		if (!cli_takes(cli, i))
			continue;
		cli_use(cli, i);
		status = run_one(cli, asked, &out);
		if (status != CLI_OK)
			break;
	}
	(void)cli_put(&out);
	cli->take = NULL;
	cli->context = NULL;
	return status;
}

/* Named figures stand for what they ask, and $bot for all bots. */
static bool fill(struct asked *asked)
{
	const struct figure *figure =
		asked->figure ? figures_find(asked->figures, asked->figure) : NULL;
	if (asked->figure && !figure)
		return cli_say(
			false, "no figure '%s'; `botswain figures` lists them", asked->figure);
	asked->filled =
		figure ? figure_fill(asked->figures, figure, false, NULL, 0)
		       : figures_fill(asked->figures, asked->query ? asked->query : "", NULL, 0);
	return true;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct asked asked = {.now_ms = cli_now_ms(cli, cli->current)};
	asked.to_ms = asked.now_ms;
	if (!read_words(&asked, argc, argv))
		return CLI_USAGE;
	asked.figures = figures_new(cli->settings);
	window_init(&asked.window, WINDOW_CHART);
	int status = fill(&asked) ? run_all(cli, &asked) : CLI_USAGE;
	window_release(&asked.window);
	figures_free(asked.figures);
	free(asked.filled);
	return status;
}

extern const struct cli_command cli_query;
const struct cli_command cli_query = {.name = "query",
	.args = "[--at T | --range A..B [--step S]] [--own] EXPR|--figure NAME | --metadata [NAME] "
		"[--json]",
	.help = "what PromQL says of the metrics, now, at a time or over a span; or their types "
		"and help",
	.engine = true,
	.run = run};
