/* SPDX-License-Identifier: MIT */
/*
 * On which bots the driver acts, and what their supervisor calls them. A bot of a database has the process of its
 * entry of bots_from.
 */
#include "core/act/internal.h"

#include <string.h>

#include "core/act/drivers/argv.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/model.h"
#include "core/verbs/verbs.h"

static const struct process_ref *process_of(
	const struct settings *settings, const struct msg_bot *bot)
{
	const struct conf_bot *conf = settings_bot(settings, bot->name);
	const char *database = bot->enabled_by ? bot->enabled_by : "";
	if (conf)
		return &conf->process;
	for (size_t i = 0; i < settings->bots_from_count; i++)
		if (*settings->bots_from[i].postgres &&
			strcmp(settings->bots_from[i].postgres, database) == 0)
			return &settings->bots_from[i].process;
	return NULL;
}

/* Some of its commands is told what a supervisor calls the bot. */
static bool wants_program(const struct conf_driver *driver)
{
	const struct argv *const commands[] = {
#define DRIVEN(id, ...) &driver->id,
#include "core/verbs/verbs.def"
	};
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		for (size_t j = 0; j < commands[i]->count; j++)
			if (strstr(commands[i]->argv[j], "{program}"))
				return true;
	return false;
}

static bool find_program(
	const struct settings *settings, const struct msg_bot *bot, char **ret, struct err *err)
{
	const struct conf_driver *driver = &settings->driver;
	const struct process_ref *process = process_of(settings, bot);
	const char *wanted = driver->supervisor ? driver->supervisor : "";
	const char *program = process ? process_program(process, NULL) : "";
	const char *runs = *program && process->supervisor ? process->supervisor : "";
	const struct argv_values values = {.bot = bot->name};
	if (*wanted && strcmp(wanted, runs) != 0)
		return err_set(err, ERR_UNSUPPORTED,
			"no driver configured for %s: `driver` acts on what '%s' runs, and %s%s%s "
			"runs "
			"this one; do it there",
			bot->name, wanted, *runs ? "'" : "", *runs ? runs : "no supervisor",
			*runs ? "'" : "");
	if (!*program && wants_program(driver))
		return err_set(err, ERR_UNSUPPORTED,
			"no driver configured for %s: `driver` says {program}, and this bot's "
			"`process` "
			"names no program of a supervisor",
			bot->name);
	return argv_expand_text(program, &values, ret, err);
}

bool driven_program(const struct act *act, uint64_t id, char **ret, struct err *err)
{
	const struct msg_bot *bot = model_bot(act->model, id);
	if (bot)
		return find_program(act->settings, bot, ret, err);
	return err_set(err, ERR_NOT_FOUND, "there is no such bot any more");
}

char *act_undriven(const struct settings *settings, const struct msg_bot *bot)
{
	autofree char *program = NULL;
	struct err err = {.code = ERR_NONE};
	return xstrdup(find_program(settings, bot, &program, &err) ? "" : err.text);
}

char *act_undriven_verbs(const struct settings *settings)
{
	struct str words = STR_INIT;
#define DRIVEN(id, ...)                                                                            \
	if (!settings->driver.id.count)                                                            \
		str_addf(&words, "%s" #id, words.length ? " " : "");
#include "core/verbs/verbs.def"
	return str_detach(&words);
}
