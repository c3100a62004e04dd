/* SPDX-License-Identifier: MIT */
/*
 * Scripts drive a screen in memory, for tests and demonstrations. One command a line, # begins a
 * comment, texts run to the end of the line:
 *
 *	key NAME...         presses keys: j C-d Enter Esc F1 Alt-Left
 *	type TEXT           types it      paste TEXT        pastes it
 *	wait-for TEXT       until the screen shows it
 *	wait-gone TEXT      until it does not
 *	expect TEXT         fails unless it is shown now     expect-not TEXT
 *	deadline 30s        of each wait (10 s at first)
 *	resize 160x45       save-screen FILE                 save-roles FILE
 *
 * Nothing sleeps: waiting is for the engine's next word. A command that fails ends the script with
 * file:line, what was expected, and the screen on standard error.
 */
#ifndef BOTSWAIN_TUI_SCRIPT_H
#define BOTSWAIN_TUI_SCRIPT_H

#include <stdbool.h>
#include "core/base/attr.h"

struct app;
struct err;

/* `path` "-" is standard input. The app's terminal is headless. */
MUST_CHECK bool script_run(struct app *app, const char *path, struct err *err);

#endif
