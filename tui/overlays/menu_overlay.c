/* SPDX-License-Identifier: MIT */
#include "tui/overlays/menu_overlay.h"

static struct menu *menu_of(struct overlay *overlay)
{
	return &((struct menu_overlay *)overlay)->menu;
}

void menu_overlay_draw(const struct app *app, struct overlay *overlay, const struct canvas *screen)
{
	(void)app;
	menu_draw(menu_of(overlay), screen);
}

struct prompt *menu_overlay_prompt(struct overlay *overlay)
{
	return &menu_of(overlay)->prompt;
}

void menu_overlay_changed(struct app *app, struct overlay *overlay)
{
	(void)app;
	menu_filter(menu_of(overlay));
}

void menu_overlay_step(struct app *app, struct overlay *overlay, int by)
{
	(void)app;
	menu_move(menu_of(overlay), by);
}
