/* SPDX-License-Identifier: MIT */
/* The handshake: who may come in, and what is said at the door. Engine thread. */
#ifndef BOTSWAIN_ENGINE_GREET_H
#define BOTSWAIN_ENGINE_GREET_H

#include "core/base/err.h"
#include "core/msg/msg.h"

struct engine;
struct peer;

/* The first message of a client: it is welcomed or refused. */
void greet_hello(struct engine *engine, struct peer *peer, const struct msg_any *message);
/* Says why; the connection is closed once that is sent. */
void greet_refuse(struct engine *engine, struct peer *peer, enum err_code code, const char *text);
/* A client is being freed: a drop is an event, leaving by itself is not. */
void greet_farewell(struct engine *engine, const struct peer *peer);

#endif
