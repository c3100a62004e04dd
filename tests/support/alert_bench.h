/* SPDX-License-Identifier: MIT */
/*
 * A model, settings and alerts under a virtual clock, for tests of the rules. Facts are fields of a message in text form; in
 * them =~12s is 12 s before now and =+12s after.
 */
#ifndef BOTSWAIN_TESTS_ALERT_BENCH_H
#define BOTSWAIN_TESTS_ALERT_BENCH_H

#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/clock.h"
#include "core/model/verdict.h"

struct alerts;
struct model;
struct msg_alert;
struct settings;

#define ALERT_BENCH_MS INT64_C(1790000000000) /* the wall clock at the start */

struct alert_bench {
	struct clock clock;
	struct model *model;
	struct settings *settings;
	struct alerts *alerts;
	struct verdict_limits limits;
};

/* Of cmocka: *state is a struct alert_bench. */
int alert_bench_setup(void **state);
int alert_bench_teardown(void **state);

/* The caller drops them; fails the test when the configuration is wrong. */
struct settings *alert_bench_settings(const char *yaml) MUST_CHECK;
void alert_bench_configure(struct alert_bench *bench, const char *yaml);
/* The body of a message of that kind (bot, source ...) with these facts, which the caller frees. */
void *alert_bench_parse(const struct alert_bench *bench, const char *kind, const char *facts,
	uint64_t id) MUST_CHECK;

/* The only bot, orders. */
uint64_t bot_id(void);
/* An observation of the bot: all is well but for these facts. Reasons of before go on, as in the engine. */
void see_bot(struct alert_bench *bench, const char *facts);
/* Time passes, then the alerts have their turn. */
void pass(struct alert_bench *bench, int64_t ms);
/* The alert of a rule; NULL none. */
const struct msg_alert *alert_of(const struct alert_bench *bench, const char *rule);
/* pending, firing, resolved, or none. */
const char *phase_of(const struct alert_bench *bench, const char *rule);

#endif
