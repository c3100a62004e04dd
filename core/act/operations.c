/* SPDX-License-Identifier: MIT */
/*
 * An operation exists from the moment that its commands are known; it is accepted when the ledger
 * says so, its steps go in order, a few at a time, and it has ended when all of them have.
 */
#include "core/act/internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/act/drivers/argv.h"
#include "core/act/drivers/part_file.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/model.h"

enum { BUSY_CHECKS = 3 };

/* clang-format off */
static const struct state_words {
	const char *of_operation, *of_step;
} state_words[] = {
	[OP_ACCEPTED]   = {"accepted",   "waiting"},
	[OP_RUNNING]    = {"running",    "running"},
	[OP_VERIFYING]  = {"verifying",  "verifying"},
	[OP_DONE]       = {"done",       "done"},
	[OP_UNVERIFIED] = {"unverified", "unverified"},
	[OP_CANCELLED]  = {"cancelled",  "cancelled"},
	[OP_FAILED]     = {"failed",     "failed"},
};
/* clang-format on */

const char *op_state_word(enum op_state state, bool of_step)
{
	return of_step ? state_words[state].of_step : state_words[state].of_operation;
}

static int64_t or_default(int64_t value, int64_t fallback)
{
	return value > 0 ? value : fallback;
}

/* 20261120T100021Z: sorts by time, and fits a file name. */
static void compact_time(int64_t wall_ms, char ret[24])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	gmtime_r(&seconds, &tm);
	strftime(ret, 24, "%Y%m%dT%H%M%SZ", &tm);
}

static bool prepare_backup(struct op *op, struct op_step *step, const struct conf_backup *conf,
	struct argv_values values, struct err *err)
{
	if (!argv_expand_text(conf->file, &values, &step->file, err))
		return false;
	autofree char *part = part_name(step->file);
	values.file = part;
	op->timeout_ms = or_default(conf->timeout_ms, DEFAULT_BACKUP_MS);
	return argv_expand(&conf->command, &values, &step->argv, err) &&
	       (conf->verify.count == 0 || argv_expand(&conf->verify, &values, &step->verify, err));
}

static bool prepare_step(const struct act *act, struct op *op, const struct work *work,
	const struct plan_target *target, struct err *err)
{
	struct op_step *step = &op->steps[op->step_count++];
	char now[24];
	compact_time(clock_wall_ms(act->clock), now);
	struct argv_values values = {.time = now, .reason = op->reason};
	step->target = target ? target->id : 0;
	step->name = xstrdup(target ? target->name : "fleet");
	if (op->is_backup)
		return prepare_backup(op, step, backup_find(act, step->target), values, err);
	values.bot = work->per_bot ? step->name : NULL;
	autofree char *program = NULL;
	if (work->deed && !driven_program(act, step->target, &program, err))
		return false;
	values.program = program;
	return argv_expand(work_command(act, work), &values, &step->argv, err);
}

static bool prepare_steps(const struct act *act, struct op *op, const struct plan *plan,
	const struct work *work, struct err *err)
{
	op->steps = xcalloc(plan->target_count + 1, sizeof(*op->steps));
	if (plan->target_count == 0)
		return prepare_step(act, op, work, NULL, err);
	for (size_t i = 0; i < plan->target_count; i++)
		if (!prepare_step(act, op, work, &plan->targets[i], err))
			return false;
	return true;
}

/* It is shown, recorded and may become an argument: one safe line without secrets. */
static char *clean_reason(const struct act *act, const char *reason)
{
	autostr struct str plain = STR_INIT, safe = STR_INIT;
	redact(act->redactor, &plain, reason, strlen(reason), 0);
	sanitize_clip(&safe, plain.text, plain.length, 500);
	return str_detach(&safe);
}

bool op_new(struct act *act, const struct operator* who, const struct plan *plan,
	const struct work *work, const char *reason, struct op **ret, struct err *err)
{
	const struct conf_driver *driver = &act->settings->driver;
	autostr struct str title = STR_INIT;
	struct op *op = xcalloc(1, sizeof(*op));
	words_title(plan, work, &title);
	*op = (struct op){.who = *who,
		.verb = xstrdup(work->word),
		.title = str_detach(&title),
		.reason = clean_reason(act, reason),
		.want = work_want(work),
		.is_backup = work->is_backup,
		.parallel = work_parallel(work),
		.timeout_ms = work_timeout_ms(act, work),
		.verify_ms = or_default(driver->verify_ms, DEFAULT_VERIFY_MS),
		.stable_ms = or_default(driver->stable_ms, DEFAULT_STABLE_MS)};
	if (!prepare_steps(act, op, plan, work, err)) {
		op_free(op);
		return false;
	}
	op->command = argv_show(op->steps[0].argv);
	*ret = op;
	return true;
}

