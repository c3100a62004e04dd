/* SPDX-License-Identifier: MIT */
/*
 * The logs of containers, one thread on one HTTP loop: what the configuration and supervisors call `docker:NAME`, where their files
 * cannot be read. A connection for each that runs.
 */
#include "core/collect/sources.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/container_log.h"
#include "core/collect/http.h"
#include "core/collect/hub.h"
#include "core/collect/log_targets.h"
#include "core/collect/post.h"
#include "core/collect/roster.h"
#include "core/collect/schedule.h"
#include "core/conf/settings.h"
#include "core/parse/log_place.h"

#define SOURCE_KIND "docker"

enum { REPORT_EVERY_MS = 2000, CONTAINERS_MAX = 1024 };

struct containers {
	struct container_place place;
	struct roster *roster;
	struct container_log **items;
	size_t count, capacity;
	struct timer report;
	bool is_told, is_full;
	bool is_answered; /* all of them were looked for */
};

/* ---- which containers ---- */

/* The socket of the one that runs this bot, or of the usual one. */
static const char *address_of(const struct roster *roster, const char *bot)
{
	const struct conf_bot *conf = *bot ? roster_bot(roster, bot) : NULL;
	const char *name = conf && *conf->process.docker ? conf->process.supervisor : "docker";
	const struct conf_supervisor *supervisor = settings_supervisor(roster->settings, name);
	return supervisor ? supervisor->address : "";
}

static struct container_log *find(
	const struct containers *containers, const char *name, const char *address)
{
	for (size_t i = 0; i < containers->count; i++)
		if (strcmp(containers->items[i]->name, name) == 0 &&
			strcmp(containers->items[i]->address, address) == 0)
			return containers->items[i];
	return NULL;
}

static void add(
	struct containers *containers, const char *name, const char *address, const char *bot)
{
	containers->is_full |= containers->count >= CONTAINERS_MAX;
	if (containers->is_full)
		return;
	struct container_log *log = container_log_new(&containers->place, name, address, bot);
	log->is_wanted = true;
	containers->items = grow(containers->items, containers->count, &containers->capacity,
		sizeof(struct container_log *));
	containers->items[containers->count++] = log;
}

static void want(struct containers *containers, const struct log_target *target, bool may_add)
{
	const char *name, *address = address_of(containers->roster, target->bot);
	if (log_place_of(target->pattern, &name) != LOG_PLACE_DOCKER)
		return;
	struct container_log *log = find(containers, name, address);
	if (log && !log->is_wanted)
		container_log_give_to(log, target->bot);
	if (log)
		log->is_wanted = true;
	else if (may_add)
		add(containers, name, address, target->bot);
}

static void drop_unwanted(struct containers *containers)
{
	size_t kept = 0;
	for (size_t i = 0; i < containers->count; i++)
		if (containers->items[i]->is_wanted)
			containers->items[kept++] = containers->items[i];
		else
			container_log_free(containers->items[i]);
	containers->count = kept;
}

/* Those that nobody wants any more make room first. */
static void set_targets(struct containers *containers, const struct log_targets *targets)
{
	containers->is_full = false;
	for (size_t i = 0; i < containers->count; i++)
		containers->items[i]->is_wanted = false;
	for (size_t i = 0; i < targets->count; i++)
		want(containers, &targets->items[i], false);
	drop_unwanted(containers);
	for (size_t i = 0; i < targets->count; i++)
		want(containers, &targets->items[i], true);
}

/* Takes ownership of the reference. */
static void set_roster(struct containers *containers, struct roster *roster)
{
	struct roster *old = containers->roster;
	struct log_targets targets = {0};
	containers->roster = roster;
	containers->place.roster = roster;
	containers->place.read_back_ms = roster->settings->event_read_back_ms;
	log_targets_set(&targets, roster, LOG_PLACE_DOCKER);
	set_targets(containers, &targets);
	log_targets_release(&targets);
	roster_unref(old);
	containers->is_answered = false;
	timers_set(&containers->place.timers, &containers->report,
		worker_now_ms(containers->place.worker));
}

/* ---- how they are ---- */

