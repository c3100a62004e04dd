/* SPDX-License-Identifier: MIT */
/*
 * What windows and seeks on events have in common: a snapshot with the redactor of now, taken on
 * the engine's thread; compiling the filter and asking in slices, on a pool thread.
 */
#ifndef BOTSWAIN_ENGINE_EVENT_JOB_H
#define BOTSWAIN_ENGINE_EVENT_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/events/query.h"

struct engine;
struct err;
struct event_input;
struct filter;
struct query;

/* Engine thread. */
void *event_input_new(struct engine *engine) MUST_CHECK;
/* Any thread; NULL is legal. */
void event_input_free(void *input);

/* Pool thread. NULL: `err` says what is wrong with the expression, and where. */
struct filter *event_filter(const char *expression, int64_t now_ms, struct err *err) MUST_CHECK;
/* Takes ownership of the filter; uses up the snapshot: once an input. */
struct event_query *event_input_ask(
	void *input, struct filter *filter, const struct event_question *question) MUST_CHECK;
/* Asks until done. False: cancelled meanwhile. */
bool event_run(struct event_query *events, const struct query *query);

#endif
