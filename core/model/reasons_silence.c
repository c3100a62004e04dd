/* SPDX-License-Identifier: MIT */
/* The reasons of a bot of which nobody says anything; see reasons.c for how a row is made. */
#include <string.h>

#include "core/base/str.h"
#include "core/model/internal.h"
#include "core/model/reasons.h"

static bool is_watched(const struct view *view)
{
	return view->has_process || view->has_heartbeat || view->has_health ||
	       view->bot->logs_count;
}

static bool is_configured(const struct view *view)
{
	return view->asked || is_watched(view);
}

/* Telegram has answered, and nobody else is asked: there is nothing to wait for. */
static bool is_token_all(const struct view *view)
{
	return is_word(view->bot->tg_state, "ok") && !is_watched(view);
}

bool when_checking(const struct view *view)
{
	return !view->grown && !view->alive && is_configured(view) && !is_token_all(view);
}
int64_t say_checking(const struct view *view, struct str *text)
{
	(void)view;
	str_adds(text, "checking");
	return SINCE_NONE;
}

bool when_nothing_configured(const struct view *view)
{
	return !is_configured(view);
}
int64_t say_nothing_configured(const struct view *view, struct str *text)
{
	(void)view;
	str_adds(text, "nothing to look at is configured");
	return SINCE_NONE;
}

/* Process and heartbeat are judged by their own rows. */
static bool is_silent(const struct view *view)
{
	return view->grown && !view->alive && !view->has_process &&
	       !(view->has_heartbeat && view->dated) && is_configured(view);
}

bool when_token_only(const struct view *view)
{
	return (is_silent(view) && is_word(view->bot->tg_state, "ok")) ||
	       (is_token_all(view) && !view->alive);
}
int64_t say_token_only(const struct view *view, struct str *text)
{
	(void)view;
	str_adds(text, "only its token is checked");
	return SINCE_NONE;
}

bool when_no_sign(const struct view *view)
{
	return is_silent(view) && !when_token_only(view);
}
int64_t say_no_sign(const struct view *view, struct str *text)
{
	int64_t log_ms = view->bot->log_at_ms;
	str_adds(text, log_ms ? "no log line" : "nothing says that it runs");
	return log_ms ? log_ms : SINCE_NONE;
}
