/* SPDX-License-Identifier: MIT */
#include "core/engine/feed.h"

#include "core/engine/peer.h"
#include "core/model/model.h"
#include "core/model/pulse.h"

/* It has all else: its last turn was complete. */
static void send_pulse(struct peer *peer, const struct msg_bot *bot)
{
	struct msg_pulse pulse;
	pulse_take(bot, &pulse);
	peer_send(peer, MSG_pulse, &pulse);
}

static void send_entity(struct peer *peer, const struct entity *entity)
{
	struct msg_gone gone = {.kind = entity->kind, .id = entity->id};
	if (entity->body && entity->kind == MSG_bot && peer->takes_pulses &&
		entity->whole_rev <= peer->turn_mark)
		send_pulse(peer, entity->body);
	else if (entity->body)
		peer_send(peer, entity->kind, entity->body);
	else
		peer_send(peer, MSG_gone,
			&gone); /* in a full turn, too: an earlier part may hold it */
	peer->mark = entity->rev;
}

/* A tombstone that this client has not seen was dropped. What left before a full turn began was
 * never sent in it. */
static void look_for_losses(struct peer *peer, const struct model *model)
{
	uint64_t seen = peer->mark > peer->full_from ? peer->mark : peer->full_from;
	if (model_forgotten(model) > seen)
		peer->lost = true;
}

/* After a loss only everything again will do: in a turn of its own, as what this one holds stays in
 * it. */
static void begin_turn(struct peer *peer, const struct model *model)
{
	if (peer->lost)
		peer->full = true;
	if (peer->full) {
		peer->mark = 0;
		peer->full_from = model_rev(model);
	}
	peer->turn_mark = peer->mark;
	peer->begun = true;
	peer->lost = false;
}

bool feed_peer(struct peer *peer, const struct model *model, int64_t wall_ms, int64_t mono_ms)
{
	if (!peer->want_state || peer->stage != PEER_KNOWN || peer_backlog(peer) ||
		mono_ms < feed_due_ms(peer, model))
		return false;
	look_for_losses(peer, model);
	if (!peer->begun)
		begin_turn(peer, model);
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
	bool dirty = peer->lost || model_rev(model) != peer->mark;
	return peer->turn_ms + (dirty ? FEED_GAP_MS : FEED_BEAT_MS);
}
