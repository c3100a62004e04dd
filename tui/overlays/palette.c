/* SPDX-License-Identifier: MIT */
/*
 * The command line: what is typed is matched fuzzily against every command, with its key and, when
 * it is locked, the reason. Behind a command's name come its arguments. Tab takes the entry into the
 * line, and the next one after that; Up and Down go through the lines typed before; Enter runs the
 * line: a command's name, or the beginning of only one; what is merely like it is not run.
 */
#include "tui/overlays/overlays.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/app.h"
#include "tui/complete.h"
#include "widgets/menu.h"

/* At the lower end of the screen: what is on fire stays in sight. */
enum { PALETTE_ROWS = 12 };

struct palette {
	struct overlay overlay;
	struct menu menu;
	struct completion completion;
	struct menu_entry *entries;
	bool taken; /* Tab has put the entry into the line: the next one goes on */
};

static void release_entries(struct palette *palette)
{
	menu_release(&palette->menu);
	completion_release(&palette->completion);
	free(palette->entries);
	palette->entries = NULL;
}

static void free_palette(struct overlay *overlay)
{
	release_entries((struct palette *)overlay);
	free(overlay);
}

/* Makes the entries anew for what is typed, and keeps the line. */
static void fill(struct app *app, struct palette *palette, const char *typed, size_t cursor)
{
	autofree char *text = xstrdup(typed);
	release_entries(palette);
	complete_line(app, text, &palette->completion);
	palette->entries = xcalloc(palette->completion.count + 1, sizeof(*palette->entries));
	for (size_t i = 0; i < palette->completion.count; i++) {
		const struct candidate *candidate = &palette->completion.list[i];
		palette->entries[i] = (struct menu_entry){.title = candidate->text,
			.key = candidate->key,
			.note = candidate->note,
			.locked = candidate->locked};
	}
	menu_init(&palette->menu, "Command", palette->entries, palette->completion.count);
	palette->menu.searching = true;
	palette->menu.prompt.history = &app->commands;
	prompt_set(&palette->menu.prompt, text);
	palette->menu.prompt.cursor = cursor;
	menu_filter(&palette->menu);
	palette->taken = false;
}

static void draw(const struct app *app, struct overlay *overlay, const struct canvas *screen)
{
	int rows = screen->rows * 3 / 5 > PALETTE_ROWS ? screen->rows * 3 / 5 : PALETTE_ROWS;
	int end = screen->rows - app->layout.footer.rows;
	struct canvas low = canvas_sub(
		screen, (struct rect){end - rows, 0, rows < end ? rows : end, screen->columns});
	menu_draw(&((struct palette *)overlay)->menu, &low);
}

static struct prompt *prompt(struct overlay *overlay)
{
	return &((struct palette *)overlay)->menu.prompt;
}

static void changed(struct app *app, struct overlay *overlay)
{
	struct palette *palette = (struct palette *)overlay;
	const struct prompt *line = &palette->menu.prompt;
	fill(app, palette, line->text.text, line->cursor);
}

static void step(struct app *app, struct overlay *overlay, int by)
{
	struct palette *palette = (struct palette *)overlay;
	const struct menu_entry *entry;
	(void)app;
	if (palette->taken)
		menu_move(&palette->menu, by);
	if (!(entry = menu_chosen(&palette->menu)))
		return;
	prompt_set(&palette->menu.prompt, entry->title);
	palette->taken = true;
}

/* The menu keeps the lines' place in the history over the new entries. */
static void recall(struct app *app, struct overlay *overlay, int by)
{
	struct palette *palette = (struct palette *)overlay;
	struct prompt *line = &palette->menu.prompt;
	if (!prompt_edit(line, by < 0 ? PROMPT_HISTORY_UP : PROMPT_HISTORY_DOWN))
		return;
	size_t recalled = line->recalled;
	autofree char *own = xstrdup(line->own.text);
	fill(app, palette, line->text.text, line->text.length);
	line->recalled = recalled;
	str_adds(&line->own, own);
}

/* `like`: the entry that fits best, "" none. */
static void run_line(struct app *app, const char *line, const char *like)
{
	size_t length = strcspn(line, " ");
	autofree char *name = xstrndup(line, length);
	autostr struct str several = STR_INIT;
	const struct command *command = command_meant(name, &several);
	if (command) {
		autofree char *whole = xasprintf("%s%s", command->name, line + length);
		command_line(app, whole);
	} else if (several.length) {
		app_toast(app, true, "which command '%s'? say one of %s", name, several.text);
	} else if (*like) {
		app_toast(app, true, "no such command '%s'; did you mean %s?", name, like);
	} else {
		app_toast(app, true, "no such command '%s'; ? lists them", name);
	}
}

static void enter(struct app *app, struct overlay *overlay)
{
	struct palette *palette = (struct palette *)overlay;
	const struct menu_entry *entry = menu_chosen(&palette->menu);
	autofree char *like = xstrdup(entry ? entry->title : "");
	autofree char *line = xstrdup(palette->menu.prompt.text.text);
	const char *start = line + strspn(line, " ");
	app_pop(app);
	if (!*start)
		return;
	history_add(&app->commands, line);
	run_line(app, start, like);
}

static const struct overlay_ops ops = {.free = free_palette,
	.draw = draw,
	.prompt = prompt,
	.changed = changed,
	.step = step,
	.recall = recall,
	.enter = enter};

void palette_open(struct app *app)
{
	struct palette *palette = xcalloc(1, sizeof(*palette));
	palette->overlay.ops = &ops;
	palette->overlay.scope = SCOPE_PROMPT;
	menu_init(&palette->menu, "", NULL, 0);
	fill(app, palette, "", 0);
	app_push(app, &palette->overlay);
}
