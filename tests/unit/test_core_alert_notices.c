/* SPDX-License-Identifier: MIT */
/* What on_alert is told, how often, and what of it is remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/alert.h"
#include "core/alert/notices.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/model.h"

#define START INT64_C(1772366400000) /* 2026-03-01 12:00:00 UTC */

struct bench {
	struct clock clock;
	struct model *model;
	struct settings *settings;
	struct alerts *alerts;
	struct notices *notices;
	struct notice got;
	struct str forgotten;
};

static void on_forget(void *context, const char *key)
{
	struct bench *bench = context;
	str_addf(&bench->forgotten, "%s ", key);
}

static void configure(struct bench *bench, int per_minute, enum told_severity severity)
{
	const struct conf_on_alert conf = {.per_minute = per_minute, .severity = severity};
	notices_configure(bench->notices, &conf, "prod");
}

static void renew_notices(struct bench *bench)
{
	notices_free(bench->notices);
	bench->notices = notices_new(&bench->clock, bench->model, bench->alerts, "here");
	notices_on_forget(bench->notices, on_forget, bench);
	configure(bench, 20, TOLD_WARN);
}

static int setup(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	struct err err;
	setenv("XDG_STATE_HOME", "/tmp", 1);
	clock_init_virtual(&bench->clock, START);
	bench->model = model_new();
	if (!settings_parse("", 0, "/tmp/botswain.yaml", &bench->settings, NULL, &err))
		fail_msg("%s", err.text);
	bench->alerts = alerts_new(bench->settings, &bench->clock, bench->model);
	str_init(&bench->forgotten);
	renew_notices(bench);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	notice_release(&bench->got);
	notices_free(bench->notices);
	alerts_free(bench->alerts);
	model_free(bench->model);
	settings_unref(bench->settings);
	str_release(&bench->forgotten);
	free(bench);
	return 0;
}

static void put(struct bench *bench, const char *format, ...) PRINTF_LIKE(2, 3);
static void put(struct bench *bench, const char *format, ...)
{
	autostr struct str line = STR_INIT;
	struct msg_any message;
	struct err err;
	va_list args;
	va_start(args, format);
	str_vaddf(&line, format, args);
	va_end(args);
	if (!msg_parse(line.text, &message, &err))
		fail_msg("'%s': %s", line.text, err.text);
	model_put(bench->model, message.kind, message.body);
}

static void put_alert(struct bench *bench, int id, const char *state, unsigned severity)
{
	put(bench,
		"alert id=%d rule=\"bot_down\" severity=%u target_kind=\"bot\" target=%d "
		"target_name=\"b%d\" text=\"b%d is down\" state=\"%s\" since_ms=%lld "
		"fired_ms=%lld resolved_ms=%lld value=2 limit=2.5",
		id, severity, id, id, id, state, (long long)START - 9000, (long long)START - 5000,
		strcmp(state, "resolved") == 0 ? (long long)START + 1000 : 0);
}

/* The next second. */
static void scan(struct bench *bench)
{
	clock_advance(&bench->clock, 1000);
	notices_scan(bench->notices);
}

static bool next(struct bench *bench)
{
	notice_release(&bench->got);
	return notices_next(bench->notices, &bench->got);
}

static void assert_event(struct bench *bench, const char *event, const char *text)
{
	assert_true(next(bench));
	json_t *object = json_loads(bench->got.line, 0, NULL);
	assert_non_null(object);
	assert_string_equal(json_string_value(json_object_get(object, "event")), event);
	assert_string_equal(json_string_value(json_object_get(object, "text")), text);
	json_decref(object);
}

static void an_alert_is_told_once_when_it_fires_and_once_when_it_is_over(void **state)
{
	struct bench *bench = *state;
	put_alert(bench, 7, "pending", SEVERITY_CRIT);
	scan(bench);
	assert_false(next(bench));
	put_alert(bench, 7, "firing", SEVERITY_CRIT);
	for (int i = 0; i < 100; i++)
		scan(bench);
	assert_true(next(bench));
	assert_string_equal(bench->got.line,
		"{\"v\":1,\"event\":\"firing\",\"environment\":\"prod\",\"id\":"
		"\"0000000000000007\","
		"\"rule\":\"bot_down\",\"severity\":\"crit\",\"target\":{\"kind\":\"bot\",\"name\":"
		"\"b7\","
		"\"host\":\"here\"},\"text\":\"b7 is down\",\"since\":\"2026-03-01T11:59:51.000Z\","
		"\"fired\":\"2026-03-01T11:59:55.000Z\",\"resolved\":null,\"value\":2,\"limit\":2."
		"5}\n");
	assert_string_equal(bench->got.about, "bot_down of b7, firing");
	assert_string_equal(bench->got.key, "told/0000000000000007");
	assert_true(bench->got.mark[0] != '\0');
	assert_false(next(bench));
	put_alert(bench, 7, "resolved", SEVERITY_CRIT);
	for (int i = 0; i < 100; i++)
		scan(bench);
	assert_event(bench, "resolved", "b7 is down");
	assert_non_null(strstr(bench->got.line, "\"resolved\":\"2026-03-01T12:00:01.000Z\""));
	assert_string_equal(bench->got.mark, "");
	assert_false(next(bench));
}

