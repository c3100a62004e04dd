/* SPDX-License-Identifier: MIT */
/*
 * From facts to judgement: an entity whose draft is complete gets its verdict, stale figures are
 * taken out (a stale figure is never shown as fresh), and what changed is put and checked for
 * alerts. Time alone changes verdicts too: with each it is worked out when it may, and judge_some() judges those bots again
 * whose time has come, 2,000 a beat, a slice a turn; all of them once a minute, and when the wall clock was set, the limits
 * changed or a Redis says something else. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_JUDGE_H
#define BOTSWAIN_ENGINE_JUDGE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/msg/msg.h"

struct engine;

/* Takes ownership of `body`. */
void judge_and_put(struct engine *engine, enum msg_kind kind, void *body);
/* A new beat: there are bots to be judged again. */
void judge_begin(struct engine *engine);
/* Judges a slice of them; false: that was the last of this beat. */
bool judge_some(struct engine *engine);
/* All sources and services: freshness, states. */
void judge_sources(struct engine *engine);
/* For act_on_busy(): the bot is judged at the next commit, not only by the next beat. `context` is the engine. */
void judge_busy(void *context, uint64_t bot);
/* Thresholds from the settings. */
void judge_configure(struct engine *engine);

#endif
