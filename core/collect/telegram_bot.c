/* SPDX-License-Identifier: MIT */
#include "core/collect/telegram_bot.h"

#include <math.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/rng.h"
#include "core/parse/botapi.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/conf/settings.h"
#include "core/collect/http.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"

enum { NO_TOKEN_MS = 60000, NO_TOKEN_NEAR_MS = 5000, URL_CELLS = 500, NAME_CELLS = 64 };
enum { TICKS = 400 /* of an interval: far less than its jitter */, TICK_MAX_MS = 100 };

bool tg_is_polled(const struct conf_bot *conf)
{
	return conf->token.given &&
	       (conf->transport == TRANSPORT_POLLING || conf->transport == TRANSPORT_WEBHOOK);
}

const char *tg_method_name(enum tg_method method)
{
	return method == TG_GETME ? "getMe" : "getWebhookInfo";
}

/* ---- when ---- */

static int64_t rejected_ms(const struct settings *settings)
{
	return settings->telegram_loopback
		       ? settings->telegram_interval_ms * TG_REJECTED_NEAR_INTERVALS
		       : TG_REJECTED_MS;
}

static int64_t webhook_ms(const struct tg_scene *scene)
{
	int64_t interval_ms = scene->settings->telegram_interval_ms;
	return scene->is_focused && interval_ms > TG_FOCUS_MS ? TG_FOCUS_MS : interval_ms;
}

void tg_bot_start(struct tg_bot *bot, const struct tg_scene *scene, int64_t first_ms)
{
	bot->is_rejected = bot->was_held_back = false;
	bot->released_ms = first_ms;
	schedule_init(&bot->schedules[TG_GETME], scene->settings->telegram_getme_ms, first_ms);
	schedule_init(&bot->schedules[TG_WEBHOOK], webhook_ms(scene), first_ms + 1);
}

enum tg_method tg_bot_wants(const struct tg_bot *bot)
{
	if (bot->is_rejected)
		return TG_GETME;
	return schedule_next_ms(&bot->schedules[TG_GETME]) <=
			       schedule_next_ms(&bot->schedules[TG_WEBHOOK])
		       ? TG_GETME
		       : TG_WEBHOOK;
}

int64_t tg_bot_next_ms(const struct tg_bot *bot)
{
	int64_t next_ms = schedule_next_ms(&bot->schedules[tg_bot_wants(bot)]);
	return next_ms > bot->released_ms ? next_ms : bot->released_ms;
}

int64_t tg_on_tick(const struct settings *settings, int64_t due_ms)
{
	int64_t tick_ms = settings->telegram_interval_ms / TICKS;
	if (tick_ms > TICK_MAX_MS)
		tick_ms = TICK_MAX_MS;
	return tick_ms > 1 ? (due_ms + tick_ms - 1) / tick_ms * tick_ms : due_ms;
}

void tg_bot_hurry(struct tg_bot *bot, int64_t now_ms)
{
	if (bot->is_rejected || bot->schedules[TG_GETME].fails)
		schedule_hurry(&bot->schedules[TG_GETME], now_ms);
	if (!bot->is_rejected)
		schedule_hurry(&bot->schedules[TG_WEBHOOK], now_ms);
}

void tg_bot_set_pace(struct tg_bot *bot, const struct tg_scene *scene)
{
	schedule_set_interval(&bot->schedules[TG_WEBHOOK], webhook_ms(scene), scene->now_ms);
	schedule_set_interval(
		&bot->schedules[TG_GETME], scene->settings->telegram_getme_ms, scene->now_ms);
}

/* A 429 blocks the whole token, whatever was asked. */
static void hold(struct tg_bot *bot, const struct tg_scene *scene, int64_t retry_after_s)
{
	int64_t until_ms = scene->now_ms + retry_after_s * 1000;
	schedule_hold(&bot->schedules[TG_GETME], until_ms);
	schedule_hold(&bot->schedules[TG_WEBHOOK], until_ms);
}

