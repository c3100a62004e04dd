/* SPDX-License-Identifier: MIT */
/* From the operator's dsn to what libpq is given. Postgres threads. */
#ifndef BOTSWAIN_COLLECT_PG_DSN_H
#define BOTSWAIN_COLLECT_PG_DSN_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct conf_postgres;
struct err;
struct net_limit;
struct secret;

struct pg_dsn {
	const char **names, **values; /* end with NULL */
	size_t count;
	char **owned;
};

/*
 * Reads the dsn and adds what it leaves open: the password, application_name, timeouts of the
 * session, keep-alives, UTF-8, a checked certificate towards other hosts, and the address of a host
 * name (libpq would look it up without a deadline).
 */
MUST_CHECK bool pg_dsn_prepare(struct pg_dsn *dsn, const struct conf_postgres *conf,
	const struct secret *password, const struct net_limit *limit, struct err *err);
void pg_dsn_release(struct pg_dsn *dsn);                              /* wipes */
const char *pg_dsn_value(const struct pg_dsn *dsn, const char *name); /* NULL: not given */
/* A path, loopback or nothing: this machine. Pure. */
bool pg_is_local(const char *host);

#endif
