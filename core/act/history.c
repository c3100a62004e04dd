/* SPDX-License-Identifier: MIT */
/*
 * Each operation is a fact of the journal, written when it is accepted and when it ends, as the
 * frame that screens get. What is found unfinished at a start was cut off with the engine that ran
 * it: nobody watched what came of it, and it is said so.
 */
#include "core/act/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/model.h"

static const char prefix[] = "operation/";
static const char cut_off[] = "the engine ended while it ran: what came of it was not watched";

/* Keys sort as their numbers do. */
static void make_key(uint64_t id, char ret[48])
{
	snprintf(ret, 48, "%s%020" PRIu64, prefix, id);
}

void history_keep(struct act *act, uint64_t id)
{
	char key[48];
	autostr struct str value = STR_INIT;
	make_key(id, key);
	msg_encode(MSG_operation, model_operation(act->model, id), &value);
	act->journal.put(act->journal.context, key, value.text, value.length);
}

static void forget(struct act *act, uint64_t id)
{
	char key[48];
	make_key(id, key);
	model_remove(act->model, MSG_operation, id);
	act->journal.put(act->journal.context, key, NULL, 0);
}

static void queue_up(struct act *act, uint64_t id)
{
	uint64_t *slot = &act->ended[act->ended_count++ % OPERATIONS_KEPT];
	if (*slot)
		forget(act, *slot);
	*slot = id;
}

void history_ended(struct act *act, uint64_t id)
{
	queue_up(act, id);
	history_keep(act, id);
}

static bool is_unfinished(const char *state)
{
	return strcmp(state, "accepted") == 0 || strcmp(state, "waiting") == 0 ||
	       strcmp(state, "running") == 0 || strcmp(state, "verifying") == 0;
}

static void finish(struct act *act, struct msg_operation *operation)
{
	autofree char *result = xasprintf("unverified: %s", cut_off);
	msg_set(&operation->state, "unverified");
	msg_set(&operation->result, cut_off);
	operation->ended_ms = clock_wall_ms(act->clock);
	for (size_t i = 0; i < operation->steps_count; i++)
		if (is_unfinished(operation->steps[i].state))
			msg_set(&operation->steps[i].state, "unverified");
	act->journal.audit(act->journal.context, &(struct audit_line){.operation = operation->id,
							 .uid = act->uid,
							 .who = "botswain",
							 .what = operation->verb,
							 .on = operation->title,
							 .why = operation->reason,
							 .result = result});
}

static void load_one(void *context, const char *key, const void *value, size_t length)
{
	struct act *act = context;
	struct msg_any any = {.kind = MSG_none};
	struct err ignored;
	size_t used;
	(void)key;
	if (!msg_decode(value, length, MSG_FRAME_MAX, &any, &used, &ignored) || used == 0)
		return;
	if (any.kind != MSG_operation) {
		msg_any_release(&any);
		return;
	}
	struct msg_operation *operation = any.body;
	bool unfinished = is_unfinished(operation->state);
	if (unfinished)
		finish(act, operation);
	model_put(act->model, MSG_operation, operation);
	queue_up(act, operation->id);
	if (unfinished)
		history_keep(act, operation->id);
}

void history_load(struct act *act)
{
	act->journal.each(act->journal.context, prefix, load_one, act);
}
