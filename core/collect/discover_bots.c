/* SPDX-License-Identifier: MIT */
/* A candidate becomes a bot of a configuration: its name, how its process is found, where its token
 * can be read, and the next step where it can't. */
#include "core/collect/discover_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/collect/process_find.h"

enum { NAME_BYTES = 56 };

/* ---- names ---- */

char *discover_slug(const char *text)
{
	char slug[NAME_BYTES + 1];
	size_t length = 0;
	for (; *text && length < NAME_BYTES; text++) {
		unsigned char ch = (unsigned char)tolower((unsigned char)*text);
		bool is_plain = isdigit(ch) || (ch >= 'a' && ch <= 'z') || ch == '_' || ch == '-';
		bool can_stand = is_plain && (length || isalnum(ch));
		if (can_stand)
			slug[length++] = (char)ch;
		else if (length && slug[length - 1] != '-')
			slug[length++] = '-';
	}
	while (length && !isalnum((unsigned char)slug[length - 1]))
		length--;
	slug[length] = '\0';
	return xstrdup(length ? slug : "bot");
}

/* bot@orders is called orders; bot@1 keeps its whole name, for a number says nothing. */
static const char *instance_of(const char *unit)
{
	const char *at = strchr(unit, '@');
	return at && isalpha((unsigned char)at[1]) ? at + 1 : unit;
}

/* `is_instance`: of a template of systemd the instance alone. */
static char *name_of_program(const char *program, bool is_instance)
{
	const char *colon = strchr(program, ':');
	size_t group = colon ? (size_t)(colon - program) : 0;
	autofree char *word = NULL;
	if (colon && strcmp(colon, ":*") == 0)
		word = xstrndup(program, group);
	else if (colon && strncmp(colon + 1, program, group) == 0)
		word = xstrdup(colon + 1);
	else
		word = xstrdup(program);
	char *end = strstr(word, ".service");
	if (!end || end[strlen(".service")])
		return discover_slug(word);
	*end = '\0';
	return discover_slug(is_instance ? instance_of(word) : word);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* The script rather than its interpreter, its folder rather than a word like bot.py or main.js. */
static char *name_of_process(const struct proc_seen *seen)
{
	static const char *const common[] = {"bot", "main", "app", "index", "run", "start",
		"server", "python", "python3", "node"};
	autofree char *words = xstrdup(seen->command);
	char *save = NULL, *program = strtok_r(words, " ", &save), *script = program;
	for (char *word; (word = strtok_r(NULL, " ", &save));)
		if (*word != '-' && strchr(last_part(word), '.')) {
			script = word;
			break;
		}
	char base[NAME_BYTES];
	snprintf(base, sizeof(base), "%.*s", (int)strcspn(last_part(script ? script : ""), "."),
		last_part(script ? script : ""));
	for (size_t i = 0; i < COUNT_OF(common); i++)
		if (strcmp(base, common[i]) == 0 && strlen(seen->folder) > 1)
			return discover_slug(last_part(seen->folder));
	return discover_slug(base);
}

static bool is_taken(const struct scene *scene, const char *name)
{
	const struct discovery *discovery = scene->discovery;
	for (size_t i = 0; i < discovery->bot_count; i++)
		if (strcmp(discovery->bots[i].name, name) == 0)
			return true;
	return scene->question->settings && settings_bot(scene->question->settings, name);
}

static char *unique_name(const struct scene *scene, const struct candidate *candidate)
{
	autofree char *base = candidate->supervisor ? name_of_program(candidate->program, false)
						    : name_of_process(candidate->process);
	char *name =
		candidate->supervisor ? name_of_program(candidate->program, true) : xstrdup(base);
	if (is_taken(scene, name)) {
		free(name);
		name = xstrdup(base);
	}
	for (int number = 2; is_taken(scene, name); number++) {
		free(name);
		name = xasprintf("%s-%d", base, number);
	}
	return name;
}

/* ---- the token ---- */

/* Reads it as the engine will, and forgets it at once. */
static bool can_be_read(const struct secret_ref *ref, int64_t *ret_id, struct err *err)
{
	struct str text = STR_INIT;
	bool is_well = settings_secret(ref, -1, &text, err) &&
		       token_check(text.text, text.length, ret_id, err);
	str_wipe(&text);
	return is_well;
}

static bool try_token(
	const char *file, const char *env_file, const char *key, int64_t *ret_id, struct err *err)
{
	char none[] = "";
	autofree char *a = xstrdup(file), *b = xstrdup(env_file), *c = xstrdup(key);
	const struct secret_ref ref = {
		.given = true, .file = a, .env_file = b, .key = c, .credential = none};
	return can_be_read(&ref, ret_id, err);
}

/* A name that a shell takes for nothing but a name: the command is there to be pasted. */
static bool is_identifier(const char *text)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
	return *text && !text[strspn(text, plain)];
}

