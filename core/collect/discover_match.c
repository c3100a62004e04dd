/* SPDX-License-Identifier: MIT */
/*
 * How a process that no supervisor runs is found again: by its command line, where several have that
 * one also by its working directory. What is printed was tried on every process of this machine, in
 * the engine's own way (process_find.h): a pattern that finds somebody else's process would report
 * that one's life as the bot's.
 */
#include "core/collect/discover_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/collect/proc.h"
#include "core/collect/process_find.h"

enum { PATTERN_BYTES = 960 /* `match` takes 1024 */, ANCESTORS_MAX = 64 };

/* ---- the pattern ---- */

static void add_byte(struct str *pattern, unsigned char byte)
{
	if (byte < 0x20 || byte >= 0x7f)
		str_addf(pattern, "\\x%02x", byte);
	else if (strchr("\\^$.|?*+()[]{}", byte))
		str_addf(pattern, "\\%c", byte);
	else
		str_addch(pattern, (char)byte);
}

/* This command line and no other; a long one by its beginning. What was redacted is anything. */
static char *pattern_of(const char *command)
{
	struct str pattern = STR_INIT;
	str_addch(&pattern, '^');
	while (*command && pattern.length < PATTERN_BYTES) {
		if (starts_with(command, REDACTED)) {
			str_adds(&pattern, ".+");
			command += strlen(REDACTED);
		} else {
			add_byte(&pattern, (unsigned char)*command++);
		}
	}
	if (!*command)
		str_addch(&pattern, '$');
	return str_detach(&pattern);
}

/* ---- who else it finds ---- */

/* A way to find a candidate, and what it finds. */
struct way {
	struct search search;
	bool finds_it;
	pid_t rival; /* another process that it finds, 0 none */
};

struct trial {
	struct candidate *candidate;
	struct pattern *pattern;
	struct way anywhere, there;
};

bool discover_is_within(const struct scene *scene, const struct proc_seen *seen, pid_t ancestor)
{
	for (int i = 0; seen && seen->pid > 1 && i < ANCESTORS_MAX; i++) {
		if (seen->pid == ancestor)
			return true;
		seen = procs_find(&scene->procs, seen->parent);
	}
	return false;
}

static void try_way(const struct scene *scene, struct way *way, pid_t own,
	const struct proc_seen *seen, const struct str *line)
{
	bool is_hidden = false;
	if (!search_means(&way->search, seen->pid, line, &is_hidden))
		return;
	if (seen->pid == own)
		way->finds_it = true;
	else if (!discover_is_within(scene, seen, own))
		way->rival = seen->pid;
}

static void try_all(const struct scene *scene, struct trial *trials, size_t count)
{
	autostr struct str line = STR_INIT;
	for (size_t i = 0; i < scene->procs.count; i++) {
		const struct proc_seen *seen = &scene->procs.items[i];
		if (seen->pid == getpid() || !proc_command_line(seen->pid, &line))
			continue;
		for (size_t j = 0; j < count; j++) {
			pid_t own = trials[j].candidate->process->pid;
			try_way(scene, &trials[j].anywhere, own, seen, &line);
			if (trials[j].there.search.directory)
				try_way(scene, &trials[j].there, own, seen, &line);
		}
	}
}

static bool is_sure(const struct way *way)
{
	return way->finds_it && !way->rival;
}

static char *step_of(const struct trial *trial)
{
	static const char what[] =
		"let it write a pid file (process: {pidfile: FILE}) or a supervisor run it, and "
		"say so here; until then nobody looks for its process";
	pid_t rival = trial->there.search.directory ? trial->there.rival : trial->anywhere.rival;
	if (!trial->anywhere.finds_it)
		return xasprintf("its command line cannot be told by a pattern: %s", what);
	if (!trial->there.search.directory || !rival)
		return xasprintf("process %d has the same command line, and its working directory "
				 "is not known: %s",
			(int)(rival ? rival : trial->anywhere.rival), what);
	return xasprintf(
		"process %d has the same command line and working directory: %s", (int)rival, what);
}

