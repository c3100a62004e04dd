/* SPDX-License-Identifier: MIT */
/* What a bot is in figures: for those who have no word for unknown but to say nothing. */
#include <math.h>

#include "core/model/internal.h"
#include "core/model/reasons.h"

/* A beat that is late, or awaited again, is not yet known to be gone. */
static double heart(const struct view *view)
{
	if (view->beating)
		return 1;
	return beat_is_over(view) || beat_never_came(view) ? 0 : NAN;
}

/* The process decides where one is known; else the heart. */
static double up(const struct view *view)
{
	bool known = view->process_fresh && !is_word(view->bot->proc_state, "unknown");
	return known ? view->running : heart(view);
}

/* That nobody asked it lately: what keeps us from asking is its own order to wait, or a failure. */
static bool answers_lately(const struct view *view)
{
	return view->telegram_fresh || view->bot->retry_until_ms > view->now_ms ||
	       view->now_ms - view->bot->tg_attempt_ms <= view->limits->telegram_stale_ms;
}

static double telegram_up(const struct view *view)
{
	const char *state = view->bot->tg_state;
	if (!view->asked || is_word(state, "checking") || is_word(state, "no_token"))
		return NAN;
	if (is_word(state, "ok") || is_word(state, "limited"))
		return answers_lately(view) ? 1 : NAN;
	return 0;
}

struct bot_signs verdict_signs(
	const struct msg_bot *bot, const struct verdict_limits *limits, int64_t now_ms)
{
	const struct view view = view_of(bot, limits, now_ms, NULL);
	return (struct bot_signs){.up = up(&view),
		.telegram_up = telegram_up(&view),
		.sees_process = view.process_fresh};
}
