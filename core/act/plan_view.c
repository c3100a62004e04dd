/* SPDX-License-Identifier: MIT */
/* A plan as the operator reads it before saying yes. */
#include "core/act/internal.h"

#include "core/act/drivers/argv.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/model.h"

static void add_note(struct msg_plan *ret, const char *label, const char *text)
{
	autofree char *line = xasprintf("%-7s %s", label, text);
	msg_add_str(&ret->notes, &ret->notes_count, line);
}

static void describe_command(const struct act *act, const struct plan *plan,
	const struct work *work, struct msg_plan *ret)
{
	const struct conf_backup *backup =
		work->is_backup ? backup_find(act, plan->targets[0].id) : NULL;
	const struct argv *command = backup ? &backup->command : work_command(act, work);
	autofree char *program = NULL;
	struct err err = {.text = ""};
	if (work->deed && !driven_program(act, plan->targets[0].id, &program, &err)) {
		add_note(ret, "Runs", err.text);
		return;
	}
	const struct argv_values values = {.program = program,
		.bot = work->per_bot ? plan->targets[0].name : NULL,
		.file = backup ? backup->file : NULL,
		.time = "{time}",
		.reason = "{reason}"};
	char **argv = NULL;
	if (!argv_expand(command, &values, &argv, &err)) {
		add_note(ret, "Runs", err.text);
		return;
	}
	ret->command = argv_show(argv);
	argv_free(argv);
	autofree char *runs = plan->target_count > 1 ? xasprintf("%s, and so on", ret->command)
						     : xstrdup(ret->command);
	add_note(ret, "Runs", runs);
}

static const char *backup_promise(const struct conf_backup *backup)
{
	return backup && backup->verify.count
		       ? "kept only when it reads back whole"
		       : "kept when it is written whole; not read back: no 'verify' is configured";
}

static void describe_plan(const struct act *act, const struct plan *plan, const struct work *work,
	struct msg_plan *ret)
{
	const struct conf_driver *driver = &act->settings->driver;
	int64_t verify_ms = driver->verify_ms > 0 ? driver->verify_ms : DEFAULT_VERIFY_MS;
	int64_t stable_ms = driver->stable_ms > 0 ? driver->stable_ms : DEFAULT_STABLE_MS;
	if (work->is_backup)
		add_note(ret, "Plan", backup_promise(backup_find(act, plan->targets[0].id)));
	else if (!work->deed || plan->target_count == 1)
		add_note(ret, "Plan",
			outcome_promise(
				work_want(work), model_bot(act->model, plan->targets[0].id)));
	else if (work_parallel(work) == 1) {
		autofree char *text = xasprintf(
			"one after the other; the next begins when the one before is seen to work "
			"or has failed, at most %s after its command; a failure stops none",
			format_duration(outcome_most_ms(verify_ms, stable_ms)).text);
		add_note(ret, "Plan", text);
	} else {
		autofree char *text = xasprintf(
			"%u at a time; a failure stops none of the others", work_parallel(work));
		add_note(ret, "Plan", text);
	}
	describe_command(act, plan, work, ret);
}

static void describe_target(const struct act *act, const struct plan_target *from,
	const struct work *work, struct msg_target *to)
{
	autostr struct str words = STR_INIT;
	if (work->is_backup)
		words_backup(act, backup_find(act, from->id), model_backup(act->model, from->id),
			&words);
	else
		words_bot(work, model_bot(act->model, from->id), &words);
	*to = (struct msg_target){.id = from->id,
		.name = xstrdup(from->name),
		.severity = from->severity,
		.state = xstrdup(from->state),
		.consequence = str_detach(&words)};
}

static char *title_of(const struct act *act, const struct plan *plan, const struct work *work)
{
	autostr struct str title = STR_INIT;
	words_title(plan, work, &title);
	if (title.text[0] >= 'a' && title.text[0] <= 'z')
		title.text[0] = (char)(title.text[0] - 'a' + 'A');
	str_addf(&title, " in %s", act->settings->environment);
	return str_detach(&title);
}

void plan_describe(const struct act *act, const struct plan *plan, const struct work *work,
	struct msg_plan *ret)
{
	for (size_t i = 0; i < plan->target_count; i++)
		describe_target(
			act, &plan->targets[i], work, msg_add(ret->targets, &ret->targets_count));
	ret->title = title_of(act, plan, work);
	ret->confirm = xstrdup(*plan->typed ? "typed" : "yes");
	ret->typed = xstrdup(plan->typed);
	describe_plan(act, plan, work, ret);
}
