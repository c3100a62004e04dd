/* SPDX-License-Identifier: MIT */
#include "tests/fleet/bot/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "core/base/mem.h"
#include "tests/fleet/bot/agent.h"
#include "tests/fleet/bot/telegram.h"

enum { THINK_MS = 15, THINK_SPREAD_MS = 90, SLOW_MS = 900, SLOW_SPREAD_MS = 1800, ODD_ONE_IN = 90 };

/* One message on its way to an answer. */
struct talk {
	struct agent *agent;
	struct timer think;
	int64_t chat, started_ms;
	char correlation[24];
	char *text;
};

static const struct {
	const char *said, *answer;
} phrases[] = {
	{"/start", "Welcome! Send /help to see what I can do."},
	{"/help", "Ask me anything, or send /status."},
	{"/status", "All systems go."},
	{"/stop", "You will not hear from me again."},
	{"hi", "Hello!"},
	{"thanks!", "You are welcome."},
};

static const char *answer_to(const char *text)
{
	for (size_t i = 0; i < COUNT_OF(phrases); i++)
		if (strcasecmp(phrases[i].said, text) == 0)
			return phrases[i].answer;
	return "Thank you, we have noted that and will come back to you.";
}

static void talk_free(struct talk *talk)
{
	free(talk->text);
	free(talk);
}

static void keep_row(struct talk *talk, const char *direction, const char *text)
{
	struct agent *agent = talk->agent;
	autofree char *bot = xasprintf("%" PRId64, agent->settings.id);
	autofree char *chat = xasprintf("%" PRId64, talk->chat);
	database_run(&agent->database,
		"insert into messages (bot_id, chat_id, direction, text) values ($1, $2, $3, $4)",
		bot, chat, direction, text, NULL);
}

/* Its row was written a short while ago, or is to be written now. */
static bool is_fresh(struct agent *agent, int64_t chat)
{
	size_t at = (size_t)((uint64_t)chat % CHATS_KNOWN);
	int64_t now_ms = loop_now_ms();
	bool is_hit = agent->chats[at].chat == chat &&
		      now_ms - agent->chats[at].written_ms < CHAT_FRESH_MS;
	agent->figures.cache_hits += is_hit;
	agent->figures.cache_misses += !is_hit;
	if (!is_hit) {
		agent->chats[at].chat = chat;
		agent->chats[at].written_ms = now_ms;
	}
	return is_hit;
}

static void keep_chat(struct talk *talk)
{
	struct agent *agent = talk->agent;
	if (is_fresh(agent, talk->chat))
		return;
	autofree char *bot = xasprintf("%" PRId64, agent->settings.id);
	autofree char *chat = xasprintf("%" PRId64, talk->chat);
	database_run(&agent->database,
		"insert into chats (bot_id, chat_id) values ($1, $2) "
		"on conflict (bot_id, chat_id) do update set last_seen = now()",
		bot, chat, NULL);
}

static void sent(struct agent *agent, void *data, const struct telegram_answer *answer)
{
	struct talk *talk = data;
	unsigned took = (unsigned)(loop_now_ms() - talk->started_ms);
	figures_handled(&agent->figures, loop_now_ms(), took);
	if (answer->result) {
		agent->figures.sent++;
		journal_write(&agent->journal, LOG_INFO, talk->correlation,
			"answered chat %" PRId64 " in %u ms", talk->chat, took);
	} else {
		bool limited = answer->status == 429;
		agent->figures.errors++;
		agent->figures.rate_limited += limited;
		journal_write(&agent->journal, limited ? LOG_WARNING : LOG_ERROR, talk->correlation,
			"sendMessage to chat %" PRId64 " failed: %s", talk->chat, answer->why);
		cache_event(&agent->cache, limited ? "warning" : "error",
			limited ? "rate_limited" : "send_failed", talk->correlation, answer->why);
	}
	talk_free(talk);
}

/* Now and then a handler fails, as handlers do. */
static bool fails(struct agent *agent)
{
	uint64_t one_in = agent->trouble & TROUBLE_ERRORS ? 2 : ODD_ONE_IN;
	return rng_below(&agent->rng, one_in) == 0;
}

static void fail(struct talk *talk)
{
	struct agent *agent = talk->agent;
	agent->figures.errors++;
	figures_handled(
		&agent->figures, loop_now_ms(), (unsigned)(loop_now_ms() - talk->started_ms));
	journal_exception(
		&agent->journal, talk->correlation, "catalogue", "KeyError: 'price_list_2024'");
	cache_event(&agent->cache, "error", "handler_failed", talk->correlation,
		"KeyError: 'price_list_2024'");
	talk_free(talk);
}

static void reply(void *data)
{
	struct talk *talk = data;
	struct agent *agent = talk->agent;
	if (fails(agent)) {
		fail(talk);
		return;
	}
	const char *text = answer_to(talk->text);
	keep_row(talk, "out", text);
	cache_event(&agent->cache, "info", "message", talk->correlation, talk->text);
	telegram_call(agent, "sendMessage",
		json_pack("{s:I,s:s}", "chat_id", (json_int_t)talk->chat, "text", text), 0, sent,
		talk);
}

void answer_update(struct agent *agent, const json_t *update)
{
	json_int_t id = 0, chat = 0;
	const char *text = "";
	if (json_unpack((json_t *)(uintptr_t)update, "{s:I,s:{s:{s:I},s?s}}", "update_id", &id,
		    "message", "chat", "id", &chat, "text", &text) != 0)
		return;
	struct talk *talk = xcalloc(1, sizeof(*talk));
	*talk = (struct talk){.agent = agent, .chat = chat, .started_ms = loop_now_ms()};
	talk->text = xstrdup(text);
	talk->think = (struct timer){.fire = reply, .data = talk};
	snprintf(talk->correlation, sizeof(talk->correlation), "%" PRIx64 "-%" PRIx64,
		(uint64_t)agent->settings.id & 0xffff, (uint64_t)id);
	keep_chat(talk);
	keep_row(talk, "in", text);
	bool slow = agent->trouble & TROUBLE_SLOW;
	int64_t pause = slow ? SLOW_MS + (int64_t)rng_below(&agent->rng, SLOW_SPREAD_MS)
			     : THINK_MS + (int64_t)rng_below(&agent->rng, THINK_SPREAD_MS);
	loop_after(&agent->loop, &talk->think, pause);
}
