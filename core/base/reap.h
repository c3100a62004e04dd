/* SPDX-License-Identifier: MIT */
/*
 * Children that end when they like. One that was killed may not end for a long time (it waits for a
 * disk that does not answer), and nobody waits for it: it is kept on a list of the process, and
 * taken off the system's list of processes by a later call. Its number is nobody else's until then.
 * Any thread.
 */
#ifndef BOTSWAIN_BASE_REAP_H
#define BOTSWAIN_BASE_REAP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	REAP_WAIT_MS = 50, /* a killed child that runs at all has ended by then */
};

/* Reaps the child, which the caller may not use any more; waits up to `wait_ms` for its end when it
 * has a `pidfd` (-1: none). False: it has not ended and is kept on the list; the status (NULL: not
 * wanted) is untouched. */
bool reap_child(pid_t pid, int pidfd, int wait_ms, int *ret_status);
/* Reaps what has ended of the list; does nothing when that is empty. Never waits. Returns how many
 * are left on it. */
size_t reap_left(void);

#endif
