/* SPDX-License-Identifier: MIT */
#include "core/collect/stream_groups.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/msg.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/collect/redis_session.h"
#include "core/collect/stream_entry.h"
#include "core/collect/stream_list.h"
#include "core/collect/stream_metrics.h"
#include "core/collect/stream_reply.h"
#include "core/collect/worker.h"

enum { NAME_CELLS = 60, ID_CELLS = 48 };

/* ---- the oldest entry that waits ---- */

static bool is_pending_entry(const redisReply *reply)
{
	if (reply->type != REDIS_REPLY_ARRAY || !reply->elements)
		return false;
	const redisReply *entry = reply->element[0];
	return entry->type == REDIS_REPLY_ARRAY && entry->elements >= 4 && entry->element[0]->str &&
	       entry->element[1]->str && entry->element[2]->type == REDIS_REPLY_INTEGER &&
	       entry->element[3]->type == REDIS_REPLY_INTEGER;
}

/* XPENDING - + 1: [[id, consumer, idle ms, deliveries]] */
static void take_oldest(
	struct redis_session *session, const redisReply *reply, struct msg_obs_stream *obs)
{
	obs->oldest_idle_ms = -1;
	if (!reply || !is_pending_entry(reply))
		return;
	const redisReply *entry = reply->element[0];
	const redisReply *id = entry->element[0], *consumer = entry->element[1];
	autofree char *text = xasprintf("%s, delivered %lld time%s, last to %s", id->str,
		entry->element[3]->integer, entry->element[3]->integer == 1 ? "" : "s",
		consumer->str);
	obs->oldest_idle_ms = entry->element[2]->integer;
	obs->oldest_added_ms = stream_id_time_ms(id->str);
	set_text(session->worker->hub, &obs->oldest, text, strlen(text), NAME_CELLS + ID_CELLS);
}

/* ---- consumers ---- */

struct reader {
	const redisReply *name;
	int64_t pending, idle_ms;
	bool is_dead;
};

/* The dead first, then those with the most to do. */
static int compare_readers(const void *one, const void *other)
{
	const struct reader *a = one, *b = other;
	if (a->is_dead != b->is_dead)
		return a->is_dead ? -1 : 1;
	if (a->pending != b->pending)
		return a->pending > b->pending ? -1 : 1;
	return strcmp(a->name->str, b->name->str);
}

static size_t read_consumers(const redisReply *reply, int64_t dead_after_ms, struct reader *ret)
{
	size_t count = 0;
	for (size_t i = 0; i < reply->elements && count < GROUP_CONSUMERS_MAX; i++) {
		const redisReply *one = reply->element[i], *name = stream_value(one, "name");
		if (!name || !name->str)
			continue;
		struct reader *reader = &ret[count++];
		*reader = (struct reader){.name = name,
			.pending = stream_number(one, "pending"),
			.idle_ms = stream_number(one, "idle")};
		reader->is_dead = reader->pending > 0 && reader->idle_ms >= dead_after_ms;
	}
	return count;
}

static void give_readers(
	struct hub *hub, const struct reader *readers, size_t count, struct msg_obs_stream *obs)
{
	size_t given = count < GROUP_READERS_MAX ? count : GROUP_READERS_MAX;
	obs->readers = xcalloc(given + 1, sizeof(*obs->readers));
	for (; obs->readers_count < given; obs->readers_count++) {
		const struct reader *from = &readers[obs->readers_count];
		struct msg_stream_reader *to = &obs->readers[obs->readers_count];
		set_text(hub, &to->name, from->name->str, from->name->len, NAME_CELLS);
		to->pending = from->pending;
		to->idle_ms = from->idle_ms;
		to->dead = from->is_dead;
	}
}

static void take_consumers(struct redis_session *session, const struct watched_stream *stream,
	const char *group, const redisReply *reply, struct msg_obs_stream *obs)
{
	autofree struct reader *readers = NULL;
	if (!reply || reply->type != REDIS_REPLY_ARRAY)
		return;
	readers = xcalloc(GROUP_CONSUMERS_MAX, sizeof(*readers));
	size_t count = read_consumers(reply, session->conf->dead_after_ms, readers);
	qsort(readers, count, sizeof(*readers), compare_readers);
	obs->dead = 0;
	for (size_t i = 0; i < count; i++)
		obs->dead += readers[i].is_dead;
	give_readers(session->worker->hub, readers, count, obs);
	for (size_t i = 0; i < count && i < GROUP_READERS_MAX; i++)
		stream_metrics_of_consumer(session, stream, group,
			&(struct stream_consumer){
				readers[i].name->str, readers[i].pending, readers[i].idle_ms});
}

