/* SPDX-License-Identifier: MIT */
/* Matchers against the values of labels, as Prometheus means them. */
#ifndef BOTSWAIN_SERIES_MATCH_H
#define BOTSWAIN_SERIES_MATCH_H

#include <stdbool.h>
#include "core/base/attr.h"

struct err;
struct labels;
struct matcher;

/* False, with an error: its pattern costs too much on this value. One thread at a time for one matcher. */
MUST_CHECK bool matcher_fits(
	const struct matcher *matcher, const char *value, bool *ret_fits, struct err *err);

#endif
