/* SPDX-License-Identifier: MIT */
/* 6: answers that are none. 7: 429. 8: 401. 9: 409. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/engine/client.h"
#include "core/model/model.h"
#include "tests/faults/api.h"
#include "tests/faults/faults.h"
#include "tests/faults/liar.h"
#include "tests/support/proxy.h"
#include "tests/support/spawn.h"
#include "tests/support/vt.h"

/* ---- 6 ---- */

struct lie {
	const char *name, *head, *body; /* of the answer; the length is put between */
	const char *said;               /* by the alert */
	const char *kept;               /* of the answer, in Detail */
};

#define JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
static const struct lie lies[] = {
	{"cut JSON", JSON, "{\"ok\":true,\"result\":{\"url\":\"", "invalid answer (byte 28)",
		"'{\"ok\":true,"},
	{"no JSON", JSON, "It works!", "invalid answer (byte 2)", "'It works!'"},
	{"HTML 502", "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n",
		"<html><h1>502 Bad Gateway</h1></html>", "502, but not from the Bot API",
		"<h1>502"},
	{"gzip garbage", JSON "Content-Encoding: gzip\r\n", "\x1f\x8b\x08\x02\xff\xfe\x07garbage",
		"invalid answer (byte ", "garbage"},
	{"escape sequences", JSON, "\x1b]0;owned\x07\x1b[2J\x1b[31m{", "invalid answer (byte ",
		"]0;owned"},
};

static void tell_lie(struct api *api, const struct lie *lie)
{
	struct liar liar;
	autofree char *answer = xasprintf("%sContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
		lie->head, strlen(lie->body), lie->body);
	if (!liar_start(answer, strlen(answer), &liar)) {
		see(api->sight, false, -1, "a server that lies");
		return;
	}
	see(api->sight, true, -1, "%s", lie->name);
	proxy_lead_to(api->proxy, liar.port);
	api_mark(api);
	api_see_text(api, lie->said, true);
	api_see_text(api, lie->kept, true);
	api_see_alert(api, "source_unreachable", lie->said);
	size_t count = api_firing(api->run, "source_unreachable");
	see(api->sight, count == 1, -1, "%zu alert", count);
	api_see_nothing_believed(api);
	proxy_lead_to(api->proxy, api->port);
	api_see_recovery(api, NULL);
	liar_stop(&liar);
}

static bool has_cut_answer(const struct faults *run, const void *name)
{
	const struct msg_bot *bot = api_bot(run, name);
	return bot && strncmp(bot->why, "API error: invalid answer (byte ", 32) == 0;
}

/* Of one bot it is that bot's row, and no alert. */
static void cut_one(struct api *api)
{
	api_mark(api);
	if (!api_control(api, "fault",
		    "{\"bot\":\"orders\",\"kind\":\"truncate\",\"peer\":\"console\"}"))
		return;
	bool came = engine_wait(api->run, has_cut_answer, "orders", API_PATIENCE_MS) >= 0;
	const struct msg_bot *bot = api_bot(api->run, "orders");
	see(api->sight, came, api_within_ms(api), "of one bot: '%s'", bot ? bot->why : "");
	see(api->sight, api_firing(api->run, "source_unreachable") == 0, -1, "no alert");
	(void)api_control(api, "clear", "{\"bot\":\"orders\"}");
	api_see_recovery(api, "source_unreachable");
}

void fault_api_lies(struct faults *run, struct sight *sight)
{
	struct api api;
	if (api_begin_proxied(run, sight, &api)) {
		unsigned bells = vt_bells(api.screen);
		cut_one(&api);
		for (size_t i = 0; i < COUNT_OF(lies); i++)
			tell_lie(&api, &lies[i]);
		api_see_recovery(&api, "source_unreachable");
		/* An alert rings, once each; nothing else reaches the terminal. */
		see(sight, vt_bells(api.screen) - bells <= COUNT_OF(lies), -1, "%u bells",
			vt_bells(api.screen) - bells);
		see(sight, !strstr(vt_oscs(api.screen), "0;owned"), -1,
			"nothing of it reached the terminal");
	}
	api_end(&api);
}

/* ---- 7 ---- */

enum { RETRY_S = 30, COUNTDOWN_MS = 8000 };

static bool is_limited(const struct faults *run, const void *name)
{
	const struct msg_bot *bot = api_bot(run, name);
	return bot && bot->retry_until_ms > client_turn_wall_ms(run->client);
}

/* "429, asked again in 23s": the seconds; -1: it does not stand there. */
static int countdown(struct vt *screen)
{
	autostr struct str shown = STR_INIT;
	int seconds = -1;
	(void)vt_wait_quiet(screen, 10, 100);
	vt_screen(screen, &shown);
	const char *at = strstr(shown.text, "429, asked again in ");
	return at && sscanf(at, "429, asked again in %ds", &seconds) == 1 ? seconds : -1;
}

static size_t others_behind(const struct faults *run, const char *name)
{
	size_t count, behind = 0;
	const void *const *bots = model_list(run->model, MSG_bot, &count);
	for (size_t i = 0; i < count; i++) {
		const struct msg_bot *bot = bots[i];
		bool is_asked = bot->enabled && strcmp(bot->tg_state, "not_polled") != 0;
		behind += is_asked && strcmp(bot->name, name) != 0 &&
			  client_turn_wall_ms(run->client) - bot->tg_at_ms > 2 * API_POLL_MS;
	}
	return behind;
}

