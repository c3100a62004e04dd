/* SPDX-License-Identifier: MIT */
/*
 * A child process: its own process group, standard input /dev/null, nothing of ours inherited but
 * two pipes, a clean environment, default signals. One thread.
 */
#ifndef BOTSWAIN_ACT_DRIVERS_CHILD_H
#define BOTSWAIN_ACT_DRIVERS_CHILD_H

#include <stdbool.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct err;

struct child {
	pid_t pid;    /* 0: none */
	int pidfd;    /* readable when it has ended */
	int out, err; /* non-blocking ends of its standard output and error; -1 closed */
};

/* What a child may see of our environment, by an allow-list; on the heap, argv_free() frees it.
 * Before the first thread. */
char **child_environment(void) MUST_CHECK;

/* An empty child. */
void child_init(struct child *child);
/* The error says "cannot run 'x': not found" and the like. */
MUST_CHECK bool child_spawn(
	char *const *argv, char *const *environment, struct child *ret, struct err *err);
/* To its whole group. The group's number stays ours until child_reap(). */
void child_signal(const struct child *child, int signal);
/* How it ended, without reaping it: exit status, or -1 and the signal. False: it has not. */
bool child_ended(const struct child *child, int *ret_status, int *ret_signal);
/* Takes an ended child off the list of processes and closes what is open, without waiting. One that
 * was killed and has not ended yet is reaped later: core/base/reap.h. */
void child_reap(struct child *child);

#endif
