/* SPDX-License-Identifier: MIT */
#include "core/collect/stream_list.h"

#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/collect/redis_session.h"
#include "core/collect/stream_entry.h"
#include "core/collect/stream_info.h"
#include "core/collect/worker.h"

enum { SCAN_CALLS_MAX = 1000, NAME_BYTES_MAX = 512 };

static bool is_pattern(const char *name)
{
	return strpbrk(name, "*?[") != NULL;
}

char *stream_star(const char *pattern, const char *name)
{
	const char *star = strchr(pattern, '*');
	size_t length = strlen(name);
	if (!star || strchr(star + 1, '*'))
		return xstrdup("");
	size_t before = (size_t)(star - pattern), after = strlen(star + 1);
	if (length < before + after)
		return xstrdup("");
	return xstrndup(name + before, length - before - after);
}

static struct watched_stream *add(struct stream_list *list, const char *name, const char *pattern)
{
	if (list->count >= STREAMS_MAX) {
		list->is_full = true;
		return NULL;
	}
	list->items = grow(list->items, list->count, &list->capacity, sizeof(*list->items));
	struct watched_stream *stream = &list->items[list->count++];
	*stream = (struct watched_stream){.name = xstrdup(name),
		.origin = stream_origin(name),
		.bot = stream_star(pattern, name),
		.position = -1,
		.added = -1};
	/* What appeared while we were here is read from its first entry on: what of it is gone by then is lost. */
	if (list->has_walked) {
		copy_text(stream->last_id, sizeof(stream->last_id), "0-0");
		stream->position = 0;
	}
	return stream;
}

void stream_list_init(struct stream_list *list, const struct conf_redis *conf)
{
	*list = (struct stream_list){.conf = conf};
	for (size_t i = 0; i < conf->stream_count; i++) {
		struct watched_stream *stream =
			is_pattern(conf->streams[i]) ? NULL : add(list, conf->streams[i], "");
		if (stream)
			stream->is_named = true;
	}
}

static void release_stream(struct watched_stream *stream)
{
	for (size_t i = 0; i < stream->group_count; i++)
		free(stream->groups[i].name);
	free(stream->groups);
	free(stream->name);
	free(stream->origin);
	free(stream->bot);
}

void stream_list_release(struct stream_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		release_stream(&list->items[i]);
	free(list->items);
}

struct watched_stream *stream_list_find(struct stream_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

static void found(struct stream_list *list, const redisReply *key, const char *pattern)
{
	if (key->type != REDIS_REPLY_STRING || key->len > NAME_BYTES_MAX ||
		strlen(key->str) != key->len)
		return;
	struct watched_stream *stream = stream_list_find(list, key->str);
	if (!stream)
		stream = add(list, key->str, pattern);
	if (stream)
		stream->is_found = true;
}

static bool scan_once(struct stream_list *list, struct redis_session *session, const char *pattern,
	char *cursor, size_t size, struct err *err)
{
	autoreply struct redisReply *reply = NULL;
	const char *words[] = {
		"SCAN", cursor, "MATCH", pattern, "COUNT", "1000", "TYPE", "stream", NULL};
	if (!session_ask(session, words, &reply, err))
		return false;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
		reply->element[0]->type != REDIS_REPLY_STRING ||
		reply->element[1]->type != REDIS_REPLY_ARRAY ||
		!copy_text(cursor, size, reply->element[0]->str))
		return err_set(err, ERR_PROTOCOL, "SCAN answered something else");
	for (size_t i = 0; i < reply->element[1]->elements; i++)
		found(list, reply->element[1]->element[i], pattern);
	return true;
}

static bool walk_pattern(struct stream_list *list, struct redis_session *session,
	const char *pattern, struct err *err)
{
	char cursor[24] = "0";
	for (int i = 0; i < SCAN_CALLS_MAX && !worker_stopping(session->worker); i++) {
		if (!scan_once(list, session, pattern, cursor, sizeof(cursor), err))
			return false;
		if (strcmp(cursor, "0") == 0)
			break;
	}
	return true;
}

static void forget_gone(struct stream_list *list, struct redis_session *session)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct watched_stream *stream = &list->items[i];
		if (stream->is_found || stream->is_named) {
			list->items[kept++] = *stream;
			continue;
		}
		stream_info_gone(session, stream);
		release_stream(stream);
	}
	list->count = kept;
}

bool stream_list_walk(struct stream_list *list, struct redis_session *session, struct err *err)
{
	list->is_full = false;
	for (size_t i = 0; i < list->count; i++)
		list->items[i].is_found = list->items[i].is_refused = false;
	for (size_t i = 0; i < list->conf->stream_count; i++)
		if (is_pattern(list->conf->streams[i]) &&
			!walk_pattern(list, session, list->conf->streams[i], err))
			return false;
	if (worker_stopping(session->worker))
		return true;
	forget_gone(list, session);
	list->has_walked = true;
	return !list->is_full ||
	       err_set(err, ERR_LIMIT, "more than %d streams: the rest is not read", STREAMS_MAX);
}
