/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/player.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/messages.h"
#include "tests/fleet/botapi/people.h"
#include "tests/fleet/botapi/texts.h"
#include "tests/fleet/botapi/updates.h"

enum { PEOPLE = 40, FIRST_CHAT = 700000000, LINK_BYTES = 2000, LINKS_MAX = 100 };

struct player {
	struct timer timer;
	struct rng rng;
	double per_minute;
};

static const char *const lines[] = {"/start", "/help", "hi", "Where is my order 4711?",
	"can I pay by card?", "the link does not open", "thanks!", "👍", "/status",
	"price of the blue one?", "do you ship to Zürich?", "Добрый день", "I want a refund",
	"when do you open tomorrow", "/settings", "next question please", "C", "привет 👋", "ok",
	"still waiting ...", "is anybody there", "great service 🎉", "/stop", "שלום",
	"please call me back \xe2\x80\xae+49 151", "unsubscribe"};

static struct player *player_of(struct bot *bot)
{
	if (!bot->player) {
		bot->player = xcalloc(1, sizeof(struct player));
		rng_init(&bot->player->rng, (uint64_t)bot->id);
	}
	return bot->player;
}

static void say(struct bot *bot, int64_t chat, const char *text, size_t bytes)
{
	struct rng *rng = &player_of(bot)->rng;
	uint64_t person = rng_below(rng, PEOPLE);
	const char *line = lines[rng_below(rng, COUNT_OF(lines))];
	if (!chat)
		chat = FIRST_CHAT + (int64_t)person;
	json_decref(player_say(bot, chat, 0, text ? text : line, bytes));
}

/* Links over the first character, as long as links may be. */
static void swell(json_t *message, size_t bytes)
{
	autofree char *path = xmalloc(LINK_BYTES + 1);
	memset(path, 'a', LINK_BYTES);
	path[LINK_BYTES] = '\0';
	autofree char *url = xasprintf("https://example.com/%s", path);
	json_t *links = json_array();
	for (size_t have = 0; have < bytes && json_array_size(links) < LINKS_MAX;
		have += LINK_BYTES)
		json_array_append_new(links, json_pack("{s:s,s:i,s:i,s:s}", "type", "text_link",
						     "offset", 0, "length", 1, "url", url));
	json_object_set_new(message, "entities", links);
}

json_t *player_say(struct bot *bot, int64_t chat, int64_t user, const char *text, size_t bytes)
{
	const struct chat *where = chat_learn(&bot->chats, chat);
	json_t *from = person_json(user ? user : llabs(chat));
	json_t *message = message_new(bot, where, from);
	text_store_plain(text, message);
	if (bytes)
		swell(message, bytes);
	bot_enqueue(bot, KIND_message, json_incref(message));
	return message;
}

void player_burst(struct bot *bot, size_t count, int64_t chat, const char *text, size_t bytes)
{
	while (count--)
		say(bot, chat, text, bytes);
	updates_arrived(bot);
}

/* Exponential pauses: people do not know of each other. */
static void plan_next(struct bot *bot)
{
	struct player *player = bot->player;
	if (player->per_minute <= 0)
		return;
	double chance = (double)(rng_next(&player->rng) >> 11) / (double)(UINT64_C(1) << 53);
	double pause_ms = -log(1.0 - chance) * 60000.0 / player->per_minute;
	loop_after(bot->api->loop, &player->timer, (int64_t)pause_ms);
}

static void speak(void *data)
{
	struct bot *bot = data;
	player_burst(bot, 1, 0, NULL, 0);
	plan_next(bot);
}

void player_set_rate(struct bot *bot, double per_minute, uint64_t seed)
{
	struct player *player = player_of(bot);
	timers_cancel(&bot->api->loop->timers, &player->timer);
	player->timer.fire = speak;
	player->timer.data = bot;
	player->per_minute = per_minute;
	if (seed)
		rng_init(&player->rng, seed ^ (uint64_t)bot->id);
	plan_next(bot);
}

void player_free(struct bot *bot)
{
	if (bot->player)
		timers_cancel(&bot->api->loop->timers, &bot->player->timer);
	free(bot->player);
	bot->player = NULL;
}
