/* SPDX-License-Identifier: MIT */
#include "core/engine/feed.h"

#include "core/engine/peer.h"
#include "core/model/model.h"
#include "core/model/pulse.h"

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

/* It has all else: what came since are looks that found nothing new. */
static bool is_no_news(const struct peer *peer, const struct entity *entity)
{
	return entity->body && peer->takes_pulses && entity->whole_rev <= peer->turn_mark &&
	       entity->rev != entity->whole_rev;
}

static void send_entity(struct peer *peer, const struct entity *entity)
{
	bool waits = is_no_news(peer, entity);
	if (waits && !peer->pulsing)
		peer->held = true;
	else if (waits && entity->kind == MSG_bot)
		send_pulse(peer, entity->body);
	else if (waits || entity->rev > peer->turn_mark)
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
	peer->begun = peer->silent = true;
	peer->lost = false;
}

/* What came may wait, and the client knows that we live. */
static bool is_silent(const struct peer *peer, int64_t mono_ms)
{
	return peer->silent && !peer->full && !peer->pulsing && peer->turn && peer->held &&
	       mono_ms < peer->turn_ms + FEED_BEAT_MS;
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
	peer->silent &= !peer_backlog(peer);
	if (entity)
		return true;
	if (is_silent(peer, mono_ms)) {
		peer->begun = false;
		return false;
	}
	struct msg_turn turn = {
		.number = ++peer->turn, .wall_ms = wall_ms, .mono_ms = mono_ms, .full = peer->full};
	peer_send(peer, MSG_turn, &turn);
	end_turn(peer, mono_ms);
	return true;
}

/* A command line waits for what an engine that has just begun finds out first. */
static int64_t gap_of(const struct peer *peer, const struct model *model)
{
	if (model_hurried(model) > peer->mark)
		return FEED_HURRY_GAP_MS;
	bool is_first = peer->is_brief && peer->turn_ms - peer->joined_ms < FEED_FIRST_MS;
	return is_first ? FEED_FIRST_GAP_MS : FEED_GAP_MS;
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
		return peer->turn_ms + gap_of(peer, model);
	return peer->held && peer->pulse_due_ms < beat_ms ? peer->pulse_due_ms : beat_ms;
}
