/* SPDX-License-Identifier: MIT */
#include "core/collect/redis_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/parse/redis_info.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/collect/redis_exports.h"
#include "core/collect/redis_session.h"
#include "core/collect/worker.h"

enum { SLOW_WINDOW_S = 600, REFUSED_MS = 10000 };

static uint64_t known_or_zero(int64_t value)
{
	return value == REDIS_INFO_NONE ? 0 : (uint64_t)value;
}

void redis_report_info(struct msg_obs_redis *obs, const struct redis_info *info)
{
	msg_set(&obs->version, info->redis_version);
	msg_set(&obs->role, info->role);
	msg_set(&obs->link, info->master_link_status);
	msg_set(&obs->save_status, info->rdb_last_bgsave_status);
	obs->used_bytes = known_or_zero(info->used_memory);
	obs->max_bytes = known_or_zero(info->maxmemory);
	obs->clients = info->connected_clients;
	obs->max_clients = info->maxclients;
	obs->blocked = info->blocked_clients;
	obs->rate = info->instantaneous_ops_per_sec == REDIS_INFO_NONE
			    ? NAN
			    : (double)info->instantaneous_ops_per_sec;
	obs->hits = known_or_zero(info->keyspace_hits);
	obs->misses = known_or_zero(info->keyspace_misses);
	obs->evicted = known_or_zero(info->evicted_keys);
	obs->rejected = known_or_zero(info->rejected_connections);
	obs->uptime_s = info->uptime_in_seconds;
	obs->loading = info->loading > 0;
}

/* Fewer than before: it was started again, and all of them are new. */
void redis_report_refusals(struct msg_obs_redis *obs, struct redis_memory *memory,
	const struct redis_info *info, int64_t now_ms)
{
	msg_set(&obs->refuses, "");
	for (unsigned i = REDIS_REFUSALS; i-- > 0;) {
		int64_t before = memory->refusals[i], now = info->refusals[i];
		if (memory->has_looked && now > (now < before ? 0 : before))
			memory->grew_ms[i] = now_ms;
		if (i == REDIS_READONLY && strcmp(info->role, "master") == 0)
			memory->grew_ms[i] = 0; /* promoted: that is over */
		memory->refusals[i] = now;
		if (memory->grew_ms[i] && now_ms - memory->grew_ms[i] < REFUSED_MS)
			msg_set(&obs->refuses, redis_refusal_word(i));
	}
	memory->has_looked = true;
}

static bool ping(struct redis_session *session, double *ret_ms, struct err *err)
{
	autoreply struct redisReply *reply = NULL;
	const char *words[] = {"PING", NULL};
	int64_t start_us = clock_cost_us();
	bool is_well = session_ask(session, words, &reply, err);
	*ret_ms = (double)(clock_cost_us() - start_us) / 1000.0;
	return is_well;
}

static bool read_info(const struct redis_session *session, const redisReply *reply,
	struct redis_memory *memory, struct msg_obs_redis *obs, struct err *err)
{
	struct redis_info info;
	if (reply->type != REDIS_REPLY_STRING)
		return err_set(err, ERR_PROTOCOL, "INFO answered something else");
	if (!redis_info_read(reply->str, reply->len, &info, err))
		return false;
	redis_report_info(obs, &info);
	redis_exports_figures(session, reply, obs);
	redis_report_refusals(obs, memory, &info, worker_now_ms(session->worker));
	return true;
}

/* id, time (s), duration (us), words ...: of the words only the first, the rest is users' data. */
static void take_slow(
	struct redis_session *session, struct msg_obs_redis *obs, const redisReply *entry)
{
	if (entry->type != REDIS_REPLY_ARRAY || entry->elements < 4 ||
		entry->element[1]->type != REDIS_REPLY_INTEGER ||
		entry->element[2]->type != REDIS_REPLY_INTEGER ||
		entry->element[3]->type != REDIS_REPLY_ARRAY || !entry->element[3]->elements)
		return;
	struct hub *hub = session->worker->hub;
	const redisReply *name = entry->element[3]->element[0];
	int64_t age_s = clock_wall_ms(hub->clock) / 1000 - entry->element[1]->integer;
	if (age_s > SLOW_WINDOW_S || name->type != REDIS_REPLY_STRING)
		return;
	obs->slow_ms = (double)entry->element[2]->integer / 1000.0;
	set_text(hub, &obs->slow_text, name->str, name->len, 32);
}

/* INFO, and the last slow command in the same round trip, as far as the server lets us; now and then all of INFO. */
static bool read_figures(struct redis_session *session, struct redis_memory *memory,
	struct msg_obs_redis *obs, struct err *err)
{
	static const char *const slow[] = {"SLOWLOG", "GET", "1", NULL};
	bool is_due = redis_exports_due(&memory->exports, session);
	const char *const info[] = {"INFO", is_due ? "all" : NULL, NULL};
	const char *const *const both[] = {info, slow};
	struct redisReply *replies[2] = {NULL, NULL};
	struct err why[2] = {{.code = ERR_NONE}, {.code = ERR_NONE}};
	if (session->can_slowlog)
		session_ask_both(session, both, replies, why);
	else if (!session_ask(session, info, &replies[0], &why[0]))
		replies[0] = NULL;
	autoreply struct redisReply *first = replies[0], *second = replies[1];
	session->can_slowlog &= second != NULL;
	if (second && second->type == REDIS_REPLY_ARRAY && second->elements)
		take_slow(session, obs, second->element[0]);
	if (!first) {
		*err = why[0];
		return false;
	}
	if (!read_info(session, first, memory, obs, err))
		return false;
	if (is_due)
		redis_exports_take(&memory->exports, session, first, second);
	return true;
}

static struct msg_obs_redis *new_observation(const struct redis_session *session)
{
	struct msg_obs_redis *obs = msg_new(MSG_obs_redis);
	msg_set(&obs->name, session->conf->name);
	obs->ping_ms = obs->rate = obs->slow_ms = NAN;
	obs->clients = obs->max_clients = obs->blocked = obs->uptime_s = -1;
	return obs;
}

/* A server that refuses PING (LOADING, MISCONF, NOPERM) may still answer INFO. */
static bool ask_all(struct redis_session *session, struct redis_memory *memory,
	struct msg_obs_redis *obs, struct err *ret_refused, struct err *err)
{
	if (!ping(session, &obs->ping_ms, err)) {
		if (session_is_broken(session))
			return false;
		*ret_refused = *err;
	}
	if (session->can_info && !read_figures(session, memory, obs, err)) {
		if (session_is_broken(session))
			return false;
		if (ret_refused->code == ERR_NONE)
			err_set(ret_refused, err->code, "INFO: %s", err->text);
	}
	return !session_is_broken(session);
}

bool redis_report(struct redis_session *session, struct redis_memory *memory,
	double *ret_latency_ms, struct err *ret_refused, struct err *err)
{
	struct msg_obs_redis *obs = new_observation(session);
	if (!ask_all(session, memory, obs, ret_refused, err)) {
		msg_free(MSG_obs_redis, obs);
		return false;
	}
	*ret_latency_ms = obs->ping_ms;
	mailbox_post_ahead(session->worker->hub->to_engine, MSG_obs_redis, obs);
	return true;
}
