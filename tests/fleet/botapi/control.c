/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/control.h"
#include "tests/fleet/botapi/routes.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "core/base/mem.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/faults.h"
#include "tests/fleet/botapi/callbacks.h"
#include "tests/fleet/botapi/messages.h"
#include "tests/fleet/botapi/player.h"
#include "tests/fleet/botapi/updates.h"
#include "tests/fleet/botapi/webhook.h"

enum { SECRET_LENGTH = 35, COUNT_MAX = 100000000 };

const char *body_text(const json_t *body, const char *key)
{
	return json_string_value(json_object_get(body, key));
}

double body_number(const json_t *body, const char *key, double missing)
{
	json_t *value = json_object_get(body, key);
	return json_is_number(value) ? json_number_value(value) : missing;
}

size_t body_count(const json_t *body, const char *key, size_t missing)
{
	double number = body_number(body, key, (double)missing);
	return number < 0 ? 0 : number > COUNT_MAX ? COUNT_MAX : (size_t)number;
}

static bool add_one(struct api *api, json_t *body, struct bot **ret_bot, struct err *err)
{
	const char *name = body_text(body, "name"), *token = body_text(body, "token");
	const char *title = body_text(body, "title");
	if (!name || !token)
		return err_set(err, ERR_INVALID, "a bot needs a name and a token");
	return bots_add(&api->bots, api, token, name, title ? title : name, ret_bot, err);
}

bool control_load_bots(struct api *api, const char *path, struct err *err)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return err_errno(err, errno, "cannot read bots from '%s'", path);
	bool good = true;
	while (good) {
		json_error_t why;
		json_t *line = json_loadf(file, JSON_DISABLE_EOF_CHECK, &why);
		struct bot *bot;
		if (!line)
			break;
		good = add_one(api, line, &bot, err);
		json_decref(line);
	}
	fclose(file);
	return good;
}

/* A token that nobody can guess, for a bot that exists only here. */
static char *make_token(int64_t id)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char noise[SECRET_LENGTH];
	char secret[SECRET_LENGTH + 1];
	if (getrandom(noise, sizeof(noise), 0) != (ssize_t)sizeof(noise))
		return NULL;
	for (size_t i = 0; i < SECRET_LENGTH; i++)
		secret[i] = letters[noise[i] & 63];
	secret[SECRET_LENGTH] = '\0';
	return xasprintf("%lld:%s", (long long)id, secret);
}

static json_t *make_bots(struct api *api, json_t *body, struct err *err)
{
	const char *prefix = body_text(body, "prefix");
	size_t count = body_count(body, "count", 0);
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		autofree char *name = xasprintf("%s-%05zu", prefix ? prefix : "load", i + 1);
		autofree char *token = make_token(8000000000 + (int64_t)api->bots.count);
		struct bot *bot;
		if (!bots_add(&api->bots, api, token, name, name, &bot, err)) {
			json_decref(list);
			return NULL;
		}
		json_array_append_new(list, json_pack("{s:s,s:I,s:s}", "name", name, "id",
						    (json_int_t)bot->id, "token", token));
	}
	return list;
}

json_t *route_bots(struct api *api, json_t *body, struct err *err)
{
	if (json_object_get(body, "count"))
		return make_bots(api, body, err);
	struct bot *bot;
	if (!add_one(api, body, &bot, err))
		return NULL;
	return json_pack("{s:I}", "id", (json_int_t)bot->id);
}

struct bot *body_bot(struct api *api, const json_t *body, struct err *err)
{
	const char *key = body_text(body, "bot");
	struct bot *bot = key ? bots_find(&api->bots, key) : NULL;
	if (!bot)
		err_set(err, ERR_NOT_FOUND, "no bot '%s'; give its name or id as \"bot\"",
			key ? key : "");
	return bot;
}

json_t *route_play(struct api *api, json_t *body, struct err *err)
{
	struct bot *bot = body_bot(api, body, err);
	if (!bot)
		return NULL;
	if (json_object_get(body, "per_minute"))
		player_set_rate(bot, body_number(body, "per_minute", 0),
			(uint64_t)body_number(body, "seed", 0));
	else
		player_burst(bot, body_count(body, "count", 1),
			(int64_t)body_number(body, "chat", 0), body_text(body, "text"),
			body_count(body, "bytes", 0));
	return json_pack("{s:I}", "pending", (json_int_t)bot->pending);
}

json_t *route_revoke(struct api *api, json_t *body, struct err *err)
{
	struct bot *bot = body_bot(api, body, err);
	if (!bot)
		return NULL;
	bot->revoked = !json_is_false(json_object_get(body, "revoked"));
	return json_pack("{s:b}", "revoked", bot->revoked);
}

/* The faults of one bot, or of all for "*". */
static struct fault **faults_of(struct api *api, json_t *body, struct err *err)
{
	const char *key = body_text(body, "bot");
	if (key && strcmp(key, "*") == 0)
		return &api->faults;
	struct bot *bot = body_bot(api, body, err);
	return bot ? &bot->faults : NULL;
}

json_t *route_fault(struct api *api, json_t *body, struct err *err)
{
	struct fault **list = faults_of(api, body, err);
	return list && faults_add(list, body, err) ? json_true() : NULL;
}

json_t *route_clear(struct api *api, json_t *body, struct err *err)
{
	struct fault **list = faults_of(api, body, err);
	return list ? json_pack("{s:i}", "cleared", faults_clear(list, body_text(body, "method")))
		    : NULL;
}

