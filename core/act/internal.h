/* SPDX-License-Identifier: MIT */
/* What the files of this room share. Engine thread only. */
#ifndef BOTSWAIN_ACT_INTERNAL_H
#define BOTSWAIN_ACT_INTERNAL_H

#include "core/act/act.h"
#include "core/act/journal.h"
#include "core/act/outcome.h"
#include "core/base/attr.h"

struct conf_backup;
struct conf_verb;
struct err;
struct redactor;
struct runner;
struct str;
struct argv;

enum {
	PLAN_MS = 60 * 1000,
	ARM_MS = 15 * 60 * 1000,
	KILL_MS = 3000,
	RECORD_MS = 15 * 1000, /* the ledger makes a line durable within this, or nothing is done */
	PLANS_MAX = 64,
	OPERATIONS_KEPT = 200,
	TARGETS_MAX = 500,
	DEFAULT_TIMEOUT_MS = 60 * 1000,
	DEFAULT_BACKUP_MS = 60 * 60 * 1000,
	DEFAULT_VERIFY_MS = 30 * 1000,
	DEFAULT_STABLE_MS = 10 * 1000,
};

/* work.c: what a verb means under the present configuration. */
struct deed; /* a verb on bots: its outcome and how many at once */
struct work {
	const char *word;
	const struct deed *deed;        /* start, stop, restart ...: DRIVEN in verbs.def */
	const struct conf_verb *custom; /* or a custom verb */
	bool is_backup;                 /* or a backup */
	bool per_bot;
	const char *consequence;
	bool typed; /* always wants the word typed */
};
/* What the supervisor of a bot calls it, on the heap, "" when none runs it; false: the driver does not act on it. */
MUST_CHECK bool driven_program(const struct act *act, uint64_t id, char **ret, struct err *err);
/* Borrows the settings: valid until the next reload. */
MUST_CHECK bool work_find(
	const struct act *act, const char *word, struct work *ret, struct err *err);
const struct argv *work_command(const struct act *act, const struct work *work);
enum want work_want(const struct work *work);
/* "being restarted"; NULL: the verb is no deed of ours. */
const char *work_being(const char *verb);
unsigned work_parallel(const struct work *work);
int64_t work_timeout_ms(const struct act *act, const struct work *work);

/* plans.c: what was shown and agreed to. */
struct plan_target {
	uint64_t id, severity, pid;
	char *name, *state;
	bool enabled;
};
struct plan {
	uint64_t id, operation; /* 0: not run yet */
	unsigned uid;
	char *verb, *typed;
	struct plan_target *targets;
	size_t target_count;
	int64_t expires_mono_ms;
};
void plan_free(struct plan *plan); /* NULL is legal */
/* Fills targets with their consequences, title, notes and confirmation. */
void plan_describe(const struct act *act, const struct plan *plan, const struct work *work,
	struct msg_plan *ret);

/* operations.c and op_view.c: what is being done. */
enum op_state {
	OP_ACCEPTED, /* operation: not durable yet; step: waiting */
	OP_RUNNING,
	OP_VERIFYING,
	OP_DONE, /* from here on it has ended; worst last */
	OP_UNVERIFIED,
	OP_CANCELLED,
	OP_FAILED,
};
const char *op_state_word(enum op_state state, bool of_step);

struct op_step {
	uint64_t target; /* bot or backup id, 0 none */
	char *name;
	enum op_state state;
	char *text;
	char **argv, **verify;
	char *file;
	int64_t started_ms, ended_ms;          /* wall */
	int64_t expires_mono_ms, kill_mono_ms; /* 0: none */
	uint64_t ticket;                       /* intent that is not durable yet; 0 none */
	int64_t record_mono_ms;                /* it is waited for until then */
	bool launched;                         /* its child is on its way */
	uint64_t lines, bytes;
	struct outcome outcome;
};
struct op {
	uint64_t id, ticket;    /* ticket: "accepted" that is not durable yet */
	int64_t record_mono_ms; /* it is waited for until then */
	struct operator who;
	char *verb, *title, *reason, *command;
	enum op_state state;
	char *result;
	int64_t started_ms, ended_ms; /* wall */
	int64_t deadline_ms;          /* wall: each step has met its limits by then */
	enum want want;
	bool is_backup;
	const char *stopping; /* why no further step begins; NULL: they do */
	unsigned parallel;
	int64_t timeout_ms, verify_ms, stable_ms;
	struct op_step *steps;
	size_t step_count;
	struct waiter {
		uint64_t client, req;
	} * waiting; /* who waits for "accepted" */
	size_t waiting_count, waiting_capacity;
};

/* Makes the operation of a plan: expands every command. Nothing happens before op_begin(). */
MUST_CHECK bool op_new(struct act *act, const struct operator* who, const struct plan *plan,
	const struct work *work, const char *reason, struct op **ret, struct err *err);
