/* SPDX-License-Identifier: MIT */
/* What the two halves of the ledger share: its callers' side (ledger.c) and its thread
 * (ledger_thread.c). */
#ifndef BOTSWAIN_STORE_INTERNAL_H
#define BOTSWAIN_STORE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/act/journal.h"
#include "core/base/str.h"
#include "core/store/audit.h"
#include "core/store/database.h"
#include "core/store/last.h"

struct clock;
struct err;
struct mailbox;
struct redactor;

struct request {
	struct request *next;
	uint64_t ticket;
	char *key; /* a fact; NULL: an audit line */
	void *value;
	size_t length;
	struct audit_line line; /* its strings are ours */
	struct last_rows last;  /* rows of the last known state, when `identity` is set */
	char *identity;
	char *file; /* of the state directory: `value` goes into it */
};
void request_free(struct request *request);

struct ledger {
	const struct clock *clock;
	struct mailbox *to_engine;
	char *state_dir;
	struct facts facts; /* constant after opening */
	struct str note;
	struct last_rows known; /* as read; until it is forgotten */
	struct str last_identity, last_note;
	_Atomic uint64_t ticket, operation;
	pthread_t thread;
	/* the thread's own, once it runs */
	struct database *database;
	struct audit *audit;
	uint64_t stored_operation;
	bool failing;
	bool keeps_last; /* what the database holds is of our identity */
	int64_t probe_mono_ms;
	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct request *first, **last;
	size_t queued;
	struct request *file; /* in the queue; NULL: none waits */
	char file_error[256];
	bool stop;
	struct redactor *redactor;
};

void *ledger_serve(void *ledger);
/* A line of the ledger itself, before the thread runs or on it. */
MUST_CHECK bool ledger_write_line(
	struct ledger *ledger, const char *what, const char *result, struct err *err);

#endif
