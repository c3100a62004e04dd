/* SPDX-License-Identifier: MIT */
#include "tests/support/scans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/engine/client.h"
#include "core/engine/internal.h"
#include "core/engine/server.h"
#include "core/events/writer.h"
#include "tests/support/engine_harness.h"

enum {
	BATCH = 5000,
	GAP_MS = 50, /* 20 a second */
};

static const char config[] = "state_dir: /nowhere/state\n"
			     "bots:\n"
			     "  - {name: orders, token: {file: /nowhere/t1}}\n";

struct event_writer *scans_writer(struct harness *harness, const char *name)
{
	const struct event_source source = {
		.id = entity_id("source", name), .name = name, .bot = "orders"};
	return event_writer_new(&source, NULL, &harness->clock);
}

void scans_post(struct scans *scans, struct event_writer *writer)
{
	assert_true(event_writer_post(writer, engine_mailbox(scans->harness->engine), true));
	harness_settle(scans->harness);
}

void scans_write(struct event_writer *writer, int64_t wall_ms, const char *text)
{
	const struct event_input input = {
		.wall_ms = wall_ms, .level = LOG_LEVEL_INFO, .message = text};
	event_writer_event(writer, &input);
}

/* Old to new: one line a millisecond, the last one now; each SCANS_RARE_EVERY-th holds a needle. */
static void write_store(struct scans *scans)
{
	int64_t first_ms = clock_wall_ms(&scans->harness->clock) - SCANS_LINES;
	for (int i = 0; i < SCANS_LINES; i++) {
		scans_write(scans->writer, first_ms + i, i % SCANS_RARE_EVERY ? "tick" : "needle");
		if (i % BATCH == BATCH - 1)
			scans_post(scans, scans->writer);
	}
}

int scans_setup(void **state)
{
	struct scans *scans = xcalloc(1, sizeof(*scans));
	scans->harness = harness_new(config);
	scans->screen = harness_attach(scans->harness);
	scans->writer = scans_writer(scans->harness, "orders.log");
	scans->slow = scans_writer(scans->harness, "slow.log");
	write_store(scans);
	*state = scans;
	return 0;
}

void scans_forget(struct scans *scans)
{
	while (scans->count)
		msg_any_release(&scans->heard[--scans->count].message);
}

int scans_teardown(void **state)
{
	struct scans *scans = *state;
	scans_forget(scans);
	event_writer_free(scans->writer);
	event_writer_free(scans->slow);
	harness_detach(scans->screen);
	harness_free(scans->harness);
	free(scans);
	return 0;
}

void scans_hear(void *context, enum msg_kind kind, const void *body)
{
	struct scans *scans = context;
	assert_true(scans->count < SCANS_HEARD_MAX);
	scans->heard[scans->count++] = (struct scans_heard){
		{kind, msg_copy(kind, body)}, clock_mono_ms(&scans->harness->clock)};
}

void scans_turn(struct scans *scans)
{
	(void)engine_turn(scans->harness->engine, 1);
	client_pump(scans->screen->client, scans->screen->model,
		clock_mono_ms(&scans->harness->clock), scans_hear, scans);
	clock_advance(&scans->harness->clock, SCANS_STEP_MS);
}

void scans_say(struct scans *scans, const char *line)
{
	struct msg_any message;
	struct err err;
	if (!msg_parse(line, &message, &err))
		fail_msg("'%s': %s", line, err.text);
	client_send(scans->screen->client, message.kind, message.body);
	msg_any_release(&message);
	client_pump(scans->screen->client, scans->screen->model, 0, scans_hear, scans);
}

const void *scans_last(const struct scans *scans, enum msg_kind kind)
{
	for (size_t i = scans->count; i-- > 0;)
		if (scans->heard[i].message.kind == kind)
			return scans->heard[i].message.body;
	return NULL;
}

const void *scans_await(struct scans *scans, enum msg_kind kind)
{
	for (int i = 0; i < SCANS_TRIES && !scans_last(scans, kind); i++)
		scans_turn(scans);
	const void *body = scans_last(scans, kind);
	assert_non_null(body);
	return body;
}

const struct msg_win_rows *scans_await_rows(struct scans *scans, uint64_t generation)
{
	const struct msg_win_rows *rows = NULL;
	for (int i = 0; i < SCANS_TRIES; i++) {
		rows = scans_last(scans, MSG_win_rows);
		if (rows && rows->done && rows->generation == generation)
			return rows;
		scans_turn(scans);
	}
	fail_msg("generation %llu was not answered", (unsigned long long)generation);
	return rows;
}

const struct msg_win_rows *scans_await_rows_of(struct scans *scans, uint64_t window)
{
	for (int i = 0; i < SCANS_TRIES / 20; i++) { /* of a few lines */
		for (size_t at = 0; at < scans->count; at++) {
			const struct msg_win_rows *rows = scans->heard[at].message.body;
			if (scans->heard[at].message.kind == MSG_win_rows && rows->done &&
				rows->window == window)
				return rows;
		}
		scans_turn(scans);
	}
	fail_msg("window %llu was not answered", (unsigned long long)window);
	return NULL;
}

const struct msg_seek *scans_await_seek(struct scans *scans)
{
	const struct msg_seek *seek = scans_await(scans, MSG_seek);
	for (int i = 0; i < SCANS_TRIES && !seek->done; i++) {
		scans_turn(scans);
		seek = scans_last(scans, MSG_seek);
	}
	assert_true(seek->done);
	return seek;
}

/* A seek's end is told at once, whatever was told before. */
static bool is_end_of_seek(const struct msg_any *message)
{
	return message->kind == MSG_seek && ((const struct msg_seek *)message->body)->done;
}

size_t scans_count_spaced(const struct scans *scans, enum msg_kind kind)
{
	size_t count = 0;
	int64_t before_ms = INT64_MIN / 2;
	for (size_t i = 0; i < scans->count; i++) {
		if (scans->heard[i].message.kind != kind)
			continue;
		if (!is_end_of_seek(&scans->heard[i].message))
			assert_true(scans->heard[i].mono_ms - before_ms >= GAP_MS);
		before_ms = scans->heard[i].mono_ms;
		count++;
	}
	return count;
}

struct peer *scans_peer(struct scans *scans)
{
	struct peer *peer = server_peer_at(scans->harness->engine->server, 0);
	assert_non_null(peer);
	return peer;
}
