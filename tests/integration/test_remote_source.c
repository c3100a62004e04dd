/* SPDX-License-Identifier: MIT */
/* The configured Prometheus is a source: how it is, what is wrong with it in words, and the alert when it is gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/folder.h"
#include "tests/support/live_engine.h"
#include "tests/support/pages.h"
#include "tests/support/prometheus_server.h"
#include "tests/support/proxy.h"

#define LOOK "/api/v1/query?query=1"
#define WELL "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"1\"]}}"

enum { LIMIT_MS = 20000 };

static struct prometheus_server server;
static struct proxy *line;
static struct live_engine *live;
static struct pages pages;

/* ---- scenes ---- */

static void begin_at(const char *url, const char *options)
{
	autofree char *yaml = xasprintf("metrics: {prometheus: {url: '%s'%s}}\n"
					"bots: [{name: orders, transport: none}]\n",
		url, options);
	live = live_engine_new(folder, yaml);
}

static void begin(int port, const char *options)
{
	autofree char *url = xasprintf("http://127.0.0.1:%d", port);
	begin_at(url, options);
}

static int group_setup(void **state)
{
	int failed = folder_setup(state);
	if (has_prometheus())
		prometheus_start(&server, "# TYPE n gauge\nn 1 1700000000\n");
	return failed;
}

static int group_teardown(void **state)
{
	prometheus_end(&server);
	return folder_teardown(state);
}

static int setup(void **state)
{
	(void)state;
	pages_open(&pages);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	live_engine_free(live);
	live = NULL;
	proxy_stop(line);
	line = NULL;
	pages_close(&pages);
	return 0;
}

static const struct msg_source *source_of(const struct live_engine *engine)
{
	return model_source(live_model(engine), entity_id("source", "prometheus/prometheus"));
}

struct wanted {
	const char *state, *error;
};

static bool is_so(const struct live_engine *engine, const void *context)
{
	const struct wanted *wanted = context;
	const struct msg_source *source = source_of(engine);
	return source && strcmp(source->state, wanted->state) == 0 &&
	       (!wanted->error || strstr(source->error, wanted->error));
}

static void comes_to_be(const char *state, const char *error)
{
	live_wait(live, is_so, &(struct wanted){state, error}, LIMIT_MS, error ? error : state);
}

static const struct msg_alert *alert_of(const struct live_engine *engine)
{
	size_t count;
	const struct msg_alert *const *alerts = model_alerts(live_model(engine), &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(alerts[i]->rule, "source_unreachable") == 0)
			return alerts[i];
	return NULL;
}

static bool fires(const struct live_engine *engine, const void *context)
{
	const struct msg_alert *alert = alert_of(engine);
	return alert && strcmp(alert->state, context) == 0;
}

#define NEEDS_PROMETHEUS                                                                           \
	do {                                                                                       \
		if (!server.pid)                                                                   \
			skip();                                                                    \
	} while (0)

/* ---- a real one ---- */

static void one_that_answers_is_well(void **state)
{
	(void)state;
	NEEDS_PROMETHEUS;
	folder_write("password", 0600, "%s\n", PROMETHEUS_PASSWORD);
	autofree char *options = xasprintf(", user: op, password: {file: '%s/password'}", folder);
	begin(server.port, options);
	comes_to_be("ok", NULL);
	const struct msg_source *source = source_of(live);
	assert_string_equal(source->name, "prometheus");
	assert_true(source->latency_ms > 0);
	assert_int_equal(source->interval_ms, 15000);
	assert_string_equal(source->error, "");
	assert_true(source->ok_ms > 0 && source->since_ms > 0);
}

