/* SPDX-License-Identifier: MIT */
/*
 * The place of a service. Where the engine of a screen has it, that is asked over its socket to give way (yield_req), which
 * it does when what it runs has ended; its screens attach to the service as after any other loss. Who has the same user or is
 * root may ask; a service gives way to nobody. Waiting is said on standard error and to systemd, and has no end of its own:
 * operations have. Before the engine's first thread.
 */
#ifndef BOTSWAIN_ENGINE_TAKE_OVER_H
#define BOTSWAIN_ENGINE_TAKE_OVER_H

#include <stdbool.h>
#include "core/base/attr.h"

struct clock;
struct err;
struct lock;
struct settings;

/* Takes the lock of settings->state_dir. SIGTERM, SIGINT and SIGQUIT are blocked: one that comes meanwhile ends the waiting,
 * ERR_CANCELLED. ERR_REFUSED: a service has the place or waits for it already, or who has it does not answer. */
MUST_CHECK bool take_over(const struct settings *settings, const struct clock *clock,
	struct lock **ret, struct err *err);

#endif
