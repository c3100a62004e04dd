/* SPDX-License-Identifier: MIT */
/*
 * A plan remembers who asked, the verb and what its targets showed. To run it is to make it again
 * and compare: what would be refused now, or shows something else now, is not what was agreed to.
 * A bot in CRIT is not held to its pid: it changes by itself, and that is why it gets restarted.
 */
#include "core/act/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/model.h"
#include "core/verbs/verbs.h"

void plan_free(struct plan *plan)
{
	for (size_t i = 0; plan && i < plan->target_count; i++) {
		free(plan->targets[i].name);
		free(plan->targets[i].state);
	}
	if (!plan)
		return;
	free(plan->targets);
	free(plan->verb);
	free(plan->typed);
	free(plan);
}

static struct plan_target *add_target(struct plan *plan, uint64_t id, const char *name)
{
	struct plan_target *target = &plan->targets[plan->target_count++];
	*target = (struct plan_target){.id = id, .name = xstrdup(name), .enabled = true};
	return target;
}

static bool add_bot(const struct act *act, struct plan *plan, const struct work *work, uint64_t id,
	const char *name, struct err *err)
{
	const struct msg_bot *bot = model_bot(act->model, id);
	const struct op *busy = op_on(act, id);
	if (!bot)
		return err_set(err, ERR_NOT_FOUND, "there is no bot '%.64s'", name ? name : "");
	if (busy)
		return err_set(err, ERR_CONFLICT,
			"operation %" PRIu64 " (%s) works on '%s': wait for it or cancel it",
			busy->id, busy->verb, bot->name);
	if (!bot->enabled && (work_want(work) == WANT_PRESENT || work_want(work) == WANT_REPLACED))
		return err_set(err, ERR_REFUSED, "'%s' is disabled in %s: enable it there first",
			bot->name,
			bot->enabled_by && *bot->enabled_by ? bot->enabled_by
							    : "the configuration");
	autofree char *program = NULL;
	if (work->deed && !driven_program(act, id, &program, err))
		return false;
	struct plan_target *target = add_target(plan, id, bot->name);
	target->severity = bot->severity;
	target->state = xstrdup(bot->state ? bot->state : "");
	target->pid = bot->severity == SEVERITY_CRIT ? 0 : bot->pid;
	target->enabled = bot->enabled;
	return true;
}

static bool add_backup(
	const struct act *act, struct plan *plan, uint64_t id, const char *name, struct err *err)
{
	const struct conf_backup *conf = backup_find(act, id);
	const struct msg_backup *backup = model_backup(act->model, id);
	const struct op *busy = op_on(act, id);
	if (!conf)
		return err_set(err, ERR_NOT_FOUND, "there is no backup '%.64s'", name ? name : "");
	if (busy)
		return err_set(err, ERR_CONFLICT,
			"operation %" PRIu64 " makes this backup: wait for it or cancel it",
			busy->id);
	struct plan_target *target = add_target(plan, id, conf->name);
	bool failed = backup && strcmp(backup->state, "failed") == 0;
	target->severity = failed ? SEVERITY_WARN : SEVERITY_OK;
	target->state = xstrdup(backup ? backup->state : "never");
	return true;
}

static bool has_target(const struct plan *plan, uint64_t id)
{
	for (size_t i = 0; i < plan->target_count; i++)
		if (plan->targets[i].id == id)
			return true;
	return false;
}

static bool add_named(const struct act *act, struct plan *plan, const struct work *work,
	const struct msg_plan_req *request, struct err *err)
{
	for (size_t i = 0; i < request->targets_count; i++) {
		const struct msg_target *target = &request->targets[i];
		if (has_target(plan, target->id))
			continue;
		if (!(work->is_backup ? add_backup(act, plan, target->id, target->name, err)
				      : add_bot(act, plan, work, target->id, target->name, err)))
			return false;
	}
	return true;
}

