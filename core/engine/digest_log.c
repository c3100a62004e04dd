/* SPDX-License-Identifier: MIT */
/*
 * What writers noted of the lines that they stored: counts by bot and level, and trouble that they
 * recognised. The lines themselves are in chunks that came beside the note; here is only what a
 * bot's row shows.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/engine/digest.h"
#include "core/engine/internal.h"
#include "core/engine/journal.h"
#include "core/parse/log_level.h"
#include "core/series/label_pairs.h"

enum { SAME_MS = 1000 };

/* How long ago it was written. A line may be a little ahead of our clock. */
static int64_t age_of(const struct engine *engine, int64_t at_ms)
{
	int64_t age_ms = now_wall(engine) - at_ms;
	return age_ms > 0 ? age_ms : 0;
}

/* What is older than the window, read back at a start, is no trouble of now. */
static void note_episode(const struct engine *engine, struct episode *episode, int64_t window_ms,
	const struct msg_note *note, int64_t at_ms)
{
	if (age_of(engine, at_ms) <= window_ms)
		episode_add(episode, window_ms, at_ms, note->lines);
}

static void note_trouble(const struct engine *engine, struct line_facts *lines,
	const struct msg_note *note, int64_t at_ms)
{
	const struct verdict_limits *limits = &engine->limits;
	if (strcmp(note->trouble, "conflict") == 0)
		note_episode(engine, &lines->conflict, limits->conflict_window_ms, note, at_ms);
	else if (strcmp(note->trouble, "flood") == 0)
		note_episode(engine, &lines->flood, limits->flood_window_ms, note, at_ms);
}

static bool is_stream(const char *source)
{
	return starts_with(source, "redis/");
}

/* A bot that writes an error to its log and says it in its stream had one: the same words, one after the other within a
 * second. Only an error that came alone can be told: of several a note has the last one's text. */
static bool is_told(
	struct line_facts *lines, const char *source, const struct msg_note *note, int64_t at_ms)
{
	const struct told_error seen = {
		.text = entity_id("", note->text), .at_ms = at_ms, .by_stream = is_stream(source)};
	for (size_t i = 0; i < TOLD_ERRORS; i++) {
		struct told_error *told = &lines->told[i];
		if (told->text != seen.text || told->by_stream == seen.by_stream ||
			llabs(told->at_ms - at_ms) > SAME_MS)
			continue;
		*told = (struct told_error){0};
		return true;
	}
	lines->told[lines->told_next++ % TOLD_ERRORS] = seen;
	return false;
}

static void note_levels(const struct engine *engine, struct line_facts *lines,
	const struct msg_note *note, int64_t at_ms, bool uncounted)
{
	bool error = note->level >= LOG_LEVEL_ERROR, warning = note->level == LOG_LEVEL_WARN;
	double count = uncounted ? 0 : (double)note->lines;
	int64_t now = now_mono(engine), at = now - age_of(engine, at_ms);
	tally_add_at(&lines->errors, LOG_SPAN_MS, now, at, error ? count : 0);
	tally_add_at(&lines->warnings, LOG_SPAN_MS, now, at, warning ? count : 0);
}

/* What streams carry are events; everything else is a log. */
static void note_time(struct msg_bot *bot, const char *source, int64_t at_ms)
{
	int64_t *newest = is_stream(source) ? &bot->event_at_ms : &bot->log_at_ms;
	if (at_ms > *newest)
		*newest = at_ms;
}

static void note_handled(struct engine *engine, struct msg_bot *bot, struct bot_facts *facts,
	const struct msg_note *note)
{
	tally_add(
		&facts_lines(facts)->handled, LOG_SPAN_MS, now_mono(engine), (double)note->handled);
	digest_record(engine, digest_teller(facts->id, TELLER_LOG, ""), "bot_handler_mean_ms",
		"bot", bot->name, note->handled_ms / (double)note->handled);
	note_load(engine, bot, facts);
}

