/* SPDX-License-Identifier: MIT */
/*
 * getUpdates as the real server does it: an offset confirms what lies below it, a long poll waits
 * up to 50 s, a second long poll ends the first with 409 (the newcomer wins), conflicts repeated
 * within 3 s are answered 3 s late, and a client that asks the same thing too fast is slowed down.
 */
#include "tests/fleet/botapi/updates.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/webhook.h"

enum {
	TIMEOUT_MAX_S = 50,
	LIMIT_MAX = 100,
	ANSWER_MAX_BYTES = 4 << 20,
	UPDATE_EXTRA_BYTES = 50, /* what the real server counts for each besides its text */
	CONFLICT_PAUSE_MS = 3000,
	SAME_OFFSET_MS = 3000,
	SAME_OFFSET_FAST_MS = 500,
};

static const char other_poll[] = "Conflict: terminated by other getUpdates request; make sure that "
				 "only one bot instance is running";
static const char webhook_active[] =
	"Conflict: can't use getUpdates method while webhook is active; "
	"use deleteWebhook to delete the webhook first";

/* A conflict whose answer has to wait. */
struct late_conflict {
	struct timer timer;
	struct timers *timers;
	struct request *request;
	const char *why;
};

static void answer_late(void *data)
{
	struct late_conflict *late = data;
	api_fail(late->request, 409, 0, late->why);
}

static void forget_late(struct request *request)
{
	struct late_conflict *late = request->held;
	timers_cancel(late->timers, &late->timer);
	free(late);
}

static void conflict(struct bot *bot, struct request *request, const char *why)
{
	int64_t now = loop_now_ms();
	if (now >= bot->poll.next_conflict_ms) {
		bot->poll.next_conflict_ms = now + CONFLICT_PAUSE_MS;
		api_fail(request, 409, 0, why);
		return;
	}
	struct late_conflict *late = xcalloc(1, sizeof(*late));
	*late = (struct late_conflict){.request = request, .why = why};
	late->timers = &bot->api->loop->timers;
	request->held = late;
	request->release = forget_late;
	late->timer = (struct timer){.fire = answer_late, .data = late};
	loop_after(bot->api->loop, &late->timer, CONFLICT_PAUSE_MS);
}

/* An offset confirms what lies below it; a negative one all but the last of the queue. */
static void confirm(struct bot *bot, int64_t offset)
{
	while (offset < 0 && bot->first && (int64_t)bot->pending > -offset)
		bot_take_update(bot, bot->first);
	while (bot->first && bot->first->id < offset)
		bot_take_update(bot, bot->first);
}

/* Nearly 4 MiB are the most that an answer holds; the rest waits for the next call. */
static void answer_updates(const struct bot *bot, struct request *request, int64_t limit)
{
	struct reply reply = {.status = 200};
	size_t left = ANSWER_MAX_BYTES;
	str_init(&reply.body);
	str_adds(&reply.body, "{\"ok\":true,\"result\":[");
	for (const struct update *update = bot->first; update && limit--; update = update->next) {
		if (update->length + UPDATE_EXTRA_BYTES >= left)
			break;
		left -= update->length + UPDATE_EXTRA_BYTES;
		if (update != bot->first)
			str_addch(&reply.body, ',');
		str_add(&reply.body, update->json, update->length);
	}
	str_adds(&reply.body, "]}");
	request_reply(request, &reply);
}

static void end_poll(struct bot *bot)
{
	timers_cancel(&bot->api->loop->timers, &bot->poll.timer);
	bot->poll.request->held = NULL;
	bot->poll.request = NULL;
}

static void forget_poll(struct request *request)
{
	end_poll(request->held);
}

static void poll_is_over(void *data)
{
	struct bot *bot = data;
	struct request *request = bot->poll.request;
	end_poll(bot);
	answer_updates(bot, request, bot->poll.limit);
}

void updates_arrived(struct bot *bot)
{
	if (bot->webhook.url)
		webhook_pump(bot);
	else if (bot->poll.request)
		poll_is_over(bot);
}

void updates_evict_poll(struct bot *bot, const char *why)
{
	struct request *request = bot->poll.request;
	if (!request)
		return;
	end_poll(bot);
	conflict(bot, request, why);
}

void updates_end_poll(struct bot *bot, unsigned status, const char *why)
{
	struct request *request = bot->poll.request;
	if (!request)
		return;
	end_poll(bot);
	api_fail(request, status, 0, why);
}

static void start_poll(struct bot *bot, struct request *request, int64_t timeout_s, int64_t limit)
{
	updates_evict_poll(bot, other_poll);
	request->held = bot;
	request->release = forget_poll;
	bot->poll.request = request;
	bot->poll.limit = limit;
	bot->poll.timer.fire = poll_is_over;
	bot->poll.timer.data = bot;
	loop_after(bot->api->loop, &bot->poll.timer, timeout_s * 1000);
}

/* A client that repeats its offset at once is slowed down. */
static void slow_down(struct bot *bot, int64_t offset, int64_t *timeout_s, int64_t *limit)
{
	int64_t now = loop_now_ms(), since = now - bot->poll.last_ms;
	if (offset == bot->poll.last_offset && bot->poll.last_ms) {
		if (since < SAME_OFFSET_MS && *timeout_s < 3)
			*timeout_s = 3;
		if (since < SAME_OFFSET_FAST_MS)
			*limit = 1;
	}
	bot->poll.last_offset = offset;
	bot->poll.last_ms = now;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

static void get_updates(struct bot *bot, struct request *request, json_t *args)
{
	if (bot->webhook.url) {
		conflict(bot, request, webhook_active);
		return;
	}
	int64_t offset = arg_number(args, "offset", 0);
	bot->poll.count++;
	int64_t limit = clamp(arg_number(args, "limit", LIMIT_MAX), 1, LIMIT_MAX);
	int64_t timeout_s = clamp(arg_number(args, "timeout", 0), 0, TIMEOUT_MAX_S);
	const char *allowed = arg_text(args, "allowed_updates");
	if (allowed)
		kinds_read(allowed, &bot->allowed);
	bot_expire(bot);
	if (offset)
		confirm(bot, offset);
	slow_down(bot, offset, &timeout_s, &limit);
	if (bot->first || !timeout_s)
		answer_updates(bot, request, limit);
	else
		start_poll(bot, request, timeout_s, limit);
}

const struct api_method method_getUpdates = {
	.name = "getUpdates", .call = get_updates, .is_local = true};
