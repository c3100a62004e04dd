/* SPDX-License-Identifier: MIT */
/* A fleet of twelve bots in five minutes of observations: most are well, one has a failing webhook,
 * one is down, one is late, one is rate-limited, one is disabled. */
#ifndef BOTSWAIN_TESTS_FLEET_SCENE_H
#define BOTSWAIN_TESTS_FLEET_SCENE_H

#include "tests/support/console.h"

/* cmocka fixtures: *state is a struct console of 24 x 80. */
int fleet_setup(void **state);
int fleet_teardown(void **state);

/* The same on an engine with other options, before anything was observed. */
struct console *fleet_open(const struct engine_options *options, int rows, int columns) MUST_CHECK;

/* Another `ms` of the same. */
void fleet_live(struct console *console, int64_t ms);

#endif
