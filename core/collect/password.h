/* SPDX-License-Identifier: MIT */
/*
 * The password of a server, kept for its connections, of which there is a new one every few seconds.
 * A file is read for each, so that a password that was replaced is found at once. A command runs
 * when there is nothing yet and after the server refused what it gave, but PASSWORD_PAUSE_MS apart:
 * in between what it gave, or why it gave nothing, stands. The vault knows what is kept.
 *
 * Its worker's thread. Zeroed: nothing was read.
 */
#ifndef BOTSWAIN_COLLECT_PASSWORD_H
#define BOTSWAIN_COLLECT_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/secret.h"

struct secret_ref;
struct worker;

enum { PASSWORD_PAUSE_MS = 30000 };

struct password {
	struct secret secret; /* empty: none is configured, or it could not be read */
	/* private */
	struct err err;   /* why the command's last run gave nothing */
	int64_t tried_ms; /* mono: when that was */
	bool was_tried, is_refused;
};

/* Sees to it that `secret` is what a new connection needs; no secret configured: it is empty. Fails
 * with ERR_SECRET and what to do, or with ERR_CANCELLED when the worker should leave. `owner` as in
 * vault_put(): one for each struct password. */
MUST_CHECK bool password_read(struct password *password, struct worker *worker,
	const struct secret_ref *ref, const char *owner, struct err *err);
/* A connection failed for `err`: if that was the password's fault, it is not used again unseen. */
void password_judge(struct password *password, const struct err *err);
void password_release(struct password *password);

#endif
