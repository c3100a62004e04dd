/* SPDX-License-Identifier: MIT */
/*
 * The output of a short program: no shell, a clean environment, no descriptor of ours, its own
 * process group, which is killed at the end, whoever of it still runs. Either the calling worker
 * waits for it (command_output), at most `limit_ms` and no longer than until it is told to stop; or
 * it runs beside the caller's loop (command_begin, command_end), which polls and watches the time.
 * Nobody waits longer for one that does not even end when it is killed: see core/base/reap.h.
 */
#ifndef BOTSWAIN_CONF_COMMAND_H
#define BOTSWAIN_CONF_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct argv;
struct err;
struct str;

/* Appends what it wrote to its standard output (at most `max` bytes); fails when it does not exit 0
 * in time (ERR_TIMEOUT) or `stop_fd` (-1: none) becomes readable (ERR_CANCELLED). A program without
 * a slash is looked for in /usr/local/bin, /usr/bin and /bin. */
MUST_CHECK bool command_output(const struct argv *command, int64_t limit_ms, int stop_fd,
	size_t max, struct str *ret, struct err *err);

/* A program that runs. Zeroed: none. */
struct command_run {
	char *name;
	pid_t pid;
	int ended_fd; /* readable once it ended; its output waits in a pipe until then */
	int output_fd;
};

enum command_outcome { COMMAND_ENDED, COMMAND_LATE, COMMAND_STOPPED };

/* Output beyond what a pipe holds keeps it from ending. */
MUST_CHECK bool command_begin(const struct argv *command, struct command_run *ret, struct err *err);
/* Kills what still runs, reaps it (waiting REAP_WAIT_MS at most) and releases the run; as
 * command_output() otherwise. `limit_ms`
 * is what it was given, for the words. Legal on a zeroed run with COMMAND_STOPPED. */
bool command_end(struct command_run *run, enum command_outcome outcome, int64_t limit_ms,
	size_t max, struct str *ret, struct err *err);

/*
 * Runs a program with `bytes` on its standard input and waits for its end; what it prints is
 * dropped. That it does not read them all is its own business: only its exit status counts. Fails as
 * command_output() does. SIGPIPE must be blocked or ignored in the calling thread.
 */
MUST_CHECK bool command_feed(const struct argv *command, const char *bytes, size_t length,
	int64_t limit_ms, int stop_fd, struct err *err);

#endif
