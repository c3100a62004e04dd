/* SPDX-License-Identifier: MIT */
/* What concerns operations goes on to act, which changes the model itself: drafts are put first. */
#include "core/act/act.h"
#include "core/engine/digest.h"
#include "core/engine/internal.h"
#include "core/engine/tell.h"

void digest_child(struct engine *engine, const void *body)
{
	drafts_commit(engine);
	act_observe(engine->act, MSG_obs_child, body);
}

void digest_ledger(struct engine *engine, const void *body)
{
	engine->audit_changes++;
	drafts_commit(engine);
	act_observe(engine->act, MSG_obs_ledger, body);
	tell_ledger(engine, body);
}
