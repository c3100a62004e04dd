/* SPDX-License-Identifier: MIT */
/* A line of the audit file as a link of the chain. Pure; any thread. */
#ifndef BOTSWAIN_STORE_CHAIN_H
#define BOTSWAIN_STORE_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include "core/store/audit.h"

struct chain_link {
	uint64_t seq, operation;
	char prev[AUDIT_HASH + 1], hash[AUDIT_HASH + 1]; /* as the line says */
};

/* What the chain starts from: seq 0, a hash of zeros. */
struct audit_mark chain_start(void);

/* Formats a line with its end; `mark` is moved to it. */
void chain_add(struct str *to, struct audit_mark *mark, int64_t wall_ms,
	const struct audit_line *line, const struct redactor *redactor);

/* Reads a line (without its end) and checks its own hash. The error says what is wrong with it. */
MUST_CHECK bool chain_read(
	const char *line, size_t length, struct chain_link *ret, struct err *err);
/* Checks that `link` follows `mark`, and moves the mark. */
MUST_CHECK bool chain_follow(
	struct audit_mark *mark, const struct chain_link *link, struct err *err);

#endif