void op_free(struct op *op); /* NULL is legal */
/* Writes "accepted" to the journal; what follows waits for it. False: the journal takes nothing. */
MUST_CHECK bool op_begin(struct act *act, struct op *op, struct err *err);
/* Tells a client once "accepted" is durable, or failed. */
void op_wait(struct op *op, uint64_t client, uint64_t req);
void op_recorded(struct act *act, struct op *op, const struct msg_obs_ledger *seen);
/* What the ledger did not record in time is not done. */
void op_turn(struct act *act, struct op *op);
/* No further step begins, and those that are on their way are ended. `why` is a literal. */
void op_stop(struct act *act, struct op *op, const char *why);
void op_release_bot(struct act *act, const struct op *op, uint64_t bot_id);
/* Puts bot.busy_op right: a bot may have been written from a copy that was made before a change. */
void ops_check_busy(struct act *act);
/* Puts the entity. */
void op_show(struct act *act, const struct op *op);
/* Starts what may start; ends and frees the operation when all steps have ended. */
void op_advance(struct act *act, struct op *op);
struct op *op_find(const struct act *act, uint64_t id);
/* The live operation that works on this target, or NULL. */
const struct op *op_on(const struct act *act, uint64_t target);

/* history.c: operations survive a restart of the engine. */
/* Keeps what is shown of it. */
void history_keep(struct act *act, uint64_t id);
/* It has ended: the oldest of more than OPERATIONS_KEPT goes. */
void history_ended(struct act *act, uint64_t id);
/* Puts the operations of earlier starts; one that had not ended is recorded as interrupted. */
void history_load(struct act *act);

/* steps.c: a step's life. None of these moves the operation on: op_advance() does, after them. */
bool step_is_live(const struct op_step *step);
void step_begin(struct act *act, struct op *op, size_t index);
/* Its intent is durable, or could not be made so. */
void step_recorded(struct act *act, struct op *op, size_t index, const struct msg_obs_ledger *seen);
void step_child(struct act *act, struct op *op, size_t index, const struct msg_obs_child *child);
void step_turn(struct act *act, struct op *op, size_t index);
/* Its operation is stopping. */
void step_stop(struct act *act, struct op *op, size_t index);
void step_end(struct act *act, struct op *op, size_t index, enum op_state state, const char *text);
/* Mono time at which step_turn() has something to do, or INT64_MAX. */
int64_t step_due_ms(const struct op_step *step);

/* access.c: who may act, now. */
struct arming {
	char name[64];
	unsigned uid;
	int64_t until_ms, until_mono_ms;
};
MUST_CHECK bool access_check(const struct act *act, const struct operator* who, struct err *err);
void access_turn(struct act *act);
int64_t access_due_ms(const struct act *act);

/* backups.c: the entities that the configuration makes. */
/* Puts the verb and backup entities of the present configuration, and removes others. */
void entities_reload(struct act *act);
/* Begins to remove the half-written files of an engine that was killed. */
void backups_sweep(struct act *act);
const struct conf_backup *backup_find(const struct act *act, uint64_t id);
void backup_runs(struct act *act, uint64_t id);
void backup_ended(struct act *act, const struct op_step *step);
/* The size of the last good one, 0 unknown: progress is measured by it. */
uint64_t backup_last_bytes(const struct act *act, uint64_t id);

/* words.c: the sentences of plans and results. */
void words_bot(const struct work *work, const struct msg_bot *bot, struct str *out);
void words_backup(const struct act *act, const struct conf_backup *conf,
	const struct msg_backup *backup, struct str *out);
/* "restart 2 bots", "restart orders" */
void words_title(const struct plan *plan, const struct work *work, struct str *out);
void words_result(const struct op *op, struct str *out);
/* What a bot is told to be: "being restarted by root", "under 'warm' by root". */
void words_busy(const struct op *op, struct str *out);

struct act {
	struct settings *settings;
	const struct clock *clock;
	struct model *model;
	bool may_act, is_leaving;
	struct journal journal;
	struct mailbox *to_engine;
	char **environment;
	struct runner *runner;
	struct redactor *redactor; /* NULL: shapes alone */
	unsigned uid;              /* ours */
	char ledger_error[256];
	bool ledger_silent; /* the error is that it does not answer: any answer clears it */
	struct arming *armed;
	size_t armed_count, armed_capacity;
	struct plan *plans[PLANS_MAX]; /* a ring */
	uint64_t last_plan;
	struct op **ops; /* that have not ended */
	size_t op_count, op_capacity;
	uint64_t ended[OPERATIONS_KEPT]; /* a ring of entities that stay */
	uint64_t ended_count;
	unsigned busy_checks; /* turns in which bot.busy_op is compared with what runs */
	act_accepted *take_accepted;
	void *take_context;
	act_halted *take_halt;
	void *halt_context;
	act_busied *take_busy;
	void *busy_context;
};

struct now act_now(const struct act *act);
/* The ledger let RECORD_MS pass: says so from now on, and gives what is told in its place. */
struct msg_obs_ledger act_ledger_silent(struct act *act);
/* A line of the audit file about an operation; the ticket. */
uint64_t act_audit(struct act *act, const struct operator* who, const struct audit_line *line);

#endif
