/* SPDX-License-Identifier: MIT */
/* The reasons that a bot's health page gives, and the Redis that explains them; see reasons.c for how a row is made. */
#include <string.h>

#include "core/base/str.h"
#include "core/model/internal.h"
#include "core/model/reasons.h"

static bool health_is(const struct view *view, const char *state)
{
	return view->health_fresh && is_word(view->bot->health_state, state);
}

static bool is_enough(const struct view *view)
{
	return view->bot->health_fails >= view->limits->health_fails;
}

/* That a process which is gone answers nothing is no news: its own reason says it. */
static bool should_answer(const struct view *view)
{
	return view->running || !view->has_process;
}

bool when_health_failing(const struct view *view)
{
	return health_is(view, "unreachable") && is_enough(view) && should_answer(view);
}

bool when_health_degraded(const struct view *view)
{
	return health_is(view, "failing") && is_enough(view);
}

bool when_health_late(const struct view *view)
{
	bool is_bad = health_is(view, "unreachable") || health_is(view, "failing");
	return is_bad && !is_enough(view) && should_answer(view);
}

bool when_health_stale(const struct view *view)
{
	return view->has_health && view->bot->health_at_ms > 0 && !view->health_fresh;
}

/* `health 503, says "degraded"` */
int64_t say_health_failing(const struct view *view, struct str *text)
{
	str_adds(text, "health: ");
	shorten_error(text, view->bot->health_why);
	return SINCE_KEPT;
}

int64_t say_health_degraded(const struct view *view, struct str *text)
{
	return say_health_failing(view, text);
}

int64_t say_health_late(const struct view *view, struct str *text)
{
	return say_health_failing(view, text);
}

int64_t say_health_stale(const struct view *view, struct str *text)
{
	str_adds(text, "health not looked at");
	return view->bot->health_at_ms;
}

/* ---- the Redis without which its page fails ---- */

static bool lost_redis(const struct view *view)
{
	return view->bot->redis_why && *view->bot->redis_why;
}

bool when_redis_failing(const struct view *view)
{
	return lost_redis(view) && when_health_failing(view);
}

bool when_redis_degraded(const struct view *view)
{
	return lost_redis(view) && (when_health_degraded(view) || when_health_late(view));
}

bool redis_is_unsaid(const struct view *view)
{
	return lost_redis(view) && !when_redis_failing(view) && !when_redis_degraded(view);
}

/* `redis main: no answer in time` */
int64_t say_redis_failing(const struct view *view, struct str *text)
{
	str_addf(text, "redis %s: %s", view->bot->redis, view->bot->redis_why);
	return SINCE_KEPT;
}

int64_t say_redis_degraded(const struct view *view, struct str *text)
{
	return say_redis_failing(view, text);
}
