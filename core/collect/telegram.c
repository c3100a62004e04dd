/* SPDX-License-Identifier: MIT */
/*
 * The Bot API for all bots: one thread, one heap of who is due, one HTTP loop. A bot is asked what
 * it wants to know next (telegram_bot.c) through the one door that has URLs (telegram_url.c).
 */
#include "core/collect/sources.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/collect/http.h"
#include "core/collect/roster.h"
#include "core/collect/telegram_internal.h"
#include "core/collect/telegram_url.h"

enum {
	CALLS_MAX = 64,
	CONNECT_MS = 5000,
	HURRY_MS = 4000, /* one bot is not asked more often than that */
	HURRY_NEAR_MS = 500,
};

const struct settings *tg_settings(const struct telegram *telegram)
{
	return telegram->roster->settings;
}

int64_t tg_now(const struct telegram *telegram)
{
	return worker_now_ms(telegram->worker);
}

struct tg_scene tg_scene_of(struct telegram *telegram, const struct tg_bot *bot)
{
	return (struct tg_scene){.hub = telegram->worker->hub,
		.settings = tg_settings(telegram),
		.rng = &telegram->rng,
		.now_ms = tg_now(telegram),
		.is_focused = strcmp(telegram->focus, bot->conf->name) == 0};
}

/* Bots that are due at about the same time are asked together: who wakes for each of thousands alone pays more for
 * waking than for asking. */
void tg_plan(struct telegram *telegram, struct tg_bot *bot)
{
	timers_set(&telegram->timers, &bot->timer,
		tg_on_tick(tg_settings(telegram), tg_bot_next_ms(bot)));
}

/* ---- asking ---- */

static void on_reply(void *context, const struct http_reply *reply)
{
	struct tg_bot *bot = context;
	struct telegram *telegram = bot->telegram;
	struct tg_scene scene = tg_scene_of(telegram, bot);
	struct http_reply named = *reply;
	struct err err;
	bot->call = NULL;
	if (telegram->prober == bot)
		telegram->prober = NULL;
	tg_host_name_error(telegram, &named.err);
	if (tg_bot_take_reply(bot, &scene, &named, &err))
		tg_host_answered(telegram, bot, reply->latency_ms);
	else
		tg_host_failed(telegram, bot, &err);
	tg_plan(telegram, bot);
}

static void ask(struct telegram *telegram, struct tg_bot *bot)
{
	struct str url = STR_INIT;
	struct err err = {0};
	bot->asked = tg_bot_wants(bot);
	bot->asked_ms = tg_now(telegram);
	schedule_begin(&bot->schedules[bot->asked]);
	if (!telegram_url(tg_settings(telegram)->telegram_api, &bot->token,
		    tg_method_name(bot->asked), &url, &err))
		abort();
	struct http_request request = {.url = url.text,
		.is_fresh = telegram->host.circuit != CIRCUIT_CLOSED,
		.allow_plain = tg_settings(telegram)->telegram_loopback,
		.connect_ms = CONNECT_MS,
		.total_ms = tg_settings(telegram)->telegram_timeout_ms,
		.done = on_reply,
		.context = bot};
	bot->call = http_get(telegram->http, &request);
	str_wipe(&url);
	str_release(&url);
}

void tg_take_turn(struct telegram *telegram, struct tg_bot *bot)
{
	if (bot->call || tg_host_holds_back(telegram, bot))
		return;
	if (!tg_has_token(telegram, bot)) {
		tg_plan(telegram, bot);
		return;
	}
	if (telegram->host.circuit != CIRCUIT_CLOSED)
		telegram->prober = bot;
	schedule_begin(&telegram->host);
	ask(telegram, bot);
}

static void take_due(struct telegram *telegram)
{
	struct timer *timer;
	while (http_has_room(telegram->http) &&
		(timer = timers_take_due(&telegram->timers, tg_now(telegram)))) {
		if (timer == &telegram->probe)
			tg_host_probe(telegram);
		else
			tg_take_turn(telegram, timer->owner);
	}
}

/* ---- the thread ---- */

