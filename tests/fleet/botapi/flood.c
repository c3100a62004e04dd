/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/flood.h"

#include "tests/fleet/botapi/api.h"

static bool refuse_for(struct refusal *why, int64_t ms)
{
	why->retry_after_s = (int)((ms + 999) / 1000);
	return refuse(why, 429, "Too Many Requests: retry after %d", why->retry_after_s);
}

/* How long until the next message fits behind `free_ms`, the time at which all before are paid for; 0: now. */
static int64_t wait_ms(int64_t free_ms, int64_t pause_ms, int burst, int64_t now_ms)
{
	int64_t ready_ms = free_ms - pause_ms * (burst > 1 ? burst - 1 : 0);
	return pause_ms && ready_ms > now_ms ? ready_ms - now_ms : 0;
}

static void pay(int64_t *free_ms, int64_t pause_ms, int64_t now_ms)
{
	*free_ms = (*free_ms > now_ms ? *free_ms : now_ms) + pause_ms;
}

bool flood_allows(struct bot *bot, struct chat *chat, struct refusal *why)
{
	const struct flood_rule *own = &bot->flood;
	const struct flood_rule *rule =
		own->bot_ms || own->chat_ms || own->group_ms ? own : &bot->api->flood;
	int64_t now_ms = loop_now_ms(), pause_ms = chat->id < 0 ? rule->group_ms : rule->chat_ms;
	if (!rule->bot_ms && !pause_ms)
		return true;
	struct chat_facts *facts = chat_facts(chat);
	int64_t bot_wait = wait_ms(bot->flood_free_ms, rule->bot_ms, rule->burst, now_ms);
	int64_t chat_wait = wait_ms(facts->free_ms, pause_ms, rule->burst, now_ms);
	int64_t wait = bot_wait > chat_wait ? bot_wait : chat_wait;
	if (wait) {
		bot->flood_until_ms = now_ms + wait;
		return refuse_for(why, wait);
	}
	pay(&bot->flood_free_ms, rule->bot_ms, now_ms);
	pay(&facts->free_ms, pause_ms, now_ms);
	return true;
}

bool flood_is_over(const struct bot *bot, struct refusal *why)
{
	int64_t left_ms = bot->flood_until_ms - loop_now_ms();
	return left_ms <= 0 || refuse_for(why, left_ms);
}
