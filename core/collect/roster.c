/* SPDX-License-Identifier: MIT */
#include "core/collect/roster.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/msg/msg.h"

enum { NAME_MAX_BYTES = 63 };

bool is_bot_name(const char *name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
	size_t length = strlen(name);
	return length && length <= NAME_MAX_BYTES && strchr(first, name[0]) &&
	       strspn(name, rest) == length;
}

/* The template with each {bot} replaced; an empty template stays empty. */
static char *fill_template(const char *template, const char *bot)
{
	static const char mark[] = "{bot}";
	struct str text = STR_INIT;
	for (const char *at; (at = strstr(template, mark)); template = at + sizeof(mark) - 1) {
		str_add(&text, template, (size_t)(at - template));
		str_adds(&text, bot);
	}
	str_adds(&text, template);
	return str_detach(&text);
}

static struct argv fill_argv(const struct argv *template, const char *bot)
{
	struct argv argv = {.count = template->count};
	if (!template->count)
		return argv;
	argv.argv = xcalloc(template->count + 1, sizeof(char *));
	for (size_t i = 0; i < template->count; i++)
		argv.argv[i] = fill_template(template->argv[i], bot);
	return argv;
}

static enum transport transport_of(const char *word, enum transport otherwise)
{
	for (int i = TRANSPORT_POLLING; i <= TRANSPORT_NONE; i++)
		if (word && strcmp(word, transport_word((enum transport)i)) == 0)
			return (enum transport)i;
	return otherwise;
}

static struct secret_ref token_of(
	const struct conf_bots_from *from, const struct msg_fleet_bot *row)
{
	const char *file = row->token_ref ? row->token_ref : "";
	struct secret_ref token = {.file = xstrdup(""),
		.env_file = xstrdup(""),
		.key = xstrdup(""),
		.credential = xstrdup("")};
	token.given = file[0] || from->token_dir[0];
	free(token.file);
	if (file[0] == '/' || !token.given)
		token.file = xstrdup(file);
	else
		token.file = xasprintf("%s/%s", from->token_dir, file[0] ? file : row->name);
	return token;
}

/* As the loader does for bots of the file: the first Redis with heartbeats has this bot's. */
static void set_heartbeat(struct conf_bot *bot, const struct settings *settings)
{
	for (size_t i = 0; i < settings->redis_count; i++) {
		const struct conf_redis *redis = &settings->redis[i];
		const char *star = strchr(redis->heartbeats, '*');
		if (!star)
			continue;
		bot->heartbeat = xasprintf("%.*s%s%s", (int)(star - redis->heartbeats),
			redis->heartbeats, bot->name, star + 1);
		bot->redis = xstrdup(redis->name);
		return;
	}
	bot->heartbeat = xstrdup("");
	bot->redis = xstrdup("");
}

static struct process_ref make_process(const struct conf_bots_from *from, const char *bot)
{
	const struct process_ref *template = &from->process;
	bool is_own = process_is_given(template);
	return (struct process_ref){
		.pidfile = fill_template(is_own ? template->pidfile : from->pidfile_template, bot),
		.pid_command = fill_argv(is_own ? &template->pid_command : &from->pid_command, bot),
		.match = fill_template(template->match, bot),
		.directory = fill_template(template->directory, bot),
		.systemd = fill_template(template->systemd, bot),
		.docker = fill_template(template->docker, bot),
		.supervisord = fill_template(template->supervisord, bot),
		.pm2 = fill_template(template->pm2, bot),
		.supervisor = xstrdup(template->supervisor),
	};
}

static struct conf_bot make_bot(const struct settings *settings, const struct conf_bots_from *from,
	const struct msg_fleet_bot *row)
{
	struct conf_bot bot = {
		.name = xstrdup(row->name),
		.token = token_of(from, row),
		.transport = transport_of(row->transport, from->transport),
		.enabled = row->enabled,
		.from = xstrdup(from->postgres),
		.metrics = fill_template(from->metrics_template, row->name),
		.health = fill_template(from->health_template, row->name),
		.process = make_process(from, row->name),
	};
	set_heartbeat(&bot, settings);
	if (from->log_template[0]) {
		bot.logs = xcalloc(1, sizeof(char *));
		bot.logs[0] = fill_template(from->log_template, row->name);
		bot.log_count = 1;
	}
	return bot;
}

static void release_argv(struct argv *argv)
{
	for (size_t i = 0; i < argv->count; i++)
		free(argv->argv[i]);
	free(argv->argv);
}

static void release_process(struct process_ref *process)
{
	free(process->pidfile);
	release_argv(&process->pid_command);
	free(process->match);
	free(process->directory);
	free(process->systemd);
	free(process->docker);
	free(process->supervisord);
	free(process->pm2);
	free(process->supervisor);
}

