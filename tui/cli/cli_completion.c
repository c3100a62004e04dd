/* SPDX-License-Identifier: MIT */
/*
 * What may follow on the command line, a word a line with its meaning after a tab: the completions of the shells
 * (config/completion/) ask for it, so that they know what this program knows. Names of bots are those of the
 * configuration; no engine is started for them.
 */
#include <ctype.h>
#include <string.h>

#include "core/base/str.h"
#include "core/conf/settings.h"
#include "tui/cli/cli.h"
#include "tui/options.h"

static bool takes(const struct cli_command *command, const char *what)
{
	return strstr(command->args, what) != NULL;
}

static bool is_option_sign(char sign)
{
	return isalnum((unsigned char)sign) || sign == '-';
}

/* The options that the arguments of a command name: "-f", "--bot". */
static void add_own_options(struct str *to, const char *args)
{
	size_t length;
	for (const char *at = args; (at = strchr(at, '-')); at += length) {
		for (length = 0; is_option_sign(at[length]);)
			length++;
		bool begins = at == args || strchr(" [", at[-1]);
		if (begins && length > 1)
			str_addf(to, "%.*s\n", (int)length, at);
	}
}

static void add_names(struct cli *cli, struct str *to)
{
	if (!cli_load_quietly(cli))
		return;
	for (size_t i = 0; i < cli->settings->bot_count; i++)
		str_addf(to, "%s\tbot\n", cli->settings->bots[i].name);
}

static void add_words_of(struct cli *cli, const struct cli_command *command, struct str *to)
{
	add_own_options(to, command->args);
	if (takes(command, "run [NAME]"))
		str_adds(to, "run\trun one\n");
	else if (takes(command, "NAME"))
		add_names(cli, to);
	if (command->engine)
		str_adds(to, "--jsonl\ta JSON object a line\n--wait\tfor sources that have not "
			     "answered yet\n");
	if (command->engine && !takes(command, "--json"))
		str_adds(to, "--json\tfor programs\n");
	str_adds(to, "--help\twhat it does\n");
}

static void add_subcommands(struct str *to)
{
	const struct cli_command *command;
	for (size_t i = 0; (command = cli_at(i)); i++)
		str_addf(to, "%s\t%s\n", command->name, command->help);
}

static int run(struct cli *cli, int argc, char **argv)
{
	autostr struct str out = STR_INIT;
	const struct cli_command *command = argc > 1 ? cli_find(argv[1]) : NULL;
	if (argc > 2)
		return cli_say(CLI_USAGE, "completion takes one subcommand");
	if (argc > 1 && strcmp(argv[1], "--bot") == 0) {
		add_names(cli, &out);
	} else if (command) {
		add_words_of(cli, command, &out);
	} else if (argc > 1) {
		return cli_say(CLI_USAGE, "no such subcommand: '%s'", argv[1]);
	} else {
		add_subcommands(&out);
		options_words(&out);
	}
	return cli_put(&out) ? CLI_OK : CLI_FAILURE;
}

extern const struct cli_command cli_completion;
const struct cli_command cli_completion = {
	.name = "completion",
	.args = "[SUBCOMMAND]",
	.help = "what may follow, for the completion of a shell",
	.run = run,
};
