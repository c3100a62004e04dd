/* SPDX-License-Identifier: MIT */
/*
 * The Bot API for all bots: one thread, one heap of who is due, one HTTP loop. Tokens are read here
 * in slices, so that ten thousand of them, or one slow command, never stop the polls for long. A
 * host that does not answer is noticed once, not once a bot: three failures in a row open its
 * circuit, then one bot at a time is a probe and the others are held back without a request, until
 * a probe is answered.
 */
#include "core/collect/sources.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/msg/msg.h"
#include "core/conf/settings.h"
#include "core/collect/http.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/collect/roster.h"
#include "core/collect/same.h"
#include "core/collect/telegram_bot.h"
#include "core/collect/telegram_url.h"
#include "core/collect/vault.h"

enum {
	CALLS_MAX = 64,
	CONNECT_MS = 5000,
	TOKENS_A_SLICE = 200,
	SLICE_MS = 20,
	FIRST_SPREAD_MS = 5, /* a bot, at the start and after an outage */
	REPORT_MS = 1000,    /* obs_source at most this often while nothing changes */
	STAGGER_MS = 60000 / TG_NEW_TOKENS_A_MINUTE,
};

struct telegram {
	struct worker *worker;
	struct http *http;
	struct roster *roster;
	struct tg_bot **bots; /* sorted by name */
	size_t count;
	struct timers timers;
	struct timer probe; /* when the open circuit wants one */
	struct rng rng;
	char *focus;
	size_t unread;   /* bots before this one had their tokens read */
	int64_t slot_ms; /* the next new token may be asked about */
	/* the host */
	struct schedule host;
	struct err host_err;
	int64_t failed_ms;           /* calls that started before this tell nothing new */
	const struct tg_bot *prober; /* the call that is a probe */
	bool has_answered;
	double latency_ms;
	int64_t reported_ms;
};

static const struct settings *settings_of(const struct telegram *telegram)
{
	return telegram->roster->settings;
}

static int64_t now_of(const struct telegram *telegram)
{
	return worker_now_ms(telegram->worker);
}

static struct tg_scene scene_of(struct telegram *telegram, const struct tg_bot *bot)
{
	return (struct tg_scene){.hub = telegram->worker->hub,
		.settings = settings_of(telegram),
		.rng = &telegram->rng,
		.now_ms = now_of(telegram),
		.is_focused = strcmp(telegram->focus, bot->conf->name) == 0};
}

static void plan(struct telegram *telegram, struct tg_bot *bot)
{
	timers_set(&telegram->timers, &bot->timer, tg_bot_next_ms(bot));
}

/* ---- the host ---- */

static void report(struct telegram *telegram, bool is_news)
{
	int64_t now_ms = now_of(telegram);
	if (!is_news && now_ms - telegram->reported_ms < REPORT_MS)
		return;
	telegram->reported_ms = now_ms;
	struct schedule shown = telegram->host;
	shown.interval_ms = settings_of(telegram)->telegram_interval_ms;
	if (shown.circuit == CIRCUIT_CLOSED)
		shown.due_ms = now_ms + shown.interval_ms;
	post_source(telegram->worker->hub, &(struct attempt){.kind = "telegram",
						   .name = "telegram",
						   .schedule = &shown,
						   .err = &telegram->host_err,
						   .latency_ms = telegram->latency_ms});
}

static void name_host(struct telegram *telegram, struct err *err)
{
	const char *base = settings_of(telegram)->telegram_api, *host = strstr(base, "://");
	struct err bare = *err;
	host = host ? host + 3 : base;
	err_set(err, bare.code, "cannot reach %.*s: %s", (int)strcspn(host, "/"), host, bare.text);
}

static void host_failed(struct telegram *telegram, const struct tg_bot *bot, const struct err *err)
{
	telegram->host_err = *err;
	if (bot->asked_ms >= telegram->failed_ms) {
		schedule_fail(&telegram->host, now_of(telegram), &telegram->rng);
		telegram->failed_ms = now_of(telegram);
	}
	if (telegram->host.circuit == CIRCUIT_OPEN)
		timers_set(&telegram->timers, &telegram->probe, telegram->host.due_ms);
	report(telegram, true);
}

/* Those that were held back come again soon, but not all at once. */
static void release_all(struct telegram *telegram)
{
	int64_t now_ms = now_of(telegram), wait_ms = 0;
	for (size_t i = 0; i < telegram->count; i++) {
		struct tg_bot *bot = telegram->bots[i];
		if (bot->call || (!bot->was_held_back && !bot->schedules[TG_WEBHOOK].fails))
			continue;
		bot->was_held_back = false;
		tg_bot_hurry(bot, now_ms + wait_ms);
		wait_ms += FIRST_SPREAD_MS;
		plan(telegram, bot);
	}
}

