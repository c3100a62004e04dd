/* SPDX-License-Identifier: MIT */
/*
 * Reading the configuration again: all or nothing. The file is read and checked on the query pool,
 * since it may be long; the engine's thread then only takes the result. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_RELOAD_H
#define BOTSWAIN_ENGINE_RELOAD_H

#include "core/msg/mailbox.h"

struct engine;
struct peer;

/* The settings hold, but for a source that cannot be started now: said in config_error and in the journal. */
void reload_incomplete(struct engine *engine, const struct err *err);
/* Begins; engine.config_error says how it ended. */
void reload_begin(struct engine *engine);
/* The same for a client that is answered. */
void reload_request(struct engine *engine, struct peer *peer, const void *body);
/* The file was read: takes the new settings, or says why the old ones stay. */
void reload_deliver(struct engine *engine, struct parcel *parcel);

#endif
