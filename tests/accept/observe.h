/* SPDX-License-Identifier: MIT */
/*
 * What an operator sees of a running fleet, from three places at once: the command line's JSON, and two real
 * screens (80x24 and 160x45) on terminals of their own, all attached to one engine.
 */
#ifndef BOTSWAIN_TESTS_OBSERVE_H
#define BOTSWAIN_TESTS_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"

enum { PLACE_JSON, PLACE_SMALL, PLACE_LARGE, PLACES };

struct observer;
struct vt;
struct str;

/* `program`: build/botswain; `config`: the fleet's. Waits until both screens show the fleet. */
struct observer *observer_new(const char *program, const char *config) MUST_CHECK;
void observer_free(struct observer *observer);

/* Runs the command line (argv after `-c CONFIG`) and gives its standard output; returns its exit status. */
int observer_ask(struct observer *observer, const char *const arguments[], struct str *ret_output);

/* One look at one alert; screens are read for at most `wait_ms` first. */
struct look {
	bool json; /* the alert fires, in --json */
	bool shown
		[PLACES]; /* each place shows target, reason and alert; PLACE_JSON: the bot or service is red with a reason */
	bool is_rowless; /* the target has no row of its own on a screen, but its alert has */
	unsigned others; /* alerts that fire for another target */
	char why[160];   /* the target's reason in --json */
	char other[160]; /* the first of the others */
};
void observer_look(struct observer *observer, const char *rule, const char *target, int wait_ms,
	struct look *ret);
/* Alerts that fire now. */
unsigned observer_firing(struct observer *observer, char *ret_first, size_t size);
struct vt *observer_screen(struct observer *observer, int place);
int64_t observer_now_ms(void);

#endif
