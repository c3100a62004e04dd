/* SPDX-License-Identifier: MIT */
/*
 * What a screen shows before there is an engine: a file in the state directory (client_last.h) with every entity as it was,
 * redacted, as a client would get it. Written a slice a turn, once a minute (of large fleets more seldom), and at an orderly
 * stop; the ledger's thread puts it on the disk. An engine that runs for less than a minute and remembers more than it has seen
 * leaves the one that is there. One of more than CLIENT_LAST_BYTES_MAX is not written. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_LAST_VIEW_H
#define BOTSWAIN_ENGINE_LAST_VIEW_H

#include <stdbool.h>
#include "core/base/attr.h"

struct engine;
struct last_view;

struct last_view *last_view_new(const struct engine *engine) MUST_CHECK;
void last_view_free(struct last_view *view); /* NULL is legal */
/* A slice, when that is due. True: there is more, come again at once. */
bool last_view_turn(struct engine *engine);
/* At an orderly stop: all of it. */
void last_view_keep(struct engine *engine);

#endif
