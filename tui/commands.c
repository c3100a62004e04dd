/* SPDX-License-Identifier: MIT */
#include "tui/command.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/engine/client.h"
#include "core/verbs/verbs.h"
#include "tui/app.h"
#include "widgets/prompt.h"
#include "widgets/table.h"

static const struct command commands[] = {
/* clang-format off */
#define COMMAND(id, function, parameter, where, keys_, args_, label_, flags_, help_)              \
	{.name = #id, .run = command_##function, .param = (parameter), .scopes = (where), .keys = (keys_), \
		.args = (args_), .label = (label_), .flags = (flags_), .help = (help_)},
#include "tui/commands.def"
#undef COMMAND
	/* clang-format on */
};

static const char *const scope_names[SCOPE_COUNT] = {
#define PANE(id, ...) [PANE_##id] = #id,
#include "tui/panes.def"
#undef PANE
	[SCOPE_HELP] = "help",
	[SCOPE_MENU] = "menu",
	[SCOPE_DIALOG] = "dialog",
	[SCOPE_PROMPT] = "prompt",
	[SCOPE_LINE] = "line",
};

const char *scope_name(enum scope scope)
{
	return scope_names[scope];
}

const struct command *command_at(size_t index)
{
	return index < COUNT_OF(commands) ? &commands[index] : NULL;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

const struct command *command_meant(const char *name, struct str *ret_several)
{
	const struct command *meant = NULL, *exact = command_find(name);
	autostr struct str names = STR_INIT;
	size_t count = 0;
	for (size_t i = 0; i < COUNT_OF(commands) && !exact; i++) {
		if (commands[i].flags & CMD_HIDDEN ||
			strncmp(commands[i].name, name, strlen(name)) != 0)
			continue;
		str_addf(&names, "%s%s", count++ ? ", " : "", commands[i].name);
		meant = &commands[i];
	}
	if (count > 1)
		str_adds(ret_several, names.text);
	return exact ? exact : count == 1 ? meant : NULL;
}

static bool locked(struct str *why, const char *text)
{
	str_adds(why, text);
	return false;
}

static bool has_targets(const struct app *app)
{
	CLEANUP(id_list_release) struct id_list ids = {0};
	app_targets(app, &ids);
	return ids.count > 0;
}

static bool has_row(const struct app *app)
{
	struct subject subject = {.kind = MSG_none};
	const struct pane *pane = app_pane(app);
	if (pane->subject)
		pane->subject(app, app->view[views_now(&app->views)->focus], &subject);
	return subject.kind != MSG_none;
}

static bool may_open(const struct app *app)
{
	const struct pane *pane = app_pane(app);
	const struct rowset *rows =
		pane->rows ? pane->rows(app->view[views_now(&app->views)->focus]) : NULL;
	return pane->open && (!rows || rows->shown.count);
}

static bool may_cancel(const struct app *app, struct str *why)
{
	size_t running;
	if (app_cancels(app, &running))
		return true;
	str_adds(
		why, running ? "several run: put the cursor of Operations on one" : "nothing runs");
	return false;
}

static bool may_arm(const struct app *app, struct str *why)
{
	uint32_t engines = app_engines_at_hand(app);
	const char *write = NULL;
	for (size_t i = 0; i < links_count(app->links); i++) {
		const struct msg_engine *engine = app_engine(app, i);
		if (!(engines >> i & 1))
			continue;
		if (!engine || strcmp(engine->write, "armed") == 0)
			return true;
		write = engine->write;
	}
	str_addf(why, "the configuration says `write: %s`", write ? write : "");
	return false;
}

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = words; (at = strstr(at, word)); at += length)
		if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

static bool is_driven(
	const struct app *app, const struct msg_bot *bot, const char *verb, struct str *why)
{
	const struct msg_engine *engine = app_engine(app, links_of(bot->id));
	if (bot->undriven[0]) {
		str_adds(why, bot->undriven);
		return false;
	}
	if (!engine || !has_word(engine->undriven, verb))
		return true;
	str_addf(why, "no driver configured for %s: `driver: {%s: [program, ...]}` in %s lets it",
		bot->name, verb, engine->config);
	return false;
}

