/* SPDX-License-Identifier: MIT */
/* What leaves the event store goes to `history/` in the state directory, where the configuration says so. Engine thread. */
#ifndef BOTSWAIN_ENGINE_EVENT_HISTORY_H
#define BOTSWAIN_ENGINE_EVENT_HISTORY_H

struct engine;
struct msg_engine;

/* Without one the engine keeps what fits into memory, and says why. */
void event_history_begin(struct engine *engine);
void event_history_show(struct engine *engine, struct msg_engine *entity);
/* What is in memory is written, for some seconds at most; nobody writes events any more. */
void event_history_end(struct engine *engine);

#endif
