/* SPDX-License-Identifier: MIT */
/*
 * Tables of events of one Postgres (an audit log), each followed by its key on a connection of their own. What was read
 * outlives every connection: after a break each table goes on where it was.
 */
#include "core/collect/sources.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/events/writer.h"
#include "core/collect/event_post.h"
#include "core/collect/hub.h"
#include "core/collect/pg_session.h"
#include "core/collect/pg_table.h"
#include "core/collect/pg_table_place.h"
#include "core/collect/places.h"
#include "core/collect/post.h"
#include "core/collect/roster.h"
#include "core/collect/same.h"
#include "core/collect/schedule.h"

struct tables {
	struct pg_session session;
	struct schedule schedule; /* of telling how it is; of connecting after a failure */
	struct event_post post;
	struct pg_table *items;
	struct err refused; /* since it was told */
	int64_t span_ms;
	char *name;  /* of the source: main:tables */
	char *place; /* key of ours; NULL: it is not ours */
	struct rng rng;
};

static uint64_t dropped(const struct tables *tables)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < tables->session.conf->table_count; i++)
		sum += tables->items[i].progress.dropped;
	return sum;
}

static void report(struct tables *tables, struct err *err)
{
	if (err->code != ERR_NONE)
		pg_session_name_error(&tables->session, err);
	event_post_soon(&tables->post);
	if (!worker_stopping(tables->session.worker))
		post_source(tables->session.worker->hub, &(struct attempt){.kind = "postgres",
								 .name = tables->name,
								 .schedule = &tables->schedule,
								 .err = err,
								 .latency_ms = NAN,
								 .dropped = dropped(tables)});
}

static void failed(struct tables *tables, struct err *err)
{
	struct worker *worker = tables->session.worker;
	pg_session_close(&tables->session);
	schedule_fail(&tables->schedule, worker_now_ms(worker), &tables->rng);
	report(tables, err);
}

/* A table that cannot be read is named; the others go on. */
static bool read_tables(struct tables *tables, struct err *err)
{
	struct pg_session *session = &tables->session;
	for (size_t i = 0; i < session->conf->table_count; i++) {
		struct pg_table *table = &tables->items[i];
		if (worker_now_ms(session->worker) < table->due_ms)
			continue;
		table->due_ms = worker_now_ms(session->worker) + table->conf->interval_ms;
		event_post_renew(&tables->post);
		if (pg_table_read(table, session, &tables->post, tables->span_ms, err))
			continue;
		if (pg_session_is_broken(session))
			return false;
		struct err bare = *err;
		err_set(&tables->refused, bare.code, "table '%s': %s", table->conf->name,
			bare.text);
	}
	return true;
}

static void round_of(struct tables *tables)
{
	struct worker *worker = tables->session.worker;
	struct err err = {0};
	bool is_due = schedule_is_due(&tables->schedule, worker_now_ms(worker));
	if (!tables->session.conn && !is_due)
		return;
	if (!pg_session_open(&tables->session, &err) || !read_tables(tables, &err)) {
		failed(tables, &err);
		return;
	}
	if (!is_due)
		return;
	schedule_ok(&tables->schedule, worker_now_ms(worker), &tables->rng);
	report(tables, &tables->refused);
	tables->refused = (struct err){0};
}

static int64_t next_ms(const struct tables *tables)
{
	int64_t next = schedule_next_ms(&tables->schedule);
	for (size_t i = 0; tables->session.conn && i < tables->session.conf->table_count; i++)
		if (tables->items[i].due_ms < next)
			next = tables->items[i].due_ms;
	return event_post_until(&tables->post, next);
}

static int64_t span_of(struct hub *hub)
{
	struct roster *roster = hub_roster(hub);
	int64_t span_ms = roster->settings->event_read_back_ms;
	roster_unref(roster);
	return span_ms;
}

/* Goes on where the worker of other settings was. */
static void enter_place(struct tables *tables)
{
	void *before;
	tables->place = places_settle(
		tables->session.worker, pg_table_place_key(tables->session.conf), &before);
	for (size_t i = 0; i < tables->session.conf->table_count; i++)
		pg_table_place_resume(before, &tables->items[i]);
	pg_table_place_free(before);
}

/* What could not be posted is read again. */
static void leave_place(struct tables *tables, bool is_posted)
{
	struct pg_table_place *place =
		is_posted ? pg_table_place_new(tables->items, tables->session.conf->table_count)
			  : NULL;
	places_move_on(tables->session.worker, tables->place, place, pg_table_place_free);
}

static void run(struct worker *worker)
{
	struct tables *tables = worker->context;
	autofree char *source = xasprintf("postgres/%s", tables->session.conf->name);
	autofree char *key = xasprintf("%s/tables", source);
	tables->session.worker = worker;
	enter_place(tables);
	tables->span_ms = span_of(worker->hub);
	rng_init(&tables->rng, (uint64_t)clock_cost_us());
	schedule_init(&tables->schedule, tables->session.conf->interval_ms, worker_now_ms(worker));
	event_post_open(&tables->post, worker->hub, key, &(struct event_source){.name = source});
	while (worker_wait(worker, -1, 0, next_ms(tables)) != WAIT_STOP) {
		round_of(tables);
		event_post_renew(&tables->post); /* also when nothing comes for long */
		event_post_flush(&tables->post);
	}
	leave_place(tables, event_post_close(&tables->post));
	pg_session_release(&tables->session);
}

static void release(void *context)
{
	struct tables *tables = context;
	for (size_t i = 0; i < tables->session.conf->table_count; i++)
		pg_table_release(&tables->items[i]);
	free(tables->items);
	free(tables->place);
	free(tables->name);
	free(tables);
}

static struct worker_spec make(const void *part)
{
	const struct conf_postgres *conf = part;
	struct tables *tables = xcalloc(1, sizeof(*tables));
	tables->session.conf = conf;
	tables->name = xasprintf("%s:tables", conf->name);
	tables->items = xcalloc(conf->table_count, sizeof(*tables->items));
	for (size_t i = 0; i < conf->table_count; i++)
		pg_table_init(&tables->items[i], &conf->tables[i]);
	return (struct worker_spec){
		.name = "tables", .run = run, .context = tables, .release = release};
}

static size_t count(const struct settings *settings)
{
	return settings->postgres_count;
}

static const void *part(const struct settings *settings, size_t index)
{
	return settings->postgres[index].table_count ? &settings->postgres[index] : NULL;
}

static bool same(const void *one, const void *other)
{
	return same_postgres(one, other);
}

const struct source_kind source_postgres_tables = {
	.name = "postgres tables",
	.help = "tables of events of a Postgres, followed by a key",
	.count = count,
	.part = part,
	.same = same,
	.make = make,
};
