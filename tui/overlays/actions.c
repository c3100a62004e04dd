/* SPDX-License-Identifier: MIT */
/* The menu of actions: everything that can be done to what is at hand, with its key; what is locked
 * says why. Custom verbs of the configuration stand behind the built-in ones. */
#include "tui/overlays/overlays.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/app.h"
#include "widgets/menu.h"

struct action {
	char *title, *key, *note, *locked, *line; /* line: for command_line() */
};

struct actions {
	struct overlay overlay;
	struct menu menu;
	struct menu_entry *entries;
	struct action *actions;
	size_t count, capacity;
};

static void free_actions(struct overlay *overlay)
{
	struct actions *menu = (struct actions *)overlay;
	menu_release(&menu->menu);
	for (size_t i = 0; i < menu->count; i++) {
		free(menu->actions[i].title);
		free(menu->actions[i].key);
		free(menu->actions[i].note);
		free(menu->actions[i].locked);
		free(menu->actions[i].line);
	}
	free(menu->actions);
	free(menu->entries);
	free(menu);
}

/* Takes ownership of the texts. */
static void add(struct actions *menu, struct action action)
{
	menu->actions = grow(menu->actions, menu->count, &menu->capacity, sizeof(*menu->actions));
	menu->actions[menu->count++] = action;
}

static char *lock_of(const struct app *app, const struct command *command)
{
	autostr struct str why = STR_INIT;
	return command_ready(app, command, &why) ? NULL : xstrdup(why.text);
}

static void add_commands(struct app *app, struct actions *menu)
{
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++) {
		autostr struct str keys = STR_INIT;
		if (!(command->flags & CMD_ACTION))
			continue;
		keymap_keys(&app->keymap, command, &keys);
		add(menu, (struct action){.title = xstrdup(command->name),
				  .key = str_detach(&keys),
				  .note = xstrdup(command->help),
				  .locked = lock_of(app, command),
				  .line = xstrdup(command->name)});
	}
}

/* One for bots that another engine has, too: what the bots' engines call so is done. */
static bool is_listed(const struct msg_verb *const *verbs, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (verbs[at]->per_bot && verbs[i]->per_bot &&
			strcmp(verbs[i]->name, verbs[at]->name) == 0)
			return true;
	return false;
}

static void add_verbs(struct app *app, struct actions *menu)
{
	size_t count;
	const struct msg_verb *const *verbs = model_verbs(app_model(app), &count);
	const struct command *command = command_find("verb");
	for (size_t i = 0; i < count; i++) {
		const char *host = verbs[i]->per_bot ? "" : app_host(app, verbs[i]->id);
		if (is_listed(verbs, i))
			continue;
		char *title = xasprintf("%s%s%s", host, host[0] ? "/" : "", verbs[i]->name);
		add(menu, (struct action){.title = title,
				  .key = xstrdup(""),
				  .note = xstrdup(verbs[i]->help),
				  .locked = lock_of(app, command),
				  .line = xasprintf("verb %s", title)});
	}
}

static void draw(const struct app *app, struct overlay *overlay, const struct canvas *screen)
{
	(void)app;
	menu_draw(&((struct actions *)overlay)->menu, screen);
}

static void move(struct app *app, struct overlay *overlay, enum table_move how)
{
	static const int steps[] = {[TABLE_UP] = -1,
		[TABLE_DOWN] = 1,
		[TABLE_PAGE_UP] = -10,
		[TABLE_PAGE_DOWN] = 10,
		[TABLE_HALF_UP] = -5,
		[TABLE_HALF_DOWN] = 5,
		[TABLE_HOME] = -1000,
		[TABLE_END] = 1000};
	(void)app;
	menu_move(&((struct actions *)overlay)->menu, steps[how]);
}

static void take(struct app *app, struct actions *menu, size_t index)
{
	const struct action *action = &menu->actions[index];
	if (action->locked) {
		app_toast(app, true, "%s: %s", action->title, action->locked);
		return;
	}
	autofree char *line = xstrdup(action->line);
	app_pop(app);
	command_line(app, line);
}

static struct prompt *prompt(struct overlay *overlay)
{
	struct menu *menu = &((struct actions *)overlay)->menu;
	return menu->searching ? &menu->prompt : NULL;
}

static void changed(struct app *app, struct overlay *overlay)
{
	(void)app;
	menu_filter(&((struct actions *)overlay)->menu);
}

static void step(struct app *app, struct overlay *overlay, int by)
{
	(void)app;
	menu_move(&((struct actions *)overlay)->menu, by);
}

/* From now on letters are typed, and press nothing. */
static void find(struct app *app, struct overlay *overlay)
{
	(void)app;
	((struct actions *)overlay)->menu.searching = true;
	overlay->scope = SCOPE_PROMPT;
}

static void enter(struct app *app, struct overlay *overlay)
{
	struct actions *menu = (struct actions *)overlay;
	const struct menu_entry *entry = menu_chosen(&menu->menu);
	if (entry)
		take(app, menu, (size_t)(entry - menu->entries));
}

static void typed(struct app *app, struct overlay *overlay, const char *utf8)
{
	struct actions *menu = (struct actions *)overlay;
	for (size_t i = 0; i < menu->count; i++) {
		if (strcmp(menu->actions[i].key, utf8) != 0)
			continue;
		take(app, menu, i);
		return;
	}
}

static const struct overlay_ops ops = {.guards = true,
	.free = free_actions,
	.draw = draw,
	.prompt = prompt,
	.changed = changed,
	.typed = typed,
	.step = step,
	.recall = step,
	.find = find,
	.move = move,
	.enter = enter};

void actions_open(struct app *app)
{
	struct actions *menu = xcalloc(1, sizeof(*menu));
	menu->overlay.ops = &ops;
	menu->overlay.scope = SCOPE_MENU;
	add_commands(app, menu);
	add_verbs(app, menu);
	menu->entries = xcalloc(menu->count + 1, sizeof(*menu->entries));
	for (size_t i = 0; i < menu->count; i++)
		menu->entries[i] = (struct menu_entry){.title = menu->actions[i].title,
			.key = menu->actions[i].key,
			.note = menu->actions[i].note,
			.locked = menu->actions[i].locked};
	menu_init(&menu->menu, "Actions", menu->entries, menu->count);
	app_push(app, &menu->overlay);
}
