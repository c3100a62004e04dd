/* SPDX-License-Identifier: MIT */
/*
 * Asks a Prometheus server what somebody wants to know: one thread while the settings name one. Some calls
 * are under way at a time, few of them of one owner, the others stand in line, and who has the fewest under way is next:
 * one that asks for much leaves room for those that ask for little. A call that nobody waits for any more is closed. What an answer means is for
 * whoever asked. Beside them it asks what 1 is, every PROMETHEUS_LOOK_MS and when a call was in vain: that is the state
 * of the source.
 */
#ifndef BOTSWAIN_COLLECT_PROMETHEUS_H
#define BOTSWAIN_COLLECT_PROMETHEUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;
struct http_reply;

enum {
	PROMETHEUS_CALLS = 4,  /* under way at a time */
	PROMETHEUS_OF_ONE = 2, /* of them of one owner */
	PROMETHEUS_LOOK_MS = 15000,
};

/* Nothing else is ever asked: all of them only read. */
enum prometheus_question {
	PROMETHEUS_QUERY,
	PROMETHEUS_RANGE,
	PROMETHEUS_LABELS,
	PROMETHEUS_VALUES, /* of `label` */
};

struct prometheus_ask {
	enum prometheus_question question;
	char *label; /* letters, digits and _ alone; owned, NULL none */
	char *form;  /* form-encoded, owned; "" none */
	bool is_get; /* the form goes behind the path, else it is posted */
	size_t body_max;
	const void *owner; /* who asks: only told apart from others */
	/* Any thread, until done(). */
	bool (*is_wanted)(const void *context);
	/* Called once, whatever becomes of it: ERR_CANCELLED when it was cancelled or nobody is there to ask
	 * any more. Any thread. */
	void (*done)(void *context, const struct http_reply *reply);
	void *context;
	/* private */
	int64_t since_ms;
	struct prometheus_ask *next;
};

/* Ends an ask that was never sent: done() with ERR_CANCELLED, and it is freed. */
void prometheus_drop(void *ask);

/* Below /api/v1/. The caller frees it. */
char *prometheus_path(enum prometheus_question question, const char *label) MUST_CHECK;
/* What an HTTP status says where no answer of the API at `path` came. Returns false. */
bool prometheus_say_status(long status, const char *path, struct err *err);

#endif
