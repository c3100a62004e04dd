/* SPDX-License-Identifier: MIT */
/*
 * One target of an operation: its intent becomes durable, its child runs, its outcome is watched,
 * its result is recorded. Limits are kept here, by the engine's clock; the runner only obeys.
 */
#include "core/act/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/act/drivers/runner.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/model.h"

bool step_is_live(const struct op_step *step)
{
	return step->state == OP_RUNNING || step->state == OP_VERIFYING;
}

static void say(struct op_step *step, const char *text)
{
	free(step->text);
	step->text = xstrdup(text);
}

static void tell_halt(
	const struct act *act, const struct op *op, const struct op_step *step, bool stopped)
{
	if (!act->take_halt || op->is_backup || op->want == WANT_NOTHING)
		return;
	act->take_halt(act->halt_context, &(struct act_halt){.bot = step->target,
						  .stopped = stopped,
						  .by = op->who.name,
						  .why = op->reason});
}

void step_end(struct act *act, struct op *op, size_t index, enum op_state state, const char *text)
{
	struct op_step *step = &op->steps[index];
	autofree char *result = xasprintf("%s: %s", op_state_word(state, true), text);
	say(step, text);
	step->state = state;
	step->ticket = 0;
	step->launched = false;
	step->ended_ms = clock_wall_ms(act->clock);
	act_audit(act, &op->who,
		&(struct audit_line){.operation = op->id,
			.what = op->verb,
			.on = step->name,
			.why = op->reason,
			.result = result});
	if (op->want == WANT_ABSENT && (state == OP_DONE || state == OP_UNVERIFIED))
		tell_halt(act, op, step, true);
	if (op->is_backup)
		backup_ended(act, step);
	else
		op_release_bot(act, op, step->target);
}

void step_begin(struct act *act, struct op *op, size_t index)
{
	struct op_step *step = &op->steps[index];
	step->state = OP_RUNNING;
	step->started_ms = clock_wall_ms(act->clock);
	step->record_mono_ms = clock_mono_ms(act->clock) + RECORD_MS;
	step->ticket = act_audit(act, &op->who,
		&(struct audit_line){.operation = op->id,
			.what = op->verb,
			.on = step->name,
			.why = op->reason,
			.result = "intent"});
	if (!step->ticket)
		step_end(act, op, index, OP_FAILED, "not run: it cannot be recorded");
}

static void launch(struct act *act, struct op *op, size_t index)
{
	struct op_step *step = &op->steps[index];
	struct job *job = xcalloc(1, sizeof(*job));
	*job = (struct job){.operation = op->id,
		.step = (unsigned)index,
		.label = op->step_count > 1 ? xstrdup(step->name) : NULL,
		.argv = step->argv,
		.file = step->file,
		.verify = step->verify};
	step->argv = step->verify = NULL;
	step->file = NULL;
	step->launched = true;
	step->expires_mono_ms = clock_mono_ms(act->clock) + op->timeout_ms;
	step->outcome.verify_ms = op->verify_ms;
	step->outcome.stable_ms = op->stable_ms;
	const struct msg_bot *bot = op->is_backup ? NULL : model_bot(act->model, step->target);
	if (op->want != WANT_ABSENT)
		tell_halt(act, op, step, false);
	outcome_begin(&step->outcome, op->want, bot, act_now(act));
	runner_start(act->runner, job);
}

void step_recorded(struct act *act, struct op *op, size_t index, const struct msg_obs_ledger *seen)
{
	op->steps[index].ticket = 0;
	if (seen->code) {
		autofree char *text = xasprintf("not run: it cannot be recorded: %s", seen->error);
		step_end(act, op, index, OP_FAILED, text);
	} else if (op->stopping) {
		step_end(act, op, index, OP_CANCELLED, op->stopping);
	} else {
		launch(act, op, index);
	}
}

static void judge(struct act *act, struct op *op, size_t index)
{
	static const enum op_state states[] = {[OUTCOME_DONE] = OP_DONE,
		[OUTCOME_FAILED] = OP_FAILED,
		[OUTCOME_UNVERIFIED] = OP_UNVERIFIED};
	struct op_step *step = &op->steps[index];
	autostr struct str text = STR_INIT;
	const struct msg_bot *bot = model_bot(act->model, step->target);
	enum outcome_word word = outcome_judge(&step->outcome, bot, act_now(act), &text);
	if (word != OUTCOME_WAIT)
		step_end(act, op, index, states[word], text.text);
	else if (text.length && strcmp(text.text, step->text) != 0)
		say(step, text.text);
}

