/* SPDX-License-Identifier: MIT */
/* What the demo shows: every widget, with made-up figures. */
#ifndef BOTSWAIN_TESTS_DEMO_SCREEN_H
#define BOTSWAIN_TESTS_DEMO_SCREEN_H

#include "widgets/canvas.h"
#include "widgets/dialog.h"
#include "widgets/logview.h"
#include "widgets/menu.h"
#include "widgets/table.h"
#include "widgets/toast.h"

enum demo_overlay { DEMO_NONE, DEMO_DIALOG, DEMO_MENU };

struct demo_screen {
	struct table table;
	struct logview log;
	struct dialog dialog;
	struct menu menu;
	struct toast toast;
	enum demo_overlay overlay;
	bool flood; /* every cell below row 9 is new in every frame */
	unsigned frames;
	size_t charts; /* 0: the widgets, else a scene of charts (demo_charts.h) */
};

void demo_screen_init(struct demo_screen *screen);
void demo_screen_release(struct demo_screen *screen);
void demo_screen_draw(struct demo_screen *screen, const struct canvas *canvas);

#endif
