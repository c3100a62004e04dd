/* SPDX-License-Identifier: MIT */
/*
 * All that postgres_exporter would tell of a Postgres, read at an interval of its own (settings: metrics_interval; sizes, tables,
 * statements and settings four times as seldom) and posted as obs_samples. One statement a table, under the server's own
 * timeout. What is refused or takes too long is left out, said once, and asked for again ten minutes later. Postgres thread.
 */
#ifndef BOTSWAIN_COLLECT_PG_EXPORTS_H
#define BOTSWAIN_COLLECT_PG_EXPORTS_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;
struct pg_exports;
struct pg_session;

struct pg_exports *pg_exports_new(void) MUST_CHECK;
void pg_exports_free(struct pg_exports *exports); /* NULL is legal */
/* What is due. False: the connection is broken. `ret_warning`: what was refused now, for the first time. */
MUST_CHECK bool pg_exports_run(struct pg_exports *exports, struct pg_session *session,
	struct err *ret_warning, struct err *err);
/* It does not answer: pg_up is 0, and its series end. */
void pg_exports_down(struct pg_exports *exports, const struct pg_session *session);

#endif