static void nobody_hears_of_the_end_of_what_was_not_told(void **state)
{
	struct bench *bench = *state;
	put_alert(bench, 7, "resolved", SEVERITY_CRIT);
	scan(bench);
	assert_false(next(bench));
}

static void only_the_wanted_severity_is_told_and_growing_to_it_is_new(void **state)
{
	struct bench *bench = *state;
	configure(bench, 20, TOLD_CRIT);
	put_alert(bench, 7, "firing", SEVERITY_WARN);
	scan(bench);
	assert_false(next(bench));
	put_alert(bench, 7, "firing", SEVERITY_CRIT);
	scan(bench);
	assert_event(bench, "firing", "b7 is down");
	configure(bench, 20, TOLD_WARN);
	put_alert(bench, 8, "firing", SEVERITY_WARN);
	scan(bench);
	assert_event(bench, "firing", "b8 is down");
	put_alert(bench, 8, "firing", SEVERITY_CRIT);
	scan(bench);
	assert_event(bench, "firing", "b8 is down");
	put_alert(bench, 8, "firing", SEVERITY_WARN);
	scan(bench);
	assert_false(next(bench));
}

static void a_storm_is_told_as_far_as_a_minute_has_room_and_then_summed_up(void **state)
{
	struct bench *bench = *state;
	configure(bench, 3, TOLD_WARN);
	for (int id = 1; id <= 10; id++)
		put_alert(bench, id, "firing", id == 10 ? SEVERITY_CRIT : SEVERITY_WARN);
	scan(bench);
	assert_event(bench, "firing", "b1 is down");
	assert_event(bench, "firing", "b2 is down");
	assert_event(bench, "firing", "b3 is down");
	assert_false(next(bench));
	assert_int_equal(notices_dropped(bench->notices), 7);
	put_alert(bench, 1, "resolved", SEVERITY_WARN); /* it was told, and no line is left */
	put_alert(bench, 9, "resolved", SEVERITY_WARN);
	scan(bench);
	assert_false(next(bench));
	assert_string_equal(bench->forgotten.text, "told/0000000000000001 ");
	clock_advance(&bench->clock, NOTICES_MINUTE_MS);
	scan(bench);
	assert_event(bench, "summary", "8 more alerts not sent: 7 began, 1 ended");
	assert_non_null(strstr(bench->got.line, "\"severity\":\"crit\""));
	assert_non_null(strstr(bench->got.line, "\"firing\":7,\"resolved\":1"));
	assert_string_equal(bench->got.key, "");
	/* The end of one that was only counted is told by none, that of one that was told is. */
	put_alert(bench, 10, "resolved", SEVERITY_CRIT);
	put_alert(bench, 2, "resolved", SEVERITY_WARN);
	scan(bench);
	assert_event(bench, "resolved", "b2 is down");
	assert_false(next(bench));
	clock_advance(&bench->clock, NOTICES_MINUTE_MS);
	scan(bench);
	assert_false(next(bench));
}

static void a_queue_that_nobody_empties_does_not_grow(void **state)
{
	struct bench *bench = *state;
	configure(bench, 600, TOLD_WARN);
	for (int id = 1; id <= 500; id++)
		put_alert(bench, id, "firing", SEVERITY_CRIT);
	scan(bench);
	assert_int_equal(notices_waiting(bench->notices), NOTICES_WAITING_MAX);
	assert_int_equal(notices_dropped(bench->notices), 500 - NOTICES_WAITING_MAX);
	for (int minute = 0; minute < 5; minute++) {
		clock_advance(&bench->clock, NOTICES_MINUTE_MS);
		scan(bench);
	}
	assert_int_equal(notices_waiting(bench->notices), NOTICES_WAITING_MAX);
	while (next(bench))
		;
	scan(bench);
	assert_event(bench, "summary", "436 more alerts not sent: 436 began, 0 ended");
	assert_false(next(bench));
}

