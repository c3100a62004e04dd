/* SPDX-License-Identifier: MIT */
/* Tests of PromQL in Prometheus' own format. The engine evaluates: this process becomes it. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/engine/client.h"
#include "tui/cli/cli.h"

extern char **environ;

static int run(struct cli *cli, int argc, char **argv)
{
	autofree char *program = client_engine_program();
	autofree char **words = xcalloc((size_t)argc + 3, sizeof(*words));
	char name[] = "botswaind", test[] = "--promqltest", end[] = "--";
	size_t count = 0;
	(void)cli;
	if (argc < 2)
		return cli_say(CLI_USAGE, "usage: botswain promqltest FILE...");
	words[count++] = name;
	words[count++] = test;
	words[count++] = end;
	for (int i = 1; i < argc; i++)
		words[count++] = argv[i];
	(void)signal(SIGPIPE, SIG_DFL);
	execve(program, words, environ);
	return cli_say(CLI_FAILURE, "cannot start '%s': %s; it belongs beside botswain", program,
		strerror(errno));
}

extern const struct cli_command cli_promqltest;
const struct cli_command cli_promqltest = {
	.name = "promqltest",
	.args = "FILE...",
	.help = "runs tests of PromQL in Prometheus' own format",
	.run = run,
};