static void add_log(struct msg_bot *bot, const char *source)
{
	for (size_t i = 0; i < bot->logs_count; i++)
		if (strcmp(bot->logs[i], source) == 0)
			return;
	msg_add_str(&bot->logs, &bot->logs_count, source);
}

/* Sources are read back one after the other: the newest stays. */
static void note_error(
	struct msg_bot *bot, struct line_facts *lines, const char *text, int64_t at_ms)
{
	if (at_ms < lines->error_at_ms)
		return;
	lines->error_at_ms = at_ms;
	msg_set(&bot->log_error, text);
}

static void digest_note(struct engine *engine, const char *source, const struct msg_note *note)
{
	struct bot_facts *facts;
	if (!note->bot[0])
		return;
	struct msg_bot *bot = digest_bot(engine, note->bot, &facts);
	if (!bot)
		return;
	struct line_facts *lines = facts_lines(facts);
	int64_t at_ms = note->time_ms ? note->time_ms : now_wall(engine);
	bool past = age_of(engine, at_ms) > LOG_SPAN_MS;
	if (!past && note->level < LOG_LEVELS)
		lines->counted[note->level] += note->lines;
	add_log(bot, source);
	note_time(bot, source, at_ms);
	bool alone = note->level >= LOG_LEVEL_ERROR && note->lines == 1 && note->text[0];
	note_levels(
		engine, lines, note, at_ms, past || (alone && is_told(lines, source, note, at_ms)));
	note_trouble(engine, lines, note, at_ms);
	if (note->level >= LOG_LEVEL_ERROR && note->text[0])
		note_error(bot, lines, note->text, at_ms);
	if (note->handled && !past)
		note_handled(engine, bot, facts, note);
}

void digest_notes(struct engine *engine, const void *body)
{
	const struct msg_obs_notes *seen = body;
	engine->dropped += seen->dropped;
	if (strcmp(seen->source, JOURNAL_BOT) == 0)
		return; /* what we say of a bot is nothing that it logged */
	for (size_t i = 0; i < seen->counts_count; i++)
		digest_note(engine, seen->source, &seen->counts[i]);
}

/* ---- counts, as metrics ---- */

enum { LINES_TURNS = 15, LINES_AGAIN_MS = 60000 };

static uint64_t count_all(const struct line_facts *lines)
{
	uint64_t all = 0;
	for (int level = 0; level < LOG_LEVELS; level++)
		all += lines->counted[level];
	return all;
}

/* The usual levels from the first line on, so that the first of an error is a rise from nothing. */
static void append_counts(struct engine *engine, const struct bot_facts *facts)
{
	const struct line_facts *lines = facts->lines;
	uint64_t teller = digest_teller(facts->id, TELLER_LINES, "");
	for (int level = 0; level < LOG_LEVELS; level++) {
		const char *word = level ? log_level_word((enum log_level)level) : "none";
		autostr struct str labels = STR_INIT;
		if (!lines->counted[level] && level < LOG_LEVEL_INFO)
			continue;
		label_pairs_add(&labels, "bot", facts->name);
		label_pairs_add(&labels, "level", word);
		digest_value(engine, teller, "bot_log_lines_total", labels.text,
			(double)lines->counted[level]);
	}
}

static void append_due(struct engine *engine, const struct bot_facts *facts)
{
	struct line_facts *lines = facts->lines;
	int64_t age_ms = now_mono(engine) - lines->appended_mono_ms;
	uint64_t all = count_all(lines);
	if (!all || (all == lines->appended && age_ms < LINES_AGAIN_MS))
		return;
	lines->appended = all;
	lines->appended_mono_ms = now_mono(engine);
	append_counts(engine, facts);
}

void lines_beat(struct engine *engine)
{
	engine->lines_turn = (engine->lines_turn + 1) % LINES_TURNS;
	for (size_t i = engine->lines_turn; i < facts_count(engine->facts); i += LINES_TURNS) {
		const struct bot_facts *facts = facts_at(engine->facts, i);
		if (facts->lines)
			append_due(engine, facts);
	}
}
