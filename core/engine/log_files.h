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
 * read, or is no regular file. */
MUST_CHECK bool log_files_configure(
	const char *const *paths, size_t count, struct str *to, struct err *err);

#endif
