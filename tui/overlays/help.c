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
	size_t count, capacity;
	size_t top, page; /* in lines of the box */
	int width;        /* of the box, as it was drawn last */
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
	(void)print_text(
		heading, sizeof(heading), "%s: %s", pane_of(focus)->title, pane_of(focus)->help);
	add_heading(help, heading);
	add_commands(app, help, 1u << focus, IN_PANES);
	add_heading(help, "In every pane");
	add_everywhere(app, help);
	add_alarm(app, help);
	for (int id = 0; id < PANE_COUNT; id++) {
		if (id == (int)focus)
			continue;
		(void)print_text(heading, sizeof(heading), "%s: %s",
			pane_of((enum pane_id)id)->title, pane_of((enum pane_id)id)->help);
		add_heading(help, heading);
		add_commands(app, help, 1u << id, IN_PANES);
	}
	add_heading(help, "In the view of one line of a log");
	add_commands(app, help, IN_LINE, IN_PANES);
	add_heading(help, "In a line that is typed");
	add_commands(app, help, IN_PROMPT, IN_PANES);
	add_heading(
		help, "States: ! crit  w warn  ? unknown or stale  x stopped  . ok  -- no data");
}

/* ---- drawing ---- */

/* The bytes of `text` on its first line of `cells`: to the last blank or bar, else as many as there is room for. */
static size_t first_line(const char *text, int cells)
{
	size_t length = strlen(text), end = cells > 0 ? (size_t)cells : 1;
	if (length <= end)
		return length;
	for (size_t i = end; i > end / 3; i--)
		if (text[i] == ' ' || text[i - 1] == '|')
			return i;
	while (end > 1 && ((unsigned char)text[end] & 0xc0) == 0x80)
		end--;
	return end;
}

/* Moves on to the next line of it; "": that was the last one. */
static const char *next_line(const char *text, int cells)
{
	text += first_line(text, cells);
	return text + strspn(text, " ");
}

static size_t count_lines(const char *text, int cells)
{
	size_t count = 0;
	for (; *text; text = next_line(text, cells))
		count++;
	return count;
}

/* Cells of the columns in a box of that width. */
struct columns {
	int names, help, at; /* names 0: there is no room for them; at: where the help begins */
};

static struct columns columns_of(int width)
{
	struct columns columns = {.names = width >= 76 ? NAME_CELLS : 0};
	columns.at = 2 + KEYS_CELLS + 1 + (columns.names ? columns.names + 1 : 0);
	columns.help = width - columns.at - 2;
	return columns;
}

static bool is_heading(const struct entry *entry)
{
	return !entry->keys[0] && !entry->name[0];
}

static size_t lines_of(const struct entry *entry, struct columns columns)
{
	size_t help = count_lines(entry->help, columns.help);
	size_t names = columns.names ? count_lines(entry->name, columns.names) : 0;
	size_t most = help > names ? help : names;
	return is_heading(entry) || most == 0 ? 1 : most;
}

static void draw_part(
	const struct canvas *box, int row, int column, int cells, enum role role, const char *text)
{
	autofree char *line = xstrndup(text, first_line(text, cells));
	canvas_field(box, row, column, cells, ALIGN_LEFT, role, line);
}

/* Its line `line`; whoever finds it marks all of it. */
static void draw_entry(const struct help *help, const struct entry *entry, size_t line,
	const struct canvas *box, int row)
{
	struct columns columns = columns_of(box->columns);
	enum role role = entry->locked ? ROLE_KEY_LOCKED : ROLE_TEXT;
	const char *name = entry->name, *text = entry->help;
	if (is_heading(entry)) {
		canvas_field(
			box, row, 2, box->columns - 4, ALIGN_LEFT, ROLE_TITLE_FOCUS, entry->help);
		return;
	}
	for (size_t i = 0; i < line; i++) {
		name = next_line(name, columns.names);
		text = next_line(text, columns.help);
	}
	canvas_field(box, row, 2, KEYS_CELLS, ALIGN_LEFT,
		entry->locked ? ROLE_KEY_LOCKED : ROLE_KEY, line ? "" : entry->keys);
	if (columns.names)
		draw_part(box, row, 3 + KEYS_CELLS, columns.names, ROLE_DIM, name);
	draw_part(box, row, columns.at, columns.help, role, text);
	if (help->search[0] &&
		(strcasestr(entry->help, help->search) || strcasestr(entry->name, help->search)))
		canvas_role(box, (struct rect){row, columns.at, 1, columns.help}, ROLE_MATCH);
}

/* All lines, of which those from `top` on fit into the box. */
static void draw_lines(const struct help *help, const struct canvas *box)
{
	size_t line = 0;
	for (size_t i = 0; i < help->count && line < help->top + help->page; i++) {
		size_t count = lines_of(&help->entries[i], columns_of(box->columns));
		for (size_t at = 0; at < count; at++, line++)
			if (line >= help->top && line < help->top + help->page)
				draw_entry(
					help, &help->entries[i], at, box, (int)(line - help->top));
	}
}

/* The first line of an entry; of the one behind the last: how many there are. */
static size_t line_of(const struct help *help, size_t index)
{
	size_t line = 0;
	for (size_t i = 0; i < index; i++)
		line += lines_of(&help->entries[i], columns_of(help->width));
	return line;
}

static void draw(const struct app *app, struct overlay *overlay, const struct canvas *screen)
{
	struct help *help = (struct help *)overlay;
	char note[64];
	int width = screen->columns - 4 < WIDTH ? screen->columns - 4 : WIDTH;
	(void)print_text(note, sizeof(note), "%s%s%s", help->search[0] ? "/" : "", help->search,
		help->search[0] ? "" : "/ find   Esc close");
	(void)app;
	struct canvas box = frame_dialog(screen, screen->rows - 6, width, "Help", ROLE_NOTE, note);
	help->page = box.rows > 0 ? (size_t)box.rows : 1;
	help->width = box.columns;
	size_t lines = line_of(help, help->count);
	if (help->top + help->page > lines)
		help->top = lines > help->page ? lines - help->page : 0;
	draw_lines(help, &box);
	scrollbar_draw(&box, box.columns - 1, 0, box.rows, help->top, help->page, lines);
}

/* ---- moving ---- */

static void move(struct app *app, struct overlay *overlay, enum table_move how)
{
	struct help *help = (struct help *)overlay;
	struct table table = {.rows = line_of(help, help->count), .cursor = help->top};
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
		help->top = line_of(help, i > 2 && !final ? i - 2 : i);
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
