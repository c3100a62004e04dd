/* SPDX-License-Identifier: MIT */
#include "tests/fleet/bot/trouble.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/fleet/bot/agent.h"

enum { CRASH_AFTER_MS = 3000, CRASH_STATUS = 70 };

/* clang-format off */
static const struct {
	const char *word;
	enum trouble trouble;
} words[] = {
	{"crash", TROUBLE_CRASH},
	{"slow", TROUBLE_SLOW},
	{"mute", TROUBLE_MUTE},
	{"502", TROUBLE_502},
	{"stall", TROUBLE_STALL},
	{"errors", TROUBLE_ERRORS},
	{"unwell", TROUBLE_UNWELL},
	{"blind", TROUBLE_BLIND},
};
/* clang-format on */

static unsigned read_key(struct agent *agent, const char *key)
{
	unsigned trouble = 0;
	autostr struct str value = STR_INIT;
	if (!cache_get(&agent->cache, key, &value))
		return 0;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strstr(value.text, words[i].word))
			trouble |= words[i].trouble;
	return trouble;
}

void trouble_start(struct agent *agent)
{
	autofree char *key = xasprintf("demo:%s", agent->settings.name);
	unsigned asked = read_key(agent, key);
	if (asked && !(asked & TROUBLE_CRASH))
		cache_delete(&agent->cache, key);
}

static void crash(struct agent *agent)
{
	journal_exception(&agent->journal, NULL, "main",
		"RuntimeError: cannot allocate session: pool exhausted");
	journal_write(&agent->journal, LOG_CRITICAL, NULL, "fatal error in the main task, exiting");
	cache_event(&agent->cache, "critical", "crashed", NULL,
		"RuntimeError: cannot allocate session: pool exhausted");
	_exit(CRASH_STATUS);
}

void trouble_tick(struct agent *agent)
{
	autofree char *key = xasprintf("demo:%s", agent->settings.name);
	agent->trouble = read_key(agent, key);
	if (agent->trouble & TROUBLE_CRASH && loop_now_ms() - agent->started_ms >= CRASH_AFTER_MS)
		crash(agent);
}
