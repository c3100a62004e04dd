/* SPDX-License-Identifier: MIT */
/* The verbs on bots, and backup run: plan, show, run, watch the outcome. Acts only with --yes and --reason. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/cli/cli.h"

enum { ANSWER_MS = 20000 }; /* longer than the engine waits for its disk */

/* What one engine is asked to do, and what came back so far. */
struct deed {
	struct msg_plan_req request;
	struct msg_plan *plan;
	struct msg_accepted *accepted;
	uint64_t operation;
};

static void take_reply(void *context, enum msg_kind kind, const void *body)
{
	struct cli *cli = context;
	struct deed *deed = &((struct deed *)cli->context)[cli->speaker];
	if (kind == MSG_plan && !deed->plan)
		deed->plan = msg_copy(kind, body);
	else if (kind == MSG_accepted && !deed->accepted)
		deed->accepted = msg_copy(kind, body);
}

/* What is done by the engine that is spoken to. */
static const struct deed *deed_of(const struct cli *cli)
{
	return &((const struct deed *)cli->context)[cli->current];
}

static bool planned(struct cli *cli)
{
	return deed_of(cli)->plan != NULL;
}

static bool answered(struct cli *cli)
{
	return deed_of(cli)->accepted != NULL;
}

static bool shown(struct cli *cli)
{
	return model_operation(cli->model, deed_of(cli)->operation) != NULL;
}

static bool finished(struct cli *cli)
{
	const struct deed *deed = deed_of(cli);
	const struct msg_operation *operation = model_operation(cli->model, deed->operation);
	return operation && operation->ended_ms;
}

static void show_plan(const struct cli *cli, const struct msg_plan *plan)
{
	const char *host = cli->engines[cli->current].name;
	fprintf(stderr, "%s%s%s\n", host, host[0] ? ": " : "", plan->title);
	for (size_t i = 0; i < plan->targets_count; i++)
		fprintf(stderr, "  %-20s %-12s %s\n", plan->targets[i].name, plan->targets[i].state,
			plan->targets[i].consequence);
	for (size_t i = 0; i < plan->notes_count; i++)
		fprintf(stderr, "  %s\n", plan->notes[i]);
}

static int refusal(const struct cli *cli, uint64_t code, const char *text)
{
	const char *host = cli->engines[cli->current].name;
	return cli_say(code == ERR_INVALID || code == ERR_NOT_FOUND ? CLI_USAGE : CLI_REFUSED,
		"%s%s%s", host, host[0] ? ": " : "", text);
}

static int outcome(struct cli *cli, const struct msg_operation *operation)
{
	autostr struct str out = STR_INIT;
	if (cli->json || cli->jsonl) {
		str_adds(&out, "{\"v\":1,");
		if (cli_is_many(cli))
			cli_add_host(cli, cli->current, &out);
		str_adds(&out, "\"operation\":");
		msg_json(MSG_operation, operation, &out);
		str_adds(&out, "}\n");
	} else {
		if (cli_is_many(cli))
			str_addf(&out, "%s:\n", cli->engines[cli->current].name);
		for (size_t i = 0; i < operation->steps_count; i++)
			str_addf(&out, "%-20s %-11s %s\n", operation->steps[i].name,
				operation->steps[i].state, operation->steps[i].text);
		str_addf(&out, "%s: %s\n", operation->state, operation->result);
	}
	cli_put(&out);
	if (strcmp(operation->state, "done") == 0)
		return CLI_OK;
	return strcmp(operation->state, "unverified") == 0 ? CLI_UNKNOWN : CLI_FAILURE;
}

static int run_plan(struct cli *cli, struct deed *deed)
{
	struct msg_run_req run = {.req = client_next_request(cli->client),
		.plan = deed->plan->plan,
		.reason = (char *)(uintptr_t)cli->reason,
		.typed = deed->plan->typed};
	client_send(cli->client, MSG_run_req, &run);
	if (!cli_until(cli, answered, ANSWER_MS))
		return cli_unknown(cli, "nothing says whether it was done: see botswain ops");
	if (deed->accepted->code)
		return refusal(cli, deed->accepted->code, deed->accepted->error);
	deed->operation = deed->accepted->operation;
	if (!cli_until(cli, shown, ANSWER_MS) ||
		!cli_until(cli, finished,
			cli_patience_ms(model_operation(cli->model, deed->operation))))
		return cli_unknown(cli, "how it ended is not known: see botswain ops");
	return outcome(cli, model_operation(cli->model, deed->operation));
}

/* Nothing is run anywhere before each engine has said what it would do. */
static int plan(struct cli *cli, struct deed *deed)
{
	deed->request.req = client_next_request(cli->client);
	client_send(cli->client, MSG_plan_req, &deed->request);
	if (!cli_until(cli, planned, ANSWER_MS))
		return cli_unknown(cli, "nothing was done: no answer came");
	if (deed->plan->code)
		return refusal(cli, deed->plan->code, deed->plan->error);
	show_plan(cli, deed->plan);
	return CLI_OK;
}