bool command_driven(const struct app *app, const struct command *command, struct str *ret_why)
{
	const struct verb *verb = verb_find(command->name);
	CLEANUP(id_list_release) struct id_list ids = {0};
	if (!verb || verb->targets != VERB_TARGETS_BOTS || !(command->flags & CMD_BOTS))
		return true;
	app_targets(app, &ids);
	for (size_t i = 0; i < ids.count; i++) {
		const struct msg_bot *bot = model_bot(app_model(app), ids.ids[i]);
		if (bot && !is_driven(app, bot, verb->word, ret_why))
			return false;
	}
	return true;
}

static bool is_ready(
	const struct app *app, const struct command *command, bool named, struct str *ret_why)
{
	if (command->flags & CMD_LIVE && !app_is_attached(app))
		return locked(ret_why, "no engine");
	if (command->flags & CMD_ACTION && app_is_past(app))
		return locked(ret_why, "what was can't be changed: Esc comes back to now");
	if (!named && !command_driven(app, command, ret_why))
		return false;
	if (command->flags & CMD_CHANGES && !app_may_change(app, ret_why))
		return false;
	if (command->flags & CMD_BOTS && !has_targets(app))
		return locked(ret_why, "no bot under the cursor");
	if (command->flags & CMD_BOTS && command->flags & CMD_CHANGES && !named &&
		!app_sees_targets(app, ret_why))
		return false;
	if (command->flags & CMD_ROW && !has_row(app))
		return locked(ret_why, "nothing under the cursor");
	if (command->flags & CMD_OPENS && !app->overlay && !may_open(app))
		return locked(ret_why, "nothing to open here");
	if (command->flags & CMD_RUNS && !may_cancel(app, ret_why))
		return false;
	return !(command->flags & CMD_ARMS) || may_arm(app, ret_why);
}

bool command_ready(const struct app *app, const struct command *command, struct str *ret_why)
{
	return is_ready(app, command, false, ret_why);
}

/* What a key is aimed at stays under the cursor, also when the key is refused: the next one is meant for the same row. */
static void pin(struct app *app, const struct command *command)
{
	enum { AIMED = CMD_BOTS | CMD_ROW | CMD_OPENS | CMD_RUNS | CMD_ARMS | CMD_AIMS };
	enum pane_id focus = views_now(&app->views)->focus;
	const struct pane *pane = pane_of(focus);
	bool scrolls_detail = focus == PANE_detail && command->run == command_move;
	bool of_bots = focus == PANE_detail || command->run == command_focus ||
		       (command->flags & CMD_BOTS && focus != PANE_alerts);
	if (app->overlay || !(command->flags & AIMED || scrolls_detail))
		return;
	if (pane->rows)
		rowset_pin(pane->rows(app->view[focus]));
	if (of_bots)
		rowset_pin(pane_bots.rows(app->view[PANE_bots]));
}

static void run(struct app *app, const struct command *command, const char *args)
{
	autostr struct str why = STR_INIT;
	struct err err = {.code = ERR_NONE};
	/* With targets named in its arguments a command needs none under the cursor. */
	bool named = args[0] && command->flags & CMD_BOTS;
	if (!named)
		pin(app, command);
	if (!is_ready(app, command, named, &why) && !(named && why.length == 0)) {
		app_toast(app, true, "%s: %s", command->name, why.text);
		app->toast_refused = named ? NULL : command;
		return;
	}
	if (!command->run(app, command, args, &err) && err.code != ERR_NONE)
		app_toast(app, true, "%s", err.text);
	app_dirty(app);
}

/* Whoever goes on has read what the key before was answered. */
void command_run(struct app *app, const struct command *command, const char *args)
{
	bool answered = app->toast_answers && !app->toast_operation, inner = app->answers;
	app->answers = true;
	app->toast_answers = false;
	run(app, command, args);
	app->answers = inner;
	if (answered && !app->toast_answers)
		toast_hasten(&app->toast);
}

void command_line(struct app *app, const char *line)
{
	char name[32];
	size_t length = strcspn(line, " ");
	const char *args = line + length + strspn(line + length, " ");
	if (length >= sizeof(name)) {
		app_toast(app, true, "no such command: %s; ? lists them", line);
		return;
	}
	memcpy(name, line, length);
	name[length] = '\0';
	const struct command *command = command_find(name);
	if (command)
		command_run(app, command, args);
	else
		app_toast(app, true, "no such command: '%s'; ? lists them", name);
}
