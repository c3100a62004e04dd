/* SPDX-License-Identifier: MIT */
/*
 * Trouble on request: the Redis key demo:<bot> holds words such as "slow mute". A restart cures a
 * bot, as it does in life, except of "crash", which only the removal of the key ends.
 */
#ifndef BOTSWAIN_FLEET_TROUBLE_H
#define BOTSWAIN_FLEET_TROUBLE_H

struct agent;

/* At the start: drops what a restart cures. */
void trouble_start(struct agent *agent);
/* Once a second: reads the key and, if asked to, dies. */
void trouble_tick(struct agent *agent);

#endif
