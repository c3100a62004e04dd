/* SPDX-License-Identifier: MIT */
/* What a section must be beyond the types of its options. One function a section that needs one. */
#include "core/conf/internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/conf/arena.h"
#include "core/verbs/verbs.h"

enum { SECRET_FILE_MAX = 256 << 10 };

static struct place place_of(const struct node *node, const char *key)
{
	const struct node *child = child_of(node, key);
	if (child)
		return child->place;
	return node->key ? node->key_place : node->place;
}

static unsigned given(const struct node *node, const char *const keys[], size_t count)
{
	unsigned found = 0;
	for (size_t i = 0; i < count; i++)
		found += child_of(node, keys[i]) != NULL;
	return found;
}

/* ---- secrets ---- */

/* A file that is absent may come later; one that others can read has leaked. */
static void check_secret_file(
	struct reader *reader, const struct node *node, const char *key, const char *path)
{
	struct err err = {0};
	if (!*path || check_file(path, FILE_SECRET, SECRET_FILE_MAX, &err))
		return;
	if (err.code == ERR_NOT_FOUND || err.code == ERR_DENIED)
		report_warning(reader->report, place_of(node, key), "%s", err.text);
	else
		report_error(reader->report, place_of(node, key), "%s", err.text);
}

void check_secret(struct reader *reader, const struct node *node, void *section)
{
	static const char *const forms[] = {"file", "env_file", "credential", "command"};
	struct secret_ref *secret = section;
	const char *key = node->key ? node->key : "token";
	if (node->type == NODE_LIST || (node->type == NODE_SCALAR && *node->text)) {
		report_secret(reader->report, node->place,
			"a secret does not belong in this file: put it in a file of its own (chmod "
			"600) "
			"and write `%s: {file: PATH}`",
			key);
		return;
	}
	if (given(node, forms, COUNT_OF(forms)) != 1) {
		report_error(reader->report, node->place,
			"'%s' takes exactly one of {file: PATH}, {env_file: PATH, key: KEY}, "
			"{credential: NAME}, {command: [program, ...]}",
			key);
		return;
	}
	if (!*secret->env_file != !*secret->key)
		report_error(reader->report, node->place,
			"env_file and key go together: {env_file: PATH, key: BOT_TOKEN}");
	if (strchr(secret->credential, '/') || !strcmp(secret->credential, ".."))
		report_error(reader->report, place_of(node, "credential"),
			"a credential is a name, not a path");
	check_secret_file(reader, node, "file", secret->file);
	check_secret_file(reader, node, "env_file", secret->env_file);
	secret->given = true;
	secret->line = node->place.line;
	secret->column = node->place.column;
}

/* ---- words of commands ---- */

/* The length of `{word}` at `text`, 0 when there is none. */
static size_t placeholder(const char *text)
{
	size_t length = 1;
	if (*text != '{')
		return 0;
	while (islower((unsigned char)text[length]) || text[length] == '_')
		length++;
	return length > 1 && text[length] == '}' ? length + 1 : 0;
}

static bool is_known(const char *text, size_t length, const char *const known[])
{
	for (size_t i = 0; known[i]; i++)
		if (strlen(known[i]) == length && !memcmp(known[i], text, length))
			return true;
	return false;
}

static void check_placeholders(
	struct reader *reader, struct place place, const char *text, const char *const known[])
{
	struct str all autostr = STR_INIT;
	for (size_t i = 0; known[i]; i++)
		str_addf(&all, "%s%s", i ? ", " : "", known[i]);
	for (; *text; text++) {
		size_t length = placeholder(text);
		if (length && !is_known(text, length, known))
			report_error(reader->report, place,
				"'%.*s' is not known here; there are: %s", (int)length, text,
				all.text);
	}
}

static bool names(const struct argv *argv, const char *word)
{
	for (size_t i = 0; i < argv->count; i++)
		if (strstr(argv->argv[i], word))
			return true;
	return false;
}

/* `must` (may be NULL): the placeholder without which the command would do the same for all. */
static void check_command(struct reader *reader, const struct node *node, const char *key,
	const struct argv *argv, const char *const known[], const char *must)
{
	if (!argv->count)
		return;
	struct place place = place_of(node, key);
	for (size_t i = 0; i < argv->count; i++)
		check_placeholders(reader, place, argv->argv[i], known);
	if (placeholder(argv->argv[0]))
		report_error(reader->report, place, "'%s' must name its program itself", key);
	if (must && !names(argv, must))
		report_error(reader->report, place,
			"'%s' does not say %s: it would do the same for every one", key, must);
}

