/* SPDX-License-Identifier: MIT */
/*
 * What came of a command, by observation alone: the model is looked at until the outcome is seen,
 * or the time to see it is over. An exit status of 0 is no outcome. Pure; times of observations are
 * wall ms as in the model, limits are mono ms.
 */
#ifndef BOTSWAIN_ACT_OUTCOME_H
#define BOTSWAIN_ACT_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

struct msg_bot;
struct str;

enum want { WANT_NOTHING, WANT_REPLACED, WANT_PRESENT, WANT_ABSENT };
enum outcome_word { OUTCOME_WAIT, OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_UNVERIFIED };

/* `now` is two hands of one clock. */
struct now {
	int64_t wall_ms, mono_ms;
};

struct outcome {
	enum want want;
	int64_t verify_ms, stable_ms;
	/* before the command */
	bool ran_before, beat_before;
	uint64_t pid;
	int64_t start_ms, pending;
	struct now ended; /* of the command; observations count from here */
	/* since then: the process that came up, or when it was first gone */
	uint64_t new_pid;
	int64_t new_start_ms, new_beat_ms;
	struct now seen, gone;
	int64_t first_beat_ms; /* without a process: the first beat after the command */
	bool unbroken;         /* it beat before the command, and no pause was seen since */
};

/* When the command starts. `bot` may be NULL. */
void outcome_begin(
	struct outcome *outcome, enum want want, const struct msg_bot *bot, struct now now);
/* When it ended with 0. From here on it is judged. */
void outcome_ran(struct outcome *outcome, struct now now);
/* Call it whenever the bot may have changed or time has passed; not OUTCOME_WAIT: `text` says
 * what was seen; else what is waited for, "" until the process is there. */
enum outcome_word outcome_judge(
	struct outcome *outcome, const struct msg_bot *bot, struct now now, struct str *text);

/* What outcome_judge() would call done of this bot as it is observed now: words that follow "Plan".
 * `bot` may be NULL. */
const char *outcome_promise(enum want want, const struct msg_bot *bot);

/* Mono time at which it will be judged for good without any further observation. */
int64_t outcome_due_ms(const struct outcome *outcome);
/* How long after the end of its command that is at most. */
int64_t outcome_most_ms(int64_t verify_ms, int64_t stable_ms);

#endif