/* One engine after the other. The status is that of the first that did not do it. */
static int each(
	struct cli *cli, struct deed *deeds, bool stops, int (*what)(struct cli *, struct deed *))
{
	int status = CLI_OK;
	for (size_t i = 0; i < cli->engine_count && !(stops && status); i++) {
		if (!deeds[i].request.verb)
			continue;
		cli_use(cli, i);
		int here = what(cli, &deeds[i]);
		status = status ? status : here;
	}
	return status;
}

static int act(struct cli *cli, struct deed *deeds)
{
	cli->take = take_reply;
	cli->context = deeds;
	int status = each(cli, deeds, true, plan);
	if (status == CLI_OK && (!cli->yes || !cli->reason || !*cli->reason))
		status = cli_say(
			CLI_REFUSED, "nothing was done: add --yes and --reason \"...\" to run it");
	else if (status == CLI_OK)
		status = each(cli, deeds, false, run_plan);
	cli->context = NULL;
	cli->take = NULL;
	return status;
}

static void release(struct deed *deeds)
{
	for (size_t i = 0; i < WAYS_MAX; i++) {
		msg_release(MSG_plan_req, &deeds[i].request);
		msg_free(MSG_plan, deeds[i].plan);
		msg_free(MSG_accepted, deeds[i].accepted);
	}
}

static void add_target(struct deed *deed, const char *verb, uint64_t id, const char *name)
{
	msg_set(&deed->request.verb, verb);
	struct msg_target *target = msg_add(deed->request.targets, &deed->request.targets_count);
	target->id = id;
	target->name = xstrdup(name);
}

static int run_on_bots(struct cli *cli, int argc, char **argv)
{
	struct deed deeds[WAYS_MAX] = {{.operation = 0}};
	int status = argc > 1 ? CLI_OK : cli_say(CLI_USAGE, "%s needs the name of a bot", argv[0]);
	for (int i = 1; i < argc && status == CLI_OK; i++) {
		const char *name;
		size_t owner = cli_owner(cli, MSG_bot, argv[i], &name);
		if (owner < cli->engine_count)
			add_target(&deeds[owner], argv[0], entity_id("bot", name), name);
		else
			status = CLI_USAGE;
	}
	if (status == CLI_OK)
		status = act(cli, deeds);
	release(deeds);
	return status;
}

/* The only one there is; how many there are. */
static size_t count_backups(
	const struct cli *cli, size_t *ret_owner, const struct msg_backup **ret_only)
{
	size_t all = 0;
	for (size_t i = 0; i < cli->engine_count; i++) {
		size_t count;
		const struct msg_backup *const *backups =
			model_backups(cli->engines[i].model, &count);
		if (!cli_takes(cli, i) || !count)
			continue;
		all += count;
		*ret_only = backups[0];
		*ret_owner = i;
	}
	return all;
}

/* backup run [NAME]: the only one when no name is given. */
static int run_backup(struct cli *cli, int argc, char **argv)
{
	struct deed deeds[WAYS_MAX] = {{.operation = 0}};
	const struct msg_backup *chosen = NULL;
	const char *name;
	size_t owner = 0;
	if (argc < 2 || strcmp(argv[1], "run") != 0 || argc > 3)
		return cli_say(CLI_USAGE, "usage: botswain backup run [NAME] --yes --reason TEXT");
	size_t all = count_backups(cli, &owner, &chosen);
	if (!all)
		return cli_say(
			CLI_USAGE, "no backup is configured; see backups: in the configuration");
	if (argc == 2 && all > 1)
		return cli_say(CLI_USAGE, "which backup? name one of those in the configuration");
	if (argc == 3) {
		owner = cli_owner(cli, MSG_backup, argv[2], &name);
		if (owner == cli->engine_count)
			return CLI_USAGE;
		chosen = model_backup(cli->engines[owner].model, entity_id("backup", name));
	}
	add_target(&deeds[owner], "backup", chosen->id, chosen->name);
	int status = act(cli, deeds);
	release(deeds);
	return status;
}

/* clang-format off */
#define DRIVEN(word, role, confirm, want, parallel, being, text, consequence) \
	extern const struct cli_command cli_##word; \
	const struct cli_command cli_##word = {.name = #word, .args = "NAME... --yes --reason TEXT", .help = text, \
		.engine = true, .acts = true, .run = run_on_bots};
#include "core/verbs/verbs.def"
/* clang-format on */

extern const struct cli_command cli_backup;
const struct cli_command cli_backup = {
	.name = "backup",
	.args = "run [NAME] --yes --reason TEXT",
	.help = "run a configured backup; done only when it was read back",
	.engine = true,
	.acts = true,
	.run = run_backup,
};
