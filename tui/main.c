/* SPDX-License-Identifier: MIT */
/* botswain: the full screen, the command line, scripts. */
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/own_limits.h"
#include "core/base/std_streams.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/verdict.h"
#include "tui/cli/cli.h"
#include "tui/keymap.h"
#include "tui/options.h"
#include "tui/start.h"

static void print_keys(struct str *to)
{
	struct keymap keymap;
	keymap_init(&keymap);
	keymap_print(&keymap, to);
	keymap_release(&keymap);
}

/* What the tables have to say, for files and pages. */
static int print(const char *what)
{
	autostr struct str text = STR_INIT;
	if (strcmp(what, "default-config") == 0)
		str_adds(&text, settings_default_text());
	else if (strcmp(what, "print-keys") == 0)
		print_keys(&text);
	else
		states_print(&text);
	(void)cli_put(&text); /* cli_finish() says it */
	return CLI_OK;
}

static int run(int argc, char **argv)
{
	struct options options;
	struct err err;
	own_limits_no_core();
	if (!options_read(argc, argv, &options, &err))
		return cli_say(CLI_USAGE, "%s", err.text);
	if (options.help)
		options_help();
	else if (options.replay_help)
		options_replay_help();
	else if (options.version)
		puts("botswain " BOTSWAIN_VERSION);
	else if (options.print)
		return print(options.print);
	else if (options.script)
		return start_script(&options);
	else if (options.rest < argc && !cli_knows(argv[options.rest]))
		return cli_no_such(argv[options.rest]);
	else if (options.rest < argc)
		return cli_main(
			options.config, &options.connect, argc - options.rest, argv + options.rest);
	else
		return start_screen(&options);
	return CLI_OK;
}

int main(int argc, char **argv)
{
	std_streams_hold();
	return cli_finish(run(argc, argv));
}
