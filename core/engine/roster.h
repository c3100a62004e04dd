/* SPDX-License-Identifier: MIT */
/*
 * Who is watched: bots from the settings, bots that a fleet database names, sources and services.
 * The roster makes their entities before anything is known of them and removes them when the
 * configuration or the database no longer names them. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_ROSTER_H
#define BOTSWAIN_ENGINE_ROSTER_H

struct engine;

/* Makes the entities that the settings name, removes those that they no longer do. Start, reload. */
void roster_apply(struct engine *engine);
#endif
