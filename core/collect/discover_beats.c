/* SPDX-License-Identifier: MIT */
/*
 * In which Redis the heartbeat of a bot is. Two fleets on one machine have keys of the same names in
 * two servers: what a bot names decides, and only where it names none the keys themselves. A
 * heartbeat of another bot that is taken for its own is worse than none.
 */
#include "core/collect/discover_internal.h"

#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/collect/redis_conn.h"

enum { KEYS_MAX = 500, SERVERS_MAX = 64 /* bits */ };

/* ---- keys of the bots ---- */

struct keys {
	struct redis_conn *conn;
	const struct net_limit *limit;
	bool is_refused; /* this user may not ask, or the connection is gone: no further question */
};

static bool expires(struct keys *keys, const char *name)
{
	struct redisReply *reply autoreply = NULL;
	autofree char *key = xasprintf("hb:%s", name);
	if (!*name || keys->is_refused)
		return false;
	keys->is_refused = !redis_ask(
		keys->conn, (const char *const[]){"PTTL", key, NULL}, keys->limit, &reply, NULL);
	return reply && reply->type == REDIS_REPLY_INTEGER && reply->integer > 0;
}

static bool is_stream(struct keys *keys, const char *name)
{
	struct redisReply *reply autoreply = NULL;
	autofree char *key = xasprintf("events:%s", name);
	if (keys->is_refused)
		return false;
	keys->is_refused = !redis_ask(
		keys->conn, (const char *const[]){"TYPE", key, NULL}, keys->limit, &reply, NULL);
	return reply && reply->type == REDIS_REPLY_STATUS && strcmp(reply->str, "stream") == 0;
}

/* A heartbeat is a key that goes away by itself. */
void discover_keys(struct scene *scene, struct redis_conn *conn, const struct net_limit *limit,
	struct found_service *found)
{
	struct keys keys = {.conn = conn, .limit = limit};
	const struct discovery *discovery = scene->discovery;
	size_t index = discovery->service_count;
	uint64_t bit = index < SERVERS_MAX ? UINT64_C(1) << index : 0;
	for (size_t i = 0; i < discovery->bot_count && i < KEYS_MAX && !keys.is_refused; i++) {
		const struct found_bot *bot = &discovery->bots[i];
		scene->keys[i].plain |= expires(&keys, bot->name) ? bit : 0;
		scene->keys[i].own |= expires(&keys, bot->own_name) ? bit : 0;
		found->streams += is_stream(&keys, bot->name);
	}
}

/* ---- whose they are ---- */

static bool is_one(uint64_t bits)
{
	return bits && !(bits & (bits - 1));
}

static struct found_service *first_of(const struct scene *scene, uint64_t bits)
{
	return &scene->discovery->services[__builtin_ctzll(bits)];
}

static bool is_redis(const struct clue_service *service)
{
	return strcmp(service->kind, "redis") == 0;
}

static uint64_t open_ones(const struct scene *scene)
{
	uint64_t bits = 0;
	for (size_t i = 0; i < scene->discovery->service_count && i < SERVERS_MAX; i++)
		if (is_redis(&scene->discovery->services[i].service) &&
			scene->discovery->services[i].is_open)
			bits |= UINT64_C(1) << i;
	return bits;
}

static uint64_t named_by(const struct scene *scene, const struct found_bot *bot)
{
	const struct clues *clues = &scene->candidates[bot->candidate].clues;
	uint64_t bits = 0;
	for (size_t i = 0; i < scene->discovery->service_count && i < SERVERS_MAX; i++)
		for (size_t j = 0; j < clues->service_count; j++)
			if (is_redis(&clues->services[j]) &&
				discover_is_same(&scene->discovery->services[i].service,
					&clues->services[j]))
				bits |= UINT64_C(1) << i;
	return bits;
}

/* One of the settings that it names; NULL: none. */
static const char *known_of(const struct scene *scene, const struct found_bot *bot)
{
	const struct settings *settings = scene->question->settings;
	const struct clues *clues = &scene->candidates[bot->candidate].clues;
	for (size_t i = 0; settings && i < settings->redis_count; i++)
		for (size_t j = 0; j < clues->service_count; j++)
			if (is_redis(&clues->services[j]) &&
				discover_is_redis_of(&settings->redis[i], &clues->services[j]))
				return settings->redis[i].name;
	return NULL;
}

/* Another bot is called so, here or by itself. */
static bool is_anothers(const struct scene *scene, size_t index, const char *name)
{
	const struct discovery *discovery = scene->discovery;
	for (size_t i = 0; i < discovery->bot_count; i++)
		if (i != index && (strcmp(discovery->bots[i].name, name) == 0 ||
					  strcmp(discovery->bots[i].own_name, name) == 0))
			return true;
	return false;
}

