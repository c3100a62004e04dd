/* SPDX-License-Identifier: MIT */
#include "core/collect/stream_reply.h"

#include <math.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/collect/redis_session.h"
#include "core/collect/stream_list.h"
#include "core/collect/worker.h"

enum { NAME_CELLS = 120 };

const redisReply *stream_value(const redisReply *list, const char *name)
{
	for (size_t i = 0; i + 1 < list->elements; i += 2)
		if (list->element[i]->str && strcmp(list->element[i]->str, name) == 0)
			return list->element[i + 1];
	return NULL;
}

int64_t stream_number(const redisReply *list, const char *name)
{
	const redisReply *value = stream_value(list, name);
	return value && value->type == REDIS_REPLY_INTEGER ? value->integer : -1;
}

const char *stream_id_of(const redisReply *list, const char *name)
{
	const redisReply *value = stream_value(list, name);
	if (value && value->type == REDIS_REPLY_ARRAY && value->elements)
		value = value->element[0];
	return value && value->type == REDIS_REPLY_STRING ? value->str : "";
}

struct msg_obs_stream *stream_observation(
	const struct redis_session *session, const struct watched_stream *stream, const char *group)
{
	struct hub *hub = session->worker->hub;
	struct msg_obs_stream *obs = msg_new(MSG_obs_stream);
	msg_set(&obs->service, session->conf->name);
	set_text(hub, &obs->name, stream->name, strlen(stream->name), NAME_CELLS);
	set_text(hub, &obs->group, group, strlen(group), NAME_CELLS);
	obs->lag = obs->dead = -1;
	obs->rate = NAN;
	obs->dead_ms = session->conf->dead_after_ms;
	return obs;
}

void stream_post(struct redis_session *session, struct msg_obs_stream *obs)
{
	mailbox_post(session->worker->hub->to_engine, MSG_obs_stream, obs);
}

void stream_post_gone(
	struct redis_session *session, const struct watched_stream *stream, const char *group)
{
	struct msg_obs_stream *obs = stream_observation(session, stream, group);
	obs->gone = true;
	stream_post(session, obs);
}

double stream_rate(int64_t before, int64_t before_ms, int64_t now, int64_t now_ms)
{
	if (before < 0 || now < before || now_ms <= before_ms)
		return NAN;
	return (double)(now - before) * 1000.0 / (double)(now_ms - before_ms);
}
