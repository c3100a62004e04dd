/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/statistics.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/str.h"
#include "tests/fleet/botapi/api.h"

enum { CUT_BYTES = 16 << 10, BOTS_SHOWN = 50 };

static double seconds(const struct api *api)
{
	return (double)(loop_now_ms() - api->started_ms + 1) / 1000;
}

static void rate(struct str *to, const char *name, double value)
{
	str_addf(to, "%s\t%.3f\t%.3f\t%.3f\t%.3f\n", name, value, value, value, value);
}

static void add_server(const struct api *api, struct str *to)
{
	size_t active = 0, hooks = 0;
	for (size_t i = 0; i < api->bots.count; i++) {
		active += api->bots.items[i]->requests > 0;
		hooks += (size_t)api->bots.items[i]->webhook.in_flight;
	}
	str_addf(to,
		"DURATION\tinf\t5sec\t1min\t1hour\nuptime\t%.3f\nbot_count\t%zu\n"
		"active_bot_count\t%zu\nrss\t24.5MB\nvm\t310MB\nrss_peak\t30MB\nvm_peak\t320MB\n"
		"total_cpu\tUNKNOWN\nuser_cpu\tUNKNOWN\nsystem_cpu\tUNKNOWN\nbuffer_memory\t512KB\n"
		"active_webhook_connections\t%zu\nactive_requests\t0\nactive_network_queries\t0\n",
		seconds(api), api->bots.count, active, hooks);
	rate(to, "request_count", (double)api->requests / seconds(api));
	rate(to, "response_count", (double)api->requests / seconds(api));
	rate(to, "response_count_error", 0);
	rate(to, "update_count", 0);
}

static void add_bot(const struct api *api, const struct bot *bot, struct str *to)
{
	str_addf(to, "\nid\t%" PRId64 "\nuptime\t%.3f\ntoken\t%s\nusername\t%s\n", bot->id,
		seconds(api), bot->token, bot->username);
	if (bot->webhook.url)
		str_addf(to, "webhook\t%s\nwebhook_max_connections\t%d\n", bot->webhook.url,
			bot->webhook.max_connections);
	str_addf(to, "head_update_id\t%" PRId64 "\n", bot->next_update_id);
	if (bot->pending)
		str_addf(to, "pending_update_count\t%zu\n", bot->pending);
	rate(to, "update_count/sec", 0);
	rate(to, "request_count/sec", (double)bot->requests / seconds(api));
}

void statistics_handle(void *context, struct request *request)
{
	struct api *api = context;
	struct reply page = {.status = 200, .content_type = "text/plain"};
	size_t shown = 0;
	json_t *args = request_args(request);
	const char *wanted = arg_text(args, "id");
	str_init(&page.body);
	add_server(api, &page.body);
	for (size_t i = 0; i < api->bots.count && shown < BOTS_SHOWN; i++) {
		const struct bot *bot = api->bots.items[i];
		if (wanted && !starts_with(bot->token, wanted))
			continue;
		add_bot(api, bot, &page.body);
		shown++;
	}
	if (page.body.length > CUT_BYTES)
		str_truncate(&page.body, CUT_BYTES);
	json_decref(args);
	request_reply(request, &page);
}
