/* SPDX-License-Identifier: MIT */
#include "core/collect/pg_dsn.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/collect/pg_conn.h"
#include "core/collect/resolve.h"

/* Takes ownership of `value`. The last of two equal names counts. */
static void put(struct pg_dsn *dsn, const char *name, char *value)
{
	size_t size = dsn->count + 2;
	dsn->names = xreallocarray(dsn->names, size, sizeof(char *));
	dsn->values = xreallocarray(dsn->values, size, sizeof(char *));
	dsn->owned = xreallocarray(dsn->owned, size, sizeof(char *));
	dsn->names[dsn->count] = name;
	dsn->values[dsn->count] = value;
	dsn->owned[dsn->count] = value;
	dsn->count++;
	dsn->names[dsn->count] = dsn->values[dsn->count] = dsn->owned[dsn->count] = NULL;
}

const char *pg_dsn_value(const struct pg_dsn *dsn, const char *name)
{
	for (size_t i = dsn->count; i > 0; i--)
		if (strcmp(dsn->names[i - 1], name) == 0)
			return dsn->values[i - 1];
	return NULL;
}

void pg_dsn_release(struct pg_dsn *dsn)
{
	for (size_t i = 0; i < dsn->count; i++) {
		wipe(dsn->owned[i], strlen(dsn->owned[i]));
		free(dsn->owned[i]);
	}
	free(dsn->owned);
	free(dsn->names);
	free(dsn->values);
	*dsn = (struct pg_dsn){0};
}

bool pg_is_local(const char *host)
{
	return !host || !host[0] || host[0] == '/' || host[0] == '@' ||
	       strcmp(host, "localhost") == 0 || starts_with(host, "127.") ||
	       strcmp(host, "::1") == 0;
}

/* The names of libpq's options are constants of the library. */
static const char *constant_name(const char *name)
{
	static const char *const names[] = {"service", "user", "channel_binding", "connect_timeout",
		"dbname", "host", "hostaddr", "port", "client_encoding", "options",
		"application_name", "fallback_application_name", "keepalives", "keepalives_idle",
		"keepalives_interval", "keepalives_count", "tcp_user_timeout", "sslmode",
		"sslcompression", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir",
		"sslsni", "requirepeer", "ssl_min_protocol_version", "ssl_max_protocol_version",
		"gssencmode", "krbsrvname", "gsslib", "target_session_attrs", "passfile"};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(names[i], name) == 0)
			return names[i];
	return NULL;
}

static bool read_text(struct pg_dsn *dsn, const char *text, struct err *err)
{
	char *message = NULL;
	PQconninfoOption *options = PQconninfoParse(text, &message);
	if (!options) {
		/* libpq quotes the dsn in its message, and a password may be in it. */
		PQfreemem(message);
		return err_set(err, ERR_INVALID,
			"the dsn does not parse: write keyword=value pairs or a postgresql:// URI");
	}
	for (const PQconninfoOption *option = options; option->keyword; option++) {
		const char *name = option->val ? constant_name(option->keyword) : NULL;
		if (name)
			put(dsn, name, xstrdup(option->val));
		else if (option->val && strcmp(option->keyword, "password") == 0)
			put(dsn, "password", xstrdup(option->val));
	}
	PQconninfoFree(options);
	return true;
}

static void put_default(struct pg_dsn *dsn, const char *name, const char *value)
{
	if (!pg_dsn_value(dsn, name))
		put(dsn, name, xstrdup(value));
}

static void add_session(struct pg_dsn *dsn, int64_t timeout_ms)
{
	char host[HOST_NAME_MAX + 1] = "";
	const char *options = pg_dsn_value(dsn, "options");
	/* The server gives up before we do: that keeps the connection. */
	int64_t statement_ms = timeout_ms < PG_STATEMENT_MS ? timeout_ms : PG_STATEMENT_MS;
	gethostname(host, sizeof(host) - 1);
	put(dsn, "application_name", xasprintf("botswain/%s", host));
	put(dsn, "client_encoding", xstrdup("UTF8"));
	put(dsn, "options",
		xasprintf("%s -c statement_timeout=%d -c lock_timeout=%d "
			  "-c idle_in_transaction_session_timeout=%d",
			options ? options : "", (int)(statement_ms * 9 / 10), PG_LOCK_MS,
			PG_IDLE_MS));
	put_default(dsn, "tcp_user_timeout", "10000");
	put_default(dsn, "keepalives_idle", "5");
	put_default(dsn, "keepalives_interval", "5");
	put_default(dsn, "keepalives_count", "3");
}

/* libpq's default takes any certificate, and none at all. */
static void add_trust(struct pg_dsn *dsn)
{
	const char *host = pg_dsn_value(dsn, "host");
	if (pg_dsn_value(dsn, "service") || pg_is_local(host) || getenv("PGSSLMODE"))
		return;
	put_default(dsn, "sslmode", "verify-full");
	if (strcmp(pg_dsn_value(dsn, "sslmode"), "verify-full") == 0)
		put_default(dsn, "sslrootcert", "/etc/ssl/certs/ca-certificates.crt");
}

/* Several hosts stay libpq's affair. */
static bool add_address(struct pg_dsn *dsn, const struct net_limit *limit, struct err *err)
{
	const char *host = pg_dsn_value(dsn, "host");
	struct addrinfo *found;
	char text[64];
	if (!host || !host[0] || host[0] == '/' || host[0] == '@' || strchr(host, ',') ||
		pg_dsn_value(dsn, "hostaddr"))
		return true;
	if (!resolve(host, 0, limit, &found, err))
		return false;
	int failure = getnameinfo(
		found->ai_addr, found->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST);
	freeaddrinfo(found);
	if (failure == 0)
		put(dsn, "hostaddr", xstrdup(text));
	return true;
}

bool pg_dsn_prepare(struct pg_dsn *dsn, const struct conf_postgres *conf,
	const struct secret *password, const struct net_limit *limit, struct err *err)
{
	if (!read_text(dsn, conf->dsn, err))
		return false;
	if (secret_is_set(password))
		put(dsn, "password", xstrdup(secret_reveal(password)));
	add_session(dsn, conf->timeout_ms);
	add_trust(dsn);
	return add_address(dsn, limit, err);
}
