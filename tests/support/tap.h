/* SPDX-License-Identifier: MIT */
/* A tap between a client and an engine: a socket that passes everything on to another and writes down every byte, both ways. */
#ifndef BOTSWAIN_TESTS_TAP_H
#define BOTSWAIN_TESTS_TAP_H

#include <sys/types.h>
#include "core/base/attr.h"

/* A child that listens at `path`, passes on to the socket `to`, and adds to the file `record`; it dies with the test, and is
 * ended by its pid. */
pid_t tap_start(const char *path, const char *to, const char *record) MUST_CHECK;

#endif
