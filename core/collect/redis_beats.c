/* SPDX-License-Identifier: MIT */
#include "core/collect/redis_beats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>
#include <jansson.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/collect/redis_session.h"
#include "core/collect/roster.h"
#include "core/collect/worker.h"

enum {
	BATCH = 256,          /* keys a round trip */
	VALUE_MAX = 64 << 10, /* a longer value has no figures */
	FIGURES_MAX = 64,     /* of one heartbeat */
	WORKERS_MAX = 4096,   /* further workers' keys in one Redis */
	SCANS_A_LOOK = 4,
	GONE_AFTER = 1800, /* looks without its key until a further worker is forgotten */
	BELOW_MAX = 10,
};

struct beat {
	char *key, *bot, *worker; /* worker "": the bot itself */
	struct beat_ttl ttl;
	unsigned missing; /* looks in a row */
};

struct beats {
	const struct conf_redis *conf;
	struct beat *items; /* those of the roster, then further workers */
	size_t count, capacity;
	char **bots; /* sorted names of the roster's bots here */
	size_t bot_count;
	char cursor[24]; /* of the walk for further workers */
};

/* ---- what one key says ---- */

void beat_ttl_see(struct beat_ttl *ttl, int64_t left_ms)
{
	bool is_fresh = left_ms > ttl->last_ms, is_short = left_ms < ttl->full_ms / 5 * 4;
	ttl->last_ms = left_ms;
	if (is_fresh)
		ttl->below = is_short ? ttl->below + 1 : 0;
	/* Many short ones in a row: the bot gives its key less time than it did. */
	if (left_ms >= ttl->full_ms || ttl->below >= BELOW_MAX) {
		ttl->full_ms = left_ms;
		ttl->below = 0;
	}
}

static const char *worker_text(const json_t *value, char *buffer, size_t size)
{
	if (json_is_string(value))
		return json_string_value(value);
	if (!json_is_integer(value))
		return "";
	snprintf(buffer, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return buffer;
}

static void add_figure(
	struct msg_obs_heartbeat *beat, const char *name, const char *labels, double value)
{
	static const struct {
		const char *name;
		size_t offset;
	} known[] = {
		{"updates_per_s", offsetof(struct msg_obs_heartbeat, updates_per_s)},
		{"upd_s", offsetof(struct msg_obs_heartbeat, updates_per_s)},
		{"p95_ms", offsetof(struct msg_obs_heartbeat, p95_ms)},
	};
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (strcmp(known[i].name, name) == 0)
			memcpy((char *)beat + known[i].offset, &value, sizeof(value));
	if (beat->figures_count >= FIGURES_MAX)
		return;
	struct msg_sample *sample = msg_add(beat->figures, &beat->figures_count);
	*sample = (struct msg_sample){
		.name = xstrdup(name), .labels = xstrdup(labels), .value = value};
}

/* [A-Za-z_][A-Za-z0-9_]*: what a metric may be called. */
static bool is_figure_name(const char *name)
{
	size_t length = 0;
	for (char c; (c = name[length]); length++)
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '_' &&
			!(length && c >= '0' && c <= '9'))
			return false;
	return length && length < 64;
}

void beat_read_value(struct msg_obs_heartbeat *beat, const char *value, size_t length)
{
	char buffer[32];
	const char *name;
	json_t *member;
	json_t *object = length <= VALUE_MAX ? json_loadb(value, length, 0, NULL) : NULL;
	beat->updates_per_s = beat->p95_ms = NAN;
	if (json_is_object(object)) {
		autofree char *labels = xasprintf("bot=%s", beat->bot);
		msg_set(&beat->worker,
			worker_text(json_object_get(object, "worker"), buffer, sizeof(buffer)));
		beat->workers_total = json_integer_value(json_object_get(object, "workers"));
		json_object_foreach(
			object, name, member) if (json_is_number(member) && is_figure_name(name))
			add_figure(beat, name, labels, json_number_value(member));
	}
	json_decref(object);
}

/* ---- which keys ---- */

static void release_beat(struct beat *beat)
{
	free(beat->key);
	free(beat->bot);
	free(beat->worker);
}

struct beats *beats_new(const struct conf_redis *conf)
{
	struct beats *beats = xcalloc(1, sizeof(*beats));
	beats->conf = conf;
	copy_text(beats->cursor, sizeof(beats->cursor), "0");
	return beats;
}

static void free_items(struct beat *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		release_beat(&items[i]);
	free(items);
}

void beats_free(struct beats *beats)
{
	if (!beats)
		return;
	free_items(beats->items, beats->count);
	for (size_t i = 0; i < beats->bot_count; i++)
		free(beats->bots[i]);
	free(beats->bots);
	free(beats);
}

