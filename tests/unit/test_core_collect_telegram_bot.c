/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/collect/http.h"
#include "core/collect/hub.h"
#include "core/collect/telegram_bot.h"
#include "core/conf/settings.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"

static struct clock test_clock;
static struct settings *settings;
static struct mailbox *mailbox;
static struct hub hub;
static struct rng rng;
static struct tg_bot bot;
static struct str posted;

static struct tg_scene scene(void)
{
	return (struct tg_scene){.hub = &hub,
		.settings = settings,
		.rng = &rng,
		.now_ms = clock_mono_ms(&test_clock)};
}

static int setup(void **state)
{
	static const char yaml[] = "bots: [{name: orders, token: {command: [echo]}},"
				   " {name: mt, transport: mtproto, token: {command: [echo]}},"
				   " {name: none, transport: none}]\n";
	struct err err = {0};
	(void)state;
	clock_init_virtual(&test_clock, INT64_C(1772366400000));
	clock_advance(&test_clock, 1000000);
	if (!settings_parse(yaml, strlen(yaml), "/tmp/x.yaml", &settings, NULL, &err))
		fail_msg("%s", err.text);
	mailbox = mailbox_new(100);
	hub_init(&hub, &test_clock, mailbox, settings);
	rng_init(&rng, 3);
	bot = (struct tg_bot){.conf = &settings->bots[0]};
	struct tg_scene now = scene();
	tg_bot_start(&bot, &now, now.now_ms);
	str_init(&posted);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	hub_release(&hub);
	mailbox_free(mailbox);
	settings_unref(settings);
	str_release(&posted);
	return 0;
}

/* The server answered what the bot wanted; what was posted is in `posted`. */
static bool answer(enum tg_method method, long status, const char *body, int64_t retry_after_s)
{
	struct tg_scene now = scene();
	struct err err;
	struct parcel parcel;
	const struct http_reply reply = {.status = status,
		.body = body,
		.length = strlen(body),
		.retry_after_s = retry_after_s,
		.latency_ms = 40};
	bot.asked = method;
	bool is_host_well = tg_bot_take_reply(&bot, &now, &reply, &err);
	str_clear(&posted);
	assert_int_equal(mailbox_take(mailbox, &parcel, 1), 1);
	msg_dump(parcel.message.kind, parcel.message.body, &posted);
	parcel_release(&parcel);
	return is_host_well;
}

static const char me[] = "{\"ok\":true,\"result\":{\"id\":7,\"is_bot\":true,\"first_name\":\"x\","
			 "\"username\":\"orders_bot\"}}";
static const char webhook[] =
	"{\"ok\":true,\"result\":{\"url\":\"\",\"pending_update_count\":4,\"has_custom_"
	"certificate\":"
	"false,\"last_error_date\":1700000000,\"last_error_message\":\"\\u001b[31mbad\"}}";

static int64_t wait_ms(void)
{
	return tg_bot_next_ms(&bot) - clock_mono_ms(&test_clock);
}

static void only_bots_of_the_bot_api_with_a_token_are_polled(void **state)
{
	(void)state;
	assert_true(tg_is_polled(&settings->bots[0]));
	assert_false(tg_is_polled(&settings->bots[1]));
	assert_false(tg_is_polled(&settings->bots[2]));
}

static void a_new_bot_is_asked_who_it_is_and_then_what_waits(void **state)
{
	(void)state;
	assert_int_equal(tg_bot_wants(&bot), TG_GETME);
	assert_true(answer(TG_GETME, 200, me, 0));
	assert_non_null(strstr(posted.text, "username=\"orders_bot\""));
	clock_advance(&test_clock, 1);
	assert_int_equal(tg_bot_wants(&bot), TG_WEBHOOK);
	assert_int_equal(wait_ms(), 0);
	assert_true(answer(TG_WEBHOOK, 200, webhook, 0));
	assert_non_null(strstr(posted.text, "pending=4"));
	assert_non_null(strstr(posted.text, "last_error=\"^[[31mbad\""));
	assert_in_range(wait_ms(), 45000 * 9 / 10, 45000 * 11 / 10);
	assert_int_equal(tg_bot_wants(&bot), TG_WEBHOOK);
}

static void a_rate_limit_holds_the_whole_token_to_the_millisecond(void **state)
{
	(void)state;
	answer(TG_GETME, 200, me, 0);
	assert_true(answer(TG_WEBHOOK, 429,
		"{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests: retry after "
		"30\",\"parameters\":{\"retry_after\":30}}",
		30));
	assert_non_null(strstr(posted.text, "retry_after_s=30"));
	assert_int_equal(wait_ms(), 30000);
	tg_bot_hurry(&bot, clock_mono_ms(&test_clock));
	assert_int_equal(wait_ms(), 30000);
}

static void a_rate_limit_is_read_from_the_header_when_the_body_has_none(void **state)
{
	(void)state;
	answer(TG_WEBHOOK, 429, "<html>slow down</html>", 9);
	assert_int_equal(wait_ms(), 9000);
	clock_advance(&test_clock, 9000);
	answer(TG_WEBHOOK, 429, "{\"ok\":false,\"error_code\":429,\"description\":\"slow\"}", 0);
	assert_int_equal(wait_ms(), 1000);
}

