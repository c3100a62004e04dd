/* SPDX-License-Identifier: MIT */
/* 2: what is sent to the Bot API is lost. 3: it takes connections and never answers. */
#include <signal.h>
#include <stdio.h>

#include "core/base/mem.h"
#include "tests/faults/api.h"
#include "tests/faults/cost.h"
#include "tests/faults/faults.h"
#include "tests/faults/net.h"
#include "tests/support/vt.h"

enum {
	PROBES_MS = 6000,     /* of probing, while nobody answers */
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
