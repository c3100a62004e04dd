/* SPDX-License-Identifier: MIT */
/* The Redis and Postgres servers that the bots name: each once, and whether it answers us without a
 * password. */
#include "core/collect/discover_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/collect/pg_conn.h"
#include "core/collect/redis_conn.h"

static struct net_limit limit_of(const struct scene *scene)
{
	return (struct net_limit){.clock = clock_real(),
		.deadline_ms = clock_mono_ms(clock_real()) + scene->question->timeout_ms,
		.stop_fd = -1};
}

/* ---- which of them answer ---- */

static bool answers_redis(struct scene *scene, struct found_service *found, struct err *err)
{
	struct clue_service *service = &found->service;
	char none[] = "", *host = service->host;
	struct redis_conn *conn = NULL;
	struct redisReply *reply autoreply = NULL;
	const struct conf_redis conf = {.name = service->kind,
		.host = host,
		.socket = service->socket,
		.user = none,
		.ca_file = none,
		.port = service->port[0] ? (int)strtol(service->port, NULL, 10) : 6379,
		.timeout_ms = scene->question->timeout_ms};
	struct secret nothing = {0};
	struct net_limit limit = limit_of(scene);
	bool is_well = redis_open(&conf, &nothing, &limit, &conn, err) &&
		       redis_ask(conn, (const char *const[]){"PING", NULL}, &limit, &reply, err);
	if (is_well)
		discover_keys(scene, conn, &limit, found);
	redis_close(conn);
	return is_well;
}

static bool answers_postgres(
	const struct scene *scene, const struct clue_service *service, struct err *err)
{
	struct str dsn = STR_INIT;
	struct pg_conn *conn = NULL;
	struct secret nothing = {0};
	struct net_limit limit = limit_of(scene);
	const char *place = service->socket[0] ? service->socket : service->host;
	str_addf(&dsn, "host=%s", place);
	if (service->port[0])
		str_addf(&dsn, " port=%s", service->port);
	str_addf(&dsn, " dbname=%s", service->database[0] ? service->database : "postgres");
	const struct conf_postgres conf = {
		.name = dsn.text, .dsn = dsn.text, .timeout_ms = scene->question->timeout_ms};
	bool is_well = pg_open(&conf, &nothing, &limit, &conn, err);
	pg_close(conn);
	str_release(&dsn);
	return is_well;
}

bool discover_is_same(const struct clue_service *one, const struct clue_service *other)
{
	bool is_redis = strcmp(one->kind, "redis") == 0;
	return strcmp(one->kind, other->kind) == 0 && strcmp(one->host, other->host) == 0 &&
	       strcmp(one->socket, other->socket) == 0 && strcmp(one->port, other->port) == 0 &&
	       one->is_inside == other->is_inside &&
	       (is_redis || strcmp(one->database, other->database) == 0);
}

bool discover_is_redis_of(const struct conf_redis *conf, const struct clue_service *service)
{
	if (service->socket[0])
		return strcmp(conf->socket, service->socket) == 0;
	int port = service->port[0] ? (int)strtol(service->port, NULL, 10) : 6379;
	return strcmp(conf->host, service->host) == 0 && conf->port == port;
}

static bool is_known(const struct settings *settings, const struct clue_service *service)
{
	bool is_redis = strcmp(service->kind, "redis") == 0;
	const char *place = service->socket[0] ? service->socket : service->host;
	for (size_t i = 0; settings && is_redis && i < settings->redis_count; i++)
		if (discover_is_redis_of(&settings->redis[i], service))
			return true;
	for (size_t i = 0; settings && !is_redis && i < settings->postgres_count; i++)
		if (strstr(settings->postgres[i].dsn, place))
			return true;
	return false;
}

static char *name_of(const struct scene *scene, const char *kind)
{
	const struct settings *settings = scene->question->settings;
	size_t count = !settings                    ? 0
		       : strcmp(kind, "redis") == 0 ? settings->redis_count
						    : settings->postgres_count;
	for (size_t i = 0; i < scene->discovery->service_count; i++)
		count += strcmp(scene->discovery->services[i].service.kind, kind) == 0;
	return count ? xasprintf("%s-%zu", kind, count + 1) : xstrdup("main");
}

/* Nobody else's machine is asked. */
static bool is_near(const struct clue_service *service)
{
	return service->socket[0] || starts_with(service->host, "127.") ||
	       strcmp(service->host, "localhost") == 0 || strcmp(service->host, "::1") == 0;
}

static bool answers(struct scene *scene, struct found_service *found, struct err *err)
{
	const struct clue_service *service = &found->service;
	if (service->is_inside)
		return err_set(err, ERR_REFUSED,
			"it is named in the network of a container: write how this machine reaches "
			"it, and take the # away");
	if (!is_near(service))
		return err_set(err, ERR_REFUSED,
			"it is on another machine and was not asked: take the # away");
	if (strcmp(service->kind, "redis") == 0)
		return answers_redis(scene, found, err);
	return answers_postgres(scene, service, err);
}

static const char *login_step(const char *kind)
{
	if (strcmp(kind, "redis") == 0)
		return "it wants a password: put that into the file below (chmod 600) and take the "
		       "# away";
	return "it wants a login: add user= to the dsn, put the password into the file below "
	       "(chmod 600) and take the # away";
}

static void add(struct scene *scene, const struct clue_service *service, const char *bot)
{
	struct discovery *discovery = scene->discovery;
	struct err err = {0};
	for (size_t i = 0; i < discovery->service_count; i++)
		if (discover_is_same(&discovery->services[i].service, service))
			return;
	if (is_known(scene->question->settings, service))
		return;
	struct found_service found = {
		.service = *service, .bot = xstrdup(bot), .name = name_of(scene, service->kind)};
	found.is_open = answers(scene, &found, &err);
	found.next_step = found.is_open          ? xstrdup("")
			  : err.code == ERR_AUTH ? xstrdup(login_step(service->kind))
						 : xstrdup(err.text);
	discovery->services = xreallocarray(
		discovery->services, discovery->service_count + 1, sizeof(*discovery->services));
	discovery->services[discovery->service_count++] = found;
}

void discover_services(struct scene *scene)
{
	scene->keys = xcalloc(scene->discovery->bot_count + 1, sizeof(*scene->keys));
	for (size_t i = 0; i < scene->candidate_count; i++) {
		const struct candidate *candidate = &scene->candidates[i];
		for (size_t j = 0; j < candidate->clues.service_count; j++)
			add(scene, &candidate->clues.services[j],
				*candidate->program ? candidate->program
						    : candidate->process->comm);
	}
	discover_beats(scene);
}
