/* SPDX-License-Identifier: MIT */
/* Small whole files: ports, pids, tokens, settings. Any thread. */
#ifndef BOTSWAIN_FLEET_FILES_H
#define BOTSWAIN_FLEET_FILES_H

#include <stdbool.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/str.h"

/* Reads a file of at most 1 MiB; white space at its end is cut. */
MUST_CHECK bool file_read(const char *path, struct str *ret_text, struct err *err);
/* Writes beside the file and renames, so that a reader sees all of it or the old one. */
MUST_CHECK bool file_replace(const char *path, const char *text, struct err *err);

#endif
