/* SPDX-License-Identifier: MIT */
/*
 * What this process may take more of than its children: descriptors, since each bot takes some and the usual limit of 1,024 is
 * one of old programs; and a place at the end of the queue when memory runs out (OOMScoreAdjust= of the service). A child may
 * be such a program, and lives for a while only: it gets neither.
 */
#ifndef BOTSWAIN_BASE_OWN_LIMITS_H
#define BOTSWAIN_BASE_OWN_LIMITS_H

#include <sys/types.h>

/* As many descriptors as are permitted. In main(), before the first thread and child. */
void own_limits_raise(void);
/* A child of ours, right after its start: as many descriptors as we had before own_limits_raise(), and if we are spared when
 * memory runs out, it is not. What is another user's by now is left alone. Any thread. */
void own_limits_not_for(pid_t child);
/* A crash of ours leaves no core, also where a pipe takes cores, and nobody but root may look into our memory. In main(). */
void own_limits_no_core(void);
/* It may be ended like any other when memory runs out. */
void own_limits_unspare(pid_t process);

#endif
