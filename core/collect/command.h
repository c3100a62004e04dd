/* SPDX-License-Identifier: MIT */
/*
 * A small command whose few bytes of output answer a question (which pid?), run beside a loop:
 * `ended_fd` is polled, nothing waits. No shell, no terminal, a clean environment, its own process
 * group, no descriptor of ours but the pipe. Output beyond what a pipe holds stops it until it is
 * killed. Owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_COMMAND_H
#define BOTSWAIN_COLLECT_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>
#include "core/base/attr.h"
#include "core/base/str.h"

struct argv;
struct err;

struct command {
	pid_t pid;    /* 0: none runs */
	int ended_fd; /* readable once it ended */
	int output_fd;
	struct str output; /* filled by command_finish() */
};

enum { COMMAND_OUTPUT_MAX = 4096 };

MUST_CHECK bool command_start(struct command *command, const struct argv *argv, struct err *err);
/* Kills whatever of the group still runs, reaps it (waiting REAP_WAIT_MS at most) and reads its
 * output, which stays until the next start or command_release(). Returns its exit status, 128 + N when it died of signal N. */
int command_finish(struct command *command);
void command_release(struct command *command); /* legal on a zeroed struct */

#endif
