/* SPDX-License-Identifier: MIT */
/*
 * The callers' side: requests are copied, given a ticket and queued; what was there at opening is
 * read from memory. The thread is the only one that touches the files after that.
 */
#include "core/store/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/path.h"
#include "core/base/redact.h"
#include "core/store/internal.h"

enum { QUEUE_MAX = 65536 };

void request_free(struct request *request)
{
	const char *const strings[] = {request->line.who, request->line.what, request->line.on,
		request->line.why, request->line.result, request->line.detail,
		request->line.claims};
	for (size_t i = 0; i < COUNT_OF(strings); i++)
		free((void *)(uintptr_t)strings[i]);
	free(request->key);
	free(request->value);
	free(request->identity);
	free(request->file);
	last_rows_release(&request->last);
	free(request);
}

static bool open_files(struct ledger *ledger, const char *state_dir, struct err *err)
{
	autofree char *database = xasprintf("%s/state.db", state_dir);
	autofree char *audit = xasprintf("%s/audit.jsonl", state_dir);
	struct audit_mark mark = {.seq = 0};
	uint64_t operation = 0;
	if (!make_dirs(state_dir, err) || !database_open(database, &ledger->database, err) ||
		!database_load(ledger->database, &ledger->facts, &mark, &operation, err) ||
		!audit_open(audit, &mark, &ledger->audit, &ledger->note, err))
		return false;
	database_load_last(
		ledger->database, &ledger->known, &ledger->last_identity, &ledger->last_note);
	if (audit_last_operation(ledger->audit) > operation)
		operation = audit_last_operation(ledger->audit);
	ledger->stored_operation = operation;
	atomic_store(&ledger->operation, operation);
	/* The file itself holds what was found wrong with it. A full disk shows with the first
	 * request. */
	struct err ignored = {.code = ERR_NONE};
	if (ledger->note.length)
		ledger->failing = !ledger_write_line(ledger, "audit", ledger->note.text, &ignored);
	return true;
}

static void free_ledger(struct ledger *ledger)
{
	audit_close(ledger->audit);
	database_close(ledger->database);
	facts_release(&ledger->facts);
	free(ledger->state_dir);
	str_release(&ledger->note);
	str_release(&ledger->last_identity);
	str_release(&ledger->last_note);
	last_rows_release(&ledger->known);
	redactor_unref(ledger->redactor);
	pthread_cond_destroy(&ledger->wake);
	pthread_mutex_destroy(&ledger->lock);
	free(ledger);
}

static struct ledger *new_ledger(const struct clock *clock, struct mailbox *to_engine)
{
	struct ledger *ledger = xcalloc(1, sizeof(*ledger));
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&ledger->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&ledger->lock, NULL);
	ledger->clock = clock;
	ledger->to_engine = to_engine;
	ledger->last = &ledger->first;
	str_init(&ledger->note);
	str_init(&ledger->last_identity);
	str_init(&ledger->last_note);
	return ledger;
}

bool ledger_open(const char *state_dir, const struct clock *clock, struct mailbox *to_engine,
	struct ledger **ret, struct err *err)
{
	struct ledger *ledger = new_ledger(clock, to_engine);
	ledger->state_dir = xstrdup(state_dir);
	if (!open_files(ledger, state_dir, err)) {
		free_ledger(ledger);
		return false;
	}
	int failed = pthread_create(&ledger->thread, NULL, ledger_serve, ledger);
	if (failed) {
		free_ledger(ledger);
		return err_errno(err, failed, "cannot start the ledger's thread");
	}
	pthread_setname_np(ledger->thread, "ledger");
	*ret = ledger;
	return true;
}

void ledger_close(struct ledger *ledger)
{
	if (!ledger)
		return;
	pthread_mutex_lock(&ledger->lock);
	ledger->stop = true;
	pthread_cond_signal(&ledger->wake);
	pthread_mutex_unlock(&ledger->lock);
	pthread_join(ledger->thread, NULL);
	free_ledger(ledger);
}

static uint64_t enqueue(struct ledger *ledger, struct request *request)
{
	uint64_t ticket = atomic_fetch_add(&ledger->ticket, 1) + 1;
	request->ticket = ticket;
	pthread_mutex_lock(&ledger->lock);
	bool fits = ledger->queued < QUEUE_MAX;
	if (fits) {
		*ledger->last = request;
		ledger->last = &request->next;
		ledger->queued++;
		ledger->file = request->file ? request : ledger->file;
		pthread_cond_signal(&ledger->wake);
	}
	pthread_mutex_unlock(&ledger->lock);
	if (!fits) {
		request_free(request);
		return 0;
	}
	return ticket;
}

