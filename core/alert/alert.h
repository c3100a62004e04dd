/* SPDX-License-Identifier: MIT */
/*
 * The built-in alerts: one table (builtin.def) of conditions over the model, each with threshold,
 * hold time, severity, sentence and the source of its figure. Evaluated on observation (a changed
 * bot) and once a second. Results are alert entities of the model. Engine thread.
 */
#ifndef BOTSWAIN_ALERT_ALERT_H
#define BOTSWAIN_ALERT_ALERT_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct alerts;
struct clock;
struct model;
struct settings;

/* A row of builtin.def, for docs, check-config and make accept. */
struct alert_rule {
	const char *name, *target, *severity, *unit, *origin, *help;
	double limit;
	int64_t for_ms;
};

struct alerts *alerts_new(
	struct settings *settings, const struct clock *clock, struct model *model) MUST_CHECK;
void alerts_free(struct alerts *alerts); /* NULL is legal */
void alerts_reload(struct alerts *alerts, struct settings *settings);
/* Evaluates one target (after an observation of it), or all. */
void alerts_check(struct alerts *alerts, unsigned kind, uint64_t id);
void alerts_turn(struct alerts *alerts);
/* alert_rule_at(0 .. until NULL) */
const struct alert_rule *alert_rule_at(size_t index);

#endif
