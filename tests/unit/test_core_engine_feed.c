/* SPDX-License-Identifier: MIT */
/* A turn that takes several goes, while the model changes under it: the replica ends as the model is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/mem.h"
#include "core/engine/client.h"
#include "core/engine/feed.h"
#include "core/engine/peer.h"
#include "core/model/model.h"

/* Of each turn the first bot goes out in its first part, the last one in its last. */
enum { BOTS = 200, TEXT_BYTES = 4000, PARTS_MAX = 100 };

struct bench {
	struct model *model, *replica;
	struct peer *peer;
	struct client *client;
	int64_t now_ms;
	unsigned turns;
};

static void put_bot(struct bench *bench, uint64_t id)
{
	struct msg_bot *bot = msg_new(MSG_bot);
	char *why = xcalloc(TEXT_BYTES + 1, 1);
	bot->id = id;
	free(bot->why);
	bot->why = memset(why, 'x', TEXT_BYTES);
	model_put(bench->model, MSG_bot, bot);
}

static void put_bots(struct bench *bench)
{
	for (uint64_t id = 1; id <= BOTS; id++)
		put_bot(bench, id);
}

static void leave(struct bench *bench, uint64_t id)
{
	assert_true(model_remove(bench->model, MSG_bot, id));
}

/* More entities leave than tombstones are kept: those of before are forgotten. */
static void forget_tombstones(struct bench *bench)
{
	for (uint64_t id = 1; id <= MODEL_TOMBSTONES_MAX; id++) {
		struct msg_stream *stream = msg_new(MSG_stream);
		stream->id = id;
		model_put(bench->model, MSG_stream, stream);
		assert_true(model_remove(bench->model, MSG_stream, id));
	}
}

static int setup(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	const struct msg_welcome welcome = {.protocol = MSG_PROTOCOL};
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	bench->model = model_new();
	bench->replica = model_new();
	bench->peer = peer_new(fds[0], 1, "ann", 0);
	bench->client = client_over(fds[1], "/nowhere/state", "screen", true);
	bench->peer->stage = PEER_KNOWN;
	bench->peer->want_state = true;
	peer_send(bench->peer, MSG_welcome, &welcome);
	put_bots(bench);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	client_free(bench->client);
	peer_free(bench->peer);
	model_free(bench->model);
	model_free(bench->replica);
	free(bench);
	return 0;
}

/* Carries over what is queued. */
static void carry(struct bench *bench)
{
	do {
		peer_drain(bench->peer, bench->now_ms);
		bench->turns +=
			client_pump(bench->client, bench->replica, bench->now_ms, NULL, NULL);
	} while (peer_backlog(bench->peer));
}

/* One part of a turn. */
static void feed(struct bench *bench)
{
	carry(bench);
	(void)feed_peer(bench->peer, bench->model, 0, bench->now_ms);
	carry(bench);
}

/* Until this many turns more have come. */
static void feed_turns(struct bench *bench, unsigned turns)
{
	unsigned wanted = bench->turns + turns;
	bench->now_ms += FEED_BEAT_MS;
	for (int part = 0; part < PARTS_MAX && bench->turns < wanted; part++) {
		feed(bench);
		bench->now_ms += bench->peer->begun ? 0 : FEED_BEAT_MS;
	}
	assert_int_equal(bench->turns, wanted);
	assert_int_equal(client_state(bench->client), CLIENT_ATTACHED);
}

/* One part of a turn that has more. */
static void begin_turn(struct bench *bench)
{
	unsigned before = bench->turns;
	bench->now_ms += FEED_BEAT_MS;
	feed(bench);
	assert_true(bench->peer->begun);
	assert_int_equal(bench->turns, before);
}

static void assert_same(const struct bench *bench)
{
	for (uint64_t id = 1; id <= BOTS; id++)
		assert_int_equal(!model_bot(bench->replica, id), !model_bot(bench->model, id));
}

static void what_leaves_while_a_client_attaches_is_no_ghost(void **state)
{
	struct bench *bench = *state;
	begin_turn(bench);
	leave(bench, 1);
	leave(bench, BOTS);
	feed_turns(bench, 1);
	assert_same(bench);
}

static void what_leaves_while_everything_is_sent_again_is_no_ghost(void **state)
{
	struct bench *bench = *state;
	feed_turns(bench, 1);
	leave(bench, BOTS);
	forget_tombstones(bench);
	put_bots(bench);
	begin_turn(bench);
	assert_true(bench->peer->full);
	leave(bench, 1);
	feed_turns(bench, 1);
	assert_same(bench);
}

/* Its tombstone is forgotten before this client could get it: the turn after it is a whole one. */
static void a_lost_tombstone_of_a_turn_under_way_is_made_good_in_the_next(void **state)
{
	struct bench *bench = *state;
	for (int whole = 1; whole >= 0; whole--) {
		put_bots(bench);
		begin_turn(bench);
		assert_int_equal(bench->peer->full, whole);
		leave(bench, 1);
		forget_tombstones(bench);
		feed_turns(bench, 2);
		assert_same(bench);
		assert_false(bench->peer->full);
	}
}

