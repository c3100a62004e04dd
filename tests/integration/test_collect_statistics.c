/* SPDX-License-Identifier: MIT */
/* The statistics port of the fleet's Bot API server, which prints tokens: none of it gets anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/support/botapi.h"
#include "tests/support/collect_scene.h"
#include "tests/support/pages.h"

static struct botapi server;
static struct pages pages;

static int setup(void **state)
{
	(void)state;
	botapi_start(&server);
	pages_open(&pages);
	return 0;
}

static int teardown(void **state)
{
	int failed = collect_teardown(state);
	pages_close(&pages);
	botapi_stop(&server);
	return failed;
}

static int statistics_port(void)
{
	autofree char *path = xasprintf("%s/statistics.port", server.directory);
	FILE *file = fopen(path, "re");
	int port = 0;
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &port), 1);
	fclose(file);
	return port;
}

static void bots_are_known_by_their_ids_and_no_token_leaves(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "orders");
	/* A bot is on the page once it has a session, which its first call opens. */
	struct http_answer first = botapi_call(&server, token, "getMe", NULL);
	http_answer_clear(&first);
	collected_start(&collected,
		"telegram: {api: 'http://127.0.0.1:%d', statistics: 'http://127.0.0.1:%d/'}\n",
		server.port, statistics_port());
	collected.forbidden = strchr(token, ':') + 1;
	autofree char *label = xasprintf("labels=\"id=%lld\"", strtoll(token, NULL, 10));
	const char *seen = collected_wait(&collected, "obs_botapi", label, NULL);
	assert_int_equal((int)collected_number(seen, "bots_total"), 1);
	collect_wait_ok("kind=\"botapi\"");
}

static void a_page_that_is_something_else_is_an_error_without_its_words(void **state)
{
	(void)state;
	pages_set(&pages, "/", 200, PAGE_WHOLE, "token\t7100812:AAFcanaryCanaryCanaryCanary0123\n");
	collected_start(&collected,
		"telegram: {api: 'http://127.0.0.1:%d', statistics: 'http://127.0.0.1:%d/'}\n",
		server.port, pages.port);
	collected.forbidden = "AAFcanary";
	collected_wait(&collected, "obs_source", "kind=\"botapi\"",
		"no page of a Bot API server's statistics", NULL);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(bots_are_known_by_their_ids_and_no_token_leaves),
		test(a_page_that_is_something_else_is_an_error_without_its_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
