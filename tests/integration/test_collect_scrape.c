/* SPDX-License-Identifier: MIT */
/* Prometheus text from a real HTTP server: figures, secrets, and every way in which it does not come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/collect_scene.h"
#include "tests/support/pages.h"

static struct pages pages;

static int setup(void **state)
{
	pages_open(&pages);
	return collect_setup(state);
}

static int teardown(void **state)
{
	int failed = collect_teardown(state);
	pages_close(&pages);
	return failed;
}

static void watch(const char *options)
{
	collected_start(&collected,
		"scrape:\n"
		"  it: {url: 'http://127.0.0.1:%d/metrics', interval: 500ms, timeout: 400ms%s%s}\n",
		pages.port, *options ? ", " : "", options);
}

static void fails_with(const char *why)
{
	collected_wait(&collected, "obs_source", "kind=\"scrape\"", "name=\"it\"", why, NULL);
}

static void figures_come_with_their_labels_and_say_that_the_page_is_up(void **state)
{
	(void)state;
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "load{cpu=\"0\"} 0.5\n");
	watch("labels: [zone=eu]");
	const char *seen = collected_wait(&collected, "obs_scrape", "name=\"load\"", NULL);
	assert_non_null(strstr(seen, "labels=\"cpu=0,instance=it,zone=eu\" value=0.5"));
	assert_non_null(strstr(seen, "name=\"up\" labels=\"instance=it\" value=1"));
	assert_non_null(strstr(seen, "name=\"scrape_duration_seconds\""));
	assert_int_equal(collected.unreachable, 0);
}

static void a_packed_page_is_unpacked(void **state)
{
	(void)state;
	pages_set(&pages, "/metrics", 200, PAGE_PACKED, "load 0.25\n");
	watch("");
	collected_wait(&collected, "obs_scrape", "name=\"load\"", "value=0.25", NULL);
}

static void a_packed_page_is_bounded_by_what_it_unpacks_to(void **state)
{
	(void)state;
	autostr struct str body = STR_INIT;
	while (body.length < 64 << 10)
		str_adds(&body, "a_metric_with_a_long_name{and=\"a label\"} 123456789\n");
	pages_set(&pages, "/metrics", 200, PAGE_BOMB, body.text); /* 64 MiB */
	watch("");
	collected_wait(&collected, "obs_source", "kind=\"scrape\"", "state=\"degraded\"",
		"longer than 4 MiB: what follows is not read", NULL);
	memset(body.text, 'a', body.length);
	pages_set(&pages, "/metrics", 200, PAGE_BOMB, body.text);
	fails_with("it:1:262145: the line is longer than 262144 bytes");
}

static void a_bots_own_page_fills_its_load(void **state)
{
	(void)state;
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "bot_updates_total 1000\n");
	collected_start(&collected,
		"pages: {metrics_interval: 500ms}\n"
		"bots:\n  orders: {transport: none, metrics: 'http://127.0.0.1:%d/metrics'}\n"
		"  winter: {transport: none, enabled: no, metrics: "
		"'http://127.0.0.1:%d/winter'}\n",
		pages.port, pages.port);
	pages_set(&pages, "/winter", 200, PAGE_WHOLE, "a 1\n");
	collected_wait(&collected, "obs_scrape", "bot=\"orders\"", NULL);
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "bot_updates_total 2000\n");
	const char *seen = collected_wait(&collected, "obs_scrape", "bot=\"orders\"",
		"bot_updates_total\" labels=\"bot=orders\" value=2000", NULL);
	assert_true(collected_number(seen, "updates_per_s") > 0);
	assert_int_equal(pages_asked(&pages, "/winter"), 0);
}

static void a_page_that_breaks_has_its_place_and_ends_its_series(void **state)
{
	(void)state;
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "load 1\n");
	watch("");
	collected_wait(&collected, "obs_scrape", "name=\"load\"", NULL);
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "load 1\nload{ 2\n");
	const char *seen = collected_wait(&collected, "obs_scrape", "value=nan", NULL);
	assert_non_null(strstr(seen, "name=\"load\" labels=\"instance=it\" value=nan"));
	assert_null(strstr(seen, "name=\"up\" labels=\"instance=it\" value=1"));
	collected_clear(&collected);
	fails_with("it:2:");
}

static void a_page_of_openmetrics_is_held_to_its_content_type(void **state)
{
	(void)state;
	static const char whole[] = "# TYPE jobs counter\njobs_total 3 # {id=\"x\"} 1\n# EOF\n";
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "load 0.5\n");
	pages_set_header(&pages, "/metrics", "application/openmetrics-text; version=1.0.0", NULL);
	watch("");
	fails_with("it:2:1: the last line is not '# EOF'");
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, whole);
	collected_wait(&collected, "obs_scrape", "name=\"jobs_total\"", NULL);
	pages_set_header(&pages, "/metrics", "text/plain; version=0.0.4", NULL);
	fails_with("it:2:14: the time is no whole number of milliseconds");
}

