/* SPDX-License-Identifier: MIT */
/* The engines of one command line: all are reached at the same time, and one that is not keeps nobody waiting longer. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "tui/cli/cli.h"

enum { LOOK_MS = 50 };

void cli_use(struct cli *cli, size_t engine)
{
	cli->current = engine;
	cli->client = cli->engines[engine].client;
	cli->model = cli->engines[engine].model;
}

bool cli_is_many(const struct cli *cli)
{
	return cli->engine_count > 1;
}

bool cli_takes(const struct cli *cli, size_t engine)
{
	const struct cli_engine *it = &cli->engines[engine];
	return it->client && (!cli->host || strcmp(cli->host, it->name) == 0);
}

/* ---- reaching them ---- */

static bool step(struct cli *cli, struct client_search **search, struct cli_engine *engine)
{
	struct err err = {.code = ERR_NONE};
	(void)cli;
	if (!*search)
		return true;
	enum client_search_state state =
		client_search_step(*search, clock_mono_ms(clock_real()), &engine->client, &err);
	if (state == CLIENT_SEARCHING)
		return false;
	if (state == CLIENT_NOT_FOUND)
		copy_text(engine->why, sizeof(engine->why), err.text);
	client_search_free(*search);
	*search = NULL;
	return true;
}

static void search_all(struct cli *cli, struct client_search **searches, int64_t limit_ms)
{
	int64_t end_ms = clock_mono_ms(clock_real()) + limit_ms;
	for (;;) {
		struct pollfd fds[WAYS_MAX];
		nfds_t count = 0;
		for (size_t i = 0; i < cli->engine_count; i++)
			if (!step(cli, &searches[i], &cli->engines[i]))
				fds[count++] = client_search_poll(searches[i]);
		if (!count || clock_mono_ms(clock_real()) >= end_ms)
			return;
		(void)poll(fds, count, LOOK_MS);
	}
}

static bool is_taken(const struct cli *cli, size_t below, const char *name)
{
	for (size_t i = 0; i < below; i++)
		if (strcmp(cli->engines[i].name, name) == 0)
			return true;
	return false;
}

/* That of its way; of a socket the name that its engine's fleet has. */
static void name_one(struct cli *cli, size_t index)
{
	struct cli_engine *engine = &cli->engines[index];
	char base[WAY_NAME_MAX];
	client_tunnel_name(cli->connect.list[index], base);
	if (!base[0] && engine->client)
		snprintf(base, sizeof(base), "%.*s", (int)sizeof(base) - 1,
			client_welcome(engine->client)->environment);
	if (!base[0])
		snprintf(base, sizeof(base), "engine-%zu", index + 1);
	snprintf(engine->name, sizeof(engine->name), "%s", base);
	for (int n = 2; is_taken(cli, index, engine->name); n++)
		snprintf(engine->name, sizeof(engine->name), "%s-%d", base, n);
}

static bool knows_host(const struct cli *cli)
{
	autostr struct str names = STR_INIT;
	for (size_t i = 0; i < cli->engine_count; i++) {
		str_addf(&names, "%s%s", i ? ", " : "", cli->engines[i].name);
		if (!cli->host || strcmp(cli->host, cli->engines[i].name) == 0)
			return true;
	}
	return cli_say(false, "no engine is called '%s' here; they are %s", cli->host, names.text);
}

int cli_reach_all(struct cli *cli, int64_t limit_ms)
{
	struct client_search *searches[WAYS_MAX] = {NULL};
	size_t reached = 0;
	cli->engine_count = cli->connect.count;
	for (size_t i = 0; i < cli->engine_count; i++) {
		cli->engines[i].model = model_new();
		searches[i] = client_search_new(cli->settings, cli->connect.list[i], "cli", true);
	}
	search_all(cli, searches, limit_ms);
	for (size_t i = 0; i < cli->engine_count; i++) {
		struct cli_engine *engine = &cli->engines[i];
		if (searches[i])
			snprintf(engine->why, sizeof(engine->why), "it does not answer");
		client_search_free(searches[i]);
		name_one(cli, i);
		if (engine->client)
			cli_use(cli, i);
		else
			cli_say(0, "%s: %s", engine->name, engine->why);
		reached += engine->client != NULL;
	}
	if (!knows_host(cli))
		return CLI_USAGE;
	return reached ? CLI_OK : CLI_UNKNOWN;
}

bool cli_all_reached(const struct cli *cli)
{
	for (size_t i = 0; i < cli->engine_count; i++)
		if (!cli->engines[i].client || client_state(cli->engines[i].client) == CLIENT_LOST)
			return false;
	return true;
}

bool cli_any_left(const struct cli *cli)
{
	for (size_t i = 0; i < cli->engine_count; i++)
		if (cli->engines[i].client && client_state(cli->engines[i].client) != CLIENT_LOST)
			return true;
	return false;
}

void cli_leave_all(struct cli *cli)
{
	for (size_t i = 0; i < cli->engine_count; i++) {
		client_free(cli->engines[i].client);
		model_free(cli->engines[i].model);
	}
}

/* ---- one of them ---- */

void cli_add_host(const struct cli *cli, size_t engine, struct str *to)
{
	str_adds(to, "\"host\":\"");
	for (const char *at = cli->engines[engine].name; *at; at++)
		str_addf(to, "%s%c", strchr("\"\\", *at) ? "\\" : "", *at);
	str_adds(to, "\",");
}

size_t cli_owner(const struct cli *cli, enum msg_kind kind, const char *name, const char **ret_name)
{
	const char *scope = msg_info(kind)->name, *slash = strchr(name, '/');
	autostr struct str hosts = STR_INIT;
	size_t found = 0, owner = cli->engine_count;
	*ret_name = cli_is_many(cli) && slash ? slash + 1 : name;
	uint64_t id = entity_id(scope, *ret_name);
	for (size_t i = 0; i < cli->engine_count; i++) {
		const char *host = cli->engines[i].name;
		bool named = *ret_name == name || (strlen(host) == (size_t)(slash - name) &&
							  strncmp(host, name, strlen(host)) == 0);
		if (!cli_takes(cli, i) || !named || !model_find(cli->engines[i].model, kind, id))
			continue;
		str_addf(&hosts, "%s%s", found++ ? ", " : "", host);
		owner = i;
	}
	if (found == 1)
		return owner;
	if (found)
		cli_say(0, "which %s '%s'? it is on %s: say --host", scope, name, hosts.text);
	else
		cli_say(0,
			kind == MSG_backup ? "which %s? '%s' is none of those in the configuration"
					   : "no %s '%s'; see botswain bots",
			scope, name);
	return cli->engine_count;
}

bool cli_has_bot(const struct cli *cli, const char *name)
{
	for (size_t i = 0; i < cli->engine_count; i++)
		if (cli_takes(cli, i) && model_bot(cli->engines[i].model, entity_id("bot", name)))
			return true;
	return cli_say(false, "no bot '%s'; see botswain bots", name);
}