static void host_answered(struct telegram *telegram)
{
	bool is_news = telegram->host.fails > 0 || !telegram->has_answered;
	bool was_open = telegram->host.circuit != CIRCUIT_CLOSED;
	schedule_ok(&telegram->host, now_of(telegram), &telegram->rng);
	telegram->host_err.code = ERR_NONE;
	telegram->has_answered = true;
	timers_remove(&telegram->timers, &telegram->probe);
	report(telegram, is_news);
	if (was_open)
		release_all(telegram);
}

/* ---- asking ---- */

static void on_reply(void *context, const struct http_reply *reply)
{
	struct tg_bot *bot = context;
	struct telegram *telegram = bot->telegram;
	struct tg_scene scene = scene_of(telegram, bot);
	struct http_reply named = *reply;
	struct err err;
	bot->call = NULL;
	if (telegram->prober == bot)
		telegram->prober = NULL;
	if (reply->err.code == ERR_UNREACHABLE || reply->err.code == ERR_TIMEOUT ||
		reply->err.code == ERR_TLS)
		name_host(telegram, &named.err);
	if (tg_bot_take_reply(bot, &scene, &named, &err)) {
		telegram->latency_ms = reply->latency_ms;
		host_answered(telegram);
	} else {
		host_failed(telegram, bot, &err);
	}
	plan(telegram, bot);
}

static void ask(struct telegram *telegram, struct tg_bot *bot)
{
	struct str url = STR_INIT;
	struct err err = {0};
	bot->asked = tg_bot_wants(bot);
	bot->asked_ms = now_of(telegram);
	schedule_begin(&bot->schedules[bot->asked]);
	if (!telegram_url(settings_of(telegram)->telegram_api, &bot->token,
		    tg_method_name(bot->asked), &url, &err))
		abort();
	struct http_request request = {.url = url.text,
		.is_fresh = telegram->host.circuit != CIRCUIT_CLOSED,
		.allow_plain = settings_of(telegram)->telegram_loopback,
		.connect_ms = CONNECT_MS,
		.total_ms = settings_of(telegram)->telegram_timeout_ms,
		.done = on_reply,
		.context = bot};
	bot->call = http_get(telegram->http, &request);
	str_wipe(&url);
	str_release(&url);
}

static bool read_token(struct telegram *telegram, struct tg_bot *bot);

/* A rejected token may have been replaced where it is kept. */
static bool has_token(struct telegram *telegram, struct tg_bot *bot)
{
	if (secret_is_set(&bot->token) && !bot->is_rejected)
		return true;
	return read_token(telegram, bot);
}

static void take_turn(struct telegram *telegram, struct tg_bot *bot)
{
	struct tg_scene scene = scene_of(telegram, bot);
	bool is_open = telegram->host.circuit != CIRCUIT_CLOSED;
	if (bot->call)
		return;
	if (is_open && (telegram->prober || telegram->host.due_ms > scene.now_ms)) {
		tg_bot_hold_back(bot, &scene, &telegram->host_err);
		plan(telegram, bot);
	} else if (has_token(telegram, bot)) {
		telegram->prober = is_open ? bot : NULL;
		schedule_begin(&telegram->host);
		ask(telegram, bot);
	} else {
		plan(telegram, bot);
	}
}

/* The circuit wants a probe now: of the bot that is due next. */
static void probe(struct telegram *telegram)
{
	struct timer *next = timers_first(&telegram->timers);
	if (!next || telegram->prober || telegram->host.circuit == CIRCUIT_CLOSED)
		return;
	timers_remove(&telegram->timers, next);
	take_turn(telegram, next->owner);
	if (!telegram->prober) /* it has no token: the one behind it, in a moment */
		timers_set(&telegram->timers, &telegram->probe, now_of(telegram) + SLICE_MS);
}

static void take_due(struct telegram *telegram)
{
	struct timer *timer;
	while (http_has_room(telegram->http) &&
		(timer = timers_take_due(&telegram->timers, now_of(telegram)))) {
		if (timer == &telegram->probe)
			probe(telegram);
		else
			take_turn(telegram, timer->owner);
	}
}

/* ---- tokens ---- */

static void keep_secret(struct telegram *telegram, const struct tg_bot *bot)
{
	autofree char *owner = xasprintf("bot/%s", bot->conf->name);
	vault_put(telegram->worker->hub->vault, owner, &bot->token);
}