static char *step_for_environment(const struct found_bot *bot, const struct candidate *candidate)
{
	const char *variable = candidate->clues.variable;
	const struct proc_seen *seen = candidate->process;
	if (seen && is_identifier(variable))
		return xasprintf("its token is in the environment of process %d (%s): put it into "
				 "a file: (umask 077; mkdir -p tokens; tr '\\0' '\\n' "
				 "</proc/%d/environ | sed -n 's/^%s=//p' >tokens/%s)",
			(int)seen->pid, variable, (int)seen->pid, variable, bot->name);
	if (variable[0])
		return xasprintf("its token is in its environment (%s): put it into a file "
				 "tokens/%s (chmod 600)",
			variable, bot->name);
	if (candidate->clues.inside[0])
		return xasprintf("its token is in '%s', among other settings: put it into a file "
				 "tokens/%s (chmod 600)",
			candidate->clues.inside, bot->name);
	return xasprintf("where its token is was not found: put it into a file tokens/%s (chmod "
			 "600)",
		bot->name);
}

static void set(char **field, const char *text)
{
	free(*field);
	*field = xstrdup(text);
}

static void place_token(struct found_bot *bot, const struct candidate *candidate)
{
	const struct clues *clues = &candidate->clues;
	struct err err = {0};
	int64_t id = 0;
	if (clues->file[0] && try_token(clues->file, "", "", &id, &err)) {
		set(&bot->token_file, clues->file);
	} else if (clues->env_file[0] && try_token("", clues->env_file, clues->key, &id, &err)) {
		set(&bot->env_file, clues->env_file);
		set(&bot->key, clues->key);
	} else {
		free(bot->next_step);
		bot->next_step =
			err.code ? xstrdup(err.text) : step_for_environment(bot, candidate);
	}
	if (id)
		bot->tg_id = id;
}

/* ---- what is there already ---- */

static bool has_token_of(const struct conf_bot *conf, int64_t tg_id)
{
	int64_t id = 0;
	return tg_id && conf->token.given && !conf->token.command.count &&
	       can_be_read(&conf->token, &id, NULL) && id == tg_id;
}

static bool has_process_of(
	const struct scene *scene, const struct conf_bot *conf, const struct candidate *candidate)
{
	pid_t pid;
	struct pidfile_mark mark;
	const char *kind = NULL, *program = process_program(&conf->process, &kind);
	if (*program && candidate->as &&
		strcmp(kind, scene->discovery->supervisors[candidate->supervisor - 1].kind) == 0)
		return program_is(candidate->as, program) ||
		       strcmp(candidate->program, program) == 0;
	pid_t matched = scene->configured[conf - scene->question->settings->bots].found;
	if (matched && *conf->process.match && candidate->process)
		return discover_is_within(scene, candidate->process, matched);
	return candidate->process && *conf->process.pidfile &&
	       pidfile_read(conf->process.pidfile, &pid, &mark, NULL) &&
	       pid == candidate->process->pid;
}

/* One that was printed without a process and without a token can only be known by its name, and
 * stands for one process. */
