/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/webhook.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/updates.h"

enum {
	CONNECTIONS = 40,
	CONNECTIONS_MAX = 100,
	SECRET_MAX = 256,
	DELIVERY_S = 20,
	RETRY_MS = 1000,
	RETRY_CAP_MS = 60000,
	RETRY_AFTER_MAX_S = 3600,
	SET_PAUSE_MS = 1000,
};

struct delivery {
	struct fetch fetch;
	struct delivery *previous, *next;
	struct bot *bot;
	int64_t update_id;
	unsigned generation;
	struct curl_slist *headers;
	char *body;
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
	free(delivery);
}

static struct update *find_update(const struct bot *bot, int64_t id)
{
	struct update *update = bot->first;
	while (update && update->id != id)
		update = update->next;
	return update;
}

static void note_error(struct bot *bot, const struct delivery *delivery, CURLcode code)
{
	struct webhook *webhook = &bot->webhook;
	autofree char *wrong = xasprintf("Wrong response from the webhook: %s", delivery->status);
	const char *words = wrong;
	if (code == CURLE_OPERATION_TIMEDOUT)
		words = "Read timeout expired";
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

static void delivered(struct fetch *fetch, CURLcode code)
{
	struct delivery *delivery = (struct delivery *)fetch;
	struct bot *bot = delivery->bot;
	struct update *update = find_update(bot, delivery->update_id);
	long status = 0;
	curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &status);
	bool good = code == CURLE_OK && status >= 200 && status < 300;
	bot->webhook.in_flight--;
	if (!good && delivery->generation == bot->webhook.generation)
		note_error(bot, delivery, code);
	if (update)
		update->in_flight = false;
	if (update && good) {
		bot_take_update(bot, update);
	} else if (update) {
		update->attempts++;
		update->retry_ms = loop_now_ms() + retry_pause_ms(bot, update, delivery);
	}
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

static size_t ignore(char *data, size_t size, size_t count, void *to)
{
	(void)data, (void)to;
	return size * count;
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
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, delivery->headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, delivery->body);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, delivery);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
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
	if (!webhook->url)
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
	timers_cancel(&bot->api->loop->timers, &webhook->timer);
	webhook->url = url ? xstrdup(url) : NULL;
	webhook->secret = NULL;
	webhook->generation++;
	webhook->set_ms = loop_now_ms();
	webhook->last_error_at = 0;
	webhook->max_connections = CONNECTIONS;
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

static bool is_loopback(const char *url)
{
	CURLU *parts = curl_url();
	char *host = NULL;
	bool loopback = curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
			curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
			(strcmp(host, "127.0.0.1") == 0 || strcmp(host, "localhost") == 0);
	curl_free(host);
	curl_url_cleanup(parts);
	return loopback;
}

static bool is_secret(const char *secret)
{
	size_t length = strlen(secret);
	for (const char *p = secret; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_' && *p != '-')
			return false;
	return length >= 1 && length <= SECRET_MAX;
}

/* Why a webhook cannot be set so, or NULL. */
static const char *refuse_webhook(const char *url, const char *secret)
{
	if (!starts_with(url, "http://"))
		return "Bad Request: bad webhook: An HTTPS URL must be provided for webhook";
	if (!is_loopback(url))
		return "Bad Request: bad webhook: Failed to resolve host: Name or service not "
		       "known";
	if (secret && !is_secret(secret))
		return "Bad Request: secret token contains unallowed characters";
	return NULL;
}

static bool too_soon(struct bot *bot, struct request *request)
{
	bool soon = bot->webhook.set_ms && loop_now_ms() - bot->webhook.set_ms < SET_PAUSE_MS;
	if (soon)
		api_fail(request, 429, 1, "Too Many Requests: retry after 1");
	return soon;
}

static void drop_if_asked(struct bot *bot, const json_t *args)
{
	const char *drop = arg_text(args, "drop_pending_updates");
	if (drop && (strcasecmp(drop, "true") == 0 || strcmp(drop, "1") == 0))
		bot_drop_all(bot);
}

static void delete_webhook(struct bot *bot, struct request *request, json_t *args)
{
	if (too_soon(bot, request))
		return;
	bool was_set = bot->webhook.url != NULL;
	drop_if_asked(bot, args);
	webhook_point(bot, NULL);
	api_done(request, was_set ? "Webhook was deleted" : "Webhook is already deleted");
}

const struct api_method method_deleteWebhook = {.name = "deleteWebhook", .call = delete_webhook};

static void keep_allowed_updates(struct bot *bot, const json_t *args)
{
	const char *allowed = arg_text(args, "allowed_updates");
	if (allowed)
		kinds_read(allowed, &bot->allowed);
}

static void set_webhook(struct bot *bot, struct request *request, json_t *args)
{
	const char *url = arg_text(args, "url"), *secret = arg_text(args, "secret_token");
	if (!url || !*url) {
		delete_webhook(bot, request, args);
		return;
	}
	const char *refused = refuse_webhook(url, secret);
	if (refused) {
		api_fail(request, 400, 0, refused);
		return;
	}
	if (too_soon(bot, request))
		return;
	int64_t connections = arg_number(args, "max_connections", CONNECTIONS);
	drop_if_asked(bot, args);
	keep_allowed_updates(bot, args);
	webhook_point(bot, url);
	bot->webhook.secret = secret ? xstrdup(secret) : NULL;
	bot->webhook.max_connections = (int)(connections < 1                 ? 1
					     : connections > CONNECTIONS_MAX ? CONNECTIONS_MAX
									     : connections);
	api_done(request, "Webhook was set");
	webhook_pump(bot);
}

const struct api_method method_setWebhook = {.name = "setWebhook", .call = set_webhook};
