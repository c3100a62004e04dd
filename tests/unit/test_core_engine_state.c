/* SPDX-License-Identifier: MIT */
/* Keyed state: after every turn mark a screen's replica equals the engine's model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>

#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/feed.h"
#include "core/model/model.h"
#include "core/model/figures.h"
#include "core/model/pulse.h"
#include "core/msg/msg.h"
#include "tests/support/engine_harness.h"

static const char config[] =
	"state_dir: /nowhere/state\n"
	"bots:\n"
	"  - {name: orders, token: {file: /nowhere/t1}, process: {match: orders}}\n"
	"  - {name: support, token: {file: /nowhere/t2}}\n"
	"  - {name: news, token: {file: /nowhere/t3}, enabled: no}\n"
	"redis:\n"
	"  - {name: main, host: 127.0.0.1, heartbeats: 'hb:*'}\n";

static int setup(void **state)
{
	*state = harness_new(config);
	return 0;
}

static int teardown(void **state)
{
	harness_free(*state);
	return 0;
}

/* With what the pulses and figures of `newer` would bring, unless it is NULL. */
static void dump_entity(
	enum msg_kind kind, const void *body, const struct model *newer, struct str *out)
{
	const void *later = newer ? model_find(newer, kind, *(const uint64_t *)body) : NULL;
	if (later && figures_are_all(kind, body, later))
		body = later;
	const struct msg_bot *bot = body;
	const struct msg_bot *now = newer && kind == MSG_bot ? model_bot(newer, bot->id) : NULL;
	if (now) {
		struct msg_bot *pulsed = msg_copy(kind, body);
		struct msg_pulse pulse;
		pulse_take(now, &pulse);
		pulse_give(&pulse, pulsed);
		msg_dump(kind, pulsed, out);
		msg_free(kind, pulsed);
	} else {
		msg_dump(kind, body, out);
	}
	str_addch(out, '\n');
}

static void dump_model(const struct model *model, const struct model *newer, struct str *out)
{
	for (unsigned kind = MODEL_KIND_FIRST; kind <= MODEL_KIND_LAST; kind++) {
		size_t count;
		if (!msg_info(kind))
			continue;
		const void *const *bodies = model_list(model, (enum msg_kind)kind, &count);
		for (size_t i = 0; i < count; i++)
			dump_entity((enum msg_kind)kind, bodies[i], newer, out);
	}
}

static void assert_same_with(const struct harness_screen *screen, const struct model *newer)
{
	autostr struct str own = STR_INIT, replica = STR_INIT;
	dump_model(screen->harness->model, NULL, &own);
	dump_model(screen->model, newer, &replica);
	assert_string_equal(own.text, replica.text);
}

static void assert_same(const struct harness_screen *screen)
{
	assert_same_with(screen, NULL);
}

static void assert_same_but_for_pulses(const struct harness_screen *screen)
{
	assert_same_with(screen, screen->harness->model);
}

static void attaching_brings_the_whole_state(void **state)
{
	struct harness_screen *screen = harness_attach(*state);
	size_t count;
	(void)model_bots(screen->model, &count);
	assert_int_equal(count, 3);
	assert_non_null(model_engine(screen->model));
	assert_int_equal(model_engine(screen->model)->checking_total, 2);
	assert_string_equal(
		model_bot(screen->model, entity_id("bot", "orders"))->tg_state, "checking");
	assert_string_equal(
		model_bot(screen->model, entity_id("bot", "news"))->tg_state, "not_polled");
	assert_string_equal(client_welcome(screen->client)->engine, "/nowhere/state");
	assert_same(screen);
	harness_detach(screen);
}

