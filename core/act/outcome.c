/* SPDX-License-Identifier: MIT */
/*
 * A process that came up must still be the same one `stable_ms` after its start, and where the bot
 * has beaten before, it must beat again: supervisors answer 0 for a bot that dies a second later.
 * Without a process in sight two beats that far apart count, and without those a falling backlog;
 * beats that never paused are no sign that anything was replaced.
 */
#include "core/act/outcome.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/format.h"
#include "core/base/str.h"
#include "core/msg/msg.h"

enum {
	GONE_STABLE_MS = 3000, /* longer than a supervisor takes to bring back what it holds up */
	LAST_LOOK_MS = 5000,   /* for the observation after the stable time */
	START_FUZZ_MS = 1000,  /* two readings of one start differ by less */
	BEAT_FUZZ_MS = 100,    /* two readings of one beat, computed from its TTL, differ by less */
};

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; word && i < count; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

static bool sees_process(const struct msg_bot *bot)
{
	static const char *const words[] = {
		"running", "paused", "absent", "stopped", "fatal", "backoff"};
	return bot->proc_at_ms > 0 && is_one_of(bot->proc_state, words, COUNT_OF(words));
}

static bool runs(const struct msg_bot *bot)
{
	static const char *const words[] = {"running"};
	return is_one_of(bot->proc_state, words, COUNT_OF(words));
}

static bool sees_beat(const struct msg_bot *bot)
{
	static const char *const words[] = {"ok", "late", "missing"};
	return bot->hb_at_ms > 0 && is_one_of(bot->hb_state, words, COUNT_OF(words));
}

static bool beats(const struct msg_bot *bot)
{
	static const char *const words[] = {"ok"};
	return is_one_of(bot->hb_state, words, COUNT_OF(words));
}

void outcome_begin(
	struct outcome *outcome, enum want want, const struct msg_bot *bot, struct now now)
{
	int64_t verify_ms = outcome->verify_ms, stable_ms = outcome->stable_ms;
	*outcome = (struct outcome){.want = want,
		.verify_ms = verify_ms,
		.stable_ms = stable_ms,
		.pending = -1,
		.ended = now};
	if (!bot)
		return;
	outcome->ran_before = sees_process(bot) && runs(bot);
	outcome->beat_before = sees_beat(bot);
	outcome->unbroken = sees_beat(bot) && beats(bot);
	outcome->pid = bot->pid;
	outcome->start_ms = bot->proc_start_ms;
	outcome->pending = bot->pending;
}

void outcome_ran(struct outcome *outcome, struct now now)
{
	outcome->ended = now;
}

int64_t outcome_due_ms(const struct outcome *outcome)
{
	int64_t due_ms = outcome->ended.mono_ms + outcome->verify_ms;
	int64_t last_look_ms = outcome->seen.mono_ms + outcome->stable_ms + LAST_LOOK_MS;
	return outcome->new_pid && last_look_ms > due_ms ? last_look_ms : due_ms;
}

/* What came up at the last moment is still looked at for its stable time. */
int64_t outcome_most_ms(int64_t verify_ms, int64_t stable_ms)
{
	return verify_ms + stable_ms + LAST_LOOK_MS;
}

static bool is_over(const struct outcome *outcome, struct now now)
{
	return now.mono_ms >= outcome_due_ms(outcome);
}

static int64_t distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

static void add_backlog(const struct outcome *outcome, const struct msg_bot *bot, struct str *text)
{
	if (outcome->pending > 0 && bot->pending >= 0 && bot->pending < outcome->pending &&
		bot->tg_at_ms > outcome->ended.wall_ms)
		str_addf(text, ", backlog %" PRId64 " -> %" PRId64, outcome->pending, bot->pending);
}

