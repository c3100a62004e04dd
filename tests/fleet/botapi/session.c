/* SPDX-License-Identifier: MIT */
/*
 * close is refused in the first ten minutes and then takes the session down until the next call; logOut keeps the bot
 * out for ten minutes.
 */
#include "tests/fleet/botapi/session.h"

#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/updates.h"
#include "tests/fleet/botapi/webhook.h"

enum { YOUNG_MS = 10 * 60 * 1000, LOGGED_OUT_MS = 10 * 60 * 1000 };

bool session_allows(struct bot *bot, const struct api_method *method, struct refusal *why)
{
	int64_t now_ms = loop_now_ms();
	if (bot->api->is_closing)
		return refuse(why, 500, "Internal Server Error: restart");
	if (now_ms < bot->logged_out_until_ms)
		return refuse(why, 400, "Logged out");
	if (bot->is_closed && method == &method_close)
		return refuse(why, 400, "Bad Request: the bot has already been closed");
	if (!bot->session_ms || bot->is_closed)
		bot->session_ms = now_ms;
	bot->is_closed = false;
	bot->last_request_ms = now_ms;
	return method->is_local || flood_is_over(bot, why);
}

static void close_bot(struct bot *bot, struct request *request, json_t *args)
{
	(void)args;
	int64_t left_ms = bot->session_ms + YOUNG_MS - loop_now_ms();
	if (left_ms > 0) {
		struct refusal why = {.retry_after_s = (int)((left_ms + 999) / 1000)};
		(void)refuse(&why, 429, "Too Many Requests: retry after %d", why.retry_after_s);
		api_refuse(request, &why);
		return;
	}
	bot->is_closed = true;
	updates_end_poll(bot, 500, "Internal Server Error: restart");
	api_ok(request, json_true());
}

const struct api_method method_close = {.name = "close", .call = close_bot, .is_local = true};

static void log_out(struct bot *bot, struct request *request, json_t *args)
{
	(void)args;
	bot->logged_out_until_ms = loop_now_ms() + LOGGED_OUT_MS;
	bot->session_ms = 0;
	updates_end_poll(bot, 400, "Logged out");
	webhook_point(bot, NULL);
	bot_drop_all(bot);
	api_ok(request, json_true());
}

const struct api_method method_logOut = {.name = "logOut", .call = log_out, .is_local = true};
