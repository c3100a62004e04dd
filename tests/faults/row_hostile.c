/* SPDX-License-Identifier: MIT */
/* 41: who behaves badly loses his place, and nobody else notices. */
#include <signal.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/conf/settings.h"
#include "core/model/model.h"
#include "tests/faults/crowd.h"
#include "tests/faults/faults.h"
#include "tests/faults/hostile.h"
#include "tests/support/fleet.h"

enum {
	FLOOD_MS = 4000,
	HELLO_MS = 5000 + 1000, /* who does not introduce himself */
	STUCK_MS = 10000 + 1500 /* who takes no byte */
};

/* How long until it is dropped; who only waits is given the time that the engine gives. */
static const struct {
	enum hostile_manner manner;
	int64_t limit_ms;
	bool at_once, must_go;
} manners[] = {
	{HOSTILE_HUGE, 1000, true, true},
	{HOSTILE_GARBAGE, 1000, true, true},
	{HOSTILE_HALF, HELLO_MS, false, true},
	{HOSTILE_FLOOD, STUCK_MS, false, true},
	{HOSTILE_DEAF, STUCK_MS, false, true},
	{HOSTILE_CHURN, FLOOD_MS, false, false},
};

static void try_manner(struct faults *run, size_t row, struct sight *sight)
{
	enum hostile_manner manner = manners[row].manner;
	long cpu_ms = process_cpu_ms(run->engine);
	int64_t begun_ms = fault_now_ms();
	int64_t took_ms = hostile_behave(run->settings->socket_path, manner, manners[row].limit_ms);
	int64_t span_ms = fault_now_ms() - begun_ms;
	long percent = span_ms < 500 ? 0 : (process_cpu_ms(run->engine) - cpu_ms) * 100 / span_ms;
	if (!manners[row].must_go)
		see(sight, took_ms < 0, -1, "%s: let be for %.1f s, engine at %ld%%",
			hostile_word(manner), (double)span_ms / 1e3, percent);
	else
		see(sight, took_ms >= 0, manners[row].at_once ? took_ms : -1,
			"%s: dropped after %.2f s, engine at %ld%%", hostile_word(manner),
			(double)took_ms / 1e3, percent);
}

static int64_t time_welcome(const struct faults *run, int64_t limit_ms)
{
	int64_t begun_ms = fault_now_ms(), took_ms = -1;
	struct client *client;
	struct err err;
	while (took_ms < 0 && fault_now_ms() - begun_ms < limit_ms) {
		if (!client_connect(run->settings->socket_path, run->settings->state_dir, "screen",
			    false, &client, &err)) {
			fault_pace_until(fault_now_ms() + 10); /* a door tells nobody of a place */
			continue;
		}
		if (engine_meet(client, begun_ms + limit_ms) == CLIENT_ATTACHED)
			took_ms = fault_now_ms() - begun_ms;
		client_free(client);
	}
	return took_ms;
}

/* All places are taken by who says nothing: an operator comes in all the same. */
static void try_places(struct faults *run, struct sight *sight)
{
	pid_t pid = fork();
	if (pid == 0) {
		(void)hostile_behave(run->settings->socket_path, HOSTILE_SILENT, FLOOD_MS);
		_exit(0);
	}
	engine_look(run, 500);
	int64_t took_ms = time_welcome(run, FLOOD_MS);
	see(sight, took_ms >= 0, took_ms, "%s: another is let in after %.2f s",
		hostile_word(HOSTILE_SILENT), (double)took_ms / 1e3);
	(void)engine_end(pid, SIGKILL, FLOOD_MS);
}

void fault_hostile_client(struct faults *run, struct sight *sight)
{
	unsigned rss_before_mb = (unsigned)(model_engine(run->model)->rss_bytes >> 20);
	hostile_pause(run->hostile);
	for (size_t row = 0; row < sizeof(manners) / sizeof(manners[0]); row++)
		try_manner(run, row, sight);
	try_places(run, sight);
	hostile_go_on(run->hostile);
	engine_look(run, 1500);
	unsigned rss_mb = (unsigned)(model_engine(run->model)->rss_bytes >> 20);
	see(sight, rss_mb < rss_before_mb + 32, -1, "%u MB before, %u after", rss_before_mb,
		rss_mb);
	see(sight, engine_said(run, "dropped the client of"), -1, "the drop is an event");
}
