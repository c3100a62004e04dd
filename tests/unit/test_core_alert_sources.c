/* SPDX-License-Identifier: MIT */
/* Rules about sources and servers: who is down, who only refuses us, and what is nobody's fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/alert/alert.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/model/model.h"
#include "core/model/verdict.h"
#include "tests/support/alert_bench.h"

static void see(struct alert_bench *bench, enum msg_kind kind, const char *facts, const char *path)
{
	const char *scope = kind == MSG_source ? "source" : "service";
	uint64_t id = entity_id(scope, path);
	void *body = alert_bench_parse(bench, scope, facts, id);
	if (kind == MSG_service)
		verdict_service(body, model_source(bench->model, entity_id("source", path)),
			&bench->limits, clock_wall_ms(&bench->clock));
	model_put(bench->model, kind, body);
	alerts_check(bench->alerts, kind, id);
}

static void an_unreachable_source_is_one_alert_and_none_for_its_bots(void **state)
{
	struct alert_bench *bench = *state;
	see(bench, MSG_source,
		"kind=\"telegram\" name=\"telegram\" state=\"unreachable\" fails=1 "
		"error=\"Connection refused\"",
		"telegram/telegram");
	assert_string_equal(phase_of(bench, "source_unreachable"), "none");
	see(bench, MSG_source,
		"kind=\"telegram\" name=\"telegram\" state=\"unreachable\" fails=2 "
		"error=\"Connection refused\"",
		"telegram/telegram");
	see_bot(bench,
		"tg_state=\"unreachable\" tg_fails=2 tg_error=\"Connection refused\" pending=-1");
	const struct msg_alert *alert = alert_of(bench, "source_unreachable");
	assert_string_equal(alert->text,
		"telegram cannot be asked: connection refused, 2 failures in a row (limit 2)");
	size_t count;
	model_alerts(bench->model, &count);
	assert_int_equal(count, 1);
	see(bench, MSG_source, "kind=\"telegram\" name=\"telegram\" state=\"ok\"",
		"telegram/telegram");
	pass(bench, 6000);
	assert_string_equal(phase_of(bench, "source_unreachable"), "resolved");
}

static void statistics_of_a_server_whose_api_is_not_heard_are_no_alert_beside_it(void **state)
{
	struct alert_bench *bench = *state;
	static const char statistics[] = "kind=\"botapi\" name=\"server\" state=\"unreachable\" "
					 "fails=9 error=\"no answer in 5 s\"";
	static const char silent[] = "kind=\"telegram\" name=\"telegram\" state=\"late\"";
	static const char away[] = "kind=\"telegram\" name=\"telegram\" state=\"unreachable\" "
				   "fails=3 error=\"cannot reach h:1: no answer in 5 s\"";
	size_t count;
	see(bench, MSG_source, silent, "telegram/telegram");
	see(bench, MSG_source, statistics, "botapi/server");
	assert_string_equal(phase_of(bench, "source_unreachable"), "none");
	see(bench, MSG_source, away, "telegram/telegram");
	see(bench, MSG_source, statistics, "botapi/server");
	assert_string_equal(alert_of(bench, "source_unreachable")->text,
		"telegram cannot be asked: cannot reach h:1: no answer in 5 s, 3 failures in a row "
		"(limit 2)");
	model_alerts(bench->model, &count);
	assert_int_equal(count, 1);
	see(bench, MSG_source, "kind=\"telegram\" name=\"telegram\" state=\"ok\"",
		"telegram/telegram");
	see(bench, MSG_source, statistics, "botapi/server");
	model_alerts(bench->model, &count);
	assert_int_equal(count, 2);
}

static void of_a_server_that_is_down_the_name_is_said_once(void **state)
{
	struct alert_bench *bench = *state;
	see(bench, MSG_source,
		"kind=\"postgres\" name=\"main\" state=\"unreachable\" fails=2 "
		"error=\"cannot reach postgres 'main': no connection in 3 s\"",
		"postgres/main");
	see(bench, MSG_service, "kind=\"postgres\" name=\"main\" at_ms=~0s", "postgres/main");
	assert_string_equal(alert_of(bench, "postgres_down")->text,
		"postgres main is down: no connection in 3 s, 2 failures in a row (limit 2)");
}

static void a_server_that_is_down_has_its_own_rule(void **state)
{
	struct alert_bench *bench = *state;
	static const char *const kinds[] = {"redis", "postgres"};
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		char *rule autofree = xasprintf("%s_down", kinds[i]);
		char *path autofree = xasprintf("%s/main", kinds[i]);
		char *service autofree = xasprintf("kind=\"%s\" name=\"main\" at_ms=~0s", kinds[i]);
		char *bad autofree = xasprintf("kind=\"%s\" name=\"main\" state=\"unreachable\" "
					       "fails=2 error=\"Connection refused\"",
			kinds[i]);
		char *good autofree = xasprintf("kind=\"%s\" name=\"main\" state=\"ok\"", kinds[i]);
		see(bench, MSG_source, bad, path);
		see(bench, MSG_service, service, path);
		assert_string_equal(phase_of(bench, rule), "firing");
		assert_non_null(strstr(alert_of(bench, rule)->text,
			" main is down: connection refused, 2 failures in a row (limit 2)"));
		assert_string_equal(phase_of(bench, "source_unreachable"), "none");
		see(bench, MSG_source, good, path);
		see(bench, MSG_service, service, path);
		pass(bench, 1000);
		pass(bench, 6000);
		assert_string_equal(phase_of(bench, rule), "resolved");
	}
}

static void a_server_that_refuses_our_login_is_not_down(void **state)
{
	struct alert_bench *bench = *state;
	see(bench, MSG_source,
		"kind=\"redis\" name=\"main\" state=\"error\" fails=9 error=\"NOAUTH "
		"Authentication required.\"",
		"redis/main");
	see(bench, MSG_service, "kind=\"redis\" name=\"main\" at_ms=~0s", "redis/main");
	assert_string_equal(phase_of(bench, "redis_down"), "none");
	assert_string_equal(phase_of(bench, "service_refusing"), "pending");
	pass(bench, 11000);
	assert_string_equal(phase_of(bench, "service_refusing"), "firing");
	assert_string_equal(
		alert_of(bench, "service_refusing")->text, "redis main: user or password refused");
}

static void a_server_that_refuses_others_their_writes_refuses(void **state)
{
	struct alert_bench *bench = *state;
	see(bench, MSG_source, "kind=\"redis\" name=\"main\" state=\"ok\"", "redis/main");
	see(bench, MSG_service, "kind=\"redis\" name=\"main\" at_ms=~0s refuses=\"READONLY\"",
		"redis/main");
	pass(bench, 11000);
	see(bench, MSG_service, "kind=\"redis\" name=\"main\" at_ms=~0s refuses=\"READONLY\"",
		"redis/main");
	assert_string_equal(phase_of(bench, "service_refusing"), "firing");
	assert_string_equal(phase_of(bench, "redis_down"), "none");
	/* It dies: nobody can tell any more, and another alert says why. */
	see(bench, MSG_source,
		"kind=\"redis\" name=\"main\" state=\"unreachable\" fails=2 error=\"refused\"",
		"redis/main");
	see(bench, MSG_service, "kind=\"redis\" name=\"main\" at_ms=~0s", "redis/main");
	assert_string_equal(phase_of(bench, "service_refusing"), "firing");
	see(bench, MSG_source, "kind=\"redis\" name=\"main\" state=\"ok\"", "redis/main");
	see(bench, MSG_service, "kind=\"redis\" name=\"main\" at_ms=~0s", "redis/main");
	pass(bench, 6000);
	assert_string_equal(phase_of(bench, "service_refusing"), "resolved");
}

