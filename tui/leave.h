/* SPDX-License-Identifier: MIT */
/*
 * Leaving the console while an operation runs on an engine that would leave with it: the operator is asked once. Screen
 * thread only.
 */
#ifndef BOTSWAIN_TUI_LEAVE_H
#define BOTSWAIN_TUI_LEAVE_H

#include <stdbool.h>

struct app;

/* Leaves, or asks first. Asked already and waiting: leaves. */
void leave_or_ask(struct app *app);
/* True when the operations that were waited for have ended: leave now. */
bool leave_is_due(const struct app *app);

#endif
