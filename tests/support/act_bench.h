/* SPDX-License-Identifier: MIT */
/*
 * Plans and operations without an engine: the ledger's answers and the bots' state are given by the
 * test under a virtual clock, the children are real. A failure ends the test.
 */
#ifndef BOTSWAIN_TESTS_ACT_BENCH_H
#define BOTSWAIN_TESTS_ACT_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/act/act.h"
#include "core/act/journal.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/model.h"
#include "core/msg/mailbox.h"

/* 2026-11-20 10:00:21.744 UTC: when every bench starts. */
#define BENCH_WALL_MS INT64_C(1795168821744)

enum { BENCH_LINES_MAX = 200, BENCH_FACTS_MAX = 16 };

struct bench_fact {
	char *key;
	struct str value;
};

struct act_bench {
	struct clock clock;
	struct model *model;
	struct mailbox *mailbox;
	struct settings settings;
	struct act *act;
	struct operator ann;
	/* the journal's side */
	struct journal journal;
	uint64_t ticket, answered, operation;
	bool failing;
	char *lines[BENCH_LINES_MAX]; /* what/on/why/result */
	size_t line_count;
	struct bench_fact facts[BENCH_FACTS_MAX];
	size_t fact_count;
	/* the last answer to a run that came later */
	struct msg_accepted accepted;
	unsigned accepted_count;
	uint64_t accepted_client;
};

/* Two bots, orders and pay, that run as pid 812; every driver command is `true {bot}`; write:
 * always. bench_setup_open() opens act too. */
int bench_setup(void **state);
int bench_setup_open(void **state);
int bench_teardown(void **state);
void bench_open(struct act_bench *bench);

/* Constant text where a message wants its own. */
char *bench_words(const char *text);
struct argv bench_command(const char *const *template);
struct msg_bot *bench_add_bot(struct act_bench *bench, const char *name);
struct msg_bot *bench_bot(struct act_bench *bench, const char *name);

/* Asks for a plan on these bots (NULL ends them); released by the caller. */
struct msg_plan bench_plan(struct act_bench *bench, const char *verb, ...);
bool bench_run(struct act_bench *bench, uint64_t plan, uint64_t req, struct msg_accepted *ret);
/* A run that is refused at once; the sentence, valid until the next call. */
const char *bench_refusal(struct act_bench *bench, const struct msg_run_req *request);
/* Whether a restart of orders could be planned now. */
enum err_code bench_code(struct act_bench *bench);
/* Hands on every result that the journal owes. */
void bench_ledger(struct act_bench *bench);
/* Plans and runs, until the first child is on its way; the operation. */
uint64_t bench_begin(struct act_bench *bench, const char *verb, const char *name);
/* Waits for a child's event and hands it on. */
void bench_child(struct act_bench *bench, const char *event);
/* Time passes; the bot is looked at after it. */
void bench_pass(struct act_bench *bench, const char *name, int64_t ms);
void bench_beat(struct act_bench *bench, const char *name);
void bench_come_up(struct act_bench *bench, const char *name, uint64_t pid);
const struct msg_operation *bench_operation(struct act_bench *bench, uint64_t id);
void bench_ended(struct act_bench *bench, uint64_t id, const char *state, const char *result);

#endif
