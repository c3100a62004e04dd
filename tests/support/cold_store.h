/* SPDX-License-Identifier: MIT */
/*
 * The same lines in two stores of events: one has all of them in memory, the other has next to nothing there and a history on
 * the disk. What the first one answers, the other has to.
 */
#ifndef BOTSWAIN_TESTS_COLD_STORE_H
#define BOTSWAIN_TESTS_COLD_STORE_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/rng.h"
#include "core/events/history.h"
#include "tests/support/event_store.h"

struct event_marks;
struct redactor;

enum { COLD_STORE_BYTES = 512 << 10, COLD_STORE_DISK = 8 << 20 };

struct cold_store {
	struct event_store *all, *cold;
	struct history *history;
	struct rng rng;
	int64_t wall_ms; /* of the last line */
	size_t lines;
};

/* Of cmocka: *state is a struct cold_store. */
int cold_store_set_up(void **state);
int cold_store_tear_down(void **state);

/* Some of them late, of many bots and levels, in text and JSON; chunks of all sizes. Delivered and written. */
void cold_store_add(struct cold_store *pair, size_t lines);
/* A line of both. */
void cold_store_line(struct cold_store *pair, size_t source, const char *line);
void cold_store_deliver(struct cold_store *pair);
/* As often as an engine looks in a quarter of a minute at what there is. */
void cold_store_look(struct cold_store *pair);
/* All that is in memory is written and forgotten; another history is begun in the same folder a minute later. */
void cold_store_restart(struct cold_store *pair, uint64_t budget);

/* Whatever of the rows differs fails the test. */
void assert_cold_answer(struct cold_store *pair, const struct event_question *question,
	const char *expression, const struct redactor *redactor);
struct event_question cold_store_question(struct cold_store *pair);
const char *cold_store_expression(struct cold_store *pair);

#endif
