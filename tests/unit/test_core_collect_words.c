/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include <hiredis/hiredis.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/collect/pg_conn.h"
#include "core/collect/pg_dsn.h"
#include "core/collect/pg_queries.h"
#include "core/collect/post.h"
#include "core/collect/proc.h"
#include "core/collect/redis_beats.h"
#include "core/collect/redis_conn.h"
#include "core/collect/stream_list.h"
#include "core/base/mem.h"
#include "core/msg/msg.h"

static void errors_of_redis_have_their_class(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum err_code code;
	} cases[] = {
		{"NOPERM this user has no permissions to run the 'get' command", ERR_DENIED},
		{"NOAUTH Authentication required.", ERR_AUTH},
		{"WRONGPASS invalid username-password pair or user is disabled.", ERR_AUTH},
		{"ERR AUTH <password> called without any password configured", ERR_AUTH},
		{"LOADING Redis is loading the dataset in memory", ERR_REFUSED},
		{"MISCONF Redis is configured to save RDB snapshots", ERR_REFUSED},
		{"READONLY You can't write against a read only replica.", ERR_REFUSED},
		{"ERR max number of clients reached", ERR_REFUSED},
		{"MOVED 3999 127.0.0.1:6381", ERR_UNSUPPORTED},
		{"WRONGTYPE Operation against a key", ERR_INVALID},
		{"ERR something new", ERR_PROTOCOL},
		{"", ERR_PROTOCOL},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(redis_error_class(cases[i].text), cases[i].code);
}

static void a_redis_that_refuses_without_a_word_is_told_of(void **state)
{
	(void)state;
	struct redisReply reply = {.type = REDIS_REPLY_ERROR, .str = (char[]){""}};
	struct err err = {.code = ERR_NONE};
	assert_true(redis_reply_failed(&reply, &err));
	assert_string_equal(err.text, "it refused without a word");
}

static void errors_of_postgres_have_their_class(void **state)
{
	(void)state;
	static const struct {
		const char *state;
		enum err_code code;
	} states[] = {
		{"28P01", ERR_AUTH},
		{"28000", ERR_AUTH},
		{"42501", ERR_DENIED},
		{"57P03", ERR_REFUSED},
		{"53300", ERR_REFUSED},
		{"57P01", ERR_UNREACHABLE},
		{"57014", ERR_CANCELLED},
		{"55P03", ERR_CANCELLED},
		{"42P01", ERR_INVALID},
		{"3D000", ERR_NOT_FOUND},
		{"XX000", ERR_PROTOCOL},
	};
	static const struct {
		const char *words;
		enum err_code code;
	} words[] = {
		{"FATAL:  the database system is starting up", ERR_REFUSED},
		{"FATAL:  the database system is shutting down", ERR_REFUSED},
		{"FATAL:  the database system is not yet accepting connections", ERR_REFUSED},
		{"FATAL:  sorry, too many clients already", ERR_REFUSED},
		{"FATAL:  too many connections for role \"console\"", ERR_REFUSED},
		{"FATAL:  remaining connection slots are reserved", ERR_REFUSED},
		{"FATAL:  password authentication failed for user \"x\"", ERR_AUTH},
		{"fe_sendauth: no password supplied", ERR_AUTH},
		{"FATAL:  no pg_hba.conf entry for host", ERR_AUTH},
		{"FATAL:  role \"x\" does not exist", ERR_AUTH},
		{"FATAL:  database \"x\" does not exist", ERR_NOT_FOUND},
		{"SSL error: certificate verify failed", ERR_TLS},
		{"Connection refused", ERR_UNREACHABLE},
	};
	for (size_t i = 0; i < COUNT_OF(states); i++)
		assert_int_equal(pg_state_class(states[i].state), states[i].code);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		assert_int_equal(pg_connect_class(words[i].words), words[i].code);
}