static void tombstones_of_before_it_attached_cost_a_client_nothing(void **state)
{
	struct bench *bench = *state;
	forget_tombstones(bench);
	forget_tombstones(bench);
	assert_true(model_forgotten(bench->model) > 0);
	feed_turns(bench, 1);
	assert_false(bench->peer->full);
	bench->now_ms += FEED_BEAT_MS;
	feed(bench);
	assert_int_equal(bench->turns, 2);
	assert_same(bench);
}

/* ---- pulses ---- */

static void change(struct bench *bench, uint64_t id, int64_t tg_at_ms, const char *why)
{
	struct msg_bot *bot = msg_copy(MSG_bot, model_bot(bench->model, id));
	bot->tg_at_ms = tg_at_ms;
	if (why)
		msg_set(&bot->why, why);
	assert_true(model_put_if_changed(bench->model, MSG_bot, bot));
}

static void assert_all_equal(const struct bench *bench)
{
	for (uint64_t id = 1; id <= BOTS; id++)
		assert_true(msg_equal(MSG_bot, model_bot(bench->model, id),
			model_bot(bench->replica, id), false));
}

static void a_bot_that_was_only_looked_at_again_costs_a_pulse(void **state)
{
	struct bench *bench = *state;
	bench->peer->takes_pulses = true;
	feed_turns(bench, 1);
	bench->now_ms += FEED_BEAT_MS;
	change(bench, 5, 77, NULL);
	assert_true(feed_peer(bench->peer, bench->model, 0, bench->now_ms));
	assert_in_range(peer_backlog(bench->peer), 1, 200);
	carry(bench);
	assert_int_equal(bench->turns, 2);
	assert_all_equal(bench);
}

static void what_a_client_lacks_does_not_come_as_a_pulse(void **state)
{
	struct bench *bench = *state;
	bench->peer->takes_pulses = true;
	begin_turn(bench); /* the first bots are out, the last are not */
	change(bench, 1, 11, NULL);
	change(bench, BOTS, 12, NULL);
	feed_turns(bench, 2);
	assert_all_equal(bench);
	change(bench, 5, 77, "it is down");
	change(bench, 6, 78, NULL);
	change(bench, 5, 79, NULL);
	feed_turns(bench, 1);
	assert_all_equal(bench);
}

/* Their gap is longer than a beat: turns go on meanwhile. */
static void pulses_wait_for_each_other_and_nothing_else_waits_for_them(void **state)
{
	enum { GAP_MS = 20 * FEED_BEAT_MS };
	struct bench *bench = *state;
	bench->peer->takes_pulses = true;
	bench->peer->pulse_gap_ms = GAP_MS;
	feed_turns(bench, 1);
	int64_t pulsed_ms = bench->peer->turn_ms;
	for (int64_t look = 1; look <= 3; look++) {
		change(bench, 5, look, NULL);
		change(bench, 6, look, look == 2 ? "it is down" : NULL);
		feed_turns(bench, 1);
		assert_int_equal(model_bot(bench->replica, 5)->tg_at_ms, 0);
		assert_int_equal(model_bot(bench->replica, 6)->tg_at_ms, look < 2 ? 0 : 2);
	}
	leave(bench, 7);
	assert_true(feed_due_ms(bench->peer, bench->model) <= bench->now_ms);
	feed_turns(bench, 1);
	assert_null(model_bot(bench->replica, 7));
	assert_int_equal(model_bot(bench->replica, 5)->tg_at_ms, 0);
	assert_true(bench->peer->held);
	bench->now_ms = pulsed_ms + GAP_MS;
	assert_true(feed_due_ms(bench->peer, bench->model) <= bench->now_ms);
	assert_true(feed_peer(bench->peer, bench->model, 0, bench->now_ms));
	assert_in_range(peer_backlog(bench->peer), 1, 300); /* two pulses, and nothing again */
	carry(bench);
	assert_int_equal(model_bot(bench->replica, 5)->tg_at_ms, 3);
	assert_int_equal(model_bot(bench->replica, 6)->tg_at_ms, 3);
	assert_false(bench->peer->held);
	assert_false(bench->peer->full);
}

static void look_at_redis(struct bench *bench, double rate, const char *why)
{
	struct msg_service *service = msg_new(MSG_service);
	*service = (struct msg_service){.id = 3, .rate = rate, .why = xstrdup(why)};
	msg_complete(MSG_service, service);
	(void)model_put_if_changed(bench->model, MSG_service, service);
}

static double rate_of(const struct bench *bench)
{
	return model_service(bench->replica, 3)->rate;
}

/* A client that has the service, and lets figures wait for a beat. It is the time of the turn that brought it. */
static struct bench *with_redis(void **state)
{
	struct bench *bench = *state;
	bench->peer->takes_pulses = true;
	bench->peer->pulse_gap_ms = FEED_BEAT_MS;
	look_at_redis(bench, 1, "");
	feed_turns(bench, 1);
	bench->now_ms = bench->peer->turn_ms;
	return bench;
}

