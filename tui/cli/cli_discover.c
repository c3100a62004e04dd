/* SPDX-License-Identifier: MIT */
/* What runs here that looks like a bot. The engine looks: this process becomes it. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/engine/client.h"
#include "tui/cli/cli.h"

enum { WORDS_MAX = 48 };

extern char **environ;

static bool takes(const char *word)
{
	return strcmp(word, "--merge") == 0 || strcmp(word, "--supervisor") == 0;
}

static int run(struct cli *cli, int argc, char **argv)
{
	autofree char *program = client_engine_program();
	autofree char *config = xstrdup(cli->config ? cli->config : "");
	char name[] = "botswaind", option[] = "-c", discover[] = "--discover", json[] = "--json";
	char *words[WORDS_MAX + 4] = {name, discover};
	size_t count = 2;
	if (*config) {
		words[count++] = option;
		words[count++] = config;
	}
	if (cli->json)
		words[count++] = json;
	for (int i = 1; i < argc; i += 2) {
		if (!takes(argv[i]))
			return cli_refuse(argv[0], argv[i]);
		if (i + 1 >= argc)
			return cli_say(CLI_USAGE, "%s needs a value", argv[i]);
		if (count + 2 > WORDS_MAX)
			return cli_say(CLI_USAGE, "too many options");
		words[count++] = argv[i];
		words[count++] = argv[i + 1];
	}
	(void)signal(SIGPIPE, SIG_DFL);
	execve(program, words, environ);
	return cli_say(CLI_FAILURE, "cannot start '%s': %s; it belongs beside botswain", program,
		strerror(errno));
}

extern const struct cli_command cli_discover;
const struct cli_command cli_discover = {
	.name = "discover",
	.args = "[--merge FILE] [--supervisor KIND=ADDRESS] [--json]",
	.help = "finds the bots of this machine and prints a configuration for them",
	.run = run,
};
