/* SPDX-License-Identifier: MIT */
#include "core/collect/redis_exports.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/msg/msg.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/redis_metrics.h"
#include "core/collect/redis_session.h"
#include "core/collect/worker.h"

enum { RETRY_MS = 3600000 };

struct metric_batch redis_batch(const struct redis_session *session)
{
	return (struct metric_batch){
		.hub = session->worker->hub, .instance = session->conf->name, .job = "redis"};
}

bool redis_exports_due(const struct redis_exports *exports, const struct redis_session *session)
{
	return session->conf->metrics_ms && worker_now_ms(session->worker) >= exports->due_ms;
}

/* ---- each look ---- */

struct figures {
	struct metric_batch batch;
	struct msg_obs_redis *obs;
};

static void add_figure(void *context, const struct metric *metric)
{
	struct figures *figures = context;
	struct msg_obs_redis *obs = figures->obs;
	if (!isfinite(metric->value))
		return;
	struct msg_sample *sample = msg_add(obs->figures, &obs->figures_count);
	if (!metric_sample(&figures->batch, metric, sample))
		obs->figures_count--;
}

static struct redis_answers answers_of(const struct redis_session *session, const redisReply *info)
{
	return (struct redis_answers){.info = info->str,
		.length = info->len,
		.wall_ms = clock_wall_ms(session->worker->hub->clock),
		.io_threads = NAN};
}

void redis_exports_figures(
	const struct redis_session *session, const redisReply *info, struct msg_obs_redis *obs)
{
	struct figures figures = {.batch = redis_batch(session), .obs = obs};
	const struct redis_answers answers = answers_of(session, info);
	redis_metrics_look(&answers, add_figure, &figures);
}

/* ---- at the interval ---- */

/* What was refused is not asked for again soon. */
static void note_refusal(const struct err *err, int64_t now_ms, int64_t *retry_ms)
{
	if (err->code != ERR_NONE)
		*retry_ms = now_ms + RETRY_MS;
}

static double second_value(const redisReply *reply)
{
	bool is_pair = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
		       reply->element[1]->str;
	return is_pair ? strtod(reply->element[1]->str, NULL) : (double)NAN;
}

/* Neither can change while it runs. */
static void ask_config(struct redis_exports *exports, struct redis_session *session)
{
	static const char *const databases[] = {"CONFIG", "GET", "databases", NULL};
	static const char *const threads[] = {"CONFIG", "GET", "io-threads", NULL};
	static const char *const *const both[] = {databases, threads};
	int64_t now_ms = worker_now_ms(session->worker);
	struct redisReply *replies[2] = {NULL, NULL};
	struct err why[2] = {{.code = ERR_NONE}, {.code = ERR_NONE}};
	if (exports->knows_config || now_ms < exports->config_retry_ms)
		return;
	session_ask_both(session, both, replies, why);
	autoreply struct redisReply *first = replies[0], *second = replies[1];
	double count = second_value(first);
	exports->databases = count > 0 && count < INT32_MAX ? (int)count : 0;
	exports->io_threads = second_value(second);
	exports->knows_config = first != NULL;
	note_refusal(&why[0], now_ms, &exports->config_retry_ms);
}

static void ask_slow(struct redis_exports *exports, struct redis_session *session,
	const redisReply *last, struct metric_batch *batch)
{
	static const char *const length[] = {"SLOWLOG", "LEN", NULL};
	static const char *const latest[] = {"LATENCY", "LATEST", NULL};
	static const char *const *const both[] = {length, latest};
	int64_t now_ms = worker_now_ms(session->worker);
	struct redisReply *replies[2] = {NULL, NULL};
	struct err why[2] = {{.code = ERR_NONE}, {.code = ERR_NONE}};
	if (now_ms >= exports->slow_retry_ms)
		session_ask_both(session, both, replies, why);
	autoreply struct redisReply *first = replies[0], *second = replies[1];
	redis_metrics_slow(first, last, second, metric_batch_add, batch);
	note_refusal(&why[why[0].code == ERR_NONE], now_ms, &exports->slow_retry_ms);
}

static void add_own(struct metric_batch *batch, int64_t start_us, bool is_refused)
{
	metric_batch_bare(batch, "redis_exporter_last_scrape_duration_seconds",
		(double)(clock_cost_us() - start_us) / 1e6);
	metric_batch_bare(batch, "redis_exporter_last_scrape_error", is_refused);
}

void redis_exports_take(struct redis_exports *exports, struct redis_session *session,
	const redisReply *info, const redisReply *slow)
{
	int64_t start_us = clock_cost_us(), now_ms = worker_now_ms(session->worker);
	struct metric_batch batch = redis_batch(session);
	exports->due_ms = now_ms + session->conf->metrics_ms;
	exports->is_told_down = false;
	ask_config(exports, session);
	if (!session_is_broken(session))
		ask_slow(exports, session, slow, &batch);
	struct redis_answers answers = answers_of(session, info);
	answers.databases = exports->databases;
	answers.io_threads = exports->knows_config ? exports->io_threads : (double)NAN;
	redis_metrics_rest(&answers, metric_batch_add, &batch);
	add_own(&batch, start_us, exports->slow_retry_ms || exports->config_retry_ms);
	autofree char *source = xasprintf("redis/%s", session->conf->name);
	metric_batch_post(&batch, &exports->past, source);
}

/* ---- down ---- */

void redis_exports_down(struct redis_exports *exports, struct redis_session *session)
{
	struct metric_batch batch = redis_batch(session);
	autofree char *source = xasprintf("redis/%s", session->conf->name);
	metric_batch_bare(&batch, "redis_up", 0);
	if (session->conf->metrics_ms)
		metric_batch_bare(&batch, "redis_exporter_last_scrape_error", 1);
	for (size_t i = 0; !exports->is_told_down && redis_metrics_look_name(i); i++)
		metric_batch_end(&batch, redis_metrics_look_name(i));
	metric_batch_post(&batch, &exports->past, source);
	metric_past_release(&exports->past); /* redis_up goes on when it answers again */
	exports->is_told_down = true;
	exports->knows_config = false;
	exports->due_ms = 0;
}

void redis_exports_release(struct redis_exports *exports)
{
	metric_past_release(&exports->past);
}
