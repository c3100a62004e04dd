/* SPDX-License-Identifier: MIT */
/*
 * The line is found by its key on the query pool. The lines of a traceback have the time of its first one and the same
 * source, so that in the order of keys they are neighbours: where one of them is asked for, the first is looked for
 * upwards, and then all that go on from it.
 */
#include "core/engine/line.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/engine/event_job.h"
#include "core/engine/internal.h"
#include "core/engine/peer.h"
#include "core/engine/query_pool.h"
#include "core/engine/server.h"
#include "core/msg/event_key.h"

struct line_job {
	struct query query;
	struct mailbox *to_engine;
	struct msg_line_req *request;
	uint64_t client;
	int64_t now_ms;
	struct event_scan *up, *down; /* up: NULL once the first line is found */
	struct event_key first;
	size_t above; /* lines from the first one to the one that was asked for */
	bool more_before;
};

static void release_job(struct query *query)
{
	struct line_job *job = (struct line_job *)query;
	msg_free(MSG_line_req, job->request);
	event_scan_free(job->up);
	event_scan_free(job->down);
	free(job);
}

/* ---- pool thread ---- */

static bool goes_on(const struct msg_row *row, const struct msg_row *of)
{
	return row->cont && strcmp(row->source, of->source) == 0;
}

/* Of the rows before the one that was asked for: where it begins. */
static void find_first(struct line_job *job, const struct msg_win_rows *rows)
{
	size_t at = rows->rows_count;
	struct event_key key = job->first, above;
	struct err ignored;
	bool goes_up = true;
	while (goes_up && at > 0 && event_key_read(rows->rows[at - 1].key, &above, &ignored) &&
		above.source == key.source) {
		goes_up = rows->rows[--at].cont;
		job->first = above;
	}
	job->above = rows->rows_count - at;
	job->more_before = goes_up && at == 0 && job->above;
}

static bool begin_scan(
	struct line_job *job, struct event_scan *scan, size_t before, size_t after, struct err *err)
{
	const struct event_question question = {.anchor = job->first,
		.before = before,
		.after = after,
		.whole_lines = true,
		.fields = after > 0};
	return event_scan_query(scan) || event_scan_begin(scan, "", job->now_ms, &question, err);
}

/* False: not yet, or an error. */
static bool look_up(struct line_job *job, struct err *err)
{
	struct msg_win_rows *rows;
	if (!job->up)
		return true;
	if (!begin_scan(job, job->up, LINE_JOINED_MAX, 0, err) ||
		!event_scan_step(job->up, &job->query))
		return false;
	rows = msg_new(MSG_win_rows);
	event_query_take(event_scan_query(job->up), rows);
	find_first(job, rows);
	msg_free(MSG_win_rows, rows);
	event_scan_free(job->up);
	job->up = NULL;
	return true;
}

static bool look_down(struct line_job *job, struct msg_win_rows *rows, struct err *err)
{
	if (!begin_scan(job, job->down, 0, job->above + LINE_JOINED_MAX + 2, err) ||
		!event_scan_step(job->down, &job->query))
		return false;
	event_query_take(event_scan_query(job->down), rows);
	return true;
}

/* Only the line and those that go on from it. */
static void keep_joined(
	const struct line_job *job, struct msg_win_rows *rows, struct msg_line *reply)
{
	size_t kept = rows->rows_count > 0, most = job->above + 1 + LINE_JOINED_MAX;
	while (kept && kept < rows->rows_count && goes_on(&rows->rows[kept], &rows->rows[0]))
		kept++;
	reply->more_after = kept > most;
	kept = kept < most ? kept : most;
	for (size_t i = 0; i < rows->rows_count; i++) {
		if (i < kept)
			*msg_add(reply->rows, &reply->rows_count) = rows->rows[i];
		else
			msg_release(MSG_row, &rows->rows[i]);
	}
	rows->rows_count = 0;
}

static void answer(struct line_job *job, struct msg_win_rows *rows, struct msg_line *reply)
{
	struct event_key key;
	struct err ignored;
	keep_joined(job, rows, reply);
	reply->more_before = job->more_before;
	if (!reply->rows_count || !event_key_read(reply->rows[0].key, &key, &ignored) ||
		event_key_compare(key, job->first) != 0) {
		msg_release(MSG_line, reply);
		*reply = (struct msg_line){0};
		msg_set(&reply->error, "this line is no longer kept");
	}
}

/* One slice. What is not found yet goes to the engine as an answer without rows, and comes back. */
static void work(struct query *query)
{
	struct line_job *job = (struct line_job *)query;
	struct msg_line *reply = msg_new(MSG_line);
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	struct err err = {.code = ERR_NONE};
	if (look_up(job, &err) && look_down(job, rows, &err))
		answer(job, rows, reply);
	else if (err.code != ERR_NONE)
		msg_set(&reply->error, err.text);
	reply->req = job->request->req;
	msg_free(MSG_win_rows, rows);
	query_post(query, job->to_engine, MSG_line, reply);
}

/* ---- engine ---- */

static void say(struct peer *peer, const struct msg_line *reply)
{
	size_t from = peer->out.length;
	peer_send(peer, MSG_line, reply);
	peer_remember(peer, reply->req, from);
}

static void refuse(struct peer *peer, uint64_t req, const char *text)
{
	autofree char *error = xstrdup(text);
	const struct msg_line reply = {.req = req, .error = error};
	say(peer, &reply);
}

void line_forget(struct peer *peer)
{
	if (!peer->line)
		return;
	query_cancel(peer->line);
	query_unref(peer->line);
	peer->line = NULL;
}

/* Every request is answered, also one that nobody looks at any more. */
static void stop(struct peer *peer, const char *why)
{
	if (!peer->line)
		return;
	refuse(peer, ((const struct line_job *)peer->line)->request->req, why);
	line_forget(peer);
}

static const char busy[] = "the engine is too busy to look for the line now: try again";

void line_request(struct engine *engine, struct peer *peer, const void *body)
{
	const struct msg_line_req *request = body;
	struct event_key key;
	struct err err = {.code = ERR_NONE};
	if (!event_key_read(request->key, &key, &err)) {
		refuse(peer, request->req, err.text);
		return;
	}
	struct line_job *job = xcalloc(1, sizeof(*job));
	query_init(&job->query, work, release_job);
	job->query.owner = peer->who.client;
	job->to_engine = engine->mailbox;
	job->request = msg_copy(MSG_line_req, request);
	job->client = peer->who.client;
	job->now_ms = now_wall(engine);
	job->first = key;
	job->up = request->cont ? event_scan_new(engine) : NULL;
	job->down = event_scan_new(engine);
	stop(peer, "overtaken by another line");
	peer->line = &job->query;
	if (!query_pool_add(engine->pool, &job->query))
		stop(peer, busy);
}

void line_deliver(struct engine *engine, const struct parcel *parcel)
{
	struct line_job *job = parcel->attachment;
	const struct msg_line *reply = parcel->message.body;
	struct peer *peer = job ? server_peer(engine->server, job->client) : NULL;
	if (!peer || peer->line != &job->query)
		return;
	if (reply->rows_count || reply->error) {
		say(peer, reply);
		line_forget(peer);
	} else if (!query_pool_add(engine->pool, &job->query)) {
		stop(peer, busy);
	}
}