static struct beat *add_beat(
	struct beats *beats, const char *key, const char *bot, const char *worker)
{
	beats->items = grow(beats->items, beats->count, &beats->capacity, sizeof(*beats->items));
	struct beat *beat = &beats->items[beats->count++];
	*beat = (struct beat){.key = xstrdup(key), .bot = xstrdup(bot), .worker = xstrdup(worker)};
	return beat;
}

static int by_key(const void *one, const void *other)
{
	const struct beat *a = one, *b = other;
	return strcmp(a->key, b->key);
}

static int by_text(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static bool is_here(const struct beats *beats, const char *bot)
{
	const char *const *key = &bot;
	return beats->bot_count &&
	       bsearch(key, beats->bots, beats->bot_count, sizeof(char *), by_text);
}

static void set_bots(struct beats *beats, const struct roster *roster)
{
	for (size_t i = 0; i < beats->bot_count; i++)
		free(beats->bots[i]);
	free(beats->bots);
	beats->bots = xcalloc(roster->count + 1, sizeof(char *));
	beats->bot_count = 0;
	for (size_t i = 0; i < roster->count; i++) {
		const struct conf_bot *bot = roster->bots[i];
		if (!bot->heartbeat[0] || strcmp(bot->redis, beats->conf->name) != 0)
			continue;
		beats->bots[beats->bot_count++] = xstrdup(bot->name);
		add_beat(beats, bot->heartbeat, bot->name, "");
	}
	qsort(beats->bots, beats->bot_count, sizeof(char *), by_text);
}

void beats_set_roster(struct beats *beats, const struct roster *roster)
{
	struct beat *old = beats->items;
	size_t old_count = beats->count;
	beats->items = NULL;
	beats->count = beats->capacity = 0;
	set_bots(beats, roster);
	for (size_t i = 0; i < old_count; i++)
		if (old[i].worker[0] && is_here(beats, old[i].bot))
			add_beat(beats, old[i].key, old[i].bot, old[i].worker);
	if (old_count)
		qsort(old, old_count, sizeof(*old), by_key);
	for (size_t i = 0; old_count && i < beats->count; i++) {
		const struct beat *known =
			bsearch(&beats->items[i], old, old_count, sizeof(*old), by_key);
		if (known)
			beats->items[i].ttl = known->ttl;
	}
	free_items(old, old_count);
}

/* ---- further workers ---- */

/* The first one is told: it is what to mend first. */
static void note_refusal(struct err *ret_refused, const struct err *said)
{
	if (ret_refused->code == ERR_NONE)
		*ret_refused = *said;
}

/* The bot and worker of a key `<before><bot><after>:<worker>`; false when it is none of ours. */
static bool split_key(
	const struct beats *beats, const char *key, char **ret_bot, const char **ret_worker)
{
	const char *pattern = beats->conf->heartbeats, *star = strchr(pattern, '*');
	const char *colon = strrchr(key, ':');
	size_t before = (size_t)(star - pattern), after = strlen(star + 1);
	if (strncmp(key, pattern, before) != 0 || !colon || !colon[1] ||
		(size_t)(colon - key) <= before + after ||
		strncmp(colon - after, star + 1, after) != 0)
		return false;
	*ret_bot = xstrndup(key + before, (size_t)(colon - key) - before - after);
	*ret_worker = colon + 1;
	return true;
}

static bool is_known(const struct beats *beats, const char *key)
{
	for (size_t i = 0; i < beats->count; i++)
		if (strcmp(beats->items[i].key, key) == 0)
			return true;
	return false;
}

static void add_worker(struct beats *beats, const char *key)
{
	autofree char *bot = NULL;
	const char *worker;
	if (split_key(beats, key, &bot, &worker) && is_here(beats, bot) &&
		beats->count < beats->bot_count + WORKERS_MAX && !is_known(beats, key))
		add_beat(beats, key, bot, worker);
}

static bool scan_once(struct beats *beats, struct redis_session *session, struct err *err)
{
	autoreply struct redisReply *reply = NULL;
	autofree char *pattern = xasprintf("%s:*", beats->conf->heartbeats);
	const char *words[] = {"SCAN", beats->cursor, "MATCH", pattern, "COUNT", "1000", NULL};
	if (!session_ask(session, words, &reply, err))
		return false;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
		reply->element[0]->type != REDIS_REPLY_STRING ||
		reply->element[1]->type != REDIS_REPLY_ARRAY)
		return err_set(err, ERR_PROTOCOL, "SCAN answered something else");
	if (!copy_text(beats->cursor, sizeof(beats->cursor), reply->element[0]->str))
		copy_text(beats->cursor, sizeof(beats->cursor), "0");
	for (size_t i = 0; i < reply->element[1]->elements; i++)
		if (reply->element[1]->element[i]->type == REDIS_REPLY_STRING)
			add_worker(beats, reply->element[1]->element[i]->str);
	return true;
}