/* Reads and checks it, and tells the vault, whose publishing is the caller's. */
static bool take_token(struct telegram *telegram, struct tg_bot *bot, struct err *err)
{
	struct str text = STR_INIT;
	int64_t id;
	bool is_good = settings_secret(&bot->conf->token, &text, err);
	if (is_good) {
		secret_set(&bot->token, text.text, text.length);
		is_good = token_check(secret_reveal(&bot->token), bot->token.length, &id, err);
	}
	str_wipe(&text);
	str_release(&text);
	if (!is_good) {
		secret_release(&bot->token);
		return false;
	}
	bot->token_hash = entity_id("token", secret_reveal(&bot->token));
	keep_secret(telegram, bot);
	return true;
}

static bool read_token(struct telegram *telegram, struct tg_bot *bot)
{
	struct tg_scene scene = scene_of(telegram, bot);
	struct err err = {0};
	if (take_token(telegram, bot, &err)) {
		vault_publish(telegram->worker->hub->vault);
		return true;
	}
	tg_bot_no_token(bot, &scene, &err);
	return false;
}

/* The Bot API server builds a session for each token that it does not have, and counts them by
 * address: tokens that were not answered lately wait for their turn. */
static int64_t first_ms(struct telegram *telegram, const struct tg_bot *bot, size_t place)
{
	const struct hub *hub = telegram->worker->hub;
	int64_t now_ms = now_of(telegram);
	bool is_known =
		hub->known && hub->known(hub->known_context, bot->conf->name, bot->token_hash);
	if (is_known || settings_of(telegram)->telegram_loopback) {
		int64_t spread_ms = (int64_t)telegram->count * FIRST_SPREAD_MS;
		int64_t interval_ms = settings_of(telegram)->telegram_interval_ms;
		if (spread_ms > interval_ms)
			spread_ms = interval_ms;
		return now_ms + (int64_t)place * spread_ms / (int64_t)telegram->count;
	}
	if (telegram->slot_ms < now_ms)
		telegram->slot_ms = now_ms;
	int64_t slot_ms = telegram->slot_ms;
	telegram->slot_ms += STAGGER_MS;
	return slot_ms;
}

static void read_first_token(struct telegram *telegram, struct tg_bot *bot, size_t place)
{
	struct err err = {0};
	struct tg_scene scene = scene_of(telegram, bot);
	bool is_good = take_token(telegram, bot, &err);
	tg_bot_start(bot, &scene, is_good ? first_ms(telegram, bot, place) : scene.now_ms);
	if (!is_good)
		tg_bot_no_token(bot, &scene, &err);
	plan(telegram, bot);
}

/* A slice of the tokens that were not read yet. */
static void read_tokens(struct telegram *telegram)
{
	int64_t until_ms = now_of(telegram) + SLICE_MS;
	size_t read = 0;
	while (telegram->unread < telegram->count && read < TOKENS_A_SLICE &&
		now_of(telegram) <= until_ms) {
		struct tg_bot *bot = telegram->bots[telegram->unread++];
		if (bot->is_kept)
			continue;
		read_first_token(telegram, bot, telegram->unread);
		read++;
	}
	if (read)
		vault_publish(telegram->worker->hub->vault);
}

/* ---- which bots ---- */

static int by_name(const void *one, const void *other)
{
	const struct tg_bot *const *a = one, *const *b = other;
	return strcmp((*a)->conf->name, (*b)->conf->name);
}

static struct tg_bot *find(const struct telegram *telegram, const char *name)
{
	const struct conf_bot conf = {.name = (char *)(uintptr_t)name};
	const struct tg_bot wanted = {.conf = &conf}, *key = &wanted;
	struct tg_bot **found = telegram->count ? bsearch(&key, telegram->bots, telegram->count,
							  sizeof(struct tg_bot *), by_name)
						: NULL;
	return found ? *found : NULL;
}

static void free_bot(struct telegram *telegram, struct tg_bot *bot)
{
	timers_remove(&telegram->timers, &bot->timer);
	if (bot->call)
		http_cancel(bot->call);
	if (telegram->prober == bot)
		telegram->prober = NULL;
	secret_release(&bot->token);
	keep_secret(telegram, bot);
	free(bot);
}

/* Changing the server or a token makes a bot a new one; everything else goes on where it was. */
static bool is_same(const struct telegram *telegram, const struct tg_bot *bot,
	const struct settings *settings, const struct conf_bot *conf)
{
	return strcmp(settings_of(telegram)->telegram_api, settings->telegram_api) == 0 &&
	       same_secret(&bot->conf->token, &conf->token) && secret_is_set(&bot->token);
}

