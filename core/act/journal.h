/* SPDX-License-Identifier: MIT */
/*
 * What act needs of the ledger, which lives in a higher room: numbers, audit lines, facts. Each
 * writing call returns a ticket at once, and its result comes back as obs_ledger (ticket 0:
 * the queue is full, nothing was taken). core/store gives one
 * over the real ledger (ledger_journal()).
 */
#ifndef BOTSWAIN_ACT_JOURNAL_H
#define BOTSWAIN_ACT_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str;

/* One line of the audit file. Strings are borrowed for the call (NULL is empty); they are redacted
 * before they are written. */
struct audit_line {
	uint64_t operation; /* 0: belongs to none */
	unsigned uid;       /* of the operator */
	bool has_login;
	unsigned login_uid; /* who logged in, as the kernel says */
	const char *who, *what, *on, *why, *result, *detail;
	const char *claims; /* what the operator's client says of him */
};

typedef void journal_visit(void *context, const char *key, const void *value, size_t length);

struct journal {
	void *context;
	/* The next operation number; never repeats over restarts. */
	uint64_t (*operation)(void *context);
	uint64_t (*audit)(void *context, const struct audit_line *line);
	/* Keyed bytes that survive a restart; length 0 forgets the key. */
	uint64_t (*put)(void *context, const char *key, const void *value, size_t length);
	/* What was put before this start. False: nothing. */
	bool (*get)(void *context, const char *key, struct str *ret);
	/* All of it with this prefix, in order of the keys. */
	void (*each)(void *context, const char *prefix, journal_visit *visit, void *visit_context);
};

#endif
