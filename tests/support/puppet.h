/* SPDX-License-Identifier: MIT */
/*
 * A screen in memory whose engine is a script (actor.h). Two that are given the same see the same: there is no thread, and
 * time stands. A failure fails the test.
 */
#ifndef BOTSWAIN_TESTS_PUPPET_H
#define BOTSWAIN_TESTS_PUPPET_H

#include <stddef.h>
#include "core/base/attr.h"
#include "tests/support/actor.h"

struct app;
struct grid;
struct puppet;
struct str;

/* `scene` is borrowed. */
struct puppet *puppet_new(const struct scene_script *scene, int rows, int columns) MUST_CHECK;
void puppet_free(struct puppet *puppet);
/* Presses keys by name, blank between. */
void puppet_keys(struct puppet *puppet, const char *names);
/* Sends a message of the scene again, as it is now; true when that is enough for a screen to show it: a reply that was
 * asked for once is not. */
bool puppet_send(struct puppet *puppet, size_t message);
const struct grid *puppet_grid(const struct puppet *puppet);
const char *puppet_copied(const struct puppet *puppet);

#endif
