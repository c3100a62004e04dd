/* SPDX-License-Identifier: MIT */
#include "tests/faults/stores.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/model.h"
#include "tests/faults/faults.h"
#include "tests/support/engine_process.h"
#include "tests/support/fleet.h"
#include "tests/support/vt.h"

enum { END_MS = 5000, DO_MS = 30000, CONFIG_MS = 15000, SCREEN_MS = 8000 };

struct stores {
	struct redis_server redis;
	struct pg_server postgres;
	bool has_redis, has_postgres;
	char *config; /* as it was; NULL: nothing was added */
};

static struct stores *stores_of(struct faults *run)
{
	if (!run->stores)
		run->stores = xcalloc(1, sizeof(*run->stores));
	return run->stores;
}

void stores_release(struct faults *run)
{
	struct stores *stores = run->stores;
	if (!stores)
		return;
	if (stores->has_redis)
		redis_server_release(&stores->redis);
	if (stores->has_postgres)
		pg_server_release(&stores->postgres);
	free(stores->config);
	free(stores);
	run->stores = NULL;
}

/* ---- of the fleet ---- */

pid_t store_pid(const struct faults *run, const char *name)
{
	autofree char *path = xasprintf("%s/pids", run->dir);
	FILE *file = fopen(path, "re");
	char line[256], found[64];
	long pid, last = 0;
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %ld", found, &pid) == 2 && strcmp(found, name) == 0)
			last = pid; /* one that was started again stands behind the one before */
	if (file)
		fclose(file);
	return (pid_t)last;
}

bool store_end(const struct faults *run, const char *name, int signal)
{
	pid_t pid = store_pid(run, name);
	return pid > 0 && kill(pid, signal) == 0 && process_ends(pid, END_MS);
}

char *store_do(const struct faults *run, const char *const words[])
{
	autostr struct str said = STR_INIT;
	const char *argv[16] = {"tests/faults/store", run->dir};
	for (size_t i = 0; words[i] && i + 3 < COUNT_OF(argv); i++)
		argv[i + 2] = words[i];
	int status = engine_ask(argv, DO_MS, &said);
	if (status != 0)
		fprintf(stderr, "faults: store %s: exit %d: %s\n", words[0], status, said.text);
	return status == 0 ? xstrndup(said.text, strcspn(said.text, "\n")) : NULL;
}

char *store_sql(const struct faults *run, const char *statement)
{
	return store_do(run, (const char *const[]){"sql", statement, NULL});
}

struct redis_server store_redis(const struct faults *run)
{
	struct redis_server server = {.pid = store_pid(run, "redis")};
	snprintf(server.socket, sizeof(server.socket), "%s/run/redis.sock", run->dir);
	return server;
}

/* ---- spare ones ---- */

struct redis_server *spare_redis(struct faults *run)
{
	struct stores *stores = stores_of(run);
	if (!stores->has_redis)
		redis_server_init(&stores->redis);
	stores->has_redis = true;
	return &stores->redis;
}

struct pg_server *spare_postgres(struct faults *run)
{
	struct stores *stores = stores_of(run);
	if (stores->has_postgres)
		return &stores->postgres;
	pg_server_init(&stores->postgres);
	pg_server_stop(&stores->postgres, "fast");
	stores->postgres.on_loopback = true;
	pg_server_start(&stores->postgres);
	stores->has_postgres = true;
	return &stores->postgres;
}

/* ---- the configuration ---- */

static void write_config(struct faults *run, const char *text)
{
	write_file(run->config, text);
	kill(run->engine, SIGHUP);
}

/* Behind the head of its section, or with a head of its own at the end. */
static char *with_line(const char *text, const char *section, const char *line)
{
	autofree char *head = xasprintf("\n%s:\n", section);
	const char *at = strstr(text, head);
	if (!at)
		return xasprintf("%s%s:\n%s\n", text, section, line);
	at += strlen(head);
	return xasprintf("%.*s%s\n%s", (int)(at - text), text, line, at);
}

static bool has_no_error(const struct faults *run, const void *unused)
{
	const struct msg_engine *engine = model_engine(run->model);
	(void)unused;
	return engine && !engine->config_error[0];
}

