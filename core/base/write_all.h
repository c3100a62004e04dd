/* SPDX-License-Identifier: MIT */
/* Bytes into a file. */
#ifndef BOTSWAIN_BASE_WRITE_ALL_H
#define BOTSWAIN_BASE_WRITE_ALL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "core/base/attr.h"

/* All of them, however many calls that takes; waits for the disk. False, with errno: some may have been written. Any thread. */
MUST_CHECK bool write_all(int fd, const void *bytes, size_t length);
/* The same at a place of the file; its position stays. */
MUST_CHECK bool write_all_at(int fd, const void *bytes, size_t length, off_t offset);

#endif