static void choose(const struct trial *trial, char *pattern)
{
	struct found_match *match = &trial->candidate->match;
	bool is_there = !is_sure(&trial->anywhere) && is_sure(&trial->there);
	bool is_good = is_there || is_sure(&trial->anywhere);
	match->pattern = is_good ? pattern : xstrdup("");
	match->directory = xstrdup(is_there ? trial->there.search.directory : "");
	match->step = is_good ? xstrdup("") : step_of(trial);
	if (!is_good)
		free(pattern);
}

static bool is_folder(const char *folder)
{
	size_t length = strlen(folder);
	for (size_t i = 0; i < length; i++)
		if (!isprint((unsigned char)folder[i]) && !((unsigned char)folder[i] & 0x80))
			return false;
	return length > 1 && folder[0] == '/';
}

void discover_matches(struct scene *scene)
{
	struct trial *trials = xcalloc(scene->candidate_count + 1, sizeof(*trials));
	char **patterns = xcalloc(scene->candidate_count + 1, sizeof(char *));
	size_t count = 0;
	for (size_t i = 0; i < scene->candidate_count; i++) {
		struct candidate *candidate = &scene->candidates[i];
		if (candidate->supervisor)
			continue;
		const char *folder = candidate->process->folder;
		struct trial *trial = &trials[count];
		trial->candidate = candidate;
		patterns[count] = pattern_of(candidate->process->command);
		if (!pattern_new(patterns[count++], &trial->pattern, NULL))
			continue; /* it finds nothing, and that is said */
		trial->anywhere.search.pattern = trial->there.search.pattern = trial->pattern;
		trial->there.search.directory = is_folder(folder) ? folder : NULL;
	}
	try_all(scene, trials, count);
	for (size_t i = 0; i < count; i++) {
		choose(&trials[i], patterns[i]);
		pattern_free(trials[i].pattern);
	}
	free(trials);
	free(patterns);
}

/* ---- what the configuration finds ---- */

static struct search search_of(const struct scene *scene, size_t index)
{
	const struct process_ref *process = &scene->question->settings->bots[index].process;
	return (struct search){
		.pattern = scene->configured[index].pattern, .directory = process->directory};
}

static size_t configured_count(const struct scene *scene)
{
	const struct settings *settings = scene->question->settings;
	return settings ? settings->bot_count : 0;
}

void discover_configured(struct scene *scene)
{
	const struct settings *settings = scene->question->settings;
	size_t count = configured_count(scene);
	struct search *searches = xcalloc(count + 1, sizeof(*searches));
	scene->configured = xcalloc(count + 1, sizeof(*scene->configured));
	for (size_t i = 0; i < count; i++) {
		const char *match = settings->bots[i].process.match;
		if (*match && !pattern_new(match, &scene->configured[i].pattern, NULL))
			continue; /* check-config has said it */
		searches[i] = search_of(scene, i);
	}
	(void)processes_search(searches, count);
	for (size_t i = 0; i < count; i++)
		scene->configured[i].found = searches[i].found;
	free(searches);
}

const char *discover_claims(const struct scene *scene, const struct proc_seen *seen)
{
	autostr struct str line = STR_INIT;
	if (!seen || !proc_command_line(seen->pid, &line))
		return NULL;
	for (size_t i = 0; i < configured_count(scene); i++) {
		struct search search = search_of(scene, i);
		bool is_hidden = false;
		if (search_means(&search, seen->pid, &line, &is_hidden))
			return scene->question->settings->bots[i].name;
	}
	return NULL;
}

void discover_forget_configured(struct scene *scene)
{
	for (size_t i = 0; i < configured_count(scene); i++)
		pattern_free(scene->configured[i].pattern);
	free(scene->configured);
}
