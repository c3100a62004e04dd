/* SPDX-License-Identifier: MIT */
/*
 * States and reasons: from everything observed of a bot (or service) to one state word, one
 * severity, the reasons worst first, and a health score whose parts can be seen. Two tables:
 * states.def (the words) and reasons.def (conditions in order of weight, each with its sentence).
 * Pure functions of the entity and the time.
 */
#ifndef BOTSWAIN_MODEL_VERDICT_H
#define BOTSWAIN_MODEL_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/msg/msg.h"

struct str;

/* Thresholds: those that verdicts share with alerts, and how old an observation may be. Filled from settings by
 * alert_limits() (defaults: verdict_defaults). */
struct verdict_limits {
#define LIMIT(type, field, ...) type field;
#include "core/model/limits.def"
	/* what was not looked at for this long is unknown: three intervals */
	int64_t heartbeat_stale_ms, process_stale_ms, telegram_stale_ms, service_stale_ms;
	int64_t health_stale_ms; /* a bot's health page */
	int64_t grace_ms;        /* after added_ms: checking, not unknown: 30 s */
	double slow_ms;          /* a service that takes longer is slow: 500 ms */
	double slow_p95_ms;      /* a bot whose handlers take longer is slow: 1 s */
	uint64_t slow_reports;   /* when it says so as often in a row: 3 */
};

const struct verdict_limits *verdict_defaults(void);

/*
 * Sets severity, state, why, why_since_ms, reasons, score, score_parts, state_since_ms. What the bot
 * said before is read first: a reason that goes on keeps its since_ms. A reason's text holds no age:
 * who shows it adds that of since_ms (0: none to add). Strings may be NULL. Returns in how many ms time alone, with nothing
 * new seen of it, may change that; INT64_MAX: never.
 */
int64_t verdict_bot(struct msg_bot *bot, const struct verdict_limits *limits, int64_t now_ms);
/* What may be said of a bot in figures now, by the same limits and the same freshness: 1, 0, or NaN for what
 * nobody knows, because it is not asked, not answered yet, or was not looked at for too long. */
struct bot_signs {
	double up;          /* its process runs, or where that is not known its heart beats */
	double telegram_up; /* Telegram answers for its token */
	bool sees_process;  /* it was looked at lately: what was seen of it stands */
};
struct bot_signs verdict_signs(
	const struct msg_bot *bot, const struct verdict_limits *limits, int64_t now_ms);
/* Sets severity, state, why and since_ms. `source` may be NULL: never asked. */
void verdict_service(struct msg_service *service, const struct msg_source *source,
	const struct verdict_limits *limits, int64_t now_ms);
/* Sets severity, state, why and since_ms of the service that is the engine's recording. */
void verdict_recording(
	struct msg_service *service, const struct msg_engine *engine, int64_t now_ms);
/* What was seen of a health check. */
struct check_seen {
	bool is_answered; /* a look ended, well or not */
	bool is_old;      /* too long ago */
	uint64_t code;    /* of the last one: enum err_code, ERR_PROTOCOL: it answered otherwise */
};

/* Sets severity, state and since_ms; `bot` NULL: it tells of none. */
void verdict_check(struct msg_check *check, const struct msg_bot *bot,
	const struct check_seen *seen, const struct verdict_limits *limits, int64_t now_ms);
/* Why a group is in trouble whose oldest entry waits for too long. */
#define STREAM_NOT_ACKNOWLEDGED "an entry is not acknowledged"
/* Sets severity, why and since_ms of a stream or one of its groups; what is silent for `dead_ms` is dead. */
void verdict_stream(struct msg_stream *stream, int64_t dead_ms, int64_t now_ms);
/* All checks as one service: passed, checks, the slowest answer, and `why` with those that fail by
 * name, the worst first. Checks of bots that are not to run do not count. */
void verdict_checks(struct msg_service *sum, const struct msg_check *const *checks, size_t count,
	int64_t now_ms);
/* '!' 'w' '?' 'x' '.' */
char severity_letter(unsigned severity);
const char *severity_word(unsigned severity);

/* Where an alert stands among others of its severity, 0 first: by the name of its rule, causes before what follows from
 * them (core/model/causes.def). */
unsigned alert_place(const char *rule);

/* The usual severity of a state word; also with _ for the blank ("not_permitted"). */
unsigned state_severity(const char *state);

/* What went wrong, in as few words as are true: "connection refused" of a library's sentence. Appends
 * to `ret`. */
void shorten_error(struct str *ret, const char *error);
/* The error of a source without what stands beside it everywhere: `no connection` of `cannot reach postgres 'main': no
 * connection`. Points into it. */
const char *error_cause(const struct msg_source *source);
/* Appends the page that docs/states.md begins with: severities, states, reasons, parts. */
void states_print(struct str *ret);

#endif
