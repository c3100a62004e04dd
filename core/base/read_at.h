/* SPDX-License-Identifier: MIT */
/* pread() as files need it: a signal interrupts nothing, and what a network gives in pieces is put together. Any thread. */
#ifndef BOTSWAIN_BASE_READ_AT_H
#define BOTSWAIN_BASE_READ_AT_H

#include <stddef.h>
#include <sys/types.h>

/* As pread(): some of it, 0 at the end, -1 with errno. */
ssize_t read_at(int fd, void *bytes, size_t length, off_t offset);
/* All of it, or what there is up to the end; -1 with errno where a part cannot be read. */
ssize_t read_all_at(int fd, void *bytes, size_t length, off_t offset);

#endif
