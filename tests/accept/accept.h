/* SPDX-License-Identifier: MIT */
#ifndef BOTSWAIN_TESTS_ACCEPT_H
#define BOTSWAIN_TESTS_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct observer;

struct accept {
	const char *dir, *program, *config;
	struct observer *observer;
	unsigned passed, failed;
};

/* Prints one line of figures and counts it. */
void accept_line(struct accept *run, bool ok, const char *name, const char *figures);
/* Runs a program with arguments (NULL-terminated) to its end; true when it exits 0. */
bool accept_run(const char *program, const char *const arguments[]);
/* tests/accept/fault DIR WHAT RULE */
bool accept_fault(const struct accept *run, const char *what, const char *rule);
/* Waits until no alert fires; else the first that does. */
bool accept_quiet(struct accept *run, int64_t limit_ms, char *ret_first, size_t size);
/* Restart of two marked bots from the keyboard; backup: good, full disk, cancelled. */
void accept_operations(struct accept *run);
/* The Bot API's transcript, and a search for the fleet's tokens in every byte that we wrote. */
void accept_secrets(struct accept *run);

#endif