static void release_bot(struct conf_bot *bot)
{
	free(bot->name);
	free(bot->token.file);
	free(bot->token.env_file);
	free(bot->token.key);
	free(bot->token.credential);
	release_process(&bot->process);
	for (size_t i = 0; i < bot->log_count; i++)
		free(bot->logs[i]);
	free(bot->logs);
	free(bot->heartbeat);
	free(bot->redis);
	free(bot->from);
	free(bot->health);
	free(bot->metrics);
}

/* By name; of the same name, the earlier one first. */
static int by_name(const void *one, const void *other)
{
	const struct conf_bot *const *const *a = one, *const *const *b = other;
	int order = strcmp((**a)->name, (**b)->name);
	return order ? order : (*a > *b) - (*a < *b);
}

/* Keeps the first bot of each name, in place and in order. */
static void drop_doubles(struct roster *roster)
{
	const struct conf_bot ***sorted = xcalloc(roster->count + 1, sizeof(*sorted));
	size_t kept = 0;
	for (size_t i = 0; i < roster->count; i++)
		sorted[i] = &roster->bots[i];
	qsort(sorted, roster->count, sizeof(*sorted), by_name);
	for (size_t i = 0, first = 0; i < roster->count; i++) {
		if (strcmp((*sorted[i])->name, (*sorted[first])->name) != 0)
			first = i;
		else if (i != first)
			*sorted[i] = NULL;
	}
	free(sorted);
	for (size_t i = 0; i < roster->count; i++)
		if (roster->bots[i])
			roster->bots[kept++] = roster->bots[i];
	roster->count = kept;
}

static void add_fleet(struct roster *roster, const struct fleet_rows *fleet)
{
	const struct conf_bots_from *from = &roster->settings->bots_from[fleet->from];
	for (size_t i = 0; i < fleet->rows->bots_count; i++) {
		const struct msg_fleet_bot *row = &fleet->rows->bots[i];
		if (!row->name || !is_bot_name(row->name))
			continue;
		roster->made[roster->made_count] = make_bot(roster->settings, from, row);
		roster->bots[roster->count++] = &roster->made[roster->made_count++];
	}
}

struct roster *roster_new(
	struct settings *settings, const struct fleet_rows *fleets, size_t fleet_count)
{
	struct roster *roster = xcalloc(1, sizeof(*roster));
	size_t rows = 0;
	for (size_t i = 0; i < fleet_count; i++)
		rows += fleets[i].rows->bots_count;
	roster->references = 1;
	roster->settings = settings_ref(settings);
	roster->bots = xcalloc(settings->bot_count + rows + 1, sizeof(*roster->bots));
	roster->made = xcalloc(rows + 1, sizeof(*roster->made));
	for (; roster->count < settings->bot_count; roster->count++)
		roster->bots[roster->count] = &settings->bots[roster->count];
	for (size_t i = 0; i < fleet_count; i++)
		add_fleet(roster, &fleets[i]);
	drop_doubles(roster);
	return roster;
}

/* ---- logs that supervisors told ---- */

static int by_bot(const void *one, const void *other)
{
	const struct bot_log *a = one, *b = other;
	int order = strcmp(a->bot, b->bot);
	return order ? order : strcmp(a->path, b->path);
}

void roster_set_logs(struct roster *roster, const struct bot_log *logs, size_t count)
{
	roster->logs = xcalloc(count + 1, sizeof(*roster->logs));
	for (; roster->log_count < count; roster->log_count++)
		roster->logs[roster->log_count] =
			(struct bot_log){.bot = xstrdup(logs[roster->log_count].bot),
				.path = xstrdup(logs[roster->log_count].path)};
	qsort(roster->logs, count, sizeof(*roster->logs), by_bot);
}

const struct bot_log *roster_logs(const struct roster *roster, const char *bot, size_t *ret_count)
{
	size_t low = 0, high = roster->log_count, end;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (strcmp(roster->logs[middle].bot, bot) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < roster->log_count && !strcmp(roster->logs[end].bot, bot);)
		end++;
	*ret_count = end - low;
	return roster->logs + low;
}

struct roster *roster_ref(struct roster *roster)
{
	atomic_fetch_add(&roster->references, 1);
	return roster;
}

void roster_unref(struct roster *roster)
{
	if (!roster || atomic_fetch_sub(&roster->references, 1) != 1)
		return;
	for (size_t i = 0; i < roster->made_count; i++)
		release_bot(&roster->made[i]);
	for (size_t i = 0; i < roster->log_count; i++) {
		free(roster->logs[i].bot);
		free(roster->logs[i].path);
	}
	free(roster->logs);
	free(roster->made);
	free(roster->bots);
	settings_unref(roster->settings);
	free(roster);
}

const struct conf_bot *roster_bot(const struct roster *roster, const char *name)
{
	for (size_t i = 0; i < roster->count; i++)
		if (strcmp(roster->bots[i]->name, name) == 0)
			return roster->bots[i];
	return NULL;
}
