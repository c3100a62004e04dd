/* SPDX-License-Identifier: MIT */
/*
 * When an engine ends. An own engine leaves after its last client, unless an operation runs. One that is told to stop
 * takes no new operation, says which still run (to screens, the log and systemd) and waits for them, LEAVE_WAIT_MS at
 * most; told a second time it leaves at once, which cancels them. An own engine that a service asked for its place does the
 * same, but waits for as long as they take: they have deadlines of their own. One whose lock is gone ends at once: another may be the
 * engine of its state directory. The engine's thread.
 */
#ifndef BOTSWAIN_ENGINE_LEAVE_H
#define BOTSWAIN_ENGINE_LEAVE_H

#include <stdbool.h>
#include <stdint.h>

struct engine;

enum { LEAVE_WAIT_MS = 60000 };

/* Once a turn: true when the engine should end now. */
bool leave_now(struct engine *engine);
/* Once a beat: true when its lock holds nobody off any more. */
bool leave_displaced(struct engine *engine);
/* An own engine is asked for its place by a service of this user; may be asked again. What it waits for ("waits for restart
 * orders"), or "": valid until the next turn. */
const char *leave_to_service(struct engine *engine, const char *user);
/* The next mono time at which that may change by itself, or INT64_MAX. */
int64_t leave_due_ms(const struct engine *engine);

#endif
