/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "core/model/model.h"
#include "core/model/verdict.h"
#include "core/msg/msg.h"

enum { NOW_MS = 1800000000, MINUTE_MS = 60000 };

static struct msg_service *verdict(const char *error, uint64_t dropped, int64_t dropped_ms)
{
	struct msg_engine *engine = msg_new(MSG_engine);
	struct msg_service *service = msg_new(MSG_service);
	msg_set(&engine->recording_error, error);
	engine->recording_dropped = dropped;
	engine->recording_drop_at_ms = dropped_ms;
	verdict_recording(service, engine, NOW_MS);
	msg_free(MSG_engine, engine);
	return service;
}

static void assert_verdict(
	struct msg_service *service, uint64_t severity, const char *state, const char *why)
{
	assert_int_equal(service->severity, severity);
	assert_string_equal(service->state, state);
	assert_string_equal(service->why, why);
	assert_int_equal(service->since_ms, NOW_MS);
	msg_free(MSG_service, service);
}

static void one_that_records_all_is_ok(void **state)
{
	(void)state;
	assert_verdict(verdict("", 0, 0), SEVERITY_OK, "ok", "");
}

static void one_that_cannot_write_says_why_without_its_path(void **state)
{
	(void)state;
	assert_verdict(verdict("the recording '/var/lib/b/rec' is full (64M)", 3, NOW_MS),
		SEVERITY_WARN, "degraded", "the recording is full (64M)");
	assert_verdict(verdict("cannot write the recording '/r': No space left on device", 0, 0),
		SEVERITY_WARN, "degraded", "cannot write the recording: No space left on device");
	assert_verdict(verdict("no path 'here", 0, 0), SEVERITY_WARN, "degraded", "no path 'here");
}

static void a_lost_entry_is_news_for_ten_minutes(void **state)
{
	(void)state;
	assert_verdict(
		verdict("", 1, NOW_MS), SEVERITY_WARN, "degraded", "1 entry was not recorded");
	assert_verdict(verdict("", 7, NOW_MS - 9 * MINUTE_MS), SEVERITY_WARN, "degraded",
		"7 entries were not recorded");
	assert_verdict(verdict("", 7, NOW_MS - 10 * MINUTE_MS), SEVERITY_OK, "ok", "");
}

static void since_when_moves_with_the_state_alone(void **state)
{
	(void)state;
	struct msg_engine *engine = msg_new(MSG_engine);
	struct msg_service *service = msg_new(MSG_service);
	verdict_recording(service, engine, NOW_MS);
	verdict_recording(service, engine, NOW_MS + 1);
	assert_int_equal(service->since_ms, NOW_MS);
	msg_set(&engine->recording_error, "broken");
	verdict_recording(service, engine, NOW_MS + 2);
	assert_int_equal(service->since_ms, NOW_MS + 2);
	msg_free(MSG_engine, engine);
	msg_free(MSG_service, service);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_records_all_is_ok),
		cmocka_unit_test(one_that_cannot_write_says_why_without_its_path),
		cmocka_unit_test(a_lost_entry_is_news_for_ten_minutes),
		cmocka_unit_test(since_when_moves_with_the_state_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
