/* SPDX-License-Identifier: MIT */
/*
 * Notifications of one Postgres, on a connection of their own. They are hints: what was notified
 * while nobody listened is lost; that is said, and each new connection has the fleet read again. Now and then a
 * question is asked, since a line on which nobody speaks can be dead without saying so.
 */
#include "core/collect/sources.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/parse/log_line.h"
#include "core/conf/settings.h"
#include "core/events/writer.h"
#include "core/collect/event_post.h"
#include "core/collect/hub.h"
#include "core/collect/pg_session.h"
#include "core/collect/post.h"
#include "core/collect/same.h"
#include "core/collect/schedule.h"

enum { PAYLOAD_CELLS = 2000 };

struct listener {
	struct pg_session session;
	struct schedule schedule; /* of the question; of connecting after a failure */
	struct event_post post;
	char *name;       /* of the source: main:listen */
	int64_t heard_ms; /* mono: until then we listened; 0: not yet */
	uint64_t gaps;    /* since the start: what was notified meanwhile is lost */
	struct rng rng;
};

/* ---- one notification ---- */

/* A payload that is a JSON object may say whose it is. */
static char *bot_of(const char *payload)
{
	json_t *object = json_loads(payload, 0, NULL);
	const char *bot = json_string_value(json_object_get(object, "bot"));
	char *copy = bot ? xstrdup(bot) : NULL;
	json_decref(object);
	return copy;
}

static void write_event(struct listener *listener, const PGnotify *notify)
{
	autofree char *rest = xasprintf("channel=%s", notify->relname);
	autofree char *bot = bot_of(notify->extra);
	autofree char *message = xasprintf(
		"NOTIFY %s%s%s", notify->relname, notify->extra[0] ? ": " : "", notify->extra);
	const struct event_input event = {.wall_ms = LOG_NO_TIME,
		.level = LOG_LEVEL_INFO,
		.bot = bot,
		.message = message,
		.rest = rest};
	event_writer_event(listener->post.writer, &event);
}

static void post_notify(struct listener *listener, const PGnotify *notify)
{
	struct hub *hub = listener->session.worker->hub;
	struct msg_obs_notify *obs = msg_new(MSG_obs_notify);
	msg_set(&obs->name, listener->session.conf->name);
	msg_set(&obs->channel, notify->relname);
	set_text(hub, &obs->payload, notify->extra, strlen(notify->extra), PAYLOAD_CELLS);
	mailbox_post(hub->to_engine, MSG_obs_notify, obs);
}

static bool take_notifies(struct listener *listener, struct err *err)
{
	bool has_any = false;
	event_post_renew(&listener->post);
	for (PGnotify *notify;; PQfreemem(notify)) {
		if (!pg_take_notify(listener->session.conn, &notify, err))
			return false;
		if (!notify)
			break;
		post_notify(listener, notify);
		write_event(listener, notify);
		has_any = true;
	}
	if (has_any)
		listener->heard_ms = worker_now_ms(listener->session.worker);
	if (has_any)
		hub_tell(listener->session.worker->hub, ORDER_HURRY, "");
	return true;
}

/* ---- the connection ---- */

/* The server keeps nothing for who does not listen, and nobody knows how much that was. */
static void tell_gap(struct listener *listener)
{
	int64_t now_ms = worker_now_ms(listener->session.worker);
	int64_t away_ms = now_ms - listener->heard_ms;
	if (listener->heard_ms) {
		autofree char *text = xasprintf(
			"what was notified in the last %s is lost: nobody listened, and Postgres "
			"keeps no notification (follow a table where none may be missed)",
			format_duration(away_ms).text);
		event_post_lost(&listener->post, 1, "", text);
		listener->gaps++;
	}
	listener->heard_ms = now_ms;
}

static bool listen_to_all(struct listener *listener, struct err *err)
{
	struct pg_session *session = &listener->session;
	for (size_t i = 0; i < session->conf->listen_count; i++) {
		struct net_limit limit = pg_session_limit(session);
		if (!pg_listen(session->conn, session->conf->listen[i], &limit, err))
			return false;
	}
	tell_gap(listener);
	hub_tell(session->worker->hub, ORDER_HURRY, "");
	return true;
}

