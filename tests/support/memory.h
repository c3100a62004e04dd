/* SPDX-License-Identifier: MIT */
/* What a core of a running process would hold, read from /proc/PID/mem (proc(5)). */
#ifndef BOTSWAIN_TESTS_MEMORY_H
#define BOTSWAIN_TESTS_MEMORY_H

#include <stdbool.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct str;

/* Adds every writable mapping of the process; false when nothing could be read. */
bool memory_read(pid_t pid, struct str *ret) MUST_CHECK;
/* Its first child, 0 when it has none. */
pid_t memory_child(pid_t parent);

#endif