bool config_add(struct faults *run, const char *section, const char *line, const char *kind,
	const char *name)
{
	struct stores *stores = stores_of(run);
	autofree char *text = fault_read_text(run->config);
	autofree char *more = with_line(text, section, line);
	if (!stores->config)
		stores->config = xstrdup(text);
	write_config(run, more);
	const struct expected well = {.kind = kind, .name = name, .state = "ok"};
	if (engine_wait(run, kind ? source_is : has_no_error, &well, CONFIG_MS) >= 0)
		return true;
	const struct msg_engine *engine = model_engine(run->model);
	fprintf(stderr, "faults: %s %s is not well: %s\n", kind ? kind : section, name ? name : "",
		engine ? engine->config_error : "no engine");
	return false;
}

static bool source_is_gone(const struct faults *run, const void *expected)
{
	const struct expected *which = expected;
	return !source_seen(run, which->kind, which->name);
}

bool config_restore(struct faults *run, const char *kind, const char *name)
{
	struct stores *stores = stores_of(run);
	if (!stores->config)
		return true;
	write_config(run, stores->config);
	free(stores->config);
	stores->config = NULL;
	return engine_wait(run, source_is_gone, &(struct expected){.kind = kind, .name = name},
		       CONFIG_MS) >= 0;
}

/* ---- what the engine says ---- */

const struct msg_source *source_seen(const struct faults *run, const char *kind, const char *name)
{
	autofree char *path = xasprintf("%s/%s", kind, name);
	return model_source(run->model, entity_id("source", path));
}

const struct msg_service *service_seen(const struct faults *run, const char *kind, const char *name)
{
	size_t count;
	const void *const *services = model_list(run->model, MSG_service, &count);
	for (size_t i = 0; i < count; i++) {
		const struct msg_service *service = services[i];
		if (strcmp(service->kind, kind) == 0 && strcmp(service->name, name) == 0)
			return service;
	}
	return NULL;
}

static bool has_words(const char *text, const char *words)
{
	return !words || (text && strstr(text, words));
}

bool service_is(const struct faults *run, const void *expected)
{
	const struct expected *wish = expected;
	const struct msg_service *service = service_seen(run, wish->kind, wish->name);
	const struct msg_source *source = source_seen(run, wish->kind, wish->name);
	return service && source && strcmp(service->state, wish->state) == 0 &&
	       (has_words(source->error, wish->words) || has_words(service->why, wish->words));
}

bool service_is_not_well(const struct faults *run, const void *expected)
{
	const struct expected *wish = expected;
	const struct msg_service *service = service_seen(run, wish->kind, wish->name);
	return !service || strcmp(service->state, "ok") != 0;
}

bool source_is(const struct faults *run, const void *expected)
{
	const struct expected *wish = expected;
	const struct msg_source *source = source_seen(run, wish->kind, wish->name);
	return source && strcmp(source->state, wish->state) == 0 &&
	       has_words(source->error, wish->words);
}

static bool is_calm(uint64_t severity)
{
	return severity == SEVERITY_OK || severity == SEVERITY_STOPPED;
}

bool all_is_well(const struct faults *run, const void *unused)
{
	size_t count;
	(void)unused;
	const void *const *list = model_list(run->model, MSG_service, &count);
	for (size_t i = 0; i < count; i++)
		if (!is_calm(((const struct msg_service *)list[i])->severity))
			return false;
	list = model_list(run->model, MSG_source, &count);
	for (size_t i = 0; i < count; i++)
		if (!is_calm(((const struct msg_source *)list[i])->severity))
			return false;
	list = model_list(run->model, MSG_bot, &count);
	for (size_t i = 0; i < count; i++)
		if (!is_calm(((const struct msg_bot *)list[i])->severity))
			return false;
	return engine_attached(run, NULL);
}