static bool has_name_of(struct scene *scene, size_t index, const struct candidate *candidate)
{
	const struct conf_bot *conf = &scene->question->settings->bots[index];
	if (candidate->supervisor || scene->configured[index].found || conf->token.given ||
		process_is_given(&conf->process))
		return false;
	autofree char *name = name_of_process(candidate->process);
	size_t length = strlen(name);
	const char *number = conf->name + length;
	if (strncmp(conf->name, name, length) != 0 ||
		(*number && (*number != '-' || number[1 + strspn(number + 1, "0123456789")])))
		return false;
	scene->configured[index].found = candidate->process->pid;
	return true;
}

static bool is_known(struct scene *scene, const struct candidate *candidate)
{
	const struct settings *settings = scene->question->settings;
	for (size_t i = 0; settings && i < settings->bot_count; i++) {
		const struct conf_bot *conf = &settings->bots[i];
		if (has_process_of(scene, conf, candidate) || has_name_of(scene, i, candidate) ||
			has_token_of(conf, candidate->clues.tg_id))
			return true;
		autofree char *name = candidate->supervisor
					      ? name_of_program(candidate->program, false)
					      : xstrdup("");
		if (strcmp(name, conf->name) == 0)
			return true;
	}
	return false;
}

/* ---- the bot ---- */

static char *evidence_of(const struct clues *clues)
{
	struct str text = STR_INIT;
	if (clues->file[0] || clues->env_file[0])
		str_addf(&text, "token in %s", clues->file[0] ? clues->file : clues->env_file);
	else if (clues->inside[0])
		str_addf(&text, "token in %s", clues->inside);
	else if (clues->variable[0])
		str_addf(&text, "%s in its environment", clues->variable);
	if (clues->talks)
		str_addf(&text, "%sconnected to Telegram", text.length ? ", " : "");
	return str_detach(&text);
}

static const char *log_of(const struct candidate *candidate)
{
	if (!candidate->as)
		return "";
	return *candidate->as->log ? candidate->as->log : candidate->as->error_log;
}

static char *text_of(const char *text)
{
	return xstrdup(text ? text : "");
}

static void add_bot(struct scene *scene, const struct candidate *candidate)
{
	struct discovery *discovery = scene->discovery;
	struct found_bot bot = {.supervisor = candidate->supervisor,
		.name = unique_name(scene, candidate),
		.program = xstrdup(candidate->program),
		.match = text_of(candidate->match.pattern),
		.directory = text_of(candidate->match.directory),
		.process_step = text_of(candidate->match.step),
		.claimed_by = text_of(discover_claims(scene, candidate->process)),
		.state = xstrdup(candidate->as ? candidate->as->state : "running"),
		.evidence = evidence_of(&candidate->clues),
		.log = xstrdup(log_of(candidate)),
		.token_file = xstrdup(""),
		.env_file = xstrdup(""),
		.key = xstrdup(""),
		.next_step = xstrdup(""),
		.heartbeat = xstrdup(""),
		.redis = xstrdup(""),
		.beat_step = xstrdup(""),
		.candidate = (size_t)(candidate - scene->candidates),
		.tg_id = candidate->clues.tg_id,
		.pid = candidate->process ? (int)candidate->process->pid : 0};
	copy_text(bot.transport, sizeof(bot.transport), candidate->clues.transport);
	copy_text(bot.own_name, sizeof(bot.own_name), candidate->clues.name);
	place_token(&bot, candidate);
	discovery->bots =
		xreallocarray(discovery->bots, discovery->bot_count + 1, sizeof(*discovery->bots));
	discovery->bots[discovery->bot_count++] = bot;
}

static int by_name(const void *one, const void *other)
{
	const struct found_bot *a = one, *b = other;
	return strcmp(a->name, b->name);
}

void discover_bots(struct scene *scene)
{
	struct discovery *discovery = scene->discovery;
	for (size_t i = 0; i < scene->candidate_count; i++) {
		const struct candidate *candidate = &scene->candidates[i];
		if (candidate->supervisor)
			discovery->supervisors[candidate->supervisor - 1].bots++;
		if (is_known(scene, candidate))
			discovery->known++;
		else
			add_bot(scene, candidate);
	}
	if (discovery->bot_count)
		qsort(discovery->bots, discovery->bot_count, sizeof(*discovery->bots), by_name);
}