void op_free(struct op *op)
{
	for (size_t i = 0; op && i < op->step_count; i++) {
		struct op_step *step = &op->steps[i];
		free(step->name);
		free(step->text);
		free(step->file);
		argv_free(step->argv);
		argv_free(step->verify);
	}
	if (!op)
		return;
	free(op->steps);
	free(op->waiting);
	free(op->verb);
	free(op->title);
	free(op->reason);
	free(op->command);
	free(op->result);
	free(op);
}

struct op *op_find(const struct act *act, uint64_t id)
{
	for (size_t i = 0; i < act->op_count; i++)
		if (act->ops[i]->id == id)
			return act->ops[i];
	return NULL;
}

const struct op *op_on(const struct act *act, uint64_t target)
{
	for (size_t i = 0; i < act->op_count; i++)
		for (size_t j = 0; j < act->ops[i]->step_count; j++) {
			const struct op_step *step = &act->ops[i]->steps[j];
			if (target && step->target == target && step->state < OP_DONE)
				return act->ops[i];
		}
	return NULL;
}

/* `op` NULL: none works on it. */
static void put_busy(struct act *act, uint64_t bot_id, const struct op *op)
{
	autostr struct str words = STR_INIT;
	struct msg_bot *bot = model_edit(act->model, MSG_bot, bot_id);
	uint64_t operation = op ? op->id : 0;
	if (!bot || bot->busy_op == operation)
		return;
	if (op)
		words_busy(op, &words);
	bot->busy_op = operation;
	msg_set(&bot->busy_by, words.text);
	model_touch(act->model, MSG_bot, bot_id);
	if (act->take_busy)
		act->take_busy(act->busy_context, bot_id);
}

static void set_busy(struct act *act, uint64_t bot_id, const struct op *op)
{
	act->busy_checks = BUSY_CHECKS;
	put_busy(act, bot_id, op);
}

static void add_names(const struct op *op, struct str *out)
{
	for (size_t i = 0; i < op->step_count; i++)
		str_addf(out, "%s%s", i ? ", " : "", op->steps[i].name);
}

void op_wait(struct op *op, uint64_t client, uint64_t req)
{
	for (size_t i = 0; i < op->waiting_count; i++)
		if (op->waiting[i].client == client && op->waiting[i].req == req)
			return;
	op->waiting =
		grow(op->waiting, op->waiting_count, &op->waiting_capacity, sizeof(*op->waiting));
	op->waiting[op->waiting_count++] = (struct waiter){.client = client, .req = req};
}

/* What its limits allow when every step takes all of them. */
static int64_t most_ms(const struct op *op)
{
	int64_t rounds = (int64_t)((op->step_count + op->parallel - 1) / op->parallel);
	int64_t watched_ms = op->is_backup ? 0 : outcome_most_ms(op->verify_ms, op->stable_ms);
	return RECORD_MS + rounds * (RECORD_MS + op->timeout_ms + KILL_MS + watched_ms);
}

bool op_begin(struct act *act, struct op *op, struct err *err)
{
	autostr struct str names = STR_INIT;
	add_names(op, &names);
	op->id = act->journal.operation(act->journal.context);
	op->ticket = act_audit(act, &op->who,
		&(struct audit_line){.operation = op->id,
			.what = op->verb,
			.on = names.text,
			.why = op->reason,
			.result = "accepted",
			.detail = op->command});
	if (!op->ticket)
		return err_set(
			err, ERR_LIMIT, "nothing can be recorded: the ledger's queue is full");
	op->started_ms = clock_wall_ms(act->clock);
	op->deadline_ms = op->started_ms + most_ms(op);
	op->record_mono_ms = clock_mono_ms(act->clock) + RECORD_MS;
	act->ops = grow(act->ops, act->op_count, &act->op_capacity, sizeof(struct op *));
	act->ops[act->op_count++] = op;
	for (size_t i = 0; i < op->step_count; i++)
		if (op->is_backup)
			backup_runs(act, op->steps[i].target);
		else
			set_busy(act, op->steps[i].target, op);
	op_show(act, op);
	history_keep(act, op->id);
	return true;
}

