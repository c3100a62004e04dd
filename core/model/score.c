/* SPDX-License-Identifier: MIT */
/* The health score: what is known gives its points, less what the worst reason of its part takes. */
#include <math.h>
#include <stdlib.h>

#include "core/model/internal.h"

static bool knows_process(const struct view *view)
{
	return view->process_fresh && !is_word(view->bot->proc_state, "unknown");
}

static bool knows_heartbeat(const struct view *view)
{
	return view->heartbeat_fresh && view->dated;
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

void score_bot(struct msg_bot *bot, const struct view *view, const int losses[PART_COUNT])
{
	int64_t points = 0, of = 0;
	clear_parts(bot);
	for (enum part_id id = 0; bot->enabled && id < PART_COUNT; id++) {
		if (!knows[id](view))
			continue;
		struct msg_score_part *part = msg_add(bot->score_parts, &bot->score_parts_count);
		msg_set(&part->name, part_of(id)->name);
		part->of = part_of(id)->points;
		part->points = part->of * (100 - losses[id]) / 100;
		points += part->points;
		of += part->of;
	}
	bot->score = of ? points * 100 / of : -1;
}
