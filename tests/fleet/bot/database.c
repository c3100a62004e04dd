/* SPDX-License-Identifier: MIT */
#include "tests/fleet/bot/database.h"

#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"

enum { RETRY_MS = 2000, CONNECT_MS = 5000 };

static void forget_first(struct database *database)
{
	struct statement *statement = &database->queue[database->head];
	for (int i = 0; i < statement->count; i++)
		free(statement->params[i]);
	*statement = (struct statement){0};
	database->head = (database->head + 1) % DATABASE_QUEUE;
	database->count--;
}

static void lose(struct database *database)
{
	copy_text(
		database->last_error, sizeof(database->last_error), PQerrorMessage(database->conn));
	PQfinish(database->conn);
	database->conn = NULL;
	database->watch.fd = -1;
	database->state = DATABASE_AWAY;
	loop_after(database->loop, &database->retry, RETRY_MS);
}

static void send_first(struct database *database)
{
	if (database->state != DATABASE_IDLE || !database->count)
		return;
	const struct statement *first = &database->queue[database->head];
	const char *params[DATABASE_PARAMS] = {NULL};
	for (int i = 0; i < first->count; i++)
		params[i] = first->params[i];
	if (!PQsendQueryParams(
		    database->conn, first->sql, first->count, NULL, params, NULL, NULL, 0)) {
		lose(database);
		return;
	}
	database->state = DATABASE_BUSY;
	database->watch.events = POLLIN;
}

static void go_on_connecting(struct database *database)
{
	PostgresPollingStatusType step = PQconnectPoll(database->conn);
	if (step == PGRES_POLLING_FAILED) {
		lose(database);
		return;
	}
	database->watch.fd = PQsocket(database->conn);
	database->watch.events = step == PGRES_POLLING_WRITING ? POLLOUT : POLLIN;
	if (step != PGRES_POLLING_OK)
		return;
	timers_cancel(&database->loop->timers, &database->retry);
	database->state = DATABASE_IDLE;
	send_first(database);
}

static void take_results(struct database *database)
{
	if (!PQconsumeInput(database->conn)) {
		lose(database);
		return;
	}
	while (!PQisBusy(database->conn)) {
		PGresult *result = PQgetResult(database->conn);
		if (!result) {
			if (database->state == DATABASE_BUSY)
				forget_first(database);
			database->state = DATABASE_IDLE;
			send_first(database);
			return;
		}
		ExecStatusType status = PQresultStatus(result);
		bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
		*(good ? &database->done : &database->failed) += 1;
		if (!good)
			copy_text(database->last_error, sizeof(database->last_error),
				PQresultErrorMessage(result));
		PQclear(result);
	}
}

static void on_ready(void *data, short revents)
{
	(void)revents;
	struct database *database = data;
	if (database->state == DATABASE_CONNECTING)
		go_on_connecting(database);
	else if (database->conn)
		take_results(database);
}

/* Also the deadline of a connection that is being made. */
static void connect_again(void *data)
{
	struct database *database = data;
	if (database->conn) {
		lose(database);
		return;
	}
	database->conn = PQconnectStart(database->conninfo);
	if (!database->conn || PQstatus(database->conn) == CONNECTION_BAD) {
		lose(database);
		return;
	}
	database->state = DATABASE_CONNECTING;
	database->watch.fd = PQsocket(database->conn);
	database->watch.events = POLLOUT;
	loop_after(database->loop, &database->retry, CONNECT_MS);
}

void database_start(struct database *database, struct loop *loop, const char *conninfo)
{
	*database = (struct database){.conninfo = conninfo, .loop = loop};
	database->watch = (struct watch){.fd = -1, .ready = on_ready, .data = database};
	database->retry = (struct timer){.fire = connect_again, .data = database};
	loop_watch(loop, &database->watch);
	connect_again(database);
}

void database_run(struct database *database, const char *sql, ...)
{
	if (database->count == DATABASE_QUEUE) {
		if (database->state == DATABASE_BUSY)
			return; /* the first is on its way: drop the newcomer */
		forget_first(database);
		database->dropped++;
	}
	struct statement *last =
		&database->queue[(database->head + database->count++) % DATABASE_QUEUE];
	*last = (struct statement){.sql = sql};
	va_list args;
	va_start(args, sql);
	for (const char *param;
		last->count < DATABASE_PARAMS && (param = va_arg(args, const char *));)
		last->params[last->count++] = xstrdup(param);
	va_end(args);
	send_first(database);
}

void database_release(struct database *database)
{
	while (database->count)
		forget_first(database);
	if (database->conn)
		PQfinish(database->conn);
	database->conn = NULL;
}
