/* SPDX-License-Identifier: MIT */
/* The key lines: what can be done here, then what works everywhere. Locked keys are said to be. */
#include "tui/picture.h"

#include "core/base/str.h"
#include "tui/app.h"
#include "tui/past.h"
#include "widgets/canvas.h"
#include "widgets/frame.h"

enum { HINTS_MAX = 32 };

struct hints {
	struct key_hint list[HINTS_MAX];
	char keys[HINTS_MAX][KEY_NAME_MAX];
	size_t count;
	char enter[32]; /* what it does in a dialog */
};

static bool is_armed(const struct app *app)
{
	uint32_t engines = app_engines_at_hand(app);
	for (size_t i = 0; i < links_count(app->links); i++)
		if (engines >> i & 1 && app_armed_until(app, i) > 0)
			return true;
	return false;
}

/* The key that closes what lies over the panes comes back to now where nothing does. */
static bool returns(const struct command *command, unsigned line)
{
	return line & CMD_PAST && command->flags & CMD_OVER;
}

/* What the key does now. */
static const char *label_of(const struct app *app, const struct command *command, unsigned line)
{
	bool ends_arming = command->flags & CMD_ARMS && is_armed(app);
	return ends_arming ? "Disarm" : returns(command, line) ? "Now" : command->label;
}

/* In a dialog the same key does what its focus says. */
static const char *enter_label(const struct app *app, struct hints *hints, const char *label)
{
	if (!app->overlay || !app->overlay->ops->say_enter)
		return label;
	app->overlay->ops->say_enter(app->overlay, hints->enter, sizeof(hints->enter));
	return hints->enter;
}

static void add(const struct app *app, struct hints *hints, const struct command *command,
	enum scope scope, unsigned line)
{
	autostr struct str why = STR_INIT;
	bool undriven = !command_driven(app, command, &why);
	bool locked = undriven || (command->flags & CMD_CHANGES && !app_may_change(app, &why));
	if (hints->count == HINTS_MAX || !*command->label ||
		!keymap_key(&app->keymap, command, scope, hints->keys[hints->count]))
		return;
	str_clear(&why);
	if (!locked && !command_ready(app, command, &why))
		return;
	if (returns(command, line) && !past_has_now(app))
		return;
	hints->list[hints->count] = (struct key_hint){.key = hints->keys[hints->count],
		.label = command->run == command_enter ? enter_label(app, hints, command->label)
						       : label_of(app, command, line),
		.locked = undriven ? KEY_UNDRIVEN
			  : locked ? KEY_READ_ONLY
				   : KEY_OPEN,
		.priority = (int)hints->count + 1};
	hints->count++;
}

/* The commands of a line. */
static void add_all(const struct app *app, struct hints *hints, enum scope scope, unsigned line)
{
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++)
		if (command->scopes >> scope & 1 && command->flags & line)
			add(app, hints, command, scope, line);
}

static void draw(const struct canvas *canvas, int row, const struct hints *hints)
{
	struct canvas line = canvas_sub(canvas, (struct rect){row, 0, 1, canvas->columns});
	key_hints_draw(&line, hints->list, hints->count);
}

void footer_draw(const struct app *app, const struct canvas *canvas)
{
	canvas_surface(canvas, canvas_rect(canvas), SURFACE_FOOTER);
	if (canvas->rows == 0)
		return;
	struct hints here = {.count = 0}, base = {.count = 0};
	enum scope scope = (enum scope)views_now(&app->views)->focus;
	if (app->overlay) {
		add_all(app, &base, app->overlay->scope, CMD_OVER);
	} else {
		add_all(app, &here, scope, CMD_FOOT);
		if (past_is_shown(app))
			add_all(app, &base, scope, CMD_PAST);
		add_all(app, &base, scope, CMD_BASE);
	}
	if (canvas->rows > 1)
		draw(canvas, 0, &here);
	draw(canvas, canvas->rows - 1, &base);
}
