/* SPDX-License-Identifier: MIT */
/*
 * The engine: owns the model, the stores, alerts, plans and clients. engine_turn() does one bounded
 * turn: take observations, digest, judge, alert, act, answer clients. engine_run() is its poll
 * loop. With `workers` false it has no threads of its own but the query pool and is fed by
 * engine_feed(): tests, replay. One thread, except engine_stop().
 */
#ifndef BOTSWAIN_ENGINE_ENGINE_H
#define BOTSWAIN_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/msg/mailbox.h"

struct clock;
struct engine;
struct err;
struct lock;
struct model;
struct settings;
struct str;

struct engine_options {
	bool workers;   /* poll the outside */
	bool listen;    /* lock the state directory, keep a ledger in it, open the socket */
	bool own;       /* leave when the last client is gone and no operation runs */
	bool read_only; /* no verb runs, whatever the configuration says */
	bool only_logs; /* for log files alone: who looks at them is no event among their lines */
	bool small;     /* a replay that takes less memory: for one who may only look */
	struct lock *lock;  /* taken already; the engine's from then on; NULL: it takes it */
	const char *record; /* a file to record to, which must not be there; borrowed; NULL: none */
	const char *
		replay; /* a recording that is shown instead of what is now: no workers, no ledger, no verb; borrowed */
};

MUST_CHECK bool engine_new(struct settings *settings, const struct clock *clock,
	const struct engine_options *options, struct engine **ret, struct err *err);
void engine_free(struct engine *engine); /* NULL is legal */
/* It has ended because another engine may have its state directory; why, else NULL. */
const char *engine_displaced(const struct engine *engine);
/* In place of engine_free(): what runs for an operation is ended, clients are left, and no file is touched. Then the process has
 * to end at once. */
void engine_abandon(struct engine *engine);
/* Appends where it is found and what it keeps, one line without an end: socket, /metrics, recording, number of bots. */
void engine_describe(const struct engine *engine, struct str *to);
void engine_run(struct engine *engine); /* until stopped */
/* Ends after the operations that run, named to everybody; at once when told again. Any thread, signal-safe. */
void engine_stop(struct engine *engine);
void engine_reload_soon(struct engine *engine); /* signal-safe: SIGHUP */
/* One turn; waits at most `wait_ms` for input. Returns false when the engine should end. */
bool engine_turn(struct engine *engine, int wait_ms);
/* Input as from a worker: takes ownership. */
void engine_feed(struct engine *engine, struct parcel parcel);
/* Adopts a connected socket as a client (tests: socketpair). Takes ownership. */
void engine_adopt(struct engine *engine, int fd);
/* The same for one whose hello another engine has taken: it is welcomed, and gets the state. */
void engine_adopt_known(struct engine *engine, int fd);
const struct model *engine_model(const struct engine *engine);
struct mailbox *engine_mailbox(struct engine *engine);

#endif
