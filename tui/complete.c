/* SPDX-License-Identifier: MIT */
#include "tui/complete.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/figures.h"
#include "tui/app.h"
#include "tui/panes/dashboard.h"
#include "tui/panes/metrics.h"

/* Takes ownership of the texts. */
static void add(struct completion *to, struct candidate candidate)
{
	to->list = grow(to->list, to->count, &to->capacity, sizeof(*to->list));
	to->list[to->count++] = candidate;
}

void completion_release(struct completion *completion)
{
	for (size_t i = 0; i < completion->count; i++) {
		free(completion->list[i].text);
		free(completion->list[i].key);
		free(completion->list[i].note);
		free(completion->list[i].locked);
	}
	free(completion->list);
	*completion = (struct completion){0};
}

static void add_argument(
	struct completion *to, const char *before, const char *word, const char *note)
{
	add(to, (struct candidate){.text = xasprintf("%s %s", before, word),
			.key = xstrdup(""),
			.note = xstrdup(note)});
}

/* On a screen on several engines with its engine in front: HOST/NAME is one, NAME may be several. `id` 0: that of every
 * engine, said once. */
static void add_entity(const struct app *app, struct completion *to, const char *before,
	uint64_t id, const char *name, const char *note)
{
	const char *host = id ? app_host(app, id) : "";
	autofree char *word = xasprintf("%s%s%s", host, host[0] ? "/" : "", name);
	autofree char *text = xasprintf("%s %s", before, word);
	for (size_t i = 0; !id && i < to->count; i++)
		if (strcmp(to->list[i].text, text) == 0)
			return;
	add_argument(to, before, word, note);
}

static void add_commands(const struct app *app, struct completion *to)
{
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++) {
		autostr struct str keys = STR_INIT, why = STR_INIT;
		if (command->flags & CMD_HIDDEN)
			continue;
		keymap_keys(&app->keymap, command, &keys);
		bool ready = command_ready(app, command, &why) || command->flags & CMD_BOTS;
		add(to, (struct candidate){.text = xstrdup(command->name),
				.key = str_detach(&keys),
				.note = xstrdup(command->help),
				.locked = ready && !why.length ? NULL : xstrdup(why.text)});
	}
}

static void add_bots(const struct app *app, const char *before, struct completion *to)
{
	size_t count;
	const struct msg_bot *const *bots = model_bots(app_model(app), &count);
	for (size_t i = 0; i < count; i++)
		add_entity(app, to, before, bots[i]->id, bots[i]->name, bots[i]->state);
}

static void add_columns(const struct app *app, const char *before, struct completion *to)
{
	const struct table_kind *table = app_pane(app)->table;
	for (size_t i = 0; table && i < table->count; i++)
		if (!table->columns[i].many || app_is_many(app))
			add_argument(to, before, table->columns[i].title, "");
}

static void add_backups(const struct app *app, const char *before, struct completion *to)
{
	size_t count;
	const struct msg_backup *const *backups = model_backups(app_model(app), &count);
	for (size_t i = 0; i < count; i++)
		add_entity(app, to, before, backups[i]->id, backups[i]->name, backups[i]->state);
}

static void add_verbs(const struct app *app, const char *before, struct completion *to)
{
	size_t count;
	const struct msg_verb *const *verbs = model_verbs(app_model(app), &count);
	for (size_t i = 0; i < count; i++)
		add_entity(app, to, before, verbs[i]->per_bot ? 0 : verbs[i]->id, verbs[i]->name,
			verbs[i]->help);
}

static void add_metrics(const struct app *app, const char *before, struct completion *to)
{
	const struct metric *metric;
	(void)app;
	for (size_t i = 0; (metric = metric_at(i)); i++)
		add_argument(to, before, metric->name, metric->title);
}

static void add_dashboards(const struct app *app, const char *before, struct completion *to)
{
	const struct dashboards *all = dashboard_all(app);
	for (size_t i = 0; i < all->count; i++)
		add_argument(to, before, all->list[i]->name, all->list[i]->title);
}

static void add_figures(const struct app *app, const char *before, struct completion *to)
{
	for (size_t i = 0; i < app->figures->count; i++)
		add_argument(to, before, app->figures->list[i].name,
			figure_query(&app->figures->list[i]));
}

/* By what a command's arguments begin with. */
static const struct {
	const char *args;
	void (*add)(const struct app *app, const char *before, struct completion *to);
} arguments[] = {
	{"[BOT...]", add_bots},
	{"[COLUMN]", add_columns},
	{"NAME [BOT...]", add_verbs},
};

static const struct {
	const char *command;
	void (*add)(const struct app *app, const char *before, struct completion *to);
} own_arguments[] = {{"backup", add_backups}, {"metric", add_metrics},
	{"dashboard", add_dashboards}, {"figure", add_figures}};

static void add_arguments(const struct app *app, const struct command *command, const char *before,
	struct completion *to)
{
	for (size_t i = 0; i < COUNT_OF(own_arguments); i++)
		if (strcmp(command->name, own_arguments[i].command) == 0)
			own_arguments[i].add(app, before, to);
	for (size_t i = 0; i < COUNT_OF(arguments); i++)
		if (strcmp(command->args, arguments[i].args) == 0)
			arguments[i].add(app, before, to);
}

void complete_line(const struct app *app, const char *line, struct completion *ret)
{
	char name[32] = "";
	size_t length = strcspn(line, " ");
	const char *last = strrchr(line, ' ');
	memcpy(name, line, length < sizeof(name) ? length : 0);
	const struct command *command = command_find(name);
	if (!last || !command) {
		add_commands(app, ret);
		return;
	}
	autofree char *before = xstrndup(line, (size_t)(last - line));
	bool is_verb = strcmp(name, "verb") == 0 && strchr(line, ' ') != last;
	if (is_verb)
		add_bots(app, before, ret);
	else
		add_arguments(app, command, before, ret);
}
