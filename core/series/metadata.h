/* SPDX-License-Identifier: MIT */
/*
 * What is told of metrics besides their values: the type, help and unit of a family, as TYPE, HELP and UNIT lines have them. In
 * memory alone: pages say it again. Where two differ the newest counts. Bounded: what comes when it is full is left out.
 * Any thread.
 */
#ifndef BOTSWAIN_SERIES_METADATA_H
#define BOTSWAIN_SERIES_METADATA_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

enum { METADATA_MAX = 20000, METADATA_BYTES = 4 << 20, METADATA_HELP_MAX = 400 };

struct metadata;

struct metadata *metadata_new(void) MUST_CHECK;
void metadata_free(struct metadata *metadata); /* NULL is legal */

/* Of a family; NULL: nothing is said of it, and it stays. A type that is none of Prometheus or OpenMetrics is "unknown". */
struct metadata_word {
	const char *type, *help, *unit;
};
void metadata_set(struct metadata *metadata, const char *family, const struct metadata_word *word);

/* The same where nobody tells otherwise. */
void metadata_offer(
	struct metadata *metadata, const char *family, const struct metadata_word *word);
/* Tables that are not needed until something is looked for: then `fill` offers them, once. Before any other thread. */
void metadata_fill_later(struct metadata *metadata, void (*fill)(struct metadata *metadata));

struct metadata_told {
	const char *type; /* "counter"; "": not told */
	char help[METADATA_HELP_MAX + 1], unit[64];
	bool counts; /* it only grows: a counter, or buckets, count and sum of a histogram or a summary */
};

/* Of a metric: what is told of its name, or of the family that it is part of (took_bucket of took). False: nothing. */
bool metadata_find(struct metadata *metadata, const char *metric, struct metadata_told *ret);

#endif
