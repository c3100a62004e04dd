/* SPDX-License-Identifier: MIT */
/*
 * The output of a short program: no shell, a clean environment, no descriptor of ours, its own
 * process group, which is killed at the deadline. Blocks the calling worker at most `limit_ms`.
 */
#ifndef BOTSWAIN_CONF_COMMAND_H
#define BOTSWAIN_CONF_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct argv;
struct err;
struct str;

/* Appends what it wrote to its standard output (at most `max` bytes); fails when it does not exit 0
 * in time. A program without a slash is looked for in /usr/local/bin, /usr/bin and /bin. */
MUST_CHECK bool command_output(
	const struct argv *command, int64_t limit_ms, size_t max, struct str *ret, struct err *err);

#endif