static bool find_targets(const struct act *act, struct plan *plan, const struct work *work,
	const struct msg_plan_req *request, struct err *err)
{
	const struct settings *settings = act->settings;
	bool none = request->targets_count == 0;
	plan->targets = xcalloc(request->targets_count + 1, sizeof(*plan->targets));
	if (!work->per_bot && !work->is_backup)
		return none ||
		       err_set(err, ERR_INVALID, "%s works on the fleet, not on bots", work->word);
	if (request->targets_count > TARGETS_MAX)
		return err_set(err, ERR_LIMIT, "at most %d bots in one operation", TARGETS_MAX);
	if (none && work->per_bot)
		return err_set(err, ERR_INVALID, "%s which bot? Name or mark one", work->word);
	if (none && settings->backup_count > 1)
		return err_set(err, ERR_INVALID, "which backup? There are %zu: name one",
			settings->backup_count);
	if (none)
		return add_backup(act, plan, entity_id("backup", settings->backups[0].name),
			settings->backups[0].name, err);
	return add_named(act, plan, work, request, err);
}

static char *typed_word(const struct plan *plan, const struct work *work)
{
	if (plan->target_count > VERB_TYPED_ABOVE)
		return xasprintf("%s %zu", work->word, plan->target_count);
	if (!work->typed)
		return xstrdup("");
	autostr struct str words = STR_INIT;
	words_title(plan, work, &words);
	return str_detach(&words);
}

/* The plan that this request makes now, with what was found so far when it is refused. */
static bool make_plan(const struct act *act, const struct operator* who,
	const struct msg_plan_req *request, struct plan *plan, struct work *ret_work,
	struct err *err)
{
	plan->uid = who->uid;
	plan->verb = xstrdup(request->verb ? request->verb : "");
	plan->typed = xstrdup("");
	if (request->args_count)
		return err_set(err, ERR_INVALID, "%.64s takes no arguments", plan->verb);
	if (!work_find(act, plan->verb, ret_work, err) ||
		!find_targets(act, plan, ret_work, request, err))
		return false;
	free(plan->typed);
	plan->typed = typed_word(plan, ret_work);
	return access_check(act, who, err);
}

static void keep(struct act *act, struct plan *plan)
{
	plan->id = ++act->last_plan;
	plan->expires_mono_ms = clock_mono_ms(act->clock) + PLAN_MS;
	struct plan **slot = &act->plans[plan->id % PLANS_MAX];
	plan_free(*slot);
	*slot = plan;
}

void act_plan(struct act *act, const struct operator* who, const struct msg_plan_req *request,
	struct msg_plan *ret)
{
	struct plan *plan = xcalloc(1, sizeof(*plan));
	struct work work = {.word = NULL};
	struct err err = {.code = ERR_NONE, .text = ""};
	bool good = make_plan(act, who, request, plan, &work, &err);
	*ret = (struct msg_plan){.req = request->req,
		.verb = xstrdup(request->verb ? request->verb : ""),
		.code = err.code,
		.error = xstrdup(err.text)};
	/* What is only locked is shown all the same: a look before arming costs nothing. */
	bool whole = good || (work.word && err.code == ERR_REFUSED && *plan->verb &&
				     (plan->target_count || !work.per_bot));
	if (whole)
		plan_describe(act, plan, &work, ret);
	if (good) {
		keep(act, plan);
		ret->plan = plan->id;
		ret->expires_ms = clock_wall_ms(act->clock) + PLAN_MS;
	} else {
		plan_free(plan);
	}
}

/* Under an operation there is no plan: one that has just ended shows for a moment longer. */
static bool is_settling(const struct plan_target *target)
{
	return strcmp(target->state, "busy") == 0;
}

