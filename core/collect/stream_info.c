/* SPDX-License-Identifier: MIT */
#include "core/collect/stream_info.h"

#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/msg/msg.h"
#include "core/collect/redis_session.h"
#include "core/collect/stream_entry.h"
#include "core/collect/stream_gap.h"
#include "core/collect/stream_groups.h"
#include "core/collect/stream_list.h"
#include "core/collect/stream_metrics.h"
#include "core/collect/stream_reply.h"
#include "core/collect/worker.h"

void stream_info_gone(struct redis_session *session, struct watched_stream *stream)
{
	for (size_t i = 0; i < stream->group_count; i++) {
		stream_post_gone(session, stream, stream->groups[i].name);
		free(stream->groups[i].name);
	}
	stream->group_count = 0;
	stream->added = -1;
	stream_post_gone(session, stream, "");
}

static void look_for_gap(struct watched_stream *stream, const redisReply *reply)
{
	const struct stream_shape shape = {.added = stream_number(reply, "entries-added"),
		.length = stream_number(reply, "length"),
		.first_id = stream_id_of(reply, "first-entry"),
		.newest_id = stream_id_of(reply, "last-generated-id")};
	/* Deleted and made anew: its ids may begin below what we have seen. */
	if (shape.newest_id[0] && stream->last_id[0] &&
		stream_id_compare(shape.newest_id, stream->last_id) < 0) {
		copy_text(stream->last_id, sizeof(stream->last_id), "0-0");
		stream->position = 0;
	}
	if (!shape.newest_id[0] || !stream->last_id[0])
		return;
	struct stream_gap gap = stream_gap_find(&shape, stream->last_id, &stream->position);
	stream->lost += gap.lost;
	stream->is_at_least |= gap.lost && gap.is_at_least;
}

static void look_at_stream(
	struct redis_session *session, struct watched_stream *stream, const redisReply *reply)
{
	look_for_gap(stream, reply);
	stream->is_gone = false;
	int64_t added = stream_number(reply, "entries-added"),
		now_ms = worker_now_ms(session->worker);
	struct msg_obs_stream *obs = stream_observation(session, stream, "");
	obs->length = stream->length = stream_number(reply, "length");
	obs->rate = stream_rate(stream->added, stream->added_ms, added, now_ms);
	stream->added = added;
	stream->added_ms = now_ms;
	stream_metrics_of_stream(session, stream, reply);
	stream_post(session, obs);
}

bool stream_info_look(struct redis_session *session, struct watched_stream *stream, struct err *err)
{
	const char *const about[] = {"XINFO", "STREAM", stream->name, NULL};
	const char *const groups[] = {"XINFO", "GROUPS", stream->name, NULL};
	const char *const *const both[] = {about, groups};
	struct redisReply *replies[2];
	struct err why[2];
	session_ask_both(session, both, replies, why);
	autoreply struct redisReply *first = replies[0], *second = replies[1];
	if (first)
		look_at_stream(session, stream, first);
	if (first && second)
		return stream_groups_look(session, stream, second, err);
	*err = why[first ? 1 : 0];
	return false;
}
