/* SPDX-License-Identifier: MIT */
/* A console over the logs of two bots, ada and bob: what the tests of Logs begin with. */
#ifndef BOTSWAIN_TESTS_TWO_LOGS_H
#define BOTSWAIN_TESTS_TWO_LOGS_H

#include "core/base/attr.h"

struct console;

/* Nothing is in them yet. */
struct console *two_logs_new(int rows, int columns) MUST_CHECK;
/* What was written is read, and Logs has the whole screen. */
void two_logs_open(struct console *console);
/* Of cmocka: *state is the console. */
int two_logs_teardown(void **state);
/* The cursor goes to the newest line that matches. */
void two_logs_go_to(struct console *console, const char *text);
/* The line under the cursor holds it. */
void two_logs_assert_at(struct console *console, const char *text);

#endif
