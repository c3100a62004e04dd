/* SPDX-License-Identifier: MIT */
/*
 * Faults on request: for one bot or all, one method or all, one kind of peer or all, until cleared, for a number of
 * requests, or for a time. The newest that fits is met. One thread.
 */
#ifndef BOTSWAIN_BOTAPI_FAULTS_H
#define BOTSWAIN_BOTAPI_FAULTS_H

#include <jansson.h>
#include <stdbool.h>

#include "core/base/attr.h"
#include "core/base/err.h"

struct api_method;
struct bot;
struct fault;
struct request;

/* True when a fault took the request over: answered it, or keeps it. */
bool faults_meet(struct bot *bot, const struct api_method *method, struct request *request);
/*
 * Adds the fault that `body` describes: "kind", "method" and "peer" (missing: any), "status", "description",
 * "retry_after", "delay_ms", "bytes", "off_by", "count" (requests), "seconds". tests/fleet/README.md says which kinds
 * there are and what they take.
 */
MUST_CHECK bool faults_add(struct fault **list, json_t *body, struct err *err);
/* Removes the faults of `method` (NULL: all); returns how many. */
int faults_clear(struct fault **list, const char *method);

#endif
