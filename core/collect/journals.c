/* SPDX-License-Identifier: MIT */
/*
 * All journals, one thread: what the configuration and systemd call `journal:...`. An inotify wakes it, since a journal touches
 * its file after each entry; every two seconds it looks at all of them anyway.
 */
#include "core/collect/sources.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/bus_guard.h"
#include "core/collect/hub.h"
#include "core/collect/inotify_read.h"
#include "core/collect/journal_source.h"
#include "core/collect/log_targets.h"
#include "core/collect/post.h"
#include "core/collect/roster.h"
#include "core/collect/schedule.h"
#include "core/conf/settings.h"
#include "core/parse/log_place.h"

#define SOURCE_KIND "journal"

enum {
	LOOK_EVERY_MS = 2000,
	LOOK_SOON_MS = 20, /* after a change in a folder: there are more to come */
	READ_SOON_MS = 3,  /* after an entry */
	JOURNALS_MAX = 64,
	LOOK_EVENTS = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE,
};

struct journals {
	struct worker *worker;
	struct roster *roster;
	struct journal_source *items[JOURNALS_MAX];
	size_t count;
	int inotify;
	int64_t look_ms, read_ms; /* mono: when that is next */
	bool is_told;             /* there is a source of ours in the model */
	bool is_full;
	struct err err;          /* the first trouble since the last report */
	uint64_t dropped_before; /* of journals that are asked for no more */
};

static int64_t now_of(const struct journals *journals)
{
	return worker_now_ms(journals->worker);
}

static void sooner(int64_t *due_ms, int64_t at_ms)
{
	if (at_ms < *due_ms)
		*due_ms = at_ms;
}

/* ---- which journals ---- */

static struct journal_source *find(const struct journals *journals, const char *path)
{
	for (size_t i = 0; i < journals->count; i++)
		if (strcmp(journals->items[i]->folder.path, path) == 0)
			return journals->items[i];
	return NULL;
}

static struct journal_source *add(struct journals *journals, const char *path)
{
	journals->is_full |= journals->count == JOURNALS_MAX;
	if (journals->is_full)
		return NULL;
	struct journal_source *source = journal_source_new(journals->worker, path);
	journals->items[journals->count++] = source;
	return source;
}

/* A path without the slashes that it may end in. */
static char *clean_path(const char *path, size_t length)
{
	while (length > 1 && path[length - 1] == '/')
		length--;
	return xstrndup(path, length);
}

/* As systemd takes it: a name without an ending is a service. */
static char *unit_name(const char *unit, size_t length)
{
	bool has_ending = !length || memchr(unit, '.', length);
	return xasprintf("%.*s%s", (int)length, unit, has_ending ? "" : ".service");
}

static void want(struct journals *journals, const struct log_target *target, bool may_add)
{
	const char *rest, *usual = journals->roster->settings->journal;
	if (log_place_of(target->pattern, &rest) != LOG_PLACE_JOURNAL)
		return;
	const struct journal_place place = journal_place_of(rest);
	autofree char *path = place.path_length ? clean_path(place.path, place.path_length)
						: clean_path(usual, strlen(usual));
	autofree char *unit = unit_name(place.unit, place.unit_length);
	struct journal_source *source = find(journals, path);
	if (!source && may_add)
		source = add(journals, path);
	if (source)
		journal_source_want(source, journals->roster, unit, target->bot);
}

/* No watch of what was dropped is to wake us: the next look watches all of the others again. */
static void renew_watches(struct journals *journals)
{
	autoclose_release(&journals->inotify);
	journals->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
}

static void drop_unwanted(struct journals *journals)
{
	size_t kept = 0, count = journals->count;
	for (size_t i = 0; i < count; i++) {
		struct journal_source *source = journals->items[i];
		if (journal_source_is_wanted(source)) {
			journals->items[kept++] = source;
			continue;
		}
		journals->dropped_before += source->dropped;
		journal_source_free(source);
	}
	journals->count = kept;
	if (kept < count)
		renew_watches(journals);
}

/* Those that nobody wants any more make room first. */
static void set_targets(struct journals *journals, const struct log_targets *targets)
{
	journals->is_full = false;
	for (size_t i = 0; i < journals->count; i++)
		journal_source_begin(journals->items[i]);
	for (size_t i = 0; i < targets->count; i++)
		want(journals, &targets->items[i], false);
	drop_unwanted(journals);
	for (size_t i = 0; i < targets->count; i++)
		want(journals, &targets->items[i], true);
	for (size_t i = 0; i < journals->count; i++)
		journal_source_end(journals->items[i]);
}

/* Takes ownership of the reference. */
static void set_roster(struct journals *journals, struct roster *roster)
{
	struct roster *old = journals->roster;
	struct log_targets targets = {0};
	journals->roster = roster;
	log_targets_set(&targets, roster, LOG_PLACE_JOURNAL);
	set_targets(journals, &targets);
	log_targets_release(&targets);
	roster_unref(old);
	journals->look_ms = now_of(journals);
}

/* ---- looking and reading ---- */

