/* SPDX-License-Identifier: MIT */
/*
 * Programs that a test starts, by their words alone: no shell is in between. They die with the test, and are ended by their
 * pid. What cannot be forked fails the test; a program that there is not exits with 127.
 */
#ifndef BOTSWAIN_TESTS_SPAWN_H
#define BOTSWAIN_TESTS_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>
#include "core/base/attr.h"

enum { SPAWN_OUTLIVES = -1 };

/* How it runs; all zero: where we are, as we are, silent. */
struct spawn {
	const char *directory; /* NULL: ours */
	const char *log;       /* both its streams are added to this file; NULL: to none */
	int *output; /* NULL: none; else both can be read here in place of the log; the caller closes it */
	uid_t user; /* 0: as we are */
	gid_t group;
	int death_signal; /* that it gets when the test dies; 0: SIGKILL; SPAWN_OUTLIVES: none */
};

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Starts argv[0], looked for on PATH when it has no slash. */
pid_t spawn_start(const char *const *argv, const struct spawn *how) MUST_CHECK;

/*
 * Runs it to its end and returns its exit status, 128 + n when a signal ended it; when it takes longer than `limit_ms` it is
 * killed, and that fails the test. What it said until then, on both streams, is in *ret, which the caller frees (NULL: nobody
 * wants it); what those go on to say that it leaves behind goes nowhere.
 */
int spawn_run(const char *const *argv, const struct spawn *how, int limit_ms, char **ret);
/* The same for what has to go well: the test fails with its words when it does not exit 0. */
void spawn_well(const char *const *argv, const struct spawn *how, int limit_ms);

/*
 * Signals it (also when it is stopped), waits for its end and sets *pid to 0. The wait status; 0 when there is none. Who has
 * not ended after a minute is killed, and that fails the test.
 */
int spawn_end(pid_t *pid, int signal);

/* Waits until it is so, with a try every 10 ms; false when it does not come true within the time. */
bool comes_true(bool (*is_so)(const void *context), const void *context, int limit_ms) MUST_CHECK;

#endif
