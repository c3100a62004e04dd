/* SPDX-License-Identifier: MIT */
/*
 * Of a source, a service and the engine itself: a change of nothing but moments and figures, which come with every look. Like
 * the pulse of a bot (pulse.h) it is no news: nothing is well or ill by it, and who shows it may have it with the next such. Any
 * thread.
 */
#ifndef BOTSWAIN_MODEL_FIGURES_H
#define BOTSWAIN_MODEL_FIGURES_H

#include <stdbool.h>
#include "core/msg/msg.h"

/* Of other kinds every change is news: false. */
bool figures_are_all(enum msg_kind kind, const void *old, const void *new);

#endif
