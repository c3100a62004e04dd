/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "tui/cli/cli.h"

static int run(struct cli *cli, int argc, char **argv)
{
	autofree char *path = NULL;
	autostr struct str report = STR_INIT, out = STR_INIT;
	struct err err = {.code = ERR_NONE};
	if (!settings_find(argc > 1 ? argv[1] : cli->config, &path, &err))
		return cli_say(CLI_USAGE, "%s", err.text);
	if (!settings_load(path, &cli->settings, &report, &err)) {
		fputs(report.text, stderr);
		return cli_say(CLI_USAGE, "%s", err.text);
	}
	const struct settings *settings = cli->settings;
	str_addf(&out, "%s is good: %zu bots, %zu redis, %zu postgres, %zu backups, write: %s\n",
		settings->path, settings->bot_count, settings->redis_count,
		settings->postgres_count, settings->backup_count, write_mode_word(settings->write));
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