static void a_rejected_token_is_asked_every_ten_minutes_and_only_who_it_is(void **state)
{
	(void)state;
	answer(TG_GETME, 200, me, 0);
	assert_true(answer(TG_WEBHOOK, 401,
		"{\"ok\":false,\"error_code\":401,\"description\":\"Unauthorized\"}", 0));
	assert_true(bot.is_rejected);
	assert_int_equal(tg_bot_wants(&bot), TG_GETME);
	assert_in_range(wait_ms(), 540000, 660000);
	clock_advance(&test_clock, wait_ms());
	assert_true(answer(TG_GETME, 200, me, 0));
	assert_false(bot.is_rejected);
	assert_int_equal(tg_bot_wants(&bot), TG_WEBHOOK);
	assert_true(wait_ms() <= 0);
}

static void the_focused_bot_is_asked_every_ten_seconds(void **state)
{
	(void)state;
	answer(TG_GETME, 200, me, 0);
	answer(TG_WEBHOOK, 200, webhook, 0);
	struct tg_scene focused = scene();
	focused.is_focused = true;
	tg_bot_set_pace(&bot, &focused);
	assert_int_equal(wait_ms(), 10000);
	struct tg_scene now = scene();
	tg_bot_set_pace(&bot, &now);
	answer(TG_WEBHOOK, 200, webhook, 0);
	assert_true(wait_ms() > 40000);
}

/* Whoever answers so for all bots is not reached as a Bot API; for one, others are asked (telegram_host.c). */
static void what_is_no_answer_of_the_bot_api_is_the_host_s_and_keeps_its_first_bytes(void **state)
{
	struct tg_scene now = scene();
	struct err err;
	const struct http_reply cut = {.err = {.code = ERR_PROTOCOL, .text = "cut"},
		.status = 200,
		.body = "{\"ok\":true,\"re",
		.length = 14};
	(void)state;
	assert_false(answer(TG_WEBHOOK, 200, "{\"ok\":true,\"result\":{\"url\"", 0));
	assert_non_null(strstr(posted.text, "invalid answer (byte 26): no JSON: '{"));
	assert_false(answer(TG_WEBHOOK, 200, "\x1f\x8b\x08\x01\x1b[31m", 0));
	assert_non_null(strstr(posted.text, "invalid answer (byte "));
	assert_null(strchr(posted.text, 0x1b));
	assert_false(answer(TG_GETME, 401, "<html>who are you?</html>", 0));
	assert_non_null(strstr(posted.text,
		"401, but not from the Bot API: invalid answer (byte 1): no JSON: '<html>who"));
	bot.asked = TG_WEBHOOK;
	assert_false(tg_bot_take_reply(&bot, &now, &cut, &err));
	assert_string_equal(err.text, "invalid answer (byte 14): cut off: '{\"ok\":true,\"re'");
}

static void a_server_error_is_the_host_s_and_other_errors_are_the_bot_s(void **state)
{
	(void)state;
	assert_false(answer(TG_WEBHOOK, 502, "<html>502</html>", 0));
	assert_false(answer(TG_WEBHOOK, 500,
		"{\"ok\":false,\"error_code\":500,\"description\":\"Internal Server Error: "
		"restart\"}",
		0));
	assert_true(answer(TG_WEBHOOK, 409,
		"{\"ok\":false,\"error_code\":409,\"description\":\"Conflict\"}", 0));
	assert_true(wait_ms() <= 10000);
}

static void a_bot_that_is_held_back_says_why_and_comes_again_at_its_pace(void **state)
{
	(void)state;
	struct tg_scene now = scene();
	struct parcel parcel;
	struct err err;
	err_set(&err, ERR_UNREACHABLE, "cannot reach api.telegram.org: Connection refused");
	answer(TG_GETME, 200, me, 0);
	clock_advance(&test_clock, 10);
	now = scene();
	tg_bot_hold_back(&bot, &now, &err);
	assert_int_equal(mailbox_take(mailbox, &parcel, 1), 1);
	const struct msg_obs_webhook *obs = parcel.message.body;
	assert_int_equal(parcel.message.kind, MSG_obs_webhook);
	assert_int_equal(obs->code, ERR_UNREACHABLE);
	assert_string_equal(obs->error, "cannot reach api.telegram.org: Connection refused");
	parcel_release(&parcel);
	assert_in_range(wait_ms(), 40000, 50000);
}

static void bots_that_are_due_at_about_the_same_time_are_asked_together(void **state)
{
	(void)state;
	struct settings paced = {.telegram_interval_ms = 45000};
	assert_int_equal(tg_on_tick(&paced, 1200), 1200);
	assert_int_equal(tg_on_tick(&paced, 1201), 1300);
	assert_int_equal(tg_on_tick(&paced, 1299), 1300);
	paced.telegram_interval_ms = 2000;
	assert_int_equal(tg_on_tick(&paced, 1201), 1205);
	paced.telegram_interval_ms = 500;
	assert_int_equal(tg_on_tick(&paced, 1201), 1201);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(only_bots_of_the_bot_api_with_a_token_are_polled),
		TEST(a_new_bot_is_asked_who_it_is_and_then_what_waits),
		TEST(a_rate_limit_holds_the_whole_token_to_the_millisecond),
		TEST(a_rate_limit_is_read_from_the_header_when_the_body_has_none),
		TEST(a_rejected_token_is_asked_every_ten_minutes_and_only_who_it_is),
		TEST(the_focused_bot_is_asked_every_ten_seconds),
		TEST(what_is_no_answer_of_the_bot_api_is_the_host_s_and_keeps_its_first_bytes),
		TEST(a_server_error_is_the_host_s_and_other_errors_are_the_bot_s),
		TEST(bots_that_are_due_at_about_the_same_time_are_asked_together),
		TEST(a_bot_that_is_held_back_says_why_and_comes_again_at_its_pace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
