/* SPDX-License-Identifier: MIT */
/*
 * Gives back memory. What was needed for a moment (a configuration that is read, a hundred clients) leaves pages that are free
 * between others that are not, and the C library keeps those. Every ten minutes, and soon after the configuration was read
 * again, a thread of the query pool returns them to the system; whoever allocates meanwhile waits for it (some hundred
 * microseconds with 15 MiB, more with more). Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_TIDY_H
#define BOTSWAIN_ENGINE_TIDY_H

struct engine;

/* Once a beat. */
void tidy_beat(struct engine *engine);
/* Something large has just been freed, or soon will be. */
void tidy_soon(struct engine *engine);

#endif