static bool open_or_ask(struct listener *listener, double *ret_latency_ms, struct err *err)
{
	struct pg_session *session = &listener->session;
	int64_t start_us = clock_cost_us();
	if (pg_session_is_broken(session))
		return pg_session_open(session, err) && listen_to_all(listener, err);
	bool is_well = pg_session_run(session, &(struct pg_query){.sql = "select 1"}, err);
	*ret_latency_ms = (double)(clock_cost_us() - start_us) / 1000.0;
	if (is_well)
		listener->heard_ms = worker_now_ms(session->worker);
	return is_well;
}

static void end_attempt(struct listener *listener, bool is_well, double latency_ms, struct err *err)
{
	struct worker *worker = listener->session.worker;
	if (is_well) {
		schedule_ok(&listener->schedule, worker_now_ms(worker), &listener->rng);
	} else {
		pg_session_close(&listener->session);
		schedule_fail(&listener->schedule, worker_now_ms(worker), &listener->rng);
		pg_session_name_error(&listener->session, err);
	}
	if (!worker_stopping(worker))
		post_source(worker->hub, &(struct attempt){.kind = "postgres",
						 .name = listener->name,
						 .schedule = &listener->schedule,
						 .err = is_well ? NULL : err,
						 .latency_ms = latency_ms,
						 .dropped = listener->gaps});
}

static void attempt_when_due(struct listener *listener)
{
	struct err err = {0};
	double latency_ms = NAN;
	if (!schedule_is_due(&listener->schedule, worker_now_ms(listener->session.worker)))
		return;
	schedule_begin(&listener->schedule);
	bool is_well = open_or_ask(listener, &latency_ms, &err);
	end_attempt(listener, is_well, latency_ms, &err);
}

static void take_arrivals(struct listener *listener)
{
	struct err err = {0};
	if (listener->session.conn && !take_notifies(listener, &err))
		end_attempt(listener, false, NAN, &err);
}

static void run(struct worker *worker)
{
	struct listener *listener = worker->context;
	autofree char *source = xasprintf("postgres/%s", listener->session.conf->name);
	listener->session.worker = worker;
	rng_init(&listener->rng, (uint64_t)clock_cost_us());
	schedule_init(
		&listener->schedule, listener->session.conf->interval_ms, worker_now_ms(worker));
	event_post_open(
		&listener->post, worker->hub, source, &(struct event_source){.name = source});
	for (;;) {
		int fd = listener->session.conn ? pg_socket(listener->session.conn) : -1;
		int64_t next_ms =
			event_post_until(&listener->post, schedule_next_ms(&listener->schedule));
		if (worker_wait(worker, fd, POLLIN, next_ms) == WAIT_STOP)
			break;
		take_arrivals(listener);
		attempt_when_due(listener);
		take_arrivals(listener);
		event_post_renew(&listener->post); /* also when nothing comes for long */
		event_post_flush(&listener->post);
	}
	event_post_close(&listener->post);
	pg_session_release(&listener->session);
}

static void release(void *context)
{
	struct listener *listener = context;
	free(listener->name);
	free(listener);
}

static struct worker_spec make(const void *part)
{
	const struct conf_postgres *conf = part;
	struct listener *listener = xcalloc(1, sizeof(*listener));
	listener->session.conf = conf;
	listener->name = xasprintf("%s:listen", conf->name);
	return (struct worker_spec){
		.name = "listen", .run = run, .context = listener, .release = release};
}

static size_t count(const struct settings *settings)
{
	return settings->postgres_count;
}

static const void *part(const struct settings *settings, size_t index)
{
	return settings->postgres[index].listen_count ? &settings->postgres[index] : NULL;
}

static bool same(const void *one, const void *other)
{
	return same_postgres(one, other);
}

const struct source_kind source_postgres_listen = {
	.name = "postgres listen",
	.help = "the notifications of a Postgres",
	.count = count,
	.part = part,
	.same = same,
	.make = make,
};
