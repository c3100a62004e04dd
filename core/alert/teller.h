/* SPDX-License-Identifier: MIT */
/*
 * The thread that runs `on_alert`'s program: one at a time, a line on its standard input, killed with its whole group
 * when its time is over. Nobody waits for it: a program that cannot even be started or killed (a disk that does not
 * answer) holds this thread alone, and the thread is left behind when the engine ends. One thread gives the orders.
 */
#ifndef BOTSWAIN_ALERT_TELLER_H
#define BOTSWAIN_ALERT_TELLER_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"

struct argv;
struct mailbox;
struct teller;

/* `to_engine` (borrowed) is rung when a run has ended. NULL: there is no thread, or nothing to stop it with; `err` says
 * which. */
struct teller *teller_new(struct mailbox *to_engine, struct err *err) MUST_CHECK;
/* Kills what runs, and waits half a second at most for that. NULL is legal. */
void teller_free(struct teller *teller);

/* Legal when nothing runs and teller_take() took the last result. Copies both. */
void teller_start(
	struct teller *teller, const struct argv *command, const char *line, int64_t timeout_ms);
/* True once a run: it has ended, well or as `ret_err` says (code 0: well). */
MUST_CHECK bool teller_take(struct teller *teller, struct err *ret_err);

#endif
