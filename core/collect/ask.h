/* SPDX-License-Identifier: MIT */
/*
 * One HTTP question to a program on this machine, and its answer: for threads that may wait. No
 * redirects, no proxy, no netrc. Any thread; the connection lives for the call.
 */
#ifndef BOTSWAIN_COLLECT_ASK_H
#define BOTSWAIN_COLLECT_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;
struct str;

struct ask {
	const char *url;
	const char *socket; /* a Unix socket to connect to, whatever the URL's host; NULL: none */
	const char *body;   /* NULL: GET, else POST */
	const char *content_type;
	const char *user, *password; /* NULL: no login */
	int64_t timeout_ms;
	int stop_fd; /* -1: none */
	size_t max_bytes;
};

/* The body of a 2xx answer, into `ret` (cleared first). ERR_NOT_FOUND: nobody listens at that
 * socket; ERR_DENIED: it may not be opened, or 403; ERR_AUTH: 401; ERR_CANCELLED: told to stop. */
MUST_CHECK bool ask_http(const struct ask *ask, struct str *ret, struct err *err);

#endif
