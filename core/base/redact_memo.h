/* SPDX-License-Identifier: MIT */
/*
 * Remembers of some thousand texts that a redactor found nothing in them: names, labels and states come again with every look.
 * It keeps no text, but 63 bits of each, mixed with a number that nobody knows: one that was not looked at is taken for one
 * that was once in 2^63 times. One thread.
 */
#ifndef BOTSWAIN_BASE_REDACT_MEMO_H
#define BOTSWAIN_BASE_REDACT_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct redact_memo;
struct redactor;
struct str;

struct redact_memo *redact_memo_new(void) MUST_CHECK;
void redact_memo_free(struct redact_memo *memo); /* NULL is legal */
/* As redact() without flags, but for a text in which nothing is found, of which it may append nothing. What another redactor
 * found is forgotten. */
size_t redact_once(struct redact_memo *memo, const struct redactor *redactor, struct str *to,
	const char *bytes, size_t length);

#endif
