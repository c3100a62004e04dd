/* SPDX-License-Identifier: MIT */
/* A console whose engine has a ledger, a folder of its own and a driver that runs /bin/true: for what changes something from
 * the keyboard. One at a time; a failure fails the test. */
#ifndef BOTSWAIN_TESTS_ACTION_SCENE_H
#define BOTSWAIN_TESTS_ACTION_SCENE_H

struct console;

enum { ACTION_BOTS = 7 };

struct action_scene {
	struct console *console;
	char *yaml;
};

/* In the order of the alphabet. */
extern const char *const action_bots[ACTION_BOTS];

/* Of cmocka, at 24 rows of 80 columns: the first `bots` of them, all well. `write`: as the configuration says it. */
int action_setup(void **state, const char *write, int bots);
int action_teardown(void **state);

/* Each was looked at just now, and is well. */
void action_heal(struct console *console, int bots);
/* The process is gone: from now on this bot is the worst. */
void action_kill(struct console *console, const char *name);

#endif
