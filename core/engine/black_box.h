/* SPDX-License-Identifier: MIT */
/*
 * The engine's own recording: whether there is one and where, what is told of it, and the way back into it: a client that
 * asks for the past gets a replay of its own, a child of the engine that serves that one connection. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_BLACK_BOX_H
#define BOTSWAIN_ENGINE_BLACK_BOX_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"

struct engine;
struct msg_engine;
struct peer;

/* Begins the recording that the options or the configuration ask for. False: one was asked for by name and can't be. */
MUST_CHECK bool black_box_begin(struct engine *engine, struct err *err);
/* The budget may be another than before (bytes, 0: nothing was recorded): recording goes on within it, ends, or begins at
 * the next start, which is said. */
void black_box_reload(struct engine *engine, uint64_t before);
/* Once a turn. */
void black_box_turn(struct engine *engine);
/* What the engine says of its recording. */
void black_box_fill(const struct engine *engine, struct msg_engine *entity);
/* Drafts the service that it is, with its verdict; nothing where nothing was to be recorded. */
void black_box_show(struct engine *engine, const struct msg_engine *entity);
/*
 * Hands the client's connection to a replay of the recording (it was said hello to, and reads no further here). False: `err`
 * says why there is no past.
 */
MUST_CHECK bool black_box_open_past(struct engine *engine, struct peer *peer, struct err *err);

#endif
