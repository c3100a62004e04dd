/* SPDX-License-Identifier: MIT */
/* Conditions and sentences of reasons.def that are not in reasons.c itself. */
#ifndef BOTSWAIN_MODEL_REASONS_H
#define BOTSWAIN_MODEL_REASONS_H

#include <stdbool.h>
#include <stdint.h>

struct str;
struct view;

/* reasons.c */
bool beat_is_over(const struct view *view);
bool beat_never_came(const struct view *view);
/* It should beat, no beat was seen since the engine began to look, and heartbeat_late still allows that. */
bool beat_is_unseen(const struct view *view);

/* reasons_health.c */
bool when_health_failing(const struct view *view);
bool when_health_degraded(const struct view *view);
bool when_health_late(const struct view *view);
bool when_health_stale(const struct view *view);
bool when_redis_failing(const struct view *view);
bool when_redis_degraded(const struct view *view);
int64_t say_health_failing(const struct view *view, struct str *text);
int64_t say_health_degraded(const struct view *view, struct str *text);
int64_t say_health_late(const struct view *view, struct str *text);
int64_t say_health_stale(const struct view *view, struct str *text);
int64_t say_redis_failing(const struct view *view, struct str *text);
int64_t say_redis_degraded(const struct view *view, struct str *text);
/* Its Redis serves nobody, and no reason of its health page says so. */
bool redis_is_unsaid(const struct view *view);

/* reasons_silence.c */
bool when_checking(const struct view *view);
int64_t say_checking(const struct view *view, struct str *text);
bool when_nothing_configured(const struct view *view);
int64_t say_nothing_configured(const struct view *view, struct str *text);
bool when_token_only(const struct view *view);
int64_t say_token_only(const struct view *view, struct str *text);
bool when_no_sign(const struct view *view);
int64_t say_no_sign(const struct view *view, struct str *text);

#endif
