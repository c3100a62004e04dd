/* SPDX-License-Identifier: MIT */
/* Housekeeping, once a second: the engine's own entity, freshness, alerts, series of sums. */
#ifndef BOTSWAIN_ENGINE_BEAT_H
#define BOTSWAIN_ENGINE_BEAT_H

struct engine;

/* The engine entity as it is at the start. */
void beat_begin(struct engine *engine);
/* Does what is due. */
void beat(struct engine *engine);

#endif
