/* SPDX-License-Identifier: MIT */
#include "core/act/act.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/act/drivers/argv.h"
#include "core/act/drivers/child.h"
#include "core/act/drivers/runner.h"
#include "core/act/internal.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/model/model.h"

struct act *act_new(struct settings *settings, const struct clock *clock, struct model *model,
	const struct journal *journal, struct mailbox *to_engine)
{
	struct act *act = xcalloc(1, sizeof(*act));
	*act = (struct act){.settings = settings,
		.clock = clock,
		.model = model,
		.may_act = journal != NULL,
		.to_engine = to_engine,
		.uid = geteuid()};
	if (journal)
		act->journal = *journal;
	entities_reload(act);
	if (!journal)
		return act;
	act->environment = child_environment();
	act->runner = runner_new(clock, to_engine, act->environment);
	if (!act->runner) {
		act->may_act = false;
		return act;
	}
	backups_sweep(act);
	history_load(act);
	return act;
}

bool act_can_run(const struct act *act)
{
	return act->runner != NULL;
}

/* What runs has been ended by the runner; the audit file says so. */
static void leave(struct act *act)
{
	while (act->op_count) {
		struct op *op = act->ops[0];
		for (size_t i = 0; i < op->step_count; i++)
			if (op->steps[i].state < OP_DONE)
				step_end(act, op, i, OP_CANCELLED, "the engine left");
		op->stopping = "the engine left";
		op_advance(act, op);
	}
}

void act_free(struct act *act)
{
	if (!act)
		return;
	runner_free(act->runner);
	act->runner = NULL;
	leave(act);
	for (size_t i = 0; i < PLANS_MAX; i++)
		plan_free(act->plans[i]);
	argv_free(act->environment);
	redactor_unref(act->redactor);
	free(act->armed);
	free(act->ops);
	free(act);
}

void act_leave(struct act *act)
{
	act->is_leaving = true;
}

void act_reload(struct act *act, struct settings *settings)
{
	act->settings = settings;
	entities_reload(act);
}

void act_redact_with(struct act *act, const struct redactor *redactor)
{
	struct redactor *before = act->redactor;
	act->redactor = redactor_ref(redactor);
	redactor_unref(before);
	if (act->runner)
		runner_redact_with(act->runner, redactor);
}

void act_on_accepted(struct act *act, act_accepted *take, void *context)
{
	act->take_accepted = take;
	act->take_context = context;
}

void act_on_halt(struct act *act, act_halted *take, void *context)
{
	act->take_halt = take;
	act->halt_context = context;
}

void act_on_busy(struct act *act, act_busied *take, void *context)
{
	act->take_busy = take;
	act->busy_context = context;
}

struct now act_now(const struct act *act)
{
	return (struct now){
		.wall_ms = clock_wall_ms(act->clock), .mono_ms = clock_mono_ms(act->clock)};
}

uint64_t act_audit(struct act *act, const struct operator* who, const struct audit_line *line)
{
	struct audit_line signed_line = *line;
	signed_line.who = who->name;
	signed_line.uid = who->uid;
	signed_line.has_login = who->has_login;
	signed_line.login_uid = who->login_uid;
	signed_line.claims = who->claims;
	return act->journal.audit(act->journal.context, &signed_line);
}

void act_record(struct act *act, const struct operator* who, const char *what, const char *on,
	const char *result)
{
	if (act->may_act)
		act_audit(act, who, &(struct audit_line){.what = what, .on = on, .result = result});
}

static bool may_cancel(
	const struct act *act, const struct operator* who, const struct op *op, struct err *err)
{
	/* Whoever started it may stop it: also unarmed by now, also when nothing can be recorded. */
	return op->who.uid == who->uid || access_check(act, who, err);
}

static bool cancel(struct act *act, const struct operator* who, uint64_t id, struct err *err)
{
	struct op *op = op_find(act, id);
	if (!op && model_operation(act->model, id))
		return err_set(err, ERR_CONFLICT, "operation %" PRIu64 " has ended already", id);
	if (!op)
		return err_set(err, ERR_NOT_FOUND, "there is no operation %" PRIu64, id);
	if (!may_cancel(act, who, op, err))
		return false;
	if (op->stopping)
		return true;
	act_audit(act, who,
		&(struct audit_line){.operation = id,
			.what = "cancel",
			.on = op->title,
			.result = "asked to end"});
	op_stop(act, op, "cancelled");
	op_advance(act, op);
	return true;
}

void act_cancel(struct act *act, const struct operator* who, const struct msg_cancel_req *request,
	struct msg_answer *ret)
{
	struct err err = {.code = ERR_NONE, .text = ""};
	bool good = cancel(act, who, request->operation, &err);
	*ret = (struct msg_answer){.req = request->req,
		.code = err.code,
		.text = xstrdup(good ? "it is being ended" : err.text)};
}

struct msg_obs_ledger act_ledger_silent(struct act *act)
{
	act->ledger_silent = true;
	copy_text(act->ledger_error, sizeof(act->ledger_error),
		"the audit file took no line for 15 s: look at the disk of the state directory");
	return (struct msg_obs_ledger){.code = ERR_TIMEOUT, .error = act->ledger_error};
}

static void observe_ledger(struct act *act, const struct msg_obs_ledger *seen)
{
	bool writes_again = !seen->ticket || act->ledger_silent;
	act->ledger_silent = false;
	if (seen->code)
		copy_text(act->ledger_error, sizeof(act->ledger_error), seen->error);
	else if (writes_again)
		act->ledger_error[0] = '\0';
	for (size_t i = act->op_count; seen->ticket && i-- > 0;) {
		struct op *op = act->ops[i];
		bool mine = op->ticket == seen->ticket;
		if (mine)
			op_recorded(act, op, seen);
		for (size_t j = 0; j < op->step_count && !mine; j++) {
			mine = op->steps[j].ticket == seen->ticket;
			if (mine)
				step_recorded(act, op, j, seen);
		}
		if (mine)
			op_advance(act, op);
	}
}

static void observe_child(struct act *act, const struct msg_obs_child *seen)
{
	struct op *op = op_find(act, seen->operation);
	if (!op || seen->step >= op->step_count)
		return;
	step_child(act, op, (size_t)seen->step, seen);
	op_advance(act, op);
}

void act_observe(struct act *act, enum msg_kind kind, const void *body)
{
	if (kind == MSG_obs_ledger)
		observe_ledger(act, body);
	else if (kind == MSG_obs_child)
		observe_child(act, body);
}

void act_turn(struct act *act)
{
	access_turn(act);
	for (size_t i = act->op_count; i-- > 0;)
		op_turn(act, act->ops[i]);
	ops_check_busy(act);
}

unsigned act_running(const struct act *act)
{
	return (unsigned)act->op_count;
}

int64_t act_due_ms(const struct act *act)
{
	int64_t due_ms = access_due_ms(act);
	for (size_t i = 0; i < act->op_count; i++) {
		if (act->ops[i]->ticket && act->ops[i]->record_mono_ms < due_ms)
			due_ms = act->ops[i]->record_mono_ms;
		for (size_t j = 0; j < act->ops[i]->step_count; j++) {
			int64_t step_ms = step_due_ms(&act->ops[i]->steps[j]);
			due_ms = step_ms < due_ms ? step_ms : due_ms;
		}
	}
	return due_ms;
}
