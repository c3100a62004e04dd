/* SPDX-License-Identifier: MIT */
/*
 * Where a log is, in one word, as the configuration and supervisors write it: a path or a glob,
 * `journal:UNIT` (of this machine's journal), `journal:/FOLDER-OR-FILE[#UNIT]`, or `docker:CONTAINER`. Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_LOG_PLACE_H
#define BOTSWAIN_PARSE_LOG_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/base/err.h"

enum log_place { LOG_PLACE_FILES, LOG_PLACE_JOURNAL, LOG_PLACE_DOCKER, LOG_PLACES };

/* The kind, and what stands behind its colon; of files all of it. */
enum log_place log_place_of(const char *text, const char **ret_rest);

/* Parts of what stands behind `journal:`; a path of length 0 is this machine's journal, a unit of length 0 all units. */
struct journal_place {
	const char *path, *unit;
	size_t path_length, unit_length;
};
struct journal_place journal_place_of(const char *rest) MUST_CHECK;

/* False: it is one of `journal:` or `docker:`, and can mean nothing. */
MUST_CHECK bool log_place_check(const char *text, struct err *err);

/* What a supervisor calls a log can be followed: a file that is no device, the journal of a unit, a container. It may call it
 * anything. */
bool log_place_is_told(const char *text) MUST_CHECK;

#endif