static void look_at_consumers(struct redis_session *session, const struct watched_stream *stream,
	const char *const *words, struct msg_obs_stream *obs)
{
	autoreply struct redisReply *reply = NULL;
	struct err why = {.code = ERR_NONE};
	if (session_ask(session, words, &reply, &why))
		take_consumers(session, stream, words[3], reply, obs);
}

/* One round trip for both; a server that refuses one of them leaves that unknown. */
static void look_closely(struct redis_session *session, const struct watched_stream *stream,
	const char *group, struct msg_obs_stream *obs)
{
	const char *const pending[] = {"XPENDING", stream->name, group, "-", "+", "1", NULL};
	const char *const consumers[] = {"XINFO", "CONSUMERS", stream->name, group, NULL};
	const char *const *const both[] = {pending, consumers};
	struct redisReply *replies[2];
	struct err why[2];
	if (obs->consumers > GROUP_CONSUMERS_MAX)
		return;
	if (obs->pending == 0) {
		look_at_consumers(session, stream, consumers, obs);
		return;
	}
	session_ask_both(session, both, replies, why);
	autoreply struct redisReply *first = replies[0], *second = replies[1];
	take_oldest(session, first, obs);
	take_consumers(session, stream, group, second, obs);
}

/* ---- groups ---- */

static struct watched_group *find_group(struct watched_stream *stream, const char *name)
{
	for (size_t i = 0; i < stream->group_count; i++)
		if (strcmp(stream->groups[i].name, name) == 0)
			return &stream->groups[i];
	return NULL;
}

/* What two looks tell together: how fast it reads, and whether its lag grows. */
static void compare_looks(struct watched_group *group, const redisReply *reply, int64_t now_ms,
	struct msg_obs_stream *obs)
{
	int64_t read = stream_number(reply, "entries-read");
	obs->rate = stream_rate(group->read, group->read_ms, read, now_ms);
	group->rises = obs->lag > group->lag && group->lag >= 0 ? group->rises + 1 : 0;
	obs->lag_rises = group->rises;
	group->lag = obs->lag;
	group->read = read;
	group->read_ms = now_ms;
}

static void look_at_group(
	struct redis_session *session, struct watched_stream *stream, const redisReply *reply)
{
	const redisReply *name = stream_value(reply, "name");
	struct watched_group *group = name && name->str ? find_group(stream, name->str) : NULL;
	if (!group)
		return;
	struct msg_obs_stream *obs = stream_observation(session, stream, name->str);
	obs->length = stream->length;
	obs->consumers = stream_number(reply, "consumers");
	obs->pending = stream_number(reply, "pending");
	obs->lag = stream_number(reply, "lag"); /* nil when it cannot be told: trimmed */
	compare_looks(group, reply, worker_now_ms(session->worker), obs);
	if (obs->consumers > 0)
		look_closely(session, stream, name->str, obs);
	else
		obs->dead = 0;
	stream_metrics_of_group(session, stream, reply);
	stream_post(session, obs);
}

static bool is_in(const redisReply *groups, const char *name)
{
	for (size_t i = 0; i < groups->elements; i++) {
		const redisReply *known = stream_value(groups->element[i], "name");
		if (known && known->str && strcmp(known->str, name) == 0)
			return true;
	}
	return false;
}

static void forget_gone(
	struct redis_session *session, struct watched_stream *stream, const redisReply *groups)
{
	size_t kept = 0;
	for (size_t i = 0; i < stream->group_count; i++) {
		if (is_in(groups, stream->groups[i].name)) {
			stream->groups[kept++] = stream->groups[i];
			continue;
		}
		stream_post_gone(session, stream, stream->groups[i].name);
		free(stream->groups[i].name);
	}
	stream->group_count = kept;
}

static void add_new(struct watched_stream *stream, const redisReply *groups)
{
	stream->groups = xreallocarray(stream->groups, GROUPS_MAX, sizeof(*stream->groups));
	for (size_t i = 0; i < groups->elements && stream->group_count < GROUPS_MAX; i++) {
		const redisReply *name = stream_value(groups->element[i], "name");
		if (name && name->str && !find_group(stream, name->str))
			stream->groups[stream->group_count++] = (struct watched_group){
				.name = xstrdup(name->str), .read = -1, .lag = -1};
	}
}

bool stream_groups_look(struct redis_session *session, struct watched_stream *stream,
	const redisReply *reply, struct err *err)
{
	if (reply->type != REDIS_REPLY_ARRAY)
		return err_set(err, ERR_PROTOCOL, "XINFO GROUPS answered something else");
	forget_gone(session, stream, reply);
	if (reply->elements)
		add_new(stream, reply);
	for (size_t i = 0; i < reply->elements; i++)
		if (!session_is_broken(session))
			look_at_group(session, stream, reply->element[i]);
	return !session_is_broken(session);
}
