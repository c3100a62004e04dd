/* SPDX-License-Identifier: MIT */
/*
 * Next hit, next error, a time: one row of the events in one direction, looked for on the query pool
 * slice by slice. A seek looks through the filter of its window. While it goes on its client hears how
 * far it is, and can stop it; a new seek of the same client, or another filter in the window, makes it
 * stale.
 */
#include "core/engine/seek.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/engine/event_job.h"
#include "core/engine/internal.h"
#include "core/engine/peer.h"
#include "core/engine/query_pool.h"
#include "core/engine/server.h"
#include "core/engine/windows.h"

struct seek_job {
	struct query query;
	struct mailbox *to_engine;
	struct msg_seek_req *request;
	uint64_t client;
	int64_t now_ms;
	char *expression; /* the window's filter and the one that is looked for */
	char **bots;
	size_t bot_count;
	int64_t from_ms, to_ms; /* of the window */
	struct event_scan *scan;
	int64_t told_mono_ms; /* engine thread: when its client last heard of it */
};

static void release_job(struct query *query)
{
	struct seek_job *job = (struct seek_job *)query;
	for (size_t i = 0; i < job->bot_count; i++)
		free(job->bots[i]);
	free(job->bots);
	msg_free(MSG_seek_req, job->request);
	free(job->expression);
	event_scan_free(job->scan);
	free(job);
}

/* Where to look from: behind the key when going forwards, before it when going back. */
static bool read_anchor(const struct msg_seek_req *request, struct event_key *ret, struct err *err)
{
	*ret = request->backwards ? EVENT_KEY_END : EVENT_KEY_FIRST;
	if (request->time_ms)
		*ret = (struct event_key){.time_ms = request->time_ms};
	else if (request->from[0] && !event_key_read(request->from, ret, err))
		return false;
	else if (request->from[0] && !request->backwards)
		ret->seq++;
	return true;
}

static bool begin(struct seek_job *job, struct err *err)
{
	bool back = job->request->backwards && job->request->time_ms == 0;
	struct event_question question = {.before = back,
		.after = !back,
		.from_ms = job->from_ms,
		.to_ms = job->to_ms,
		.bots = (const char *const *)job->bots,
		.bot_count = job->bot_count};
	return read_anchor(job->request, &question.anchor, err) &&
	       event_scan_begin(job->scan, job->expression, job->now_ms, &question, err);
}

static void look(struct seek_job *job, struct msg_seek *reply)
{
	struct event_query *events = event_scan_query(job->scan);
	struct event_key hit;
	reply->done = event_scan_step(job->scan, &job->query);
	reply->scanned_ms = event_query_reached_ms(events);
	if (reply->done && event_query_hit(events, &hit))
		msg_set(&reply->key, event_key_print(hit).text);
}

/* One slice. */
static void work(struct query *query)
{
	struct seek_job *job = (struct seek_job *)query;
	struct msg_seek *reply = msg_new(MSG_seek);
	struct err err = {.code = ERR_NONE};
	reply->req = job->request->req;
	if (event_scan_query(job->scan) || begin(job, &err))
		look(job, reply);
	else
		msg_set(&reply->error, err.text);
	reply->done |= err.code != ERR_NONE;
	query_post(query, job->to_engine, MSG_seek, reply);
}

static char *join_filters(const char *window, const char *wanted)
{
	if (window[0] && wanted[0])
		return xasprintf("(%s) and (%s)", window, wanted);
	return xstrdup(window[0] ? window : wanted);
}

static struct seek_job *new_job(
	struct engine *engine, struct peer *peer, const struct msg_seek_req *request)
{
	const struct msg_win_open *open = windows_request(peer, request->window);
	struct seek_job *job = xcalloc(1, sizeof(*job));
	query_init(&job->query, work, release_job);
	job->query.owner = peer->who.client;
	job->to_engine = engine->mailbox;
	job->request = msg_copy(MSG_seek_req, request);
	job->client = peer->who.client;
	job->now_ms = now_wall(engine);
	job->expression = join_filters(open ? open->filter : "", request->expression);
	for (size_t i = 0; open && i < open->bots_count; i++)
		msg_add_str(&job->bots, &job->bot_count, open->bots[i].name);
	job->from_ms = open ? open->from_ms : 0;
	job->to_ms = open ? open->to_ms : 0;
	job->scan = event_scan_new(engine);
	job->told_mono_ms = now_mono(engine);
	return job;
}

static void answer(struct peer *peer, const struct msg_seek *reply)
{
	size_t from = peer->out.length;
	peer_send(peer, MSG_seek, reply);
	peer_remember(peer, reply->req, from);
}

static void refuse(struct peer *peer, uint64_t req, const char *text)
{
	autofree char *error = xstrdup(text);
	const struct msg_seek reply = {.req = req, .done = true, .error = error};
	answer(peer, &reply);
}

/* Every request is answered, also one that is stale: its client waits. */
static void stop(struct peer *peer, const char *why)
{
	if (!peer->seek)
		return;
	refuse(peer, ((const struct seek_job *)peer->seek)->request->req, why);
	seek_forget(peer);
}

void seek_stop(struct engine *engine, struct peer *peer, const void *body)
{
	const struct seek_job *job = (const struct seek_job *)peer->seek;
	(void)engine;
	if (job && job->request->req == ((const struct msg_seek_stop *)body)->req)
		stop(peer, "the search was stopped");
}

void seek_window_changed(struct peer *peer, uint64_t window)
{
	const struct seek_job *job = (const struct seek_job *)peer->seek;
	if (job && job->request->window == window)
		stop(peer, "the search was stopped: its window shows something else now");
}

static const char busy[] = "the engine is too busy to search now: try again";

void seek_request(struct engine *engine, struct peer *peer, const void *body)
{
	const struct msg_seek_req *request = body;
	struct event_key anchor;
	struct err err = {.code = ERR_NONE};
	if (!read_anchor(request, &anchor, &err)) {
		refuse(peer, request->req, err.text);
		return;
	}
	struct seek_job *job = new_job(engine, peer, request);
	stop(peer, "overtaken by a newer search");
	peer->seek = &job->query;
	if (query_pool_add(engine->pool, &job->query))
		return;
	stop(peer, busy);
}

void seek_forget(struct peer *peer)
{
	if (!peer->seek)
		return;
	query_cancel(peer->seek);
	query_unref(peer->seek);
	peer->seek = NULL;
}

/* How far it is, unless its client heard so a moment ago or has not read it yet. */
static void tell_progress(struct engine *engine, struct peer *peer, struct seek_job *job,
	const struct msg_seek *reply)
{
	if (now_mono(engine) - job->told_mono_ms < WINDOW_GAP_MS || peer_backlog(peer))
		return;
	job->told_mono_ms = now_mono(engine);
	peer_send(peer, MSG_seek, reply);
}

void seek_deliver(struct engine *engine, const struct parcel *parcel)
{
	struct seek_job *job = parcel->attachment;
	const struct msg_seek *reply = parcel->message.body;
	struct peer *peer = job ? server_peer(engine->server, job->client) : NULL;
	if (!peer || peer->seek != &job->query)
		return; /* it has its answer */
	if (reply->done) {
		answer(peer, reply);
		seek_forget(peer);
		return;
	}
	tell_progress(engine, peer, job, reply);
	if (!query_pool_add(engine->pool, &job->query))
		stop(peer, busy);
}