/* ---- bots ---- */

void check_process(struct reader *reader, const struct node *node, void *section)
{
	static const char *const forms[] = {
		"pidfile", "pid_command", "match", "systemd", "docker", "supervisord", "pm2"};
	static const char *const known[] = {"{bot}", NULL};
	const struct process_ref *process = section;
	if (given(node, forms, COUNT_OF(forms)) > 1)
		report_error(reader->report, node->place,
			"'process' takes one of pidfile, pid_command, match, systemd, docker, "
			"supervisord and pm2");
	if (*process->directory && !*process->match)
		report_error(
			reader->report, place_of(node, "directory"), "'directory' goes with match");
	if (*process->supervisor && !*process_program(process, NULL))
		report_error(reader->report, place_of(node, "supervisor"),
			"'supervisor' goes with systemd, docker, supervisord or pm2");
	check_command(reader, node, "pid_command", &process->pid_command, known, NULL);
}

void check_bot(struct reader *reader, const struct node *node, void *section)
{
	struct conf_bot *bot = section;
	bool needs_token =
		bot->transport == TRANSPORT_POLLING || bot->transport == TRANSPORT_WEBHOOK;
	bot->from = arena_text(reader->arena, "config");
	struct place place = place_of(node, "name");
	if (*bot->health)
		check_page_url(reader, place_of(node, "health"), "health", bot->health);
	if (*bot->metrics)
		check_page_url(reader, place_of(node, "metrics"), "metrics", bot->metrics);
	bot->line = place.line;
	bot->column = place.column;
	if (needs_token && !bot->token.given)
		report_error(reader->report, place,
			"bot '%s' has no token: add `token: {file: PATH}`, or `transport: none`",
			bot->name);
}

static void check_from_postgres(
	struct reader *reader, const struct node *node, const struct conf_bots_from *from)
{
	if (!*from->query)
		report_error(reader->report, node->place,
			"'query' is missing: SELECT name, enabled FROM ... yields the bots");
	if (!*from->token_dir)
		report_warning(reader->report, node->place,
			"without 'token_dir' only bots whose query yields a token_file are asked "
			"for");
}

static void check_from_process(
	struct reader *reader, const struct node *node, const struct conf_bots_from *from)
{
	const struct process_ref *process = &from->process;
	struct place place = place_of(node, "process");
	if (!process_is_given(process))
		return;
	if (*from->pidfile_template || from->pid_command.count)
		report_error(reader->report, place,
			"'process' stands instead of pidfile and pid_command, not beside them");
	if (!strstr(process->pidfile, "{bot}") && !strstr(process->match, "{bot}") &&
		!strstr(process->directory, "{bot}") &&
		!strstr(process_program(process, NULL), "{bot}") &&
		!names(&process->pid_command, "{bot}"))
		report_error(reader->report, place,
			"'process' does not say {bot}: every bot would have the same one");
}

void check_bots_from(struct reader *reader, const struct node *node, void *section)
{
	static const char *const forms[] = {"dir", "postgres"};
	static const char *const of_postgres[] = {"query", "interval", "token_dir"};
	static const char *const known[] = {"{bot}", NULL};
	const struct conf_bots_from *from = section;
	if (given(node, forms, COUNT_OF(forms)) != 1)
		report_error(reader->report, node->place,
			"an entry of bots_from takes one of {dir: PATH} and {postgres: NAME, "
			"query: SQL}");
	else if (*from->postgres)
		check_from_postgres(reader, node, from);
	else if (given(node, of_postgres, COUNT_OF(of_postgres)))
		report_error(reader->report, node->place,
			"query, interval and token_dir go with postgres, not with dir");
	check_placeholders(reader, place_of(node, "logs"), from->log_template, known);
	check_placeholders(reader, place_of(node, "pidfile"), from->pidfile_template, known);
	if (*from->pidfile_template && !strstr(from->pidfile_template, "{bot}"))
		report_error(reader->report, place_of(node, "pidfile"),
			"'pidfile' does not say {bot}: every bot would have the same pid");
	check_command(reader, node, "pid_command", &from->pid_command, known, "{bot}");
	check_placeholders(reader, place_of(node, "health"), from->health_template, known);
	if (*from->health_template)
		check_page_url(reader, place_of(node, "health"), "health", from->health_template);
	check_from_process(reader, node, from);
	check_placeholders(reader, place_of(node, "metrics"), from->metrics_template, known);
	if (*from->metrics_template)
		check_page_url(
			reader, place_of(node, "metrics"), "metrics", from->metrics_template);
}

