/* SPDX-License-Identifier: MIT */
/*
 * What the digest remembers of a bot beside its entity: earlier polls, counts in windows, monotonic
 * times of the last observations. Screens never see it. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_FACTS_H
#define BOTSWAIN_ENGINE_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/engine/tally.h"
#include "core/model/model.h"
#include "core/parse/log_level.h"

enum {
	BACKLOG_POLLS = 5,
	WORKERS_MAX = 32,
	SPARK_POINTS = 30,
	SPARK_SLOT_MS = 30000,
	LOG_SPAN_MS = 60000,
	NEVER = INT64_MIN / 2, /* a mono time before every other */
};

/* What a bot (or a worker of it) last said of itself. */
struct worker_facts {
	char id[24];
	bool present;             /* its key was there at the last look */
	int64_t beat_ms, mono_ms; /* wall time of its beat; when we saw it */
	double updates_per_s, p95_ms;
	unsigned slow_reports; /* in a row whose p95_ms is over the limit */
};

/* Means over equal slots of time. */
struct spark {
	double means[SPARK_POINTS]; /* by slot number modulo SPARK_POINTS */
	unsigned values;            /* in the newest slot */
	int64_t slot;               /* number of the newest, 0 none */
};

struct conf_bot;

/* An error that a bot's log or stream told: it may tell the other, too. */
enum { TOLD_ERRORS = 8 };
struct told_error {
	uint64_t text; /* hash; 0: none, or told by both */
	int64_t at_ms; /* wall, as the line says */
	bool by_stream;
};

/* What its lines tell. */
struct line_facts {
	struct tally errors, warnings, handled;
	struct told_error told[TOLD_ERRORS]; /* the last few that were counted */
	unsigned told_next;
	int64_t error_at_ms;          /* wall: of the newest error line */
	uint64_t counted[LOG_LEVELS]; /* since our start, by level */
	uint64_t appended;            /* how many there were when they were last in the metrics, */
	int64_t appended_mono_ms;     /* and when that was */
	struct episode conflict, flood;
};

/* Of thousands of bots most have no lines, no load or no process that is seen: what is large is made when it is needed. */
struct bot_facts {
	uint64_t id;
	char *name;
	const struct conf_bot *conf; /* its part of the settings; NULL: only a database names it */
	char *database;              /* the Postgres that says `enabled`; NULL: none */
	uint64_t fleet_round;        /* when that last named it */
	/* process */
	uint64_t pid;
	int64_t start_ms, start_mono_ms; /* of the process last seen, 0 none */
	struct times *starts;            /* new starts, wall; NULL: none was seen */
	bool is_counted;                 /* its supervisor counts its restarts: */
	int64_t counted_restarts;
	int64_t halted_ms; /* wall time when an operation stopped it, 0: it is not stopped */
	char *halted_by, *halted_why;
	/* telegram */
	struct {
		int64_t mono_ms, pending;
	} polls[BACKLOG_POLLS]; /* newest last */
	unsigned poll_count;
	uint64_t url_hash;
	bool url_known;
	uint64_t token_hash; /* last written to the ledger, and when */
	int64_t token_kept_mono_ms;
	bool answered; /* since our start it was said how it is with its token, if only that it waits */
	bool counted;            /* among those to be checked */
	int64_t webhook_error_s; /* last_error_date last seen */
	bool webhook_seen;
	struct episode webhook;
	struct line_facts *lines; /* NULL: none was noted */
	/* load */
	struct worker_facts *workers; /* one without a name: a bot that is not sharded */
	size_t worker_count, worker_room;
	/* what its metrics last said; NaN: nothing */
	struct {
		double updates_per_s, p95_ms, errors_per_min;
		int64_t mono_ms, stale_ms; /* when, and for how long that stands */
	} metrics;
	struct spark *spark; /* NULL: its load was never known */
	/* monotonic times of the last good observations */
	int64_t process_mono_ms, telegram_mono_ms, heartbeat_mono_ms;
	int64_t api_mono_ms;  /* last figures of a self-hosted Bot API server */
	int64_t look_mono_ms; /* last look at its heartbeat, whatever it saw */
	int64_t load_mono_ms; /* its load was last appended to the metrics */
};

void spark_add(struct spark *spark, int64_t mono_ms, double value);
/* Oldest first; NaN where nothing was added. */
void spark_read(const struct spark *spark, int64_t mono_ms, double ret[SPARK_POINTS]);

struct facts;

struct facts *facts_new(void) MUST_CHECK;
void facts_free(struct facts *facts); /* NULL is legal */
/* NULL when the bot is unknown. Valid until the next facts_add() or facts_remove(). */
struct bot_facts *facts_find(const struct facts *facts, uint64_t id);
/* Finds or makes it. */
struct bot_facts *facts_add(struct facts *facts, const char *name);
void facts_remove(struct facts *facts, uint64_t id);
struct line_facts *facts_lines(struct bot_facts *bot); /* made when there are none */
void facts_add_start(struct bot_facts *bot, int64_t wall_ms);
void facts_add_load(struct bot_facts *bot, int64_t mono_ms, double updates_per_s);
size_t facts_count(const struct facts *facts);
/* In no order; index < facts_count(). Whoever removes some goes from the last to the first. */
struct bot_facts *facts_at(const struct facts *facts, size_t index);
/* It was judged: what the sums of the fleet take of it is noted, and when time alone may change what is said of it (mono):
 * it is judged again then. A new bot is due at once. */
struct msg_bot;
void facts_judged(struct facts *facts, const struct msg_bot *bot, int64_t due_mono_ms);
void facts_plan_all(struct facts *facts, int64_t mono_ms);
bool facts_is_due(const struct facts *facts, size_t index, int64_t mono_ms);
/* An operation works on it. */
bool facts_is_busy(const struct facts *facts, size_t index);

/* Sums over all bots as they were last judged. */
struct fleet_sums {
	double updates_per_s; /* NaN: of none is it known */
	double pending, severities[SEVERITY_CRIT + 1];
	uint64_t recalled;   /* of which something is shown from before the start, */
	int64_t recalled_ms; /* and the newest wall time of that */
};
struct fleet_sums facts_sums(const struct facts *facts);

#endif
