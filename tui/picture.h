/* SPDX-License-Identifier: MIT */
/* From the state to a frame: first everything that depends on what there is and on the size, then
 * cells. Screen thread only. */
#ifndef BOTSWAIN_TUI_PICTURE_H
#define BOTSWAIN_TUI_PICTURE_H

#include <stdbool.h>
#include "core/base/attr.h"

struct app;
struct canvas;
struct grid;

/* Rows, layout, scroll, windows. */
void picture_update(struct app *app);
/* Draws; changes nothing but the grid (and what widgets remember of their scroll). */
void picture_draw(struct app *app, struct grid *grid);
/*
 * After picture_update(), where nothing happened since the last picture but a step of the cursor in Bots: draws what that can
 * change over it. False: places have moved, or there is none, and the whole is to be drawn.
 */
bool picture_draw_moved(struct app *app, struct grid *grid) MUST_CHECK;

/* The lines at the top and at the bottom: status.c, footer.c. */
void status_draw(const struct app *app, const struct canvas *canvas);
void footer_draw(const struct app *app, const struct canvas *canvas);

#endif
