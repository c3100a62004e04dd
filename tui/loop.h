/* SPDX-License-Identifier: MIT */
/*
 * The poll loop of the full screen: terminal, engine, signals, time. One turn handles everything that
 * is there and paints at most once; nothing in it waits for anything but the next event.
 */
#ifndef BOTSWAIN_TUI_LOOP_H
#define BOTSWAIN_TUI_LOOP_H

#include <stdbool.h>
#include "core/base/attr.h"

struct app;
struct err;

/* Blocks the signals that the loop takes by descriptor; before the terminal is entered. */
void loop_block_signals(void);
/* Until the operator leaves, the line is lost, or HUP or TERM comes. `*ret_signal`: the signal that
 * ended it, 0 none. */
MUST_CHECK bool loop_run(struct app *app, int *ret_signal, struct err *err);

#endif
