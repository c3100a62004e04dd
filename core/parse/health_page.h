/* SPDX-License-Identifier: MIT */
/*
 * Health pages as JSON: what they say of themselves, and a field that is expected. A field is named
 * by its path with points, `checks.redis`; texts, numbers and true/false/null are compared as the
 * page prints them. Results hold the page's bytes as they came. Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_HEALTH_PAGE_H
#define BOTSWAIN_PARSE_HEALTH_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct err;

/* The text of its field status, error, message or detail, the first that it has; false: it says
 * nothing, or is no JSON object. */
MUST_CHECK bool health_page_says(const char *body, size_t length, char *ret, size_t size);
/* `expected`: NAME=VALUE. ERR_PROTOCOL: it is no JSON, has no such field, or another value, said as
 * `status is "degraded", not "ok"`. */
MUST_CHECK bool health_page_has(
	const char *body, size_t length, const char *expected, struct err *err);

#endif
