/* SPDX-License-Identifier: MIT */
/*
 * What changes of a bot with every look at it: when it was looked at, and figures. A change of nothing else travels as a
 * `pulse`, a tenth of the bot, to a client that has the rest. It is state, too: all of these fields as they are now. Any
 * thread.
 */
#ifndef BOTSWAIN_MODEL_PULSE_H
#define BOTSWAIN_MODEL_PULSE_H

#include <stdbool.h>

struct msg_bot;
struct msg_pulse;

/* Both are the same bot, but for what a pulse carries. */
bool pulse_is_all(const struct msg_bot *old, const struct msg_bot *new);
void pulse_take(const struct msg_bot *bot, struct msg_pulse *ret);
void pulse_give(const struct msg_pulse *pulse, struct msg_bot *bot);

#endif
