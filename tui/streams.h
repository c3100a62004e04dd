/* SPDX-License-Identifier: MIT */
/* What the pane and the command line both say of a Redis stream and its consumer groups. Pure. */
#ifndef BOTSWAIN_TUI_STREAMS_H
#define BOTSWAIN_TUI_STREAMS_H

#include <stdbool.h>
#include <stdint.h>
#include "core/model/model.h"

struct str;

static inline bool stream_is_group(const struct msg_stream *stream)
{
	return stream->group[0] != '\0';
}
/* Its Redis was not looked at for three intervals: no figure of it is shown. */
bool stream_is_old(const struct model *model, const struct msg_stream *stream, int64_t now_ms);
/* enum severity; of one that is too old: unknown. */
unsigned stream_severity(
	const struct model *model, const struct msg_stream *stream, int64_t now_ms);
/* < 0: `one` stands first. By Redis, name and group; the stream before its groups. */
int stream_compare(const struct msg_stream *one, const struct msg_stream *other);
/* The stream that a group is of; itself when it is one; NULL: not known (yet). */
const struct msg_stream *stream_of(const struct model *model, const struct msg_stream *group);

/* Figures as they are shown; NaN: not known, or not of its kind (a stream has no lag). */
double stream_length(const struct model *model, const struct msg_stream *stream);
double stream_in(const struct model *model, const struct msg_stream *stream); /* entries a second */
double stream_read(const struct msg_stream *stream);
double stream_lag(const struct msg_stream *stream);
double stream_pending(const struct msg_stream *stream);
double stream_oldest_ms(const struct msg_stream *stream); /* since it was delivered last */
/* Its trouble is the age of that entry. */
bool stream_waits(const struct msg_stream *stream);
/* How long its trouble lasts: where it waits, as long as the entry does. */
int64_t stream_trouble_ms(const struct msg_stream *stream, int64_t now_ms);
double stream_consumers(const struct msg_stream *stream);
double stream_dead(const struct msg_stream *stream);

#endif
