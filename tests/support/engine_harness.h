/* SPDX-License-Identifier: MIT */
/*
 * An engine in this process, under a virtual clock, fed with scripted observations in the text form
 * of messages; and screens on it over socket pairs. Nothing sleeps: time moves with
 * harness_advance(). A failure ends the test.
 */
#ifndef BOTSWAIN_TESTS_ENGINE_HARNESS_H
#define BOTSWAIN_TESTS_ENGINE_HARNESS_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/clock.h"
#include "core/engine/client.h"
#include "core/engine/engine.h"
#include "core/model/model.h"

/* 2026-03-01 12:00:00 UTC: the wall time at which every harness starts. */
#define HARNESS_START_MS INT64_C(1772366400000)

struct harness {
	struct clock clock;
	struct settings *settings;
	struct engine *engine;
	const struct model *model; /* the engine's own */
};

/* A client of the engine and its replica. */
struct harness_screen {
	struct harness *harness;
	struct client *client;
	struct model *model;
	unsigned turns;
	/* the last messages that were no state: kind and a copy */
	struct msg_any got[64];
	unsigned got_count;
};

/* `yaml`: a configuration; `state_dir` need not exist (nothing listens, nothing is written). */
struct harness *harness_new(const char *yaml) MUST_CHECK;
/* The same with other options, e.g. one that locks its state directory and keeps a ledger. */
struct harness *harness_open(const char *yaml, const struct engine_options *options) MUST_CHECK;
/* The same, started so much later. */
struct harness *harness_open_at(
	const char *yaml, const struct engine_options *options, int64_t later_ms) MUST_CHECK;
void harness_free(struct harness *harness);
/* Of cmocka: *state is a harness of two bots, orders and support, with the Redis main and the Postgres db, which names further
 * bots; of any harness. */
int harness_fleet_setup(void **state);
int harness_teardown(void **state);
/* Feeds one observation, e.g. `obs_process bot="orders" state="running" pid=7`, and digests it. */
void harness_feed(struct harness *harness, const char *format, ...) PRINTF_LIKE(2, 3);
/* Turns until the engine waits for nothing that is there now. */
void harness_settle(struct harness *harness);
/* Moves the time in steps of at most a second, and settles after each. */
void harness_advance(struct harness *harness, int64_t ms);
const struct msg_bot *harness_bot(const struct harness *harness, const char *name);

/* Attaches a screen, welcomed and with the whole state. */
struct harness_screen *harness_attach(struct harness *harness) MUST_CHECK;
/* The same with a replica that was attached before. Takes ownership of `replica`. */
struct harness_screen *harness_reattach(struct harness *harness, struct model *replica) MUST_CHECK;
void harness_detach(struct harness_screen *screen);
/* Lets engine and screen talk until both are quiet (the clock moves 200 ms, for turn marks). */
void harness_sync(struct harness_screen *screen);
/* Sends a request in text form (`plan_req req=1 verb="restart"`), and syncs. */
void harness_send(struct harness_screen *screen, const char *format, ...) PRINTF_LIKE(2, 3);
/* The newest message of a kind that this screen got, NULL: none. Forgets nothing. */
const void *harness_got(const struct harness_screen *screen, enum msg_kind kind);
/* Lets both work until a message of this kind comes (threads of the engine may take a while). */
const void *harness_await(struct harness_screen *screen, enum msg_kind kind);
void harness_forget(struct harness_screen *screen);

#endif
