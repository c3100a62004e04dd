/* SPDX-License-Identifier: MIT */
/*
 * Who is told of which alert, by `on_alert`: looks at the alerts of the model once a second, and makes one line of
 * JSON of each that began to fire, grew to crit, or is over. Lines wait in a bounded queue; more than `per_minute` of
 * them in a minute, or more than the queue holds, become one summary that counts them. Of what was told it keeps a
 * mark (the caller stores it), so that an alert is told once, also over a restart, and that it is over is told of
 * exactly those. Pure but for the clock; engine thread.
 */
#ifndef BOTSWAIN_ALERT_NOTICES_H
#define BOTSWAIN_ALERT_NOTICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct alerts;
struct clock;
struct conf_on_alert;
struct model;
struct notices;

enum { NOTICES_WAITING_MAX = 64, NOTICES_MINUTE_MS = 60000, NOTICE_KEY_MAX = 32 };

/* One run of the program. */
struct notice {
	char *line;               /* one JSON object and its line break; heap */
	char *about;              /* "bot_down of orders, firing": for the log; heap */
	char key[NOTICE_KEY_MAX]; /* its mark; "": none is kept */
	char *mark; /* to be stored under the key before the line goes out; "": to be forgotten; heap */
};
void notice_release(struct notice *notice);

/* Borrows all; `host`: the name of this machine, for targets that run here. */
struct notices *notices_new(const struct clock *clock, const struct model *model,
	const struct alerts *alerts, const char *host) MUST_CHECK;
void notices_free(struct notices *notices); /* NULL is legal */
/* The mark under this key is of no use any more, though no line goes out: the caller forgets it. */
typedef void notices_forget(void *context, const char *key);
void notices_on_forget(struct notices *notices, notices_forget *forget, void *context);
/* From now on; `environment` is copied. */
void notices_configure(
	struct notices *notices, const struct conf_on_alert *conf, const char *environment);
/* Forgets what was told and what waits: nobody is told any more. */
void notices_clear(struct notices *notices);

/* A mark that an engine before this one kept. */
void notices_recall(struct notices *notices, const char *mark, size_t length);
/* Looks for what began and what is over. */
void notices_scan(struct notices *notices);
/* Moves the oldest that waits into `ret`; false: none. */
bool notices_next(struct notices *notices, struct notice *ret);

size_t notices_waiting(const struct notices *notices);
/* Alerts that were only counted in a summary, since start. */
uint64_t notices_dropped(const struct notices *notices);

#endif
