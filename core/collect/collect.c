/* SPDX-License-Identifier: MIT */
/*
 * Which sources run. Each is a worker with a key: its kind and the part of the settings that it was
 * started with. A reload keeps those whose part says the same, asks the others to leave (they are
 * joined once they have: nobody waits for them) and starts what is new.
 */
#include "core/collect/collect.h"

#include <stdlib.h>

#include <curl/curl.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/collect/hub.h"
#include "core/collect/prometheus.h"
#include "core/collect/sources.h"
#include "core/collect/vault.h"
#include "core/conf/settings.h"

struct running {
	const struct source_kind *kind;
	struct settings *settings; /* keeps `part` alive */
	const void *part;
	struct worker *worker;
	bool is_kept, is_leaving;
};

struct collect {
	struct hub hub;
	struct running *running;
	size_t count, capacity;
};

static bool start(struct collect *collect, const struct source_kind *kind,
	struct settings *settings, const void *part, struct err *err)
{
	struct worker_spec spec = kind->make(part);
	struct worker *worker;
	if (!worker_start(&collect->hub, &spec, &worker, err))
		return false;
	collect->running = grow(
		collect->running, collect->count, &collect->capacity, sizeof(*collect->running));
	collect->running[collect->count++] = (struct running){.kind = kind,
		.settings = settings_ref(settings),
		.part = part,
		.worker = worker,
		.is_kept = true};
	if (kind->listens)
		hub_listen(&collect->hub, worker);
	return true;
}

static struct running *find(
	struct collect *collect, const struct source_kind *kind, const void *part)
{
	for (size_t i = 0; i < collect->count; i++) {
		struct running *running = &collect->running[i];
		if (running->kind == kind && !running->is_leaving && !running->is_kept &&
			kind->same(running->part, part))
			return running;
	}
	return NULL;
}

static bool keep_or_start(struct collect *collect, const struct source_kind *kind,
	struct settings *settings, struct err *err)
{
	bool is_well = true;
	for (size_t i = 0; i < kind->count(settings); i++) {
		const void *part = kind->part(settings, i);
		struct running *running = part ? find(collect, kind, part) : NULL;
		if (running)
			running->is_kept = true;
		else if (part)
			is_well = start(collect, kind, settings, part, err) && is_well;
	}
	return is_well;
}

static void ask_to_leave(struct collect *collect, struct running *running)
{
	hub_unlisten(&collect->hub, running->worker);
	worker_stop(running->worker);
	running->is_leaving = true;
}

/* Frees those that have left; `wait`: all that are leaving, however long (<= 2 s) they take. */
static void reap(struct collect *collect, bool wait)
{
	size_t kept = 0;
	for (size_t i = 0; i < collect->count; i++) {
		struct running *running = &collect->running[i];
		if (running->is_leaving && (wait || worker_has_ended(running->worker))) {
			worker_join(running->worker);
			settings_unref(running->settings);
		} else {
			collect->running[kept++] = *running;
		}
	}
	collect->count = kept;
}

static bool apply(struct collect *collect, struct settings *settings, struct err *err)
{
	bool is_well = true;
	for (size_t i = 0; i < collect->count; i++)
		collect->running[i].is_kept = false;
	for (size_t i = 0; source_kinds[i]; i++)
		is_well = keep_or_start(collect, source_kinds[i], settings, err) && is_well;
	for (size_t i = 0; i < collect->count; i++)
		if (!collect->running[i].is_kept && !collect->running[i].is_leaving)
			ask_to_leave(collect, &collect->running[i]);
	reap(collect, false);
	return is_well;
}

struct collect *collect_start(struct settings *settings, const struct clock *clock,
	struct mailbox *to_engine, const struct collect_with *with, struct err *err)
{
	struct collect *collect = xcalloc(1, sizeof(*collect));
	curl_global_init(CURL_GLOBAL_DEFAULT);
	hub_init(&collect->hub, clock, to_engine, settings);
	collect->hub.known = with->known;
	collect->hub.known_context = with->context;
	collect->hub.metrics = with->metrics;
	bool ignored UNUSED = apply(collect, settings, err);
	return collect;
}

bool collect_reload(struct collect *collect, struct settings *settings, struct err *err)
{
	hub_settings(&collect->hub, settings);
	return apply(collect, settings, err);
}

void collect_focus(struct collect *collect, const char *bot)
{
	hub_tell(&collect->hub, ORDER_FOCUS, bot ? bot : "");
}

void collect_hurry(struct collect *collect, const char *bot)
{
	hub_tell(&collect->hub, ORDER_HURRY, bot);
}

bool collect_ask(struct collect *collect, struct prometheus_ask *ask)
{
	for (size_t i = 0; i < collect->count; i++) {
		const struct running *running = &collect->running[i];
		if (running->kind != &source_prometheus || running->is_leaving)
			continue;
		struct order *order = xcalloc(1, sizeof(*order));
		*order = (struct order){.kind = ORDER_ASK, .ask = ask, .drop = prometheus_drop};
		worker_order(running->worker, order);
		return true;
	}
	return false;
}

struct redactor *collect_redactor(struct collect *collect)
{
	return vault_redactor(collect->hub.vault);
}

void collect_stop(struct collect *collect)
{
	if (!collect)
		return;
	for (size_t i = 0; i < collect->count; i++)
		if (!collect->running[i].is_leaving)
			ask_to_leave(collect, &collect->running[i]);
	reap(collect, true);
	free(collect->running);
	hub_release(&collect->hub);
	free(collect);
}