static void answer_waiting(struct act *act, struct op *op, const struct msg_obs_ledger *seen)
{
	for (size_t i = 0; i < op->waiting_count && act->take_accepted; i++) {
		struct msg_accepted accepted = {.req = op->waiting[i].req,
			.operation = seen->code ? 0 : op->id,
			.code = seen->code,
			.error = seen->error};
		act->take_accepted(act->take_context, op->waiting[i].client, &accepted);
	}
	op->waiting_count = 0;
}

void op_recorded(struct act *act, struct op *op, const struct msg_obs_ledger *seen)
{
	op->ticket = 0;
	answer_waiting(act, op, seen);
	op->state = OP_RUNNING;
	if (!seen->code)
		return;
	autofree char *text = xasprintf("not run: it cannot be recorded: %s", seen->error);
	for (size_t i = 0; i < op->step_count; i++)
		if (op->steps[i].state == OP_ACCEPTED)
			step_end(act, op, i, OP_FAILED, text);
}

void op_turn(struct act *act, struct op *op)
{
	if (op->ticket && clock_mono_ms(act->clock) >= op->record_mono_ms) {
		const struct msg_obs_ledger silent = act_ledger_silent(act);
		op_recorded(act, op, &silent);
	}
	for (size_t i = 0; i < op->step_count; i++)
		if (step_is_live(&op->steps[i]))
			step_turn(act, op, i);
	op_advance(act, op);
}

void op_stop(struct act *act, struct op *op, const char *why)
{
	op->stopping = why;
	for (size_t i = 0; i < op->step_count; i++)
		step_stop(act, op, i);
}

/* Cancelled before the ledger had it: who asked for it waits no longer. */
static void answer_cancelled(struct act *act, struct op *op)
{
	char text[] = "cancelled before it was recorded";
	answer_waiting(act, op, &(struct msg_obs_ledger){.code = ERR_CANCELLED, .error = text});
}

static enum op_state worst_state(const struct op *op)
{
	enum op_state worst = OP_DONE;
	for (size_t i = 0; i < op->step_count; i++)
		if (op->steps[i].state > worst)
			worst = op->steps[i].state;
	return worst;
}

static void end(struct act *act, struct op *op)
{
	autostr struct str result = STR_INIT, names = STR_INIT;
	answer_cancelled(act, op);
	op->state = worst_state(op);
	op->ended_ms = clock_wall_ms(act->clock);
	words_result(op, &result);
	op->result = xstrdup(result.text);
	add_names(op, &names);
	str_insert(&result, 0, ": ", 2);
	const char *word = op_state_word(op->state, false);
	str_insert(&result, 0, word, strlen(word));
	if (op->step_count > 1)
		act_audit(act, &op->who,
			&(struct audit_line){.operation = op->id,
				.what = op->verb,
				.on = names.text,
				.why = op->reason,
				.result = result.text});
	op_show(act, op);
	history_ended(act, op->id);
	for (size_t i = 0; i < act->op_count; i++)
		if (act->ops[i] == op)
			act->ops[i] = act->ops[--act->op_count];
	op_free(op);
}

void op_advance(struct act *act, struct op *op)
{
	size_t live = 0, verifying = 0, ended = 0;
	if (op->state == OP_ACCEPTED && !op->stopping)
		return;
	for (size_t i = 0; i < op->step_count; i++)
		live += step_is_live(&op->steps[i]);
	for (size_t i = 0; i < op->step_count && live < op->parallel; i++)
		if (op->steps[i].state == OP_ACCEPTED) {
			step_begin(act, op, i);
			live += step_is_live(&op->steps[i]);
		}
	for (size_t i = 0; i < op->step_count; i++) {
		verifying += op->steps[i].state == OP_VERIFYING;
		ended += op->steps[i].state >= OP_DONE;
	}
	if (ended == op->step_count) {
		end(act, op);
		return;
	}
	op->state = verifying == live ? OP_VERIFYING : OP_RUNNING;
	op_show(act, op);
}

void op_release_bot(struct act *act, const struct op *op, uint64_t bot_id)
{
	const struct msg_bot *bot = model_bot(act->model, bot_id);
	if (bot && bot->busy_op == op->id)
		set_busy(act, bot_id, NULL);
}

void ops_check_busy(struct act *act)
{
	size_t count;
	const struct msg_bot *const *bots = model_bots(act->model, &count);
	if (act->busy_checks == 0)
		return;
	act->busy_checks--;
	for (size_t i = 0; i < count; i++)
		put_busy(act, bots[i]->id, op_on(act, bots[i]->id));
}