/* ---- servers ---- */

/* 127.0.0.1, but not 127.example.org: that is a name, and anybody's. */
static bool is_loopback(const char *host, size_t length)
{
	return (length == 9 && !strncmp(host, "localhost", 9)) ||
	       (length > 4 && !strncmp(host, "127.", 4) && strspn(host, "0123456789.") >= length) ||
	       (length == 5 && !strncmp(host, "[::1]", 5));
}

bool url_is_loopback(const char *url)
{
	const char *host = strstr(url, "://");
	host = host ? host + 3 : url;
	size_t length = strcspn(host, ":/?#");
	if (*host == '[')
		length = strcspn(host, "]") + (strchr(host, ']') ? 1 : 0);
	return is_loopback(host, length);
}

/* It prints the tokens of all bots. */
static void check_statistics(
	struct reader *reader, const struct node *node, const struct settings *settings)
{
	const char *url = settings->telegram_statistics;
	struct place place = place_of(node, "statistics");
	if (!*url || !check_page_url(reader, place, "statistics", url))
		return;
	if (strchr(url, '?'))
		report_error(reader->report, place,
			"'statistics' takes no query: one can change the server's log level");
	if (starts_with(url, "http://") && !url_is_loopback(url))
		report_error(reader->report, place,
			"http shows every token to the network: use https, http is for loopback "
			"only");
}

void check_telegram(struct reader *reader, const struct node *node, void *section)
{
	struct settings *settings = section;
	char *url = settings->telegram_api;
	struct place place = place_of(node, "api");
	const char *host = strstr(url, "://");
	check_statistics(reader, node, settings);
	bool secure = starts_with(url, "https://");
	if (!secure && !starts_with(url, "http://")) {
		report_error(reader->report, place, "'api' starts with https:// or http://");
		return;
	}
	host += 3;
	size_t length = strcspn(host, "/?#");
	if (memchr(host, '@', length))
		report_secret(reader->report, place, "'api' may hold no user and no password");
	if (*host == '[')
		length = strcspn(host, "]") + (strchr(host, ']') ? 1 : 0);
	else
		length = strcspn(host, ":/?#");
	if (!length || strpbrk(host, "?# "))
		report_error(reader->report, place, "'api' is a base URL: https://HOST[:PORT]");
	settings->telegram_loopback = is_loopback(host, length);
	if (!secure && !settings->telegram_loopback)
		report_error(reader->report, place,
			"http shows every token to the network: use https, http is for loopback "
			"only");
	for (size_t end = strlen(url); end && url[end - 1] == '/'; end--)
		url[end - 1] = '\0';
}

/* There is no login: nobody but this machine may ask. */
void check_http(struct reader *reader, const struct node *node, void *section)
{
	const struct settings *settings = section;
	const char *at = settings->http_listen, *colon = strrchr(at, ':');
	size_t length = colon ? (size_t)(colon - at) : 0;
	size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
	long port = digits && digits <= 5 && !colon[1 + digits] ? strtol(colon + 1, NULL, 10) : 0;
	if (!*at || *at == '/')
		return;
	if (port < 1 || port > 65535)
		report_error(reader->report, place_of(node, "listen"),
			"'listen' is 127.0.0.1:PORT, [::1]:PORT or the absolute path of a socket");
	else if (!is_loopback(at, length) || !strncmp(at, "localhost", 9))
		report_error(reader->report, place_of(node, "listen"),
			"/metrics has no login: listen on 127.0.0.1:%ld or on a Unix socket, and "
			"let a "
			"proxy with a login stand before it",
			port);
}

