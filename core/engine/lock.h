/* SPDX-License-Identifier: MIT */
/*
 * One engine a state directory. The lock is a flock on state_dir/lock, which the kernel drops with
 * the process, however it dies; the pid in the file is for humans and for the sentence that the
 * second engine says, never for deciding. Who gives the lock back empties the file, so that the next one
 * knows of a crash. A service that waits for the place holds state_dir/lock.service meanwhile: no
 * screen's engine slips in between. client_lock.h looks at both. A lock whose file was removed, or is another by now, holds
 * nobody off.
 */
#ifndef BOTSWAIN_ENGINE_LOCK_H
#define BOTSWAIN_ENGINE_LOCK_H

#include <stdbool.h>
#include "core/base/attr.h"

struct clock;
struct err;
struct lock;

/* Makes the state directory (0700) and takes the lock. ERR_REFUSED: another engine has it. */
MUST_CHECK bool lock_take(
	const char *state_dir, const struct clock *clock, struct lock **ret, struct err *err);
/* The same for an engine of a screen. ERR_REFUSED also while a service waits for it. */
MUST_CHECK bool lock_take_own(
	const char *state_dir, const struct clock *clock, struct lock **ret, struct err *err);
/* Who has this is the next to take the lock. ERR_REFUSED: another service waits already. */
MUST_CHECK bool lock_claim(
	const char *state_dir, const struct clock *clock, struct lock **ret, struct err *err);
/* The line of the holder before, who ended without giving it back: "pid 812 since ...". "": nobody did. */
const char *lock_left_by(const struct lock *lock);
/* False: its file is no longer the one at its path. */
bool lock_is_held(const struct lock *lock);
const char *lock_path(const struct lock *lock);
void lock_free(struct lock *lock); /* gives it back; NULL is legal; the file stays */

#endif