static void what_our_account_may_not_ask_is_no_alert(void **state)
{
	struct alert_bench *bench = *state;
	see(bench, MSG_source,
		"kind=\"redis\" name=\"main\" state=\"not_permitted\" error=\"NOPERM this user\"",
		"redis/main");
	see(bench, MSG_service, "kind=\"redis\" name=\"main\" at_ms=~0s", "redis/main");
	pass(bench, 11000);
	assert_string_equal(phase_of(bench, "service_refusing"), "none");
}

static void a_server_that_nobody_asked_for_want_of_its_password_is_neither_down_nor_well(
	void **state)
{
	struct alert_bench *bench = *state;
	static const char service[] = "kind=\"postgres\" name=\"main\" at_ms=~0s";
	static const char unread[] = "kind=\"postgres\" name=\"main\" state=\"no_secret\" "
				     "fails=9 error=\"its password cannot be read: x\"";
	see(bench, MSG_source, unread, "postgres/main");
	see(bench, MSG_service, service, "postgres/main");
	assert_string_equal(phase_of(bench, "postgres_down"), "none");
	see(bench, MSG_source,
		"kind=\"postgres\" name=\"main\" state=\"unreachable\" fails=2 error=\"x\"",
		"postgres/main");
	see(bench, MSG_service, service, "postgres/main");
	assert_string_equal(phase_of(bench, "postgres_down"), "firing");
	see(bench, MSG_source, unread, "postgres/main");
	see(bench, MSG_service, service, "postgres/main");
	pass(bench, 1000);
	pass(bench, 6000);
	assert_string_equal(phase_of(bench, "postgres_down"), "firing");
}

static void how_many_failures_are_down_is_a_setting(void **state)
{
	struct alert_bench *bench = *state;
	static const char one[] =
		"kind=\"redis\" name=\"main\" state=\"unreachable\" fails=1 error=\"x\"";
	see(bench, MSG_source, one, "redis/main");
	see(bench, MSG_service, "kind=\"redis\" name=\"main\" at_ms=~0s", "redis/main");
	assert_string_equal(phase_of(bench, "redis_down"), "none");
	alert_bench_configure(
		bench, "alerts: {redis_down: {fails: 1}, source_unreachable: {fails: 1}}");
	see(bench, MSG_service, "kind=\"redis\" name=\"main\" at_ms=~0s", "redis/main");
	assert_string_equal(phase_of(bench, "redis_down"), "firing");
	see(bench, MSG_source, "kind=\"files\" name=\"files\" state=\"error\" fails=1 error=\"x\"",
		"files/files");
	assert_string_equal(phase_of(bench, "source_unreachable"), "firing");
}

#define test(name) cmocka_unit_test_setup_teardown(name, alert_bench_setup, alert_bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(an_unreachable_source_is_one_alert_and_none_for_its_bots),
		test(statistics_of_a_server_whose_api_is_not_heard_are_no_alert_beside_it),
		test(of_a_server_that_is_down_the_name_is_said_once),
		test(a_server_that_is_down_has_its_own_rule),
		test(a_server_that_refuses_our_login_is_not_down),
		test(a_server_that_refuses_others_their_writes_refuses),
		test(what_our_account_may_not_ask_is_no_alert),
		test(a_server_that_nobody_asked_for_want_of_its_password_is_neither_down_nor_well),
		test(how_many_failures_are_down_is_a_setting),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
