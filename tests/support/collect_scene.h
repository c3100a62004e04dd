/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the collector have in common: the sources of a configuration, running, and a folder of their own. A test
 * starts the sources itself (collected_start()) and waits for what they observe (collected_wait()).
 */
#ifndef BOTSWAIN_TESTS_COLLECT_SCENE_H
#define BOTSWAIN_TESTS_COLLECT_SCENE_H

#include "tests/support/collected.h"
#include "tests/support/folder.h"

extern struct collected collected;

/* Of cmocka. The setup makes the folder. The teardown stops the sources, when they still run, and removes the folder, when
 * there is one: it is also for tests whose servers have a folder of their own. */
int collect_setup(void **state);
int collect_teardown(void **state);
/* The first half of it: for a test that has something to end before its folder goes. */
void collect_scene_stop(void);

/* Until a source says that it is well; `which`: what names it, as in its observation: kind="files", name="main". */
void collect_wait_ok(const char *which);

#endif
