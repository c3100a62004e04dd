/* SPDX-License-Identifier: MIT */
/* Another engine beside that of the run: on the same Bot API server and Redis, in a folder of its own. */
#ifndef BOTSWAIN_TESTS_FAULTS_OTHER_H
#define BOTSWAIN_TESTS_FAULTS_OTHER_H

#include <stdbool.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct faults;

struct other {
	char *folder, *config, *log;
};

/* A configuration of one bot, owned by `uid` (0: ours). */
MUST_CHECK bool other_make(
	const struct faults *run, const char *name, uid_t uid, struct other *ret);
/* Removes the folder. */
void other_release(struct other *other);

#endif
