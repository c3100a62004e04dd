/* SPDX-License-Identifier: MIT */
/* What a Postgres says of itself, as one observation. Postgres thread. */
#ifndef BOTSWAIN_COLLECT_PG_REPORT_H
#define BOTSWAIN_COLLECT_PG_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;
struct pg_session;

/* What must be known from the look before. */
struct pg_memory {
	double transactions; /* NaN: none */
	double rate;         /* the last one, NaN none */
	int64_t at_ms;       /* mono */
	uint64_t size_bytes; /* of the database, asked for rarely */
	int64_t size_ms;     /* when, 0 never */
};

/* SELECT 1, then pg_stat_*, each as far as it is permitted. Posts obs_postgres when the server said
 * anything. False: the connection is broken. `ret_latency_ms`: SELECT 1's. */
MUST_CHECK bool pg_report(struct pg_session *session, struct pg_memory *memory,
	double *ret_latency_ms, struct err *ret_refused, struct err *err);

#endif