static void only_silence_is_called_unreachable(void **state)
{
	(void)state;
	static const struct {
		enum err_code code;
		const char *word;
	} cases[] = {
		{ERR_NONE, "ok"},
		{ERR_TIMEOUT, "unreachable"},
		{ERR_UNREACHABLE, "unreachable"},
		{ERR_AUTH, "not_permitted"},
		{ERR_DENIED, "not_permitted"},
		{ERR_SECRET, "no_secret"},
		{ERR_REFUSED, "error"},
		{ERR_TLS, "error"},
		{ERR_PROTOCOL, "error"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct err err = {.code = cases[i].code};
		assert_string_equal(source_state_word(&err), cases[i].word);
	}
	assert_string_equal(source_state_word(NULL), "ok");
}

static void a_host_is_local_by_what_it_says(void **state)
{
	(void)state;
	static const char *const near[] = {NULL, "", "/run/postgresql", "@abstract", "localhost",
		"127.0.0.1", "127.1.2.3", "::1"};
	static const char *const far[] = {"db.example.org", "10.0.0.1", "::2", "1270.example"};
	for (size_t i = 0; i < COUNT_OF(near); i++)
		assert_true(pg_is_local(near[i]));
	for (size_t i = 0; i < COUNT_OF(far); i++)
		assert_false(pg_is_local(far[i]));
}

static void series_are_named_after_the_query_and_the_row(void **state)
{
	(void)state;
	static const char *const cases[][3] = {
		{"messages", "", "messages"},
		{"messages", "read", "messages_read"},
		{"messages", "messages", "messages"},
		{"messages", "messages_total", "messages_total"},
		{"my-query", "a b;c", "my_query_a_b_c"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		autostr struct str name = STR_INIT;
		pg_series_name(cases[i][0], cases[i][1], &name);
		assert_string_equal(name.text, cases[i][2]);
	}
	assert_true(pg_is_true("t") && pg_is_true("TRUE") && pg_is_true("1") && pg_is_true("on"));
	assert_false(pg_is_true("f") || pg_is_true("") || pg_is_true("0") || pg_is_true("off"));
}

static void the_star_of_a_pattern_names_the_bot(void **state)
{
	(void)state;
	static const char *const cases[][3] = {
		{"events:*", "events:orders", "orders"},
		{"*:log", "orders:log", "orders"},
		{"a:*:z", "a:orders:z", "orders"},
		{"*", "orders", "orders"},
		{"events:*:*", "events:a:b", ""},
		{"events", "events", ""},
		{"events:?", "events:a", ""},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		autofree char *star = stream_star(cases[i][0], cases[i][1]);
		assert_string_equal(star, cases[i][2]);
	}
}

static void the_full_ttl_is_the_largest_until_the_bot_gives_less(void **state)
{
	(void)state;
	struct beat_ttl ttl = {0};
	beat_ttl_see(&ttl, 4500);
	beat_ttl_see(&ttl, 3900);
	assert_int_equal(ttl.full_ms, 4500);
	beat_ttl_see(&ttl, 5000);
	beat_ttl_see(&ttl, 1200);
	beat_ttl_see(&ttl, 4800);
	assert_int_equal(ttl.full_ms, 5000);
	for (int i = 0; i < 30; i++)
		beat_ttl_see(&ttl, i % 2 ? 500 : 1000);
	assert_int_equal(ttl.full_ms, 1000);
}

static void a_bot_that_is_late_for_long_does_not_shrink_its_ttl(void **state)
{
	(void)state;
	struct beat_ttl ttl = {0};
	beat_ttl_see(&ttl, 60000);
	for (int i = 0; i < 100; i++)
		beat_ttl_see(&ttl, 60000 - i * 500);
	assert_int_equal(ttl.full_ms, 60000);
}

static struct msg_obs_heartbeat *beat_of(const char *value)
{
	struct msg_obs_heartbeat *beat = msg_new(MSG_obs_heartbeat);
	msg_set(&beat->bot, "orders");
	beat_read_value(beat, value, strlen(value));
	return beat;
}

static void the_value_of_a_beat_is_figures_or_anything(void **state)
{
	(void)state;
	struct msg_obs_heartbeat *beat = beat_of("{\"upd_s\":1.5,\"p95_ms\":20,\"worker\":\"w-1\","
						 "\"workers\":3,\"x y\":1,\"deep\":{\"a\":1}}");
	assert_true(beat->updates_per_s > 1.4 && beat->updates_per_s < 1.6);
	assert_string_equal(beat->worker, "w-1");
	assert_int_equal(beat->workers_total, 3);
	assert_int_equal(beat->figures_count, 3);
	assert_string_equal(beat->figures[0].labels, "bot=orders");
	msg_free(MSG_obs_heartbeat, beat);
	static const char *const others[] = {
		"", "1", "[1,2]", "alive", "{\"upd_s\":", "null", "{\"upd_s\":\"1\"}", "\xff\xfe"};
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		beat = beat_of(others[i]);
		assert_true(isnan(beat->updates_per_s) && isnan(beat->p95_ms));
		assert_int_equal(beat->figures_count, 0);
		msg_free(MSG_obs_heartbeat, beat);
	}
}

static void the_status_of_a_process_is_read_behind_any_name(void **state)
{
	(void)state;
	static const char line[] =
		"42 (a) R (b c) 1) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 7 0 "
		"123456 10000000 300 18446744073709551615 1 1 0 0";
	struct proc_figures figures;
	struct err err = {0};
	assert_true(proc_parse_stat(line, strlen(line), &figures, &err));
	assert_int_equal(figures.state, 'S');
	assert_int_equal(figures.cpu_ticks, 300);
	assert_int_equal(figures.threads, 7);
	assert_int_equal(figures.start_ticks, 123456);
	assert_true(figures.rss_bytes >= 300 * 4096);
	for (size_t length = 0; length < 80; length++)
		assert_false(proc_parse_stat(line, length, &figures, &err));
	assert_true(proc_cpu_percent(50, 1000) > 49 && proc_cpu_percent(50, 1000) < 51);
	assert_true(isnan(proc_cpu_percent(50, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_of_redis_have_their_class),
		cmocka_unit_test(a_redis_that_refuses_without_a_word_is_told_of),
		cmocka_unit_test(errors_of_postgres_have_their_class),
		cmocka_unit_test(only_silence_is_called_unreachable),
		cmocka_unit_test(a_host_is_local_by_what_it_says),
		cmocka_unit_test(series_are_named_after_the_query_and_the_row),
		cmocka_unit_test(the_star_of_a_pattern_names_the_bot),
		cmocka_unit_test(the_full_ttl_is_the_largest_until_the_bot_gives_less),
		cmocka_unit_test(a_bot_that_is_late_for_long_does_not_shrink_its_ttl),
		cmocka_unit_test(the_value_of_a_beat_is_figures_or_anything),
		cmocka_unit_test(the_status_of_a_process_is_read_behind_any_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
