/* SPDX-License-Identifier: MIT */
/*
 * The whole demo fleet (tests/fleet/up) for a test, without its script of trouble: real servers, real
 * bots under a real supervisord, and the console on it in a terminal. What is started ends with the
 * test, also when that dies. A failure to start fails the test.
 */
#ifndef BOTSWAIN_TESTS_FLEET_H
#define BOTSWAIN_TESTS_FLEET_H

#include <stdbool.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct str;
struct vt;

struct fleet {
	char dir[64]; /* holds botswain.yaml */
	pid_t watch;
};

void fleet_start(struct fleet *fleet, int bots);
void fleet_stop(struct fleet *fleet);

/* What the bot's pid file says; 0: there is none. */
pid_t fleet_pid(const struct fleet *fleet, const char *bot);
/* Asks the control endpoint of its Bot API server: tests/fleet/README.md. */
void fleet_control(const struct fleet *fleet, const char *route, const char *json);
/* build/botswain on the fleet's configuration, in a terminal of its own. */
struct vt *fleet_console(const struct fleet *fleet, int rows, int columns) MUST_CHECK;
/* `botswain WORDS...` of the command line, at most ten; its output. Returns its exit status, 128 + n
 * when it was ended by a signal. */
int fleet_ask(const struct fleet *fleet, const char *const words[], struct str *ret);
/* The engine that has the lock of the fleet's state directory; 0: none. */
pid_t fleet_engine(const struct fleet *fleet);

/* The one child of a process; 0: none. */
pid_t child_of_process(pid_t parent);
/* It is gone, or nothing but its exit status is left, within the time. */
bool process_ends(pid_t pid, int limit_ms);
/* CPU time that a process has used, in ms. */
long process_cpu_ms(pid_t pid);

#endif
