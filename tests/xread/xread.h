/* SPDX-License-Identifier: MIT */
/* Ways of reading a stream of a Redis, and of adding to it. */
#ifndef BOTSWAIN_TESTS_XREAD_H
#define BOTSWAIN_TESTS_XREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { XREAD_COUNT = 1000 }; /* entries that one question of the others asks for */
#define XREAD_STREAM "events:bench"

/* Of a stream that was there before, entry n has the id XREAD_ID_MS-n, n from 1 on. */
#define XREAD_ID_MS 1700000000000

/* From the first entry to the last, of which there are so many. False: it did not get them all. */
typedef bool xread_function(const char *socket, size_t entries);

xread_function
	xread_raw; /* the bytes of pipelined replies, dropped: what server and socket can do */
xread_function xread_hiredis; /* one question after the other, every field of the tree looked at */
xread_function xread_ours;    /* core/collect: into the chunks of an event writer, and posted */

/* What comes during so long. */
typedef bool xread_live_function(const char *socket, int64_t for_ms, size_t *ret_entries);

xread_live_function xread_live_hiredis; /* asks again as soon as something came */
xread_live_function xread_live_ours;    /* the console's worker, as it runs */

/* Adds `rate` entries a second, in batches of 1 ms. */
bool xread_feed(const char *socket, size_t rate, int64_t for_ms);

#endif
