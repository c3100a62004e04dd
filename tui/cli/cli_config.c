/* SPDX-License-Identifier: MIT */
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "tui/cli/cli.h"
#include "tui/start.h"

static void add_count(struct str *to, size_t count, const char *one, const char *many)
{
	str_addf(to, "%zu %s, ", count, count == 1 ? one : many);
}

static int run(struct cli *cli, int argc, char **argv)
{
	autostr struct str out = STR_INIT;
	struct err err = {.code = ERR_NONE};
	if (argc > 1 && argv[1][0] == '-')
		return cli_refuse(argv[0], argv[1]);
	if (argc > 2)
		return cli_say(CLI_USAGE, "check-config takes one file");
	if (!cli_load(cli, argc > 1 ? argv[1] : cli->config, true))
		return CLI_USAGE;
	const struct settings *settings = cli->settings;
	if (!start_check(settings, &err))
		return cli_say(CLI_USAGE, "%s: %s", settings->path, err.text);
	str_addf(&out, "%s is good: ", settings->path);
	add_count(&out, settings->bot_count, "bot", "bots");
	add_count(&out, settings->redis_count, "redis", "redis");
	add_count(&out, settings->postgres_count, "postgres", "postgres");
	add_count(&out, settings->backup_count, "backup", "backups");
	str_addf(&out, "write: %s\n", write_mode_word(settings->write));
	cli_put(&out);
	return CLI_OK;
}

extern const struct cli_command cli_check_config;
const struct cli_command cli_check_config = {
	.name = "check-config",
	.args = "[FILE]",
	.help = "says what is wrong with the configuration, with line and column",
	.run = run,
};
