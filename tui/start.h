/* SPDX-License-Identifier: MIT */
/* The screens that main() can start. Each returns the exit status after its sentence was printed. */
#ifndef BOTSWAIN_TUI_START_H
#define BOTSWAIN_TUI_START_H

#include <stdbool.h>
#include "core/base/attr.h"

struct err;
struct options;
struct settings;

/* The full screen on a terminal: forks its guard first. */
int start_screen(const struct options *options);
/* --script FILE: a screen in memory. */
int start_script(const struct options *options);
/* What only a screen reads of the configuration, its theme and its keys, is good. */
MUST_CHECK bool start_check(const struct settings *settings, struct err *err);

#endif