static void what_is_no_page_of_figures_is_said(void **state)
{
	(void)state;
	pages_set(&pages, "/metrics", 503, PAGE_WHOLE, "");
	watch("");
	fails_with("503 in place of the figures");
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "<html>");
	pages_set_header(&pages, "/metrics", "text/html; charset=utf-8", NULL);
	fails_with("text/html is no Prometheus text");
	pages_set(&pages, "/metrics", 302, PAGE_WHOLE, "");
	fails_with("302, a redirect, which is not followed");
	pages_set(&pages, "/metrics", 401, PAGE_WHOLE, "");
	fails_with("not_permitted");
}

static void ten_megabytes_an_endless_drip_and_a_hang_are_cut_off(void **state)
{
	(void)state;
	pages_set(&pages, "/metrics", 200, PAGE_HANGS, "");
	watch("");
	fails_with("no answer in 0.4 s");
	pages_set(&pages, "/metrics", 200, PAGE_DRIPS, "");
	fails_with("in 0.4 s");
	autostr struct str body = STR_INIT;
	while (body.length < 10 << 20)
		str_adds(&body, "a_metric_with_a_long_name{and=\"a label\"} 123456789\n");
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, body.text);
	collected_wait(&collected, "obs_source", "kind=\"scrape\"", "state=\"degraded\"",
		"longer than 4 MiB: what follows is not read", NULL);
	pages_set(&pages, "/metrics", 200, PAGE_ENDLESS, "");
	fails_with("the page holds no sample");
	pages_set(&pages, "/metrics", 200, PAGE_TRUNCATED, "load 1\n");
	fails_with("cut off after");
}

static void more_series_than_are_kept_and_lines_that_say_the_same_are_warnings(void **state)
{
	(void)state;
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "a 1\nb 2\nc 3\n");
	watch("limit: 2");
	collected_wait(&collected, "obs_scrape", "name=\"b\"", "name=\"up\"", "refused=1", NULL);
	collected_wait(&collected, "obs_source", "state=\"degraded\"",
		"1 series beyond the 2 that are kept", NULL);
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "a 1\na 2\n");
	collected_wait(&collected, "obs_source", "state=\"degraded\"",
		"lines that tell of a series again: 1; the first of each counts", NULL);
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "a 1\n");
	collect_wait_ok("kind=\"scrape\"");
}

static void write_secret(const char *text)
{
	folder_write("secret", 0600, "%s\n", text);
}

static void a_bearer_token_is_sent_and_said_nowhere(void **state)
{
	(void)state;
	write_secret("B3arerSecretOfThePage");
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "load{leak=\"B3arerSecretOfThePage\"} 1\n");
	autofree char *options = xasprintf("bearer: {file: %s/secret}", folder);
	watch(options);
	collected.forbidden = "B3arerSecretOfThePage";
	collected_wait(&collected, "obs_scrape", "name=\"load\"", NULL);
	autofree char *sent = pages_authorization(&pages, "/metrics");
	assert_string_equal(sent, "Bearer B3arerSecretOfThePage");
	/* replaced: the next look sends the new one */
	write_secret("AnotherBearerToken");
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "second 1\n");
	collected_wait(&collected, "obs_scrape", "name=\"second\"", NULL);
	collected_wait(&collected, "obs_scrape", NULL);
	autofree char *again = pages_authorization(&pages, "/metrics");
	assert_string_equal(again, "Bearer AnotherBearerToken");
}

static void a_user_and_a_password_are_sent_as_basic(void **state)
{
	(void)state;
	write_secret("open sesame");
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "load 1\n");
	autofree char *options = xasprintf("user: me, password: {file: %s/secret}", folder);
	watch(options);
	collected_wait(&collected, "obs_scrape", "name=\"load\"", NULL);
	autofree char *sent = pages_authorization(&pages, "/metrics");
	assert_string_equal(sent, "Basic bWU6b3BlbiBzZXNhbWU=");
}

static void a_secret_that_cannot_be_read_asks_nobody(void **state)
{
	(void)state;
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "load 1\n");
	autofree char *options = xasprintf("bearer: {file: %s/absent}", folder);
	watch(options);
	fails_with("no_secret");
	assert_int_equal(pages_asked(&pages, "/metrics"), 0);
}

static void a_page_that_is_no_longer_configured_says_so(void **state)
{
	(void)state;
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "load 1\n");
	watch("");
	collected_wait(&collected, "obs_scrape", "name=\"load\"", NULL);
	collected_reload(&collected, "health:\n  x: {url: 'http://127.0.0.1:%d/'}\n", pages.port);
	collected_wait(&collected, "obs_scrape", "value=nan", NULL);
	collected_wait(&collected, "obs_source", "kind=\"scrape\"", "gone=true", NULL);
}

/* ---- lists of targets ---- */

static void watch_targets(const char *list, const char *options)
{
	folder_write("targets.json", 0600, "%s", list);
	collected_start(&collected,
		"scrape:\n"
		"  it: {url: 'http://{target}/metrics', targets: %s/targets.json, "
		"interval: 500ms, timeout: 400ms%s%s}\n",
		folder, *options ? ", " : "", options);
}

