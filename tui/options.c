/* SPDX-License-Identifier: MIT */
#include "tui/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/engine/client_tunnel.h"
#include "tui/cli/cli.h"

#define REPLAY_ARGS  "FILE [--speed N]"
#define REPLAY_USAGE "botswain replay " REPLAY_ARGS
#define REPLAY_HELP  "a screen on a recording, or a folder of one; speed 0 stands still"

enum {
	OPTION_CONNECT = 256,
	OPTION_RECORD,
	OPTION_REPLAY,
	OPTION_SPEED,
	OPTION_SCRIPT,
	OPTION_SIZE,
	OPTION_ASCII,
	OPTION_NO_COLOUR,
	OPTION_PRINT,
	SPEED_MAX = 1000
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"connect", required_argument, NULL, OPTION_CONNECT},
	{"record", required_argument, NULL, OPTION_RECORD},
	{"replay", required_argument, NULL, OPTION_REPLAY},
	{"speed", required_argument, NULL, OPTION_SPEED},
	{"script", required_argument, NULL, OPTION_SCRIPT},
	{"size", required_argument, NULL, OPTION_SIZE},
	{"ascii", no_argument, NULL, OPTION_ASCII},
	{"no-color", no_argument, NULL, OPTION_NO_COLOUR},
	{"default-config", no_argument, NULL, OPTION_PRINT},
	{"print-keys", no_argument, NULL, OPTION_PRINT},
	{"print-states", no_argument, NULL, OPTION_PRINT},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

bool size_read(const char *text, int *ret_rows, int *ret_columns)
{
	char *end;
	long columns = strtol(text, &end, 10);
	if (*end != 'x' || columns < 1 || columns > 1000)
		return false;
	long rows = strtol(end + 1, &end, 10);
	if (*end || rows < 1 || rows > 1000)
		return false;
	*ret_rows = (int)rows;
	*ret_columns = (int)columns;
	return true;
}

static bool read_speed(const char *text, unsigned *ret, struct err *err)
{
	char *end;
	unsigned long speed = strtoul(text, &end, 10);
	if (end == text || *end || text[0] == '-' || speed > SPEED_MAX)
		return err_set(err, ERR_INVALID, "--speed '%s': say 0 (stand still) to %d", text,
			SPEED_MAX);
	*ret = (unsigned)speed;
	return true;
}

static bool take(struct options *options, int option, const char *name, struct err *err)
{
	switch (option) {
	case 'c':
		options->config = optarg;
		return true;
	case OPTION_CONNECT:
		return ways_add(&options->connect, optarg, err);
	case OPTION_RECORD:
		options->record = optarg;
		return true;
	case OPTION_REPLAY:
		options->replay = optarg;
		return true;
	case OPTION_SPEED:
		return read_speed(optarg, &options->speed, err);
	case OPTION_SCRIPT:
		options->script = optarg;
		return true;
	case OPTION_SIZE:
		return size_read(optarg, &options->rows, &options->columns) ||
		       err_set(err, ERR_INVALID, "--size '%s': give columns x rows, as 160x45",
			       optarg);
	case OPTION_ASCII:
		options->ascii = true;
		return true;
	case OPTION_NO_COLOUR:
		options->no_colour = true;
		return true;
	case OPTION_PRINT:
		options->print = name;
		return true;
	case 'h':
		options->help = true;
		return true;
	default:
		options->version = true;
		return true;
	}
}

/* `replay FILE [--speed N]`, the subcommand that is a screen. */
static bool read_replay(struct options *options, int argc, char **argv, struct err *err)
{
	int at = options->rest;
	if (at >= argc || strcmp(argv[at], "replay") != 0)
		return true;
	for (at++; at < argc; at++) {
		if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0) {
			options->replay_help = true;
			return true;
		}
		if (strcmp(argv[at], "--speed") == 0 && at + 1 < argc) {
			if (!read_speed(argv[++at], &options->speed, err))
				return false;
		} else if (argv[at][0] == '-' || options->replay) {
			return err_set(err, ERR_INVALID, "usage: " REPLAY_USAGE);
		} else {
			options->replay = argv[at];
		}
	}
	options->rest = argc;
	return options->replay || err_set(err, ERR_INVALID, "usage: " REPLAY_USAGE);
}

