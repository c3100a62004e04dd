/* SPDX-License-Identifier: MIT */
/* A screen on log files and standard input in place of a fleet: `botswain -- FILE...`. */
#ifndef BOTSWAIN_TUI_START_LOGS_H
#define BOTSWAIN_TUI_START_LOGS_H

#include <stdbool.h>
#include "core/base/attr.h"

struct app;
struct client;
struct err;
struct options;

/* Where `-` is among the files, what standard input gives is theirs (a descriptor; else 0), and `terminal`: the keys come from the
 * terminal itself from now on. Before anything looks at standard input. */
MUST_CHECK bool start_logs_input(
	const struct options *options, bool terminal, int *ret_input, struct err *err);
/* Starts the engine that shows them, and waits until it has them open. */
MUST_CHECK bool start_logs_open(
	const struct options *options, int input, struct client **ret, struct err *err);

#endif
