/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/webhook.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/updates.h"

enum {
	DELIVERY_S = 20,
	ANSWER_MAX_BYTES = 1 << 20,
	RETRY_MS = 1000,
	RETRY_CAP_MS = 60000,
	RETRY_AFTER_MAX_S = 3600,
	GONE_AFTER_MS = 23 * 3600 * 1000,
};

struct delivery {
	struct fetch fetch;
	struct delivery *previous, *next;
	struct bot *bot;
	int64_t update_id;
	unsigned generation;
	struct curl_slist *headers;
	char *body;
	struct str answer;
	char status[64]; /* "502 Bad Gateway" */
	int retry_after_s;
};

static void delivery_free(struct delivery *delivery)
{
	struct api *api = delivery->bot->api;
	if (delivery->previous)
		delivery->previous->next = delivery->next;
	else
		api->deliveries = delivery->next;
	if (delivery->next)
		delivery->next->previous = delivery->previous;
	curl_easy_cleanup(delivery->fetch.curl);
	curl_slist_free_all(delivery->headers);
	free(delivery->body);
	str_release(&delivery->answer);
	free(delivery);
}

static struct update *find_update(const struct bot *bot, int64_t id)
{
	struct update *update = bot->first;
	while (update && update->id != id)
		update = update->next;
	return update;
}

static bool is_tls_failure(CURLcode code)
{
	return code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
	       code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CERTPROBLEM;
}

static void note_error(struct bot *bot, const struct delivery *delivery, CURLcode code)
{
	struct webhook *webhook = &bot->webhook;
	autofree char *wrong = xasprintf("Wrong response from the webhook: %s", delivery->status);
	autofree char *tls =
		xasprintf("Can't create an SSL connection: %s", curl_easy_strerror(code));
	const char *words = wrong;
	if (code == CURLE_OPERATION_TIMEDOUT)
		words = "Read timeout expired";
	else if (is_tls_failure(code))
		words = tls;
	else if (code != CURLE_OK)
		words = "Can't connect to the webhook";
	webhook->last_error_at = loop_wall_ms() / 1000;
	copy_text(webhook->last_error, sizeof(webhook->last_error), words);
}

static int64_t retry_pause_ms(
	struct bot *bot, const struct update *update, const struct delivery *delivery)
{
	if (delivery->retry_after_s > 0)
		return delivery->retry_after_s * 1000;
	int64_t cap = RETRY_CAP_MS + (int64_t)rng_below(&bot->api->rng, RETRY_CAP_MS);
	int64_t pause = RETRY_MS;
	for (unsigned i = 1; i < update->attempts && pause < cap; i++)
		pause *= 2;
	return pause < cap ? pause : cap;
}

/* Methods that a webhook may name in its answer; what it asks for is not told to it. */
static bool may_be_named(const char *method)
{
	static const char *const never[] = {"setWebhook", "deleteWebhook", "close", "logOut"};
	for (size_t i = 0; i < COUNT_OF(never); i++)
		if (strcasecmp(method, never[i]) == 0)
			return false;
	return strncasecmp(method, "get", 3) != 0;
}

static void obey_answer(struct bot *bot, const struct delivery *delivery)
{
	json_t *answer = json_loadb(delivery->answer.text, delivery->answer.length, 0, NULL);
	json_t *args = args_of_json(answer);
	const char *method = arg_text(args, "method");
	if (method && may_be_named(method))
		api_call_by_name(bot, method, json_incref(args));
	json_decref(args);
	json_decref(answer);
}

/* Whoever answers 410 Gone for 23 hours has no webhook any more. True when that is so. */
static bool is_gone(struct bot *bot, bool answered_410)
{
	struct webhook *webhook = &bot->webhook;
	if (!answered_410)
		webhook->first_410_ms = 0;
	else if (!webhook->first_410_ms)
		webhook->first_410_ms = loop_now_ms();
	return answered_410 && loop_now_ms() - webhook->first_410_ms >= GONE_AFTER_MS;
}

static void settle(struct bot *bot, const struct delivery *delivery, bool good)
{
	struct update *update = find_update(bot, delivery->update_id);
	if (!update)
		return;
	update->in_flight = false;
	if (good) {
		bot_take_update(bot, update);
		return;
	}
	update->attempts++;
	update->retry_ms = loop_now_ms() + retry_pause_ms(bot, update, delivery);
}

static void delivered(struct fetch *fetch, CURLcode code)
{
	struct delivery *delivery = (struct delivery *)fetch;
	struct bot *bot = delivery->bot;
	long status = 0;
	curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &status);
	bool good = code == CURLE_OK && status >= 200 && status < 300;
	bool current = delivery->generation == bot->webhook.generation;
	bot->webhook.in_flight--;
	if (!good && current)
		note_error(bot, delivery, code);
	settle(bot, delivery, good);
	if (good)
		obey_answer(bot, delivery);
	if (current && is_gone(bot, status == 410))
		webhook_point(bot, NULL);
	delivery_free(delivery);
	webhook_pump(bot);
}

