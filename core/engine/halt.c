/* SPDX-License-Identifier: MIT */
#include "core/engine/halt.h"

#include <stdlib.h>

#include "core/act/act.h"
#include "core/base/mem.h"
#include "core/engine/internal.h"
#include "core/engine/memory.h"

static void forget(struct bot_facts *facts)
{
	free(facts->halted_by);
	free(facts->halted_why);
	facts->halted_by = facts->halted_why = NULL;
	facts->halted_ms = 0;
}

void halt_over(struct engine *engine, struct bot_facts *facts)
{
	if (!facts->halted_ms)
		return;
	forget(facts);
	memory_keep_halt(engine, facts);
}

void halt_take(void *context, const struct act_halt *halt)
{
	struct engine *engine = context;
	struct bot_facts *facts = facts_find(engine->facts, halt->bot);
	if (!facts)
		return;
	(void)draft_edit(engine, MSG_bot, halt->bot); /* judged at the next commit */
	if (!halt->stopped) {
		halt_over(engine, facts);
		return;
	}
	forget(facts);
	facts->halted_ms = now_wall(engine);
	facts->halted_by = xstrdup(halt->by);
	facts->halted_why = xstrdup(halt->why);
	memory_keep_halt(engine, facts);
}

void halt_recall(struct engine *engine, struct bot_facts *facts)
{
	forget(facts);
	memory_recall_halt(engine, facts);
}

void halt_show(struct msg_bot *bot, const struct bot_facts *facts)
{
	bot->halted_ms = facts->halted_ms;
	msg_set(&bot->halted_by, facts->halted_ms ? facts->halted_by : "");
	msg_set(&bot->halted_why, facts->halted_ms ? facts->halted_why : "");
}
