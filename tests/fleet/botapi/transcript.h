/* SPDX-License-Identifier: MIT */
/*
 * Every request that reached the public port, one JSON line each, written when it arrives: who
 * asked what of which bot. It names bots by id and never holds a token. Past its limit the file is
 * renamed to FILE.1 and begun again; where that replaces an older FILE.1, the new file begins with
 * {"lost":true}.
 */
#ifndef BOTSWAIN_BOTAPI_TRANSCRIPT_H
#define BOTSWAIN_BOTAPI_TRANSCRIPT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/attr.h"
#include "core/base/err.h"

struct transcript {
	FILE *file; /* NULL: off */
	char *path;
	long bytes;
	long limit; /* bytes; 0: 128 MiB */
};

MUST_CHECK bool transcript_open(struct transcript *transcript, const char *path, struct err *err);
void transcript_close(struct transcript *transcript);
/* `agent` is the User-Agent (may be NULL); it tells the fleet's own bots from the console from
 * anybody else. */
void transcript_write(
	struct transcript *transcript, int64_t bot_id, const char *method, const char *agent);
/* "bot", "console" or "other". */
const char *transcript_peer(const char *agent);

#endif
