/* SPDX-License-Identifier: MIT */
/*
 * Standard input as a file that an engine can read where it lies: it is one already, or it is copied to its end into one without
 * a name, which is gone with its last reader.
 */
#ifndef BOTSWAIN_TUI_CLI_SPOOL_H
#define BOTSWAIN_TUI_CLI_SPOOL_H

#include <stdbool.h>
#include "core/base/attr.h"

struct err;

/* A descriptor of at least 10. `as_it_comes`: nothing is waited for, what comes is read by whoever has it. */
MUST_CHECK bool spool_input(bool as_it_comes, int *ret_fd, struct err *err);

#endif