static struct journal_start start_of(const struct journals *journals)
{
	const struct settings *settings = journals->roster->settings;
	int64_t span_ms = settings->event_read_back_ms;
	int64_t since_ms = clock_wall_ms(journals->worker->hub->clock) - span_ms;
	/* As much of the store as is left to what comes: an entry is taken to be half a KiB. */
	return (struct journal_start){
		.since_us = span_ms && since_ms >= 0 ? (uint64_t)since_ms * 1000 : UINT64_MAX,
		.entries = settings->event_bytes / 2 / 512};
}

static void note_trouble(struct journals *journals, const struct err *err)
{
	if (journals->err.code == ERR_NONE)
		journals->err = *err;
}

static void watch(const struct journals *journals, const struct journal_source *source)
{
	for (size_t i = 0; i < source->folder.folder_count; i++)
		inotify_add_watch(journals->inotify, source->folder.folders[i],
			IN_MODIFY | LOOK_EVENTS | IN_ONLYDIR);
}

static void report(struct journals *journals)
{
	struct schedule schedule;
	uint64_t dropped = journals->dropped_before;
	for (size_t i = 0; i < journals->count; i++)
		dropped += journals->items[i]->dropped;
	if (journals->is_full)
		err_set(&journals->err, ERR_LIMIT, "more than %d journals: the rest is not read",
			JOURNALS_MAX);
	schedule_init(&schedule, LOOK_EVERY_MS, now_of(journals) + LOOK_EVERY_MS);
	for (size_t i = 0; i < journals->count; i++)
		journal_source_post_now(journals->items[i]);
	post_source(journals->worker->hub, &(struct attempt){.kind = SOURCE_KIND,
						   .name = LOG_SOURCE_NAME,
						   .schedule = &schedule,
						   .err = &journals->err,
						   .latency_ms = NAN,
						   .dropped = dropped});
	journals->err = (struct err){0};
}

static void look(struct journals *journals)
{
	const struct journal_start start = start_of(journals);
	for (size_t i = 0; i < journals->count && !worker_stopping(journals->worker); i++) {
		struct err err = {0};
		if (!journal_source_look(journals->items[i], &start, &err))
			note_trouble(journals, &err);
		watch(journals, journals->items[i]);
	}
	if (journals->count)
		report(journals);
	else if (journals->is_told)
		post_source_gone(journals->worker->hub, SOURCE_KIND, LOG_SOURCE_NAME);
	journals->is_told = journals->count > 0;
	journals->look_ms = journals->count ? now_of(journals) + LOOK_EVERY_MS : INT64_MAX;
	journals->read_ms = now_of(journals);
}

static void read_all(struct journals *journals)
{
	bool has_more = false;
	for (size_t i = 0; i < journals->count; i++) {
		struct err err = {0};
		has_more |= journal_source_read(journals->items[i], &err);
		if (err.code != ERR_NONE)
			note_trouble(journals, &err);
	}
	journals->read_ms = has_more ? now_of(journals) : INT64_MAX;
}

/* ---- the thread ---- */

static void take_event(void *context, const struct inotify_event *event)
{
	struct journals *journals = context;
	if (event->mask & (LOOK_EVENTS | IN_Q_OVERFLOW))
		sooner(&journals->look_ms, now_of(journals) + LOOK_SOON_MS);
	sooner(&journals->read_ms, now_of(journals) + READ_SOON_MS);
}

static void take_orders(struct journals *journals)
{
	for (struct order *order; (order = worker_next_order(journals->worker)); order_free(order))
		if (order->kind == ORDER_ROSTER)
			set_roster(journals, roster_ref(order->roster));
}

/* When there is something to do next. */
static int64_t take_turn(struct journals *journals)
{
	if (journals->roster && journals->look_ms <= now_of(journals))
		look(journals);
	if (journals->read_ms <= now_of(journals))
		read_all(journals);
	int64_t next_ms =
		journals->look_ms < journals->read_ms ? journals->look_ms : journals->read_ms;
	for (size_t i = 0; i < journals->count; i++)
		next_ms = journal_source_post(journals->items[i], next_ms);
	return next_ms;
}

static void run(struct worker *worker)
{
	struct journals *journals = worker->context;
	int64_t next_ms = INT64_MAX;
	journals->worker = worker;
	journals->look_ms = journals->read_ms = INT64_MAX;
	journals->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	bus_guard_begin();
	while (worker_wait(worker, journals->inotify, POLLIN, next_ms) != WAIT_STOP) {
		take_orders(journals);
		inotify_read(journals->inotify, take_event, journals);
		next_ms = take_turn(journals);
	}
	for (size_t i = 0; i < journals->count; i++)
		journal_source_free(journals->items[i]);
	roster_unref(journals->roster);
	autoclose_release(&journals->inotify);
}

static struct worker_spec make(const void *part)
{
	(void)part;
	return (struct worker_spec){.name = "journals",
		.run = run,
		.context = xcalloc(1, sizeof(struct journals)),
		.release = free};
}

static struct source_place place(const void *part)
{
	return log_targets_place(part, LOG_PLACE_JOURNAL, LOOK_EVERY_MS);
}

const struct source_kind source_journals = {
	.name = SOURCE_KIND,
	.help = "the systemd journal, for the bots and for others",
	.listens = true,
	.count = source_one,
	.part = source_whole,
	.place = place,
	.same = source_always_same,
	.make = make,
};
