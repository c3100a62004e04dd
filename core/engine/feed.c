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

static void send_whole(struct peer *peer, const struct entity *entity)
{
	struct msg_gone gone = {.kind = entity->kind, .id = entity->id};
	if (entity->body)
		peer_send(peer, entity->kind, entity->body);
	else
		peer_send(peer, MSG_gone,
			&gone); /* in a full turn, too: an earlier part may hold it */
}

static void send_entity(struct peer *peer, const struct entity *entity)
{
	bool is_pulse = entity->body && entity->kind == MSG_bot && peer->takes_pulses &&
			entity->whole_rev <= peer->turn_mark;
	if (is_pulse && peer->pulsing)
		send_pulse(peer, entity->body);
	else if (is_pulse)
		peer->held = true;
	else if (entity->rev > peer->turn_mark)
		send_whole(peer, entity);
	peer->mark = entity->rev;
}

/* A tombstone that this client has not seen was dropped. What left before a full turn began was
 * never sent in it. */
static void look_for_losses(struct peer *peer, const struct model *model)
{
	uint64_t sent = peer->mark > peer->turn_mark ? peer->mark : peer->turn_mark;
	if (model_forgotten(model) > (sent > peer->full_from ? sent : peer->full_from))
		peer->lost = true;
}

/* After a loss only everything again will do: in a turn of its own, as what this one holds stays in
 * it. */
static void begin_turn(struct peer *peer, const struct model *model, int64_t mono_ms)
{
	if (peer->lost)
		peer->full = true;
	if (peer->full) {
		peer->mark = 0;
		peer->full_from = model_rev(model);
	}
	peer->turn_mark = peer->mark;
	peer->pulsing = peer->full || mono_ms >= peer->pulse_due_ms;
	if (peer->pulsing && peer->held)
		peer->mark = peer->pulse_mark; /* past them once more */
	peer->begun = true;
	peer->lost = false;
}

static void end_turn(struct peer *peer, int64_t mono_ms)
{
	if (peer->mark < peer->turn_mark)
		peer->mark = peer->turn_mark; /* what was newest then has gone, and is forgotten */
	if (peer->pulsing) {
		peer->pulse_mark = peer->mark;
		peer->pulse_due_ms = mono_ms + peer->pulse_gap_ms;
		peer->held = false;
	}
	peer->full = peer->begun = false;
	peer->turn_ms = mono_ms;
}

bool feed_peer(struct peer *peer, const struct model *model, int64_t wall_ms, int64_t mono_ms)
{
	if (!peer->want_state || peer->stage != PEER_KNOWN || peer_backlog(peer) ||
		mono_ms < feed_due_ms(peer, model))
		return false;
	look_for_losses(peer, model);
	if (!peer->begun)
		begin_turn(peer, model, mono_ms);
	const struct entity *entity = model_newer(model, peer->mark);
	for (; entity && peer_backlog(peer) < FEED_BYTES; entity = entity->newer)
		send_entity(peer, entity);
	if (entity)
		return true;
	struct msg_turn turn = {
		.number = ++peer->turn, .wall_ms = wall_ms, .mono_ms = mono_ms, .full = peer->full};
	peer_send(peer, MSG_turn, &turn);
	end_turn(peer, mono_ms);
	return true;
}

int64_t feed_due_ms(const struct peer *peer, const struct model *model)
{
	if (!peer->want_state || peer->stage != PEER_KNOWN)
		return INT64_MAX;
	if (peer->begun || peer->turn == 0)
		return 0;
	bool dirty = peer->lost || model_rev(model) != peer->mark;
	int64_t beat_ms = peer->turn_ms + FEED_BEAT_MS;
	if (dirty)
		return peer->turn_ms + FEED_GAP_MS;
	return peer->held && peer->pulse_due_ms < beat_ms ? peer->pulse_due_ms : beat_ms;
}
