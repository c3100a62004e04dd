/* SPDX-License-Identifier: MIT */
/*
 * A secret in memory: what is printed of it says which one it is, never what it is. The bytes are
 * wiped when it is released. secret_reveal() is the only way to them; its callers assemble a URL, a
 * header or a connection string and hand it straight to the library that needs it. Owned by one
 * thread at a time.
 */
#ifndef BOTSWAIN_BASE_SECRET_H
#define BOTSWAIN_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"

struct secret {
	char *bytes; /* private, NUL-terminated; NULL when there is none */
	size_t length;
};

struct secret_shown {
	char text[40];
};

/* Copies the bytes, without blanks and line ends around them, and releases what was there. */
void secret_set(struct secret *secret, const char *bytes, size_t length);
/* Moves the secret; `from` is empty afterwards. */
void secret_move(struct secret *to, struct secret *from);
/* Wipes and frees; legal on a zeroed struct. */
void secret_release(struct secret *secret);
#define autosecret CLEANUP(secret_release)

static inline bool secret_is_set(const struct secret *secret)
{
	return secret->length > 0;
}

/* The bytes, "" when there are none; valid until the secret changes. Never for a message, log or
 * argv. */
const char *secret_reveal(const struct secret *secret);
/* `bot123456:****` for a Telegram token, `****` for anything else, `(none)` without one. */
struct secret_shown secret_show(const struct secret *secret);
/* Compares without a time that depends on where they differ. */
bool secret_equal(const struct secret *one, const struct secret *other);

/* Checks the form that Telegram gives to tokens: an id from 1 to 2^54-1 without a leading zero, a
 * colon, 24 to 63 of A-Z a-z 0-9 _ -, at most 80 in all. The error says what is wrong and where,
 * never the token. */
bool token_check(const char *text, size_t length, int64_t *ret_id, struct err *err) MUST_CHECK;

/* Overwrites memory in a way that the compiler keeps. */
void wipe(void *memory, size_t size);

#endif