static void one_that_is_gone_fires_and_one_that_comes_back_is_well(void **state)
{
	(void)state;
	NEEDS_PROMETHEUS;
	folder_write("password", 0600, "%s\n", PROMETHEUS_PASSWORD);
	autofree char *options = xasprintf(", user: op, password: {file: '%s/password'}", folder);
	line = proxy_start(
		(struct proxy_place){0}, (struct proxy_place){.port = (uint16_t)server.port});
	assert_non_null(line);
	begin(proxy_port(line), options);
	comes_to_be("ok", NULL);
	proxy_door(line, false);
	/* A question that finds nobody is enough: it is not looked at only in 15 s. */
	(void)live_query(live, &(struct msg_win_open){.window = 1, .filter = (char[]){"1"}});
	comes_to_be("unreachable", "Connection refused");
	live_wait(live, fires, "firing", LIMIT_MS, "the alert");
	assert_string_equal(alert_of(live)->target_kind, "source");
	assert_non_null(
		strstr(alert_of(live)->text, "prometheus cannot be asked: connection refused, "));
	assert_true(isnan(source_of(live)->latency_ms));
	proxy_door(line, true);
	comes_to_be("ok", NULL);
	assert_string_equal(source_of(live)->error, "");
	live_wait(live, fires, "resolved", LIMIT_MS, "the end of the alert");
}

static void a_wrong_password_is_not_permitted(void **state)
{
	(void)state;
	NEEDS_PROMETHEUS;
	folder_write("password", 0600, "wrong\n");
	autofree char *options = xasprintf(", user: op, password: {file: '%s/password'}", folder);
	begin(server.port, options);
	comes_to_be("not_permitted", "it does not let us in (HTTP 401): look at bearer, user and "
				     "password of metrics: prometheus");
}

/* ---- some that are none ---- */

static void what_is_wrong_is_said_in_words(void **state)
{
	static const struct {
		unsigned status;
		const char *body, *state, *error;
	} cases[] = {
		{403, "", "not_permitted", "it does not let us in (HTTP 403)"},
		{404, "", "error",
			"it has no /api/v1/query (HTTP 404): look at url of metrics: prometheus"},
		{302, "", "error",
			"a redirect (HTTP 302), which is not followed: give the url that it "
			"leads to"},
		{503, "Service Unavailable", "error", "it is not ready to answer (HTTP 503)"},
		{502, "<html>", "error", "HTTP 502 in place of an answer"},
		{200, "\n<!doctype html><html>log in</html>", "error",
			"that is no answer of a Prometheus: it is a page of HTML"},
		{200, "{\"status\":\"ok\"}", "error", "its status is neither success nor error"},
		{200, "", "error", "it is empty"},
		{422, "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"too busy\"}",
			"error", "it says execution: too busy"},
		{200, WELL, "ok", NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		pages_set(&pages, LOOK, cases[i].status, PAGE_WHOLE, cases[i].body);
		begin(pages.port, "");
		comes_to_be(cases[i].state, cases[i].error);
		live_engine_free(live);
		live = NULL;
	}
}

static void a_silent_one_is_unreachable(void **state)
{
	(void)state;
	pages_set(&pages, LOOK, 200, PAGE_HANGS, "");
	begin(pages.port, ", timeout: 300ms");
	comes_to_be("unreachable", "no answer in 0.3 s");
}

static void a_name_that_there_is_not_is_said(void **state)
{
	(void)state;
	begin_at("http://no-such-host.invalid:9090", "");
	comes_to_be("unreachable", "name not resolved");
	const struct msg_win_points *points =
		live_query(live, &(struct msg_win_open){.window = 1, .filter = (char[]){"1"}});
	assert_non_null(
		strstr(points->error, "http://no-such-host.invalid:9090: name not resolved; "
				      "`botswain query --own` asks the engine's own"));
}

static void what_speaks_no_tls_is_said(void **state)
{
	(void)state;
	autofree char *url = xasprintf("https://127.0.0.1:%d", pages.port);
	begin_at(url, "");
	comes_to_be("error", "it speaks no TLS there: is it http?");
}

static void where_none_is_named_there_is_no_such_source(void **state)
{
	(void)state;
	live = live_engine_new(folder, "bots: [{name: orders, transport: none}]\n");
	(void)live_query(live, &(struct msg_win_open){.window = 1, .filter = (char[]){"1"}});
	assert_null(source_of(live));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(one_that_answers_is_well),
		TEST(one_that_is_gone_fires_and_one_that_comes_back_is_well),
		TEST(a_wrong_password_is_not_permitted),
		TEST(what_is_wrong_is_said_in_words),
		TEST(a_silent_one_is_unreachable),
		TEST(a_name_that_there_is_not_is_said),
		TEST(what_speaks_no_tls_is_said),
		TEST(where_none_is_named_there_is_no_such_source),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
