/* SPDX-License-Identifier: MIT */
/* One bot process as a whole. Everything runs on its one loop. */
#ifndef BOTSWAIN_FLEET_AGENT_H
#define BOTSWAIN_FLEET_AGENT_H

#include "core/base/rng.h"
#include "tests/fleet/bot/cache.h"
#include "tests/fleet/bot/database.h"
#include "tests/fleet/bot/figures.h"
#include "tests/fleet/bot/journal.h"
#include "tests/fleet/bot/settings.h"
#include "tests/fleet/common/loop.h"
#include "tests/fleet/common/serve.h"

/* What the script of trouble can ask of a bot (Redis key demo:<bot>); see trouble.c. */
enum trouble {
	TROUBLE_CRASH = 1 << 0,  /* dies a few seconds after each start */
	TROUBLE_SLOW = 1 << 1,   /* answers take seconds */
	TROUBLE_MUTE = 1 << 2,   /* no heartbeats */
	TROUBLE_502 = 1 << 3,    /* its webhook answers 502 */
	TROUBLE_STALL = 1 << 4,  /* takes no updates */
	TROUBLE_ERRORS = 1 << 5, /* every second message ends in an exception */
	TROUBLE_UNWELL = 1 << 6, /* its health page says so */
	TROUBLE_BLIND = 1 << 7,  /* its figures cannot be read */
};

enum { CHATS_KNOWN = 128, CHAT_FRESH_MS = 600000 };

struct agent {
	struct settings settings;
	struct loop loop;
	struct journal journal;
	struct cache cache;
	struct database database;
	struct figures figures;
	struct server pages;
	struct rng rng;
	struct timer tick; /* once a second: heartbeat, trouble */
	int64_t started_ms;
	unsigned trouble;
	struct {
		int64_t chat, written_ms;
	} chats[CHATS_KNOWN]; /* whose rows are fresh; a chat has one place */
	/* the poller */
	struct timer poll_again;
	bool polling;
	int64_t offset;
	unsigned ticks; /* seconds since the start */
};

#endif
