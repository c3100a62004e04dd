/* SPDX-License-Identifier: MIT */
/*
 * Those who behave: clients that ask and time every answer and every turn, and real screens in terminals that open their
 * help and time the key. Two processes of their own; figures lie in shared memory.
 */
#ifndef BOTSWAIN_TESTS_CROWD_H
#define BOTSWAIN_TESTS_CROWD_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"

struct faults;

enum {
	CROWD_CLIENTS_MAX = 15,
	CROWD_SCREENS_MAX = 4,
	CROWD_ANSWER_MS = 100,      /* the 99th percentile of answers and of keys */
	CROWD_TURN_MS = 1000 + 100, /* the interval of turn marks and that */
};

struct crowd_size {
	unsigned clients, screens;
};

struct crowd_times {
	unsigned count;
	double p50_ms, p99_ms, worst_ms;
};

struct crowd_report {
	unsigned clients, screens;  /* attached now; show the fleet now */
	unsigned lost;              /* connections lost */
	struct crowd_times answers; /* of the engine itself */
	struct crowd_times rows;    /* of a window on the events: 40 and three pages either side */
	struct crowd_times turns, keys;
	size_t searched,
		leaked; /* bytes that screens wrote, and how often a secret was among them */
	struct crowd_times late; /* of timers of their own: what the machine itself adds */
};

struct crowd *crowd_start(const struct faults *run, struct crowd_size size) MUST_CHECK;
struct crowd_size crowd_size(const struct crowd *crowd);
void crowd_stop(struct crowd *crowd); /* NULL is legal */
/* Times and losses count from here. */
void crowd_mark(struct crowd *crowd);
struct crowd_report crowd_report(const struct crowd *crowd);
/* All are there; false after the time. */
bool crowd_wait(struct faults *run, int64_t limit_ms);

#endif
