/* SPDX-License-Identifier: MIT */
/*
 * A file that is mapped and becomes shorter makes a read of it a SIGBUS, and libsystemd reads journals so. While
 * a thread is guarded such a page reads as zeros instead, as systemd's own programs have it, and the thread can ask
 * whether that happened. Everywhere else SIGBUS ends the process as it did.
 */
#ifndef BOTSWAIN_COLLECT_BUS_GUARD_H
#define BOTSWAIN_COLLECT_BUS_GUARD_H

#include <stdbool.h>

/* The calling thread is guarded from here to its end. */
void bus_guard_begin(void);
/* It happened since the last call, on this thread. */
bool bus_guard_took(void);

#endif
