/* SPDX-License-Identifier: MIT */
/* Pages that are asked for over HTTP: what their URLs and expectations must be. */
#include "core/conf/internal.h"

#include <string.h>

#include "core/base/str.h"
#include "core/conf/targets.h"

static struct place place_of(const struct node *node, const char *key)
{
	const struct node *child = child_of(node, key);
	return child ? child->place : node->place;
}

bool check_page_url(struct reader *reader, struct place place, const char *key, const char *url)
{
	size_t scheme = starts_with(url, "https://") ? 8 : starts_with(url, "http://") ? 7 : 0;
	const char *host = url + scheme;
	size_t length = strcspn(host, "/?#");
	if (!scheme)
		return report_error(
			reader->report, place, "'%s' starts with http:// or https://", key);
	if (memchr(host, '@', length))
		return report_secret(
			reader->report, place, "'%s' may hold no user and no password", key);
	if (looks_like_token(url, strlen(url)))
		return report_secret(reader->report, place,
			"'%s' holds a token: what a bot's token can do is asked of the Bot API by "
			"botswain itself",
			key);
	if (!length || strpbrk(url, " \t#"))
		return report_error(
			reader->report, place, "'%s' is a URL: http://HOST[:PORT]/PATH", key);
	return true;
}

void check_check(struct reader *reader, const struct node *node, void *section)
{
	const struct conf_check *check = section;
	const char *equals = strchr(check->field, '=');
	check_page_url(reader, place_of(node, "url"), "url", check->url);
	if (*check->field && (!equals || equals == check->field))
		report_error(reader->report, place_of(node, "field"),
			"'field' is NAME=VALUE, e.g. status=ok or checks.redis=true");
	if (*check->socket && starts_with(check->url, "https://"))
		report_error(reader->report, place_of(node, "url"),
			"a Unix socket needs no TLS: http://");
	if (check->status && (check->status < 100))
		report_error(reader->report, place_of(node, "status"),
			"'status' is 100 to 599, or 0 for any from 200 to 299");
}

static void check_is_hidden(
	struct reader *reader, const struct node *node, const char *key, const char *url)
{
	if (starts_with(url, "http://") && !url_is_loopback(url))
		report_error(reader->report, place_of(node, "url"),
			"http shows '%s' to the network: use https, http is for loopback only",
			key);
}

/* A program would hold up every other page while it runs. */
static void check_page_secret(struct reader *reader, const struct node *node, const char *key,
	const struct conf_scrape *scrape, const struct secret_ref *secret)
{
	if (!secret->given)
		return;
	if (secret->command.count)
		report_error(reader->report, place_of(node, key),
			"'%s' of a page takes file, env_file or credential, no command", key);
	if (!*scrape->socket)
		check_is_hidden(reader, node, key, scrape->url);
}

static bool is_label(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char rest[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	return *text && strchr(letters, *text) && text[strspn(text, rest)] == '=';
}

static void check_targets(
	struct reader *reader, const struct node *node, const struct conf_scrape *scrape)
{
	struct place place = place_of(node, "url");
	if (!*scrape->targets) {
		if (strstr(scrape->url, "{target}"))
			report_error(reader->report, place, "{target} needs 'targets', a file");
		return;
	}
	if (!url_is_of_targets(scrape->url))
		report_error(reader->report, place,
			"with 'targets' the host of 'url' is {target}: http://{target}/metrics");
	if (*scrape->socket || *scrape->bot)
		report_error(reader->report, place_of(node, *scrape->socket ? "socket" : "bot"),
			"'%s' is of one page, 'targets' of many",
			*scrape->socket ? "socket" : "bot");
}

static void check_login(struct reader *reader, const struct node *node, bool has_bearer,
	const char *user, bool has_password)
{
	if (has_bearer && (has_password || *user))
		report_error(reader->report, place_of(node, "bearer"),
			"give bearer, or user and password, not both");
	if (!*user != !has_password)
		report_error(
			reader->report, place_of(node, "user"), "user and password go together");
}

void check_prometheus(struct reader *reader, const struct node *node, void *section)
{
	const struct conf_prometheus *conf = section;
	struct place place = place_of(node, "url");
	if (check_page_url(reader, place, "url", conf->url) &&
		(strchr(conf->url, '?') || strstr(conf->url, "/api/v1")))
		report_error(reader->report, place,
			"'url' is the base of the API, without /api/v1 and ?: "
			"http://127.0.0.1:9090");
	check_login(reader, node, conf->bearer.given, conf->user, conf->password.given);
	if (conf->bearer.given)
		check_is_hidden(reader, node, "bearer", conf->url);
	if (conf->password.given)
		check_is_hidden(reader, node, "password", conf->url);
}

void check_scrape(struct reader *reader, const struct node *node, void *section)
{
	const struct conf_scrape *scrape = section;
	check_page_url(reader, place_of(node, "url"), "url", scrape->url);
	check_targets(reader, node, scrape);
	if (*scrape->socket && starts_with(scrape->url, "https://"))
		report_error(reader->report, place_of(node, "url"),
			"a Unix socket needs no TLS: http://");
	check_login(reader, node, scrape->bearer.given, scrape->user, scrape->password.given);
	for (size_t i = 0; i < scrape->label_count; i++)
		if (!is_label(scrape->labels[i]))
			report_error(reader->report, place_of(node, "labels"),
				"'%.40s' is no label: name=value, the name of a-z A-Z 0-9 _",
				scrape->labels[i]);
	check_page_secret(reader, node, "bearer", scrape, &scrape->bearer);
	check_page_secret(reader, node, "password", scrape, &scrape->password);
}
