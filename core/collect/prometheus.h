/* SPDX-License-Identifier: MIT */
/*
 * Asks a Prometheus server what somebody wants to know: one thread while the settings name one. Some calls
 * are under way at a time, the others stand in line; a call that nobody waits for any more is closed.
 * What an answer means is for whoever asked.
 */
#ifndef BOTSWAIN_COLLECT_PROMETHEUS_H
#define BOTSWAIN_COLLECT_PROMETHEUS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_reply;

enum { PROMETHEUS_CALLS = 4 }; /* under way at a time */

struct prometheus_ask {
	bool is_range; /* query_range, else query: nothing else is ever asked */
	char *form;    /* form-encoded, owned */
	size_t body_max;
	const atomic_bool *cancelled; /* lives until done() */
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

#endif
