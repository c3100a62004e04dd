/* SPDX-License-Identifier: MIT */
/*
 * Where in a text something may begin that redact.c looks for: a known secret, the trigger of a shape, a character that
 * shows nothing. 64 places at a time, by two bytes of each; what is passed over is none of them, what is not need not be
 * one. A table is constant once it is made; any thread. Used by redact.c alone.
 */
#ifndef BOTSWAIN_BASE_REDACT_SCAN_H
#define BOTSWAIN_BASE_REDACT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/byte_classes.h"

enum { REDACT_SCAN_PLACES = 64 };

struct redact_scan {
	struct byte_classes own[2], known[2]; /* of a place's byte, and of the one behind it */
	uint64_t (*places)(const struct redact_scan *scan, const char *text, bool *may_hide);
};

/* Of a text's places from `at` on, 64 or as many as are left: a bit for each at which something may begin. Sets *may_hide
 * (never clears it) when one of them may be a character that shows nothing, or an ellipsis. */
uint64_t redact_scan(
	const struct redact_scan *scan, const char *text, size_t length, size_t at, bool *may_hide);

/* Without known secrets. */
void redact_scan_init(struct redact_scan *scan);
/* Adds a known secret, by its first two bytes. */
void redact_scan_add(struct redact_scan *scan, const char *secret);
/* The one without known secrets. */
const struct redact_scan *redact_scan_bare(void);

#endif
