/* SPDX-License-Identifier: MIT */
/* How far a worker has read the streams of a Redis, as its successor goes on from there (places.h). Stream thread. */
#ifndef BOTSWAIN_COLLECT_STREAM_PLACE_H
#define BOTSWAIN_COLLECT_STREAM_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"

struct conf_redis;
struct stream_list;
struct stream_place;
struct watched_stream;

/* What the place is called: the same Redis under the same name. The caller frees it. */
char *stream_place_key(const struct conf_redis *conf) MUST_CHECK;
/* Of the list; of streams that it did not come to, what the worker `before` (may be NULL) has left goes on. `dropped`:
 * counted as lost so far. */
struct stream_place *stream_place_new(
	struct stream_list *list, const struct stream_place *before, uint64_t dropped) MUST_CHECK;
void stream_place_free(void *place);                             /* NULL is legal */
uint64_t stream_place_dropped(const struct stream_place *place); /* NULL: none */
/* The stream goes on from where it was left; false: it was not read before. `place` may be NULL. */
bool stream_place_resume(const struct stream_place *place, struct watched_stream *stream);

#endif
