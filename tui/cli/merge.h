/* SPDX-License-Identifier: MIT */
/*
 * Lines that come from several engines as they happen, put in the order of their times: each is held for a moment, in which
 * those that are older and took longer may still come. Who is later than that stands where it came. One thread; time is an
 * argument.
 */
#ifndef BOTSWAIN_TUI_CLI_MERGE_H
#define BOTSWAIN_TUI_CLI_MERGE_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct str;
struct merge;

enum {
	MERGE_HOLD_MS = 500,
	MERGE_LINES_MAX = 10000, /* that are held; beyond it the older half goes at once */
};

struct merge *merge_new(void) MUST_CHECK;
void merge_free(struct merge *merge); /* with what it still holds; NULL is legal */

/* Takes one line (borrowed; its end of line is part of it) that happened at `at_ms` by a clock that is common to all engines.
 * Of one time and engine the order of the calls stands. */
void merge_add(struct merge *merge, int64_t at_ms, size_t engine, int64_t now_mono_ms,
	const char *line, size_t length);
/* Appends what was held long enough, and what is older than that. */
void merge_take(struct merge *merge, int64_t now_mono_ms, struct str *to);
/* Appends all that is held. */
void merge_end(struct merge *merge, struct str *to);

#endif