static void add_pids(const struct outcome *outcome, struct str *text)
{
	if (outcome->ran_before && outcome->pid != outcome->new_pid)
		str_addf(text, "pid %" PRIu64 " -> %" PRIu64, outcome->pid, outcome->new_pid);
	else
		str_addf(text, "pid %" PRIu64, outcome->new_pid);
}

/* The process that was there before, still the same. */
static bool is_old(const struct outcome *outcome, const struct msg_bot *bot)
{
	return outcome->want == WANT_REPLACED && outcome->ran_before && bot->pid == outcome->pid &&
	       distance(bot->proc_start_ms, outcome->start_ms) < START_FUZZ_MS;
}

static bool is_seen(const struct outcome *outcome, const struct msg_bot *bot)
{
	return runs(bot) && bot->pid == outcome->new_pid &&
	       distance(bot->proc_start_ms, outcome->new_start_ms) < START_FUZZ_MS;
}

static void see(struct outcome *outcome, const struct msg_bot *bot, struct now now)
{
	outcome->new_pid = bot->pid;
	outcome->new_start_ms = bot->proc_start_ms;
	outcome->new_beat_ms = bot->hb_at_ms;
	outcome->seen = (struct now){.wall_ms = bot->proc_at_ms, .mono_ms = now.mono_ms};
}

static bool beats_again(const struct outcome *outcome, const struct msg_bot *bot)
{
	if (!outcome->beat_before && !sees_beat(bot))
		return true; /* it never did */
	int64_t start_ms = outcome->new_start_ms ? outcome->new_start_ms : outcome->seen.wall_ms;
	return sees_beat(bot) &&
	       (bot->hb_at_ms >= start_ms || bot->hb_at_ms > outcome->new_beat_ms + BEAT_FUZZ_MS);
}

static bool is_stable(const struct outcome *outcome, const struct msg_bot *bot)
{
	int64_t since_ms = outcome->seen.wall_ms;
	if (outcome->new_start_ms && outcome->new_start_ms < since_ms)
		since_ms = outcome->new_start_ms;
	return bot->proc_at_ms - since_ms >= outcome->stable_ms;
}

/* Without an answer from its stable time or later, silence was not seen: nobody could look. */
static bool heard_of_beats(
	const struct outcome *outcome, const struct msg_bot *bot, struct now since)
{
	return bot->hb_seen_ms - since.wall_ms >= outcome->stable_ms;
}

static enum outcome_word judge_seen(
	struct outcome *outcome, const struct msg_bot *bot, struct now now, struct str *text)
{
	if (!is_seen(outcome, bot)) {
		str_addf(text, "it came up as pid %" PRIu64 " and died again within %s",
			outcome->new_pid, format_duration(outcome->stable_ms).text);
		return OUTCOME_FAILED;
	}
	if (is_stable(outcome, bot) && beats_again(outcome, bot)) {
		add_pids(outcome, text);
		if (sees_beat(bot))
			str_addf(text, ", heartbeat %s ago",
				format_duration(now.wall_ms - bot->hb_at_ms).text);
		add_backlog(outcome, bot, text);
		return OUTCOME_DONE;
	}
	add_pids(outcome, text);
	if (!is_over(outcome, now)) {
		if (is_stable(outcome, bot))
			str_adds(text, ", waiting for its heartbeat");
		else
			str_addf(text, ", watched until it has run for %s",
				format_duration(outcome->stable_ms).text);
		return OUTCOME_WAIT;
	}
	if (is_stable(outcome, bot) && !heard_of_beats(outcome, bot, outcome->seen)) {
		str_adds(text, ", but Redis could not be asked for its heartbeat since");
		return OUTCOME_UNVERIFIED;
	}
	if (is_stable(outcome, bot)) {
		str_adds(text, ", but no heartbeat since its start");
		return OUTCOME_FAILED;
	}
	str_adds(text, ", but its process was not looked at again");
	return OUTCOME_UNVERIFIED;
}