static void set(char **field, const char *text)
{
	free(*field);
	*field = xstrdup(text);
}

static void bind_to(struct scene *scene, size_t index, uint64_t bit)
{
	struct found_bot *bot = &scene->discovery->bots[index];
	struct found_service *home = first_of(scene, bit);
	set(&bot->redis, home->name);
	if (scene->keys[index].plain & bit) {
		home->heartbeats++;
	} else if (scene->keys[index].own & bit) {
		free(bot->heartbeat);
		bot->heartbeat = xasprintf("hb:%s", bot->own_name);
	}
}

static void say_unsure(struct scene *scene, size_t index, uint64_t bits, bool is_named)
{
	struct found_bot *bot = &scene->discovery->bots[index];
	struct str text = STR_INIT;
	bool is_plain = scene->keys[index].plain & bits;
	str_addf(&text, "its heartbeat may be hb:%s in ", is_plain ? bot->name : bot->own_name);
	for (const char *join = ""; bits; bits &= bits - 1, join = " or ")
		str_addf(&text, "%s%s", join, first_of(scene, bits)->name);
	str_addf(&text,
		", and which cannot be told, as it names %s Redis: write heartbeat: and redis: "
		"here",
		is_named ? "more than one" : "no");
	free(bot->beat_step);
	bot->beat_step = str_detach(&text);
}

/* It names none, or several: a key that only one of them has, and no other bot of that name. */
static void bind_by_keys(struct scene *scene, size_t index, uint64_t may, bool is_named)
{
	const struct found_bot *bot = &scene->discovery->bots[index];
	const struct bot_keys *keys = &scene->keys[index];
	uint64_t bits = (keys->plain | keys->own) & may;
	const char *name = keys->plain & may ? bot->name : bot->own_name;
	bool is_alone = is_one(may) && !scene->question->settings;
	if (!bits)
		return;
	if (is_alone || (is_one(bits) && !is_anothers(scene, index, name)))
		bind_to(scene, index, bits);
	else
		say_unsure(scene, index, is_one(bits) ? may : bits, is_named);
}

static void bind_bot(struct scene *scene, size_t index)
{
	struct found_bot *bot = &scene->discovery->bots[index];
	uint64_t open = open_ones(scene), named = named_by(scene, bot);
	const char *known = known_of(scene, bot);
	if (known && !named)
		set(&bot->redis, known);
	else if (is_one(named) && (named & open) && !known)
		bind_to(scene, index, named);
	else if (!named || (named & open))
		bind_by_keys(scene, index, named ? named & open : open, named);
}

/* ---- the usual one ---- */

/* As the loader has it: the first with a pattern, or else the first. "": there is none. */
static const char *usual_of(const struct scene *scene, bool *ret_has_pattern)
{
	const struct settings *settings = scene->question->settings;
	const struct discovery *discovery = scene->discovery;
	uint64_t open = open_ones(scene);
	*ret_has_pattern = true;
	for (size_t i = 0; settings && i < settings->redis_count; i++)
		if (*settings->redis[i].heartbeats)
			return settings->redis[i].name;
	for (size_t i = 0; i < discovery->service_count; i++)
		if (discovery->services[i].heartbeats)
			return discovery->services[i].name;
	*ret_has_pattern = false;
	if (settings && settings->redis_count)
		return settings->redis[0].name;
	return open ? first_of(scene, open)->name : "";
}

/* Its own does not answer, and the pattern of another would find it a key there. */
static void spare_closed(struct scene *scene, struct found_bot *bot)
{
	uint64_t named = named_by(scene, bot);
	if (!named || named & open_ones(scene) || known_of(scene, bot))
		return;
	const char *name = first_of(scene, named)->name;
	free(bot->beat_step);
	bot->beat_step = xasprintf("its heartbeat is not known, as its Redis '%s' was not looked "
				   "into (see there): once it is, write redis: %s here",
		name, name);
}

void discover_beats(struct scene *scene)
{
	struct discovery *discovery = scene->discovery;
	bool has_pattern;
	for (size_t i = 0; i < discovery->bot_count; i++)
		bind_bot(scene, i);
	const char *usual = usual_of(scene, &has_pattern);
	for (size_t i = 0; i < discovery->bot_count; i++) {
		struct found_bot *bot = &discovery->bots[i];
		if (strcmp(bot->redis, usual) == 0)
			set(&bot->redis, "");
		if (has_pattern)
			spare_closed(scene, bot);
	}
}