/* The status line and Retry-After. */
static size_t on_header(char *data, size_t size, size_t count, void *to)
{
	struct delivery *delivery = to;
	size_t length = size * count;
	autofree char *line = xstrndup(data, length);
	line[strcspn(line, "\r\n")] = '\0';
	const char *space = starts_with(line, "HTTP/") ? strchr(line, ' ') : NULL;
	if (space)
		copy_text(delivery->status, sizeof(delivery->status), space + 1);
	if (strncasecmp(line, "Retry-After:", 12) == 0) {
		int seconds = atoi(line + 12);
		delivery->retry_after_s = seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : seconds;
	}
	return length;
}

static size_t on_body(char *data, size_t size, size_t count, void *to)
{
	struct delivery *delivery = to;
	if (delivery->answer.length + size * count <= ANSWER_MAX_BYTES)
		str_add(&delivery->answer, data, size * count);
	return size * count;
}

/* A webhook with a certificate of its own is believed that one only. */
static void set_certificate(CURL *curl, const char *certificate)
{
	struct curl_blob blob = {.data = (void *)(uintptr_t)certificate,
		.len = strlen(certificate),
		.flags = CURL_BLOB_COPY};
	curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
}

static void set_options(struct delivery *delivery)
{
	const struct webhook *webhook = &delivery->bot->webhook;
	CURL *curl = delivery->fetch.curl;
	delivery->headers = curl_slist_append(NULL, "Content-Type: application/json");
	delivery->headers = curl_slist_append(delivery->headers, "Expect:");
	if (webhook->secret) {
		autofree char *header =
			xasprintf("X-Telegram-Bot-Api-Secret-Token: %s", webhook->secret);
		delivery->headers = curl_slist_append(delivery->headers, header);
	}
	curl_easy_setopt(curl, CURLOPT_URL, webhook->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	if (webhook->certificate)
		set_certificate(curl, webhook->certificate);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, delivery->headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, delivery->body);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, delivery);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, delivery);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)DELIVERY_S);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
}

static void deliver(struct bot *bot, struct update *update)
{
	struct delivery *delivery = xcalloc(1, sizeof(*delivery));
	*delivery = (struct delivery){.bot = bot, .update_id = update->id};
	delivery->fetch = (struct fetch){.done = delivered, .curl = curl_easy_init()};
	delivery->generation = bot->webhook.generation;
	delivery->body = xstrdup(update->json);
	str_init(&delivery->answer);
	delivery->next = bot->api->deliveries;
	if (delivery->next)
		delivery->next->previous = delivery;
	bot->api->deliveries = delivery;
	set_options(delivery);
	update->in_flight = true;
	bot->webhook.in_flight++;
	loop_fetch(bot->api->loop, &delivery->fetch);
}

static void pump_again(void *data)
{
	webhook_pump(data);
}

void webhook_pump(struct bot *bot)
{
	struct webhook *webhook = &bot->webhook;
	if (!webhook->url || bot->is_closed)
		return;
	bot_expire(bot);
	int64_t now = loop_now_ms(), next = INT64_MAX;
	for (struct update *update = bot->first; update; update = update->next) {
		if (update->in_flight)
			continue;
		if (update->retry_ms > now)
			next = update->retry_ms < next ? update->retry_ms : next;
		else if (webhook->in_flight < webhook->max_connections)
			deliver(bot, update);
	}
	webhook->timer.fire = pump_again;
	webhook->timer.data = bot;
	if (next != INT64_MAX)
		timers_set(&bot->api->loop->timers, &webhook->timer, next);
}

void webhook_point(struct bot *bot, const char *url)
{
	struct webhook *webhook = &bot->webhook;
	autofree char *old_url = webhook->url;
	autofree char *old_secret = webhook->secret;
	autofree char *old_certificate = webhook->certificate;
	timers_cancel(&bot->api->loop->timers, &webhook->timer);
	webhook->url = url ? xstrdup(url) : NULL;
	webhook->secret = NULL;
	webhook->certificate = NULL;
	webhook->first_410_ms = 0;
	webhook->generation++;
	webhook->set_ms = loop_now_ms();
	webhook->last_error_at = 0;
	webhook->max_connections = WEBHOOK_CONNECTIONS;
	for (struct update *update = bot->first; update; update = update->next)
		update->retry_ms = 0, update->attempts = 0;
	if (url)
		updates_evict_poll(bot, "Conflict: terminated by setWebhook request");
}

void webhook_release_all(struct api *api)
{
	while (api->deliveries) {
		loop_unfetch(api->loop, &api->deliveries->fetch);
		delivery_free(api->deliveries);
	}
}

int64_t webhook_next_try_ms(const struct bot *bot)
{
	return bot->webhook.url && bot->first ? bot->first->retry_ms : 0;
}
