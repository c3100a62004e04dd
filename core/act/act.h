/* SPDX-License-Identifier: MIT */
/*
 * Plans and operations (engine thread). Every changing verb is two requests: act_plan() resolves
 * targets and says what would happen; act_run() carries it out through a driver once the ledger has
 * made "accepted" durable. Outcomes are observed in the model (new pid, heartbeat, backlog falling)
 * or called unverified. Children are run by a runner thread that posts obs_child and appends their
 * output to an event chunk; nothing here blocks.
 */
#ifndef BOTSWAIN_ACT_ACT_H
#define BOTSWAIN_ACT_ACT_H

#include <stdbool.h>
#include <stdint.h>
#include "core/msg/msg.h"

struct act;
struct clock;
struct journal;
struct mailbox;
struct model;
struct redactor;
struct settings;

/* Who asks: taken from the socket, never from the message. */
struct operator
{
	char name[64];
	unsigned uid;
	uint64_t client;
	/* For the audit file alone, nothing is decided by it: who logged in, whatever became of him since (sudo, su), as the
	 * kernel says of the process; and what the client says of its user, which may be anything. */
	bool has_login;
	unsigned login_uid;
	char claims[224];
};

/*
 * `to_engine`: where the runner posts. `journal` NULL: an engine that only watches (no verb runs,
 * and nothing lifts that). Borrows all (the journal by value). Puts the verb and backup entities;
 * of the engine entity it owns the fields `armed` and `ledger_error`, of a bot `busy_op` and `busy_by`.
 */
struct act *act_new(struct settings *settings, const struct clock *clock, struct model *model,
	const struct journal *journal, struct mailbox *to_engine) MUST_CHECK;
/* False: there is no thread to run commands in, so it only watches. */
bool act_can_run(const struct act *act);
void act_free(struct act *act); /* cancels what runs, joins the runner; NULL is legal */
/* Nothing new begins from now on; what runs goes on. */
void act_leave(struct act *act);
void act_reload(struct act *act, struct settings *settings);
/* Known secrets are kept out of reasons and output from now on. Takes a reference. */
void act_redact_with(struct act *act, const struct redactor *redactor);

/* Why the driver of these settings does not act on a bot, in words for its next step; on the heap, "": it does. */
char *act_undriven(const struct settings *settings, const struct msg_bot *bot) MUST_CHECK;
/* The verbs for which that driver has no program: words with a blank between, on the heap. */
char *act_undriven_verbs(const struct settings *settings) MUST_CHECK;

/* Each fills the reply that the asker gets (strings owned by the reply). */
void act_plan(struct act *act, const struct operator* who, const struct msg_plan_req *request,
	struct msg_plan *ret);
/*
 * True: *ret is the answer (refused, or a repeat of what is accepted). False: it comes through the
 * function given to act_on_accepted() once the ledger made it durable, or could not.
 */
bool act_run(struct act *act, const struct operator* who, const struct msg_run_req *request,
	struct msg_accepted *ret);
typedef void act_accepted(void *context, uint64_t client, const struct msg_accepted *accepted);
void act_on_accepted(struct act *act, act_accepted *take, void *context);
/* An operation stopped this bot on purpose (its command ended with 0, and nothing says that the bot runs
 * on), or begins to start it again. Strings are borrowed for the call. */
struct act_halt {
	uint64_t bot;
	bool stopped;
	const char *by, *why; /* of a stop */
};
typedef void act_halted(void *context, const struct act_halt *halt);
void act_on_halt(struct act *act, act_halted *take, void *context);
/* An operation begins to work on this bot, or leaves it: `busy_op` and `busy_by` of its entity changed just now, and
 * what is made of them has not. The entity must not be put from within. */
typedef void act_busied(void *context, uint64_t bot);
void act_on_busy(struct act *act, act_busied *take, void *context);
void act_cancel(struct act *act, const struct operator* who, const struct msg_cancel_req *request,
	struct msg_answer *ret);
void act_arm(struct act *act, const struct operator* who, const struct msg_arm_req *request,
	struct msg_answer *ret);

/* A line of the audit file for what an operator did outside this room (a reload); an engine that
 * only watches writes none. */
void act_record(struct act *act, const struct operator* who, const char *what, const char *on,
	const char *result);

/* Feeds obs_child and obs_ledger; looks at deadlines and outcomes. Once a turn. */
void act_observe(struct act *act, enum msg_kind kind, const void *body);
void act_turn(struct act *act);
/* Operations that have not ended. */
unsigned act_running(const struct act *act);
/* The next mono time at which act_turn() has something to do, or INT64_MAX. */
int64_t act_due_ms(const struct act *act);

#endif
