/* SPDX-License-Identifier: MIT */
/* 1: the Bot API is away. 2: what is sent to it is lost. 3: it takes connections and never answers. 4: it drips. 5: it cuts its
 * answers. 10: the line loses packets. */
#include <signal.h>
#include <stdio.h>

#include "core/base/mem.h"
#include "tests/faults/api.h"
#include "tests/faults/cost.h"
#include "tests/faults/faults.h"
#include "tests/faults/net.h"
#include "core/model/model.h"
#include "tests/support/proxy.h"
#include "tests/support/vt.h"

enum {
	PROBES_MS = 4000,     /* of probing, while nobody answers */
	CONNECTIONS = 12 + 4, /* a call a bot, and some that are being closed */
	THREADS_MORE = 2,
};

/* While nobody answers no more and more of them wait. */
static void see_no_pile(struct api *api, unsigned threads)
{
	unsigned connections = 0, most_threads = 0;
	int64_t until_ms = fault_now_ms() + PROBES_MS;
	while (fault_now_ms() < until_ms) {
		unsigned now = net_connections(api->run->engine, api->port), now_threads;
		connections = now > connections ? now : connections;
		now_threads = cost_threads(api->run->engine);
		most_threads = now_threads > most_threads ? now_threads : most_threads;
		engine_look(api->run, 200);
	}
	see(api->sight, connections <= CONNECTIONS, -1, "%u connections to it at most",
		connections);
	see(api->sight, most_threads <= threads + THREADS_MORE, -1, "%u threads, %u before",
		most_threads, threads);
}

static void see_silence(struct api *api, const char *words, unsigned threads)
{
	autofree char *host = xasprintf("cannot reach 127.0.0.1:%u: no ", api->port);
	api_see_one_alert(api, "source_unreachable", host);
	api_see_text(api, host, true);
	api_see_text(api, words, true);
	see_no_pile(api, threads);
	api_see_the_others_live(api);
}

void fault_api_blackholed(struct faults *run, struct sight *sight)
{
	struct api api;
	unsigned threads = cost_threads(run->engine);
	if (api_begin(run, sight, NULL, &api) && net_break(api.port, NET_DROP, 0, sight)) {
		api_mark(&api);
		see_silence(&api, "in 5 s", threads);
		net_heal(api.port);
		api_see_recovery(&api, "source_unreachable");
	}
	api_end(&api);
}

void fault_api_frozen(struct faults *run, struct sight *sight)
{
	struct api api;
	pid_t server = api_pid(run);
	unsigned threads = cost_threads(run->engine);
	if (api_begin(run, sight, NULL, &api) && server > 0) {
		kill(server, SIGSTOP);
		api_mark(&api);
		see_silence(&api, "no answer in 5 s", threads);
		kill(server, SIGCONT);
		api_see_recovery(&api, "source_unreachable");
	}
	api_end(&api);
}

/* ---- 1, 4, 5: through the proxy ---- */

void fault_api_refused(struct faults *run, struct sight *sight)
{
	struct api api;
	if (api_begin_proxied(run, sight, &api)) {
		proxy_door(api.proxy, false);
		api_mark(&api);
		api_see_one_alert(&api, "source_unreachable", "connection refused");
		api_see_text(&api, "API unreachable: connection refused", true);
		api_see_the_others_live(&api);
		proxy_door(api.proxy, true);
		api_see_recovery(&api, "source_unreachable");
	}
	api_end(&api);
}

void fault_api_drips(struct faults *run, struct sight *sight)
{
	static const struct toxics drip = {.drip_bytes = 1, .drip_ms = 1000}, none = {0};
	struct api api;
	if (api_begin_proxied(run, sight, &api)) {
		proxy_set(api.proxy, PROXY_DOWN, &drip);
		api_mark(&api);
		api_see_one_alert(&api, "source_unreachable", "no answer in 5 s");
		api_see_text(&api, "no answer in 5 s", true);
		api_see_nothing_believed(&api);
		proxy_set(api.proxy, PROXY_DOWN, &none);
		api_see_recovery(&api, "source_unreachable");
	}
	api_end(&api);
}

/* The head of an answer has some 110 bytes, what follows more than 80. */
enum { MID_BODY = 150, CUTS_MS = 2000 };

void fault_api_reset(struct faults *run, struct sight *sight)
{
	static const struct toxics reset = {.reset_bytes = MID_BODY}, none = {0};
	struct api api;
	if (api_begin_proxied(run, sight, &api)) {
		uint64_t before = proxy_counts(api.proxy).bytes[PROXY_DOWN];
		proxy_set(api.proxy, PROXY_DOWN, &reset);
		api_mark(&api);
		api_see_one_alert(&api, "source_unreachable", "connection ");
		api_see_text(&api, "API unreachable: connection ", true);
		engine_look(run, CUTS_MS);
		see(sight, proxy_counts(api.proxy).bytes[PROXY_DOWN] > before, -1,
			"%llu bytes of answers came",
			(unsigned long long)(proxy_counts(api.proxy).bytes[PROXY_DOWN] - before));
		api_see_nothing_believed(&api);
		proxy_set(api.proxy, PROXY_DOWN, &none);
		api_see_recovery(&api, "source_unreachable");
	}
	api_end(&api);
}

/* ---- 10 ---- */

enum { LOSS_PERCENT = 30, LOSS_MS = 15000, LATE_MS = 150 };

/* Looks for so long; the longest round trip of a bot. */
static double worst_latency(struct api *api, size_t *ret_alerts)
{
	double worst_ms = 0;
	*ret_alerts = 0;
	while (fault_now_ms() - api->begun_ms < LOSS_MS) {
		size_t count, alerts = api_firing(api->run, "source_unreachable") +
				       api_firing(api->run, "bot_down") +
				       api_firing(api->run, "heartbeat_late");
		const void *const *bots = model_list(api->run->model, MSG_bot, &count);
		for (size_t i = 0; i < count; i++) {
			double ms = ((const struct msg_bot *)bots[i])->rtt_ms;
			worst_ms = ms > worst_ms ? ms : worst_ms;
		}
		*ret_alerts = alerts > *ret_alerts ? alerts : *ret_alerts;
		engine_look(api->run, 100);
	}
	return worst_ms;
}

void fault_packet_loss(struct faults *run, struct sight *sight)
{
	struct api api;
	size_t alerts;
	if (api_begin(run, sight, NULL, &api) &&
		net_break(api.port, NET_LOSE, LOSS_PERCENT, sight)) {
		api_mark(&api);
		double worst_ms = worst_latency(&api, &alerts);
		see(sight, alerts == 0, -1, "%zu alerts that something is down in %d s", alerts,
			LOSS_MS / 1000);
		see(sight, worst_ms >= LATE_MS, -1, "a round trip of up to %.0f ms shown",
			worst_ms);
		api_see_text(&api, " ms", false);
		net_heal(api.port);
		api_see_recovery(&api, "source_unreachable");
	}
	api_end(&api);
}
