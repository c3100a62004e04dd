/* SPDX-License-Identifier: MIT */
/*
 * One Redis: what it says of itself and the heartbeats in it, at its interval. What the server
 * refuses in words (NOPERM, LOADING, MISCONF) is an answer: it is shown as such and asked again at
 * the normal pace. What does not answer is backed off from. Streams have a worker of their own
 * (redis_streams.c), since reading them waits.
 */
#include "core/collect/sources.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/collect/redis_beats.h"
#include "core/collect/redis_report.h"
#include "core/collect/redis_session.h"
#include "core/collect/roster.h"
#include "core/collect/same.h"
#include "core/collect/schedule.h"

struct redis {
	struct redis_session session;
	struct schedule schedule;
	struct redis_memory memory;
	struct beats *beats;
	struct rng rng;
};

static void take_orders(struct redis *redis)
{
	struct worker *worker = redis->session.worker;
	for (struct order *order; (order = worker_next_order(worker)); order_free(order)) {
		if (order->kind == ORDER_ROSTER)
			beats_set_roster(redis->beats, order->roster);
		else if (order->kind == ORDER_HURRY)
			schedule_hurry(&redis->schedule, worker_now_ms(worker));
	}
}

/* False: no connection. What the connected server refused is in `ret_refused`. */
static bool attempt(
	struct redis *redis, double *ret_latency_ms, struct err *ret_refused, struct err *err)
{
	return session_open(&redis->session, err) &&
	       redis_report(&redis->session, &redis->memory, ret_latency_ms, ret_refused, err) &&
	       beats_look(redis->beats, &redis->session, ret_refused, err);
}

static void look(struct redis *redis)
{
	struct worker *worker = redis->session.worker;
	struct err refused = {0}, err = {0};
	double latency_ms = NAN;
	schedule_begin(&redis->schedule);
	bool has_answered = attempt(redis, &latency_ms, &refused, &err);
	if (worker_stopping(worker))
		return;
	if (has_answered) {
		schedule_ok(&redis->schedule, worker_now_ms(worker), &redis->rng);
		err = refused;
	} else {
		session_close(&redis->session);
		redis_exports_down(&redis->memory.exports, &redis->session);
		schedule_fail(&redis->schedule, worker_now_ms(worker), &redis->rng);
	}
	if (err.code != ERR_NONE)
		session_name_error(&redis->session, &err);
	post_source(worker->hub, &(struct attempt){.kind = "redis",
					 .name = redis->session.conf->name,
					 .schedule = &redis->schedule,
					 .err = &err,
					 .latency_ms = latency_ms});
}

static void run(struct worker *worker)
{
	struct redis *redis = worker->context;
	redis->session.worker = worker;
	rng_init(&redis->rng, (uint64_t)clock_cost_us());
	schedule_init(&redis->schedule, redis->session.conf->interval_ms, worker_now_ms(worker));
	while (worker_wait(worker, -1, 0, schedule_next_ms(&redis->schedule)) != WAIT_STOP) {
		take_orders(redis);
		if (schedule_is_due(&redis->schedule, worker_now_ms(worker)))
			look(redis);
	}
	session_release(&redis->session);
}

static void release(void *context)
{
	struct redis *redis = context;
	beats_free(redis->beats);
	redis_exports_release(&redis->memory.exports);
	free(redis);
}

static struct worker_spec make(const void *part)
{
	const struct conf_redis *conf = part;
	struct redis *redis = xcalloc(1, sizeof(*redis));
	redis->session.conf = conf;
	redis->beats = beats_new(conf);
	return (struct worker_spec){
		.name = "redis", .run = run, .context = redis, .release = release};
}

static size_t count(const struct settings *settings)
{
	return settings->redis_count;
}

static const void *part(const struct settings *settings, size_t index)
{
	return &settings->redis[index];
}

static struct source_place place(const void *part_of_settings)
{
	const struct conf_redis *conf = part_of_settings;
	return (struct source_place){.name = conf->name, .interval_ms = conf->interval_ms};
}

static bool same(const void *one, const void *other)
{
	return same_redis(one, other);
}

const struct source_kind source_redis = {
	.name = "redis",
	.help = "a Redis: PING, INFO, and the bots' heartbeats in it",
	.listens = true,
	.is_service = true,
	.count = count,
	.part = part,
	.place = place,
	.same = same,
	.make = make,
};
