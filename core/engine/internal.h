/* SPDX-License-Identifier: MIT */
/* The engine's inside, for the files of this room only. Everything here is the engine thread's. */
#ifndef BOTSWAIN_ENGINE_INTERNAL_H
#define BOTSWAIN_ENGINE_INTERNAL_H

#include <stdatomic.h>
#include "core/base/clock.h"
#include "core/act/journal.h"
#include "core/engine/cost.h"
#include "core/engine/draft.h"
#include "core/engine/engine.h"
#include "core/engine/facts.h"
#include "core/engine/pasts.h"
#include "core/engine/replay.h"
#include "core/engine/sources.h"
#include "core/engine/systemd.h"
#include "core/model/model.h"
#include "core/model/verdict.h"

struct server;
struct act;
struct alerts;
struct collect;
struct event_directory;
struct exporter;
struct indexer;
struct journal_book;
struct ledger;
struct lock;
struct memory;
struct metrics;
struct name_cache;
struct query_pool;
struct last_view;
struct recall;
struct recorder;
struct redact_memo;
struct redactor;
struct replay;
struct rules;
struct tell;

enum {
	SLICE_US = 700, /* of a turn's 2 ms for each: digesting, judging again, encoding state */
	SLICE_PARCELS = 16, /* digested between two looks at the clock */
	TURN_PARCELS = 256, /* digested in one turn at most */
	BEAT_MS = 1000,     /* housekeeping */
	MAILBOX_LIMIT = 65536,
};

/* Our own CPU time at the last few beats. */
struct usage_sample {
	int64_t cost_us, cpu_us;
};
struct usage {
	struct usage_sample samples[5];
	unsigned count;
};

struct engine {
	struct settings *settings;
	const struct clock *clock;
	struct engine_options options;
	struct verdict_limits limits;
	struct mailbox *mailbox;
	struct model *model;
	struct facts *facts;
	struct drafts drafts;
	struct sources sources;
	uint64_t checking_done, checking_total;
	uint64_t fleet_round;    /* fleets read since start */
	struct metrics *metrics; /* of a replay what it recorded */
	struct server *server;
	struct lock *lock;     /* NULL: not listening */
	struct ledger *ledger; /* NULL: nothing is written */
	struct memory *memory;
	struct recall *recall;
	struct last_view *last_view;
	int64_t tidy_mono_ms; /* when free memory is given back; 0: not known yet */
	bool keeps;           /* a round of keeping the last known state is under way */
	struct query_pool *pool;
	struct name_cache *name_cache; /* of a configured Prometheus */
	unsigned reloads;              /* the configuration is being read so many times */
	struct event_directory *events;
	uint64_t event_changes; /* notes of writers: the events may have grown */
	struct indexer *indexer;
	bool events_looked_at;    /* somebody who is still there asked for some */
	uint64_t events_in_place; /* lines that stayed in their file since start */
	struct journal_book *book;
	struct alerts *alerts;
	struct rules *rules;       /* of rule files; NULL: a replay judges nothing */
	struct tell *tell;         /* NULL: nobody is told */
	struct exporter *exporter; /* NULL: no /metrics */
	struct act *act;
	struct journal journal;
	struct recorder *recorder; /* NULL: nothing is recorded */
	struct pasts pasts;
	uint64_t record_limit_bytes; /* its budget; a reload does not change it */
	char record_error[256];      /* why not; empty: as it should be */
	struct replay *replay;       /* NULL: it shows what is now */
	struct collect *collect;     /* NULL: no workers */
	struct redactor *redactor;   /* what the last beat redacted with; NULL: none yet */
	struct redact_memo *redact_memo;
	uint64_t redactor_changes; /* secrets became known: rows that were sent may show them */
	uint64_t audit_changes;    /* results of the ledger: the audit file may have grown */
	struct cost cost;
	int64_t cpu_us,
		cpu_slack_us; /* of this thread when it was last looked at; and since then, at most */
	unsigned beats;       /* since start */
	struct usage usage;
	struct systemd systemd;
	int64_t started_ms, started_mono_ms;
	int64_t beat_mono_ms;  /* next housekeeping */
	size_t lines_turn;     /* of lines_beat() */
	int64_t leave_mono_ms; /* own engine without a client: when it leaves, 0 undecided */
	size_t judged,
		to_judge; /* where judge_some() is, and how many are left to be looked at in this beat, */
	size_t may_judge;        /* and to be judged */
	int64_t clock_offset_ms; /* of the wall clock from the other, at the last beat */
	uint64_t dropped, strangers;
	uint64_t refused_samples; /* of pages with more series than their limit */
	struct history *history;  /* of the event store; NULL: none is kept */
	char history_error[256];  /* as it was said last */
	char config_error[512], ledger_error[256];
	bool was_attached;
	char leaving[512];     /* told to stop: what it waits for; empty: nothing */
	int64_t stop_mono_ms;  /* that long at most; 0: not told to */
	bool yields;           /* a service asked an own engine for its place */
	int64_t yield_mono_ms; /* nothing runs any more: it leaves then; 0: undecided */
	uint64_t yield_rev; /* of the model then: what its clients have yet to hear; 0: undecided */
	bool has_waited;    /* for something that ran: who is attached hears how that ended */
	char displaced
		[256];    /* why it is no longer the engine of its state directory; empty: it is */
	atomic_uint stop; /* how often it was told to stop */
	atomic_bool reload;
};

/* Serves /metrics where the configuration says, instead of where it did. False: nowhere now. */
MUST_CHECK bool engine_export(struct engine *engine, struct err *err);

/* What is shown is of this time: a replay has its own. */
static inline int64_t now_wall(const struct engine *engine)
{
	return engine->replay ? replay_now_ms(engine->replay) : clock_wall_ms(engine->clock);
}

static inline int64_t now_mono(const struct engine *engine)
{
	return clock_mono_ms(engine->clock);
}

#endif
