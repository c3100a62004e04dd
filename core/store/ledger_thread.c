/* SPDX-License-Identifier: MIT */
/*
 * What has queued while the disk was busy is one batch: one transaction, then one append and one
 * fsync. The database goes first, so that a durable audit line means that its operation number is
 * never given again. While it fails, a line of its own is tried every second; when that is durable,
 * it says so unasked.
 */
#include "core/store/internal.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/msg/mailbox.h"
#include "core/store/kept_file.h"

enum { BATCH_MAX = 512, PROBE_MS = 1000, REPOST_MS = 20 };

static void deadline_in(struct timespec *ret, int64_t ms)
{
	if (ms < 0)
		ms = 0;
	clock_gettime(CLOCK_MONOTONIC, ret);
	ret->tv_sec += (time_t)(ms / 1000);
	ret->tv_nsec += (long)(ms % 1000) * 1000000;
	ret->tv_sec += ret->tv_nsec / 1000000000;
	ret->tv_nsec %= 1000000000;
}

/* A full mailbox must not eat a result: an operation waits for it. Gives up only when we are told
 * to stop. */
static void post(struct ledger *ledger, uint64_t ticket, uint64_t operation, const struct err *err)
{
	for (bool posted = false; !posted;) {
		struct msg_obs_ledger *body = msg_new(MSG_obs_ledger);
		*body = (struct msg_obs_ledger){.ticket = ticket,
			.code = err->code,
			.error = xstrdup(err->code ? err->text : ""),
			.operation = operation};
		posted = mailbox_post(ledger->to_engine, MSG_obs_ledger, body);
		if (posted)
			return;
		struct timespec until;
		deadline_in(&until, REPOST_MS);
		pthread_mutex_lock(&ledger->lock);
		if (!ledger->stop)
			pthread_cond_timedwait(&ledger->wake, &ledger->lock, &until);
		posted = ledger->stop;
		pthread_mutex_unlock(&ledger->lock);
	}
}

static uint64_t last_operation(const struct request *batch)
{
	uint64_t last = 0;
	for (; batch; batch = batch->next)
		if (batch->line.operation > last)
			last = batch->line.operation;
	return last;
}

static bool put_all(
	struct ledger *ledger, const struct request *batch, uint64_t operation, struct err *err)
{
	struct audit_mark mark = audit_mark(ledger->audit);
	if (!database_begin(ledger->database, err))
		return false;
	for (; batch; batch = batch->next)
		if (batch->key && !database_put(ledger->database, batch->key, batch->value,
					  batch->length, err))
			return false;
	return database_mark(ledger->database, &mark, operation, err) &&
	       database_commit(ledger->database, err);
}

/* Facts and numbers. Nothing to do is a success. */
static bool commit_facts(
	struct ledger *ledger, const struct request *batch, bool always, struct err *err)
{
	uint64_t operation = last_operation(batch);
	bool needed = always || operation > ledger->stored_operation;
	for (const struct request *r = batch; r && !needed; r = r->next)
		needed = r->key != NULL;
	if (!needed)
		return true;
	if (!put_all(ledger, batch, operation, err)) {
		database_rollback(ledger->database);
		return false;
	}
	if (operation > ledger->stored_operation)
		ledger->stored_operation = operation;
	return true;
}

static struct redactor *current_redactor(struct ledger *ledger)
{
	pthread_mutex_lock(&ledger->lock);
	struct redactor *redactor = ledger->redactor ? redactor_ref(ledger->redactor) : NULL;
	pthread_mutex_unlock(&ledger->lock);
	return redactor;
}

static bool commit_lines(struct ledger *ledger, const struct request *batch, struct err *err)
{
	struct redactor *redactor = current_redactor(ledger);
	int64_t now_ms = clock_wall_ms(ledger->clock);
	for (; batch; batch = batch->next)
		if (!batch->key && !batch->identity && !batch->file)
			audit_stage(ledger->audit, now_ms, &batch->line, redactor);
	redactor_unref(redactor);
	return audit_commit(ledger->audit, err);
}

