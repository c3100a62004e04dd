/* SPDX-License-Identifier: MIT */
/* The sources of a configuration on the journal that systemd-journal-remote writes into the folder of the test. */
#ifndef BOTSWAIN_TESTS_JOURNAL_SCENE_H
#define BOTSWAIN_TESTS_JOURNAL_SCENE_H

#include "tests/support/collect_scene.h"
#include "tests/support/journal_remote.h"

#define ORDERS "{name: orders, transport: none, logs: ['journal:orders']}"

extern struct journal_remote remote;

/* Of cmocka, behind collect_setup(). */
int journal_scene_teardown(void **state);
/* Skips the test where the writer is not installed. */
void journal_scene_begin(void);
/* `bots` as in a list; `more`: further lines of the configuration. */
void journal_scene_watch(const char *bots, const char *more);
/* The writer says this last, and it is seen. */
void journal_scene_end_and_wait(const char *last);

#endif