static char *copy_or_null(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

uint64_t ledger_audit(struct ledger *ledger, const struct audit_line *line)
{
	struct request *request = xcalloc(1, sizeof(*request));
	request->line = (struct audit_line){.operation = line->operation,
		.uid = line->uid,
		.has_login = line->has_login,
		.login_uid = line->login_uid,
		.who = copy_or_null(line->who),
		.what = copy_or_null(line->what),
		.on = copy_or_null(line->on),
		.why = copy_or_null(line->why),
		.result = copy_or_null(line->result),
		.detail = copy_or_null(line->detail),
		.claims = copy_or_null(line->claims)};
	return enqueue(ledger, request);
}

uint64_t ledger_put(struct ledger *ledger, const char *key, const void *value, size_t length)
{
	struct request *request = xcalloc(1, sizeof(*request));
	request->key = xstrdup(key);
	request->value = length ? xmemdup(value, length) : NULL;
	request->length = length;
	return enqueue(ledger, request);
}

const struct last_rows *ledger_last(const struct ledger *ledger, const char *identity)
{
	static const struct last_rows none;
	return strcmp(ledger->last_identity.text, identity) == 0 ? &ledger->known : &none;
}

void ledger_forget_last(struct ledger *ledger)
{
	last_rows_release(&ledger->known);
}

const char *ledger_last_note(const struct ledger *ledger)
{
	return ledger->last_note.text;
}

bool ledger_keep_last(struct ledger *ledger, struct last_rows *rows, const char *identity)
{
	struct request *request = xcalloc(1, sizeof(*request));
	request->last = *rows;
	request->identity = xstrdup(identity);
	*rows = (struct last_rows){.list = NULL};
	return enqueue(ledger, request) != 0;
}

/* In the place of one that waits. False: none does. */
static bool replace_waiting(struct ledger *ledger, const char *name, struct str *bytes)
{
	pthread_mutex_lock(&ledger->lock);
	struct request *waiting = ledger->file;
	bool waits = waiting && strcmp(waiting->file, name) == 0;
	if (waits) {
		free(waiting->value);
		waiting->length = bytes->length;
		waiting->value = str_detach(bytes);
	}
	pthread_mutex_unlock(&ledger->lock);
	return waits;
}

bool ledger_keep_file(struct ledger *ledger, const char *name, struct str *bytes)
{
	if (replace_waiting(ledger, name, bytes))
		return true;
	struct request *request = xcalloc(1, sizeof(*request));
	request->file = xstrdup(name);
	request->length = bytes->length;
	request->value = str_detach(bytes);
	return enqueue(ledger, request) != 0;
}

void ledger_file_error(const struct ledger *ledger, char *ret, size_t size)
{
	struct ledger *mine = (struct ledger *)(uintptr_t)ledger;
	pthread_mutex_lock(&mine->lock);
	(void)copy_text(ret, size, ledger->file_error);
	pthread_mutex_unlock(&mine->lock);
}

bool ledger_get(const struct ledger *ledger, const char *key, struct str *ret)
{
	size_t at = facts_from(&ledger->facts, key);
	if (at == ledger->facts.count || strcmp(ledger->facts.list[at].key, key) != 0)
		return false;
	str_add(ret, ledger->facts.list[at].value, ledger->facts.list[at].length);
	return true;
}

void ledger_each(
	const struct ledger *ledger, const char *prefix, journal_visit *visit, void *context)
{
	const struct facts *facts = &ledger->facts;
	for (size_t at = facts_from(facts, prefix); at < facts->count; at++) {
		if (!starts_with(facts->list[at].key, prefix))
			return;
		visit(context, facts->list[at].key, facts->list[at].value, facts->list[at].length);
	}
}

uint64_t ledger_operation(struct ledger *ledger)
{
	return atomic_fetch_add(&ledger->operation, 1) + 1;
}

void ledger_redact_with(struct ledger *ledger, const struct redactor *redactor)
{
	struct redactor *next = redactor ? redactor_ref(redactor) : NULL;
	pthread_mutex_lock(&ledger->lock);
	struct redactor *before = ledger->redactor;
	ledger->redactor = next;
	pthread_mutex_unlock(&ledger->lock);
	redactor_unref(before);
}

const char *ledger_note(const struct ledger *ledger)
{
	return ledger->note.text;
}

static uint64_t journal_operation(void *context)
{
	return ledger_operation(context);
}

static uint64_t journal_audit(void *context, const struct audit_line *line)
{
	return ledger_audit(context, line);
}

static uint64_t journal_put(void *context, const char *key, const void *value, size_t length)
{
	return ledger_put(context, key, value, length);
}

static bool journal_get(void *context, const char *key, struct str *ret)
{
	return ledger_get(context, key, ret);
}

static void journal_each(
	void *context, const char *prefix, journal_visit *visit, void *visit_context)
{
	ledger_each(context, prefix, visit, visit_context);
}

struct journal ledger_journal(struct ledger *ledger)
{
	return (struct journal){.context = ledger,
		.operation = journal_operation,
		.audit = journal_audit,
		.put = journal_put,
		.get = journal_get,
		.each = journal_each};
}
