/* SPDX-License-Identifier: MIT */
/* The health score: what is known gives its points, less what the worst reason of its part takes. */
#include <math.h>
#include <stdlib.h>

#include "core/model/internal.h"
#include "core/model/reasons.h"

static bool knows_process(const struct view *view)
{
	return view->process_fresh && !is_word(view->bot->proc_state, "unknown");
}

static bool knows_heartbeat(const struct view *view)
{
	return view->heartbeat_fresh && view->dated && !beat_is_unseen(view);
}

static bool knows_telegram(const struct view *view)
{
	const char *state = view->bot->tg_state;
	return is_word(state, "ok") || is_word(state, "rejected") || is_word(state, "limited");
}

static bool knows_updates(const struct view *view)
{
	return view->by_api && view->telegram_fresh && view->bot->pending >= 0;
}

static bool knows_log(const struct view *view)
{
	return !isnan(view->bot->errors_per_min);
}

static bool (*const knows[PART_COUNT])(const struct view *view) = {
	[PART_process] = knows_process,
	[PART_heartbeat] = knows_heartbeat,
	[PART_telegram] = knows_telegram,
	[PART_updates] = knows_updates,
	[PART_log] = knows_log,
};

static void clear_parts(struct msg_bot *bot)
{
	for (size_t i = 0; i < bot->score_parts_count; i++)
		msg_release(MSG_score_part, &bot->score_parts[i]);
	free(bot->score_parts);
	bot->score_parts = NULL;
	bot->score_parts_count = 0;
}

struct sum {
	int64_t points, of;
};

static void add_part(
	struct msg_bot *bot, struct sum *sum, const char *name, int64_t points, int64_t of)
{
	struct msg_score_part *part = msg_add(bot->score_parts, &bot->score_parts_count);
	msg_set(&part->name, name);
	part->points = points;
	part->of = of;
	sum->points += points;
	sum->of += of;
}

/* One thing that is fatal leaves the other parts whole: what is over the cap is taken by a part of its
 * own, so that the parts still make the sum. */
static void add_cap(struct msg_bot *bot, struct sum *sum, enum severity severity)
{
	int64_t most = severity == SEVERITY_CRIT   ? SCORE_CRIT_MOST
		       : severity == SEVERITY_WARN ? SCORE_WARN_MOST
						   : 100;
	int64_t over = sum->points - sum->of * most / 100;
	if (over > 0)
		add_part(bot, sum, severity_word(severity), -over, 0);
}

/* Nobody can say how a bot is that is worked on, stopped or unknown. */
static bool has_score(const struct msg_bot *bot, enum severity severity)
{
	return bot->enabled && !bot->busy_op && severity != SEVERITY_UNKNOWN &&
	       severity != SEVERITY_STOPPED;
}

void score_bot(struct msg_bot *bot, const struct view *view, enum severity severity,
	const int losses[PART_COUNT])
{
	struct sum sum = {0};
	clear_parts(bot);
	for (enum part_id id = 0; has_score(bot, severity) && id < PART_COUNT; id++)
		if (knows[id](view)) {
			int64_t of = part_of(id)->points;
			add_part(bot, &sum, part_of(id)->name, of * (100 - losses[id]) / 100, of);
		}
	add_cap(bot, &sum, severity);
	bot->score = sum.of ? sum.points * 100 / sum.of : -1;
}
