/* SPDX-License-Identifier: MIT */
/*
 * One Postgres: what it says of itself, and the operator's statements, at its interval. The
 * connection is renewed every few seconds, because a server whose postmaster is stuck goes on
 * answering on the lines that it has and takes no new one: bots would find out, and so must we.
 * Notifications have a worker of their own (postgres_listen.c).
 */
#include "core/collect/sources.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/pg_exports.h"
#include "core/collect/pg_queries.h"
#include "core/collect/pg_report.h"
#include "core/collect/pg_session.h"
#include "core/collect/post.h"
#include "core/collect/same.h"
#include "core/collect/schedule.h"

enum { RENEW_MS = 5000 };

struct postgres {
	struct pg_session session;
	struct schedule schedule;
	struct pg_memory memory;
	struct pg_queries *queries;
	struct pg_exports *exports;
	struct rng rng;
};

static void take_orders(struct postgres *postgres)
{
	struct worker *worker = postgres->session.worker;
	for (struct order *order; (order = worker_next_order(worker)); order_free(order)) {
		if (order->kind == ORDER_ROSTER) {
			pg_queries_set_roster(postgres->queries, order->roster);
		} else if (order->kind == ORDER_HURRY && !order->bot[0]) {
			pg_queries_hurry_fleet(postgres->queries);
			schedule_hurry(&postgres->schedule, worker_now_ms(worker));
		}
	}
}

/* False: no new connection can be had, which to every bot that starts is as good as down. */
static bool renew(struct postgres *postgres, struct err *ret_refused)
{
	struct pg_session *session = &postgres->session;
	struct err err = {0};
	if (worker_now_ms(session->worker) - session->opened_ms < RENEW_MS ||
		pg_session_renew(session, &err))
		return true;
	if (err.code == ERR_SECRET)
		*ret_refused = err; /* that is not the server's fault */
	else
		err_set(ret_refused, err.code, "it answers, but takes no new connection: %s",
			err.text);
	return err.code != ERR_UNREACHABLE && err.code != ERR_TIMEOUT;
}

static bool attempt(struct postgres *postgres, double *ret_latency_ms, struct err *ret_refused,
	struct err *ret_warning, struct err *err)
{
	struct pg_session *session = &postgres->session;
	return pg_session_open(session, err) &&
	       pg_report(session, &postgres->memory, ret_latency_ms, ret_refused, err) &&
	       pg_queries_run(postgres->queries, session, ret_refused, err) &&
	       pg_exports_run(postgres->exports, session, ret_warning, err);
}

static void look(struct postgres *postgres)
{
	struct worker *worker = postgres->session.worker;
	struct err refused = {0}, warning = {0}, err = {0};
	double latency_ms = NAN;
	schedule_begin(&postgres->schedule);
	bool has_answered = attempt(postgres, &latency_ms, &refused, &warning, &err);
	bool is_well = has_answered && renew(postgres, &refused);
	if (worker_stopping(worker))
		return;
	if (is_well)
		schedule_ok(&postgres->schedule, worker_now_ms(worker), &postgres->rng);
	else
		schedule_fail(&postgres->schedule, worker_now_ms(worker), &postgres->rng);
	if (has_answered)
		err = refused;
	else
		pg_session_close(&postgres->session);
	if (err.code != ERR_NONE)
		pg_session_name_error(&postgres->session, &err);
	if (!is_well)
		pg_exports_down(postgres->exports, &postgres->session);
	post_source(worker->hub, &(struct attempt){.kind = "postgres",
					 .name = postgres->session.conf->name,
					 .schedule = &postgres->schedule,
					 .err = &err,
					 .warning = &warning,
					 .latency_ms = latency_ms});
}

static void run(struct worker *worker)
{
	struct postgres *postgres = worker->context;
	postgres->session.worker = worker;
	postgres->memory.transactions = postgres->memory.rate = NAN;
	rng_init(&postgres->rng, (uint64_t)clock_cost_us());
	schedule_init(
		&postgres->schedule, postgres->session.conf->interval_ms, worker_now_ms(worker));
	while (worker_wait(worker, -1, 0, schedule_next_ms(&postgres->schedule)) != WAIT_STOP) {
		take_orders(postgres);
		if (schedule_is_due(&postgres->schedule, worker_now_ms(worker)))
			look(postgres);
	}
	pg_session_release(&postgres->session);
}

static void release(void *context)
{
	struct postgres *postgres = context;
	pg_queries_free(postgres->queries);
	pg_exports_free(postgres->exports);
	free(postgres);
}

static struct worker_spec make(const void *part)
{
	struct postgres *postgres = xcalloc(1, sizeof(*postgres));
	postgres->session.conf = part;
	postgres->queries = pg_queries_new(part);
	postgres->exports = pg_exports_new();
	return (struct worker_spec){
		.name = "postgres", .run = run, .context = postgres, .release = release};
}

static size_t count(const struct settings *settings)
{
	return settings->postgres_count;
}

static const void *part(const struct settings *settings, size_t index)
{
	return &settings->postgres[index];
}

static struct source_place place(const void *part_of_settings)
{
	const struct conf_postgres *conf = part_of_settings;
	return (struct source_place){.name = conf->name, .interval_ms = conf->interval_ms};
}

static bool same(const void *one, const void *other)
{
	return same_postgres(one, other);
}

const struct source_kind source_postgres = {
	.name = "postgres",
	.help = "a Postgres: its statistics, your queries, the fleet it knows",
	.listens = true,
	.is_service = true,
	.count = count,
	.part = part,
	.place = place,
	.same = same,
	.make = make,
};
