/* SPDX-License-Identifier: MIT */
/* A small file that is replaced as a whole, and whose loss loses nothing that matters. Waits for the disk. */
#ifndef BOTSWAIN_STORE_KEPT_FILE_H
#define BOTSWAIN_STORE_KEPT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct err;

/* Writes NAME.part (0600) in `folder` and renames it to NAME; on a failure what was there stays. One writer at a time. No
 * fsync: after a loss of power it may be empty or cut. */
MUST_CHECK bool kept_file_replace(
	const char *folder, const char *name, const void *bytes, size_t length, struct err *err);

#endif
