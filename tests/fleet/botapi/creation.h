/* SPDX-License-Identifier: MIT */
/*
 * The real server's limit on new sessions from one address: 20 a minute and 600 an hour, each try of a token that it
 * refuses among them. Peers on loopback are exempt unless a test says otherwise, or a request names another address in
 * X-Real-IP; all of them count as one address. One thread.
 */
#ifndef BOTSWAIN_BOTAPI_CREATION_H
#define BOTSWAIN_BOTAPI_CREATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"

struct api;
struct refusal;
struct request;

enum { CREATIONS_PER_MINUTE = 20, CREATIONS_PER_HOUR = 600 };

struct creation {
	bool is_limited;                   /* also without X-Real-IP */
	int64_t at_ms[CREATIONS_PER_HOUR]; /* a ring of the last, monotonic */
	uint64_t count;
};

/* Counts a new session; false with 429 when that is one too many. */
MUST_CHECK bool creation_allows(
	struct api *api, const struct request *request, struct refusal *why);

#endif
