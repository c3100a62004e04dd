/* SPDX-License-Identifier: MIT */
/* Processes that a test's subject started, found by a text in their command line (a number that
 * nobody else sleeps, say). */
#ifndef BOTSWAIN_TESTS_PROCESSES_H
#define BOTSWAIN_TESTS_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>

size_t processes_with(const char *text);
/* True when they are all over within `limit_ms`: killed is not dead yet. */
bool processes_end(const char *text, int limit_ms);
/* A child of ours that ended and was not waited for. */
bool processes_left_a_zombie(void);

#endif
