/* SPDX-License-Identifier: MIT */
#include <glob.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <libpq-fe.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/servers.h"
#include "tests/support/servers_internal.h"
#include "tests/support/spawn.h"

enum { INITDB_MS = 60000 };

/* Whom Postgres runs as: us, or postgres when we are root. */
static void who(uid_t *ret_user, gid_t *ret_group)
{
	const struct passwd *entry = getpwnam("postgres");
	if (!entry)
		entry = getpwnam("nobody");
	assert_non_null(entry);
	*ret_user = geteuid() == 0 ? entry->pw_uid : 0;
	*ret_group = geteuid() == 0 ? entry->pw_gid : 0;
}

static char *find_program(const char *name)
{
	glob_t found;
	autofree char *pattern = xasprintf("/usr/lib/postgresql/*/bin/%s", name);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	char *path = xstrdup(found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
	return path;
}

static void make_cluster(struct pg_server *server)
{
	uid_t user;
	gid_t group;
	autofree char *initdb = find_program("initdb");
	autofree char *data = xasprintf("%s/data", server->folder);
	const char *argv[] = {initdb, "-D", data, "-U", "tester", "--auth=trust", "--no-sync", "-E",
		"UTF8", "--locale=C.UTF-8", NULL};
	who(&user, &group);
	if (user)
		assert_int_equal(chown(server->folder, user, group), 0);
	spawn_well(
		argv, &(struct spawn){.directory = "/", .user = user, .group = group}, INITDB_MS);
}

void pg_server_init(struct pg_server *server)
{
	*server = (struct pg_server){.port = free_port()};
	make_folder(server->folder, sizeof(server->folder));
	make_cluster(server);
	snprintf(server->dsn, sizeof(server->dsn), "host=%s port=%d user=tester dbname=postgres",
		server->folder, server->port);
	pg_server_start(server);
}

static bool is_ready(const void *context)
{
	const struct pg_server *server = context;
	return PQping(server->dsn) == PQPING_OK;
}

void pg_server_start(struct pg_server *server)
{
	uid_t user;
	gid_t group;
	autofree char *program = find_program("postgres");
	autofree char *data = xasprintf("%s/data", server->folder);
	autofree char *log = xasprintf("%s/postgres.log", server->folder);
	autofree char *sockets = xasprintf("unix_socket_directories=%s", server->folder);
	autofree char *port = xasprintf("port=%d", server->port);
	autofree char *hosts =
		xasprintf("listen_addresses=%s", server->on_loopback ? "127.0.0.1" : "");
	const char *argv[] = {program, "-D", data, "-c", sockets, "-c", port, "-c", hosts, "-c",
		"fsync=off", "-c", "shared_buffers=4MB", "-c", "max_connections=20", NULL};
	who(&user, &group);
	server->pid = spawn_start(
		argv, &(struct spawn){.directory = "/", .log = log, .user = user, .group = group});
	wait_until(is_ready, server, "postgres");
}

void pg_server_stop(struct pg_server *server, const char *mode)
{
	(void)spawn_end(&server->pid, strcmp(mode, "immediate") == 0 ? SIGQUIT : SIGINT);
}

void pg_server_freeze(struct pg_server *server, bool is_frozen)
{
	assert_int_equal(kill(server->pid, is_frozen ? SIGSTOP : SIGCONT), 0);
}

char *pg_server_do(const struct pg_server *server, const char *format, ...)
{
	va_list args;
	autostr struct str sql = STR_INIT;
	va_start(args, format);
	str_vaddf(&sql, format, args);
	va_end(args);
	PGconn *conn = PQconnectdb(server->dsn);
	assert_int_equal(PQstatus(conn), CONNECTION_OK);
	PGresult *result = PQexec(conn, sql.text);
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql.text, PQerrorMessage(conn));
	bool has_value = PQntuples(result) > 0 && PQnfields(result) > 0;
	char *value = xstrdup(has_value ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(conn);
	return value;
}

void pg_server_release(struct pg_server *server)
{
	pg_server_stop(server, "immediate");
	remove_folder(server->folder);
}
