/* SPDX-License-Identifier: MIT */
/*
 * The thread that asks for pages. A page is asked again an interval after its last answer, also after
 * a failure: failures in a row then are as far apart as looks, and how many of them make a thing down
 * means the same for all.
 */
#include "core/collect/web.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/collect/http.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/collect/roster.h"
#include "core/collect/sources.h"
#include "core/collect/target_files.h"

enum {
	CALLS_MAX = 64,
	SPREAD_MS = 7, /* between the first looks of two pages */
	HURRY_MS = 500 /* one page is not asked more often than that */
};

struct web {
	struct worker *worker;
	struct http *http;
	struct web_pages pages;
	struct target_files *files;
	struct timers timers;
	struct rng rng;
	int64_t first_ms; /* when the next new page is asked */
};

static int64_t now_ms(const struct web *web)
{
	return worker_now_ms(web->worker);
}

static void plan(struct web *web, struct web_page *page)
{
	timers_set(&web->timers, &page->timer, schedule_next_ms(&page->schedule));
}

/* The schedule hears of it after us (note_end): what it will say is said here. */
void web_report(const struct web_page *page, struct hub *hub, const char *kind,
	const struct err *err, const struct err *warning, double latency_ms)
{
	bool is_good = err->code == ERR_NONE;
	struct schedule shown = page->schedule;
	shown.fails = is_good ? 0 : shown.fails + 1;
	shown.circuit = CIRCUIT_CLOSED;
	shown.due_ms = clock_mono_ms(hub->clock) + shown.interval_ms;
	post_source(hub, &(struct attempt){.kind = kind,
				 .name = page->place.name,
				 .schedule = &shown,
				 .err = err,
				 .warning = warning,
				 .latency_ms = is_good ? latency_ms : (double)NAN});
}

void web_leave(const struct web_page *page, struct hub *hub, const char *kind)
{
	if (hub)
		post_source_gone(hub, kind, page->place.name);
}

/* ---- asking ---- */

static void note_end(struct web *web, struct web_page *page, bool was_good)
{
	struct schedule *schedule = &page->schedule;
	unsigned fails = was_good ? 0 : schedule->fails + 1;
	schedule_answered(schedule, now_ms(web), schedule->interval_ms, &web->rng);
	schedule->fails = fails;
	schedule->circuit = fails >= SCHEDULE_OPEN_AFTER ? CIRCUIT_OPEN : CIRCUIT_CLOSED;
}

static void on_reply(void *context, const struct http_reply *reply)
{
	struct web_page *page = context;
	struct web *web = page->web;
	page->call = NULL;
	note_end(web, page, page->kind->take(page, web->worker->hub, reply));
	plan(web, page);
}

static void ask(struct web *web, struct web_page *page)
{
	const struct web_place *place = &page->place;
	struct http_request request = {.url = place->url,
		.socket = place->socket[0] ? place->socket : NULL,
		.ca_file = place->ca_file[0] ? place->ca_file : NULL,
		.allow_plain = true,
		.connect_ms = place->timeout_ms,
		.total_ms = place->timeout_ms,
		.done = on_reply,
		.context = page};
	struct http_reply refusal = {.content_type = "", .body = ""};
	page->asked_ms = now_ms(web);
	schedule_begin(&page->schedule);
	if (page->kind->prepare &&
		!page->kind->prepare(page, web->worker->hub, &request, &refusal.err))
		on_reply(page, &refusal);
	else
		page->call = http_get(web->http, &request);
}

static void take_due(struct web *web)
{
	struct timer *timer;
	while (http_has_room(web->http) && (timer = timers_take_due(&web->timers, now_ms(web))))
		ask(web, timer->owner);
}

/* ---- which pages ---- */

static void begin(void *context, struct web_page *page)
{
	struct web *web = context;
	page->web = web;
	schedule_init(&page->schedule, page->place.interval_ms, web->first_ms);
	web->first_ms += SPREAD_MS;
	plan(web, page);
}

static void end(void *context, struct web_page *page)
{
	struct web *web = context;
	timers_remove(&web->timers, &page->timer);
	if (page->call)
		http_cancel(page->call);
	page->kind->forget(page, worker_stopping(web->worker) ? NULL : web->worker->hub);
	web_page_free(page);
}

static void hurry(struct web *web, const char *bot)
{
	for (size_t i = 0; bot[0] && i < web->pages.count; i++) {
		struct web_page *page = web->pages.list[i];
		if (page->call || strcmp(page->place.bot, bot) != 0)
			continue;
		int64_t soon_ms = page->asked_ms + HURRY_MS, now = now_ms(web);
		schedule_hurry(&page->schedule, soon_ms > now ? soon_ms : now);
		plan(web, page);
	}
}

/* Takes ownership of the roster. */
static void set_pages(struct web *web, struct roster *roster)
{
	web->first_ms = now_ms(web);
	web_pages_set(&web->pages, roster, web->files, begin, end, web);
	target_files_settle(web->files);
}

static void take_roster(struct web *web, struct roster *roster)
{
	target_files_set(web->files, roster->settings, web->worker->hub);
	set_pages(web, roster_ref(roster));
}

static void take_targets(struct web *web)
{
	if (target_files_due_ms(web->files) <= now_ms(web) &&
		target_files_look(web->files, web->worker->hub))
		set_pages(web, roster_ref(web->pages.roster));
}

static void take_orders(struct web *web)
{
	for (struct order *order; (order = worker_next_order(web->worker)); order_free(order)) {
		if (order->kind == ORDER_ROSTER) {
			take_roster(web, order->roster);
		} else if (order->kind == ORDER_HURRY) {
			hurry(web, order->bot);
		}
	}
}

/* ---- the thread ---- */

static int64_t next_ms(const struct web *web)
{
	const struct timer *first = timers_first(&web->timers);
	int64_t next = http_due_ms(web->http), files_ms = target_files_due_ms(web->files);
	next = files_ms < next ? files_ms : next;
	if (first && http_has_room(web->http) && first->due_ms < next)
		next = first->due_ms;
	return next;
}

static void serve(struct web *web)
{
	while (worker_wait(web->worker, http_fd(web->http), POLLIN, next_ms(web)) != WAIT_STOP) {
		take_orders(web);
		take_targets(web);
		take_due(web);
		http_turn(web->http); /* sends what was due without another wake-up */
	}
}

static void run(struct worker *worker)
{
	struct web *web = worker->context;
	web->worker = worker;
	web->files = target_files_new();
	rng_init(&web->rng, (uint64_t)clock_cost_us());
	serve(web);
	for (size_t i = 0; i < web->pages.count; i++)
		end(web, web->pages.list[i]);
	free(web->pages.list);
	target_files_free(web->files);
	roster_unref(web->pages.roster);
	http_free(web->http);
	web->http = NULL;
	timers_release(&web->timers);
}

static bool prepare(void *context, struct err *err)
{
	struct web *web = context;
	return http_new(NULL, CALLS_MAX, &web->http, err);
}

/* Of one whose thread was not started: else that closed its connections itself. */
static void release(void *context)
{
	struct web *web = context;
	http_free(web->http);
	free(web);
}

static struct worker_spec make(const void *part)
{
	(void)part;
	return (struct worker_spec){.name = "web",
		.prepare = prepare,
		.run = run,
		.context = xcalloc(1, sizeof(struct web)),
		.release = release};
}

const struct source_kind source_web = {
	.name = "web",
	.help = "pages over HTTP: health checks and Prometheus text",
	.listens = true,
	.count = source_one,
	.part = source_whole,
	.same = source_always_same,
	.make = make,
};