/* A part of the walk a look: a Redis with millions of keys is walked through in minutes. */
static bool find_workers(struct beats *beats, struct redis_session *session,
	struct err *ret_refused, struct err *err)
{
	if (!strchr(beats->conf->heartbeats, '*') || !beats->bot_count)
		return true;
	for (int i = 0; i < SCANS_A_LOOK && session->can_scan; i++) {
		if (!scan_once(beats, session, err)) {
			session->can_scan = false;
			note_refusal(ret_refused, err);
			return !session_is_broken(session);
		}
		if (strcmp(beats->cursor, "0") == 0)
			break;
	}
	return true;
}

/* ---- asking ---- */

static void post_beat(
	struct hub *hub, struct beat *beat, const redisReply *ttl, const redisReply *value)
{
	struct msg_obs_heartbeat *obs = msg_new(MSG_obs_heartbeat);
	bool is_text = value->type == REDIS_REPLY_STRING;
	msg_set(&obs->bot, beat->bot);
	obs->present = ttl->integer != -2;
	obs->ttl_ms = obs->present ? ttl->integer : 0;
	if (ttl->integer >= 0)
		beat_ttl_see(&beat->ttl, ttl->integer);
	obs->full_ttl_ms = beat->ttl.full_ms;
	beat_read_value(obs, is_text ? value->str : "", is_text ? value->len : 0);
	autofree char *worker = obs->worker;
	obs->worker = NULL;
	const char *name = beat->worker[0] || !worker ? beat->worker : worker;
	set_text(hub, &obs->worker, name, strlen(name), 32);
	beat->missing = obs->present ? 0 : beat->missing + 1;
	if (obs->present || !beat->worker[0])
		mailbox_post_ahead(hub->to_engine, MSG_obs_heartbeat, obs);
	else
		msg_free(MSG_obs_heartbeat, obs);
}

static bool receive_beat(
	struct beat *beat, struct redis_session *session, struct err *ret_refused, struct err *err)
{
	autoreply struct redisReply *ttl = NULL, *value = NULL;
	struct net_limit limit = session_limit(session, 0);
	if (!redis_receive(session->conn, &limit, &ttl, err) ||
		!redis_receive(session->conn, &limit, &value, err))
		return false;
	struct err said = {0};
	if (redis_reply_failed(ttl, &said)) {
		note_refusal(ret_refused, &said);
		return true;
	}
	if (ttl->type != REDIS_REPLY_INTEGER)
		return err_set(err, ERR_PROTOCOL, "PTTL answered something else");
	/* A key that is no string (WRONGTYPE) still beats. */
	if (redis_reply_failed(value, &said) && said.code == ERR_DENIED)
		note_refusal(ret_refused, &said);
	post_beat(session->worker->hub, beat, ttl, value);
	return true;
}

static bool look_at_batch(struct beat *items, size_t count, struct redis_session *session,
	struct err *ret_refused, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const char *ttl[] = {"PTTL", items[i].key, NULL};
		const char *value[] = {"GET", items[i].key, NULL};
		redis_queue(session->conn, ttl);
		redis_queue(session->conn, value);
	}
	struct net_limit limit = session_limit(session, 0);
	if (!redis_send(session->conn, &limit, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!receive_beat(&items[i], session, ret_refused, err))
			return false;
	return true;
}

static void forget_gone(struct beats *beats)
{
	size_t kept = 0;
	for (size_t i = 0; i < beats->count; i++) {
		struct beat *beat = &beats->items[i];
		if (beat->worker[0] && beat->missing > GONE_AFTER)
			release_beat(beat);
		else
			beats->items[kept++] = *beat;
	}
	beats->count = kept;
}

bool beats_look(struct beats *beats, struct redis_session *session, struct err *ret_refused,
	struct err *err)
{
	if (!find_workers(beats, session, ret_refused, err))
		return false;
	for (size_t at = 0; at < beats->count; at += BATCH) {
		size_t count = beats->count - at < BATCH ? beats->count - at : BATCH;
		if (!look_at_batch(&beats->items[at], count, session, ret_refused, err))
			return false;
		if (at + count < beats->count)
			mailbox_ring(session->worker->hub->to_engine); /* else its source does */
	}
	forget_gone(beats);
	return true;
}
