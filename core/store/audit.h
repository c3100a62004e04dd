/* SPDX-License-Identifier: MIT */
/*
 * The audit file: append-only, one JSON object a line, each line chained to the one before.
 *   {"v":1,"ts":"2026-11-20T10:00:21.744Z","seq":7,"who":"ann","uid":1000,"what":"restart",
 *    "on":"orders","why":"...","result":"...","detail":"...","operation":3,"prev":"HEX","hash":"HEX"}
 * hash = SHA-256 of the line's bytes up to the comma before "hash"; prev = hash of the line before,
 * 64 zeros in the first. Ledger thread only, except audit_verify().
 */
#ifndef BOTSWAIN_STORE_AUDIT_H
#define BOTSWAIN_STORE_AUDIT_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"

struct audit;
struct audit_line;
struct err;
struct redactor;
struct str;

enum { AUDIT_HASH = 64 };

/* A place in the chain that was durable once; kept outside the file, it shows a tail cut off. */
struct audit_mark {
	uint64_t seq; /* 0: none */
	char hash[AUDIT_HASH + 1];
};

/*
 * Opens or creates (0600) the file and checks the chain of its last part. A torn last line is moved
 * to PATH.torn; that, a chain that does not hold and a file that ends before `known` are said in
 * `note`, and do not stop us.
 */
MUST_CHECK bool audit_open(const char *path, const struct audit_mark *known, struct audit **ret,
	struct str *note, struct err *err);
void audit_close(struct audit *audit); /* NULL is legal */

/* Adds a line, redacted and sanitised, to what the next commit writes. */
void audit_stage(struct audit *audit, int64_t wall_ms, const struct audit_line *line,
	const struct redactor *redactor);
/* Writes and fsyncs what is staged: all of it, or nothing of it is in the file. */
MUST_CHECK bool audit_commit(struct audit *audit, struct err *err);

/* The last durable line. */
struct audit_mark audit_mark(const struct audit *audit);
/* The highest operation number seen in the part that was read at opening. */
uint64_t audit_last_operation(const struct audit *audit);

/* Reads a whole file; the error names the first line that does not hold. Any thread. */
MUST_CHECK bool audit_verify(const char *path, uint64_t *ret_lines, struct err *err);

#endif
