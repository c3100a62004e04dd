/* SPDX-License-Identifier: MIT */
/* Pages that are asked for over HTTP: what their URLs and expectations must be. */
#include "core/conf/internal.h"

#include <string.h>

#include "core/base/str.h"

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