static void feed_anything(struct harness *harness, struct rng *rng)
{
	static const char *const bots[] = {"orders", "support", "news", "stranger"};
	const char *bot = bots[rng_below(rng, COUNT_OF(bots))];
	unsigned n = (unsigned)rng_below(rng, 1000);
	switch (rng_below(rng, 6)) {
	case 0:
		harness_feed(harness, "obs_getme bot=\"%s\" code=%u tg_id=%u username=\"u%u\"", bot,
			n % 3 ? 0 : n % 7, n, n % 4);
		break;
	case 1:
		harness_feed(harness,
			"obs_webhook bot=\"%s\" pending=%u url_hash=%u last_error_s=%u", bot, n,
			n % 3, n % 5);
		break;
	case 2:
		harness_feed(harness, "obs_process bot=\"%s\" state=\"%s\" pid=%u", bot,
			n % 2 ? "running" : "absent", n % 2 ? n % 9 : 0);
		break;
	case 3:
		harness_feed(harness,
			"obs_heartbeat bot=\"%s\" present=%s ttl_ms=%u full_ttl_ms=1000 "
			"updates_per_s=2 p95_ms=nan",
			bot, n % 4 ? "true" : "false", n);
		break;
	case 4:
		harness_feed(harness,
			"obs_stream service=\"main\" name=\"s%u\" group=\"g\" lag=%u "
			"gone=%s",
			n % 4, n, n % 3 ? "false" : "true");
		break;
	default:
		harness_feed(harness, "obs_redis name=\"main\" ping_ms=1 clients=%u", n);
	}
}

static void a_replica_equals_the_model_after_every_mark_but_for_pulses_of_a_second(void **state)
{
	struct harness *harness = *state;
	struct rng rng;
	rng_init(&rng, 7);
	struct harness_screen *early = harness_attach(harness);
	for (unsigned round = 0; round < 300; round++) {
		unsigned steps = (unsigned)rng_below(&rng, 6);
		for (unsigned i = 0; i < steps; i++)
			feed_anything(harness, &rng);
		if (rng_below(&rng, 5) == 0)
			harness_advance(harness, (int64_t)rng_below(&rng, 30000));
		harness_sync(early);
		assert_same_but_for_pulses(early);
		if (round % 10 == 9) {
			harness_advance(harness, FEED_PULSE_MS);
			harness_sync(early);
			assert_same(early);
		}
		if (round % 50 == 49) {
			struct harness_screen *late = harness_attach(harness);
			assert_same(late);
			harness_detach(late);
		}
	}
	assert_true(early->turns > 100);
	harness_detach(early);
}

static void attaching_again_with_an_old_replica_forgets_what_is_gone(void **state)
{
	struct harness *harness = *state;
	harness_feed(harness, "obs_stream service=\"main\" name=\"old\" group=\"\"");
	struct harness_screen *first = harness_attach(harness);
	size_t count;
	(void)model_streams(first->model, &count);
	assert_int_equal(count, 1);
	struct model *kept = first->model;
	first->model = model_new();
	harness_detach(first);
	harness_feed(harness, "obs_stream service=\"main\" name=\"old\" gone=true");
	struct harness_screen *second = harness_reattach(harness, kept);
	(void)model_streams(second->model, &count);
	assert_int_equal(count, 0);
	assert_same(second);
	harness_detach(second);
}

static size_t streams_of(const struct harness_screen *screen)
{
	size_t count;
	(void)model_streams(screen->model, &count);
	return count;
}

static void a_stream_that_is_gone_takes_its_groups_along(void **state)
{
	struct harness *harness = *state;
	struct harness_screen *screen = harness_attach(harness);
	harness_feed(harness, "obs_stream service=\"main\" name=\"old\" group=\"\"");
	harness_feed(harness, "obs_stream service=\"main\" name=\"old\" group=\"g\"");
	harness_feed(harness, "obs_stream service=\"main\" name=\"older\" group=\"g\"");
	harness_advance(harness, FEED_PULSE_MS);
	harness_sync(screen);
	assert_int_equal(streams_of(screen), 3);
	harness_feed(harness, "obs_stream service=\"main\" name=\"old\" gone=true");
	harness_advance(harness, FEED_PULSE_MS);
	harness_sync(screen);
	assert_int_equal(streams_of(screen), 1);
	harness_detach(screen);
}