/* `-- FILE...`: no subcommand. */
static bool read_files(struct options *options, int argc, char **argv)
{
	int at = options->rest;
	if (at >= argc || at < 1 || strcmp(argv[at - 1], "--") != 0)
		return false;
	options->files = argv + at;
	options->file_count = argc - at;
	options->rest = argc;
	return true;
}

bool options_read(int argc, char **argv, struct options *ret, struct err *err)
{
	struct options options = {.rows = 24, .columns = 80, .speed = 1};
	int option, index = 0;
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, "+:c:hV", long_options, &index)) != -1) {
		if (option == '?' || option == ':')
			return err_set(err, ERR_INVALID,
				"the option '%s' is unknown or lacks its value; see botswain "
				"--help",
				argv[optind - 1]);
		if (!take(&options, option, long_options[index].name, err))
			return false;
	}
	options.rest = optind;
	if (read_files(&options, argc, argv)) {
		*ret = options;
		return true;
	}
	if (!read_replay(&options, argc, argv, err))
		return false;
	*ret = options;
	return true;
}

void options_words(struct str *to)
{
	for (const struct option *option = long_options; option->name; option++)
		str_addf(to, "--%s\n", option->name);
}

bool options_take_value(const char *word)
{
	for (const struct option *option = long_options; option->name; option++)
		if (starts_with(word, "--") && strcmp(word + 2, option->name) == 0)
			return option->has_arg == required_argument;
	return strcmp(word, "-c") == 0;
}

void options_replay_help(void)
{
	puts("usage: " REPLAY_USAGE "\n" REPLAY_HELP);
}

void options_help(void)
{
	autostr struct str text = STR_INIT;
	str_adds(&text,
		"usage: botswain [-c FILE] [SUBCOMMAND ...]\n"
		"       botswain -- LOG-FILE...\n"
		"\n"
		"The console for fleets of Telegram bots. Without a subcommand it opens the full "
		"screen;\n? there shows every key. Behind -- are log files that it shows in place "
		"of a "
		"fleet;\n- is standard input.\n"
		"\n"
		"  -c, --config FILE  the configuration; else "
		"$XDG_CONFIG_HOME/botswain/botswain.yaml,\n"
		"                     else /etc/botswain/botswain.yaml\n"
		"      --connect WAY  the engine of "
		"ssh://[user@]host[:port][/path/of/botswain.yaml] or\n"
		"                     unix:/path/of/engine.sock instead of our own; with NAME= in\n"
		"                     front it has that name, several share one screen\n"
		"      --ascii        draw with ASCII signs only\n"
		"      --no-color     attributes instead of colours; also NO_COLOR\n"
		"      --record FILE  record what happens, by the engine that is started now\n"
		"      --replay FILE  show a recording, or a folder of one, instead of what is "
		"now: as\n"
		"                     botswain replay FILE [--speed N]; speed 0 stands still\n"
		"      --script FILE  run a script on a screen in memory (--size 160x45)\n"
		"      --default-config, --print-keys, --print-states\n"
		"                     print the commented default configuration, the page of keys, "
		"the\n"
		"                     page of states\n"
		"  -h, --help         this help\n"
		"  -V, --version      print the version\n"
		"\n"
		"Subcommands:\n");
	cli_help(&text);
	str_addf(&text, "  %-13s %-30s %s\n", "replay", REPLAY_ARGS, REPLAY_HELP);
	str_adds(&text,
		"\n"
		"With each: --json, --jsonl (machine-readable), --wait 5s (for sources that have "
		"not\n"
		"answered yet); with actions: --yes and --reason TEXT, both required.\n"
		"\n"
		"Exit status: 0 ok, 1 failure, 2 usage or configuration, 3 something is not "
		"healthy,\n"
		"4 unreachable or unknown, 5 refused (read-only, role, lock), 130 interrupted.\n");
	(void)cli_put(&text);
}