static void hostile_text_stays_one_line_and_one_object(void **state)
{
	struct bench *bench = *state;
	put(bench, "alert id=5 rule=\"bot_down\" severity=4 state=\"firing\" target_name=\"x\" "
		   "text=\"a\\\"}\\n{\\\"event\\\":\\\"resolved\\\"\" value=nan limit=nan");
	scan(bench);
	assert_true(next(bench));
	assert_ptr_equal(
		strchr(bench->got.line, '\n'), bench->got.line + strlen(bench->got.line) - 1);
	json_t *object = json_loads(bench->got.line, 0, NULL);
	assert_non_null(object);
	assert_string_equal(json_string_value(json_object_get(object, "event")), "firing");
	assert_true(json_is_null(json_object_get(object, "value")));
	json_decref(object);
}

/* ---- over a restart ---- */

static char *told_before(struct bench *bench, int id)
{
	put_alert(bench, id, "firing", SEVERITY_CRIT);
	scan(bench);
	assert_true(next(bench));
	char *mark = xstrdup(bench->got.mark);
	model_remove(bench->model, MSG_alert, (uint64_t)id);
	renew_notices(bench);
	notices_recall(bench->notices, mark, strlen(mark));
	return mark;
}

static void what_was_told_before_a_restart_and_fires_on_is_not_told_again(void **state)
{
	struct bench *bench = *state;
	free(told_before(bench, 7));
	put_alert(bench, 7, "firing", SEVERITY_CRIT);
	scan(bench);
	assert_false(next(bench));
	put_alert(bench, 7, "resolved", SEVERITY_CRIT);
	scan(bench);
	assert_event(bench, "resolved", "b7 is down");
}

static void its_end_waits_until_it_is_known(void **state)
{
	struct bench *bench = *state;
	put(bench, "bot id=7 name=\"b7\" enabled=true tg_state=\"checking\" "
		   "proc_state=\"unknown\" hb_state=\"unknown\" pending=-1 "
		   "reasons=[{severity=2 id=\"process_unknown\"}]");
	free(told_before(bench, 7));
	scan(bench);
	assert_false(next(bench));
	put(bench, "bot id=7 name=\"b7\" enabled=true tg_state=\"ok\" proc_state=\"unknown\" "
		   "hb_state=\"not_configured\" pending=0");
	scan(bench);
	assert_false(next(bench));
	put(bench, "bot id=7 name=\"b7\" enabled=true tg_state=\"ok\" proc_state=\"running\" "
		   "hb_state=\"not_configured\" pending=0");
	scan(bench);
	assert_event(bench, "resolved", "b7 is down");
	assert_string_equal(bench->got.key, "told/0000000000000007");
	assert_null(strstr(bench->got.line, "\"resolved\":null"));
	assert_false(next(bench));
}

static void what_is_watched_no_more_is_over(void **state)
{
	struct bench *bench = *state;
	free(told_before(bench, 7));
	scan(bench);
	assert_event(bench, "resolved", "b7 is down");
}

static void a_mark_that_is_none_is_ignored(void **state)
{
	struct bench *bench = *state;
	static const char *const marks[] = {"", "alert", "bot id=7", "alert id=", "{}", "\xff\xfe"};
	for (size_t i = 0; i < COUNT_OF(marks); i++)
		notices_recall(bench->notices, marks[i], strlen(marks[i]));
	scan(bench);
	while (next(bench))
		;
}

int main(void)
{
#define NOTICE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		NOTICE_TEST(an_alert_is_told_once_when_it_fires_and_once_when_it_is_over),
		NOTICE_TEST(nobody_hears_of_the_end_of_what_was_not_told),
		NOTICE_TEST(only_the_wanted_severity_is_told_and_growing_to_it_is_new),
		NOTICE_TEST(a_storm_is_told_as_far_as_a_minute_has_room_and_then_summed_up),
		NOTICE_TEST(a_queue_that_nobody_empties_does_not_grow),
		NOTICE_TEST(hostile_text_stays_one_line_and_one_object),
		NOTICE_TEST(what_was_told_before_a_restart_and_fires_on_is_not_told_again),
		NOTICE_TEST(its_end_waits_until_it_is_known),
		NOTICE_TEST(what_is_watched_no_more_is_over),
		NOTICE_TEST(a_mark_that_is_none_is_ignored),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
