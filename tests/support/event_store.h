/* SPDX-License-Identifier: MIT */
/*
 * A store of events for a test: four sources with a writer each, the last of them botswain's own, and the directory that an
 * engine would keep of their chunks. Answers are compared as the texts of their rows.
 */
#ifndef BOTSWAIN_TESTS_EVENT_STORE_H
#define BOTSWAIN_TESTS_EVENT_STORE_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/clock.h"
#include "core/events/query.h"

struct event_directory;
struct event_writer;
struct mailbox;
struct msg_win_rows;

/* What its clock says at the start: 2026-11-20T10:00:21.744Z. */
#define EVENT_STORE_MS INT64_C(1795168821744)

enum { EVENT_STORE_SOURCES = 4 }; /* a, b, c, botswain */

struct event_store {
	struct clock clock;
	struct mailbox *box;
	struct event_directory *directory;
	struct event_writer *writers[EVENT_STORE_SOURCES];
};

/* Of cmocka: *state is a struct event_store. */
int event_store_set_up(void **state);
int event_store_tear_down(void **state);

/* All writers end, and others begin so much later. */
void event_store_begin_again(struct event_store *store, int64_t later_ms);

/* One line; the directory has it after event_store_deliver(). `bot` may be NULL. */
void event_store_add(struct event_store *store, size_t source, int64_t wall_ms, const char *bot,
	const char *text);
/* What the engine does with the notes of its workers. */
void event_store_deliver(struct event_store *store);
/* Delivered: a1 c1 b1 own a2 b2 a3 in the order of time, b of the bot quiz, a and c of shop. */
void event_store_fill(struct event_store *store);

/* `expression`: a filter, NULL none. The caller frees the query. */
struct event_query *event_store_ask(
	struct event_store *store, const struct event_question *question, const char *expression);
/* The whole answer, which the caller frees. */
struct msg_win_rows *event_store_answer(
	struct event_store *store, const struct event_question *question, const char *expression);
void assert_event_answer(struct event_store *store, const struct event_question *question,
	const char *expression, const char *expected);

#endif
