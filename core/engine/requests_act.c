/* SPDX-License-Identifier: MIT */
/* Requests for act: plan, run, cancel, arm. Who asks comes from the socket. */
#include "core/act/act.h"
#include "core/engine/internal.h"
#include "core/engine/peer.h"
#include "core/engine/requests.h"
#include "core/engine/server.h"

void request_plan(struct engine *engine, struct peer *peer, const void *body)
{
	struct msg_plan reply = {0};
	act_plan(engine->act, &peer->who, body, &reply);
	peer_send(peer, MSG_plan, &reply);
	requests_answered(engine, peer, reply.req, reply.code);
	msg_release(MSG_plan, &reply);
}

/* Without an answer now it comes through requests_accepted(), once the ledger has it. */
void request_run(struct engine *engine, struct peer *peer, const void *body)
{
	struct msg_accepted reply = {0};
	if (act_run(engine->act, &peer->who, body, &reply)) {
		peer_send(peer, MSG_accepted, &reply);
		requests_answered(engine, peer, reply.req, reply.code);
	}
	msg_release(MSG_accepted, &reply);
}

void requests_accepted(void *context, uint64_t client, const struct msg_accepted *accepted)
{
	struct engine *engine = context;
	struct peer *peer = server_peer(engine->server, client);
	if (!peer)
		return;
	size_t from = peer->out.length;
	peer_send(peer, MSG_accepted, accepted);
	requests_answered(engine, peer, accepted->req, accepted->code);
	peer_remember(peer, accepted->req, from);
}

void request_cancel(struct engine *engine, struct peer *peer, const void *body)
{
	struct msg_answer reply = {0};
	act_cancel(engine->act, &peer->who, body, &reply);
	peer_send(peer, MSG_answer, &reply);
	requests_answered(engine, peer, reply.req, reply.code);
	msg_release(MSG_answer, &reply);
}

void request_arm(struct engine *engine, struct peer *peer, const void *body)
{
	struct msg_answer reply = {0};
	act_arm(engine->act, &peer->who, body, &reply);
	peer_send(peer, MSG_answer, &reply);
	requests_answered(engine, peer, reply.req, reply.code);
	msg_release(MSG_answer, &reply);
}
