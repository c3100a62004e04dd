/* SPDX-License-Identifier: MIT */
#include "core/engine/feed.h"

#include "core/engine/peer.h"
#include "core/model/model.h"

static void send_entity(struct peer *peer, const struct entity *entity)
{
	struct msg_gone gone = {.kind = entity->kind, .id = entity->id};
	if (entity->body)
		peer_send(peer, entity->kind, entity->body);
	else if (!peer->full)
		peer_send(peer, MSG_gone, &gone);
	peer->mark = entity->rev;
}

/* A tombstone that this client has not seen was dropped: only everything again will do. */
static void start_over_if_lost(struct peer *peer, const struct model *model)
{
	if (peer->full || peer->mark >= model_forgotten(model))
		return;
	peer->full = true;
	peer->mark = 0;
}

bool feed_peer(struct peer *peer, const struct model *model, int64_t wall_ms, int64_t mono_ms)
{
	if (!peer->want_state || peer->stage != PEER_KNOWN || peer_backlog(peer) ||
		mono_ms < feed_due_ms(peer, model))
		return false;
	start_over_if_lost(peer, model);
	peer->begun = true;
	const struct entity *entity = model_newer(model, peer->mark);
	for (; entity && peer_backlog(peer) < FEED_BYTES; entity = entity->newer)
		send_entity(peer, entity);
	if (entity)
		return true;
	struct msg_turn turn = {
		.number = ++peer->turn, .wall_ms = wall_ms, .mono_ms = mono_ms, .full = peer->full};
	peer_send(peer, MSG_turn, &turn);
	peer->full = peer->begun = false;
	peer->turn_ms = mono_ms;
	return true;
}

int64_t feed_due_ms(const struct peer *peer, const struct model *model)
{
	if (!peer->want_state || peer->stage != PEER_KNOWN)
		return INT64_MAX;
	if (peer->begun || peer->turn == 0)
		return 0;
	bool dirty = model_rev(model) != peer->mark;
	return peer->turn_ms + (dirty ? FEED_GAP_MS : FEED_BEAT_MS);
}
