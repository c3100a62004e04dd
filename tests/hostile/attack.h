/* SPDX-License-Identifier: MIT */
/*
 * What is looked at while text of others comes in through real doors: all that an engine says, three screens on it, and what
 * the command line prints. Every text that the engine says has to be safe; a screen sends what is ours alone; the command
 * line prints lines of text. Marks, "Q00" to "Q99", tell which of the planted texts came how far. Faults are printed and
 * counted; what cannot be looked at fails the test. Needs a folder (folder.h).
 */
#ifndef BOTSWAIN_TESTS_HOSTILE_ATTACK_H
#define BOTSWAIN_TESTS_HOSTILE_ATTACK_H

#include <stdbool.h>
#include <stddef.h>
#include "core/msg/msg.h"

struct vt;

enum { ATTACK_SCREENS = 3, MARKS = 100 };

struct attack {
	const char *config, *title; /* of the console, and what it calls itself; borrowed */
	struct vt *screens[ATTACK_SCREENS];
	enum msg_kind kind; /* of the message that is looked at */
	/* what came of it */
	size_t texts, bytes, outputs, faults;
	size_t tamed[256]; /* by kind: texts in which something was made visible */
	bool heard[MARKS], seen[MARKS],
		printed[MARKS]; /* of the engine, on a screen, on the command line */
};

/* Screens of `words` (NULL at the end), each showing `shows` before this returns. */
void attack_open_screens(struct attack *attack, const char *const *words, const char *shows);
/* One key, or a word that is typed, on each of them, and looks at each. */
void attack_press(struct attack *attack, const char *key);
/* Presses through all panes, and looks at each. */
void attack_walk_screens(struct attack *attack);
/* Closes them; whatever they have sent is judged. */
void attack_close_screens(struct attack *attack);
/* Every text of the engine's state and of its log, as it comes over its socket. */
void attack_listen(struct attack *attack);
/* Lines of text, written `where`. */
void attack_judge(struct attack *attack, const char *where, const char *text);
/* Runs a program to its end and judges what it prints; its exit status. */
int attack_run(struct attack *attack, const char *const *words);

#endif
