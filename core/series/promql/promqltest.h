/* SPDX-License-Identifier: MIT */
/*
 * Runs tests of PromQL in the format of Prometheus' promqltest: load and load_with_nhcb, clear, eval instant and eval range with
 * what they shall yield, expect lines and the older eval_fail, eval_warn, eval_info and eval_ordered. A case that meets native
 * histograms is neither passed nor failed: they are not kept here.
 */
#ifndef BOTSWAIN_SERIES_PROMQL_PROMQLTEST_H
#define BOTSWAIN_SERIES_PROMQL_PROMQLTEST_H

#include <stddef.h>
#include "core/base/str.h"

struct promqltest_counts {
	size_t passed, failed, unsupported;
};

/* Adds to the counts, and appends one line for each case that did not pass: "NAME:12: failed: QUERY: why". */
void promqltest_run(const char *name, const char *text, size_t length,
	struct promqltest_counts *counts, struct str *to);

#endif
