/* SPDX-License-Identifier: MIT */
/* A pulse carries exactly what is taken for a pulse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/pulse.h"
#include "core/msg/msg.h"

static struct msg_bot *make_bot(void)
{
	struct msg_any any;
	struct err err;
	if (!msg_parse("bot id=7 rev=3 name=\"orders\" state=\"ok\" pid=12 cpu_percent=nan "
		       "rss_bytes=1 "
		       "proc_at_ms=1 hb_state=\"ok\" hb_at_ms=1 hb_ttl_ms=1 hb_seen_ms=1 rtt_ms=1 "
		       "tg_at_ms=1 tg_attempt_ms=1 log_at_ms=1 event_at_ms=1 updates_per_s=1 "
		       "p95_ms=nan health_at_ms=1 health_ms=1 metrics_at_ms=1 api_at_ms=1 "
		       "api_requests_per_s=nan spark=[nan 1 2]",
		    &any, &err))
		fail_msg("%s", err.text);
	return any.body;
}

/* Every field that a pulse has, other than it was: known ones unknown, and unknown ones known. */
static struct msg_bot *look_again(const struct msg_bot *bot)
{
	struct msg_bot *new = msg_copy(MSG_bot, bot);
	new->rev = 9;
	new->cpu_percent = 2;
	new->rss_bytes = 2;
	new->proc_at_ms = 1790000000123;
	new->hb_at_ms = 1790000000000; /* before it, and so on */
	new->hb_ttl_ms = 2;
	new->hb_seen_ms = 1790000000001;
	new->rtt_ms = NAN;
	new->tg_at_ms = 0; /* never */
	new->tg_attempt_ms = new->log_at_ms = new->event_at_ms = 1789999990000;
	new->updates_per_s = new->p95_ms = 2;
	new->health_at_ms = 1789999999000;
	new->health_ms = NAN;
	new->metrics_at_ms = new->api_at_ms = 1790000000100;
	new->api_requests_per_s = 2;
	new->spark[2] = NAN;
	return new;
}

static struct msg_pulse over_the_wire(const struct msg_bot *bot)
{
	struct msg_pulse pulse, ret;
	struct msg_any any;
	struct err err;
	size_t used;
	autostr struct str bytes = STR_INIT;
	pulse_take(bot, &pulse);
	msg_encode(MSG_pulse, &pulse, &bytes);
	assert_true(bytes.length < 100);
	assert_true(msg_decode(bytes.text, bytes.length, MSG_FRAME_MAX, &any, &used, &err));
	ret = *(const struct msg_pulse *)any.body;
	msg_any_release(&any);
	return ret;
}

static void what_a_pulse_brings_is_the_bot_as_it_is(void **state)
{
	(void)state;
	struct msg_bot *old = make_bot(), *new = look_again(old);
	assert_true(pulse_is_all(old, new));
	struct msg_pulse pulse = over_the_wire(new);
	pulse_give(&pulse, old);
	assert_true(msg_equal(MSG_bot, old, new, false));
	pulse = over_the_wire(new);
	pulse_give(&pulse, old); /* latest wins, twice is once */
	assert_true(msg_equal(MSG_bot, old, new, false));
	msg_free(MSG_bot, old);
	msg_free(MSG_bot, new);
}

static void any_other_change_is_more_than_a_pulse(void **state)
{
	(void)state;
	struct msg_bot *old = make_bot(), *new;
	new = look_again(old);
	new->pid = 13;
	assert_false(pulse_is_all(old, new));
	msg_free(MSG_bot, new);
	new = look_again(old);
	msg_set(&new->state, "down");
	assert_false(pulse_is_all(old, new));
	msg_free(MSG_bot, new);
	new = look_again(old);
	new->spark[1] = 5; /* the row moved on */
	assert_false(pulse_is_all(old, new));
	msg_free(MSG_bot, new);
	new = look_again(old);
	new->spark_count = 2;
	assert_false(pulse_is_all(old, new));
	msg_free(MSG_bot, new);
	msg_free(MSG_bot, old);
}

/* An engine elsewhere may say anything. */
static void moments_that_make_no_sense_overflow_nothing(void **state)
{
	(void)state;
	struct msg_bot *bot = make_bot();
	const struct msg_pulse pulse = {.id = 7,
		.newest_ms = INT64_MIN,
		.proc_at = UINT64_MAX,
		.hb_at = 2,
		.tg_at = UINT64_C(1) << 63};
	pulse_give(&pulse, bot);
	assert_int_equal(bot->hb_at_ms, INT64_MAX);
	assert_int_equal(bot->hb_seen_ms, 0);
	msg_free(MSG_bot, bot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_pulse_brings_is_the_bot_as_it_is),
		cmocka_unit_test(any_other_change_is_more_than_a_pulse),
		cmocka_unit_test(moments_that_make_no_sense_overflow_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
