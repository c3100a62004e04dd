/* SPDX-License-Identifier: MIT */
/* Numbers, durations and strings as PromQL writes them. Pure; any thread of a program whose numbers have points (LC_NUMERIC=C). */
#ifndef BOTSWAIN_SERIES_PROMQL_LITERAL_H
#define BOTSWAIN_SERIES_PROMQL_LITERAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/str.h"

/* 12 1.5e-3 .5 2. 0x1f 017 (octal) 1_000; without a sign. All of it must be one. */
bool literal_number(const char *text, size_t length, double *ret_value);
/* 1h30m 5m 500ms: y w d h m s ms, in this order, whole numbers. */
bool literal_duration(const char *text, size_t length, int64_t *ret_ms);
/* In its quotes. NULL, or why it cannot be read, at `ret_at` of the text. */
const char *literal_string(const char *text, size_t length, struct str *ret, size_t *ret_at);

/* Appends a number so that literal_number() reads it back, but for its sign, +Inf and NaN. */
void add_number(struct str *to, double value);
/* Appends a duration, which may be negative: 1h30m. */
void add_duration(struct str *to, int64_t ms);

#endif
