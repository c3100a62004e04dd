/* SPDX-License-Identifier: MIT */
/* start, stop, restart and backup run: plan, show, run, watch the outcome. Acts only with --yes and --reason. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/cli/cli.h"

enum { ANSWER_MS = 20000 }; /* longer than the engine waits for its disk */

/* What came back so far. */
struct deed {
	struct msg_plan *plan;
	struct msg_accepted *accepted;
	uint64_t operation;
};

static void take_reply(void *context, enum msg_kind kind, const void *body)
{
	struct deed *deed = ((struct cli *)context)->context;
	if (kind == MSG_plan && !deed->plan)
		deed->plan = msg_copy(kind, body);
	else if (kind == MSG_accepted && !deed->accepted)
		deed->accepted = msg_copy(kind, body);
}

static bool planned(struct cli *cli)
{
	return ((struct deed *)cli->context)->plan != NULL;
}

static bool answered(struct cli *cli)
{
	return ((struct deed *)cli->context)->accepted != NULL;
}

static bool shown(struct cli *cli)
{
	return model_operation(cli->model, ((struct deed *)cli->context)->operation) != NULL;
}

static bool finished(struct cli *cli)
{
	const struct deed *deed = cli->context;
	const struct msg_operation *operation = model_operation(cli->model, deed->operation);
	return operation && operation->ended_ms;
}

static void show_plan(const struct msg_plan *plan)
{
	fprintf(stderr, "%s\n", plan->title);
	for (size_t i = 0; i < plan->targets_count; i++)
		fprintf(stderr, "  %-20s %-12s %s\n", plan->targets[i].name, plan->targets[i].state,
			plan->targets[i].consequence);
	for (size_t i = 0; i < plan->notes_count; i++)
		fprintf(stderr, "  %s\n", plan->notes[i]);
}

static int refusal(uint64_t code, const char *text)
{
	return cli_say(
		code == ERR_INVALID || code == ERR_NOT_FOUND ? CLI_USAGE : CLI_REFUSED, "%s", text);
}

static int outcome(struct cli *cli, const struct msg_operation *operation)
{
	autostr struct str out = STR_INIT;
	if (cli->json || cli->jsonl) {
		str_adds(&out, "{\"v\":1,\"operation\":");
		msg_json(MSG_operation, operation, &out);
		str_adds(&out, "}\n");
	} else {
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
		return refusal(deed->accepted->code, deed->accepted->error);
	deed->operation = deed->accepted->operation;
	if (!cli_until(cli, shown, ANSWER_MS) ||
		!cli_until(cli, finished,
			cli_patience_ms(model_operation(cli->model, deed->operation))))
		return cli_unknown(cli, "how it ended is not known: see botswain ops");
	return outcome(cli, model_operation(cli->model, deed->operation));
}

static int act(struct cli *cli, struct msg_plan_req *request)
{
	struct deed deed = {.operation = 0};
	cli->take = take_reply;
	cli->context = &deed;
	request->req = client_next_request(cli->client);
	client_send(cli->client, MSG_plan_req, request);
	int status = CLI_OK;
	if (!cli_until(cli, planned, ANSWER_MS)) {
		status = cli_unknown(cli, "nothing was done: no answer came");
	} else if (deed.plan->code) {
		status = refusal(deed.plan->code, deed.plan->error);
	} else {
		show_plan(deed.plan);
		if (!cli->yes || !cli->reason || !*cli->reason)
			status = cli_say(CLI_REFUSED,
				"nothing was done: add --yes and --reason \"...\" to run it");
		else
			status = run_plan(cli, &deed);
	}
	cli->context = NULL;
	cli->take = NULL;
	msg_free(MSG_plan, deed.plan);
	msg_free(MSG_accepted, deed.accepted);
	return status;
}

static int run_on_bots(struct cli *cli, int argc, char **argv)
{
	struct msg_plan_req request = {.verb = xstrdup(argv[0])};
	int status = argc > 1 ? CLI_OK : cli_say(CLI_USAGE, "%s needs the name of a bot", argv[0]);
	for (int i = 1; i < argc && status == CLI_OK; i++) {
		const struct msg_bot *bot = cli_bot(cli, argv[i]);
		if (!bot) {
			status = CLI_USAGE;
			continue;
		}
		struct msg_target *target = msg_add(request.targets, &request.targets_count);
		target->id = bot->id;
		target->name = xstrdup(bot->name);
	}
	if (status == CLI_OK)
		status = act(cli, &request);
	msg_release(MSG_plan_req, &request);
	return status;
}

/* backup run [NAME]: the only one when no name is given. */
static int run_backup(struct cli *cli, int argc, char **argv)
{
	size_t count;
	const struct msg_backup *const *backups = model_backups(cli->model, &count);
	if (argc < 2 || strcmp(argv[1], "run") != 0 || argc > 3)
		return cli_say(CLI_USAGE, "usage: botswain backup run [NAME] --yes --reason TEXT");
	const struct msg_backup *chosen = count == 1 && argc == 2 ? backups[0] : NULL;
	for (size_t i = 0; argc == 3 && i < count; i++)
		if (strcmp(backups[i]->name, argv[2]) == 0)
			chosen = backups[i];
	if (!chosen)
		return cli_say(CLI_USAGE, "%s",
			count ? "which backup? name one of those in the configuration"
			      : "no backup is configured; see backups: in the configuration");
	struct msg_plan_req request = {.verb = xstrdup("backup")};
	struct msg_target *target = msg_add(request.targets, &request.targets_count);
	target->id = chosen->id;
	target->name = xstrdup(chosen->name);
	int status = act(cli, &request);
	msg_release(MSG_plan_req, &request);
	return status;
}

/* clang-format off */
#define ON_BOTS(word, text) \
	extern const struct cli_command cli_##word; \
	const struct cli_command cli_##word = {.name = #word, .args = "NAME... --yes --reason TEXT", .help = text, \
		.engine = true, .acts = true, .run = run_on_bots};
ON_BOTS(start, "start bots")
ON_BOTS(stop, "stop bots")
ON_BOTS(restart, "restart bots; done only when that was observed")
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
