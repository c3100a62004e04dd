/* SPDX-License-Identifier: MIT */
/*
 * Every request of a method with its parameters, and what was answered: one JSON line each, written when the answer is
 * given, so that the whole conversation can be judged afterwards (tests/foreign/validate.py). Tokens and other
 * secrets are redacted. For tests of some minutes: the file is not bounded.
 *
 *   at, answered   ms of the monotonic clock: when the request began to arrive, when the answer was given
 *   bot, method    the bot's id; the method as it was asked for
 *   agent          the User-Agent
 *   sent           "query", "form", "multipart" or "json"
 *   params         of "json" the values as they came; of the others strings; of a file {"file": name, "bytes": how many}
 *   status         of HTTP; 0: the client left before his request was whole (one that leaves a long poll is not noticed)
 *   how            only for "truncated", "reset", "drip", "slow end" and "wrong length"
 *   retry_after    the header, only where it was sent
 *   answer         the JSON document, or `text`, the first 200 bytes of what is none
 */
#ifndef BOTSWAIN_BOTAPI_EXCHANGE_H
#define BOTSWAIN_BOTAPI_EXCHANGE_H

#include <stdbool.h>
#include <stdio.h>

#include "core/base/attr.h"
#include "core/base/err.h"

struct request;
struct reply;

MUST_CHECK bool exchange_open(FILE **ret_file, const char *path, struct err *err);
/* The listener of a server (serve.h): `file` is a FILE that exchange_open() gave; `reply` NULL: the client has left. */
void exchange_write(void *file, struct request *request, const struct reply *reply);

#endif