static bool compare(const struct plan_target *was, const struct plan_target *is, struct err *err)
{
	bool shows_same = was->severity == is->severity && strcmp(was->state, is->state) == 0;
	if (!shows_same && !is_settling(was))
		return err_set(err, ERR_CONFLICT,
			"'%s' changed: it was '%s' and is '%s'; look again and plan anew",
			was->name, was->state, is->state);
	if (was->pid != is->pid)
		return err_set(err, ERR_CONFLICT,
			"'%s' changed: its pid was %" PRIu64 " and is %" PRIu64
			"; look again and plan anew",
			was->name, was->pid, is->pid);
	if (was->enabled != is->enabled)
		return err_set(err, ERR_CONFLICT,
			"'%s' changed: it was %s; look again and plan anew", was->name,
			was->enabled ? "enabled" : "disabled");
	return true;
}

static bool is_still_true(const struct act *act, const struct operator* who,
	const struct plan *plan, struct work *ret_work, struct err *err)
{
	struct plan *again = xcalloc(1, sizeof(*again));
	struct msg_target *targets = xcalloc(plan->target_count + 1, sizeof(*targets));
	struct msg_plan_req request = {
		.verb = plan->verb, .targets = targets, .targets_count = plan->target_count};
	for (size_t i = 0; i < plan->target_count; i++)
		targets[i] = (struct msg_target){
			.id = plan->targets[i].id, .name = plan->targets[i].name};
	bool good = make_plan(act, who, &request, again, ret_work, err);
	for (size_t i = 0; good && i < plan->target_count; i++)
		good = compare(&plan->targets[i], &again->targets[i], err);
	plan_free(again);
	free(targets);
	return good;
}

static struct plan *find_plan(const struct act *act, const struct operator* who, uint64_t id)
{
	struct plan *plan = id ? act->plans[id % PLANS_MAX] : NULL;
	return plan && plan->id == id && plan->uid == who->uid ? plan : NULL;
}

static bool check_run(const struct act *act, const struct operator* who, const struct plan *plan,
	const struct msg_run_req *request, struct work *ret_work, struct err *err)
{
	const char *typed = request->typed ? request->typed : "";
	if (clock_mono_ms(act->clock) >= plan->expires_mono_ms)
		return err_set(err, ERR_CONFLICT, "the plan is older than 60 s: plan again");
	if (*plan->typed && strcmp(plan->typed, typed) != 0)
		return err_set(err, ERR_INVALID, "type '%s' to confirm", plan->typed);
	if (!request->reason || !request->reason[strspn(request->reason, " \t")])
		return err_set(err, ERR_INVALID, "give a reason: it goes to the audit file");
	return is_still_true(act, who, plan, ret_work, err);
}

static bool start(struct act *act, const struct operator* who, struct plan *plan,
	const struct msg_run_req *request, struct err *err)
{
	struct work work = {.word = NULL};
	struct op *op = NULL;
	if (!plan) {
		err_set(err, ERR_NOT_FOUND, "there is no such plan: plan again");
		return false;
	}
	if (!check_run(act, who, plan, request, &work, err) ||
		!op_new(act, who, plan, &work, request->reason, &op, err))
		return false;
	if (!op_begin(act, op, err)) {
		op_free(op);
		return false;
	}
	plan->operation = op->id;
	return true;
}

/* What is not durable yet is answered when it is. */
static bool answer_now(struct act *act, const struct plan *plan, uint64_t client, uint64_t req)
{
	struct op *op = op_find(act, plan->operation);
	if (!op || op->state != OP_ACCEPTED)
		return true;
	op_wait(op, client, req);
	return false;
}

bool act_run(struct act *act, const struct operator* who, const struct msg_run_req *request,
	struct msg_accepted *ret)
{
	struct plan *plan = find_plan(act, who, request->plan);
	struct err err = {.code = ERR_NONE, .text = ""};
	bool repeat = plan && plan->operation;
	bool good = repeat || start(act, who, plan, request, &err);
	*ret = (struct msg_accepted){.req = request->req,
		.operation = good ? plan->operation : 0,
		.code = err.code,
		.error = xstrdup(err.text)};
	if (!good)
		return true;
	bool answered = answer_now(act, plan, who->client, request->req);
	if (!answered)
		msg_release(MSG_accepted, ret);
	return answered;
}