static enum outcome_word judge_present(
	struct outcome *outcome, const struct msg_bot *bot, struct now now, struct str *text)
{
	if (outcome->new_pid)
		return judge_seen(outcome, bot, now, text);
	bool looked = bot->proc_at_ms > outcome->ended.wall_ms;
	if (looked && runs(bot) && !is_old(outcome, bot)) {
		see(outcome, bot, now);
		return judge_seen(outcome, bot, now, text);
	}
	if (!is_over(outcome, now))
		return OUTCOME_WAIT;
	if (!looked) {
		str_adds(text, "the command ended with 0, but its process was not looked at since");
		return OUTCOME_UNVERIFIED;
	}
	if (runs(bot))
		str_addf(text, "still pid %" PRIu64 ": the command did not replace it", bot->pid);
	else
		str_addf(text, "no process %s after the command ended with 0",
			format_duration(now.mono_ms - outcome->ended.mono_ms).text);
	return OUTCOME_FAILED;
}

static enum outcome_word judge_absent(
	struct outcome *outcome, const struct msg_bot *bot, struct now now, struct str *text)
{
	int64_t stable_ms =
		outcome->stable_ms < GONE_STABLE_MS ? outcome->stable_ms : GONE_STABLE_MS;
	bool looked = bot->proc_at_ms > outcome->ended.wall_ms;
	if (looked && runs(bot) && (outcome->gone.mono_ms || bot->pid != outcome->pid)) {
		str_addf(text, "it is back as pid %" PRIu64 ": something restarts it", bot->pid);
		return OUTCOME_FAILED;
	}
	if (looked && !runs(bot)) {
		if (!outcome->gone.mono_ms)
			outcome->gone =
				(struct now){.wall_ms = bot->proc_at_ms, .mono_ms = now.mono_ms};
		if (bot->proc_at_ms - outcome->gone.wall_ms < stable_ms && !is_over(outcome, now))
			return OUTCOME_WAIT;
		if (outcome->ran_before)
			str_addf(text, "pid %" PRIu64 " ended", outcome->pid);
		else
			str_adds(text, "no process, as before");
		return OUTCOME_DONE;
	}
	if (!is_over(outcome, now))
		return OUTCOME_WAIT;
	if (looked)
		str_addf(text, "still running as pid %" PRIu64, bot->pid);
	else
		str_adds(text, "the command ended with 0, but its process was not looked at since");
	return looked ? OUTCOME_FAILED : OUTCOME_UNVERIFIED;
}

static enum outcome_word judge_beats(
	struct outcome *outcome, const struct msg_bot *bot, struct now now, struct str *text)
{
	bool beat = bot->hb_at_ms > outcome->ended.wall_ms;
	if (beat && !outcome->first_beat_ms)
		outcome->first_beat_ms = bot->hb_at_ms;
	if (!beats(bot) && bot->hb_seen_ms > outcome->ended.wall_ms)
		outcome->unbroken = false;
	if (beat && bot->hb_at_ms - outcome->ended.wall_ms >= outcome->stable_ms) {
		str_addf(text, "heartbeat %s ago",
			format_duration(now.wall_ms - bot->hb_at_ms).text);
		add_backlog(outcome, bot, text);
		if (outcome->want != WANT_REPLACED || !outcome->unbroken)
			return OUTCOME_DONE;
		str_adds(text, ", but it never paused and no process is observed: nobody saw "
			       "whether it was replaced");
		return OUTCOME_UNVERIFIED;
	}
	if (!is_over(outcome, now))
		return OUTCOME_WAIT;
	if (!heard_of_beats(outcome, bot, outcome->ended)) {
		str_addf(text, "%sRedis could not be asked for %s since; no process is observed",
			beat ? "one heartbeat, but " : "", beat ? "another" : "its heartbeat");
		return OUTCOME_UNVERIFIED;
	}
	str_adds(text, beat ? "one heartbeat, but none later; no process is observed"
			    : "no heartbeat since; no process is observed");
	return beat ? OUTCOME_UNVERIFIED : OUTCOME_FAILED;
}

