/* SPDX-License-Identifier: MIT */
/* A configuration of log files alone, for `botswain logs FILE...`. */
#ifndef BOTSWAIN_ENGINE_LOG_FILES_H
#define BOTSWAIN_ENGINE_LOG_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/base/str.h"

struct err;

/* Appends the text of one in which these files are followed, and their past lies where it is. False: one of them cannot be
 * read, or is no regular file. `input_fd` (0: none): a
 * file without a path, or a stream, which is no part of it. */
MUST_CHECK bool log_files_configure(
	const char *const *paths, size_t count, int input_fd, struct str *to, struct err *err);
/* What comes out of a descriptor is read once, as it comes: it is no regular file. */
bool log_files_is_stream(int fd);

#endif
