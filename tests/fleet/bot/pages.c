/* SPDX-License-Identifier: MIT */
#include "tests/fleet/bot/pages.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/fleet/bot/agent.h"
#include "tests/fleet/bot/intake.h"
#include "tests/fleet/common/files.h"

enum { PORT_LOW = 20000, PORT_HIGH = 32000, PORT_TRIES = 200 };

static void show_metrics(struct agent *agent, struct request *request)
{
	struct reply page = {.status = 200, .content_type = "text/plain; version=0.0.4"};
	str_init(&page.body);
	if (agent->trouble & TROUBLE_BLIND) {
		request_reply_text(request, 500, "cannot collect\n");
		return;
	}
	figures_print(&agent->figures, agent->settings.name, agent->settings.worker,
		loop_now_ms() - agent->started_ms, &page.body);
	request_reply(request, &page);
}

static void show_health(struct agent *agent, struct request *request)
{
	bool redis = agent->cache.context != NULL;
	bool postgres = agent->database.state >= DATABASE_IDLE;
	bool unwell = agent->trouble & TROUBLE_UNWELL;
	const char *status = unwell              ? "session pool exhausted"
			     : redis && postgres ? "ok"
						 : "degraded";
	request_reply_json(request, redis && postgres && !unwell ? 200 : 503,
		json_pack("{s:s,s:b,s:b}", "status", status, "redis", redis, "postgres", postgres));
}

static void handle(void *context, struct request *request)
{
	struct agent *agent = context;
	autofree char *webhook = intake_webhook_path(agent);
	if (strcmp(request->path, "/metrics") == 0)
		show_metrics(agent, request);
	else if (strcmp(request->path, "/healthz") == 0)
		show_health(agent, request);
	else if (strcmp(request->path, webhook) == 0)
		intake_webhook(agent, request);
	else
		request_reply_text(request, 404, "not found\n");
}

static bool listen_anywhere(struct agent *agent, struct err *err)
{
	struct rng rng;
	rng_init(&rng, (uint64_t)agent->settings.id ^ (uint64_t)clock_cost_us());
	for (int i = 0; i < PORT_TRIES; i++) {
		uint16_t port = (uint16_t)(PORT_LOW + rng_below(&rng, PORT_HIGH - PORT_LOW));
		if (server_start(&agent->pages, &agent->loop, port, handle, agent, err))
			return true;
	}
	return false;
}

bool pages_start(struct agent *agent, struct err *err)
{
	autofree char *path =
		xasprintf("%s/%s.port", agent->settings.run_dir, agent->settings.instance);
	autostr struct str text = STR_INIT;
	int port = file_read(path, &text, NULL) ? atoi(text.text) : 0;
	if (port > 0 &&
		server_start(&agent->pages, &agent->loop, (uint16_t)port, handle, agent, err))
		return true;
	if (!listen_anywhere(agent, err))
		return false;
	autofree char *line = xasprintf("%u\n", server_port(&agent->pages));
	return file_replace(path, line, err);
}
