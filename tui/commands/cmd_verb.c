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
	autostr struct str why = STR_INIT;
	if (!names[0] && !app_sees_targets(app, &why))
		return err_set(err, ERR_INVALID, "%s", why.text);
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

/* `names` NULL: the verb is for the fleet of these engines. */
static bool plan(struct app *app, const struct command *command, uint32_t engines, const char *verb,
	const char *names, struct err *err)
{
	struct msg_plan_req request = {.req = 0};
	msg_set(&request.verb, verb);
	bool fine = !names || add_targets(app, &request, names, err);
	if (fine)
		confirm_open(app, engines, &request, key_of(app, command));
	msg_release(MSG_plan_req, &request);
	return fine;
}

bool command_verb(struct app *app, const struct command *command, const char *args, struct err *err)
{
	return plan(app, command, app_engines_at_hand(app), command->name, args, err);
}

/* One for bots is that of each bot's engine, whatever other engines call by its name. */
static const struct msg_verb *find_verb(struct app *app, const char *name, struct err *err)
{
	uint64_t raw = entity_id("verb", name);
	for (size_t i = 0; i < links_count(app->links); i++) {
		const struct msg_verb *verb = model_verb(app_model(app), links_id(i, raw));
		if (verb && verb->per_bot)
			return verb;
	}
	struct err ignored = {.code = ERR_NONE};
	const struct msg_verb *verb =
		model_verb(app_model(app), app_find(app, MSG_verb, name, &ignored));
	if (!verb && ignored.code == ERR_INVALID)
		*err = ignored;
	else if (!verb)
		(void)err_set(err, ERR_NOT_FOUND,
			"no verb '%s' in the configuration; `verbs:` names them", name);
	return verb;
}

bool command_custom_verb(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	size_t length = strcspn(args, " ");
	autofree char *name = xstrndup(args, length);
	const struct msg_verb *verb = find_verb(app, name, err);
	if (!verb)
		return false;
	args += length + strspn(args + length, " ");
	return plan(app, command, UINT32_C(1) << links_of(verb->id), verb->name,
		verb->per_bot ? args : NULL, err);
}

/* ---- backup ---- */

static void back_up(struct app *app, const struct msg_backup *backup)
{
	struct msg_plan_req request = {.req = 0};
	msg_set(&request.verb, "backup");
	struct msg_target *target = msg_add(request.targets, &request.targets_count);
	target->id = backup->id;
	msg_set(&target->name, backup->name);
	confirm_open(app, 0, &request, 'b');
	msg_release(MSG_plan_req, &request);
}

static bool back_up_named(struct app *app, const char *name, struct err *err)
{
	struct err found = {.code = ERR_NONE};
	const struct msg_backup *backup =
		model_backup(app_model(app), app_find(app, MSG_backup, name, &found));
	if (!backup && found.code == ERR_INVALID)
		*err = found;
	else if (!backup)
		(void)err_set(err, ERR_NOT_FOUND, "no backup '%s' is configured", name);
	else
		back_up(app, backup);
	return backup != NULL;
}

static void chosen(struct app *app, int value)
{
	size_t count;
	const struct msg_backup *const *backups = model_backups(app_model(app), &count);
	if ((size_t)value < count)
		back_up(app, backups[value]);
}

bool command_backup(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	struct choice choices[64];
	char titles[COUNT_OF(choices)][96];
	size_t count;
	const struct msg_backup *const *backups = model_backups(app_model(app), &count);
	(void)command;
	if (args[0])
		return back_up_named(app, args, err);
	if (count == 0)
		return err_set(
			err, ERR_NOT_FOUND, "no backup is configured: `backups:` names them");
	if (count == 1) {
		back_up(app, backups[0]);
		return true;
	}
	for (size_t i = 0; i < count && i < COUNT_OF(choices); i++) {
		const char *host = app_host(app, backups[i]->id);
		snprintf(titles[i], sizeof(titles[i]), "%s%s%s", host, host[0] ? "/" : "",
			backups[i]->name);
		choices[i] = (struct choice){titles[i], backups[i]->state, (int)i};
	}
	choices_open(app, "Run which backup?", choices,
		count < COUNT_OF(choices) ? count : COUNT_OF(choices), chosen);
	return true;
}

/* ---- requests without a plan ---- */

/* What engines have answered to one command stands side by side. */
static void take_answer(struct app *app, uint64_t req, enum msg_kind kind, const void *body)
{
	const struct msg_answer *answer = kind == MSG_answer ? body : NULL;
	const char *host = app_is_many(app) ? app_answerer(app) : "";
	(void)req;
	if (!answer)
		app_toast(app, true, "%s%sthe engine went away before it answered", host,
			host[0] ? ": " : "");
	else if (host[0] && (answer->code || answer->text[0]))
		app_toast_more(app, answer->code != 0, "%s: %s", host, answer->text);
	else if (answer->code || answer->text[0])
		app_toast(app, answer->code != 0, "%s", answer->text);
}

static void cancel(struct app *app, uint64_t operation)
{
	struct msg_cancel_req request = {.operation = links_raw(operation)};
	(void)app_request(app, links_of(operation), MSG_cancel_req, &request, take_answer);
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

/* What the configurations of these engines say, if none of them can be armed. */
static bool may_arm(const struct app *app, uint32_t engines, struct err *err)
{
	const char *write = "";
	for (size_t i = 0; i < links_count(app->links); i++) {
		const struct msg_engine *engine = app_engine(app, i);
		if (!(engines >> i & 1))
			continue;
		if (!engine || strcmp(engine->write, "armed") == 0)
			return true;
		write = engine->write;
	}
	if (strcmp(write, "always") == 0)
		return err_set(err, ERR_REFUSED, "the configuration permits changes always");
	return err_set(err, ERR_REFUSED,
		"the configuration says `write: read-only`; `write: armed` would permit it");
}

/* Write mode is armed for each engine: for those of the bots at hand. One key ends what it began. */
bool command_arm(struct app *app, const struct command *command, const char *args, struct err *err)
{
	uint32_t engines = app_engines_at_hand(app);
	bool armed = false, sent = false;
	(void)command, (void)args;
	if (!may_arm(app, engines, err))
		return false;
	for (size_t i = 0; i < links_count(app->links); i++)
		armed |= engines >> i & 1 && app_armed_until(app, i) > 0 &&
			 app_armed_until(app, i) < INT64_MAX;
	for (size_t i = 0; i < links_count(app->links); i++) {
		const struct msg_engine *engine = app_engine(app, i);
		struct msg_arm_req request = {.on = !armed};
		if (engines >> i & 1 && (!engine || strcmp(engine->write, "armed") == 0))
			sent |= app_request(app, i, MSG_arm_req, &request, take_answer);
	}
	return sent;
}

bool command_reload(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	bool sent = false;
	(void)command, (void)args, (void)err;
	for (size_t i = 0; i < links_count(app->links); i++) {
		struct msg_reload_req request = {.req = 0};
		if (!app_is_many(app) || link_welcome(links_at(app->links, i)))
			sent |= app_request(app, i, MSG_reload_req, &request, take_answer);
	}
	return sent;
}
