/* SPDX-License-Identifier: MIT */
/* The id of a stream or a group of it, and the verdict: who reads it, and does it keep up. A stream by itself is well. */
#include <inttypes.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/internal.h"

uint64_t model_stream_id(const char *service, const char *name, const char *group)
{
	autofree char *path = xasprintf("%s/%s/%s", service, name, group);
	return entity_id("stream", path);
}

/* As of a bot's updates: that many are no load, and so many looks in a row are no accident. */
enum { LAG_LEAST = 200, LAG_RISES = 3 };

static const char *first_dead(const struct msg_stream *stream)
{
	return stream->readers_count && stream->readers[0].dead ? stream->readers[0].name : "";
}

static enum severity judge_group(const struct msg_stream *group, int64_t dead_ms, struct str *why)
{
	if (group->dead > 0 && group->dead == group->consumers) {
		if (group->dead == 1)
			str_addf(why, "its one consumer, %s, is dead", first_dead(group));
		else
			str_addf(why, "all %" PRId64 " consumers are dead", group->dead);
		return SEVERITY_CRIT;
	}
	if (group->dead == 1)
		str_addf(why, "consumer %s is dead", first_dead(group));
	else if (group->dead > 0)
		str_addf(why, "%" PRId64 " of %" PRId64 " consumers are dead", group->dead,
			group->consumers);
	else if (group->consumers == 0 && group->lag > 0)
		str_adds(why, "nobody reads it");
	else if (group->lag >= LAG_LEAST && group->lag_rises >= LAG_RISES)
		str_adds(why, "its lag rises");
	else if (group->pending > 0 && dead_ms > 0 && group->oldest_idle_ms >= dead_ms)
		str_adds(why, STREAM_NOT_ACKNOWLEDGED);
	return why->length ? SEVERITY_WARN : SEVERITY_OK;
}

void verdict_stream(struct msg_stream *stream, int64_t dead_ms, int64_t now_ms)
{
	autostr struct str why = STR_INIT;
	enum severity severity = SEVERITY_OK;
	if (stream->group && stream->group[0])
		severity = judge_group(stream, dead_ms, &why);
	if (!stream->since_ms || stream->severity != severity)
		stream->since_ms = now_ms;
	stream->severity = severity;
	msg_set(&stream->why, why.length ? why.text : "");
}
