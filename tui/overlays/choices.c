/* SPDX-License-Identifier: MIT */
/* A list of which one is chosen: the column that sorts, the backup to run. */
#include "tui/overlays/overlays.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/overlays/menu_overlay.h"

struct choices {
	struct menu_overlay base;
	struct menu_entry *entries;
	int *values;
	size_t count;
	char *title;
	choice_made *made;
};

static void free_choices(struct overlay *overlay)
{
	struct choices *choices = (struct choices *)overlay;
	menu_release(&choices->base.menu);
	for (size_t i = 0; i < choices->count; i++) {
		free((char *)(uintptr_t)choices->entries[i].title);
		free((char *)(uintptr_t)choices->entries[i].note);
	}
	free(choices->entries);
	free(choices->values);
	free(choices->title);
	free(choices);
}

static void enter(struct app *app, struct overlay *overlay)
{
	struct choices *choices = (struct choices *)overlay;
	const struct menu_entry *entry = menu_chosen(&choices->base.menu);
	if (!entry)
		return;
	int value = choices->values[entry - choices->entries];
	choice_made *made = choices->made;
	app_pop(app);
	made(app, value);
}

static const struct overlay_ops ops = {.free = free_choices,
	.draw = menu_overlay_draw,
	.prompt = menu_overlay_prompt,
	.changed = menu_overlay_changed,
	.step = menu_overlay_step,
	.recall = menu_overlay_step,
	.enter = enter};

void choices_open(struct app *app, const char *title, const struct choice *list, size_t count,
	choice_made *made)
{
	struct choices *choices = xcalloc(1, sizeof(*choices));
	choices->base.overlay.ops = &ops;
	choices->base.overlay.scope = SCOPE_PROMPT;
	choices->entries = xcalloc(count + 1, sizeof(*choices->entries));
	choices->values = xcalloc(count + 1, sizeof(*choices->values));
	choices->title = xstrdup(title);
	choices->count = count;
	choices->made = made;
	for (size_t i = 0; i < count; i++) {
		choices->entries[i] = (struct menu_entry){
			.title = xstrdup(list[i].title), .key = "", .note = xstrdup(list[i].note)};
		choices->values[i] = list[i].value;
	}
	menu_init(&choices->base.menu, choices->title, choices->entries, count);
	choices->base.menu.searching = true;
	app_push(app, &choices->base.overlay);
}
