/* SPDX-License-Identifier: MIT */
/* Help: the keys of the focused pane first, then those that work everywhere, then all the others,
 * as the key table has them. `/` finds a word in it. */
#include "tui/overlays/overlays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/app.h"
#include "widgets/frame.h"

struct entry {
	char *keys, *name, *help; /* a heading has a help only */
	bool locked;
};

struct help {
	struct overlay overlay;
	struct entry *entries;
	size_t count, capacity, top, page;
	char *search;
};

enum { KEYS_CELLS = 12, NAME_CELLS = 24, WIDTH = 100 };

static void free_help(struct overlay *overlay)
{
	struct help *help = (struct help *)overlay;
	for (size_t i = 0; i < help->count; i++) {
		free(help->entries[i].keys);
		free(help->entries[i].name);
		free(help->entries[i].help);
	}
	free(help->entries);
	free(help->search);
	free(help);
}

/* ---- what it says ---- */

static void add(struct help *help, struct entry entry)
{
	help->entries = grow(help->entries, help->count, &help->capacity, sizeof(*help->entries));
	help->entries[help->count++] = entry;
}

static void add_heading(struct help *help, const char *text)
{
	if (help->count)
		add(help, (struct entry){
				  .keys = xstrdup(""), .name = xstrdup(""), .help = xstrdup("")});
	add(help, (struct entry){.keys = xstrdup(""), .name = xstrdup(""), .help = xstrdup(text)});
}

static void add_command(struct app *app, struct help *help, const struct command *command)
{
	autostr struct str keys = STR_INIT, name = STR_INIT, why = STR_INIT;
	bool locked = command->flags & CMD_CHANGES && !app_may_change(app, &why);
	keymap_keys(&app->keymap, command, &keys);
	if (!(command->flags & CMD_HIDDEN))
		str_addf(&name, ":%s%s%s", command->name, command->args[0] ? " " : "",
			command->args);
	if (keys.length == 0 && name.length == 0)
		return;
	add(help, (struct entry){.keys = str_detach(&keys),
			  .name = str_detach(&name),
			  .help = xasprintf("%s%s", command->help, locked ? " (ro)" : ""),
			  .locked = locked});
}

/* Commands whose scopes have `with` and are not all of `without`. */
static void add_commands(struct app *app, struct help *help, unsigned with, unsigned without)
{
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++)
		if (command->scopes & with && (command->scopes & without) != without)
			add_command(app, help, command);
}

static void add_everywhere(struct app *app, struct help *help)
{
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++)
		if ((command->scopes & IN_PANES) == IN_PANES)
			add_command(app, help, command);
}

static void add_alarm(const struct app *app, struct help *help)
{
	autostr struct str text = STR_INIT;
	str_adds(&text, "On a new critical: ");
	alarm_say(&app->alarm, &text);
	add_heading(help, text.text);
}

static void fill(struct app *app, struct help *help)
{
	enum pane_id focus = views_now(&app->views)->focus;
	char heading[160];
	snprintf(heading, sizeof(heading), "%s: %s", pane_of(focus)->title, pane_of(focus)->help);
	add_heading(help, heading);
	add_commands(app, help, 1u << focus, IN_PANES);
	add_heading(help, "In every pane");
	add_everywhere(app, help);
	add_alarm(app, help);
	for (int id = 0; id < PANE_COUNT; id++) {
		if (id == (int)focus)
			continue;
		snprintf(heading, sizeof(heading), "%s: %s", pane_of((enum pane_id)id)->title,
			pane_of((enum pane_id)id)->help);
		add_heading(help, heading);
		add_commands(app, help, 1u << id, IN_PANES);
	}
	add_heading(help, "In a line that is typed");
	add_commands(app, help, IN_PROMPT, IN_PANES);
	add_heading(
		help, "States: ! crit  w warn  ? unknown or stale  x stopped  . ok  -- no data");
}

