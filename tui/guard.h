/* SPDX-License-Identifier: MIT */
/*
 * The terminal's guard. `botswain` on a terminal forks before anything else: the child becomes the
 * screen, the parent stays behind, does nothing, and puts the terminal right after any death of the
 * child, SIGKILL and the kernel's out-of-memory killer included, which no handler in the child
 * could do.
 *
 * Both are in one process group, so job control goes on as if there were one program: when the
 * child stops, the guard puts the terminal right and stops as well, so that the shell sees it; when
 * the shell continues the group, so does the child. Signals sent to the guard are passed on; a
 * child that does not leave within GUARD_GRACE_MS of SIGHUP or SIGTERM is killed. The guard ends as
 * the child did: same exit status, same signal. When the guard is killed the child gets SIGHUP.
 */
#ifndef BOTSWAIN_TUI_GUARD_H
#define BOTSWAIN_TUI_GUARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include "core/base/attr.h"

enum { GUARD_GRACE_MS = 1500 };

/* Forks. True in the child: go on, and give `*ret_entered` (valid for ever) to
 * term_options.entered, by which the guard knows whether the terminal was left in order. False in
 * the guard, after the child's end: leave main() with
 * `*ret_status`. Call it before any thread, with standard input a terminal. When it cannot fork or
 * share memory it returns true without a guard, and `*ret_entered` is NULL. */
MUST_CHECK bool guard_start(atomic_bool **ret_entered, int *ret_status);

/* Stops this process as Ctrl-Z would, and returns when it is continued; in a process group that
 * nobody could continue (no job control) it returns at once. Call term_suspend() before it and
 * term_resume() after it. */
void guard_stop_self(void);

#endif
