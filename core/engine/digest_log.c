/* SPDX-License-Identifier: MIT */
/*
 * What writers noted of the lines that they stored: counts by bot and level, and trouble that they
 * recognised. The lines themselves are in chunks that came beside the note; here is only what a
 * bot's row shows.
 */
#include <math.h>
#include <string.h>

#include "core/engine/digest.h"
#include "core/engine/internal.h"
#include "core/engine/journal.h"
#include "core/parse/log_level.h"

static void note_trouble(const struct engine *engine, struct bot_facts *facts,
	const struct msg_note *note, int64_t at_ms)
{
	if (strcmp(note->trouble, "conflict") == 0)
		episode_add(
			&facts->conflict, engine->limits.conflict_window_ms, at_ms, note->lines);
	else if (strcmp(note->trouble, "flood") == 0)
		episode_add(&facts->flood, engine->limits.flood_window_ms, at_ms, note->lines);
}

static void note_levels(const struct engine *engine, struct msg_bot *bot, struct bot_facts *facts,
	const struct msg_note *note)
{
	bool error = note->level >= LOG_LEVEL_ERROR, warning = note->level == LOG_LEVEL_WARN;
	int64_t now = now_mono(engine);
	tally_add(&facts->errors, LOG_SPAN_MS, now, error ? (double)note->lines : 0);
	tally_add(&facts->warnings, LOG_SPAN_MS, now, warning ? (double)note->lines : 0);
	if (error && note->text[0])
		msg_set(&bot->log_error, note->text);
}

static void add_log(struct msg_bot *bot, const char *source)
{
	for (size_t i = 0; i < bot->logs_count; i++)
		if (strcmp(bot->logs[i], source) == 0)
			return;
	msg_add_str(&bot->logs, &bot->logs_count, source);
}

static void digest_note(struct engine *engine, const char *source, const struct msg_note *note)
{
	struct bot_facts *facts;
	if (!note->bot[0] || strcmp(note->bot, JOURNAL_BOT) == 0)
		return;
	struct msg_bot *bot = digest_bot(engine, note->bot, &facts);
	if (!bot)
		return;
	int64_t at_ms = note->time_ms ? note->time_ms : now_wall(engine);
	add_log(bot, source);
	if (at_ms > bot->log_at_ms)
		bot->log_at_ms = at_ms;
	note_levels(engine, bot, facts, note);
	note_trouble(engine, facts, note, at_ms);
	if (note->handled == 0)
		return;
	tally_add(&facts->handled, LOG_SPAN_MS, now_mono(engine), (double)note->handled);
	digest_record(engine, "bot_handler_mean_ms", "bot", bot->name,
		note->handled_ms / (double)note->handled);
	note_load(engine, bot, facts);
}

void digest_notes(struct engine *engine, const void *body)
{
	const struct msg_obs_notes *seen = body;
	engine->dropped += seen->dropped;
	for (size_t i = 0; i < seen->counts_count; i++)
		digest_note(engine, seen->source, &seen->counts[i]);
}

void digest_notify(struct engine *engine, const void *body)
{
	const struct msg_obs_notify *seen = body;
	journal_say(engine->book, LOG_LEVEL_INFO, "postgres %s notified '%s': %s", seen->name,
		seen->channel, seen->payload);
}
