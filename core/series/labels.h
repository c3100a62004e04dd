/* SPDX-License-Identifier: MIT */
/*
 * Label sets, which name series: sorted by name, no name twice, no empty value (a label without a value is none), the metric's
 * name as __name__ among them. Immutable, one allocation each, counted; any thread.
 */
#ifndef BOTSWAIN_SERIES_LABELS_H
#define BOTSWAIN_SERIES_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/str.h"

#define LABEL_NAME "__name__"

struct label {
	const char *name, *value;
};

struct labels;

/* Of labels in any order, which are copied; of a name that is there twice the last counts. */
struct labels *labels_new(const struct label *list, size_t count) MUST_CHECK;
struct labels *labels_ref(const struct labels *labels) MUST_CHECK;
void labels_unref(const struct labels *labels); /* NULL is legal */

size_t labels_count(const struct labels *labels);
const struct label *labels_at(
	const struct labels *labels, size_t index); /* in order of the names */
/* "": it has no such label. */
const char *labels_get(const struct labels *labels, const char *name);
/* Of all names and values, the same in every process. */
uint64_t labels_hash(const struct labels *labels);
bool labels_equal(const struct labels *one, const struct labels *other);
/* As Prometheus orders results: name by name, value by value, the shorter set first. */
int labels_compare(const struct labels *one, const struct labels *other);
size_t labels_bytes(const struct labels *labels);
/* Appends metric{a="b",c="d"}, as PromQL reads it; {} for none. */
void labels_text(const struct labels *labels, struct str *to);

#endif
