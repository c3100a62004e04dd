/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/parse/botapi_stats.h"

#define CANARY "7100812:AAFcanaryCanaryCanaryCanary012345678"

static const char page[] = "DURATION\tinf\t5sec\t1min\t1hour\n"
			   "uptime\t3600.5\nbot_count\t2\nactive_bot_count\t1\nrss\t24.5MB\n"
			   "total_cpu\tUNKNOWN\nactive_webhook_connections\t3\nactive_requests\t4\n"
			   "request_count\t1\t2\t3.5\t4\nresponse_count_error\t0\t0\t0.25\t0\n"
			   "update_count\t9\t8\t7\t6\n"
			   "\nid\t7100812\nuptime\t100\ntoken\t" CANARY "\nusername\torders_bot\n"
			   "webhook\thttps://x/" CANARY "\npending_update_count\t12\n"
			   "update_count/sec\t1\t1\t0.5\t1\nrequest_count/sec\t1\t1\t2\t1\n"
			   "\nid\t7100813\ntoken\t" CANARY "\nrequest_count/sec\t0\t0\t0\t0\n";

static void the_minute_is_taken_of_the_server_and_of_each_bot(void **state)
{
	struct botapi_stats stats;
	struct err err = {0};
	(void)state;
	assert_true(botapi_stats_read(page, strlen(page), &stats, &err));
	assert_true(fabs(stats.uptime_s - 3600.5) < 1e-9);
	assert_true(fabs(stats.rss_bytes - 24.5 * 1048576) < 1);
	assert_int_equal(stats.bots, 2);
	assert_int_equal(stats.active_bots, 1);
	assert_int_equal(stats.webhook_connections, 3);
	assert_int_equal(stats.active_requests, 4);
	assert_true(fabs(stats.requests_per_s - 3.5) < 1e-9);
	assert_true(fabs(stats.errors_per_s - 0.25) < 1e-9);
	assert_true(fabs(stats.updates_per_s - 7) < 1e-9);
	assert_int_equal(stats.count, 2);
	assert_int_equal(stats.list[0].id, 7100812);
	assert_int_equal(stats.list[0].pending, 12);
	assert_true(fabs(stats.list[0].requests_per_s - 2) < 1e-9);
	assert_true(fabs(stats.list[0].updates_per_s - 0.5) < 1e-9);
	assert_int_equal(stats.list[1].pending, -1);
	assert_false(stats.is_cut);
}

static void nothing_of_a_token_is_in_the_result(void **state)
{
	struct botapi_stats stats;
	struct err err = {0};
	(void)state;
	memset(&stats, 0, sizeof(stats));
	assert_true(botapi_stats_read(page, strlen(page), &stats, &err));
	assert_null(memmem(&stats, sizeof(stats), "anaryCan", 8));
	assert_false(botapi_stats_read(CANARY, strlen(CANARY), &stats, &err));
	assert_null(strstr(err.text, "anary"));
}

static void a_page_of_sixteen_kilobytes_is_cut(void **state)
{
	autostr struct str text = STR_INIT;
	struct botapi_stats stats;
	struct err err = {0};
	(void)state;
	str_adds(&text, "uptime\t1\n");
	for (int i = 1; text.length < BOTAPI_STATS_BYTES; i++)
		str_addf(&text, "\nid\t%d\ntoken\t" CANARY "\nusername\tu%0200d\n", i, i);
	str_truncate(&text, BOTAPI_STATS_BYTES);
	assert_true(botapi_stats_read(text.text, text.length, &stats, &err));
	assert_true(stats.is_cut);
	assert_true(stats.count > 30 && stats.count <= BOTAPI_STATS_BOTS);
}

static void what_is_no_such_page_is_refused(void **state)
{
	struct botapi_stats stats;
	struct err err = {0};
	(void)state;
	assert_false(botapi_stats_read("Closing", 7, &stats, &err));
	assert_int_equal(err.code, ERR_UNREACHABLE);
	assert_false(botapi_stats_read("", 0, &stats, &err));
	assert_false(botapi_stats_read("<html>\n", 7, &stats, &err));
	assert_int_equal(err.code, ERR_PROTOCOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_minute_is_taken_of_the_server_and_of_each_bot),
		cmocka_unit_test(nothing_of_a_token_is_in_the_result),
		cmocka_unit_test(a_page_of_sixteen_kilobytes_is_cut),
		cmocka_unit_test(what_is_no_such_page_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