static void every_target_of_a_list_is_asked_and_has_its_labels(void **state)
{
	(void)state;
	autofree char *list = xasprintf("[{\"targets\": [\"127.0.0.1:%d\", \"localhost:%d\"],"
					" \"labels\": {\"zone\": \"eu\", \"__meta_x\": \"y\"}}]",
		pages.port, pages.port);
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "load 0.5\n");
	watch_targets(list, "labels: [team=ops]");
	autofree char *one =
		xasprintf("labels=\"instance=127.0.0.1:%d,job=it,team=ops,zone=eu\"", pages.port);
	autofree char *other =
		xasprintf("labels=\"instance=localhost:%d,job=it,team=ops,zone=eu\"", pages.port);
	const char *seen = collected_wait(&collected, "obs_scrape", "name=\"load\"", one, NULL);
	assert_non_null(strstr(strstr(seen, "name=\"up\""), one));
	collected_wait(&collected, "obs_scrape", "name=\"load\"", other, NULL);
	collected_wait(
		&collected, "obs_source", "kind=\"scrape\"", "name=\"it\"", "state=\"ok\"", NULL);
}

static void a_list_that_changes_is_followed(void **state)
{
	(void)state;
	autofree char *list = xasprintf("- targets: ['127.0.0.1:%d']\n", pages.port);
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "load 0.5\n");
	watch_targets(list, "");
	collected_wait(&collected, "obs_scrape", "name=\"load\"", "instance=127.0.0.1", NULL);
	folder_write("targets.json", 0600, "- targets: ['localhost:%d']\n  labels: {zone: us}\n",
		pages.port);
	autofree char *gone = xasprintf("name=\"it/127.0.0.1:%d\"", pages.port);
	collected_wait(&collected, "obs_source", gone, "gone=true", NULL);
	collected_wait(
		&collected, "obs_scrape", "name=\"load\"", "instance=localhost", "zone=us", NULL);
}

static void a_list_that_is_none_is_said_and_the_one_of_before_is_kept(void **state)
{
	(void)state;
	autofree char *list = xasprintf("[{\"targets\": [\"127.0.0.1:%d\"]}]", pages.port);
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "load 0.5\n");
	watch_targets(list, "");
	collected_wait(&collected, "obs_scrape", "name=\"load\"", NULL);
	folder_write("targets.json", 0600, "[{\"targets\": [\"a b\"]}]");
	fails_with("targets.json:1:16: a target is HOST:PORT, without a path; its list of before "
		   "is kept");
	collected_clear(&collected);
	collected_wait(&collected, "obs_scrape", "name=\"load\"", "value=0.5", NULL);
}

static void a_list_that_is_not_there_is_said(void **state)
{
	(void)state;
	collected_start(&collected,
		"scrape:\n  it: {url: 'http://{target}/metrics', targets: %s/absent, interval: "
		"500ms}\n",
		folder);
	fails_with("absent': No such file or directory");
}

static void an_entry_that_goes_takes_its_targets_with_it(void **state)
{
	(void)state;
	autofree char *list = xasprintf("[{\"targets\": [\"127.0.0.1:%d\"]}]", pages.port);
	pages_set(&pages, "/metrics", 200, PAGE_WHOLE, "load 0.5\n");
	watch_targets(list, "");
	collected_wait(&collected, "obs_scrape", "name=\"load\"", NULL);
	collected_reload(&collected, "health:\n  x: {url: 'http://127.0.0.1:%d/'}\n", pages.port);
	collected_wait(&collected, "obs_source", "name=\"it\"", "gone=true", NULL);
	collected_wait(&collected, "obs_source", "name=\"it/127.0.0.1", "gone=true", NULL);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(figures_come_with_their_labels_and_say_that_the_page_is_up),
		test(a_packed_page_is_unpacked),
		test(a_packed_page_is_bounded_by_what_it_unpacks_to),
		test(a_bots_own_page_fills_its_load),
		test(a_page_that_breaks_has_its_place_and_ends_its_series),
		test(a_page_of_openmetrics_is_held_to_its_content_type),
		test(what_is_no_page_of_figures_is_said),
		test(more_series_than_are_kept_and_lines_that_say_the_same_are_warnings),
		test(ten_megabytes_an_endless_drip_and_a_hang_are_cut_off),
		test(a_bearer_token_is_sent_and_said_nowhere),
		test(a_user_and_a_password_are_sent_as_basic),
		test(a_secret_that_cannot_be_read_asks_nobody),
		test(a_page_that_is_no_longer_configured_says_so),
		test(every_target_of_a_list_is_asked_and_has_its_labels),
		test(a_list_that_changes_is_followed),
		test(a_list_that_is_none_is_said_and_the_one_of_before_is_kept),
		test(a_list_that_is_not_there_is_said),
		test(an_entry_that_goes_takes_its_targets_with_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
