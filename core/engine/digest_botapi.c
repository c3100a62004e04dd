/* SPDX-License-Identifier: MIT */
/* The statistics of a self-hosted Bot API server: a service, and figures of the bots that it names by
 * their ids. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/digest.h"
#include "core/engine/internal.h"
#include "core/engine/sources.h"

static void set_detail(struct msg_service *service, const char *name, int64_t value)
{
	struct msg_pair *pair = msg_add(service->details, &service->details_count);
	msg_set(&pair->name, name);
	pair->value = value < 0 ? xstrdup("unknown") : xasprintf("%lld", (long long)value);
}

static void fill_service(
	struct engine *engine, struct msg_service *service, const struct msg_obs_botapi *seen)
{
	for (size_t i = 0; i < service->details_count; i++)
		msg_release(MSG_pair, &service->details[i]);
	service->details_count = 0;
	const struct msg_source *source = source_of_service(engine, service);
	service->at_ms = now_wall(engine);
	service->latency_ms = source ? source->latency_ms : (double)NAN;
	service->uptime_s = seen->uptime_s;
	service->used_bytes = seen->rss_bytes;
	service->clients = seen->active_requests;
	service->rate = seen->requests_per_s;
	set_detail(service, "bots", seen->bots_total);
	set_detail(service, "active bots", seen->bots_active);
	set_detail(service, "webhook connections", seen->webhook_connections);
	set_detail(service, "bots in its answer are cut", seen->cut);
}

static const struct msg_bot *bot_of(const struct engine *engine, int64_t tg_id)
{
	size_t count;
	const struct msg_bot *const *bots = model_bots(engine->model, &count);
	for (size_t i = 0; tg_id && i < count; i++)
		if (bots[i]->tg_id == tg_id)
			return bots[i];
	return NULL;
}

static void note_bot(struct engine *engine, const struct msg_sample *figure)
{
	if (!starts_with(figure->labels, "id="))
		return;
	const struct msg_bot *known = bot_of(engine, strtoll(figure->labels + 3, NULL, 10));
	struct bot_facts *facts = known ? facts_find(engine->facts, known->id) : NULL;
	struct msg_bot *bot = facts ? draft_edit(engine, MSG_bot, known->id) : NULL;
	if (!bot)
		return;
	bool is_requests = strcmp(figure->name, "requests") == 0;
	*(is_requests ? &bot->api_requests_per_s : &bot->api_updates_per_s) = figure->value;
	bot->api_at_ms = now_wall(engine);
	facts->api_mono_ms = now_mono(engine);
	digest_record(engine, digest_teller(known->id, TELLER_API, ""),
		is_requests ? "botapi_requests_per_second" : "botapi_updates_per_second", "bot",
		bot->name, figure->value);
}

void digest_botapi(struct engine *engine, const void *body)
{
	const struct msg_obs_botapi *seen = body;
	fill_service(engine, service_draft(engine, "botapi", seen->name), seen);
	uint64_t teller = source_id("source", "botapi", seen->name);
	digest_record(engine, teller, "botapi_server_requests_per_second", "instance", seen->name,
		seen->requests_per_s);
	digest_record(engine, teller, "botapi_server_errors_per_second", "instance", seen->name,
		seen->errors_per_s);
	digest_record(engine, teller, "botapi_server_updates_per_second", "instance", seen->name,
		seen->updates_per_s);
	for (size_t i = 0; i < seen->bots_count; i++)
		note_bot(engine, &seen->bots[i]);
}
