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

/* What may stand in a configuration beside letters and digits. ':' and '@' in the name of a host or a
 * database would be a sign that a password was taken for it. */
static const char host_signs[] = "._-", v6_signs[] = ":.", path_signs[] = "._-/:+@",
		  database_signs[] = "._-+", no_signs[] = "";

static bool is_plain(const char *text, size_t length, const char *signs)
{
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr(signs, text[i]))
			return false;
	return true;
}

static bool keep(char *to, size_t size, const char *text, size_t length, const char *signs)
{
	if (length >= size || memchr(text, '\0', length) || !is_plain(text, length, signs))
		return false;
	snprintf(to, size, "%.*s", (int)length, text);
	return true;
}

static bool keep_port(struct clue_service *service, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isdigit((unsigned char)text[i]))
			return false;
	return keep(service->port, sizeof(service->port), text, length, no_signs);
}

static bool keep_host(
	struct clue_service *service, const char *text, size_t length, const char *signs)
{
	if (length && *text == '/')
		return keep(service->socket, sizeof(service->socket), text, length, path_signs);
	return keep(service->host, sizeof(service->host), text, length, signs);
}

static bool keep_database(struct clue_service *service, const char *text, size_t length)
{
	return keep(service->database, sizeof(service->database), text, length, database_signs);
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

/* Where the server begins. A password that is not percent-encoded may hold any of "/?#" and even a
 * '@': only what is behind the last '@' is surely none of it. In a query that may be an argument's:
 * then nobody can tell. */
static const char *server_of(const char *begin)
{
	const char *at = strrchr(begin, '@'), *query = strchr(begin, '?');
	if (!at)
		return begin;
	bool is_argument = query && query < at && memchr(query, '=', (size_t)(at - query));
	return is_argument ? NULL : at + 1;
}

/* host[:port], [address][:port] */
static bool take_place(struct clue_service *service, const char *place, size_t length)
{
	bool is_v6 = *place == '[';
	size_t begin = is_v6 ? 1 : 0;
	size_t end = strcspn(place, is_v6 ? "]" : ":");
	if (end > length || (is_v6 && end == length))
		end = length;
	size_t after = end + begin;
	if (after > length ||
		!keep_host(service, place + begin, end - begin, is_v6 ? v6_signs : host_signs))
		return false;
	return after == length ||
	       (place[after] == ':' && keep_port(service, place + after + 1, length - after - 1));
}

/* scheme://[user[:password]@]host[:port][,...][/database][?...]; false: it is not so, and what it says
 * may be part of a password. */
static bool take_url(struct clue_service *service, const char *url)
{
	const char *server = server_of(strstr(url, "://") + strlen("://"));
	if (!server || !take_place(service, server, strcspn(server, ",/?#")))
		return false;
	const char *path = server + strcspn(server, "/?#");
	return *path != '/' || keep_database(service, path + 1, strcspn(path + 1, "?#"));
}

struct keyword {
	const char *key, *value;
	size_t key_length, value_length;
	bool is_quoted;
};

/* libpq's keyword=value: blanks may stand around the sign, a value in quotes may hold blanks, and a
 * backslash takes what follows it. False: there is none. */
static bool next_keyword(const char **at, struct keyword *ret)
{
	static const char blanks[] = " \t\r\n";
	const char *key = *at + strspn(*at, blanks);
	const char *sign = key + strcspn(key, "= \t\r\n");
	size_t key_length = (size_t)(sign - key);
	sign += strspn(sign, blanks);
	if (!key_length || *sign != '=')
		return false;
	const char *value = sign + 1 + strspn(sign + 1, blanks);
	bool is_quoted = *value == '\'';
	value += is_quoted;
	const char *end = value;
	while (*end && (is_quoted ? *end != '\'' : !strchr(blanks, *end)))
		end += *end == '\\' && end[1] ? 2 : 1;
	*ret = (struct keyword){key, value, key_length, (size_t)(end - value), is_quoted};
	*at = end + (is_quoted && *end);
	return true;
}

static bool is_key(const struct keyword *word, const char *key)
{
	return word->key_length == strlen(key) && strncmp(word->key, key, word->key_length) == 0;
}

/* Of a value in quotes nothing is taken. */
static bool take_keywords(struct clue_service *service, const char *dsn)
{
	struct keyword word;
	bool is_good = true;
	while (is_good && next_keyword(&dsn, &word)) {
		if (word.is_quoted)
			continue;
		if (is_key(&word, "host"))
			is_good = keep_host(service, word.value, word.value_length, host_signs);
		else if (is_key(&word, "port"))
			is_good = keep_port(service, word.value, word.value_length);
		else if (is_key(&word, "dbname"))
			is_good = keep_database(service, word.value, word.value_length);
	}
	return is_good;
}

/* POSTGRES_DATABASE_PASSWORD is no database, and REDIS_PASSWORD=/... no socket. */
static bool is_secret_key(const char *key)
{
	static const char *const words[] = {"PASS", "PWD", "SECRET", "TOKEN", "AUTH", "KEY"};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strcasestr(key, words[i]))
			return true;
	return false;
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
		if (keep_host(&service, value, strlen(value), host_signs))
			clue_service_add(clues, &service);
	} else if (strcasestr(key, "PORT") && *value && known) {
		(void)keep_port(known, value, strlen(value));
	} else if ((strcasestr(key, "DATABASE") || strcasestr(key, "DBNAME")) && known) {
		(void)keep_database(known, value, strlen(value));
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

/* False: it says none, or none that is plain. */
static bool take_whole(struct clue_service *service, const char *key, const char *value)
{
	bool is_redis = is_redis_url(value), is_postgres = is_postgres_url(value);
	bool is_socket = *value == '/' && strcasestr(key, "REDIS") && !is_secret_key(key);
	copy_text(
		service->kind, sizeof(service->kind), is_redis || is_socket ? "redis" : "postgres");
	if (is_redis || is_postgres)
		return take_url(service, value);
	if (is_socket)
		return keep_host(service, value, strlen(value), host_signs);
	return strstr(value, "host") && strstr(value, "dbname") && take_keywords(service, value);
}

void clue_service_variable(struct clues *clues, const char *key, const char *value)
{
	struct clue_service service = {0};
	if (take_whole(&service, key, value))
		clue_service_add(clues, &service);
	else if (is_secret_key(key) || strchr(value, '@') || strstr(value, "://"))
		return;
	else if (strcasestr(key, "REDIS"))
		take_part(clues, "redis", key, value);
	else if (strcasestr(key, "POSTGRES") || strncasecmp(key, "PG", 2) == 0)
		take_part(clues, "postgres", key, value);
}
