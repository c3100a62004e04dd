/* SPDX-License-Identifier: MIT */
/* What the bot does with an update: thinks a moment, answers, writes rows, events and figures. */
#ifndef BOTSWAIN_FLEET_ANSWER_H
#define BOTSWAIN_FLEET_ANSWER_H

#include <jansson.h>

struct agent;

/* `update` is borrowed for the call. */
void answer_update(struct agent *agent, const json_t *update);

#endif