bool see_service(struct faults *run, struct sight *sight, const char *fault,
	struct expected expected, int64_t begun_ms)
{
	int64_t spent_ms = fault_now_ms() - begun_ms;
	bool came = engine_wait(run, service_is, &expected, STORE_BACK_MS - spent_ms) >= 0;
	int64_t took_ms = fault_now_ms() - begun_ms;
	const struct msg_service *service = service_seen(run, expected.kind, expected.name);
	const struct msg_source *source = source_seen(run, expected.kind, expected.name);
	see(sight, came, took_ms, "%s: %s '%s' after %.1f s", fault,
		service ? service->state : "no service",
		source && source->error[0] ? source->error
		: service                  ? service->why
					   : "",
		(double)took_ms / 1e3);
	return came;
}

void see_recovery(struct faults *run, struct sight *sight, const char *fault,
	struct expected expected, int64_t lifted_ms)
{
	expected.state = "ok";
	expected.words = NULL;
	int64_t spent_ms = fault_now_ms() - lifted_ms;
	bool came = engine_wait(run, service_is, &expected, STORE_BACK_MS - spent_ms) >= 0;
	const struct msg_service *service = service_seen(run, expected.kind, expected.name);
	see(sight, came, -1, "%s is over: %s after %.1f s", fault,
		came      ? "ok"
		: service ? service->why
			  : "gone",
		(double)(fault_now_ms() - lifted_ms) / 1e3);
}

void see_calm(struct faults *run, struct sight *sight, int64_t lifted_ms)
{
	int64_t spent_ms = fault_now_ms() - lifted_ms;
	bool calm = engine_wait(run, all_is_well, NULL, STORE_BACK_MS - spent_ms) >= 0;
	see(sight, calm, -1, "all is well after %.1f s",
		(double)(fault_now_ms() - lifted_ms) / 1e3);
}

void see_service_row(struct faults *run, struct sight *sight, const char *text)
{
	autostr struct str row = STR_INIT;
	screen_row(run, "7 +", text, &row);
	see(sight, strstr(row.text, " -- ") && !strstr(row.text, " 0 "), -1, "on the screen: '%s'",
		row.text);
}

const char *alert_seen(const struct faults *run, const char *rule, const char *target)
{
	size_t count;
	const void *const *alerts = model_list(run->model, MSG_alert, &count);
	for (size_t i = 0; i < count; i++) {
		const struct msg_alert *alert = alerts[i];
		if (strcmp(alert->rule, rule) == 0 && strstr(alert->target_name, target))
			return alert->state;
	}
	return "";
}

unsigned alerts_count(const struct faults *run, const char *rule, const char *state)
{
	size_t count;
	unsigned found = 0;
	const void *const *alerts = model_list(run->model, MSG_alert, &count);
	for (size_t i = 0; i < count; i++) {
		const struct msg_alert *alert = alerts[i];
		found += (!rule || strcmp(alert->rule, rule) == 0) &&
			 (!state || strcmp(alert->state, state) == 0);
	}
	return found;
}

/* It keeps what it remembers beside the fleet: the screens of the crowd come up as they were. */
void screen_row(const struct faults *run, const char *keys, const char *text, struct str *ret)
{
	autofree char *memory = xasprintf("XDG_STATE_HOME=%s/run/memory", run->dir);
	int line, column;
	struct vt *vt =
		vt_spawn(45, 160, (const char *const[]){run->screen, "-c", run->config, NULL},
			(const char *const[]){memory, NULL});
	(void)vt_wait_text(vt, "q Quit", SCREEN_MS);
	vt_press(vt, keys);
	if (vt_wait_text(vt, text, SCREEN_MS))
		(void)vt_wait_quiet(vt, 100, 1000);
	if (vt_find(vt, text, &line, &column))
		vt_row(vt, line, ret);
	vt_free(vt);
}

static bool has_reason(const struct msg_bot *bot, const char *const reasons[])
{
	for (size_t i = 0; i < bot->reasons_count; i++)
		for (size_t j = 0; reasons[j]; j++)
			if (strcmp(bot->reasons[i].id, reasons[j]) == 0)
				return true;
	return false;
}

unsigned bots_with(const struct faults *run, const char *const reasons[])
{
	size_t count;
	unsigned found = 0;
	const void *const *bots = model_list(run->model, MSG_bot, &count);
	for (size_t i = 0; i < count; i++)
		found += has_reason(bots[i], reasons);
	return found;
}
