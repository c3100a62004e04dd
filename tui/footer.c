/* SPDX-License-Identifier: MIT */
/* The key lines: what can be done here, then what works everywhere. Locked keys are said to be. */
#include "tui/picture.h"

#include "core/base/str.h"
#include "tui/app.h"
#include "widgets/canvas.h"
#include "widgets/frame.h"

enum { HINTS_MAX = 32 };

struct hints {
	struct key_hint list[HINTS_MAX];
	char keys[HINTS_MAX][KEY_NAME_MAX];
	size_t count;
};

static bool is_armed(const struct app *app)
{
	uint32_t engines = app_engines_at_hand(app);
	for (size_t i = 0; i < links_count(app->links); i++)
		if (engines >> i & 1 && app_armed_until(app, i) > 0)
			return true;
	return false;
}

/* What the key does now. */
static const char *label_of(const struct app *app, const struct command *command)
{
	bool ends_arming = command->flags & CMD_ARMS && is_armed(app);
	return ends_arming ? "Disarm" : command->label;
}

static void add(
	const struct app *app, struct hints *hints, const struct command *command, enum scope scope)
{
	autostr struct str why = STR_INIT;
	bool locked = command->flags & CMD_CHANGES && !app_may_change(app, &why);
	if (hints->count == HINTS_MAX || !*command->label ||
		!keymap_key(&app->keymap, command, scope, hints->keys[hints->count]))
		return;
	str_clear(&why);
	if (!locked && !command_ready(app, command, &why))
		return;
	hints->list[hints->count] = (struct key_hint){.key = hints->keys[hints->count],
		.label = label_of(app, command),
		.locked = locked,
		.priority = (int)hints->count + 1};
	hints->count++;
}

static void draw(const struct app *app, const struct canvas *canvas, int row, enum scope scope,
	unsigned flags)
{
	struct hints hints = {.count = 0};
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++)
		if (command->scopes >> scope & 1 && command->flags & flags)
			add(app, &hints, command, scope);
	struct canvas line = canvas_sub(canvas, (struct rect){row, 0, 1, canvas->columns});
	key_hints_draw(&line, hints.list, hints.count);
}

void footer_draw(const struct app *app, const struct canvas *canvas)
{
	canvas_surface(canvas, canvas_rect(canvas), SURFACE_FOOTER);
	if (canvas->rows == 0)
		return;
	if (app->overlay) {
		draw(app, canvas, canvas->rows - 1, app->overlay->scope, CMD_OVER);
		return;
	}
	enum scope scope = (enum scope)views_now(&app->views)->focus;
	if (canvas->rows > 1)
		draw(app, canvas, 0, scope, CMD_FOOT);
	draw(app, canvas, canvas->rows - 1, scope, CMD_BASE);
}