/* The first trouble of any, else the first warning. */
static const struct err *trouble_of(const struct containers *containers, bool is_warning)
{
	for (size_t i = 0; i < containers->count; i++) {
		const struct container_log *log = containers->items[i];
		const struct err *err = is_warning ? &log->warning : &log->err;
		if (err->code != ERR_NONE)
			return err;
	}
	return NULL;
}

static bool are_begun(const struct containers *containers)
{
	for (size_t i = 0; i < containers->count; i++)
		if (!containers->items[i]->is_begun)
			return false;
	return true;
}

static void report(struct containers *containers)
{
	struct schedule schedule;
	struct err full = {0};
	int64_t now_ms = worker_now_ms(containers->place.worker);
	timers_set(&containers->place.timers, &containers->report, now_ms + REPORT_EVERY_MS);
	if (containers->count && !containers->is_answered)
		return;
	if (!containers->count && containers->is_told)
		post_source_gone(containers->place.worker->hub, SOURCE_KIND, LOG_SOURCE_NAME);
	containers->is_told = containers->count > 0;
	if (!containers->count)
		return;
	if (containers->is_full)
		err_set(&full, ERR_LIMIT, "more than %d containers: the rest is not read",
			CONTAINERS_MAX);
	schedule_init(&schedule, REPORT_EVERY_MS, now_ms + REPORT_EVERY_MS);
	const struct err *err = trouble_of(containers, false);
	for (size_t i = 0; i < containers->count; i++)
		event_post_soon(&containers->items[i]->post);
	post_source(containers->place.worker->hub, &(struct attempt){.kind = SOURCE_KIND,
							   .name = LOG_SOURCE_NAME,
							   .schedule = &schedule,
							   .err = containers->is_full ? &full : err,
							   .warning = trouble_of(containers, true),
							   .latency_ms = NAN,
							   .dropped = containers->place.dropped});
}

/* ---- the thread ---- */

static void take_orders(struct containers *containers)
{
	for (struct order *order; (order = worker_next_order(containers->place.worker));
		order_free(order))
		if (order->kind == ORDER_ROSTER)
			set_roster(containers, roster_ref(order->roster));
}

static void take_due(struct containers *containers)
{
	int64_t now_ms = worker_now_ms(containers->place.worker);
	for (struct timer *timer; (timer = timers_take_due(&containers->place.timers, now_ms));)
		if (timer == &containers->report)
			report(containers);
		else
			container_log_turn(timer->owner);
	/* At once when the last of them was looked for. */
	if (containers->count && !containers->is_answered && are_begun(containers)) {
		containers->is_answered = true;
		report(containers);
	}
}

static int64_t next_ms(const struct containers *containers)
{
	const struct timer *first = timers_first(&containers->place.timers);
	int64_t due_ms = http_due_ms(containers->place.http);
	return first && first->due_ms < due_ms ? first->due_ms : due_ms;
}

static bool prepare(void *context, struct err *err)
{
	struct containers *containers = context;
	return http_new(NULL, CONTAINERS_MAX, &containers->place.http, err);
}

static void run(struct worker *worker)
{
	struct containers *containers = worker->context;
	containers->place.worker = worker;
	while (worker_wait(worker, http_fd(containers->place.http), POLLIN, next_ms(containers)) !=
		WAIT_STOP) {
		take_orders(containers);
		http_turn(containers->place.http);
		take_due(containers);
	}
	for (size_t i = 0; i < containers->count; i++)
		container_log_free(containers->items[i]);
	free(containers->items);
	timers_release(&containers->place.timers);
	roster_unref(containers->roster);
}

static void release(void *context)
{
	struct containers *containers = context;
	http_free(containers->place.http);
	free(containers);
}

static struct worker_spec make(const void *part)
{
	(void)part;
	return (struct worker_spec){.name = "containers",
		.prepare = prepare,
		.run = run,
		.context = xcalloc(1, sizeof(struct containers)),
		.release = release};
}

static struct source_place place(const void *part)
{
	return log_targets_place(part, LOG_PLACE_DOCKER, REPORT_EVERY_MS);
}

const struct source_kind source_containers = {
	.name = SOURCE_KIND,
	.help = "the logs of containers, by the Docker Engine API",
	.listens = true,
	.count = source_one,
	.part = source_whole,
	.place = place,
	.same = source_always_same,
	.make = make,
};
