/* SPDX-License-Identifier: MIT */
/*
 * What may follow on the command line, a word a line with its meaning after a tab; the one line ":files" says a name of a
 * file. The completions of the shells (config/completion/) hand over the words in front of the cursor and know nothing
 * themselves. Names of bots are those of the configuration; no engine is started for them.
 */
#include <ctype.h>
#include <string.h>

#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/parse/log_level.h"
#include "tui/cli/cli.h"
#include "tui/options.h"

/* What stands in front of the cursor. */
struct place {
	const struct cli_command *command; /* NULL: none was named yet */
	bool has_word;                     /* a word of that command */
	const char *option;                /* its value is wanted; NULL: a word is */
};

/* ---- values ---- */

static void add_names(struct cli *cli, struct str *to)
{
	if (!cli_load_quietly(cli))
		return;
	for (size_t i = 0; i < cli->settings->bot_count; i++)
		str_addf(to, "%s\tbot\n", cli->settings->bots[i].name);
}

static void add_backups(struct cli *cli, struct str *to)
{
	if (!cli_load_quietly(cli))
		return;
	for (size_t i = 0; i < cli->settings->backup_count; i++)
		str_addf(to, "%s\tbackup\n", cli->settings->backups[i].name);
}

/* What `services` lists. */
static void add_services(struct cli *cli, struct str *to)
{
	if (!cli_load_quietly(cli))
		return;
	for (size_t i = 0; i < cli->settings->redis_count; i++)
		str_addf(to, "%s\tRedis\n", cli->settings->redis[i].name);
	for (size_t i = 0; i < cli->settings->postgres_count; i++)
		str_addf(to, "%s\tPostgres\n", cli->settings->postgres[i].name);
	for (size_t i = 0; i < cli->settings->check_count; i++)
		str_addf(to, "%s\thealth check\n", cli->settings->checks[i].name);
}

static void add_checks(struct cli *cli, struct str *to)
{
	if (!cli_load_quietly(cli))
		return;
	for (size_t i = 0; i < cli->settings->check_count; i++)
		str_addf(to, "%s\thealth check\n", cli->settings->checks[i].name);
	add_names(cli, to);
}

static void add_levels(struct cli *cli, struct str *to)
{
	(void)cli;
	for (int level = LOG_LEVEL_TRACE; level < LOG_LEVELS; level++)
		str_addf(to, "%s\tlevel\n", log_level_word((enum log_level)level));
}

static void add_files(struct cli *cli, struct str *to)
{
	(void)cli;
	str_adds(to, ":files\n");
}

static const struct {
	const char *option;
	void (*add)(struct cli *cli, struct str *to);
} values[] = {
	{"-c", add_files},
	{"--config", add_files},
	{"--script", add_files},
	{"--record", add_files},
	{"--replay", add_files},
	{"--merge", add_files},
	{"--bot", add_names},
	{"--level", add_levels},
};

static void add_values(struct cli *cli, const char *option, struct str *to)
{
	for (size_t i = 0; i < COUNT_OF(values); i++)
		if (strcmp(values[i].option, option) == 0)
			values[i].add(cli, to);
}

/* ---- words ---- */

static bool takes(const struct cli_command *command, const char *what)
{
	return strstr(command->args, what) != NULL;
}

static bool is_option_sign(char sign)
{
	return isalnum((unsigned char)sign) || sign == '-';
}

/* The next option that the arguments of a command name ("-f", "--bot"), or NULL. */
static const char *next_option(const char *args, const char *at, size_t *ret_length)
{
	for (; (at = strchr(at, '-')); at += *ret_length) {
		for (*ret_length = 0; is_option_sign(at[*ret_length]);)
			(*ret_length)++;
		if ((at == args || strchr(" [", at[-1])) && *ret_length > 1)
			return at;
	}
	return NULL;
}

static void add_own_options(struct str *to, const char *args)
{
	size_t length;
	for (const char *at = args; (at = next_option(args, at, &length)); at += length)
		str_addf(to, "%.*s\n", (int)length, at);
}

/* "[--bot B]" and "--reason TEXT" do, "[-f]" does not. */
static bool own_takes_value(const char *args, const char *option)
{
	size_t length;
	for (const char *at = args; (at = next_option(args, at, &length)); at += length)
		if (strlen(option) == length && strncmp(at, option, length) == 0)
			return at[length] == ' ' && isalnum((unsigned char)at[length + 1]);
	return false;
}

static bool takes_value(const struct cli_command *command, const char *option)
{
	return options_take_value(option) || cli_takes_value(option) ||
	       (command && own_takes_value(command->args, option));
}

/* The names that it takes: of bots, where nothing else is said. */
static void add_subjects(struct cli *cli, const struct cli_command *command, struct str *to)
{
	static const struct {
		const char *command;
		void (*add)(struct cli *cli, struct str *to);
	} subjects[] = {{"services", add_services}, {"checks", add_checks}, {"backup", add_backups},
		{"sources", NULL}};
	for (size_t i = 0; i < COUNT_OF(subjects); i++)
		if (strcmp(subjects[i].command, command->name) == 0) {
			if (subjects[i].add)
				subjects[i].add(cli, to);
			return;
		}
	add_names(cli, to);
}

/* `has_word`: one stands behind its name already. */
static void add_words_of(
	struct cli *cli, const struct cli_command *command, bool has_word, struct str *to)
{
	if (starts_with(command->args, "[FILE]") || starts_with(command->args, "FILE")) {
		add_files(cli, to);
		return;
	}
	add_own_options(to, command->args);
	if (takes(command, "run [NAME]") && !has_word)
		str_adds(to, "run\trun one\n");
	else if (takes(command, "NAME"))
		add_subjects(cli, command, to);
	if (command->engine)
		cli_words(command, to);
	str_adds(to, "--help\twhat it does\n");
}

static void add_subcommands(struct str *to)
{
	const struct cli_command *command;
	for (size_t i = 0; (command = cli_at(i)); i++)
		str_addf(to, "%s\t%s\n", command->name, command->help);
	str_adds(to, "replay\ta screen on a recording\n");
}

/* ---- where the cursor is ---- */

static struct place read_place(struct cli *cli, int argc, char **argv)
{
	struct place place = {.command = NULL};
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];
		if (word[0] != '-') {
			place.has_word |= place.command != NULL;
			place.command = place.command ? place.command : cli_find(word);
		} else if (takes_value(place.command, word)) {
			if (++i == argc)
				place.option = word;
			else if (strcmp(word, "-c") == 0 || strcmp(word, "--config") == 0)
				cli->config = argv[i];
		}
	}
	return place;
}

static int run(struct cli *cli, int argc, char **argv)
{
	autostr struct str out = STR_INIT;
	bool guarded = argc > 1 && strcmp(argv[1], "--") == 0;
	if (argc > 1 && !guarded)
		return cli_say(CLI_USAGE, "usage: botswain completion -- [WORD...]");
	int from = guarded ? 2 : argc;
	struct place place = read_place(cli, argc - from, argv + from);
	if (place.option) {
		add_values(cli, place.option, &out);
	} else if (place.command) {
		add_words_of(cli, place.command, place.has_word, &out);
	} else if (argc > from && strcmp(argv[argc - 1], "replay") == 0) {
		add_files(cli, &out);
	} else {
		add_subcommands(&out);
		options_words(&out);
	}
	(void)cli_put(&out);
	return CLI_OK;
}

extern const struct cli_command cli_completion;
const struct cli_command cli_completion = {
	.name = "completion",
	.args = "-- [WORD...]",
	.help = "what may follow these words, for the completion of a shell",
	.run = run,
};
