/* SPDX-License-Identifier: MIT */
/* Seeks in the events, one at a time for a client. Engine thread. */
#ifndef BOTSWAIN_ENGINE_SEEK_H
#define BOTSWAIN_ENGINE_SEEK_H

#include "core/msg/mailbox.h"

struct engine;
struct peer;

void seek_request(struct engine *engine, struct peer *peer, const void *body);
/* The answer of a pool thread. Borrows the parcel. */
void seek_deliver(struct engine *engine, const struct parcel *parcel);
/* The client leaves, or asks for something else. */
void seek_forget(struct peer *peer);

#endif