json_t *route_sync_error(struct api *api, json_t *body, struct err *err)
{
	struct bot *bot = body_bot(api, body, err);
	if (!bot)
		return NULL;
	bot->last_sync_error_at = (int64_t)body_number(body, "at", 0);
	return json_true();
}

/* As whoever has stolen the token would do it. */
json_t *route_hijack(struct api *api, json_t *body, struct err *err)
{
	struct bot *bot = body_bot(api, body, err);
	if (!bot)
		return NULL;
	webhook_point(bot, body_text(body, "url"));
	return json_true();
}

json_t *route_bot(struct api *api, json_t *body, struct err *err)
{
	struct bot *bot = body_bot(api, body, err);
	if (!bot)
		return NULL;
	int64_t next_ms = webhook_next_try_ms(bot);
	return json_pack("{s:I,s:s,s:s,s:I,s:I,s:I,s:I,s:b,s:b,s:o,s:o,s:I}", "id",
		(json_int_t)bot->id, "name", bot->name, "username", bot->username, "pending",
		(json_int_t)bot->pending, "expired", (json_int_t)bot->expired, "sent_count",
		(json_int_t)bot->sent_count, "polls", (json_int_t)bot->poll.count, "polled",
		bot->poll.request != NULL, "revoked", bot->revoked, "sent", messages_sent(bot),
		"callbacks", callbacks_json(bot), "next_try_ms",
		(json_int_t)(next_ms ? next_ms - loop_now_ms() : 0));
}

json_t *route_summary(struct api *api, json_t *body, struct err *err)
{
	(void)body, (void)err;
	size_t pending = 0, polled = 0;
	for (size_t i = 0; i < api->bots.count; i++) {
		pending += api->bots.items[i]->pending;
		polled += api->bots.items[i]->poll.request != NULL;
	}
	return json_pack("{s:I,s:I,s:I,s:I}", "bots", (json_int_t)api->bots.count, "pending",
		(json_int_t)pending, "polled", (json_int_t)polled, "verbosity",
		(json_int_t)api->verbosity);
}

/* The rule of one bot, or of all that have none for "*". */
json_t *route_flood(struct api *api, json_t *body, struct err *err)
{
	const char *key = body_text(body, "bot");
	bool all = key && strcmp(key, "*") == 0;
	struct bot *bot = all ? NULL : body_bot(api, body, err);
	if (!all && !bot)
		return NULL;
	double bot_rate = body_number(body, "per_second", 0);
	double chat_rate = body_number(body, "chat_per_minute", 0);
	double group_rate = body_number(body, "group_per_minute", 0);
	struct flood_rule *rule = bot ? &bot->flood : &api->flood;
	*rule = (struct flood_rule){
		.bot_ms = bot_rate > 0 ? (int64_t)(1000 / bot_rate) : 0,
		.chat_ms = chat_rate > 0 ? (int64_t)(60000 / chat_rate) : 0,
		.group_ms = group_rate > 0 ? (int64_t)(60000 / group_rate) : 0,
		.burst = (int)body_number(body, "burst", 1),
	};
	return json_true();
}

json_t *route_filter(struct api *api, json_t *body, struct err *err)
{
	(void)err;
	api->filter = (int64_t)body_number(body, "remainder", 0);
	api->filter_of = (int64_t)body_number(body, "modulo", 0);
	return json_true();
}

json_t *route_creation(struct api *api, json_t *body, struct err *err)
{
	(void)err;
	api->creation =
		(struct creation){.is_limited = !json_is_false(json_object_get(body, "limited"))};
	return json_true();
}

json_t *route_closing(struct api *api, json_t *body, struct err *err)
{
	(void)err;
	api->is_closing = !json_is_false(json_object_get(body, "closing"));
	for (size_t i = 0; api->is_closing && i < api->bots.count; i++)
		updates_end_poll(api->bots.items[i], 500, "Internal Server Error: restart");
	return json_true();
}

json_t *route_transcript(struct api *api, json_t *body, struct err *err)
{
	(void)err;
	api->transcript.limit = (long)json_integer_value(json_object_get(body, "bytes"));
	return json_true();
}

static const struct route {
	const char *path;
	json_t *(*run)(struct api *api, json_t *body, struct err *err);
} routes[] = {
#define ROUTE(path, name) {"/control/" path, route_##name},
#include "tests/fleet/botapi/routes.def"
#undef ROUTE
};

static const struct route *find_route(const char *path)
{
	for (size_t i = 0; i < COUNT_OF(routes); i++)
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	return NULL;
}

/* The port listens on loopback only; a page in a browser that is led there by a name is refused as
 * well. */
static bool is_local(const struct request *request)
{
	const char *host = request_header(request, "Host");
	return !request_header(request, "Origin") && host &&
	       (starts_with(host, "127.0.0.1") || starts_with(host, "localhost"));
}

static void refuse_control(struct request *request, unsigned status, const char *why)
{
	request_reply_json(request, status, json_pack("{s:b,s:s}", "ok", 0, "description", why));
}

void control_handle(void *context, struct request *request)
{
	const struct route *route = find_route(request->path);
	if (!is_local(request)) {
		refuse_control(request, 403, "only for programs on this machine");
		return;
	}
	if (!route) {
		refuse_control(request, 404, "no such route");
		return;
	}
	json_t *body = json_loadb(request->body.text, request->body.length, 0, NULL);
	if (!body)
		body = json_object();
	struct err err = {0};
	json_t *result = route->run(context, body, &err);
	json_decref(body);
	if (result)
		api_ok(request, result);
	else
		refuse_control(request, err.code == ERR_NOT_FOUND ? 404 : 400, err.text);
}