/* A name may be as long as a screen is wide, and have letters of four bytes. */
static void streams_whose_long_names_differ_at_their_ends_are_two(void **state)
{
	struct harness *harness = *state;
	struct harness_screen *screen = harness_attach(harness);
	char name[481];
	for (size_t i = 0; i + 4 < sizeof(name); i += 4)
		memcpy(name + i, "\xf0\x9f\x90\x99", 5);
	for (int last = 'a'; last <= 'b'; last++)
		harness_feed(harness,
			"obs_stream service=\"main\" name=\"%s\" group=\"a group with a long name "
			"%c\"",
			name, last);
	harness_advance(harness, FEED_PULSE_MS);
	harness_sync(screen);
	assert_int_equal(streams_of(screen), 2);
	harness_detach(screen);
}

static void a_quiet_engine_marks_a_turn_every_second(void **state)
{
	struct harness_screen *screen = harness_attach(*state);
	unsigned before = screen->turns;
	for (int i = 0; i < 10; i++) {
		harness_advance(screen->harness, 1000);
		harness_sync(screen);
	}
	unsigned turns = screen->turns - before;
	assert_in_range(turns, 10, 22);
	assert_int_equal(client_turn_wall_ms(screen->client) / 1000,
		clock_wall_ms(&screen->harness->clock) / 1000);
	harness_detach(screen);
}

static void a_storm_of_changes_makes_at_most_ten_marks_a_second(void **state)
{
	struct harness_screen *screen = harness_attach(*state);
	unsigned turns = 0;
	for (int i = 0; i < 1000; i++) {
		harness_feed(screen->harness, "obs_redis name=\"main\" version=\"%d\"", i);
		clock_advance(&screen->harness->clock, 1);
		harness_settle(screen->harness);
		turns += client_pump(screen->client, screen->model, 0, NULL, NULL);
	}
	assert_in_range(turns, 8, 11); /* both ends of the second may have one */
	harness_advance(screen->harness, FEED_PULSE_MS);
	harness_sync(screen);
	assert_same(screen);
	harness_detach(screen);
}

static struct harness *large_fleet(unsigned bots)
{
	autostr struct str yaml = STR_INIT;
	str_adds(&yaml, "state_dir: /nowhere/state\nbots:\n");
	for (unsigned i = 0; i < bots; i++)
		str_addf(&yaml, "  - {name: bot-%u, token: {file: /nowhere/t}}\n", i);
	return harness_new(yaml.text);
}

static size_t wire_bytes(const struct model *model)
{
	autostr struct str wire = STR_INIT;
	size_t count;
	const struct msg_bot *const *bots = model_bots(model, &count);
	for (size_t i = 0; i < count; i++)
		msg_encode(MSG_bot, bots[i], &wire);
	return wire.length;
}

/* What is too much for one go is no turn until its last part came. */
static void a_large_state_has_its_first_mark_at_its_end(void **state)
{
	(void)state;
	int fds[2];
	struct harness *harness = large_fleet(2500);
	assert_true(wire_bytes(harness->model) > 2 * FEED_BYTES);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	struct harness_screen screen = {.harness = harness, .model = model_new()};
	screen.client = client_over(fds[0], harness->settings->state_dir, "screen", true);
	engine_adopt(harness->engine, fds[1]);
	unsigned rounds = 0;
	for (; !screen.turns && rounds < 1000; rounds++) {
		screen.turns = client_pump(screen.client, screen.model, 0, NULL, NULL);
		(void)engine_turn(harness->engine, 0);
	}
	assert_int_equal(screen.turns, 1);
	assert_same(&screen);
	client_free(screen.client);
	model_free(screen.model);
	harness_free(harness);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(attaching_brings_the_whole_state, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_replica_equals_the_model_after_every_mark_but_for_pulses_of_a_second,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			attaching_again_with_an_old_replica_forgets_what_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_stream_that_is_gone_takes_its_groups_along, setup, teardown),
		cmocka_unit_test_setup_teardown(
			streams_whose_long_names_differ_at_their_ends_are_two, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_quiet_engine_marks_a_turn_every_second, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_storm_of_changes_makes_at_most_ten_marks_a_second, setup, teardown),
		cmocka_unit_test(a_large_state_has_its_first_mark_at_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
