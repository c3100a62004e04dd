/* SPDX-License-Identifier: MIT */
/* The console's own way from a bot that is due to the observation in the engine's mailbox, without its timers. */
#include "tests/poll/poll.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/collect/http.h"
#include "core/collect/hub.h"
#include "core/collect/telegram_bot.h"
#include "core/collect/telegram_url.h"
#include "core/conf/settings.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"

enum { ANSWER_MS = 120000, MAILBOX = 4096, PARCELS = 64 };

struct ours;
struct bot {
	struct ours *ours;
	struct tg_bot tg;
};

struct ours {
	struct settings *settings;
	struct mailbox *mailbox;
	struct hub hub;
	struct rng rng;
	struct http *http;
	struct bot *bots;
	size_t count, asked, requests, done, well;
};

static void fail(const char *what)
{
	fprintf(stderr, "poll: %s\n", what);
	exit(1);
}

static void configure(struct ours *ours, const char *base)
{
	autostr struct str yaml = STR_INIT, report = STR_INIT;
	struct err err;
	str_addf(&yaml, "telegram: {api: \"%s\"}\nbots:\n", base);
	for (size_t i = 0; i < ours->count; i++)
		str_addf(&yaml, "  - {name: bot-%zu, token: {command: [echo]}}\n", i);
	if (!settings_parse(yaml.text, yaml.length, "/nowhere/botswain.yaml", &ours->settings,
		    &report, &err))
		fail(report.text);
}

static struct tg_scene scene_of(struct ours *ours)
{
	return (struct tg_scene){.hub = &ours->hub,
		.settings = ours->settings,
		.rng = &ours->rng,
		.now_ms = clock_mono_ms(clock_real())};
}

static void make_bot(struct ours *ours, size_t index)
{
	struct bot *bot = &ours->bots[index];
	struct tg_scene scene = scene_of(ours);
	autofree char *token =
		xasprintf("%zu:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi", 100000000 + index);
	bot->ours = ours;
	bot->tg.conf = &ours->settings->bots[index];
	secret_set(&bot->tg.token, token, strlen(token));
	tg_bot_start(&bot->tg, &scene, scene.now_ms);
}

static void *open_ours(const struct poll_wish *wish)
{
	struct ours *ours = xcalloc(1, sizeof(*ours));
	struct err err;
	ours->count = wish->connections;
	configure(ours, wish->base);
	ours->mailbox = mailbox_new(MAILBOX);
	hub_init(&ours->hub, clock_real(), ours->mailbox, ours->settings);
	rng_init(&ours->rng, 1);
	if (!http_new(wish->ca_file, ours->count, &ours->http, &err))
		fail(err.text);
	ours->bots = xcalloc(ours->count, sizeof(struct bot));
	for (size_t i = 0; i < ours->count; i++)
		make_bot(ours, i);
	return ours;
}

static void ask_bot(struct bot *bot);

static void on_reply(void *context, const struct http_reply *reply)
{
	struct bot *bot = context;
	struct ours *ours = bot->ours;
	struct tg_scene scene = scene_of(ours);
	struct err err;
	bool is_host_well = tg_bot_take_reply(&bot->tg, &scene, reply, &err);
	ours->well += is_host_well && err.code == ERR_NONE;
	ours->done++;
	if (ours->asked < ours->requests)
		ask_bot(bot);
}

static void ask_bot(struct bot *bot)
{
	struct ours *ours = bot->ours;
	autostr struct str url = STR_INIT;
	struct err err;
	bot->tg.asked = TG_WEBHOOK;
	ours->asked++;
	if (!telegram_url(ours->settings->telegram_api, &bot->tg.token,
		    tg_method_name(bot->tg.asked), &url, &err))
		fail(err.text);
	(void)http_get(ours->http, &(struct http_request){.url = url.text,
					   .connect_ms = ANSWER_MS,
					   .total_ms = ANSWER_MS,
					   .done = on_reply,
					   .context = bot});
}

static void drain(struct ours *ours)
{
	struct parcel parcels[PARCELS];
	size_t count = mailbox_take(ours->mailbox, parcels, PARCELS);
	for (size_t i = 0; i < count; i++)
		parcel_release(&parcels[i]);
}

static size_t ask(void *state, size_t requests)
{
	struct ours *ours = state;
	struct pollfd fd = {.fd = http_fd(ours->http), .events = POLLIN};
	ours->asked = ours->done = ours->well = 0;
	ours->requests = requests;
	for (size_t i = 0; i < ours->count && ours->asked < requests; i++)
		ask_bot(&ours->bots[i]);
	while (ours->done < requests) {
		int64_t left_ms = http_due_ms(ours->http) - clock_mono_ms(clock_real());
		(void)poll(&fd, 1, left_ms < 0 ? 0 : left_ms > 1000 ? 1000 : (int)left_ms);
		http_turn(ours->http);
		drain(ours);
	}
	return ours->well;
}

static void close_ours(void *state)
{
	struct ours *ours = state;
	http_free(ours->http);
	for (size_t i = 0; i < ours->count; i++)
		secret_release(&ours->bots[i].tg.token);
	free(ours->bots);
	hub_release(&ours->hub);
	mailbox_free(ours->mailbox);
	settings_unref(ours->settings);
	free(ours);
}

const struct poller poller_ours = {open_ours, ask, close_ours};