/* ---- drawing ---- */

static void draw_entry(
	const struct help *help, const struct entry *entry, const struct canvas *box, int row)
{
	bool heading = !entry->keys[0] && !entry->name[0];
	int names = box->columns >= 76 ? NAME_CELLS : 0;
	int column = 2 + KEYS_CELLS + 1 + (names ? names + 1 : 0);
	if (heading) {
		canvas_field(
			box, row, 2, box->columns - 4, ALIGN_LEFT, ROLE_TITLE_FOCUS, entry->help);
		return;
	}
	canvas_field(box, row, 2, KEYS_CELLS, ALIGN_LEFT,
		entry->locked ? ROLE_KEY_LOCKED : ROLE_KEY, entry->keys);
	if (names)
		canvas_field(box, row, 3 + KEYS_CELLS, names, ALIGN_LEFT, ROLE_DIM, entry->name);
	canvas_field(box, row, column, box->columns - column - 2, ALIGN_LEFT,
		entry->locked ? ROLE_KEY_LOCKED : ROLE_TEXT, entry->help);
	if (help->search[0] &&
		(strcasestr(entry->help, help->search) || strcasestr(entry->name, help->search)))
		canvas_role(
			box, (struct rect){row, column, 1, box->columns - column - 2}, ROLE_MATCH);
}

static void draw(const struct app *app, struct overlay *overlay, const struct canvas *screen)
{
	struct help *help = (struct help *)overlay;
	char note[64];
	int width = screen->columns - 4 < WIDTH ? screen->columns - 4 : WIDTH;
	snprintf(note, sizeof(note), "%s%s%s", help->search[0] ? "/" : "", help->search,
		help->search[0] ? "" : "/ find   Esc close");
	(void)app;
	struct canvas box = frame_dialog(screen, screen->rows - 6, width, "Help", note);
	help->page = box.rows > 0 ? (size_t)box.rows : 1;
	if (help->top + help->page > help->count)
		help->top = help->count > help->page ? help->count - help->page : 0;
	for (size_t i = 0; i < help->page && help->top + i < help->count; i++)
		draw_entry(help, &help->entries[help->top + i], &box, (int)i);
	scrollbar_draw(&box, box.columns - 1, 0, box.rows, help->top, help->page, help->count);
}

/* ---- moving ---- */

static void move(struct app *app, struct overlay *overlay, enum table_move how)
{
	struct help *help = (struct help *)overlay;
	struct table table = {.rows = help->count, .cursor = help->top};
	(void)app;
	table_move(&table, how, (int)help->page);
	help->top = table.cursor;
}

static void find(struct app *app, struct overlay *overlay);

static const struct overlay_ops ops = {.free = free_help, .draw = draw, .move = move, .find = find};

static struct help *below_line(struct app *app)
{
	for (struct overlay *overlay = app->overlay; overlay; overlay = overlay->below)
		if (overlay->ops == &ops)
			return (struct help *)overlay;
	return NULL;
}

static bool apply(struct app *app, const char *text, bool final, struct err *err)
{
	struct help *help = below_line(app);
	(void)err;
	if (!help)
		return true;
	free(help->search);
	help->search = xstrdup(text);
	for (size_t i = 0; i < help->count && text[0]; i++) {
		if (!strcasestr(help->entries[i].help, text) &&
			!strcasestr(help->entries[i].name, text))
			continue;
		help->top = i > 2 && !final ? i - 2 : i;
		break;
	}
	return true;
}

static void find(struct app *app, struct overlay *overlay)
{
	line_open(app, "/", "find in the help", ((struct help *)overlay)->search, NULL, apply);
}

void help_open(struct app *app)
{
	struct help *help = xcalloc(1, sizeof(*help));
	help->overlay.ops = &ops;
	help->overlay.scope = SCOPE_HELP;
	help->search = xstrdup("");
	fill(app, help);
	app_push(app, &help->overlay);
}