static void hurry(struct telegram *telegram, const char *name)
{
	struct tg_bot *bot = tg_find(telegram, name);
	if (!bot || bot->call || !bot->timer.place)
		return;
	/* Whoever watches a restart hurries every second; Telegram need not feel it. */
	int64_t gap_ms = tg_settings(telegram)->telegram_loopback ? HURRY_NEAR_MS : HURRY_MS;
	int64_t now_ms = tg_now(telegram), soon_ms = bot->asked_ms + gap_ms;
	tg_bot_hurry(bot, soon_ms > now_ms ? soon_ms : now_ms);
	tg_plan(telegram, bot);
}

static void set_focus(struct telegram *telegram, const char *name)
{
	struct tg_bot *bots[] = {tg_find(telegram, telegram->focus), tg_find(telegram, name)};
	free(telegram->focus);
	telegram->focus = xstrdup(name);
	for (size_t i = 0; i < COUNT_OF(bots); i++) {
		if (!bots[i] || !bots[i]->timer.place)
			continue;
		struct tg_scene scene = tg_scene_of(telegram, bots[i]);
		tg_bot_set_pace(bots[i], &scene);
		tg_plan(telegram, bots[i]);
	}
}

static void take_orders(struct telegram *telegram)
{
	for (struct order *order; (order = worker_next_order(telegram->worker));) {
		if (order->kind == ORDER_ROSTER)
			tg_set_roster(telegram, roster_ref(order->roster));
		else if (order->kind == ORDER_FOCUS && telegram->roster)
			set_focus(telegram, order->bot);
		else if (order->kind == ORDER_HURRY && telegram->roster)
			hurry(telegram, order->bot);
		order_free(order);
	}
}

static int64_t next_ms(const struct telegram *telegram)
{
	const struct timer *first = timers_first(&telegram->timers);
	int64_t next = http_due_ms(telegram->http);
	if (telegram->unread < telegram->count)
		return 0;
	if (tg_outputs_ms(telegram) < next)
		next = tg_outputs_ms(telegram);
	if (first && http_has_room(telegram->http) && first->due_ms < next)
		next = first->due_ms;
	return next;
}

static void serve(struct telegram *telegram)
{
	struct worker *worker = telegram->worker;
	int fd = telegram->commands.poll_fd;
	while (worker_wait(worker, fd, POLLIN, next_ms(telegram)) != WAIT_STOP) {
		take_orders(telegram);
		tg_take_outputs(telegram);
		tg_read_tokens(telegram);
		take_due(telegram);
		http_turn(telegram->http); /* sends what was due without another wake-up */
	}
}

/* One descriptor for all HTTP and all commands. */
static bool open_poll(struct telegram *telegram, struct err *err)
{
	struct epoll_event event = {.events = EPOLLIN};
	int fd = epoll_create1(EPOLL_CLOEXEC);
	telegram->commands.poll_fd = fd;
	if (fd >= 0 && epoll_ctl(fd, EPOLL_CTL_ADD, http_fd(telegram->http), &event) == 0)
		return true;
	return err_errno(err, errno, "cannot watch its calls");
}

static bool prepare(void *context, struct err *err)
{
	struct telegram *telegram = context;
	telegram->commands.poll_fd = -1;
	return http_new(NULL, CALLS_MAX, &telegram->http, err) && open_poll(telegram, err);
}

/* Of one whose thread was not started there is something left. */
static void release(void *context)
{
	struct telegram *telegram = context;
	autoclose_release(&telegram->commands.poll_fd);
	http_free(telegram->http);
	free(telegram);
}

static void run(struct worker *worker)
{
	struct telegram *telegram = worker->context;
	telegram->worker = worker;
	telegram->focus = xstrdup("");
	telegram->latency_ms = NAN;
	rng_init(&telegram->rng, (uint64_t)clock_cost_us());
	serve(telegram);
	tg_free_bots(telegram);
	autoclose_release(&telegram->commands.poll_fd);
	telegram->commands.poll_fd = -1;
	http_free(telegram->http);
	telegram->http = NULL;
	timers_release(&telegram->timers);
	roster_unref(telegram->roster);
	free(telegram->focus);
}

static struct worker_spec make(const void *part)
{
	(void)part;
	return (struct worker_spec){.name = "telegram",
		.prepare = prepare,
		.run = run,
		.context = xcalloc(1, sizeof(struct telegram)),
		.release = release};
}

const struct source_kind source_telegram = {
	.name = "telegram",
	.help = "the Bot API: getMe and getWebhookInfo of every bot",
	.listens = true,
	.count = source_one,
	.part = source_whole,
	.same = source_always_same,
	.make = make,
};
