/* SPDX-License-Identifier: MIT */
/* 11: names are not resolved. 12: TLS that is to be refused. */
#include <stdio.h>

#include "core/base/mem.h"
#include "tests/faults/api.h"
#include "tests/faults/cost.h"
#include "tests/faults/dns.h"
#include "tests/faults/faults.h"
#include "tests/faults/tls_door.h"

/* ---- 11 ---- */

enum {
	SILENCE_MS = 4000,
	LOOKUPS = 12 + 4 /* a call a bot, and probes; each waits in a thread of libcurl */
};

static void see_silent_resolver(struct api *api, struct dns *dns, unsigned threads)
{
	unsigned most = 0;
	dns_set(dns, DNS_SILENT);
	api_mark(api);
	api_see_text(api, "name not resolved in 5 s", false);
	int64_t until_ms = fault_now_ms() + SILENCE_MS;
	while (fault_now_ms() < until_ms) {
		unsigned now = cost_threads(api->run->engine);
		most = now > most ? now : most;
		engine_look(api->run, 200);
	}
	see(api->sight, most <= threads + LOOKUPS, -1, "%u threads, %u before", most, threads);
}

/* The engine is told of a server by a name that it has not looked up yet. */
static bool move_to_new_name(struct api *api, struct tls_door *door)
{
	if (!tls_door_make(api->run, api->port, api->sight, door) ||
		!tls_door_open(door, "good", false))
		return false;
	autofree char *url = xasprintf("https://bot-api.faults.test:%u", door->port);
	api_mark(api);
	api_move(api, url);
	return true;
}

/* A resolver that takes its time is no outage. */
static void see_slow_resolver(struct api *api, struct dns *dns, struct tls_door *door)
{
	unsigned before = dns_questions(dns);
	dns_set(dns, DNS_SLOW);
	if (!move_to_new_name(api, door))
		return;
	api_see_recovery(api, NULL);
	see(api->sight, dns_questions(dns) > before && tls_door_handshakes(door) > 0, -1,
		"by a resolver that takes %d s", DNS_SLOW_MS / 1000);
	size_t count = api_firing(api->run, "source_unreachable");
	see(api->sight, count == 0, -1, "%zu alerts", count);
}

static void see_no_resolver(struct api *api, struct dns *dns, struct tls_door *door)
{
	unsigned threads = cost_threads(api->run->engine);
	dns_set(dns, DNS_FAILS);
	if (!move_to_new_name(api, door))
		return;
	api_see_one_alert(api, "source_unreachable", "name not resolved");
	api_see_text(api, "API unreachable: host name not resolved", true);
	api_see_the_others_live(api);
	see_silent_resolver(api, dns, threads);
	dns_set(dns, DNS_GOOD);
	api_see_recovery(api, "source_unreachable");
}

void fault_no_names(struct faults *run, struct sight *sight)
{
	struct api api;
	struct tls_door doors[2] = {{.pid = 0}, {.pid = 0}};
	struct dns *dns = NULL;
	if (api_begin(run, sight, NULL, &api) && (dns = dns_start(sight))) {
		see_slow_resolver(&api, dns, &doors[0]);
		see_no_resolver(&api, dns, &doors[1]);
	}
	api_end(&api);
	dns_stop(dns);
	for (size_t i = 0; i < COUNT_OF(doors); i++)
		if (doors[i].counts)
			tls_door_release(&doors[i]);
}

/* ---- 12 ---- */

enum { LEFT_MS = 200 /* who was inside is gone, and what he asked for is written down */ };

struct bad_tls {
	const char *name, *certificate, *said;
	bool is_old;
};

static const struct bad_tls bad[] = {
	{"expired", "old", "certificate expired", false},
	{"of another host", "other", "certificate of another host", false},
	{"self-signed", "alone", "certificate self-signed", false},
	{"TLS 1.1", "good", "no TLS 1.2 or later", true},
};

static void refuse_it(struct api *api, struct tls_door *door, const struct bad_tls *it)
{
	autofree char *row = xasprintf("API unreachable: %s", it->said);
	unsigned before = tls_door_handshakes(door);
	if (!tls_door_open(door, it->certificate, it->is_old)) {
		see(api->sight, false, -1, "a door that is %s", it->name);
		return;
	}
	engine_look(api->run, LEFT_MS);
	api_mark(api);
	api_see_text(api, it->said, true);
	api_see_text(api, row, false);
	api_see_alert(api, "source_unreachable", it->said);
	see(api->sight, tls_door_handshakes(door) == before, -1, "nobody came in");
	struct api_asked asked = api_asked(api, "console", NULL, NULL);
	see(api->sight, asked.count == 0, -1, "the server was asked %u times", asked.count);
	(void)tls_door_open(door, "good", false);
	api_see_recovery(api, NULL);
}

void fault_bad_tls(struct faults *run, struct sight *sight)
{
	struct api api;
	struct tls_door door = {.pid = 0};
	bool begun = api_begin(run, sight, NULL, &api);
	if (begun && tls_door_make(run, api.port, sight, &door) &&
		tls_door_open(&door, "good", false)) {
		autofree char *url = xasprintf("https://localhost:%u", door.port);
		api_move(&api, url);
		api_see_recovery(&api, "source_unreachable");
		see(sight, tls_door_handshakes(&door) > 0, -1, "a good certificate is taken");
		for (size_t i = 0; i < COUNT_OF(bad); i++)
			refuse_it(&api, &door, &bad[i]);
		api_see_recovery(&api, "source_unreachable");
	}
	api_end(&api);
	if (door.counts)
		tls_door_release(&door);
}
