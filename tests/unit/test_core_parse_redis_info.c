/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/parse/redis_info.h"

#define INFO                                                                                       \
	"# Server\r\nredis_version:7.0.15\r\nrun_id:abc\r\nuptime_in_seconds:93784\r\n\r\n# "      \
	"Clients\r\n"                                                                              \
	"connected_clients:12\r\nblocked_clients:0\r\nmaxclients:10000\r\n# "                      \
	"Memory\r\nused_memory:1048576\r\n"                                                        \
	"mem_fragmentation_ratio:8.47\r\nmaxmemory_policy:noeviction\r\n# "                        \
	"CPU\r\nused_cpu_sys:12.5037\r\n"                                                          \
	"# "                                                                                       \
	"Replication\r\nrole:slave\r\nmaster_link_status:down\r\nmaster_last_io_seconds_ago:-"     \
	"1\r\n"                                                                                    \
	"instantaneous_input_kbps:0.07\r\n# "                                                      \
	"Errorstats\r\nerrorstat_NOPERM:count=41\r\nerrorstat_OOM:count=7\r\n"                     \
	"latency_percentiles_usec_ping:p50=1.003,p99=3.007,p99.9=3.007\r\n# Keyspace\r\n"          \
	"db0:keys=100,expires=7,avg_ttl=0\r\ndb3:keys=2,expires=2,avg_ttl=98\r\n"

static void figures_are_read_and_missing_ones_are_none(void **state)
{
	(void)state;
	struct redis_info info;
	assert_true(redis_info_read(INFO, strlen(INFO), &info, NULL));
	assert_string_equal(info.redis_version, "7.0.15");
	assert_string_equal(info.role, "slave");
	assert_string_equal(info.master_link_status, "down");
	assert_int_equal(info.uptime_in_seconds, 93784);
	assert_int_equal(info.connected_clients, 12);
	assert_int_equal(info.blocked_clients, 0);
	assert_int_equal(info.used_memory, 1048576);
	assert_int_equal(info.mem_fragmentation_x100, 847);
	assert_int_equal(info.used_cpu_sys_ms, 12503);
	assert_int_equal(info.instantaneous_input_kbps_x10, 0);
	assert_int_equal(info.keys, 102);
	assert_int_equal(info.expires, 9);
	assert_int_equal(info.maxmemory, REDIS_INFO_NONE);
	assert_int_equal(info.evicted_keys, REDIS_INFO_NONE);
	assert_int_equal(info.master_last_io_seconds_ago, REDIS_INFO_NONE);
	assert_string_equal(info.aof_last_write_status, "");
	assert_int_equal(info.refusals[REDIS_OOM], 7);
	assert_int_equal(info.refusals[REDIS_READONLY], 0);
}

static void an_empty_keyspace_is_zero_and_an_absent_one_unknown(void **state)
{
	(void)state;
	struct redis_info info;
	const char *empty = "role:master\r\n# Keyspace\r\n", *absent = "role:master\r\n";
	assert_true(redis_info_read(empty, strlen(empty), &info, NULL));
	assert_int_equal(info.keys, 0);
	assert_true(redis_info_read(absent, strlen(absent), &info, NULL));
	assert_int_equal(info.keys, REDIS_INFO_NONE);
}

static void any_pair_can_be_looked_up(void **state)
{
	(void)state;
	struct redis_info_pair pair;
	assert_true(redis_info_find(INFO, strlen(INFO), "errorstat_NOPERM", &pair));
	assert_int_equal(redis_info_field(&pair, "count", 1), 41);
	assert_true(redis_info_find(INFO, strlen(INFO), "latency_percentiles_usec_ping", &pair));
	assert_int_equal(redis_info_field(&pair, "p99", 1000), 3007);
	assert_int_equal(redis_info_field(&pair, "p9", 1), REDIS_INFO_NONE);
	assert_int_equal(redis_info_field(&pair, "p99.9", 1), 3);
	assert_false(redis_info_find(INFO, strlen(INFO), "no_such_key", &pair));
	size_t at = 0, count = 0;
	while (redis_info_next(INFO, strlen(INFO), &at, &pair))
		count++;
	assert_int_equal(count, 19);
}

static void absurd_numbers_saturate_and_long_texts_are_cut(void **state)
{
	(void)state;
	struct redis_info info;
	const char *text =
		"used_memory:99999999999999999999999\nused_cpu_sys:9223372036854775807."
		"9\nmaxmemory:x\n"
		"role:a-role-that-is-far-too-long-for-its-place\n# Keyspace\n"
		"db0:keys=9223372036854775807,expires=1\ndb1:keys=9223372036854775807,expires=x\n";
	assert_true(redis_info_read(text, strlen(text), &info, NULL));
	assert_true(info.used_memory == INT64_MAX);
	assert_true(info.used_cpu_sys_ms == INT64_MAX);
	assert_true(info.keys == INT64_MAX);
	assert_int_equal(info.expires, 1);
	assert_int_equal(info.maxmemory, REDIS_INFO_NONE);
	assert_string_equal(info.role, "a-role-that-is-");
}

static void what_is_no_info_is_refused(void **state)
{
	(void)state;
	struct redis_info info = {.keys = 7};
	struct err err;
	assert_false(redis_info_read("", 0, &info, &err));
	assert_int_equal(err.code, ERR_PROTOCOL);
	assert_false(redis_info_read("-NOPERM this user has no permissions", 36, &info, &err));
	autofree char *large = xcalloc(1, LIMIT_REDIS_INFO_BYTES + 1);
	assert_false(redis_info_read(large, LIMIT_REDIS_INFO_BYTES + 1, &info, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(info.keys, 7);
}

static void a_text_cut_at_any_byte_never_overruns(void **state)
{
	(void)state;
	for (size_t length = 0; length < strlen(INFO); length++) {
		struct redis_info info;
		autofree char *cut = xmemdup(INFO, length ? length : 1);
		bool read = redis_info_read(cut, length, &info, NULL);
		assert_true(read == (length > strlen("# Server\r\nredis_version")));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_are_read_and_missing_ones_are_none),
		cmocka_unit_test(an_empty_keyspace_is_zero_and_an_absent_one_unknown),
		cmocka_unit_test(any_pair_can_be_looked_up),
		cmocka_unit_test(absurd_numbers_saturate_and_long_texts_are_cut),
		cmocka_unit_test(what_is_no_info_is_refused),
		cmocka_unit_test(a_text_cut_at_any_byte_never_overruns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
