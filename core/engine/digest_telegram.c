/* SPDX-License-Identifier: MIT */
/*
 * What Telegram says of a bot. The newest answer decides tg_state; the backlog's slope comes from
 * the last polls; a webhook error is counted when its date changes (the server keeps the last one
 * for ever, so its mere presence says nothing).
 */
#include <math.h>
#include <string.h>

#include "core/base/err.h"
#include "core/engine/digest.h"
#include "core/engine/internal.h"
#include "core/engine/memory.h"

/* clang-format off */
static const struct {
	enum err_code code;
	const char *state;
} states[] = {
	{ERR_NONE,        "ok"},
	{ERR_AUTH,        "rejected"},
	{ERR_NOT_FOUND,   "rejected"}, /* a token of the wrong form: there is no such path */
	{ERR_RATE,        "limited"},
	{ERR_UNREACHABLE, "unreachable"},
	{ERR_TIMEOUT,     "unreachable"},
	{ERR_TLS,         "unreachable"},
	{ERR_REFUSED,     "no_token"}, /* it could not be read where the configuration says it is */
};
/* clang-format on */

static const char *state_of(uint64_t code)
{
	for (size_t i = 0; i < COUNT_OF(states); i++)
		if (states[i].code == code)
			return states[i].state;
	return "error";
}

/* What both methods say in the same way. */
struct answer {
	uint64_t code;
	const char *error;
	double latency_ms;
	int64_t retry_after_s;
};

/* Whatever Telegram said, and that it cannot be asked for want of a token, is all that there is to wait for: only who
 * was not reached is still to be checked. */
static void note_checked(struct engine *engine, const struct msg_bot *bot, struct bot_facts *facts)
{
	if (facts->answered || strcmp(bot->tg_state, "unreachable") == 0)
		return;
	facts->answered = true;
	engine->checking_done += facts->counted;
}

static bool digest_answer(struct engine *engine, struct msg_bot *bot, struct bot_facts *facts,
	const struct answer *answer)
{
	bool ok = answer->code == ERR_NONE;
	int64_t now = now_wall(engine);
	msg_set(&bot->tg_state, state_of(answer->code));
	msg_set(&bot->tg_error, ok ? "" : answer->error);
	bot->tg_attempt_ms = now;
	bot->retry_until_ms = answer->retry_after_s > 0 ? now + answer->retry_after_s * 1000 : 0;
	bot->tg_fails = ok ? 0 : bot->tg_fails + 1;
	note_checked(engine, bot, facts);
	if (!ok) {
		digest_end(engine, digest_teller(facts->id, TELLER_TELEGRAM, ""));
		return false;
	}
	bot->tg_at_ms = now;
	bot->rtt_ms = answer->latency_ms;
	facts->telegram_mono_ms = now_mono(engine);
	digest_record(engine, digest_teller(facts->id, TELLER_TELEGRAM, ""),
		"telegram_request_duration_ms", "bot", bot->name, bot->rtt_ms);
	return true;
}

void digest_getme(struct engine *engine, const void *body)
{
	const struct msg_obs_getme *seen = body;
	struct bot_facts *facts;
	struct msg_bot *bot = digest_bot(engine, seen->bot, &facts);
	if (!bot || !digest_answer(engine, bot, facts,
			    &(struct answer){seen->code, seen->error, seen->latency_ms,
				    seen->retry_after_s}))
		return;
	bot->tg_id = seen->tg_id;
	msg_set(&bot->username, seen->username);
	memory_keep_token(engine, facts, seen->token_hash);
}

static void note_backlog(
	struct engine *engine, struct msg_bot *bot, struct bot_facts *facts, int64_t pending)
{
	unsigned count = facts->poll_count;
	if (count)
		bot->pending_rises =
			pending > facts->polls[count - 1].pending ? bot->pending_rises + 1 : 0;
	if (count == BACKLOG_POLLS)
		memmove(facts->polls, facts->polls + 1, --count * sizeof(facts->polls[0]));
	facts->polls[count].mono_ms = now_mono(engine);
	facts->polls[count].pending = pending;
	facts->poll_count = count + 1;
	int64_t span_ms = facts->polls[count].mono_ms - facts->polls[0].mono_ms;
	int64_t growth = pending - facts->polls[0].pending;
	bot->pending = pending;
	bot->pending_slope = span_ms > 0 ? (double)growth * 60000 / (double)span_ms : NAN;
	digest_record(engine, digest_teller(facts->id, TELLER_TELEGRAM, ""),
		"telegram_pending_update_count", "bot", bot->name, (double)pending);
}

static void note_webhook_error(struct engine *engine, struct msg_bot *bot, struct bot_facts *facts,
	const struct msg_obs_webhook *seen)
{
	int64_t window_ms = engine->limits.webhook_window_ms, at_ms = seen->last_error_s * 1000;
	bool changed = seen->last_error_s != facts->webhook_error_s;
	bool recent = now_wall(engine) - at_ms <= window_ms;
	if (seen->last_error_s && changed && (facts->webhook_seen || recent))
		episode_add(&facts->webhook, window_ms, at_ms, 1);
	facts->webhook_seen = true;
	facts->webhook_error_s = seen->last_error_s;
	bot->webhook_error_at_ms = at_ms;
	msg_set(&bot->webhook_error, seen->last_error);
	bot->sync_error_ms = seen->sync_error_s * 1000;
}

static void note_url(struct engine *engine, struct msg_bot *bot, struct bot_facts *facts,
	const struct msg_obs_webhook *seen)
{
	msg_set(&bot->webhook_url, seen->url);
	if (facts->url_known && facts->url_hash == seen->url_hash)
		return;
	if (facts->url_known)
		bot->url_changed_ms = now_wall(engine);
	facts->url_known = true;
	facts->url_hash = seen->url_hash;
	memory_keep_url(engine, bot, facts);
}

void digest_webhook(struct engine *engine, const void *body)
{
	const struct msg_obs_webhook *seen = body;
	struct bot_facts *facts;
	struct msg_bot *bot = digest_bot(engine, seen->bot, &facts);
	if (!bot || !digest_answer(engine, bot, facts,
			    &(struct answer){seen->code, seen->error, seen->latency_ms,
				    seen->retry_after_s}))
		return;
	note_backlog(engine, bot, facts, seen->pending);
	note_webhook_error(engine, bot, facts, seen);
	note_url(engine, bot, facts, seen);
}