static bool was_asked(const struct faults *run, const void *name)
{
	const struct msg_bot *bot = api_bot(run, name);
	return bot && !is_limited(run, name) && strcmp(bot->tg_state, "ok") == 0;
}

static void see_countdown(struct api *api)
{
	int from = countdown(api->screen);
	engine_look(api->run, COUNTDOWN_MS);
	int to = countdown(api->screen), went = from - to, expected = COUNTDOWN_MS / 1000;
	see(api->sight, to > 0 && went >= expected - 2 && went <= expected + 2, -1,
		"a countdown on the screen: %d, after %d s %d", from, expected, to);
}

/* By what the server wrote down. */
static void see_when_it_is_asked(struct api *api)
{
	struct api after = *api;
	int64_t retry_ms = (int64_t)RETRY_S * 1000;
	int64_t limited_ms = api_bot(api->run, "orders")->retry_until_ms - retry_ms;
	after.begun_wall_ms = limited_ms + 1;
	(void)engine_wait(api->run, was_asked, "orders", 2 * retry_ms);
	struct api_asked asked = api_asked(&after, "console", "orders", NULL);
	int64_t after_ms = asked.first_ms - limited_ms;
	see(api->sight, asked.count > 0 && after_ms >= retry_ms, -1,
		"the server was asked again for it after %.3f s", (double)after_ms / 1e3);
	see(api->sight, after_ms <= retry_ms + API_POLL_MS, -1, "and not later than it had to");
}

void fault_api_limits(struct faults *run, struct sight *sight)
{
	struct api api;
	if (api_begin(run, sight, NULL, &api) &&
		api_control(&api, "fault",
			"{\"bot\":\"orders\",\"kind\":\"status\",\"status\":429,\"retry_after\":30,"
			"\"count\":1,\"peer\":\"console\"}")) {
		(void)engine_wait(run, is_limited, "orders", API_PATIENCE_MS);
		api_see_text(&api, "429, asked again in ", false);
		api_see_one_alert(&api, "rate_limited", "orders: Telegram answered 429");
		see_countdown(&api);
		size_t behind = others_behind(run, "orders");
		see(sight, behind == 0, -1, "%zu other bots behind", behind);
		see_when_it_is_asked(&api);
	}
	api_end(&api);
}

/* ---- 8 ---- */

enum { SLOW_MS = 9000, SLOW_MOST = 2 };

void fault_token_revoked(struct faults *run, struct sight *sight)
{
	struct api api;
	if (api_begin(run, sight, NULL, &api) &&
		api_control(&api, "revoke", "{\"bot\":\"quiz\",\"revoked\":true}")) {
		api_mark(&api);
		api_see_one_alert(&api, "token_rejected",
			"quiz: token rejected: 401 Unauthorized: put the new token in its file");
		api_see_text(&api, "token rejected: 401 Unauthorized", true);
		struct api slow = api;
		api_mark(&slow);
		engine_look(run, SLOW_MS);
		struct api_asked asked = api_asked(&slow, "console", "quiz", NULL);
		see(sight, asked.count <= SLOW_MOST, -1, "asked for it %u times in %d s",
			asked.count, SLOW_MS / 1000);
		size_t behind = others_behind(run, "quiz");
		see(sight, behind == 0, -1, "%zu other bots behind", behind);
		(void)api_control(&api, "revoke", "{\"bot\":\"quiz\",\"revoked\":false}");
		api_see_recovery(&api, "token_rejected");
	}
	api_end(&api);
}

/* ---- 9 ---- */

enum { POLLS = 3, POLL_S = 2 };

/* One long poll with the bot's own token, as a second instance of it does. */
static void poll_as(struct api *api, const char *bot)
{
	autofree char *path = xasprintf("%s/tokens/%s", api->run->dir, bot);
	autofree char *token = fault_read_text(path);
	autofree char *url = xasprintf("http://127.0.0.1:%u/bot%.*s/getUpdates?timeout=%d",
		api->port, (int)strcspn(token, "\n"), token, POLL_S);
	autostr struct str said = STR_INIT;
	(void)engine_ask((const char *const[]){"curl", "-s", "-m", "4", url, NULL},
		FAULT_PATIENCE_MS, &said);
}

/* Of this run of the row: nothing but what the console may ask. */
static void see_own_methods(struct api *api)
{
	struct api_asked all = api_asked(api, "console", NULL, NULL),
			 me = api_asked(api, "console", NULL, "getMe"),
			 hook = api_asked(api, "console", NULL, "getWebhookInfo"),
			 poll = api_asked(api, "console", NULL, "getUpdates");
	see(api->sight, all.count > 0 && poll.count == 0 && me.count + hook.count == all.count, -1,
		"the console asked %u times: getMe %u, getWebhookInfo %u, getUpdates %u", all.count,
		me.count, hook.count, poll.count);
}

void fault_second_poller(struct faults *run, struct sight *sight)
{
	struct api api;
	if (api_begin(run, sight, NULL, &api)) {
		api_mark(&api);
		for (int i = 0; i < POLLS && !api_firing(run, "poller_conflict"); i++)
			poll_as(&api, "quiz");
		api_see_one_alert(
			&api, "poller_conflict", "quiz: another process polls with its token");
		api_see_text(&api, "another poller takes its updates (409)", true);
		struct api whole = api;
		whole.begun_wall_ms = 0;
		see_own_methods(&whole);
	}
	api_end(&api);
}
