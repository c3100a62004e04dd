/* SPDX-License-Identifier: MIT */
#include "core/engine/options.h"

#include <getopt.h>
#include <stddef.h>

#include "core/base/err.h"

static const struct option long_options[] = {
	{.name = "config", .has_arg = required_argument, .val = 'c'},
	{.name = "own", .val = 'o'},
	{.name = "read-only", .val = 'r'},
	{.name = "version", .val = 'V'},
	{.name = "help", .val = 'h'},
	{.name = NULL},
};

bool options_read(int argc, char **argv, struct options *ret, struct err *err)
{
	struct options options = {.engine = {.workers = true, .listen = true}};
	int option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:c:hV", long_options, NULL)) != -1) {
		if (option == 'c')
			options.config = optarg;
		else if (option == 'o')
			options.engine.own = true;
		else if (option == 'r')
			options.engine.read_only = true;
		else if (option == 'V')
			options.version = true;
		else if (option == 'h')
			options.help = true;
		else
			return err_set(err, ERR_INVALID,
				"the option '%s' is unknown or lacks its value; see botswaind "
				"--help",
				argv[optind - 1]);
	}
	if (optind < argc)
		return err_set(
			err, ERR_INVALID, "'%s' is no option; see botswaind --help", argv[optind]);
	*ret = options;
	return true;
}

const char *options_help(void)
{
	return "usage: botswaind [-c FILE] [--own] [--read-only]\n"
	       "\n"
	       "The engine of botswain: polls what the configuration names, and serves screens on\n"
	       "the socket in its state directory.\n"
	       "\n"
	       "  -c, --config FILE  the configuration; else "
	       "$XDG_CONFIG_HOME/botswain/botswain.yaml,\n"
	       "                     else /etc/botswain/botswain.yaml\n"
	       "      --own          leave when the last client is gone and no operation runs\n"
	       "      --read-only    watch only: no verb runs, whatever the configuration says\n"
	       "      --version      print the version\n"
	       "  -h, --help         print this\n"
	       "\n"
	       "Signals: HUP reads the configuration again, TERM and INT leave.\n"
	       "Exit status: 0 ok, 1 failure, 2 usage or configuration, 5 another engine runs.\n";
}
