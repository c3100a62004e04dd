/* SPDX-License-Identifier: MIT */
/* Calls of the Bot API, asynchronous, answered on the loop. */
#ifndef BOTSWAIN_FLEET_TELEGRAM_H
#define BOTSWAIN_FLEET_TELEGRAM_H

#include <jansson.h>
#include <stdint.h>

struct agent;

struct telegram_answer {
	long status;       /* HTTP, 0: no answer came */
	json_t *result;    /* borrowed; NULL unless ok */
	const char *why;   /* the description or what went wrong on the way */
	int retry_after_s; /* 0: none */
	int64_t took_ms;
};

typedef void telegram_done(struct agent *agent, void *data, const struct telegram_answer *answer);

/* Posts `args` (taken) as JSON; `done` is called once. `wait_s` is the longest that the method
 * itself may take. */
void telegram_call(struct agent *agent, const char *method, json_t *args, int wait_s,
	telegram_done *done, void *data);

#endif
