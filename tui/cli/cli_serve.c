/* SPDX-License-Identifier: MIT */
/* The engine in the foreground, for a service manager: this process becomes botswaind. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/engine/client.h"
#include "tui/cli/cli.h"

enum { WORDS_MAX = 16 };

extern char **environ;

static int run(struct cli *cli, int argc, char **argv)
{
	autofree char *program = client_engine_program();
	autofree char *config = xstrdup(cli->config ? cli->config : "");
	char name[] = "botswaind", option[] = "-c";
	char *words[WORDS_MAX + 1] = {name};
	size_t count = 1;
	if (*config) {
		words[count++] = option;
		words[count++] = config;
	}
	for (int i = 1; i < argc && count < WORDS_MAX; i++)
		words[count++] = argv[i];
	(void)signal(SIGPIPE, SIG_DFL);
	execve(program, words, environ);
	return cli_say(CLI_FAILURE, "cannot start '%s': %s; it belongs beside botswain", program,
		strerror(errno));
}

extern const struct cli_command cli_serve;
const struct cli_command cli_serve = {
	.name = "serve",
	.args = "[--read-only]",
	.help = "the engine alone, in the foreground, until it is told to stop or its terminal is "
		"closed",
	.run = run,
};