static void end_by_code(
	struct act *act, struct op *op, size_t index, const struct msg_obs_child *child)
{
	if (child->code == ERR_CANCELLED) {
		const char *why = op->stopping ? op->stopping : "cancelled";
		step_end(act, op, index, OP_CANCELLED, why);
	} else if (child->code == ERR_TIMEOUT) {
		autofree char *text = xasprintf("it ran longer than %s and was ended",
			format_duration(op->timeout_ms).text);
		step_end(act, op, index, OP_FAILED, text);
	} else {
		step_end(act, op, index, OP_FAILED, child->text);
	}
}

static void end_by_status(
	struct act *act, struct op *op, size_t index, const struct msg_obs_child *child)
{
	const char *colon = *child->text ? ": " : "";
	autofree char *text = child->signal ? xasprintf("ended by signal %" PRId64 "%s%s",
						      child->signal, colon, child->text)
					    : xasprintf("exit %" PRId64 "%s%s", child->status,
						      colon, child->text);
	step_end(act, op, index, OP_FAILED, text);
}

static void end_backup(
	struct act *act, struct op *op, size_t index, const struct msg_obs_child *child)
{
	struct op_step *step = &op->steps[index];
	bool verified = step->state == OP_VERIFYING;
	free(step->file);
	step->file = xstrdup(child->file);
	autofree char *text =
		xasprintf("%s in %s, %s: %s", format_bytes((int64_t)child->bytes).text,
			format_duration(clock_wall_ms(act->clock) - step->started_ms).text,
			verified ? "reads back whole" : "not read back: no 'verify' is configured",
			child->file);
	step_end(act, op, index, verified ? OP_DONE : OP_UNVERIFIED, text);
}

static void child_ended(
	struct act *act, struct op *op, size_t index, const struct msg_obs_child *child)
{
	struct op_step *step = &op->steps[index];
	step->launched = false;
	step->kill_mono_ms = 0;
	if (child->code) {
		end_by_code(act, op, index, child);
	} else if (child->status != 0) {
		end_by_status(act, op, index, child);
	} else if (op->is_backup) {
		end_backup(act, op, index, child);
	} else {
		step->state = OP_VERIFYING;
		say(step, "the command ended with 0; waiting for what comes of it");
		outcome_ran(&step->outcome, act_now(act));
		judge(act, op, index);
	}
}

void step_child(struct act *act, struct op *op, size_t index, const struct msg_obs_child *child)
{
	struct op_step *step = &op->steps[index];
	if (!step->launched)
		return;
	step->lines = child->lines;
	step->bytes = child->bytes;
	if (strcmp(child->event, "ended") == 0)
		child_ended(act, op, index, child);
	else if (strcmp(child->event, "verifying") == 0)
		step->state = OP_VERIFYING;
	else if (*child->text)
		say(step, child->text);
}

static void order(struct act *act, const struct op *op, size_t index, enum runner_order what)
{
	runner_order(act->runner, op->id, (unsigned)index, what);
}

void step_turn(struct act *act, struct op *op, size_t index)
{
	struct op_step *step = &op->steps[index];
	int64_t now_ms = clock_mono_ms(act->clock);
	if (step->ticket && now_ms >= step->record_mono_ms) {
		const struct msg_obs_ledger silent = act_ledger_silent(act);
		step_recorded(act, op, index, &silent);
	} else if (step->launched && step->kill_mono_ms && now_ms >= step->kill_mono_ms) {
		step->kill_mono_ms = INT64_MAX;
		order(act, op, index, RUNNER_KILL);
	} else if (step->launched && !step->kill_mono_ms && now_ms >= step->expires_mono_ms) {
		step->kill_mono_ms = now_ms + KILL_MS;
		order(act, op, index, RUNNER_EXPIRE);
	} else if (step->state == OP_VERIFYING && !step->launched) {
		judge(act, op, index);
	}
}

/* An intent on its way to the disk ends when it is there: step_recorded(). */
void step_stop(struct act *act, struct op *op, size_t index)
{
	struct op_step *step = &op->steps[index];
	if (step->state == OP_ACCEPTED) {
		step_end(act, op, index, OP_CANCELLED, op->stopping);
	} else if (step->launched && !step->kill_mono_ms) {
		step->kill_mono_ms = clock_mono_ms(act->clock) + KILL_MS;
		order(act, op, index, RUNNER_TERMINATE);
	} else if (step->state == OP_VERIFYING && !step->launched) {
		step_end(act, op, index, OP_CANCELLED,
			"the command had ended with 0; what came of it was not watched");
	}
}

int64_t step_due_ms(const struct op_step *step)
{
	if (step->ticket)
		return step->record_mono_ms;
	if (step->launched)
		return step->kill_mono_ms ? step->kill_mono_ms : step->expires_mono_ms;
	if (step->state == OP_VERIFYING)
		return outcome_due_ms(&step->outcome);
	return INT64_MAX;
}
