/* SPDX-License-Identifier: MIT */
/*
 * Errors are values. A function that can fail returns bool and takes `struct err *err` last; the
 * callee writes the sentence (lower case, what failed first, subject in single quotes, no full
 * stop, the next step after a colon or semicolon), the top shows it once. The code is for deciding,
 * the text for the operator.
 */
#ifndef BOTSWAIN_BASE_ERR_H
#define BOTSWAIN_BASE_ERR_H

#include <stdbool.h>
#include "core/base/attr.h"

enum err_code {
	ERR_NONE,
	ERR_INVALID,     /* the caller or the operator gave something unusable */
	ERR_SYNTAX,      /* bytes from outside do not parse */
	ERR_IO,          /* a system call failed */
	ERR_TIMEOUT,     /* no answer before the deadline */
	ERR_UNREACHABLE, /* refused, no route, reset, name not resolved */
	ERR_TLS,         /* certificate or handshake */
	ERR_AUTH,        /* credentials refused */
	ERR_DENIED,      /* reached, but not permitted (NOPERM, 42501, EACCES) */
	ERR_NOT_FOUND,
	ERR_CONFLICT, /* a revision, plan or lock is no longer what it was */
	ERR_RATE,     /* rate-limited; see retry_after */
	ERR_PROTOCOL, /* the peer answered something that makes no sense */
	ERR_LIMIT,    /* one of our own bounds */
	ERR_CANCELLED,
	ERR_REFUSED, /* policy: read-only, role, lock, another engine */
	ERR_UNSUPPORTED,
	ERR_INTERNAL,
	ERR_SECRET, /* a password or token cannot be read where the configuration says it is */
};

struct err {
	enum err_code code;
	char text[256];
};

/* Fills `err` (may be NULL) and returns false, so that `return err_set(...)` fails the caller. The text may be
 * shown: whatever it names is made safe (sanitize.h), and it has no more lines than the format. Any thread. */
bool err_set(struct err *err, enum err_code code, const char *format, ...) PRINTF_LIKE(3, 4);

/* As err_set(), with ": strerror(errnum)" appended. Any thread. */
bool err_errno(struct err *err, int errnum, const char *format, ...) PRINTF_LIKE(3, 4);

/* The stable lower-case word of a code ("timeout"); for JSON and logs. */
const char *err_word(enum err_code code);

#endif
