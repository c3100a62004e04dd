/* SPDX-License-Identifier: MIT */
/* Redis and Postgres servers. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/engine/digest.h"
#include "core/engine/internal.h"
#include "core/engine/rules.h"
#include "core/engine/sources.h"

static void forget_figures(struct msg_service *service)
{
	service->latency_ms = service->rate = service->slow_ms = service->lag = NAN;
	service->hit_ratio = NAN;
	service->clients = service->max_clients = -1;
	service->blocked = -1;
	service->used_bytes = 0;
	msg_set(&service->slow_text, "");
	msg_set(&service->refuses, "");
	msg_set(&service->link, "");
}

struct msg_service *service_draft(struct engine *engine, const char *kind, const char *name)
{
	struct msg_service *service =
		draft_make(engine, MSG_service, source_id("service", kind, name));
	if (msg_set(&service->name, name) | msg_set(&service->kind, kind)) {
		service->since_ms = now_wall(engine);
		forget_figures(service);
	}
	return service;
}

const struct msg_source *source_of_service(
	const struct engine *engine, const struct msg_service *service)
{
	return model_source(engine->model, source_id("source", service->kind, service->name));
}

void refresh_service(struct engine *engine, struct msg_service *service)
{
	const struct msg_source *source = source_of_service(engine, service);
	bool fresh = source && (strcmp(source->state, "ok") == 0 || !strcmp(source->state, "late"));
	if (!fresh)
		forget_figures(service);
}

static void detail(struct msg_service *service, const char *name, char *value)
{
	struct msg_pair *pair = msg_add(service->details, &service->details_count);
	msg_set(&pair->name, name);
	pair->value = value;
}

static void clear_details(struct msg_service *service)
{
	for (size_t i = 0; i < service->details_count; i++)
		msg_release(MSG_pair, &service->details[i]);
	service->details_count = 0;
}

static double ratio(uint64_t part, uint64_t rest)
{
	return part + rest ? (double)part / (double)(part + rest) : NAN;
}

/* Of a server: labelled as the figures that its source makes are. */
static void record(struct engine *engine, const char *metric, const char *instance, const char *job,
	double value)
{
	char labels[160];
	snprintf(labels, sizeof(labels), "instance=%s,job=%s", instance, job);
	digest_value(engine, source_id("source", job, instance), metric, labels, value);
}

static void record_redis(struct engine *engine, const struct msg_obs_redis *seen)
{
	const char *name = seen->name;
	record(engine, "redis_ping_duration_ms", name, "redis", seen->ping_ms);
	digest_whole_figures(
		engine, source_id("source", "redis", name), seen->figures, seen->figures_count);
	rules_see_figures(engine->rules, seen->figures, seen->figures_count);
	if (seen->figures_count)
		return;
	record(engine, "redis_memory_used_bytes", name, "redis", (double)seen->used_bytes);
	record(engine, "redis_connected_clients", name, "redis", (double)seen->clients);
	record(engine, "redis_instantaneous_ops_per_sec", name, "redis", seen->rate);
	record(engine, "redis_blocked_clients", name, "redis", (double)seen->blocked);
}

void digest_redis(struct engine *engine, const void *body)
{
	const struct msg_obs_redis *seen = body;
	struct msg_service *service = service_draft(engine, "redis", seen->name);
	service->at_ms = now_wall(engine);
	service->latency_ms = seen->ping_ms;
	service->used_bytes = seen->used_bytes;
	service->max_bytes = seen->max_bytes;
	service->clients = seen->clients;
	service->max_clients = seen->max_clients;
	service->rate = seen->rate;
	service->slow_ms = seen->slow_ms;
	msg_set(&service->slow_text, seen->slow_text);
	msg_set(&service->version, seen->version);
	msg_set(&service->role, seen->role);
	msg_set(&service->refuses, seen->refuses);
	msg_set(&service->link, seen->link);
	service->uptime_s = seen->uptime_s;
	service->hit_ratio = ratio(seen->hits, seen->misses);
	service->blocked = seen->blocked;
	clear_details(service);
	detail(service, "evicted", xasprintf("%llu", (unsigned long long)seen->evicted));
	detail(service, "rejected", xasprintf("%llu", (unsigned long long)seen->rejected));
	detail(service, "link", xstrdup(seen->link));
	detail(service, "last save", xstrdup(seen->save_status));
	detail(service, "loading", xstrdup(seen->loading ? "yes" : "no"));
	record_redis(engine, seen);
}

static void record_postgres(struct engine *engine, const struct msg_obs_postgres *seen)
{
	record(engine, "pg_select_duration_ms", seen->name, "postgres", seen->select_ms);
	record(engine, "pg_transactions_per_second", seen->name, "postgres", seen->rate);
	digest_whole_figures(engine, source_id("source", "postgres", seen->name), seen->figures,
		seen->figures_count);
	rules_see_figures(engine->rules, seen->figures, seen->figures_count);
}

void digest_postgres(struct engine *engine, const void *body)
{
	const struct msg_obs_postgres *seen = body;
	struct msg_service *service = service_draft(engine, "postgres", seen->name);
	service->at_ms = now_wall(engine);
	service->latency_ms = seen->select_ms;
	service->used_bytes = seen->size_bytes;
	service->clients = seen->clients;
	service->max_clients = seen->max_clients;
	service->rate = seen->rate;
	service->slow_ms = seen->slow_ms;
	msg_set(&service->slow_text, seen->slow_text);
	service->lag = seen->lag_s;
	msg_set(&service->version, seen->version);
	msg_set(&service->role, seen->in_recovery ? "replica" : "master");
	service->uptime_s = seen->uptime_s;
	service->hit_ratio = seen->hit_ratio;
	service->blocked = seen->lock_waits;
	clear_details(service);
	detail(service, "deadlocks", xasprintf("%llu", (unsigned long long)seen->deadlocks));
	record_postgres(engine, seen);
}

void digest_samples(struct engine *engine, const void *body)
{
	const struct msg_obs_samples *seen = body;
	/* What is whole its worker ends itself: that a server is down is among it. */
	uint64_t teller = entity_id(seen->whole ? "samples" : "source", seen->source);
	if (seen->whole)
		digest_whole_figures(engine, teller, seen->samples, seen->samples_count);
	else
		digest_figures(
			engine, teller, seen->samples, seen->samples_count, "source", seen->source);
	if (seen->whole)
		rules_see_figures(engine->rules, seen->samples, seen->samples_count);
}
