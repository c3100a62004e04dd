/* SPDX-License-Identifier: MIT */
/* What changes something: each asks the engine for a plan, and the operator before it runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/app.h"
#include "tui/overlays/overlays.h"
#include "tui/rowset.h"

/* The bots named in the arguments, else those that are marked or under the cursor. */
static bool add_targets(
	struct app *app, struct msg_plan_req *request, const char *names, struct err *err)
{
	CLEANUP(id_list_release) struct id_list ids = {0};
	if (names[0] && !app_named(app, names, &ids, err))
		return false;
	if (!names[0])
		app_targets(app, &ids);
	for (size_t i = 0; i < ids.count; i++) {
		const struct msg_bot *bot = model_bot(app_model(app), ids.ids[i]);
		if (!bot)
			continue;
		struct msg_target *target = msg_add(request->targets, &request->targets_count);
		target->id = bot->id;
		msg_set(&target->name, bot->name);
	}
	return true;
}

/* The character of the key that a command has here: it never confirms its own dialog. */
static char key_of(const struct app *app, const struct command *command)
{
	char name[KEY_NAME_MAX];
	enum scope scope = (enum scope)views_now(&app->views)->focus;
	if (!keymap_key(&app->keymap, command, scope, name) || name[1])
		return '\0';
	return name[0];
}

static bool plan(struct app *app, const struct command *command, const char *verb,
	const char *names, struct err *err)
{
	struct msg_plan_req request = {.req = 0};
	msg_set(&request.verb, verb);
	bool fine = !names || add_targets(app, &request, names, err);
	if (fine)
		confirm_open(app, &request, key_of(app, command));
	msg_release(MSG_plan_req, &request);
	return fine;
}

bool command_verb(struct app *app, const struct command *command, const char *args, struct err *err)
{
	return plan(app, command, command->name, args, err);
}

bool command_custom_verb(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	size_t length = strcspn(args, " ");
	autofree char *name = xstrndup(args, length);
	const struct msg_verb *verb = model_verb(app_model(app), entity_id("verb", name));
	if (!verb)
		return err_set(err, ERR_NOT_FOUND,
			"no verb '%s' in the configuration; `verbs:` names them", name);
	args += length + strspn(args + length, " ");
	return plan(app, command, name, verb->per_bot ? args : NULL, err);
}

/* ---- backup ---- */

static bool back_up(struct app *app, const char *name, struct err *err)
{
	struct msg_plan_req request = {.req = 0};
	const struct msg_backup *backup = model_backup(app_model(app), entity_id("backup", name));
	if (!backup)
		return err_set(err, ERR_NOT_FOUND, "no backup '%s' is configured", name);
	msg_set(&request.verb, "backup");
	struct msg_target *target = msg_add(request.targets, &request.targets_count);
	target->id = backup->id;
	msg_set(&target->name, name);
	confirm_open(app, &request, 'b');
	msg_release(MSG_plan_req, &request);
	return true;
}

static void chosen(struct app *app, int value)
{
	struct err err = {.code = ERR_NONE};
	size_t count;
	const struct msg_backup *const *backups = model_backups(app_model(app), &count);
	if ((size_t)value < count && !back_up(app, backups[value]->name, &err))
		app_toast(app, true, "%s", err.text);
}

bool command_backup(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	struct choice choices[64];
	size_t count;
	const struct msg_backup *const *backups = model_backups(app_model(app), &count);
	(void)command;
	if (args[0])
		return back_up(app, args, err);
	if (count == 0)
		return err_set(
			err, ERR_NOT_FOUND, "no backup is configured: `backups:` names them");
	if (count == 1)
		return back_up(app, backups[0]->name, err);
	for (size_t i = 0; i < count && i < COUNT_OF(choices); i++)
		choices[i] = (struct choice){backups[i]->name, backups[i]->state, (int)i};
	choices_open(app, "Run which backup?", choices,
		count < COUNT_OF(choices) ? count : COUNT_OF(choices), chosen);
	return true;
}

/* ---- requests without a plan ---- */

static void take_answer(struct app *app, uint64_t req, enum msg_kind kind, const void *body)
{
	const struct msg_answer *answer = kind == MSG_answer ? body : NULL;
	(void)req;
	if (!answer)
		app_toast(app, true, "the engine went away before it answered");
	else if (answer->code || answer->text[0])
		app_toast(app, answer->code != 0, "%s", answer->text);
}

static void cancel(struct app *app, uint64_t operation)
{
	struct msg_cancel_req request = {.operation = operation};
	(void)app_request(app, MSG_cancel_req, &request, take_answer);
}

bool command_cancel(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	size_t running;
	const struct msg_operation *operation =
		model_operation(app_model(app), app_cancels(app, &running));
	(void)args;
	if (!operation)
		return err_set(err, ERR_INVALID, "this operation has ended: nothing to cancel");
	question_open(app, "Cancel this operation?", operation->title, "Cancel it",
		key_of(app, command), operation->id, cancel);
	return true;
}

bool command_arm(struct app *app, const struct command *command, const char *args, struct err *err)
{
	const struct msg_engine *engine = model_engine(app->live);
	struct msg_arm_req request = {.on = app_armed_until(app) == 0};
	(void)command, (void)args;
	if (engine && strcmp(engine->write, "always") == 0)
		return err_set(err, ERR_REFUSED, "the configuration permits changes always");
	if (engine && strcmp(engine->write, "read-only") == 0)
		return err_set(err, ERR_REFUSED,
			"the configuration says `write: read-only`; `write: armed` would permit "
			"it");
	return app_request(app, MSG_arm_req, &request, take_answer);
}

bool command_reload(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	struct msg_reload_req request = {.req = 0};
	(void)command, (void)args, (void)err;
	return app_request(app, MSG_reload_req, &request, take_answer);
}
