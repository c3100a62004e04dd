/* SPDX-License-Identifier: MIT */
/* Which supervisor a process is asked of. One that is used and not written down is where its kind
 * usually is, and has the name of its kind. */
#include "core/conf/internal.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/conf/arena.h"

/* ---- what a process says ---- */

const char *process_program(const struct process_ref *process, const char **ret_kind)
{
	const struct {
		const char *kind, *program;
	} forms[] = {
		{"systemd", process->systemd},
		{"docker", process->docker},
		{"supervisord", process->supervisord},
		{"pm2", process->pm2},
	};
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		if (forms[i].program && *forms[i].program) {
			if (ret_kind)
				*ret_kind = forms[i].kind;
			return forms[i].program;
		}
	return "";
}

bool process_is_given(const struct process_ref *process)
{
	return *process->pidfile || process->pid_command.count || *process->match ||
	       *process_program(process, NULL);
}

struct process_ref expand_process(
	struct arena *arena, const struct process_ref *template, const char *bot)
{
	return (struct process_ref){
		.pidfile = expand_bot(arena, template->pidfile, bot),
		.pid_command = expand_argv(arena, &template->pid_command, bot),
		.match = expand_bot(arena, template->match, bot),
		.directory = expand_bot(arena, template->directory, bot),
		.systemd = expand_bot(arena, template->systemd, bot),
		.docker = expand_bot(arena, template->docker, bot),
		.supervisord = expand_bot(arena, template->supervisord, bot),
		.pm2 = expand_bot(arena, template->pm2, bot),
		.supervisor = template->supervisor,
	};
}

const struct conf_supervisor *settings_supervisor(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->supervisor_count; i++)
		if (!strcmp(settings->supervisors[i].name, name))
			return &settings->supervisors[i];
	return NULL;
}

/* ---- what was left out ---- */

static const struct conf_supervisor *first_of_kind(
	const struct settings *settings, const char *kind)
{
	for (size_t i = 0; i < settings->supervisor_count; i++)
		if (!strcmp(settings->supervisors[i].kind, kind))
			return &settings->supervisors[i];
	return NULL;
}

static const struct conf_supervisor *add_usual(struct reader *reader, const char *kind)
{
	struct settings *settings = reader->settings;
	struct conf_supervisor *supervisor = &settings->supervisors[settings->supervisor_count++];
	read_defaults(reader, SECTION_supervisor, supervisor);
	supervisor->name = supervisor->kind = arena_text(reader->arena, kind);
	return supervisor;
}

static void complete_process(struct reader *reader, struct process_ref *process)
{
	const char *kind = NULL;
	const struct conf_supervisor *supervisor;
	if (!*process_program(process, &kind) || *process->supervisor)
		return;
	supervisor = first_of_kind(reader->settings, kind);
	process->supervisor = supervisor ? supervisor->name : add_usual(reader, kind)->name;
}

void complete_supervisors(struct reader *reader)
{
	struct settings *settings = reader->settings;
	size_t kinds = 0;
	while (supervisor_words[kinds])
		kinds++;
	struct conf_supervisor *all =
		arena_alloc(reader->arena, (settings->supervisor_count + kinds) * sizeof(*all));
	if (settings->supervisor_count)
		memcpy(all, settings->supervisors, settings->supervisor_count * sizeof(*all));
	settings->supervisors = all;
	for (size_t i = 0; i < settings->bot_count; i++)
		complete_process(reader, &settings->bots[i].process);
	for (size_t i = 0; i < settings->bots_from_count; i++)
		complete_process(reader, &settings->bots_from[i].process);
}

/* ---- what is wrong ---- */

static void check_one(struct reader *reader, struct place place, const struct process_ref *process)
{
	const char *kind = NULL;
	const struct conf_supervisor *named;
	if (!*process_program(process, &kind) || !*process->supervisor)
		return;
	named = settings_supervisor(reader->settings, process->supervisor);
	if (!named)
		report_error(reader->report, place,
			"supervisor '%s' is not in this file: add it to `supervisors:`",
			process->supervisor);
	else if (strcmp(named->kind, kind) != 0)
		report_error(reader->report, place,
			"supervisor '%s' is of kind %s, and this process one of %s", named->name,
			named->kind, kind);
}

static bool is_kind(const char *word)
{
	for (size_t i = 0; supervisor_words[i]; i++)
		if (!strcmp(supervisor_words[i], word))
			return true;
	return false;
}

/* One of a usual kind that no bot of this file has is there for those of a database. */
static void check_driven(struct reader *reader, const struct node *root)
{
	const char *name = reader->settings->driver.supervisor;
	const struct node *driver = child_of(root, "driver");
	const struct node *said = driver ? child_of(driver, "supervisor") : NULL;
	if (said && *name && !is_kind(name) && !settings_supervisor(reader->settings, name))
		report_error(reader->report, said->place,
			"supervisor '%s' is not in this file: add it to `supervisors:`", name);
}

void check_supervisors(struct reader *reader, const struct node *root)
{
	const struct settings *settings = reader->settings;
	for (size_t i = 0; i < settings->bot_count; i++)
		check_one(reader, (struct place){settings->bots[i].line, settings->bots[i].column},
			&settings->bots[i].process);
	check_driven(reader, root);
	const struct node *from = child_of(root, "bots_from");
	const struct node *item = from ? from->first : NULL;
	for (size_t i = 0; i < settings->bots_from_count && item; i++, item = item->next)
		check_one(reader, item->place, &settings->bots_from[i].process);
}
