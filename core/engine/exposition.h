/* SPDX-License-Identifier: MIT */
/*
 * The state as a page in the Prometheus text format (exposition format 0.0.4): what exposition.def lists, families
 * by family, so that a page of 10,000 bots can be streamed; label values escaped. What is unknown is absent: no figure
 * stands that nobody measured, and none that was measured too long ago to be so now. Pure; the thread that owns the model.
 */
#ifndef BOTSWAIN_ENGINE_EXPOSITION_H
#define BOTSWAIN_ENGINE_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct model;
struct str;
struct verdict_limits;

/* What is written (borrowed), and by which limits and wall time it is judged to be too old. */
struct exposition {
	const struct model *model;
	const struct verdict_limits *limits;
	int64_t now_ms;
};

/* Adds the family at `index` (0, 1, ...) with all of its series; false: there are no more. */
MUST_CHECK bool exposition_family(const struct exposition *page, size_t index, struct str *to);

#endif