/* In a transaction of its own: what is damaged there hinders nothing that must be durable. */
static void keep_last(struct ledger *ledger, const struct request *request)
{
	struct err ignored = {.code = ERR_NONE};
	bool is_other =
		!ledger->keeps_last && strcmp(ledger->last_identity.text, request->identity) != 0;
	if (database_keep_last(
		    ledger->database, &request->last, request->identity, is_other, &ignored))
		ledger->keeps_last = true;
}

static void keep_file(struct ledger *ledger, const struct request *request)
{
	struct err err = {.code = ERR_NONE};
	bool is_kept = kept_file_replace(
		ledger->state_dir, request->file, request->value, request->length, &err);
	pthread_mutex_lock(&ledger->lock);
	(void)copy_text(ledger->file_error, sizeof(ledger->file_error), is_kept ? "" : err.text);
	pthread_mutex_unlock(&ledger->lock);
}

/* Behind all that somebody waits for. */
static void keep_files(struct ledger *ledger, const struct request *batch)
{
	for (; batch; batch = batch->next)
		if (batch->file)
			keep_file(ledger, batch);
}

static void commit(struct ledger *ledger, struct request *batch)
{
	struct err facts = {.code = ERR_NONE}, lines = {.code = ERR_NONE};
	if (!commit_facts(ledger, batch, false, &facts))
		lines = facts;
	else if (!commit_lines(ledger, batch, &lines))
		ledger->failing = true;
	if (facts.code)
		ledger->failing = true;
	for (const struct request *request = batch; request; request = request->next) {
		if (request->identity)
			keep_last(ledger, request);
		else if (!request->file)
			post(ledger, request->ticket, request->line.operation,
				request->key ? &facts : &lines);
	}
	keep_files(ledger, batch);
	for (struct request *next; batch; batch = next) {
		next = batch->next;
		request_free(batch);
	}
}

bool ledger_write_line(struct ledger *ledger, const char *what, const char *result, struct err *err)
{
	struct audit_line line = {.who = "botswain", .what = what, .result = result};
	struct request request = {.line = line};
	return commit_facts(ledger, &request, true, err) && commit_lines(ledger, &request, err);
}

static void probe(struct ledger *ledger)
{
	struct err err = {.code = ERR_NONE};
	ledger->probe_mono_ms = clock_mono_ms(clock_real()) + PROBE_MS;
	if (!ledger_write_line(ledger, "ledger", "recording again", &err))
		return;
	ledger->failing = false;
	post(ledger, 0, 0, &err);
}

/* Waits for requests, or while failing for the time to probe. */
static void wait_for_work(struct ledger *ledger)
{
	struct timespec until;
	deadline_in(&until, ledger->probe_mono_ms - clock_mono_ms(clock_real()));
	while (!ledger->first && !ledger->stop) {
		if (!ledger->failing)
			pthread_cond_wait(&ledger->wake, &ledger->lock);
		else if (pthread_cond_timedwait(&ledger->wake, &ledger->lock, &until) == ETIMEDOUT)
			return;
	}
}

static struct request *take_batch(struct ledger *ledger, bool *ret_stop)
{
	pthread_mutex_lock(&ledger->lock);
	wait_for_work(ledger);
	struct request *batch = ledger->first, **end = &batch;
	for (size_t i = 0; *end && i < BATCH_MAX; i++) {
		ledger->file = *end == ledger->file ? NULL : ledger->file;
		end = &(*end)->next;
		ledger->queued--;
	}
	ledger->first = *end;
	*end = NULL;
	if (!ledger->first)
		ledger->last = &ledger->first;
	*ret_stop = ledger->stop;
	pthread_mutex_unlock(&ledger->lock);
	return batch;
}

void *ledger_serve(void *context)
{
	struct ledger *ledger = context;
	struct err ignored = {.code = ERR_NONE};
	for (bool stop = false;;) {
		struct request *batch = take_batch(ledger, &stop);
		if (batch)
			commit(ledger, batch);
		else if (stop)
			break;
		if (ledger->failing && clock_mono_ms(clock_real()) >= ledger->probe_mono_ms)
			probe(ledger);
	}
	/* The mark of the very end: a tail cut off while we are away shows. */
	bool unused UNUSED = commit_facts(ledger, NULL, true, &ignored);
	return NULL;
}
