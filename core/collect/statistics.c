/* SPDX-License-Identifier: MIT */
/* The statistics port of a self-hosted Bot API server, as a kind of page (web.h). The answer holds
 * tokens: it is wiped when it was read, and nothing but numbers leaves this file. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/conf/settings.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/parse/botapi_stats.h"
#include "core/collect/http.h"
#include "core/collect/hub.h"
#include "core/collect/roster.h"
#include "core/collect/web.h"

enum { BODY_MAX = 64 << 10, INTERVAL_MS = 10000, INTERVAL_NEAR_MS = 5000, TIMEOUT_MS = 3000 };

static void list(const struct roster *roster, struct web_list *list)
{
	const struct settings *settings = roster->settings;
	if (!settings->telegram_statistics[0])
		return;
	web_add(list,
		&(struct web_place){.name = "server",
			.bot = "",
			.url = settings->telegram_statistics,
			.socket = "",
			.ca_file = "",
			.interval_ms = settings->telegram_loopback ? INTERVAL_NEAR_MS : INTERVAL_MS,
			.timeout_ms = TIMEOUT_MS});
}

static bool prepare(
	struct web_page *page, struct hub *hub, struct http_request *request, struct err *err)
{
	(void)page, (void)hub, (void)err;
	request->is_secret = request->is_fresh = request->is_single = true;
	request->body_max = BODY_MAX;
	return true;
}

static void add(struct msg_obs_botapi *obs, const char *name, int64_t id, double value)
{
	char labels[32];
	if (isnan(value))
		return;
	struct msg_sample *sample = msg_add(obs->bots, &obs->bots_count);
	snprintf(labels, sizeof(labels), "id=%" PRId64, id);
	msg_set(&sample->name, name);
	msg_set(&sample->labels, labels);
	sample->value = value;
}

static void post_stats(struct hub *hub, const struct botapi_stats *stats)
{
	struct msg_obs_botapi *obs = msg_new(MSG_obs_botapi);
	msg_set(&obs->name, "server");
	obs->uptime_s = isnan(stats->uptime_s) ? 0 : (int64_t)stats->uptime_s;
	obs->rss_bytes = stats->rss_bytes > 0 ? (uint64_t)stats->rss_bytes : 0;
	obs->bots_total = stats->bots;
	obs->bots_active = stats->active_bots;
	obs->webhook_connections = stats->webhook_connections;
	obs->active_requests = stats->active_requests;
	obs->requests_per_s = stats->requests_per_s;
	obs->errors_per_s = stats->errors_per_s;
	obs->updates_per_s = stats->updates_per_s;
	obs->cut = stats->is_cut;
	for (size_t i = 0; i < stats->count; i++) {
		const struct botapi_stats_bot *bot = &stats->list[i];
		add(obs, "requests", bot->id, bot->requests_per_s);
		add(obs, "updates", bot->id, bot->updates_per_s);
	}
	mailbox_post(hub->to_engine, MSG_obs_botapi, obs);
}

static bool take(struct web_page *page, struct hub *hub, const struct http_reply *reply)
{
	struct botapi_stats stats;
	struct err err = reply->err;
	bool is_good = err.code == ERR_NONE;
	if (is_good && reply->status != 200)
		is_good = err_set(
			&err, ERR_PROTOCOL, "%ld in place of the statistics", reply->status);
	if (is_good)
		is_good = botapi_stats_read(reply->body, reply->length, &stats, &err);
	web_report(page, hub, "botapi", &err, NULL, reply->latency_ms);
	if (is_good)
		post_stats(hub, &stats);
	return is_good;
}

static void forget(struct web_page *page, struct hub *hub)
{
	web_leave(page, hub, "botapi");
}

const struct web_kind web_statistics = {
	.name = "statistics",
	.list = list,
	.prepare = prepare,
	.take = take,
	.forget = forget,
};
