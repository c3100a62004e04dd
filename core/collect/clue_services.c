/* SPDX-License-Identifier: MIT */
#include "core/collect/clue_services.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/attr.h"
#include "core/base/str.h"
#include "core/collect/clues.h"

/* ---- safe words ---- */

/* What may stand in a configuration: a name, an address, a path. */
static bool is_plain(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("._-/:+@", text[i]))
			return false;
	return true;
}

static void keep(char *to, size_t size, const char *text, size_t length)
{
	if (length < size && is_plain(text, length))
		snprintf(to, size, "%.*s", (int)length, text);
}

static bool same(const struct clue_service *one, const struct clue_service *other)
{
	return strcmp(one->kind, other->kind) == 0 && strcmp(one->host, other->host) == 0 &&
	       strcmp(one->socket, other->socket) == 0 && strcmp(one->port, other->port) == 0 &&
	       strcmp(one->database, other->database) == 0;
}

void clue_service_add(struct clues *clues, const struct clue_service *service)
{
	for (size_t i = 0; i < clues->service_count; i++)
		if (same(&clues->services[i], service))
			return;
	if (clues->service_count < CLUES_SERVICES && (service->host[0] || service->socket[0]))
		clues->services[clues->service_count++] = *service;
}

/* ---- the forms ---- */

/* scheme://[user[:password]@]host[:port][/database][?...] */
static void take_url(struct clue_service *service, const char *url)
{
	const char *host = strstr(url, "://") + 3;
	const char *end = host + strcspn(host, "/?#");
	const char *at = memrchr(host, '@', (size_t)(end - host));
	if (at)
		host = at + 1;
	const char *port_at = memchr(host, ':', (size_t)(end - host));
	if (*host == '[')
		port_at = memchr(host, ']', (size_t)(end - host));
	size_t bracket = *host == '[' && port_at ? 1 : 0;
	const char *host_end = port_at ? port_at + bracket : end;
	keep(service->host, sizeof(service->host), host + bracket,
		(size_t)(host_end - host) - 2 * bracket);
	if (port_at && host_end < end)
		keep(service->port, sizeof(service->port), host_end + 1,
			(size_t)(end - host_end - 1));
	if (*end == '/')
		keep(service->database, sizeof(service->database), end + 1, strcspn(end + 1, "?#"));
}

/* libpq's keyword=value: of a value in quotes nothing is taken. */
static void take_keywords(struct clue_service *service, const char *dsn)
{
	const struct {
		const char *key;
		char *to;
		size_t size;
	} parts[] = {
		{"host=", service->host, sizeof(service->host)},
		{"port=", service->port, sizeof(service->port)},
		{"dbname=", service->database, sizeof(service->database)},
	};
	for (const char *word = dsn; *word; word += strspn(word, " ")) {
		size_t length = strcspn(word, " ");
		for (size_t i = 0; i < COUNT_OF(parts); i++)
			if (starts_with(word, parts[i].key))
				keep(parts[i].to, parts[i].size, word + strlen(parts[i].key),
					length - strlen(parts[i].key));
		word += length;
	}
	if (service->host[0] == '/') {
		copy_text(service->socket, sizeof(service->socket), service->host);
		service->host[0] = '\0';
	}
}

static bool is_digits(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

/* A part of a server told in several variables: found by what the others said. */
static struct clue_service *half_of(struct clues *clues, const char *kind)
{
	for (size_t i = 0; i < clues->service_count; i++)
		if (strcmp(clues->services[i].kind, kind) == 0)
			return &clues->services[i];
	return NULL;
}

static void take_part(struct clues *clues, const char *kind, const char *key, const char *value)
{
	struct clue_service service = {0}, *known = half_of(clues, kind);
	copy_text(service.kind, sizeof(service.kind), kind);
	if (strcasestr(key, "HOST")) {
		bool is_socket = *value == '/';
		keep(is_socket ? service.socket : service.host, sizeof(service.host), value,
			strlen(value));
		clue_service_add(clues, &service);
	} else if (strcasestr(key, "PORT") && is_digits(value) && known) {
		keep(known->port, sizeof(known->port), value, strlen(value));
	} else if ((strcasestr(key, "DATABASE") || strcasestr(key, "DBNAME")) && known) {
		keep(known->database, sizeof(known->database), value, strlen(value));
	}
}

static bool is_redis_url(const char *value)
{
	return starts_with(value, "redis://") || starts_with(value, "rediss://");
}

static bool is_postgres_url(const char *value)
{
	return (starts_with(value, "postgres") || starts_with(value, "postgresql")) &&
	       strstr(value, "://");
}

void clue_service_variable(struct clues *clues, const char *key, const char *value)
{
	struct clue_service service = {0};
	bool is_redis = strcasestr(key, "REDIS"),
	     is_pg = strcasestr(key, "POSTGRES") || strncasecmp(key, "PG", 2) == 0;
	if (is_redis_url(value) || (is_redis && *value == '/')) {
		copy_text(service.kind, sizeof(service.kind), "redis");
		if (*value == '/')
			keep(service.socket, sizeof(service.socket), value, strlen(value));
		else
			take_url(&service, value);
		clue_service_add(clues, &service);
	} else if (is_postgres_url(value) || (strstr(value, "host=") && strstr(value, "dbname="))) {
		copy_text(service.kind, sizeof(service.kind), "postgres");
		if (strstr(value, "://"))
			take_url(&service, value);
		else
			take_keywords(&service, value);
		clue_service_add(clues, &service);
	} else if (is_redis) {
		take_part(clues, "redis", key, value);
	} else if (is_pg) {
		take_part(clues, "postgres", key, value);
	}
}
