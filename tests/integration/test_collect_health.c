/* SPDX-License-Identifier: MIT */
/* Health checks against a real HTTP server: what is well, and every way in which it is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/err.h"
#include "tests/support/collect_scene.h"
#include "tests/support/pages.h"
#include "tests/support/servers.h"

static struct pages pages;

static int setup(void **state)
{
	(void)state;
	pages_open(&pages);
	return 0;
}

static int teardown(void **state)
{
	int failed = collect_teardown(state);
	pages_close(&pages);
	return failed;
}

/* One check named `it`, twice a second, with these further options. */
static void watch(const char *path, const char *options)
{
	collected_start(&collected,
		"health:\n"
		"  it: {url: 'http://127.0.0.1:%d%s', interval: 500ms, timeout: 400ms%s%s}\n",
		pages.port, path, *options ? ", " : "", options);
}

/* What is 0 or empty is not in the text of an observation: here neither code nor why is. */
static void is_well(void)
{
	collected_wait(&collected, "obs_check", "name=\"it\"", "healthz\" latency_ms=", NULL);
}

static void is_not_well(const char *why)
{
	collected_wait(&collected, "obs_check", "name=\"it\"", why, "fails=1", NULL);
}

static void a_page_that_answers_two_hundred_is_well(void **state)
{
	(void)state;
	pages_set(&pages, "/healthz", 204, PAGE_WHOLE, "");
	watch("/healthz", "");
	is_well();
}

static void what_it_answers_instead_is_said_in_its_own_words(void **state)
{
	(void)state;
	pages_set(&pages, "/healthz", 503, PAGE_WHOLE, "{\"status\":\"degraded\",\"redis\":false}");
	watch("/healthz", "");
	is_not_well("503, says \\\"degraded\\\"");
	pages_set(&pages, "/healthz", 500, PAGE_WHOLE, "<html>boom</html>");
	collected_wait(&collected, "obs_check", "why=\"500\"", NULL);
	pages_set(&pages, "/healthz", 200, PAGE_WHOLE, "{}");
	is_well();
}

static void failures_are_counted_and_end_with_a_good_answer(void **state)
{
	(void)state;
	pages_set(&pages, "/healthz", 503, PAGE_WHOLE, "");
	watch("/healthz", "");
	collected_wait(&collected, "obs_check", "fails=1", NULL);
	collected_wait(&collected, "obs_check", "fails=2", NULL);
	pages_set(&pages, "/healthz", 200, PAGE_WHOLE, "");
	is_well();
	pages_set(&pages, "/healthz", 503, PAGE_WHOLE, "");
	collected_wait(&collected, "obs_check", "fails=1", NULL);
}

static void a_redirect_is_not_followed(void **state)
{
	(void)state;
	pages_set(&pages, "/healthz", 302, PAGE_WHOLE, "");
	pages_set(&pages, "/elsewhere", 200, PAGE_WHOLE, "ok");
	pages_set_header(&pages, "/healthz", NULL, "/elsewhere");
	watch("/healthz", "");
	is_not_well("302, a redirect, which is not followed");
	assert_int_equal(pages_asked(&pages, "/elsewhere"), 0);
}

static void a_status_a_text_and_a_field_can_be_expected(void **state)
{
	(void)state;
	pages_set(&pages, "/healthz", 418, PAGE_WHOLE, "{\"checks\":{\"redis\":true,\"n\":3}}");
	watch("/healthz", "status: 418, text: redis, field: checks.redis=true");
	is_well();
	pages_set(&pages, "/healthz", 418, PAGE_WHOLE, "{\"checks\":{\"redis\":false}}");
	is_not_well("checks.redis is \\\"false\\\", not \\\"true\\\"");
	pages_set(&pages, "/healthz", 418, PAGE_WHOLE, "{\"checks\":{\"reds\":1}}");
	collected_wait(&collected, "obs_check", "418, but without \\\"redis\\\"", NULL);
	pages_set(&pages, "/healthz", 418, PAGE_WHOLE, "redis");
	collected_wait(&collected, "obs_check", "the answer is no JSON", NULL);
	pages_set(&pages, "/healthz", 200, PAGE_WHOLE, "{}");
	collected_wait(&collected, "obs_check", "why=\"200\"", NULL);
}

static void a_page_that_hangs_costs_its_timeout(void **state)
{
	(void)state;
	pages_set(&pages, "/healthz", 200, PAGE_HANGS, "");
	watch("/healthz", "");
	is_not_well("no answer in 0.4 s");
}

static void a_page_that_drips_costs_its_timeout_too(void **state)
{
	(void)state;
	pages_set(&pages, "/healthz", 200, PAGE_DRIPS, "");
	watch("/healthz", "");
	is_not_well("in 0.4 s");
}

