/* SPDX-License-Identifier: MIT */
/*
 * What must be the same after every row: no secret has come out, and nothing is left over. The secrets are the canaries:
 * the tokens of the fleet, planted in its streams, logs and notifications, and the passwords of its databases. Searched are the bytes that
 * the screens of the crowd wrote to their terminals, what the engine says on its socket to who asks for everything, its
 * log, arguments and environment, and every file in its state directory.
 */
#ifndef BOTSWAIN_TESTS_FAULTS_LEAKS_H
#define BOTSWAIN_TESTS_FAULTS_LEAKS_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct faults;
struct leaks;
struct sight;

struct leaks *leaks_new(const struct faults *run) MUST_CHECK;
void leaks_free(struct leaks *leaks); /* NULL is legal */
/* One of the secrets is in these bytes. Any process that has a copy of it. */
bool leaks_holds(const struct leaks *leaks, const char *bytes, size_t length);
/* Plants a token anew. What there is now: processes, descriptors, files. */
void leaks_mark(struct leaks *leaks, struct faults *run);
/* What has come since, which is to be gone; with the engine another one (`same_engine` false) its descriptors do not
 * count. */
void leaks_see(struct leaks *leaks, struct faults *run, bool same_engine, struct sight *sight);

#endif
