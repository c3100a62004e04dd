/* SPDX-License-Identifier: MIT */
/* What stands in the place of the sources when the picture is not what it seems: paused, the engine silent, gone or not there
 * yet, an alarm. Screen thread only. */
#ifndef BOTSWAIN_TUI_BANNER_H
#define BOTSWAIN_TUI_BANNER_H

#include <stdbool.h>
#include <stddef.h>
#include "themes/theme.h"

struct app;

/* One line, and the role of its cells. False: the picture is what it seems. */
bool banner_say(const struct app *app, char *text, size_t size, enum role *role);

#endif
