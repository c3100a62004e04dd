/* SPDX-License-Identifier: MIT */
/*
 * A whole engine in this process, on the real clock with its workers, its ledger and a client over a
 * socket pair: for tests of what it does to real programs. Waiting is by turns of the engine until
 * something is true, bounded. A failure ends the test.
 */
#ifndef BOTSWAIN_TESTS_LIVE_ENGINE_H
#define BOTSWAIN_TESTS_LIVE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/model/model.h"

struct live_engine;

/* `yaml` is the configuration but for state_dir, which is `folder`/state. */
struct live_engine *live_engine_new(const char *folder, const char *yaml) MUST_CHECK;
void live_engine_free(struct live_engine *live); /* NULL is legal */

/* What the client sees. */
const struct model *live_model(const struct live_engine *live);
const struct msg_bot *live_bot(const struct live_engine *live, const char *name);
/* Turns until `is_so` says yes; fails after `limit_ms` with `what`. */
void live_wait(struct live_engine *live,
	bool (*is_so)(const struct live_engine *live, const void *context), const void *context,
	int64_t limit_ms, const char *what);

/* The answer to a plan_req; valid until the next request. `kind`: bot or backup. */
const struct msg_plan *live_plan(
	struct live_engine *live, const char *verb, const char *kind, const char *name);
/* Plans and runs; the answer, valid until the next request. */
const struct msg_accepted *live_try(
	struct live_engine *live, const char *verb, const char *kind, const char *name);
/* The same, and it must be accepted; the operation. */
uint64_t live_run(struct live_engine *live, const char *verb, const char *kind, const char *name);
/* Opens or moves window 1 to 16 of a store of points (NULL: query); its generation is set here. */
void live_open(struct live_engine *live, const struct msg_win_open *request);
/* The same, and waits for its answer; valid until the next request. */
const struct msg_win_points *live_query(
	struct live_engine *live, const struct msg_win_open *request);
void live_cancel(struct live_engine *live, uint64_t operation);
/* Until it has ended; what the client sees of it. */
const struct msg_operation *live_end(
	struct live_engine *live, uint64_t operation, int64_t limit_ms);

#endif
