/* SPDX-License-Identifier: MIT */
/*
 * Who has an engine's place, found by looking alone: nothing is locked or written, so that nobody who starts at the same
 * moment is in anybody's way. The holder of a lock (lock.h) keeps an open-file-description lock on the same file beside the
 * flock that decides; F_OFD_GETLK of fcntl(2) tells of it. Any thread.
 */
#ifndef BOTSWAIN_ENGINE_CLIENT_LOCK_H
#define BOTSWAIN_ENGINE_CLIENT_LOCK_H

#include <stdbool.h>
#include <stddef.h>

#define LOCK_FILE       "lock"
#define LOCK_CLAIM_FILE "lock.service" /* a service waits for the other */

/* Whether somebody holds that lock of the state directory, and the line of the holder ("pid 812 since 2026-02-03T04:05:06Z";
 * "another process" when there is none). False: nobody, or the file is not ours to read. */
bool client_lock_holder(const char *state_dir, const char *file, char *ret, size_t size);
/* The line that the holder wrote to that file; "": none, or it gave the lock back. */
void client_lock_line(int fd, char *ret, size_t size);

#endif