static enum outcome_word judge_silence(
	struct outcome *outcome, const struct msg_bot *bot, struct now now, struct str *text)
{
	bool silent = !beats(bot) && bot->hb_seen_ms > outcome->ended.wall_ms;
	if (silent) {
		str_adds(text, "its heartbeat stopped; no process is observed");
		return OUTCOME_DONE;
	}
	if (!is_over(outcome, now))
		return OUTCOME_WAIT;
	bool beat = bot->hb_at_ms > outcome->ended.wall_ms;
	str_adds(text, beat ? "it still beats" : "its heartbeat has not run out yet");
	return beat ? OUTCOME_FAILED : OUTCOME_UNVERIFIED;
}

static enum outcome_word judge_backlog(
	struct outcome *outcome, const struct msg_bot *bot, struct now now, struct str *text)
{
	if (outcome->want != WANT_ABSENT && outcome->pending > 0) {
		add_backlog(outcome, bot, text);
		if (text->length) {
			str_remove(text, 0, strlen(", "));
			return OUTCOME_DONE;
		}
		if (!is_over(outcome, now))
			return OUTCOME_WAIT;
	}
	str_adds(text, "ended with 0; neither a process nor a heartbeat of it is observed: "
		       "configure one of them");
	return OUTCOME_UNVERIFIED;
}

enum outcome_word outcome_judge(
	struct outcome *outcome, const struct msg_bot *bot, struct now now, struct str *text)
{
	if (outcome->want == WANT_NOTHING) {
		str_adds(text, "ended with 0; what it did is not observed");
		return OUTCOME_UNVERIFIED;
	}
	if (!bot) {
		str_adds(text, "ended with 0; the bot is no longer in the configuration");
		return OUTCOME_UNVERIFIED;
	}
	bool absent = outcome->want == WANT_ABSENT;
	if (sees_process(bot))
		return (absent ? judge_absent : judge_present)(outcome, bot, now, text);
	if (outcome->beat_before || sees_beat(bot))
		return (absent ? judge_silence : judge_beats)(outcome, bot, now, text);
	return judge_backlog(outcome, bot, now, text);
}

/* ---- what is promised before ---- */

enum witness { BY_NOTHING, BY_BACKLOG, BY_BEAT, BY_PROCESS, BY_BOTH };

static enum witness find_witness(const struct msg_bot *bot)
{
	if (bot && sees_process(bot))
		return sees_beat(bot) ? BY_BOTH : BY_PROCESS;
	if (bot && sees_beat(bot))
		return BY_BEAT;
	return bot && bot->pending > 0 ? BY_BACKLOG : BY_NOTHING;
}

const char *outcome_promise(enum want want, const struct msg_bot *bot)
{
	static const char *const nothing = "nothing is observed of it: it ends as unverified";
	/* clang-format off */
	static const char *const promises[][BY_BOTH + 1] = {
		[WANT_REPLACED] = {[BY_BACKLOG] = "done when its backlog falls",
			[BY_BEAT] = "done when its heartbeat pauses and is seen again",
			[BY_PROCESS] = "done when a new process is seen to stay",
			[BY_BOTH] = "done when a new process and its heartbeat are seen"},
		[WANT_PRESENT] = {[BY_BACKLOG] = "done when its backlog falls",
			[BY_BEAT] = "done when its heartbeat is seen",
			[BY_PROCESS] = "done when its process is seen to stay",
			[BY_BOTH] = "done when its process and heartbeat are seen"},
		[WANT_ABSENT] = {[BY_BEAT] = "done when its heartbeat stops",
			[BY_PROCESS] = "done when its process is gone",
			[BY_BOTH] = "done when its process is gone"},
	};
	/* clang-format on */
	const char *promise = promises[want][find_witness(bot)];
	return promise ? promise : nothing;
}