static struct tg_bot *keep_or_make(
	struct telegram *telegram, const struct settings *settings, const struct conf_bot *conf)
{
	struct tg_bot *bot = find(telegram, conf->name);
	if (bot && is_same(telegram, bot, settings, conf)) {
		bot->is_kept = true;
	} else {
		bot = xcalloc(1, sizeof(*bot));
		bot->telegram = telegram;
		bot->timer.owner = bot;
	}
	bot->next_conf = conf;
	return bot;
}

static void replace_bots(struct telegram *telegram, struct tg_bot **bots, size_t count)
{
	for (size_t i = 0; i < telegram->count; i++)
		if (!telegram->bots[i]->is_kept)
			free_bot(telegram, telegram->bots[i]);
	free(telegram->bots);
	telegram->bots = bots;
	telegram->count = count;
	for (size_t i = 0; i < count; i++)
		bots[i]->conf = bots[i]->next_conf;
	if (count)
		qsort(bots, count, sizeof(struct tg_bot *), by_name);
}

/* Takes ownership of the reference. */
static void set_roster(struct telegram *telegram, struct roster *roster)
{
	struct tg_bot **bots = xcalloc(roster->count + 1, sizeof(struct tg_bot *));
	struct roster *old = telegram->roster;
	size_t count = 0;
	for (size_t i = 0; i < telegram->count; i++)
		telegram->bots[i]->is_kept = false;
	for (size_t i = 0; i < roster->count; i++)
		if (tg_is_polled(roster->bots[i]))
			bots[count++] = keep_or_make(telegram, roster->settings, roster->bots[i]);
	replace_bots(telegram, bots, count);
	telegram->roster = roster;
	telegram->unread = 0;
	roster_unref(old);
	for (size_t i = 0; i < count; i++) {
		struct tg_scene scene = scene_of(telegram, bots[i]);
		if (!bots[i]->is_kept)
			continue;
		tg_bot_set_pace(bots[i], &scene);
		if (!bots[i]->call)
			plan(telegram, bots[i]);
	}
}

/* ---- the thread ---- */

static void hurry(struct telegram *telegram, const char *name)
{
	struct tg_bot *bot = find(telegram, name);
	if (!bot || bot->call || !bot->timer.place)
		return;
	tg_bot_hurry(bot, now_of(telegram));
	plan(telegram, bot);
}

static void set_focus(struct telegram *telegram, const char *name)
{
	struct tg_bot *bots[] = {find(telegram, telegram->focus), find(telegram, name)};
	free(telegram->focus);
	telegram->focus = xstrdup(name);
	for (size_t i = 0; i < COUNT_OF(bots); i++) {
		if (!bots[i] || !bots[i]->timer.place)
			continue;
		struct tg_scene scene = scene_of(telegram, bots[i]);
		tg_bot_set_pace(bots[i], &scene);
		plan(telegram, bots[i]);
	}
}

static void take_orders(struct telegram *telegram)
{
	for (struct order *order; (order = worker_next_order(telegram->worker));) {
		if (order->kind == ORDER_ROSTER)
			set_roster(telegram, roster_ref(order->roster));
		else if (order->kind == ORDER_FOCUS && telegram->roster)
			set_focus(telegram, order->bot);
		else if (order->kind == ORDER_HURRY)
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
	if (first && http_has_room(telegram->http) && first->due_ms < next)
		next = first->due_ms;
	return next;
}

static void serve(struct telegram *telegram)
{
	struct worker *worker = telegram->worker;
	while (worker_wait(worker, http_fd(telegram->http), POLLIN, next_ms(telegram)) !=
		WAIT_STOP) {
		take_orders(telegram);
		http_turn(telegram->http);
		read_tokens(telegram);
		take_due(telegram);
	}
}

static void run(struct worker *worker)
{
	struct telegram *telegram = worker->context;
	telegram->worker = worker;
	telegram->focus = xstrdup("");
	telegram->latency_ms = NAN;
	rng_init(&telegram->rng, (uint64_t)clock_cost_us());
	if (http_new(NULL, CALLS_MAX, &telegram->http, &telegram->host_err))
		serve(telegram);
	for (size_t i = 0; i < telegram->count; i++)
		free_bot(telegram, telegram->bots[i]);
	http_free(telegram->http);
	timers_release(&telegram->timers);
	roster_unref(telegram->roster);
	free(telegram->bots);
	free(telegram->focus);
}

static struct worker_spec make(const void *part)
{
	(void)part;
	return (struct worker_spec){.name = "telegram",
		.run = run,
		.context = xcalloc(1, sizeof(struct telegram)),
		.release = free};
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
