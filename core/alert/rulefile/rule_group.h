/* SPDX-License-Identifier: MIT */
/*
 * A group of rules at work: its rules are evaluated in order at one time, alerts become pending, firing and resolved as Prometheus
 * has it (compliance: alert_generator/specification.md), and what they and the recording rules yield goes into the store: later rules
 * of the group see it at the same time. It knows no clock: the time of an evaluation is given. What changed comes out as messages
 * (obs_rules). One thread at a time.
 */
#ifndef BOTSWAIN_ALERT_RULE_GROUP_H
#define BOTSWAIN_ALERT_RULE_GROUP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct clock;
struct msg_alert;
struct msg_obs_rules;
struct querier;
struct rule_group;
struct rule_group_spec;
struct tsdb;

enum {
	RULE_ALERTS_MAX = 10000,         /* active ones of a rule */
	RULE_RESOLVED_MS = 15 * 60000,   /* so long a resolved one is remembered, */
	RULE_RESOLVED_SHOWN_MS = 300000, /* and shown */
	RULE_OUTAGE_MS = 3600000,        /* `for` goes on over a stop of so long at most */
	RULE_GRACE_MS = 600000,          /* then a longer one fires so much later at the soonest */
	RULE_TOLD_MAX =
		4, /* alerts in a message: a turn takes some messages between two looks at the clock */
	RULE_SAMPLES_MAX = 20000000,
	RULE_TIME_MS = 10000,
};

/* What an evaluation works with. */
struct rule_round {
	int64_t time_ms;  /* by which alerts are told how long they are active */
	int64_t asked_ms; /* of which it asks, and at which it writes */
	const struct querier *querier;
	struct tsdb *tsdb;            /* where it writes */
	const struct clock *clock;    /* of the limit of time; NULL: none */
	const atomic_bool *cancelled; /* may be NULL */
	/* Takes ownership of each message. */
	void (*tell)(void *context, struct msg_obs_rules *message);
	void *context;
};

/* Takes what the specification holds, which is empty then. */
struct rule_group *rule_group_new(struct rule_group_spec *spec) MUST_CHECK;
void rule_group_free(struct rule_group *group); /* NULL is legal; no series ends by it */
/* The alerts of rules that are the same in an old one go on in this one, a firing one as pending where `for` grew beyond its age.
 * The rest of the old one ends with the next evaluation of this one, which owns it from now on. */
void rule_group_adopt(struct rule_group *group, struct rule_group *old);
/* An alert that fired before this start; it is told as that when its condition is seen to hold. Takes ownership. */
void rule_group_recall(struct rule_group *group, struct msg_alert *alert);
/* Evaluates all rules. */
void rule_group_run(struct rule_group *group, const struct rule_round *round);
/* Ends its series, and its alerts. */
void rule_group_end(struct rule_group *group, const struct rule_round *round);

const char *rule_group_file(const struct rule_group *group);
const char *rule_group_name(const struct rule_group *group);
int64_t rule_group_interval_ms(const struct rule_group *group);
size_t rule_group_failing(const struct rule_group *group); /* rules whose last evaluation failed */

/* What its selectors found at its last evaluations: how many series have the label instance or bot of this source. */
size_t rule_group_reads(const struct rule_group *group, uint64_t source);
uint64_t rule_source(const char *label, const char *value);

#endif