void check_redis(struct reader *reader, const struct node *node, void *section)
{
	struct conf_redis *redis = section;
	const char *star = strchr(redis->heartbeats, '*');
	if (*redis->host && *redis->socket)
		report_error(
			reader->report, place_of(node, "socket"), "give host or socket, not both");
	if (*redis->socket && redis->tls)
		report_error(reader->report, place_of(node, "tls"), "a Unix socket needs no TLS");
	if (*redis->heartbeats &&
		(!star || strchr(star + 1, '*') || strpbrk(redis->heartbeats, "?[")))
		report_error(reader->report, place_of(node, "heartbeats"),
			"'heartbeats' is a pattern with one * for the bot's name, e.g. hb:*");
	if (!*redis->host && !*redis->socket)
		redis->host = arena_text(reader->arena, "127.0.0.1");
}

/* Its interface has no TLS of its own: beyond this machine everybody could read the password. */
void check_supervisor(struct reader *reader, const struct node *node, void *section)
{
	const struct conf_supervisor *supervisor = section;
	bool is_supervisord = !strcmp(supervisor->kind, "supervisord");
	const char *address = supervisor->address, *separator = strstr(address, "://");
	const char *host = separator ? separator + 3 : "";
	if ((*supervisor->user || supervisor->password.given) && !is_supervisord)
		report_error(reader->report, place_of(node, "user"),
			"user and password go with supervisord");
	if (!is_supervisord || !*address || *address == '/' || starts_with(address, "unix:///"))
		return;
	if (strchr(host, '@'))
		report_secret(reader->report, place_of(node, "address"),
			"'address' may hold no user and no password: say `user:` and `password:`");
	else if (!starts_with(address, "https://") && !starts_with(address, "http://"))
		report_error(reader->report, place_of(node, "address"),
			"'address' is a socket's path, http://127.0.0.1:PORT or https://HOST");
	else if (starts_with(address, "http://") &&
		 !is_loopback(host, host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/")))
		report_error(reader->report, place_of(node, "address"),
			"http shows the password to the network: use a Unix socket or loopback");
}

static bool holds_password(const char *dsn)
{
	const char *user = strstr(dsn, "://"), *at = user ? strchr(user + 3, '@') : NULL;
	const char *colon = user ? strchr(user + 3, ':') : NULL;
	return strstr(dsn, "password=") || strstr(dsn, "password =") || (at && colon && colon < at);
}

void check_postgres(struct reader *reader, const struct node *node, void *section)
{
	const struct conf_postgres *postgres = section;
	if (holds_password(postgres->dsn))
		report_secret(reader->report, place_of(node, "dsn"),
			"a password does not belong in this file: put it in a file of its own "
			"(chmod 600) "
			"and write `password: {file: PATH}` below");
}

/* ---- actions ---- */

void check_driver(struct reader *reader, const struct node *node, void *section)
{
	static const char *const known[] = {"{bot}", "{program}", "{reason}", "{time}", NULL};
	const struct conf_driver *driver = section;
#define DRIVEN(id, ...)                                                                            \
	check_command(reader, node, #id, &driver->id, known,                                       \
		names(&driver->id, "{program}") ? NULL : "{bot}");
#include "core/verbs/verbs.def"
}

void check_verb(struct reader *reader, const struct node *node, void *section)
{
	static const char *const known[] = {"{bot}", "{reason}", "{time}", NULL};
	const struct conf_verb *verb = section;
	if (verb_find(verb->name))
		report_error(reader->report, place_of(node, "name"),
			"'%s' is a verb of botswain: choose another name", verb->name);
	check_command(
		reader, node, "command", &verb->command, known, verb->per_bot ? "{bot}" : NULL);
}

void check_backup(struct reader *reader, const struct node *node, void *section)
{
	static const char *const known[] = {"{time}", NULL};
	static const char *const known_after[] = {"{time}", "{file}", NULL};
	const struct conf_backup *backup = section;
	check_placeholders(reader, place_of(node, "file"), backup->file, known);
	if (!strstr(backup->file, "{time}"))
		report_error(reader->report, place_of(node, "file"),
			"'file' does not say {time}: each backup would overwrite the last one");
	check_command(reader, node, "command", &backup->command, known, NULL);
	check_command(reader, node, "verify", &backup->verify, known_after, "{file}");
}

void check_on_alert(struct reader *reader, const struct node *node, void *section)
{
	static const char *const none[] = {NULL};
	const struct conf_on_alert *on_alert = section;
	check_command(reader, node, "command", &on_alert->command, none, NULL);
	if (node->type == NODE_MAP && !on_alert->command.count)
		report_error(reader->report, node->place,
			"'command' is missing in on_alert: [program, argument, ...]");
}
