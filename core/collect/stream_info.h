/* SPDX-License-Identifier: MIT */
/* XINFO of one stream and its groups, as observations. Reading them changes nothing: groups are
 * others', we join none. Stream thread. */
#ifndef BOTSWAIN_COLLECT_STREAM_INFO_H
#define BOTSWAIN_COLLECT_STREAM_INFO_H

#include <stdbool.h>
#include "core/base/attr.h"

struct err;
struct redis_session;
struct watched_stream;

/* Posts obs_stream for the stream and each group, and for groups that are gone. A stream that was
 * made anew is read from its start; entries that were gone before they were read are added to its
 * `lost`. False: refused or broken. */
MUST_CHECK bool stream_info_look(
	struct redis_session *session, struct watched_stream *stream, struct err *err);
/* The stream and all its groups are gone. */
void stream_info_gone(struct redis_session *session, struct watched_stream *stream);

#endif
