/* SPDX-License-Identifier: MIT */
/*
 * Ten thousand bots: what the engine remembers of each, and what a minute costs in which nothing happens, in bytes and
 * allocations, which are the same on every machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/internal.h"
#include "tests/support/engine_harness.h"
#include "tests/support/instrumented.h"

enum { BOTS = 10000, BYTES_A_BOT = 4608, MINUTE_S = 60 };

/* ---- counting: the C library's own functions stay behind ours ---- */

static size_t allocations;

#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	allocations++;
	return __libc_realloc(old, size);
}
#endif

/* ---- the fleet ---- */

static struct harness *new_fleet(void)
{
	autostr struct str yaml = STR_INIT;
	str_adds(&yaml, "state_dir: /nowhere/state\nbots:\n");
	for (int i = 0; i < BOTS; i++)
		str_addf(&yaml, "  bot-%05d: {token: {command: [echo]}, heartbeat: none}\n", i);
	return harness_new(yaml.text);
}

static void feed(struct engine *engine, enum msg_kind kind, void *body)
{
	msg_complete(kind, body);
	engine_feed(engine, (struct parcel){.message = {.kind = kind, .body = body}});
}

static void see(struct engine *engine, int bot)
{
	autofree char *name = xasprintf("bot-%05d", bot);
	struct msg_obs_getme *me = msg_new(MSG_obs_getme);
	msg_set(&me->bot, name);
	me->tg_id = 1000 + bot;
	me->latency_ms = 30;
	feed(engine, MSG_obs_getme, me);
	struct msg_obs_webhook *webhook = msg_new(MSG_obs_webhook);
	msg_set(&webhook->bot, name);
	webhook->latency_ms = 31;
	feed(engine, MSG_obs_webhook, webhook);
}

static void see_all(struct harness *harness)
{
	for (int i = 0; i < BOTS; i++) {
		see(harness->engine, i);
		if (i % 100 == 99)
			harness_settle(harness);
	}
	harness_settle(harness);
}

static size_t bytes_in_use(void)
{
	return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static void ten_thousand_bots_take_few_bytes_each(void **state)
{
	(void)state;
	if (INSTRUMENTED_TIMES > 1)
		skip();
	size_t before = bytes_in_use();
	struct harness *harness = new_fleet();
	see_all(harness);
	harness_advance(harness, 1000);
	size_t each = (bytes_in_use() - before) / BOTS;
	print_message("# %zu bytes a bot\n", each);
	assert_in_range(each, 500, BYTES_A_BOT);
	harness_free(harness);
}

/* Each is judged once in it, and not once a second. */
static void a_minute_without_news_costs_one_judgement_a_bot(void **state)
{
	(void)state;
	if (INSTRUMENTED_TIMES > 1)
		skip();
	struct harness *harness = new_fleet();
	see_all(harness);
	harness_advance(harness, 40000); /* past the grace of new bots */
	size_t before = allocations;
	harness_advance(harness, MINUTE_S * 1000);
	size_t each = (allocations - before) / BOTS;
	print_message("# %zu allocations a bot and minute\n", each);
	assert_in_range(each, 1, 25);
	harness_free(harness);
}

/* Whatever waits, a turn takes no more than its share. */
static void a_flood_of_news_is_taken_in_slices(void **state)
{
	(void)state;
	struct harness *harness = new_fleet();
	for (int i = 0; i < BOTS; i++)
		see(harness->engine, i);
	uint64_t done = harness->engine->checking_done;
	(void)engine_turn(harness->engine, 0);
	done = harness->engine->checking_done - done;
	assert_in_range(done, 1, TURN_PARCELS);
	for (int i = 0; i < 2 * BOTS && harness->engine->checking_done < BOTS; i++)
		(void)engine_turn(harness->engine, 0);
	assert_int_equal(harness->engine->checking_done, BOTS);
	harness_free(harness);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_bots_take_few_bytes_each),
		cmocka_unit_test(a_minute_without_news_costs_one_judgement_a_bot),
		cmocka_unit_test(a_flood_of_news_is_taken_in_slices),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
