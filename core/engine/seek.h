/* SPDX-License-Identifier: MIT */
/* Seeks in the events, one at a time for a client. Engine thread. */
#ifndef BOTSWAIN_ENGINE_SEEK_H
#define BOTSWAIN_ENGINE_SEEK_H

#include <stdint.h>
#include "core/msg/mailbox.h"

struct engine;
struct peer;

void seek_request(struct engine *engine, struct peer *peer, const void *body);
/* Stops the seek of that number, if it still goes on: it is answered so. */
void seek_stop(struct engine *engine, struct peer *peer, const void *body);
/* A window shows something else, or is closed: a seek in it is stopped. */
void seek_window_changed(struct peer *peer, uint64_t window);
/* What a pool thread found in a slice. Borrows the parcel. */
void seek_deliver(struct engine *engine, const struct parcel *parcel);
/* The client leaves, or asks for something else. */
void seek_forget(struct peer *peer);

#endif