static void plan(struct tg_bot *bot, const struct tg_scene *scene, const struct err *err,
	int64_t retry_after_s)
{
	struct schedule *schedule = &bot->schedules[bot->asked];
	bool was_rejected = bot->is_rejected;
	bot->is_rejected = err->code == ERR_AUTH || err->code == ERR_NOT_FOUND;
	if (err->code == ERR_NONE || err->code == ERR_RATE)
		schedule_ok(schedule, scene->now_ms, scene->rng);
	else if (bot->is_rejected)
		schedule_answered(&bot->schedules[TG_GETME], scene->now_ms,
			rejected_ms(scene->settings), scene->rng);
	else
		schedule_fail(schedule, scene->now_ms, scene->rng);
	if (err->code == ERR_RATE) {
		hold(bot, scene, retry_after_s);
		schedule->due_ms = schedule->held_until_ms;
	}
	if (was_rejected && !bot->is_rejected)
		schedule_hurry(&bot->schedules[TG_WEBHOOK], scene->now_ms);
}

/* ---- what an answer says ---- */

struct answer {
	struct err err;
	bool is_read; /* it is one of the Bot API, whatever it says */
	long status;
	double latency_ms;
	int64_t retry_after_s;
	const struct botapi_me *me; /* NULL: none */
	const struct botapi_webhook *webhook;
};

static void set_error(struct hub *hub, char **field, const struct err *err)
{
	if (err->code != ERR_NONE)
		set_text(hub, field, err->text, strlen(err->text), POST_ERROR_CELLS);
}

static int64_t wait_ms(const struct tg_bot *bot, const struct tg_scene *scene)
{
	int64_t next_ms = tg_bot_next_ms(bot) - scene->now_ms;
	return next_ms > 0 ? next_ms : 0;
}

static void post_getme(
	const struct tg_bot *bot, const struct tg_scene *scene, const struct answer *answer)
{
	struct msg_obs_getme *obs = msg_new(MSG_obs_getme);
	msg_set(&obs->bot, bot->conf->name);
	obs->code = (uint64_t)answer->err.code;
	obs->http = answer->status;
	set_error(scene->hub, &obs->error, &answer->err);
	obs->latency_ms = answer->latency_ms;
	obs->token_hash = bot->token_hash;
	if (answer->me) {
		obs->tg_id = answer->me->id;
		set_text(scene->hub, &obs->username, answer->me->username,
			strlen(answer->me->username), NAME_CELLS);
	}
	obs->retry_after_s = answer->retry_after_s;
	obs->next_in_ms = wait_ms(bot, scene);
	mailbox_post(scene->hub->to_engine, MSG_obs_getme, obs);
}

static void set_webhook(
	struct hub *hub, struct msg_obs_webhook *obs, const struct botapi_webhook *webhook)
{
	set_text(hub, &obs->url, webhook->url, strlen(webhook->url), URL_CELLS);
	obs->url_hash = webhook->url[0] ? entity_id("url", webhook->url) : 0;
	obs->pending = webhook->pending_update_count;
	obs->last_error_s = webhook->last_error_date_s;
	set_text(hub, &obs->last_error, webhook->last_error_message,
		strlen(webhook->last_error_message), POST_ERROR_CELLS);
	obs->sync_error_s = webhook->last_synchronization_error_date_s;
	obs->max_connections = webhook->max_connections;
	set_text(hub, &obs->ip, webhook->ip_address, strlen(webhook->ip_address), NAME_CELLS);
}

static void post_webhook(
	const struct tg_bot *bot, const struct tg_scene *scene, const struct answer *answer)
{
	struct msg_obs_webhook *obs = msg_new(MSG_obs_webhook);
	msg_set(&obs->bot, bot->conf->name);
	obs->code = (uint64_t)answer->err.code;
	obs->http = answer->status;
	set_error(scene->hub, &obs->error, &answer->err);
	obs->latency_ms = answer->latency_ms;
	obs->pending = -1;
	if (answer->webhook)
		set_webhook(scene->hub, obs, answer->webhook);
	obs->retry_after_s = answer->retry_after_s;
	obs->next_in_ms = wait_ms(bot, scene);
	mailbox_post(scene->hub->to_engine, MSG_obs_webhook, obs);
}

static void post(const struct tg_bot *bot, const struct tg_scene *scene,
	const struct answer *answer, enum tg_method method)
{
	if (method == TG_GETME)
		post_getme(bot, scene, answer);
	else
		post_webhook(bot, scene, answer);
}

