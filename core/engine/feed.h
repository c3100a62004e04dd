/* SPDX-License-Identifier: MIT */
/*
 * Keyed state to one client. Per client there is only a mark (the last revision sent): what is
 * newer is dirty. When the socket took everything, at most FEED_BYTES of dirty entities are encoded;
 * once none is left comes the turn mark. Marks are FEED_GAP_MS apart at least (for the first FEED_FIRST_MS of a command line FEED_FIRST_GAP_MS, to
 * what must not wait FEED_HURRY_GAP_MS), FEED_BEAT_MS at most
 * even if nothing changed, so that a screen knows that the engine is alive. What left is said in every
 * turn; a client that may have missed it, as its tombstone was dropped, gets everything again in the
 * next turn. What is no news, pulses of bots (core/model/pulse.h) and figures of others (core/model/figures.h), is held until
 * peer->pulse_gap_ms after the last: the turn that lets it go begins at the mark of the one that did so before. A turn in which
 * all is held is not marked. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_FEED_H
#define BOTSWAIN_ENGINE_FEED_H

#include <stdbool.h>
#include <stdint.h>

struct model;
struct peer;

enum {
	FEED_BYTES = 256 << 10,
	FEED_GAP_MS = 100,
	FEED_FIRST_GAP_MS = 10,
	FEED_HURRY_GAP_MS = 20,
	FEED_FIRST_MS = 300,
	FEED_BEAT_MS = 1000,
	FEED_PULSE_MS = 1000
};

/* Encodes what this client may get now. True when something was queued; its mark may have advanced without. */
bool feed_peer(struct peer *peer, const struct model *model, int64_t wall_ms, int64_t mono_ms);
/* When feed_peer() has something to do next (mono ms), for a client whose socket takes bytes. */
int64_t feed_due_ms(const struct peer *peer, const struct model *model);

#endif
