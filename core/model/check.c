/* SPDX-License-Identifier: MIT */
/* The verdict on a health check, and on all of them together: `24/25`. */
#include <math.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/model/internal.h"

enum { NAMED_MAX = 4 /* failing checks that the sum names */ };

static enum state_id state_by_answer(
	const struct msg_check *check, uint64_t code, const struct verdict_limits *limits)
{
	if (code == ERR_NONE)
		return STATE_ok;
	if (check->fails < limits->health_fails)
		return STATE_late;
	return code == ERR_PROTOCOL ? STATE_degraded : STATE_failing;
}

/* A bot that is not to run need not answer. */
static enum state_id state_now(const struct msg_check *check, const struct msg_bot *bot,
	const struct check_seen *seen, const struct verdict_limits *limits)
{
	if (bot && !bot->enabled)
		return STATE_disabled;
	if (bot && is_word(bot->state, "halted"))
		return STATE_halted;
	if (!seen->is_answered)
		return STATE_checking;
	return seen->is_old ? STATE_stale : state_by_answer(check, seen->code, limits);
}

void verdict_check(struct msg_check *check, const struct msg_bot *bot,
	const struct check_seen *seen, const struct verdict_limits *limits, int64_t now_ms)
{
	const struct state *state = state_of(state_now(check, bot, seen, limits));
	check->severity = state->severity;
	if (seen->is_old || !seen->is_answered)
		check->latency_ms = NAN;
	if (msg_set(&check->state, state->word) || !check->since_ms)
		check->since_ms = now_ms;
}

/* ---- all of them ---- */

static bool counts(const struct msg_check *check)
{
	return check->severity != SEVERITY_STOPPED;
}

static void name_failing(struct str *text, const struct msg_check *check, size_t *named)
{
	if (*named < NAMED_MAX) {
		str_addf(text, "%s%s ", *named ? "; " : "", check->name);
		if (check->why && *check->why)
			shorten_error(text, check->why);
		else
			str_adds(text, check->state);
	}
	++*named;
}

/* The worst first. */
static size_t name_all(struct str *text, const struct msg_check *const *checks, size_t count)
{
	size_t named = 0;
	for (int severity = SEVERITY_CRIT; severity > SEVERITY_STOPPED; severity--)
		for (size_t i = 0; i < count; i++)
			if ((int)checks[i]->severity == severity)
				name_failing(text, checks[i], &named);
	if (named > NAMED_MAX)
		str_addf(text, "; %zu more", named - NAMED_MAX);
	return named;
}

static void add_check(struct msg_service *sum, const struct msg_check *check)
{
	if (!counts(check))
		return;
	sum->checks++;
	sum->passed += check->severity == SEVERITY_OK;
	if (check->severity > sum->severity)
		sum->severity = check->severity;
	if (check->at_ms > sum->at_ms)
		sum->at_ms = check->at_ms;
	if (isnan(sum->latency_ms) || check->latency_ms > sum->latency_ms)
		sum->latency_ms = check->latency_ms;
}

void verdict_checks(struct msg_service *sum, const struct msg_check *const *checks, size_t count,
	int64_t now_ms)
{
	static const enum state_id states[] = {[SEVERITY_OK] = STATE_ok,
		[SEVERITY_STOPPED] = STATE_ok,
		[SEVERITY_UNKNOWN] = STATE_checking,
		[SEVERITY_WARN] = STATE_degraded,
		[SEVERITY_CRIT] = STATE_failing};
	struct str why autostr = STR_INIT;
	sum->passed = sum->checks = 0;
	sum->severity = SEVERITY_OK;
	sum->latency_ms = NAN;
	sum->at_ms = 0;
	for (size_t i = 0; i < count; i++)
		add_check(sum, checks[i]);
	(void)name_all(&why, checks, count);
	msg_set(&sum->why, why.text);
	if (msg_set(&sum->state, state_of(states[sum->severity])->word) || !sum->since_ms)
		sum->since_ms = now_ms;
}
