/* SPDX-License-Identifier: MIT */
/* One line of the events whole, with its fields and the lines that go on from it; one at a time for a client. Engine
 * thread. */
#ifndef BOTSWAIN_ENGINE_LINE_H
#define BOTSWAIN_ENGINE_LINE_H

#include "core/msg/mailbox.h"

struct engine;
struct peer;

/* Lines that are looked at in each direction for those of one traceback. */
enum { LINE_JOINED_MAX = 200 };

void line_request(struct engine *engine, struct peer *peer, const void *body);
/* What a pool thread found. Borrows the parcel. */
void line_deliver(struct engine *engine, const struct parcel *parcel);
/* The client leaves, or asks for another. */
void line_forget(struct peer *peer);

#endif
