/* SPDX-License-Identifier: MIT */
/* Streams of a Redis and their consumer groups. */
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/model/model.h"
#include "core/model/verdict.h"
#include "core/conf/settings.h"
#include "core/engine/digest.h"
#include "core/engine/internal.h"
#include "core/engine/sources.h"

/* The service shows the worst lag of its groups. */
static void note_lag(struct engine *engine, const char *name, uint64_t id, int64_t worst)
{
	struct msg_service *service = service_draft(engine, "redis", name);
	size_t count;
	const struct msg_stream *const *streams = model_streams(engine->model, &count);
	for (size_t i = 0; i < count; i++)
		if (streams[i]->id != id && streams[i]->group[0] && streams[i]->lag > worst &&
			strcmp(streams[i]->service, name) == 0)
			worst = streams[i]->lag;
	service->lag = worst < 0 ? NAN : (double)worst;
}

/* A worker that was told to leave may report once more. */
static bool is_known(struct engine *engine, const char *service)
{
	return draft_edit(engine, MSG_service, source_id("service", "redis", service)) != NULL;
}

static void take_readers(struct msg_stream *stream, const struct msg_obs_stream *seen)
{
	struct msg_obs_stream *copy = msg_copy(MSG_obs_stream, seen);
	struct msg_stream_reader *old = stream->readers;
	size_t old_count = stream->readers_count;
	stream->readers = copy->readers;
	stream->readers_count = copy->readers_count;
	copy->readers = old;
	copy->readers_count = old_count;
	msg_free(MSG_obs_stream, copy);
}

static void take(struct msg_stream *stream, const struct msg_obs_stream *seen)
{
	msg_set(&stream->service, seen->service);
	msg_set(&stream->name, seen->name);
	msg_set(&stream->group, seen->group);
	msg_set(&stream->oldest, seen->oldest);
	stream->length = seen->length;
	stream->lag = seen->lag;
	stream->pending = seen->pending;
	stream->oldest_idle_ms = seen->oldest_idle_ms;
	stream->oldest_added_ms = seen->oldest_added_ms;
	stream->consumers = seen->consumers;
	stream->dead = seen->dead;
	stream->rate = seen->rate;
	stream->lag_rises = seen->lag_rises;
	take_readers(stream, seen);
}

/* Of a stream that is gone: who says so need not know them. */
static void remove_groups(struct engine *engine, const struct msg_obs_stream *gone)
{
	size_t count;
	const struct msg_stream *const *streams = model_streams(engine->model, &count);
	for (size_t i = count; i-- > 0;) {
		if (strcmp(streams[i]->service, gone->service) != 0 ||
			strcmp(streams[i]->name, gone->name) != 0)
			continue;
		draft_remove(engine, MSG_stream, streams[i]->id);
		streams = model_streams(engine->model, &count);
	}
}

void digest_stream(struct engine *engine, const void *body)
{
	const struct msg_obs_stream *seen = body;
	if (!is_known(engine, seen->service)) {
		engine->strangers++;
		return;
	}
	uint64_t id = model_stream_id(seen->service, seen->name, seen->group);
	if (seen->gone) {
		draft_remove(engine, MSG_stream, id);
		if (!seen->group[0])
			remove_groups(engine, seen);
		note_lag(engine, seen->service, id, -1);
		return;
	}
	struct msg_stream *stream = draft_make(engine, MSG_stream, id);
	take(stream, seen);
	stream->at_ms = now_wall(engine);
	verdict_stream(stream, seen->dead_ms, stream->at_ms);
	note_lag(engine, seen->service, id, stream->group[0] ? stream->lag : -1);
}

/* By the settings; a glob of Redis as the C library reads it is near enough: what it finds all the same comes back with
 * the next look. */
static bool is_named(const struct settings *settings, const struct msg_stream *stream)
{
	for (size_t i = 0; i < settings->redis_count; i++) {
		const struct conf_redis *redis = &settings->redis[i];
		if (strcmp(redis->name, stream->service) != 0)
			continue;
		for (size_t j = 0; j < redis->stream_count; j++)
			if (fnmatch(redis->streams[j], stream->name, 0) == 0)
				return true;
	}
	return false;
}

void streams_remove_unnamed(struct engine *engine)
{
	size_t count;
	const struct msg_stream *const *streams = model_streams(engine->model, &count);
	for (size_t i = count; i-- > 0;) {
		if (is_named(engine->settings, streams[i]))
			continue;
		draft_remove(engine, MSG_stream, streams[i]->id);
		streams = model_streams(engine->model, &count);
	}
}
