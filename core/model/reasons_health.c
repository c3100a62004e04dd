/* SPDX-License-Identifier: MIT */
/* The reasons that a bot's health page gives; see reasons.c for how a row is made. */
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
