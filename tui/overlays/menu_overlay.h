/* SPDX-License-Identifier: MIT */
/* What overlays that are a menu have in common: put it first in a struct of your own, and these into its ops. Screen thread only. */
#ifndef BOTSWAIN_TUI_OVERLAYS_MENU_OVERLAY_H
#define BOTSWAIN_TUI_OVERLAYS_MENU_OVERLAY_H

#include "tui/app.h"
#include "widgets/menu.h"

struct menu_overlay {
	struct overlay overlay;
	struct menu menu;
};

void menu_overlay_draw(const struct app *app, struct overlay *overlay, const struct canvas *screen);
struct prompt *menu_overlay_prompt(struct overlay *overlay);
void menu_overlay_changed(struct app *app, struct overlay *overlay);
void menu_overlay_step(struct app *app, struct overlay *overlay, int by);

#endif
