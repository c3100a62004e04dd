/* SPDX-License-Identifier: MIT */
#include "core/collect/stream_info.h"

#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/collect/redis_session.h"
#include "core/collect/stream_entry.h"
#include "core/collect/stream_gap.h"
#include "core/collect/stream_list.h"
#include "core/collect/worker.h"

enum { GROUPS_MAX = 64, NAME_CELLS = 120 };

static struct msg_obs_stream *new_observation(
	const struct redis_session *session, const struct watched_stream *stream, const char *group)
{
	struct hub *hub = session->worker->hub;
	struct msg_obs_stream *obs = msg_new(MSG_obs_stream);
	msg_set(&obs->service, session->conf->name);
	set_text(hub, &obs->name, stream->name, strlen(stream->name), NAME_CELLS);
	set_text(hub, &obs->group, group, strlen(group), NAME_CELLS);
	obs->lag = -1;
	return obs;
}

static void post(struct redis_session *session, struct msg_obs_stream *obs)
{
	mailbox_post(session->worker->hub->to_engine, MSG_obs_stream, obs);
}

static void post_gone(
	struct redis_session *session, const struct watched_stream *stream, const char *group)
{
	struct msg_obs_stream *obs = new_observation(session, stream, group);
	obs->gone = true;
	post(session, obs);
}

void stream_info_gone(struct redis_session *session, struct watched_stream *stream)
{
	for (size_t i = 0; i < stream->group_count; i++) {
		post_gone(session, stream, stream->groups[i]);
		free(stream->groups[i]);
	}
	stream->group_count = 0;
	post_gone(session, stream, "");
}

/* The value behind a name in a list of names and values; NULL: none. */
static const redisReply *value_of(const redisReply *list, const char *name)
{
	for (size_t i = 0; i + 1 < list->elements; i += 2)
		if (list->element[i]->str && strcmp(list->element[i]->str, name) == 0)
			return list->element[i + 1];
	return NULL;
}

static int64_t number_of(const redisReply *list, const char *name)
{
	const redisReply *value = value_of(list, name);
	return value && value->type == REDIS_REPLY_INTEGER ? value->integer : -1;
}

/* The id behind a name: the newest one, or that of an entry; "" without one. */
static const char *id_of(const redisReply *list, const char *name)
{
	const redisReply *value = value_of(list, name);
	if (value && value->type == REDIS_REPLY_ARRAY && value->elements)
		value = value->element[0];
	return value && value->type == REDIS_REPLY_STRING ? value->str : "";
}

static void look_for_gap(struct watched_stream *stream, const redisReply *reply)
{
	const struct stream_shape shape = {.added = number_of(reply, "entries-added"),
		.length = number_of(reply, "length"),
		.first_id = id_of(reply, "first-entry"),
		.newest_id = id_of(reply, "last-generated-id")};
	/* Deleted and made anew: its ids may begin below what we have seen. */
	if (shape.newest_id[0] && stream->last_id[0] &&
		stream_id_compare(shape.newest_id, stream->last_id) < 0) {
		copy_text(stream->last_id, sizeof(stream->last_id), "0-0");
		stream->position = -1;
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
	struct msg_obs_stream *obs = new_observation(session, stream, "");
	obs->length = number_of(reply, "length");
	post(session, obs);
}

/* Idle time of the oldest entry that was taken and not acknowledged. */
static int64_t oldest_idle_ms(
	struct redis_session *session, const struct watched_stream *stream, const char *group)
{
	autoreply struct redisReply *reply = NULL;
	const char *words[] = {"XPENDING", stream->name, group, "-", "+", "1", NULL};
	if (!session_ask(session, words, &reply, NULL) || reply->type != REDIS_REPLY_ARRAY ||
		!reply->elements)
		return 0;
	const redisReply *entry = reply->element[0];
	bool is_entry = entry->type == REDIS_REPLY_ARRAY && entry->elements >= 3 &&
			entry->element[2]->type == REDIS_REPLY_INTEGER;
	return is_entry ? entry->element[2]->integer : 0;
}

static void look_at_group(
	struct redis_session *session, struct watched_stream *stream, const redisReply *group)
{
	const redisReply *name = value_of(group, "name");
	if (!name || !name->str)
		return;
	struct msg_obs_stream *obs = new_observation(session, stream, name->str);
	obs->consumers = number_of(group, "consumers");
	obs->pending = number_of(group, "pending");
	obs->lag = number_of(group, "lag"); /* nil when it cannot be told: trimmed */
	if (obs->pending > 0)
		obs->oldest_idle_ms = oldest_idle_ms(session, stream, name->str);
	post(session, obs);
}

static bool is_in(const redisReply *groups, const char *name)
{
	for (size_t i = 0; i < groups->elements; i++) {
		const redisReply *known = value_of(groups->element[i], "name");
		if (known && known->str && strcmp(known->str, name) == 0)
			return true;
	}
	return false;
}

static void remember_groups(
	struct redis_session *session, struct watched_stream *stream, const redisReply *groups)
{
	for (size_t i = 0; i < stream->group_count; i++) {
		if (!is_in(groups, stream->groups[i]))
			post_gone(session, stream, stream->groups[i]);
		free(stream->groups[i]);
	}
	stream->groups =
		xreallocarray(stream->groups, groups->elements + 1, sizeof(*stream->groups));
	stream->group_count = 0;
	for (size_t i = 0; i < groups->elements && i < GROUPS_MAX; i++) {
		const redisReply *name = value_of(groups->element[i], "name");
		if (name && name->str)
			stream->groups[stream->group_count++] = xstrdup(name->str);
	}
}

static bool look_at_groups(struct redis_session *session, struct watched_stream *stream,
	const redisReply *reply, struct err *err)
{
	if (reply->type != REDIS_REPLY_ARRAY)
		return err_set(err, ERR_PROTOCOL, "XINFO GROUPS answered something else");
	remember_groups(session, stream, reply);
	for (size_t i = 0; i < reply->elements && i < GROUPS_MAX; i++)
		if (!session_is_broken(session))
			look_at_group(session, stream, reply->element[i]);
	return !session_is_broken(session);
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
		return look_at_groups(session, stream, second, err);
	*err = why[first ? 1 : 0];
	return false;
}
