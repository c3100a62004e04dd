/* SPDX-License-Identifier: MIT */
/*
 * setWebhook and deleteWebhook. On loopback the server is as a local one: any port, http or https. Anywhere else it has
 * the rules of the real one, and then cannot resolve the host, because it sends nothing beyond the machine.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/webhook.h"

enum { CONNECTIONS_MAX = 100, SECRET_MAX = 256, SET_PAUSE_MS = 1000 };

/* What a URL is made of; each is freed by curl_free(). */
struct address {
	char *scheme, *host, *port;
};

static void address_release(struct address *address)
{
	curl_free(address->scheme);
	curl_free(address->host);
	curl_free(address->port);
}

static bool read_address(const char *url, struct address *address)
{
	CURLU *parts = curl_url();
	bool good =
		curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
		curl_url_get(parts, CURLUPART_SCHEME, &address->scheme, 0) == CURLUE_OK &&
		curl_url_get(parts, CURLUPART_HOST, &address->host, 0) == CURLUE_OK;
	if (good)
		curl_url_get(parts, CURLUPART_PORT, &address->port, CURLU_DEFAULT_PORT);
	curl_url_cleanup(parts);
	return good;
}

static bool is_loopback(const char *host)
{
	return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "localhost") == 0;
}

static bool is_public_port(const char *port)
{
	static const char *const ports[] = {"80", "88", "443", "8443"};
	for (size_t i = 0; port && i < COUNT_OF(ports); i++)
		if (strcmp(port, ports[i]) == 0)
			return true;
	return false;
}

/* Networks that no webhook of the real server may be in. */
static bool is_reserved(const char *host)
{
	static const struct {
		uint32_t network, mask;
	} nets[] = {{0x0a000000, 0xff000000}, {0x7f000000, 0xff000000}, {0xa9fe0000, 0xffff0000},
		{0xac100000, 0xfff00000}, {0xc0a80000, 0xffff0000}, {0, 0xff000000}};
	struct in_addr address;
	if (inet_pton(AF_INET, host, &address) != 1)
		return false;
	for (size_t i = 0; i < COUNT_OF(nets); i++)
		if ((ntohl(address.s_addr) & nets[i].mask) == nets[i].network)
			return true;
	return false;
}

static bool check_public(const struct address *address, struct refusal *why)
{
	static const char prefix[] = "Bad Request: bad webhook";
	if (strcmp(address->scheme, "https") == 0 && !is_public_port(address->port))
		return refuse(why, 400,
			"%s: Webhook can be set up only on ports 80, 88, 443 or 8443", prefix);
	if (*address->host == '[')
		return refuse(why, 400, "%s: IPv6-only addresses are not allowed", prefix);
	if (is_reserved(address->host))
		return refuse(why, 400, "%s: IP address %s is reserved", prefix, address->host);
	return refuse(why, 400, "%s: Failed to resolve host: Name or service not known", prefix);
}

static bool check_url(const char *url, struct refusal *why)
{
	struct address address = {0};
	bool good = true;
	if (!read_address(url, &address))
		good = refuse(why, 400, "Bad Request: bad webhook: URL host is empty");
	else if (strcmp(address.scheme, "http") != 0 && strcmp(address.scheme, "https") != 0)
		good = refuse(why, 400,
			"Bad Request: bad webhook: An HTTPS URL must be provided for webhook");
	else if (!is_loopback(address.host))
		good = check_public(&address, why);
	address_release(&address);
	return good;
}

static bool check_secret(const char *secret, struct refusal *why)
{
	for (const char *p = secret; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_' && *p != '-')
			return refuse(why, 400,
				"Bad Request: secret token contains unallowed characters");
	return strlen(secret) <= SECRET_MAX ||
	       refuse(why, 400, "Bad Request: secret token is too long");
}

static bool too_soon(const struct bot *bot, struct refusal *why)
{
	if (!bot->webhook.set_ms || loop_now_ms() - bot->webhook.set_ms >= SET_PAUSE_MS)
		return false;
	why->retry_after_s = 1;
	return !refuse(why, 429, "Too Many Requests: retry after 1");
}

static void drop_if_asked(struct bot *bot, const json_t *args)
{
	if (arg_flag(args, "drop_pending_updates"))
		bot_drop_all(bot);
}

static void delete_webhook(struct bot *bot, struct request *request, json_t *args)
{
	struct refusal why = {0};
	if (too_soon(bot, &why)) {
		api_refuse(request, &why);
		return;
	}
	bool was_set = bot->webhook.url != NULL;
	drop_if_asked(bot, args);
	webhook_point(bot, NULL);
	api_done(request, was_set ? "Webhook was deleted" : "Webhook is already deleted");
}

const struct api_method method_deleteWebhook = {
	.name = "deleteWebhook", .call = delete_webhook, .is_local = true};

static int connections_of(const json_t *args)
{
	int64_t wanted = arg_number(args, "max_connections", WEBHOOK_CONNECTIONS);
	return (int)(wanted < 1 ? 1 : wanted > CONNECTIONS_MAX ? CONNECTIONS_MAX : wanted);
}

static bool is_same(const struct bot *bot, const json_t *args, const char *secret)
{
	const struct webhook *webhook = &bot->webhook;
	return webhook->url && strcmp(webhook->url, arg_text(args, "url")) == 0 &&
	       strcmp(webhook->secret ? webhook->secret : "", secret) == 0 &&
	       !webhook->certificate && webhook->max_connections == connections_of(args);
}

static void point(
	struct bot *bot, const struct request *request, const json_t *args, const char *secret)
{
	const struct upload *certificate = request_upload(request, "certificate");
	webhook_point(bot, arg_text(args, "url"));
	bot->webhook.secret = *secret ? xstrdup(secret) : NULL;
	bot->webhook.max_connections = connections_of(args);
	if (certificate)
		bot->webhook.certificate =
			xstrndup(certificate->data.text, certificate->data.length);
}

static void set_webhook(struct bot *bot, struct request *request, json_t *args)
{
	const char *url = arg_text(args, "url"), *secret = arg_text(args, "secret_token");
	const char *allowed = arg_text(args, "allowed_updates");
	struct refusal why = {0};
	secret = secret ? secret : "";
	if (!url || !*url) {
		delete_webhook(bot, request, args);
		return;
	}
	if (!check_secret(secret, &why) || !check_url(url, &why) || too_soon(bot, &why)) {
		api_refuse(request, &why);
		return;
	}
	bool same = is_same(bot, args, secret) && !request_upload(request, "certificate");
	drop_if_asked(bot, args);
	if (allowed)
		kinds_read(allowed, &bot->allowed);
	if (!same)
		point(bot, request, args, secret);
	api_done(request, same ? "Webhook is already set" : "Webhook was set");
	webhook_pump(bot);
}

const struct api_method method_setWebhook = {
	.name = "setWebhook", .call = set_webhook, .is_local = true};
