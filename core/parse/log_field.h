/* SPDX-License-Identifier: MIT */
/*
 * One field of a line by its name, whatever it is called: of a JSON line the key of that name (`req.id` is also the id within
 * req), else the first such key in an object further in; of any line, also in the message of a JSON line, what stands behind
 * `name=`. Case does not count. No allocation, one look at each byte of what it reads. Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_LOG_FIELD_H
#define BOTSWAIN_PARSE_LOG_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include "core/parse/log_line.h"

/* False: there is none, or it is null. Of an object or array it is its JSON; of a string what stands in the quotes. */
bool log_field_find(const char *text, size_t length, const char *name, struct log_part *ret_value);

/* A field's text as a number: 12 1.5e3 98%; a span (512ms 1.5s 35us 1m30s) is one of ms. False: it is none. */
bool log_field_number(const char *text, size_t length, double *ret_number);

#endif
