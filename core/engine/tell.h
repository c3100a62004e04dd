/* SPDX-License-Identifier: MIT */
/*
 * `on_alert`: what to tell (core/alert/notices.h), the mark of it in the ledger, the program (core/alert/teller.h), and
 * what became of it. The mark is on the disk before the program starts: an alert is told at most once, whatever dies
 * when. Only the engine that holds the lock of its state directory tells anybody, and not in its first
 * TELL_GRACE_MS. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_TELL_H
#define BOTSWAIN_ENGINE_TELL_H

#include "core/base/attr.h"

struct engine;
struct msg_engine;
struct msg_obs_ledger;
struct tell;

enum {
	TELL_GRACE_MS = 30000, /* after the start: what is known of the fleet is not much yet */
	TELL_MARK_MS = 5000,   /* a ledger that does not answer is not waited for */
};

/* NULL: this engine has no lock, and tells nobody. */
struct tell *tell_new(struct engine *engine) MUST_CHECK;
void tell_free(struct tell *tell); /* ends what runs; NULL is legal */
/* The configuration is another one. */
void tell_reload(struct engine *engine);
/* The ledger has written, or could not. */
void tell_ledger(struct engine *engine, const struct msg_obs_ledger *body);
/* Once a second: looks at the alerts. */
void tell_beat(struct engine *engine);
/* Goes on with what is on its way. */
void tell_turn(struct engine *engine);
/* Fills the figures of the engine's entity. */
void tell_show(const struct engine *engine, struct msg_engine *entity);

#endif
