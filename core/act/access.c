/* SPDX-License-Identifier: MIT */
/*
 * Who may act, now. The order of the answers is the order of the next steps: what the engine is,
 * what the configuration permits, who asks, whether it is armed, whether it can be recorded.
 */
#include "core/act/internal.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/model.h"

static bool is_same(const struct arming *arming, const struct operator* who)
{
	return arming->uid == who->uid && strcmp(arming->name, who->name) == 0;
}

static struct arming *find_arming(const struct act *act, const struct operator* who)
{
	for (size_t i = 0; i < act->armed_count; i++)
		if (is_same(&act->armed[i], who))
			return &act->armed[i];
	return NULL;
}

static bool may_write(const struct act *act, const struct operator* who, struct err *err)
{
	if (!act->may_act)
		return err_set(err, ERR_REFUSED,
			"this engine only watches: it was started read-only, and that cannot be "
			"lifted while it runs");
	if (act->settings->write == WRITE_READ_ONLY)
		return err_set(err, ERR_REFUSED,
			"read-only: '%s' permits no action; set 'write: armed' there and reload",
			act->settings->path);
	if (who->uid != act->uid && who->uid != 0)
		return err_set(err, ERR_DENIED,
			"'%s' may look but not act: the engine runs as "
			"another user",
			who->name);
	return true;
}

bool access_check(const struct act *act, const struct operator* who, struct err *err)
{
	if (!may_write(act, who, err))
		return false;
	if (act->is_leaving)
		return err_set(err, ERR_REFUSED,
			"the engine is leaving and begins nothing new: try again when it is back");
	if (act->settings->write == WRITE_ARMED && !find_arming(act, who))
		return err_set(err, ERR_REFUSED,
			"read-only: press ! in the console to arm for 15 minutes");
	if (act->ledger_error[0])
		return err_set(err, ERR_IO, "nothing can be recorded, so nothing is done: %s",
			act->ledger_error);
	return true;
}

static bool shows_same(const struct act *act, const struct msg_engine *engine)
{
	const char *error = engine->ledger_error ? engine->ledger_error : "";
	if (engine->armed_count != act->armed_count ||
		(act->may_act && strcmp(error, act->ledger_error) != 0))
		return false;
	for (size_t i = 0; i < act->armed_count; i++)
		if (engine->armed[i].until_ms != act->armed[i].until_ms ||
			strcmp(engine->armed[i].operator, act->armed[i].name) != 0)
			return false;
	return true;
}

static void show(struct act *act)
{
	struct msg_engine *engine = model_edit(act->model, MSG_engine, 1);
	if (!engine || shows_same(act, engine))
		return;
	for (size_t i = 0; i < engine->armed_count; i++)
		msg_release(MSG_armed, &engine->armed[i]);
	engine->armed_count = 0;
	for (size_t i = 0; i < act->armed_count; i++) {
		struct msg_armed *armed = msg_add(engine->armed, &engine->armed_count);
		msg_set(&armed->operator, act->armed[i].name);
		armed->until_ms = act->armed[i].until_ms;
	}
	if (act->may_act)
		msg_set(&engine->ledger_error, act->ledger_error);
	model_touch(act->model, MSG_engine, 1);
}

static void disarm(struct act *act, struct arming *arming)
{
	size_t after = (size_t)(act->armed + act->armed_count - arming) - 1;
	memmove(arming, arming + 1, after * sizeof(*arming));
	act->armed_count--;
}

void access_turn(struct act *act)
{
	int64_t now_ms = clock_mono_ms(act->clock);
	for (size_t i = act->armed_count; i-- > 0;)
		if (now_ms >= act->armed[i].until_mono_ms)
			disarm(act, &act->armed[i]);
	show(act);
}

int64_t access_due_ms(const struct act *act)
{
	int64_t due_ms = INT64_MAX;
	for (size_t i = 0; i < act->armed_count; i++)
		if (act->armed[i].until_mono_ms < due_ms)
			due_ms = act->armed[i].until_mono_ms;
	return due_ms;
}

static void arm(struct act *act, const struct operator* who)
{
	struct arming *arming = find_arming(act, who);
	if (!arming) {
		act->armed = grow(
			act->armed, act->armed_count, &act->armed_capacity, sizeof(*act->armed));
		arming = &act->armed[act->armed_count++];
		*arming = (struct arming){.uid = who->uid};
		copy_text(arming->name, sizeof(arming->name), who->name);
	}
	arming->until_ms = clock_wall_ms(act->clock) + ARM_MS;
	arming->until_mono_ms = clock_mono_ms(act->clock) + ARM_MS;
}

void act_arm(struct act *act, const struct operator* who, const struct msg_arm_req *request,
	struct msg_answer *ret)
{
	struct err err = {.code = ERR_NONE};
	struct arming *arming = find_arming(act, who);
	bool changes = arming || request->on;
	const char *text = request->on ? "armed for 15 minutes" : "read-only";
	if (request->on && !may_write(act, who, &err))
		text = err.text;
	else if (request->on && act->settings->write == WRITE_ALWAYS)
		text = "the configuration says 'write: always': there is nothing to arm";
	else if (request->on)
		arm(act, who);
	else if (arming)
		disarm(act, arming);
	*ret = (struct msg_answer){.req = request->req, .code = err.code, .text = xstrdup(text)};
	if (changes)
		act_record(act, who, request->on ? "arm" : "disarm", NULL, text);
	show(act);
}
