/* SPDX-License-Identifier: MIT */
/* What the files that judge share: the tables, and a bot's facts as the reasons ask for them. */
#ifndef BOTSWAIN_MODEL_INTERNAL_H
#define BOTSWAIN_MODEL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/model/model.h"
#include "core/model/verdict.h"

struct str;

enum state_id {
#define STATE(id, ...) STATE_##id,
#include "core/model/states.def"
};

struct state {
	const char *word;
	enum severity severity;
	const char *of, *meaning;
};

enum part_id {
#define PART(id, ...) PART_##id,
#include "core/model/reasons.def"
	PART_COUNT
};

struct part {
	const char *name;
	int points;
	const char *help;
};

/* When a reason is judged at all. */
enum when { WHEN_ANY, WHEN_RUN, WHEN_LIVE, WHEN_ON, WHEN_OFF };

/* A bot as the reasons look at it. */
struct view {
	const struct msg_bot *bot;
	const struct verdict_limits *limits;
	int64_t now_ms;
	bool grown;       /* known for longer than the grace period */
	bool has_process; /* configured */
	bool process_fresh, running;
	bool has_heartbeat;
	bool heartbeat_fresh;     /* looked at lately */
	bool dated;               /* its beats have an age */
	bool beating;             /* and the last one is in time */
	int64_t heartbeat_age_ms; /* of the last beat (or of the process or the watch when that is
				   * younger), as it was at the last look: that Redis is silent
				   * makes no beat older */
	bool spared;              /* the watch is younger than a beat may be old */
	bool overdue;             /* but for that its beat would be late or lost */
	const struct msg_worker_seen *silent; /* the worker silent for longest, too long; or NULL */
	bool asked;                           /* Telegram is asked for it */
	bool telegram_fresh;
	bool by_api;       /* takes its updates through the Bot API: a backlog means something */
	bool has_health;   /* a health page tells of it */
	bool health_fresh; /* looked at lately */
	bool alive;        /* something says that it runs */
	bool halted;       /* an operation stopped it, and nothing says that it runs again */
	int64_t *left_ms;  /* until time alone may change what was looked at; NULL: nobody asks */
};

/* What a sentence gives back besides its text: a wall time, or one of these. */
enum { SINCE_KEPT = 0, SINCE_NONE = -1 };

struct reason_row {
	const char *id, *source, *help;
	enum severity severity;
	enum state_id state;
	enum part_id part;
	int loss;
	enum when when;
	bool (*holds)(const struct view *view);
	int64_t (*say)(const struct view *view, struct str *text);
};

/* A reason of a service: a wider view is not needed. */
struct service_view {
	const struct msg_service *service;
	const struct msg_source *source; /* never NULL */
	const struct verdict_limits *limits;
	int64_t now_ms;
};

struct service_row {
	const char *id, *help;
	enum severity severity;
	enum state_id state;
	bool (*holds)(const struct service_view *view);
	void (*say)(const struct service_view *view, struct str *text);
};

struct recording_row {
	const char *id, *help;
	enum severity severity;
	enum state_id state;
	bool (*holds)(const struct msg_engine *engine, int64_t now_ms);
	void (*say)(const struct msg_engine *engine, struct str *text);
};

const struct state *state_of(enum state_id id);
const struct part *part_of(enum part_id id);
/* reason_row_at(0 .. until NULL), in order of weight. */
const struct reason_row *reason_row_at(size_t index);
const struct service_row *service_row_at(size_t index);
const struct recording_row *recording_row_at(size_t index);

struct view view_of(const struct msg_bot *bot, const struct verdict_limits *limits, int64_t now_ms,
	int64_t *left_ms);
/* Every question that the time alone may answer otherwise later is asked by these, so that it is known when a bot is to be
 * judged again. Not longer ago than this (0: never): */
bool view_is_within(const struct view *view, int64_t at_ms, int64_t limit_ms);
/* Longer ago than this; 0 is a time as others. */
bool view_is_past(const struct view *view, int64_t at_ms, int64_t limit_ms);
/* Something else changes in so long. */
void view_changes_in(const struct view *view, int64_t ms);
/* NULL-safe. */
bool is_word(const char *text, const char *word);

/* What a bot has at most, however whole its other parts are. */
enum { SCORE_CRIT_MOST = 40, SCORE_WARN_MOST = 80 };

/* Sets score and score_parts; `severity` of the bot, `losses` in percent of each part. */
void score_bot(struct msg_bot *bot, const struct view *view, enum severity severity,
	const int losses[PART_COUNT]);

#endif