static void figures_of_a_service_wait_with_the_pulses_and_make_no_turn(void **state)
{
	struct bench *bench = with_redis(state);
	int64_t pulsed_ms = bench->now_ms;
	unsigned turns = bench->turns;
	for (int look = 2; look < 5; look++) {
		bench->now_ms += FEED_GAP_MS;
		look_at_redis(bench, look, "");
		assert_false(feed_peer(bench->peer, bench->model, 0, bench->now_ms));
		carry(bench);
	}
	assert_true(rate_of(bench) == 1);
	assert_int_equal(bench->turns, turns);
	assert_int_equal(feed_due_ms(bench->peer, bench->model), pulsed_ms + FEED_BEAT_MS);
	bench->now_ms = pulsed_ms + FEED_BEAT_MS;
	assert_true(feed_peer(bench->peer, bench->model, 0, bench->now_ms));
	carry(bench);
	assert_true(rate_of(bench) == 4);
	assert_false(bench->peer->held);
}

/* What was held has gone out with news since: nothing is left for the turn that lets it go, and that must not come again and
 * again. */
static void a_turn_that_finds_nothing_held_any_more_is_marked_all_the_same(void **state)
{
	struct bench *bench = with_redis(state);
	int64_t pulsed_ms = bench->now_ms;
	bench->now_ms += FEED_GAP_MS;
	look_at_redis(bench, 2, "");
	assert_false(feed_peer(bench->peer, bench->model, 0, bench->now_ms));
	bench->now_ms += 3 * (int64_t)FEED_GAP_MS;
	look_at_redis(bench, 3, "out of memory");
	assert_true(feed_peer(bench->peer, bench->model, 0, bench->now_ms));
	carry(bench);
	bench->now_ms = pulsed_ms + FEED_BEAT_MS;
	(void)feed_peer(bench->peer, bench->model, 0, bench->now_ms);
	carry(bench);
	assert_true(feed_due_ms(bench->peer, bench->model) > bench->now_ms);
}

static void what_is_wrong_with_a_service_waits_for_nothing(void **state)
{
	struct bench *bench = with_redis(state);
	bench->now_ms += FEED_GAP_MS;
	look_at_redis(bench, 2, "");
	assert_false(feed_peer(bench->peer, bench->model, 0, bench->now_ms));
	look_at_redis(bench, 3, "out of memory");
	assert_true(feed_peer(bench->peer, bench->model, 0, bench->now_ms));
	carry(bench);
	assert_true(rate_of(bench) == 3);
	assert_string_equal(model_service(bench->replica, 3)->why, "out of memory");
}

static void what_is_in_a_hurry_does_not_wait_for_the_gap(void **state)
{
	struct bench *bench = *state;
	feed_turns(bench, 1);
	int64_t marked_ms = bench->peer->turn_ms;
	bench->now_ms = marked_ms + 1;
	change(bench, 5, 77, "it is down");
	assert_int_equal(feed_due_ms(bench->peer, bench->model), marked_ms + FEED_GAP_MS);
	model_hurry(bench->model);
	assert_int_equal(feed_due_ms(bench->peer, bench->model), marked_ms + FEED_HURRY_GAP_MS);
	bench->now_ms = marked_ms + FEED_HURRY_GAP_MS;
	assert_true(feed_peer(bench->peer, bench->model, 0, bench->now_ms));
	carry(bench);
	change(bench, 5, 78, "it is still down");
	assert_int_equal(feed_due_ms(bench->peer, bench->model), bench->now_ms + FEED_GAP_MS);
}

static void a_client_that_knows_no_pulse_gets_the_whole_bot(void **state)
{
	struct bench *bench = *state;
	feed_turns(bench, 1);
	bench->now_ms += FEED_BEAT_MS;
	change(bench, 5, 77, NULL);
	assert_true(feed_peer(bench->peer, bench->model, 0, bench->now_ms));
	assert_true(peer_backlog(bench->peer) > TEXT_BYTES);
	carry(bench);
	assert_all_equal(bench);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_leaves_while_a_client_attaches_is_no_ghost),
		TEST(what_leaves_while_everything_is_sent_again_is_no_ghost),
		TEST(a_lost_tombstone_of_a_turn_under_way_is_made_good_in_the_next),
		TEST(tombstones_of_before_it_attached_cost_a_client_nothing),
		TEST(a_bot_that_was_only_looked_at_again_costs_a_pulse),
		TEST(what_a_client_lacks_does_not_come_as_a_pulse),
		TEST(pulses_wait_for_each_other_and_nothing_else_waits_for_them),
		TEST(figures_of_a_service_wait_with_the_pulses_and_make_no_turn),
		TEST(a_turn_that_finds_nothing_held_any_more_is_marked_all_the_same),
		TEST(what_is_wrong_with_a_service_waits_for_nothing),
		TEST(what_is_in_a_hurry_does_not_wait_for_the_gap),
		TEST(a_client_that_knows_no_pulse_gets_the_whole_bot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
