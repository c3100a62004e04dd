/* SPDX-License-Identifier: MIT */
/* Health checks: the bots' own pages and those of the list `health`. What is wrong with an answer is
 * said in a few words; who counts the failures is the engine. */
#include "core/collect/health.h"

#include <math.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/parse/health_page.h"
#include "core/collect/http.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/collect/roster.h"
#include "core/collect/web.h"

enum { BODY_MAX = 64 << 10, SLOW_MS = 1000, WHY_CELLS = 120, URL_CELLS = 200, SAID_BYTES = 80 };

/* ---- what is expected ---- */

static bool is_redirect(long status)
{
	return status >= 300 && status < 400 && status != 304;
}

/* `503 after 2.1s, says "degraded"` */
static void say_status(const struct http_reply *reply, struct err *err)
{
	char said[SAID_BYTES];
	autostr struct str text = STR_INIT;
	str_addf(&text, "%ld", reply->status);
	if (reply->latency_ms >= SLOW_MS)
		str_addf(&text, " after %s", format_duration((int64_t)reply->latency_ms).text);
	if (is_redirect(reply->status))
		str_adds(&text, ", a redirect, which is not followed");
	else if (health_page_says(reply->body, reply->length, said, sizeof(said)))
		str_addf(&text, ", says \"%s\"", said);
	err_set(err, ERR_PROTOCOL, "%s", text.text);
}

static bool has_status(
	const struct conf_check *check, const struct http_reply *reply, struct err *err)
{
	int wanted = check ? check->status : 0;
	bool is_good =
		wanted ? reply->status == wanted : reply->status >= 200 && reply->status <= 299;
	if (!is_good)
		say_status(reply, err);
	return is_good;
}

static bool has_content(
	const struct conf_check *check, const struct http_reply *reply, struct err *err)
{
	if (!check)
		return true;
	if (check->text[0] && !memmem(reply->body, reply->length, check->text, strlen(check->text)))
		return err_set(err, ERR_PROTOCOL, "%ld, but without \"%.60s\"", reply->status,
			check->text);
	return !check->field[0] || health_page_has(reply->body, reply->length, check->field, err);
}

bool health_judge(
	const struct conf_check *check, const struct http_reply *reply, struct err *ret_why)
{
	*ret_why = reply->err;
	/* Something answered, whatever it was: that is not the same as silence. */
	if (reply->err.code == ERR_LIMIT || reply->err.code == ERR_PROTOCOL)
		ret_why->code = ERR_PROTOCOL;
	return reply->err.code == ERR_NONE && has_status(check, reply, ret_why) &&
	       has_content(check, reply, ret_why);
}

/* ---- as a kind of page ---- */

static void list(const struct roster *roster, struct web_list *list)
{
	const struct settings *settings = roster->settings;
	for (size_t i = 0; i < settings->check_count; i++) {
		const struct conf_check *check = &settings->checks[i];
		web_add(list, &(struct web_place){.name = check->name,
				      .bot = check->bot,
				      .url = check->url,
				      .socket = check->socket,
				      .ca_file = check->ca_file,
				      .interval_ms = check->interval_ms,
				      .timeout_ms = check->timeout_ms,
				      .conf = check});
	}
	for (size_t i = 0; i < roster->count; i++) {
		const struct conf_bot *bot = roster->bots[i];
		if (!bot->health[0])
			continue;
		web_add(list, &(struct web_place){.name = bot->name,
				      .bot = bot->name,
				      .url = bot->health,
				      .socket = "",
				      .ca_file = "",
				      .interval_ms = settings->health_interval_ms,
				      .timeout_ms = settings->pages_timeout_ms});
	}
}

/* On a connection of its own: a server that takes no new one goes on answering on those it has. */
static bool prepare(
	struct web_page *page, struct hub *hub, struct http_request *request, struct err *err)
{
	(void)page, (void)hub, (void)err;
	request->is_fresh = request->is_single = true;
	request->body_max = BODY_MAX;
	return true;
}

static struct msg_obs_check *begin_post(const struct web_page *page)
{
	struct msg_obs_check *obs = msg_new(MSG_obs_check);
	msg_set(&obs->name, page->place.name);
	msg_set(&obs->bot, page->place.bot);
	obs->interval_ms = page->place.interval_ms;
	return obs;
}

static bool take(struct web_page *page, struct hub *hub, const struct http_reply *reply)
{
	struct err why = {0};
	bool is_good = health_judge(page->place.conf, reply, &why);
	struct msg_obs_check *obs = begin_post(page);
	char url[512];
	web_bare_url(url, sizeof(url), page->place.url);
	set_text(hub, &obs->url, url, strlen(url), URL_CELLS);
	obs->code = (uint64_t)why.code;
	if (!is_good)
		set_text(hub, &obs->why, why.text, strlen(why.text), WHY_CELLS);
	obs->latency_ms = reply->err.code == ERR_NONE ? reply->latency_ms : (double)NAN;
	obs->status = reply->status;
	obs->fails = is_good ? 0 : page->schedule.fails + 1;
	mailbox_post(hub->to_engine, MSG_obs_check, obs);
	return is_good;
}

static void forget(struct web_page *page, struct hub *hub)
{
	if (!hub)
		return;
	struct msg_obs_check *obs = begin_post(page);
	obs->gone = true;
	obs->latency_ms = NAN;
	mailbox_post(hub->to_engine, MSG_obs_check, obs);
}

const struct web_kind web_health = {
	.name = "health",
	.list = list,
	.prepare = prepare,
	.take = take,
	.forget = forget,
};
