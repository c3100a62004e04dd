/* SPDX-License-Identifier: MIT */
/*
 * Keeps secrets out of what is stored, shown, sent or written. A redactor knows the secrets of this
 * engine by value and the shapes that secrets of others have:
 *   123456:AAE...24 or more    -> 123456:<redacted> (also with %3A, also short ones after /bot)
 *   scheme://user:pass@host    -> scheme://user:<redacted>@host (up to the last '@' of the word: where
 *                                 more than one may end the password, the host goes with it)
 *   password=, "token": "..."  -> the value becomes <redacted> (the keys: redact_shape.c)
 *   Authorization: any value, Bearer and Basic credentials -> <redacted>
 * Characters that show nothing (a zero-width space, a selector), also as sanitize() names them, do not keep a secret apart:
 * it is found as a reader would. Before an ellipsis a text was cut, as with REDACT_CUT.
 * It reads the whole line as it came, before anything splits it into fields, so a secret that ends
 * up across fields is still seen. Redacting twice changes nothing.
 *
 * Built by one thread, then sealed; from there on it is read-only and any thread may use it. It is
 * reference counted: settings that change build a new one, and the old one goes when its last user
 * lets go.
 */
#ifndef BOTSWAIN_BASE_REDACT_H
#define BOTSWAIN_BASE_REDACT_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/str.h"

#define REDACTED "<redacted>"

struct redactor;

enum redact_flags {
	REDACT_CUT = 1 << 0, /* the text was cut at its end: what starts like a secret there counts
				as one */
};

struct redactor *redactor_new(void);
struct redactor *redactor_ref(const struct redactor *redactor);
void redactor_unref(const struct redactor *redactor);

/* Adds a known secret; of a Telegram token also its part after the colon. Below 6 bytes it would
 * blank innocent text, so it is refused (false). Only before redactor_seal(). */
bool redactor_add(struct redactor *redactor, const char *secret, size_t length);
/* Builds the search tables; nothing can be added from here on. */
void redactor_seal(struct redactor *redactor);
/* True when both know the same secrets, added in the same order. Both are sealed. */
bool redactor_equal(const struct redactor *one, const struct redactor *other);
/* Memory that a sealed redactor takes; the same for all who share it. NULL: 0. */
size_t redactor_bytes(const struct redactor *redactor);

/* Appends `bytes` to `to` with every secret replaced; returns how many were. `redactor` NULL:
 * shapes alone. */
size_t redact(const struct redactor *redactor, struct str *to, const char *bytes, size_t length,
	unsigned flags);

/* True when redact() would change `bytes`. Such a line is matched by filters on its redacted text
 * only, or a filter could be used to guess the secret letter by letter. */
bool redact_has_candidate(const struct redactor *redactor, const char *bytes, size_t length);

#endif
