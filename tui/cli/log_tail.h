/* SPDX-License-Identifier: MIT */
/*
 * The log of all engines of a command line: its past (log_past.h) in the order of time, and what comes then, each line once.
 * What came faster than a window holds is asked for in between. One thread.
 */
#ifndef BOTSWAIN_TUI_CLI_LOG_TAIL_H
#define BOTSWAIN_TUI_CLI_LOG_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct cli;

struct log_wish {
	const char *filter;
	size_t lines;    /* of the past, at most; LOG_ALL */
	bool is_bounded; /* that was said */
	bool follow;
	bool until_end; /* it ends with standard input */
};

/* Prints what is wished for; the exit status of the command. */
MUST_CHECK int log_tail_run(struct cli *cli, const struct log_wish *wish);

#endif