/* The body says it, or the header, or neither. */
static void set_retry(const struct http_reply *http, int64_t body_s, struct answer *answer)
{
	int64_t retry_s = body_s > http->retry_after_s ? body_s : http->retry_after_s;
	if (answer->err.code != ERR_RATE)
		return;
	if (retry_s < 1)
		retry_s = 1;
	answer->retry_after_s = retry_s < LIMIT_RETRY_AFTER_S ? retry_s : LIMIT_RETRY_AFTER_S;
}

/* The words and the class of an answer that is not ok. */
static void refuse(
	const struct http_reply *http, const struct botapi_reply *reply, struct answer *answer)
{
	int code = reply->error_code ? reply->error_code : (int)http->status;
	err_set(&answer->err, botapi_err_code(code), "%d %.200s", code, reply->description);
	set_retry(http, reply->retry_after_s, answer);
}

/* A proxy's page, or a part of an answer: its first bytes are kept. Of a page the status says more than its HTML; but what
 * it refuses is not the token, whose words only the Bot API has. */
static void distrust(const struct http_reply *http, struct answer *answer)
{
	struct err bare = answer->err;
	if (http->status < 400)
		return;
	enum err_code code = botapi_err_code((int)http->status);
	err_set(&answer->err, code == ERR_AUTH || code == ERR_NOT_FOUND ? ERR_PROTOCOL : code,
		"%ld, but not from the Bot API: %s", http->status, bare.text);
	set_retry(http, 0, answer);
}

static void read_answer(enum tg_method method, const struct http_reply *http, struct botapi_me *me,
	struct botapi_webhook *webhook, struct answer *answer)
{
	struct botapi_reply reply;
	answer->is_read = method == TG_GETME ? botapi_read_me(http->body, http->length, &reply, me,
						       &answer->err)
					     : botapi_read_webhook(http->body, http->length, &reply,
						       webhook, &answer->err);
	if (!answer->is_read) {
		distrust(http, answer);
	} else if (reply.ok) {
		answer->me = method == TG_GETME ? me : NULL;
		answer->webhook = method == TG_WEBHOOK ? webhook : NULL;
		answer->err.code = ERR_NONE;
	} else {
		refuse(http, &reply, answer);
	}
}

static bool host_answered(const struct answer *answer)
{
	return answer->is_read && answer->err.code != ERR_UNREACHABLE &&
	       answer->err.code != ERR_TIMEOUT && answer->err.code != ERR_TLS;
}

bool tg_bot_take_reply(struct tg_bot *bot, const struct tg_scene *scene,
	const struct http_reply *reply, struct err *ret_err)
{
	struct botapi_me me;
	struct botapi_webhook webhook;
	struct answer answer = {
		.err = reply->err, .status = reply->status, .latency_ms = reply->latency_ms};
	bot->was_held_back = false;
	if (reply->err.code == ERR_NONE)
		read_answer(bot->asked, reply, &me, &webhook, &answer);
	else if (reply->err.code == ERR_PROTOCOL && reply->length)
		(void)botapi_invalid(
			reply->body, reply->length, reply->length, "cut off", &answer.err);
	if (reply->err.code != ERR_NONE)
		answer.latency_ms = NAN;
	plan(bot, scene, &answer.err, answer.retry_after_s);
	post(bot, scene, &answer, bot->asked);
	*ret_err = answer.err;
	return host_answered(&answer);
}

void tg_bot_hold_back(struct tg_bot *bot, const struct tg_scene *scene, const struct err *err)
{
	const struct answer answer = {.err = *err, .latency_ms = NAN};
	enum tg_method method = tg_bot_wants(bot);
	struct schedule *schedule = &bot->schedules[method];
	bot->was_held_back = true;
	schedule->fails++;
	schedule->due_ms =
		scene->now_ms + rng_jitter(scene->rng, webhook_ms(scene), SCHEDULE_JITTER_PERCENT);
	post(bot, scene, &answer, method);
}

void tg_bot_no_token(struct tg_bot *bot, const struct tg_scene *scene, const struct err *err)
{
	/* The token was not rejected by anybody: the trouble is where it is kept. */
	struct answer answer = {.err = *err, .latency_ms = NAN};
	answer.err.code = ERR_REFUSED;
	bool is_near = scene->settings->telegram_loopback && !bot->conf->token.command.count;
	bot->released_ms = scene->now_ms + (is_near ? NO_TOKEN_NEAR_MS : NO_TOKEN_MS);
	post(bot, scene, &answer, TG_GETME);
}
