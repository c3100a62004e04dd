/* SPDX-License-Identifier: MIT */
/*
 * States and reasons: from everything observed of a bot (or service) to one state word, one
 * severity, the reasons worst first, and a health score whose parts can be seen. Two tables:
 * states.def (the words) and reasons.def (conditions in order of weight, each with its sentence).
 * Pure functions of the entity and the time.
 */
#ifndef BOTSWAIN_MODEL_VERDICT_H
#define BOTSWAIN_MODEL_VERDICT_H

#include <stdint.h>
#include "core/msg/msg.h"

/* Thresholds that verdicts share with alerts; filled from settings by the engine (defaults:
 * verdict_defaults). */
struct verdict_limits {
	int64_t heartbeat_late_ms; /* 30 s */
	int64_t process_stale_ms;  /* three intervals */
	int64_t telegram_stale_ms; /* three intervals */
	int64_t pending_limit;     /* 200 */
	uint64_t pending_rises;    /* 3 polls */
	int64_t webhook_window_ms; /* a webhook error counts this long: 5 min */
	int64_t conflict_window_ms, flood_window_ms;
	int64_t worker_silent_ms; /* 5 min */
	uint64_t restart_limit;   /* 3 in the window */
	uint64_t fails_down;      /* failures in a row that make down of late: 2 */
	int64_t grace_ms;         /* after added_ms: checking, not unknown */
};

const struct verdict_limits *verdict_defaults(void);
/* Sets severity, state, why, why_since_ms, reasons, score, score_parts, state_since_ms. */
void verdict_bot(struct msg_bot *bot, const struct verdict_limits *limits, int64_t now_ms);
void verdict_service(struct msg_service *service, const struct msg_source *source,
	const struct verdict_limits *limits, int64_t now_ms);
/* '!' 'w' '?' 'x' '.' */
char severity_letter(unsigned severity);
const char *severity_word(unsigned severity);

#endif
