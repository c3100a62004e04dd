/* SPDX-License-Identifier: MIT */
#include "tests/fleet/bot/intake.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/fleet/bot/agent.h"
#include "tests/fleet/bot/answer.h"
#include "tests/fleet/bot/telegram.h"

enum {
	POLL_S = 25,
	RETRY_MS = 2000,
	CONFLICT_RETRY_MS = 3000,
	UNAUTHORISED_RETRY_MS = 10000,
	HANDED_OVER_A_TICK = 32,
	WEBHOOK_CHECK_TICKS = 30,
	TRANSFER_ONE_IN = 6,
};

static void poll_now(void *data);

static char *worker_key(const struct agent *agent, int worker)
{
	return xasprintf("shard:%s:%d", agent->settings.name, worker);
}

/* Users are spread over the workers by id % workers; the first worker polls for all. */
static int worker_of(const struct agent *agent, const json_t *update)
{
	json_int_t user = 0;
	json_unpack((json_t *)(uintptr_t)update, "{s:{s:{s:I}}}", "message", "from", "id", &user);
	return (int)(llabs((long long)user) % agent->settings.workers);
}

static void take_update(struct agent *agent, const json_t *update)
{
	int worker = worker_of(agent, update);
	if (worker == agent->settings.worker) {
		answer_update(agent, update);
		return;
	}
	autofree char *key = worker_key(agent, worker);
	autofree char *text = json_dumps(update, JSON_COMPACT);
	if (!cache_push(&agent->cache, key, text))
		answer_update(agent, update); /* no Redis: answer it here */
}

static void take_all(struct agent *agent, json_t *updates)
{
	size_t i;
	json_t *update;
	json_array_foreach(updates, i, update)
	{
		agent->offset = json_integer_value(json_object_get(update, "update_id")) + 1;
		take_update(agent, update);
	}
}

/* Logs why a poll failed and says how long to wait. */
static int64_t after_failure(struct agent *agent, const struct telegram_answer *answer)
{
	agent->figures.errors++;
	enum journal_level level = answer->status == 401 ? LOG_CRITICAL : LOG_ERROR;
	if (answer->status == 429)
		agent->figures.rate_limited++;
	journal_write(&agent->journal, level, NULL, "Error while getting Updates: %s", answer->why);
	cache_event(&agent->cache, journal_word(level),
		answer->status == 429 ? "rate_limited" : "poll_failed", NULL, answer->why);
	if (answer->status == 429 && answer->retry_after_s)
		return answer->retry_after_s * 1000;
	if (answer->status == 409)
		return CONFLICT_RETRY_MS;
	return answer->status == 401 ? UNAUTHORISED_RETRY_MS : RETRY_MS;
}

static void polled(struct agent *agent, void *data, const struct telegram_answer *answer)
{
	(void)data;
	int64_t pause_ms = 0;
	agent->polling = false;
	if (answer->result)
		take_all(agent, answer->result);
	else
		pause_ms = after_failure(agent, answer);
	loop_after(&agent->loop, &agent->poll_again, pause_ms);
}

static void poll_now(void *data)
{
	struct agent *agent = data;
	if (agent->polling)
		return;
	if (agent->trouble & TROUBLE_STALL) {
		loop_after(&agent->loop, &agent->poll_again, RETRY_MS);
		return;
	}
	agent->polling = true;
	telegram_call(agent, "getUpdates",
		json_pack("{s:I,s:i,s:[s,s]}", "offset", (json_int_t)agent->offset, "timeout",
			POLL_S, "allowed_updates", "message", "callback_query"),
		POLL_S, polled, NULL);
}

char *intake_webhook_path(const struct agent *agent)
{
	const struct settings *settings = &agent->settings;
	return xasprintf("/webhook/%s", settings->token_in_url ? settings->token : settings->name);
}

/* The secret that proves a delivery to come from the server; derived, so that a restart knows it
 * again. */
static char *webhook_secret(const struct agent *agent)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (const char *p = agent->settings.token; *p; p++)
		hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
	return xasprintf("fleet-%016" PRIx64, hash);
}

static void webhook_was_set(struct agent *agent, void *data, const struct telegram_answer *answer)
{
	(void)data;
	if (answer->result)
		journal_write(&agent->journal, LOG_INFO, NULL, "webhook is set");
	else
		journal_write(
			&agent->journal, LOG_ERROR, NULL, "cannot set webhook: %s", answer->why);
}

static void set_webhook(struct agent *agent)
{
	autofree char *path = intake_webhook_path(agent);
	autofree char *secret = webhook_secret(agent);
	autofree char *url = xasprintf("http://127.0.0.1:%u%s", server_port(&agent->pages), path);
	telegram_call(agent, "setWebhook",
		json_pack(
			"{s:s,s:s,s:i}", "url", url, "secret_token", secret, "max_connections", 10),
		0, webhook_was_set, NULL);
}

void intake_start(struct agent *agent)
{
	agent->poll_again = (struct timer){.fire = poll_now, .data = agent};
	if (agent->settings.worker)
		return;
	if (agent->settings.kind == BOT_POLLING)
		poll_now(agent);
	else if (agent->settings.kind == BOT_WEBHOOK)
		set_webhook(agent);
}

void intake_webhook(struct agent *agent, struct request *request)
{
	autofree char *secret = webhook_secret(agent);
	const char *given = request_header(request, "X-Telegram-Bot-Api-Secret-Token");
	if (agent->trouble & TROUBLE_502) {
		agent->figures.errors++;
		journal_write(&agent->journal, LOG_ERROR, NULL, "upstream worker is gone");
		request_reply_text(request, 502, "<html><h1>502 Bad Gateway</h1></html>");
		return;
	}
	json_t *update = json_loadb(request->body.text, request->body.length, 0, NULL);
	bool genuine = given && strcmp(given, secret) == 0;
	if (genuine && update)
		take_update(agent, update);
	request_reply_text(request, !genuine ? 403 : update ? 200 : 400, "");
	json_decref(update);
}

static void take_handed_over(struct agent *agent)
{
	autofree char *key = worker_key(agent, agent->settings.worker);
	autostr struct str text = STR_INIT;
	for (int i = 0; i < HANDED_OVER_A_TICK && cache_pop(&agent->cache, key, &text); i++) {
		json_t *update = json_loadb(text.text, text.length, 0, NULL);
		if (update)
			answer_update(agent, update);
		json_decref(update);
	}
}

/* A bot on MTProto does not use the Bot API: its work shows in its own figures and log alone. */
static void work_on_transfers(struct agent *agent)
{
	if (rng_below(&agent->rng, TRANSFER_ONE_IN) != 0)
		return;
	unsigned took = 50 + (unsigned)rng_below(&agent->rng, 400);
	figures_handled(&agent->figures, loop_now_ms(), took);
	journal_write(&agent->journal, LOG_INFO, NULL, "transfer of %u MiB finished in %u ms",
		1 + (unsigned)rng_below(&agent->rng, 900), took);
}

static void webhook_checked(struct agent *agent, void *data, const struct telegram_answer *answer)
{
	(void)data;
	const char *url = json_string_value(json_object_get(answer->result, "url"));
	if (url && !*url)
		set_webhook(agent);
}

void intake_tick(struct agent *agent)
{
	if (agent->settings.kind == BOT_MTPROTO)
		work_on_transfers(agent);
	else if (agent->settings.worker)
		take_handed_over(agent);
	else if (agent->settings.kind == BOT_WEBHOOK && agent->ticks % WEBHOOK_CHECK_TICKS == 0)
		telegram_call(agent, "getWebhookInfo", json_object(), 0, webhook_checked, NULL);
}
