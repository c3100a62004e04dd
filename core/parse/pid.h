/* SPDX-License-Identifier: MIT */
/* What a pid file or a command that prints a pid says. Pure; any thread. */
#ifndef BOTSWAIN_PARSE_PID_H
#define BOTSWAIN_PARSE_PID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"
#include "core/base/err.h"

/* The number on the first line (postmaster.pid has more of them), 1 to 2^22. Blanks around it are
 * fine, anything else is an error that quotes it: supervisorctl prints `0` or a sentence for a
 * program that does not run. */
bool pid_read(const char *text, size_t length, int32_t *ret_pid, struct err *err) MUST_CHECK;

/* A number that somebody tells as a pid; 0: no process can have it (proc(5): kernel.pid_max is at most 2^22). Pure. */
pid_t pid_from_number(int64_t number);

#endif
