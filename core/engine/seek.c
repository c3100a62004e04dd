/* SPDX-License-Identifier: MIT */
/*
 * Next hit, next error, a time: one row of the events in one direction, worked out on the query pool.
 * A seek looks through the filter of its window. A new seek of the same client and window makes the
 * one before it stale.
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
	void *input;
};

static void release_job(struct query *query)
{
	struct seek_job *job = (struct seek_job *)query;
	for (size_t i = 0; i < job->bot_count; i++)
		free(job->bots[i]);
	free(job->bots);
	msg_free(MSG_seek_req, job->request);
	free(job->expression);
	event_input_free(job->input);
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

static void look(struct seek_job *job, struct filter *filter, struct msg_seek *reply)
{
	bool back = job->request->backwards && job->request->time_ms == 0;
	struct event_question question = {.before = back,
		.after = !back,
		.bots = (const char *const *)job->bots,
		.bot_count = job->bot_count};
	struct event_key hit;
	struct err ignored;
	if (!read_anchor(job->request, &question.anchor, &ignored))
		question.anchor = EVENT_KEY_END;
	struct event_query *events = event_input_ask(job->input, filter, &question);
	if (event_run(events, &job->query) && event_query_hit(events, &hit))
		msg_set(&reply->key, event_key_print(hit).text);
	event_query_free(events);
}

static void work(struct query *query)
{
	struct seek_job *job = (struct seek_job *)query;
	struct msg_seek *reply = msg_new(MSG_seek);
	struct err err = {.code = ERR_NONE};
	struct filter *filter = event_filter(job->expression, job->now_ms, &err);
	reply->req = job->request->req;
	reply->done = true;
	if (filter)
		look(job, filter, reply);
	else
		msg_set(&reply->error, err.text);
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
	job->to_engine = engine->mailbox;
	job->request = msg_copy(MSG_seek_req, request);
	job->client = peer->who.client;
	job->now_ms = now_wall(engine);
	job->expression = join_filters(open ? open->filter : "", request->expression);
	for (size_t i = 0; open && i < open->bots_count; i++)
		msg_add_str(&job->bots, &job->bot_count, open->bots[i].name);
	job->input = event_input_new(engine);
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

/* Every request is answered, also one that a newer one made stale: its client waits. */
static void overtake(struct peer *peer)
{
	if (!peer->seek)
		return;
	refuse(peer, ((const struct seek_job *)peer->seek)->request->req,
		"overtaken by a newer search");
	seek_forget(peer);
}

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
	overtake(peer);
	peer->seek = &job->query;
	if (query_pool_add(engine->pool, &job->query))
		return;
	refuse(peer, request->req, "the engine is too busy to search now: try again");
	seek_forget(peer);
}

void seek_forget(struct peer *peer)
{
	if (!peer->seek)
		return;
	query_cancel(peer->seek);
	query_unref(peer->seek);
	peer->seek = NULL;
}

void seek_deliver(struct engine *engine, const struct parcel *parcel)
{
	struct seek_job *job = parcel->attachment;
	struct peer *peer = job ? server_peer(engine->server, job->client) : NULL;
	if (!peer || peer->seek != &job->query)
		return; /* it has its answer */
	answer(peer, parcel->message.body);
	seek_forget(peer);
}
