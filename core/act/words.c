/* SPDX-License-Identifier: MIT */
/* The sentences of plans and results. */
#include "core/act/internal.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/str.h"
#include "core/conf/settings.h"

static bool says(const char *field, const char *word)
{
	return field && strcmp(field, word) == 0;
}

static bool is_down(const struct msg_bot *bot)
{
	return says(bot->proc_state, "absent") || says(bot->proc_state, "stopped") ||
	       says(bot->proc_state, "fatal");
}

static bool add_pending(const struct msg_bot *bot, struct str *out)
{
	if (says(bot->transport, "mtproto"))
		str_adds(out, "transfers in progress are lost");
	else if (bot->pending > 0)
		str_addf(out, "%s pending (kept by Telegram, replayed)",
			format_many((uint64_t)bot->pending, "update").text);
	else if (bot->pending == 0)
		str_adds(out, "0 pending");
	return bot->pending >= 0 || says(bot->transport, "mtproto");
}

/* What happens to its process, where that is not plain from the verb. */
static void add_effect(const struct work *work, const struct msg_bot *bot, struct str *out)
{
	enum want want = work_want(work);
	bool runs = says(bot->proc_state, "running") && bot->pid;
	if (want == WANT_PRESENT && runs)
		str_addf(out, "already running as pid %" PRIu64, bot->pid);
	else if (want == WANT_ABSENT && is_down(bot))
		str_adds(out, "already stopped");
	else if (want == WANT_REPLACED && is_down(bot))
		str_adds(out, "not running: it is started");
	else if (want != WANT_REPLACED)
		str_adds(out, work->consequence);
}

void words_bot(const struct work *work, const struct msg_bot *bot, struct str *out)
{
	autostr struct str pending = STR_INIT;
	add_effect(work, bot, out);
	if (work_want(work) != WANT_NOTHING && add_pending(bot, &pending))
		str_addf(out, "%s%s", out->length ? "; " : "", pending.text);
	if (!out->length)
		str_adds(out, work->consequence);
}

void words_backup(const struct act *act, const struct conf_backup *conf,
	const struct msg_backup *backup, struct str *out)
{
	str_addf(out, "writes %s; ", conf->file);
	if (backup && backup->at_ms)
		str_addf(out, "last good one %s ago (%s)",
			format_age(clock_wall_ms(act->clock) - backup->at_ms).text,
			format_bytes((int64_t)backup->bytes).text);
	else
		str_adds(out, "there is no good one yet");
}

void words_title(const struct plan *plan, const struct work *work, struct str *out)
{
	str_adds(out, work->word);
	if (plan->target_count == 1)
		str_addf(out, " %s", plan->targets[0].name);
	else if (plan->target_count)
		str_addf(out, " %zu %s", plan->target_count, work->is_backup ? "backups" : "bots");
}

/* One target: what became of it. Several: how many of each, and the first that went wrong. */
void words_result(const struct op *op, struct str *out)
{
	size_t counts[OP_FAILED + 1] = {0};
	const struct op_step *worst = NULL;
	for (size_t i = 0; i < op->step_count; i++) {
		counts[op->steps[i].state]++;
		if (!worst || op->steps[i].state > worst->state)
			worst = &op->steps[i];
	}
	if (op->step_count > 1) {
		str_addf(out, "%zu of %zu done", counts[OP_DONE], op->step_count);
		for (unsigned state = OP_UNVERIFIED; state <= OP_FAILED; state++)
			if (counts[state])
				str_addf(out, ", %zu %s", counts[state],
					op_state_word((enum op_state)state, false));
	}
	if (worst && (op->step_count == 1 || worst->state != OP_DONE)) {
		if (op->step_count > 1)
			str_addf(out, "; %s: ", worst->name);
		str_adds(out, worst->text ? worst->text : "");
	}
}

void words_busy(const struct op *op, struct str *out)
{
	const char *being = work_being(op->verb);
	if (being)
		str_addf(out, "%s by %s", being, op->who.name);
	else
		str_addf(out, "under '%s' by %s", op->verb, op->who.name);
}
