/* SPDX-License-Identifier: MIT */
/*
 * A writer of events with a redactor that knows one token, and the mailbox that it posts to. Its source is a log of the bot
 * own_log; the number of that token is known as the bot shop.
 */
#ifndef BOTSWAIN_TESTS_WRITER_BENCH_H
#define BOTSWAIN_TESTS_WRITER_BENCH_H

#include <stdint.h>
#include "core/base/clock.h"
#include "core/msg/mailbox.h"

struct chunk;
struct chunk_list;
struct event_writer;
struct msg_obs_notes;
struct redactor;

#define WRITER_BENCH_MS INT64_C(1795168821744)                /* 2026-11-20T10:00:21.744Z */
#define SECRET_PART     "AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc" /* of the token 123456:... */

struct writer_bench {
	struct clock clock;
	struct redactor *redactor;
	struct event_writer *writer;
	struct mailbox *box;  /* of four places */
	struct parcel parcel; /* the last taken */
};

/* Of cmocka: *state is a struct writer_bench. */
int writer_bench_set_up(void **state);
int writer_bench_tear_down(void **state);

void writer_bench_line(struct writer_bench *bench, const char *line);
/* Posts and takes; the notes (NULL: none), and the chunks that came along. Valid until the next post. */
const struct msg_obs_notes *writer_bench_post(
	struct writer_bench *bench, const struct chunk_list **ret_list);
/* The only chunk written so far. */
const struct chunk *writer_bench_chunk(struct writer_bench *bench);

#endif
