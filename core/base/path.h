/* SPDX-License-Identifier: MIT */
/* Paths on disk. Any thread. */
#ifndef BOTSWAIN_BASE_PATH_H
#define BOTSWAIN_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct err;

/* Makes a directory and those above it that are absent, each 0700. One that is there is left as it
 * is. */
MUST_CHECK bool make_dirs(const char *path, struct err *err);
/* fsyncs the directory that holds `path`: a rename in it is durable after this. */
MUST_CHECK bool sync_parent(const char *path, struct err *err);
/* The directory part of a path ("." when it has none), on the heap. */
char *parent_of(const char *path) MUST_CHECK;

#endif
