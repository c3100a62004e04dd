/* SPDX-License-Identifier: MIT */
/* `bots_from: {dir: ...}`: a folder of token files is a fleet. */
#include "core/conf/internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/arena.h"

enum { BOTS_MAX = 20000, TOKEN_FILE_MAX = 4096 };

/* One folder being read. */
struct folder {
	struct reader *reader;
	const struct conf_bots_from *from;
	struct place place;
	struct conf_bot *bots; /* all of the settings; heap until the end */
	size_t count, capacity;
};

static char *replace_bot(const char *template, const char *bot)
{
	struct str text autostr = STR_INIT;
	for (const char *at; (at = strstr(template, "{bot}")); template = at + strlen("{bot}")) {
		str_add(&text, template, (size_t)(at - template));
		str_adds(&text, bot);
	}
	str_adds(&text, template);
	return str_detach(&text);
}

char *expand_bot(struct arena *arena, const char *template, const char *bot)
{
	char *text autofree = replace_bot(template, bot);
	return arena_text(arena, text);
}

struct argv expand_argv(struct arena *arena, const struct argv *template, const char *bot)
{
	struct argv argv = {.argv = arena_alloc(arena, (template->count + 1) * sizeof(char *))};
	for (; argv.count < template->count; argv.count++)
		argv.argv[argv.count] = expand_bot(arena, template->argv[argv.count], bot);
	return argv;
}

static bool is_taken(const struct folder *folder, const char *name)
{
	for (size_t i = 0; i < folder->count; i++)
		if (!strcmp(folder->bots[i].name, name))
			return true;
	return false;
}

static void add_bot(struct folder *folder, const char *name, const char *path)
{
	struct arena *arena = folder->reader->arena;
	const struct conf_bots_from *from = folder->from;
	folder->bots = grow(folder->bots, folder->count, &folder->capacity, sizeof(*folder->bots));
	struct conf_bot *bot = &folder->bots[folder->count++];
	memset(bot, 0, sizeof(*bot));
	read_defaults(folder->reader, SECTION_bot, bot);
	bot->name = arena_text(arena, name);
	bot->from = arena_text(arena, from->dir);
	bot->transport = from->transport;
	bot->token.given = true;
	bot->token.file = arena_text(arena, path);
	bot->token.line = bot->line = folder->place.line;
	bot->token.column = bot->column = folder->place.column;
	if (*from->log_template) {
		bot->logs = arena_alloc(arena, 2 * sizeof(char *));
		bot->logs[bot->log_count++] = expand_bot(arena, from->log_template, name);
	}
	bot->health = expand_bot(arena, from->health_template, name);
	bot->process = expand_process(arena, &from->process, name);
	if (*from->pidfile_template)
		bot->process.pidfile = expand_bot(arena, from->pidfile_template, name);
	if (from->pid_command.count)
		bot->process.pid_command = expand_argv(arena, &from->pid_command, name);
	bot->metrics = expand_bot(arena, from->metrics_template, name);
}

/* A bot that `bots` describes is taken from there. */
static void take_file(struct folder *folder, const char *file)
{
	struct report *report = folder->reader->report;
	struct err err = {0};
	char *path autofree = xasprintf("%s/%s", folder->from->dir, file),
		   *name autofree = xstrdup(file);
	struct stat status;
	if (stat(path, &status) || S_ISDIR(status.st_mode))
		return;
	char *dot = strrchr(name, '.');
	if (dot)
		*dot = '\0';
	if (!is_slug(name))
		report_error(report, folder->place,
			"%s: '%.64s' is no bot's name: rename the file to a-z 0-9 _ -, at most 63, "
			"or "
			"move it away",
			path, name);
	else if (!check_file(path, FILE_SECRET, TOKEN_FILE_MAX, &err))
		report_error(report, folder->place, "%s", err.text);
	else if (folder->count < BOTS_MAX && !is_taken(folder, name))
		add_bot(folder, name, path);
}

static int not_hidden(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	return entry->d_name[0] != '.' && (!length || entry->d_name[length - 1] != '~');
}

static void read_folder(struct folder *folder)
{
	struct dirent **entries = NULL;
	int count = scandir(folder->from->dir, &entries, not_hidden, alphasort);
	if (count < 0) {
		report_error(folder->reader->report, folder->place, "cannot read '%s': %s",
			folder->from->dir, strerrordesc_np(errno));
		return;
	}
	size_t before = folder->count;
	for (int i = 0; i < count; i++) {
		take_file(folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (folder->count == before)
		report_warning(folder->reader->report, folder->place, "no token file in '%s'",
			folder->from->dir);
}

void read_bot_dirs(struct reader *reader, const struct node *root)
{
	struct settings *settings = reader->settings;
	struct folder folder = {.reader = reader};
	const struct node *list = child_of(root, "bots_from");
	if (!list || list->type != NODE_LIST)
		return;
	for (size_t i = 0; i < settings->bot_count; i++) {
		folder.bots = grow(folder.bots, i, &folder.capacity, sizeof(*folder.bots));
		folder.bots[folder.count++] = settings->bots[i];
	}
	const struct node *item = list->first;
	for (size_t i = 0; i < settings->bots_from_count; i++, item = item->next) {
		folder.from = &settings->bots_from[i];
		folder.place = item->place;
		if (folder.from->dir && *folder.from->dir)
			read_folder(&folder);
	}
	settings->bots = arena_alloc(reader->arena, (folder.count + 1) * sizeof(struct conf_bot));
	if (folder.count)
		memcpy(settings->bots, folder.bots, folder.count * sizeof(struct conf_bot));
	settings->bot_count = folder.count;
	free(folder.bots);
}
