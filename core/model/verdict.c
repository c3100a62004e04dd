/* SPDX-License-Identifier: MIT */
#include "core/model/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/internal.h"

enum { ROWS_MAX = 64 };

const struct verdict_limits *verdict_defaults(void)
{
	static const struct verdict_limits limits = {
#define LIMIT(type, field, value, ...) .field = (value),
#include "core/model/limits.def"
		.heartbeat_stale_ms = 15000,
		.process_stale_ms = 10000,
		.telegram_stale_ms = 3 * 45000,
		.service_stale_ms = 15000,
		.health_stale_ms = 33000,
		.grace_ms = 30000,
		.slow_ms = 500,
		/* A second is where a user's flow of thought breaks (Nielsen, Usability
		 * Engineering, 5.5: 0.1 s, 1 s, 10 s). */
		.slow_p95_ms = 1000,
		.slow_reports = 3,
	};
	return &limits;
}

static bool applies(const struct reason_row *row, const struct view *view)
{
	const struct msg_bot *bot = view->bot;
	switch (row->when) {
	case WHEN_RUN:
		return bot->enabled && !bot->busy_op && !view->halted;
	case WHEN_LIVE:
		return bot->enabled && !view->halted;
	case WHEN_ON:
		return bot->enabled;
	case WHEN_OFF:
		return !bot->enabled;
	case WHEN_ANY:
	default:
		return true;
	}
}

/* The rows that hold, worst first. */
static size_t collect(const struct view *view, const struct reason_row *ret[ROWS_MAX])
{
	size_t count = 0;
	for (int severity = SEVERITY_CRIT; severity >= SEVERITY_OK; severity--) {
		const struct reason_row *row;
		for (size_t i = 0; (row = reason_row_at(i)) && count < ROWS_MAX; i++)
			if ((int)row->severity == severity && applies(row, view) &&
				row->holds(view))
				ret[count++] = row;
	}
	return count;
}

static int64_t since_before(const struct msg_reason *old, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (is_word(old[i].id, id))
			return old[i].since_ms;
	return 0;
}

static void fill_reason(struct msg_reason *reason, const struct reason_row *row,
	const struct view *view, int64_t before_ms)
{
	struct str text autostr = STR_INIT;
	int64_t since_ms = row->say(view, &text);
	if (since_ms == SINCE_KEPT)
		since_ms = before_ms ? before_ms : view->now_ms;
	reason->severity = row->severity;
	reason->since_ms = since_ms == SINCE_NONE ? 0 : since_ms;
	msg_set(&reason->id, row->id);
	msg_set(&reason->text, text.text);
	msg_set(&reason->source, row->source);
}

static void free_reasons(struct msg_reason *reasons, size_t count)
{
	for (size_t i = 0; i < count; i++)
		msg_release(MSG_reason, &reasons[i]);
	free(reasons);
}

static void set_reasons(
	struct msg_bot *bot, const struct view *view, const struct reason_row *rows[], size_t count)
{
	struct msg_reason *old = bot->reasons;
	size_t old_count = bot->reasons_count;
	bot->reasons = NULL;
	bot->reasons_count = 0;
	for (size_t i = 0; i < count; i++) {
		int64_t before_ms = since_before(old, old_count, rows[i]->id);
		struct msg_reason *reason = msg_add(bot->reasons, &bot->reasons_count);
		fill_reason(reason, rows[i], view, before_ms);
	}
	free_reasons(old, old_count);
}

static void set_score(struct msg_bot *bot, const struct view *view,
	const struct reason_row *const rows[], size_t count)
{
	int losses[PART_COUNT] = {0};
	for (size_t i = 0; i < count; i++)
		if (rows[i]->loss > losses[rows[i]->part])
			losses[rows[i]->part] = rows[i]->loss;
	score_bot(bot, view, count ? rows[0]->severity : SEVERITY_OK, losses);
}

int64_t verdict_bot(struct msg_bot *bot, const struct verdict_limits *limits, int64_t now_ms)
{
	const struct reason_row *rows[ROWS_MAX];
	int64_t left_ms = INT64_MAX;
	struct view view = view_of(bot, limits, now_ms, &left_ms);
	size_t count = collect(&view, rows);
	set_reasons(bot, &view, rows, count);
	set_score(bot, &view, rows, count);
	bool well = !count || rows[0]->severity == SEVERITY_OK;
	bot->severity = well ? SEVERITY_OK : rows[0]->severity;
	msg_set(&bot->why, well ? "" : bot->reasons[0].text);
	bot->why_since_ms = well ? 0 : bot->reasons[0].since_ms;
	if (msg_set(&bot->state, state_of(well ? STATE_ok : rows[0]->state)->word) ||
		!bot->state_since_ms)
		bot->state_since_ms = now_ms;
	return left_ms;
}
