/* SPDX-License-Identifier: MIT */
/*
 * The ledger: the only thread that opens SQLite (state_dir/state.db, WAL) and the append-only audit
 * file (state_dir/audit.jsonl, one JSON object a line, fsync before "durable"). Requests are queued
 * and group-committed; the result of each comes back as obs_ledger with its ticket. Disk full or
 * read-only: the code says so, actions are refused while viewing goes on, and when it can write
 * again it says so unasked (obs_ledger with ticket 0 and code 0).
 */
#ifndef BOTSWAIN_STORE_LEDGER_H
#define BOTSWAIN_STORE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>
#include "core/act/journal.h"
#include "core/base/attr.h"

struct clock;
struct err;
struct last_rows;
struct ledger;
struct mailbox;
struct redactor;
struct str;

/* Opens (creates 0700/0600, migrates) and starts the thread. `to_engine` gets obs_ledger. */
MUST_CHECK bool ledger_open(const char *state_dir, const struct clock *clock,
	struct mailbox *to_engine, struct ledger **ret, struct err *err);
void ledger_close(struct ledger *ledger); /* flushes, joins; NULL is legal */

/* Each returns a ticket at once; any thread. 0: the queue is full, nothing was taken. */
uint64_t ledger_audit(struct ledger *ledger, const struct audit_line *line);
/* Facts that survive a restart: keyed bytes (last state of the model, tokens answered, seen webhook
 * URLs). Length 0 forgets the key. */
uint64_t ledger_put(struct ledger *ledger, const char *key, const void *value, size_t length);
/* Reads a key written before this start (loaded by ledger_open). False: none. Before the first put
 * of that key. */
bool ledger_get(const struct ledger *ledger, const char *key, struct str *ret);
/* Reads all keys with a prefix written before this start. */
void ledger_each(
	const struct ledger *ledger, const char *prefix, journal_visit *visit, void *context);
/* The next operation number; never repeats over restarts. */
uint64_t ledger_operation(struct ledger *ledger);
/* The same for act, which is a lower room. Valid as long as the ledger. */
struct journal ledger_journal(struct ledger *ledger);
/* Known secrets are kept out of the audit file by value, from now on. Takes a reference; any
 * thread. */
void ledger_redact_with(struct ledger *ledger, const struct redactor *redactor);
/* The last known state that was written before this start, ordered by kind and id: none when it is of
 * another identity, or was forgotten. */
const struct last_rows *ledger_last(const struct ledger *ledger, const char *identity);
/* Nobody will ask for it again: its memory is given back. */
void ledger_forget_last(struct ledger *ledger);
/* Writes rows in one transaction, and takes them over. Best effort: no result comes back, and a failure
 * leaves what was there. False: the queue is full, nothing was taken. */
MUST_CHECK bool ledger_keep_last(
	struct ledger *ledger, struct last_rows *rows, const char *identity);
/* Puts `bytes` into a file of the state directory in place of what it held, and takes them over. Best effort: it is written
 * beside (NAME.part) and renamed, behind what must be durable, and no fsync is waited for. One that still waits when the next
 * of that name comes is that one from then on. False: the queue is full, the bytes are gone. */
MUST_CHECK bool ledger_keep_file(struct ledger *ledger, const char *name, struct str *bytes);
/* Why the last file could not be written; "": it was. Any thread. */
void ledger_file_error(const struct ledger *ledger, char *ret, size_t size);
/* Why (a part of) the last known state was not read; empty: it was. */
const char *ledger_last_note(const struct ledger *ledger);
/* What was found wrong when it was opened (a torn last line set aside, a chain that does not hold);
 * empty: nothing. */
const char *ledger_note(const struct ledger *ledger);

#endif