static void an_endless_page_is_cut_off(void **state)
{
	(void)state;
	pages_set(&pages, "/healthz", 200, PAGE_ENDLESS, "");
	watch("/healthz", "");
	is_not_well("an answer of more than 64 KiB");
}

static void a_cut_answer_is_not_believed(void **state)
{
	(void)state;
	pages_set(&pages, "/healthz", 200, PAGE_TRUNCATED, "{\"status\":\"ok\"}");
	watch("/healthz", "field: status=ok");
	is_not_well("cut off after 15 bytes");
}

static void nobody_who_listens_is_said_as_such(void **state)
{
	(void)state;
	collected_start(&collected,
		"health:\n  it: {url: 'http://127.0.0.1:%d/', interval: 500ms, timeout: 1s}\n",
		free_port());
	const char *seen =
		collected_wait(&collected, "obs_check", "Connection refused", "fails=1", NULL);
	assert_int_equal((int)collected_number(seen, "code"), ERR_UNREACHABLE);
}

static void a_unix_socket_answers_in_place_of_a_host(void **state)
{
	(void)state;
	pages_set(&pages, "/healthz", 200, PAGE_WHOLE, "ok");
	collected_start(&collected,
		"health:\n  it: {url: 'http://gateway/healthz', socket: %s, interval: 500ms}\n",
		pages.socket);
	is_well();
}

static void a_bots_own_page_is_asked_for_and_its_query_is_not_shown(void **state)
{
	(void)state;
	pages_set(&pages, "/healthz", 200, PAGE_WHOLE, "ok");
	collected_start(&collected,
		"pages: {health_interval: 500ms}\n"
		"bots:\n  orders: {transport: none, health: "
		"'http://127.0.0.1:%d/healthz?key=K3yOfTheBot'}\n",
		pages.port);
	collected.forbidden = "K3yOfTheBot";
	collected_wait(
		&collected, "obs_check", "name=\"orders\"", "bot=\"orders\"", "/healthz\"", NULL);
}

static void a_token_in_an_answer_is_redacted(void **state)
{
	(void)state;
	pages_set(&pages, "/healthz", 500, PAGE_WHOLE,
		"{\"error\":\"no answer for "
		"7100812:AAFabcdefghijklmnopqrstuvwxyz0123456\\u001b[31m\"}");
	watch("/healthz", "");
	collected.forbidden = "AAFabcdefghijklmnopqrstuvwxyz0123456";
	const char *seen = collected_wait(&collected, "obs_check", "500, says", NULL);
	assert_null(strstr(seen, "\033"));
}

static void one_that_hangs_does_not_hold_up_the_others(void **state)
{
	(void)state;
	pages_set(&pages, "/hangs", 200, PAGE_HANGS, "");
	pages_set(&pages, "/well", 200, PAGE_WHOLE, "");
	collected_start(&collected,
		"health:\n"
		"  hangs: {url: 'http://127.0.0.1:%d/hangs', interval: 500ms, timeout: 10s}\n"
		"  well: {url: 'http://127.0.0.1:%d/well', interval: 500ms}\n",
		pages.port, pages.port);
	for (int i = 0; i < 3; i++)
		collected_wait(
			&collected, "obs_check", "name=\"well\"", "well\" latency_ms=", NULL);
	/* teardown: stopping does not wait for the ten seconds either */
}

static void a_check_that_is_no_longer_configured_says_so(void **state)
{
	(void)state;
	pages_set(&pages, "/healthz", 200, PAGE_WHOLE, "");
	watch("/healthz", "");
	is_well();
	collected_reload(&collected,
		"health:\n  other: {url: 'http://127.0.0.1:%d/healthz', interval: 500ms}\n",
		pages.port);
	collected_wait(&collected, "obs_check", "name=\"it\"", "gone=true", NULL);
	collected_wait(&collected, "obs_check", "name=\"other\"", "healthz\" latency_ms=", NULL);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_page_that_answers_two_hundred_is_well),
		test(what_it_answers_instead_is_said_in_its_own_words),
		test(failures_are_counted_and_end_with_a_good_answer),
		test(a_redirect_is_not_followed),
		test(a_status_a_text_and_a_field_can_be_expected),
		test(a_page_that_hangs_costs_its_timeout),
		test(a_page_that_drips_costs_its_timeout_too),
		test(an_endless_page_is_cut_off),
		test(a_cut_answer_is_not_believed),
		test(nobody_who_listens_is_said_as_such),
		test(a_unix_socket_answers_in_place_of_a_host),
		test(a_bots_own_page_is_asked_for_and_its_query_is_not_shown),
		test(a_token_in_an_answer_is_redacted),
		test(one_that_hangs_does_not_hold_up_the_others),
		test(a_check_that_is_no_longer_configured_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
