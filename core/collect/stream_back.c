/* SPDX-License-Identifier: MIT */
#include "core/collect/stream_back.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/redis_session.h"
#include "core/collect/stream_entry.h"
#include "core/collect/stream_list.h"
#include "core/collect/worker.h"

/* The id of an entry of XREVRANGE; NULL: there is none. */
static const char *id_at(const redisReply *reply, size_t index)
{
	if (reply->type != REDIS_REPLY_ARRAY || index >= reply->elements)
		return NULL;
	const redisReply *entry = reply->element[index];
	bool has_id = entry->type == REDIS_REPLY_ARRAY && entry->elements && entry->element[0]->str;
	return has_id ? entry->element[0]->str : NULL;
}

/* The newest id of now, "0-0" of an empty stream. */
static bool find_newest(
	struct redis_session *session, struct watched_stream *stream, char *ret_id, struct err *err)
{
	autoreply struct redisReply *reply = NULL;
	const char *words[] = {"XREVRANGE", stream->name, "+", "-", "COUNT", "1", NULL};
	if (!session_ask(session, words, &reply, err))
		return false;
	const char *id = id_at(reply, 0);
	copy_text(ret_id, STREAM_ID_BYTES, id ? id : "0-0");
	return true;
}

/* The id before this one: XREAD gives what comes behind an id. */
static void step_before(char *id)
{
	uint64_t ms = 0, seq = 0;
	if (sscanf(id, "%" SCNu64 "-%" SCNu64, &ms, &seq) < 1)
		return;
	if (seq == 0 && ms > 0)
		snprintf(id, STREAM_ID_BYTES, "%" PRIu64 "-%" PRIu64, ms - 1, UINT64_MAX);
	else if (seq > 0)
		snprintf(id, STREAM_ID_BYTES, "%" PRIu64 "-%" PRIu64, ms, seq - 1);
}

/* Counts up to `most` entries back from `id` (counted already), down to `since`. Moves `id` to the
 * earliest of them. */
static bool count_page(struct redis_session *session, const struct watched_stream *stream, char *id,
	const char *since, size_t most, size_t *ret_count, struct err *err)
{
	autoreply struct redisReply *reply = NULL;
	autofree char *count = xasprintf("%zu", most + 1);
	const char *words[] = {"XREVRANGE", stream->name, id, since, "COUNT", count, NULL};
	if (!session_ask(session, words, &reply, err))
		return false;
	size_t entries = reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
	const char *last = entries ? id_at(reply, entries - 1) : NULL;
	*ret_count = entries > 1 ? entries - 1 : 0;
	if (last)
		copy_text(id, STREAM_ID_BYTES, last);
	return true;
}

/* What is asked for: down to which id, and how many at most. */
struct wanted {
	char since[STREAM_ID_BYTES];
	size_t bound;
};

/* `id`: of the newest entry, which is wanted. */
static bool count_back(struct stream_back *back, struct redis_session *session,
	const struct watched_stream *stream, const struct wanted *wanted, char *id,
	size_t *ret_count, bool *ret_is_limited, struct err *err)
{
	size_t taken = back->page, bound = wanted->bound;
	char before[STREAM_ID_BYTES];
	*ret_count = 1;
	while (*ret_count < bound && taken == back->page && !worker_stopping(session->worker)) {
		size_t most = bound - *ret_count < back->page ? bound - *ret_count : back->page;
		if (!count_page(session, stream, id, wanted->since, most, &taken, err))
			return false;
		*ret_count += taken;
	}
	copy_text(before, sizeof(before), id);
	if (*ret_count < bound)
		return true;
	if (!count_page(session, stream, before, wanted->since, 1, &taken, err))
		return false;
	*ret_is_limited = taken > 0;
	return true;
}

/* Ids that are given by hand need not be times: of such a stream the last few are read. */
static bool is_numbered(const char *id)
{
	return stream_id_time_ms(id) == 0;
}

static struct wanted wanted_of(const struct stream_back *back, const char *newest)
{
	struct wanted wanted = {.bound = STREAM_BACK_LEAST};
	if (is_numbered(newest)) {
		copy_text(wanted.since, sizeof(wanted.since), "-");
		return wanted;
	}
	snprintf(wanted.since, sizeof(wanted.since), "%" PRId64 "-0", back->since_ms);
	if (back->left > wanted.bound)
		wanted.bound = back->left;
	if (wanted.bound > STREAM_BACK_ENTRIES)
		wanted.bound = STREAM_BACK_ENTRIES;
	return wanted;
}

bool stream_back_find(struct stream_back *back, struct redis_session *session,
	struct watched_stream *stream, bool *ret_is_limited, struct err *err)
{
	char id[STREAM_ID_BYTES];
	size_t count = 0;
	*ret_is_limited = false;
	if (!find_newest(session, stream, id, err))
		return false;
	const struct wanted wanted = wanted_of(back, id);
	bool is_empty = strcmp(id, "0-0") == 0;
	bool is_some = is_numbered(id) || stream_id_compare(id, wanted.since) >= 0;
	if (!back->is_off && !is_empty && is_some) {
		if (!count_back(back, session, stream, &wanted, id, &count, ret_is_limited, err))
			return false;
		*ret_is_limited &= !is_numbered(id);
		step_before(id);
	}
	back->left -= count < back->left ? count : back->left;
	copy_text(stream->last_id, sizeof(stream->last_id), id);
	return true;
}
