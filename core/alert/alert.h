/* SPDX-License-Identifier: MIT */
/*
 * The built-in alerts: one table (builtin.def) of conditions over the model, each with threshold,
 * hold time, severity, sentence and the source of its figure. Evaluated on observation (a changed
 * entity) and once a second. Results are alert entities of the model: pending, firing, and resolved
 * for five more minutes. What nobody can tell at the moment (the source is silent) changes nothing:
 * a firing alert goes on, and none begins. One alert a rule and target. Engine thread.
 */
#ifndef BOTSWAIN_ALERT_ALERT_H
#define BOTSWAIN_ALERT_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct alerts;
struct clock;
struct model;
struct msg_alert;
struct settings;
struct str;
struct verdict_limits;

enum { ALERT_RESOLVED_SHOWN_MS = 300000 };

/* A row of builtin.def, for docs, check-config and make accept. A limit of NaN: nothing to set. */
struct alert_rule {
	const char *name, *target, *severity, *unit, *second_unit, *origin, *help;
	double limit, second;
	int64_t for_ms, keep_ms;
};

/* Borrows the clock and the model; keeps a reference on the settings. */
struct alerts *alerts_new(
	struct settings *settings, const struct clock *clock, struct model *model) MUST_CHECK;
void alerts_free(struct alerts *alerts); /* NULL is legal */
/* Rules that are switched off resolve at the next turn; a longer `for` makes firing pending again. */
void alerts_reload(struct alerts *alerts, struct settings *settings);
/* One that fired before this start. It is shown when its condition is seen to hold again: with its old
 * times, at once; or, resolved, when it is seen not to. Takes ownership. */
void alerts_recall(struct alerts *alerts, struct msg_alert *alert);
/* Evaluates one target (after an observation of it). */
void alerts_check(struct alerts *alerts, unsigned kind, uint64_t id);
/* Once a second: what is pending, firing or resolved, and goes on by time alone. */
void alerts_turn(struct alerts *alerts);
/* Whether the condition of a rule holds for a target now. ALERT_NO also when it is switched off or the target is gone. */
enum alert_answer { ALERT_NO, ALERT_YES, ALERT_UNSURE };
enum alert_answer alerts_ask(const struct alerts *alerts, const char *rule, uint64_t target);
/* Rules that are not of builtin.def are judged elsewhere: until that is settled, alerts_ask() is unsure of them. */
void alerts_judge_others(struct alerts *alerts, bool is_settled);
/* alert_rule_at(0 .. until NULL) */
const struct alert_rule *alert_rule_at(size_t index);

/* The thresholds that verdicts share with these rules, from the settings. */
void alert_limits(const struct settings *settings, struct verdict_limits *ret);
/* Appends the table of the rules: the second half of docs/states.md. */
void alerts_print(struct str *ret);

#endif
