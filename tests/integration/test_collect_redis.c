/* SPDX-License-Identifier: MIT */
/* A real Redis, watched: figures, heartbeats, and every way in which it can fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/collect_scene.h"
#include "tests/support/servers.h"

static struct redis_server server;

static int setup(void **state)
{
	(void)state;
	redis_server_init(&server);
	return 0;
}

static int teardown(void **state)
{
	int failed = collect_teardown(state);
	redis_server_release(&server);
	return failed;
}

static void PRINTF_LIKE(1, 2) run(const char *format, ...)
{
	char command[512];
	va_list args;
	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	autofree char *said = redis_server_do(&server, command);
	if (starts_with(said, "ERR"))
		fail_msg("%s: %s", command, said);
}

static const char two_bots[] =
	"redis: [{name: main, socket: %s, interval: 300ms, timeout: 500ms, "
	"heartbeats: 'hb:*'%s}]\n"
	"bots: [{name: orders, transport: none}, {name: quiz, transport: none}]\n";

static void watch(const char *more)
{
	collected_start(&collected, two_bots, server.socket, more);
}

static void figures_and_heartbeats_are_reported(void **state)
{
	(void)state;
	autofree char *said = redis_server_do(&server, "SET hb:orders %s PX 60000",
		"{\"upd_s\":2.5,\"p95_ms\":80,\"worker\":0,\"workers\":2,\"note\":\"x\"}");
	assert_string_equal(said, "OK");
	watch("");
	const char *redis = collected_wait(&collected, "obs_redis", "name=\"main\"",
		"role=\"master\"", "redis_memory_used_bytes", NULL);
	assert_true(collected_number(redis, "used_bytes") > 100000);
	assert_true(collected_number(redis, "max_clients") > 0);
	const char *beat =
		collected_wait(&collected, "obs_heartbeat", "bot=\"orders\"", "present=true",
			"updates_per_s=2.5", "p95_ms=80", "worker=\"0\"", "workers_total=2", NULL);
	assert_in_range((int)collected_number(beat, "ttl_ms"), 50000, 60000);
	assert_null(strstr(beat, "note"));
	beat = collected_wait(&collected, "obs_heartbeat", "bot=\"quiz\"", NULL);
	assert_null(strstr(beat, "present=true"));
	collect_wait_ok("kind=\"redis\"");
}

static void the_full_ttl_is_remembered_so_that_the_age_can_be_told(void **state)
{
	(void)state;
	run("SET hb:orders 1 PX 60000");
	watch("");
	collected_wait(&collected, "obs_heartbeat", "bot=\"orders\"", "present=true", NULL);
	run("PEXPIRE hb:orders 20000");
	for (int i = 0; i < 2; i++)
		collected_wait(&collected, "obs_source", "kind=\"redis\"", NULL);
	const char *beat = collected_wait(&collected, "obs_heartbeat", "bot=\"orders\"", NULL);
	assert_in_range((int)collected_number(beat, "ttl_ms"), 1, 20000);
	assert_in_range((int)collected_number(beat, "full_ttl_ms"), 59000, 60000);
}

static void a_further_worker_of_a_bot_is_found_and_one_of_nobody_is_not(void **state)
{
	(void)state;
	run("SET hb:orders:3 1 PX 60000");
	run("SET hb:unknown:1 1 PX 60000");
	watch("");
	collected_wait(&collected, "obs_heartbeat", "bot=\"orders\"", "worker=\"3\"", NULL);
	assert_null(collected_wait_for(&collected, 700, "obs_heartbeat", "unknown", NULL));
}

static void a_killed_server_is_unreachable_and_one_started_again_is_well(void **state)
{
	(void)state;
	watch("");
	collect_wait_ok("kind=\"redis\"");
	redis_server_kill(&server);
	collected_wait(&collected, "obs_source", "kind=\"redis\"", "state=\"unreachable\"",
		"cannot reach redis 'main' at ", "fails=1", NULL);
	collected_wait(&collected, "obs_source", "kind=\"redis\"", "circuit=\"open\"", NULL);
	redis_server_start(&server);
	collected_wait(&collected, "obs_source", "kind=\"redis\"", "state=\"ok\"",
		"circuit=\"closed\"", NULL);
	collected_wait(&collected, "obs_heartbeat", "bot=\"orders\"", NULL);
}

static void a_frozen_server_is_noticed_and_stopping_does_not_wait_for_it(void **state)
{
	(void)state;
	watch("");
	collect_wait_ok("kind=\"redis\"");
	redis_server_freeze(&server, true);
	collected_wait(&collected, "obs_source", "kind=\"redis\"", "state=\"unreachable\"",
		"no answer in time", NULL);
	redis_server_freeze(&server, false);
	collect_wait_ok("kind=\"redis\"");
	redis_server_freeze(&server, true);
	collected_stop(&collected);
}

static void what_is_forbidden_is_not_permitted_and_the_rest_goes_on(void **state)
{
	(void)state;
	run("SET hb:orders 1 PX 60000");
	run("ACL SETUSER watcher on nopass ~hb:* +ping +get +pttl");
	watch(", user: watcher, password: {command: [echo, any]}");
	collected_wait(&collected, "obs_heartbeat", "bot=\"orders\"", "present=true", NULL);
	const char *source = collected_wait(&collected, "obs_source", "kind=\"redis\"",
		"state=\"not_permitted\"", "NOPERM", "circuit=\"closed\"", NULL);
	assert_null(strstr(source, "fails="));
	run("ACL SETUSER watcher resetkeys -get -pttl -ping");
	collected_wait(&collected, "obs_source", "kind=\"redis\"", "state=\"not_permitted\"",
		"this user has no permissions to run the 'ping' command", NULL);
	run("ACL SETUSER watcher +@all ~*");
	collect_wait_ok("kind=\"redis\"");
}

static void a_wrong_password_is_named_and_never_shown(void **state)
{
	(void)state;
	run("ACL SETUSER default >right-one-7731");
	watch(", password: {command: [echo, wrong-one-7732]}");
	const char *source = collected_wait(&collected, "obs_source", "kind=\"redis\"",
		"state=\"not_permitted\"", "WRONGPASS", NULL);
	assert_null(strstr(source, "7732"));
}

static void no_password_where_one_is_wanted_is_not_an_outage(void **state)
{
	(void)state;
	run("CONFIG SET requirepass right-one-7731");
	watch("");
	collected_wait(&collected, "obs_source", "kind=\"redis\"", "state=\"not_permitted\"",
		"NOAUTH", NULL);
}

static void a_server_that_loads_its_data_says_so_and_then_is_well(void **state)
{
	(void)state;
	run("DEBUG POPULATE 3000");
	run("SAVE");
	redis_server_kill(&server);
	server.extra = xstrdup("key-load-delay 1000\nloading-process-events-interval-bytes 1024");
	redis_server_start(&server);
	watch("");
	collected_wait(&collected, "obs_redis", "name=\"main\"", "loading=true", NULL);
	const char *source = collected_wait(
		&collected, "obs_source", "kind=\"redis\"", "state=\"error\"", "LOADING", NULL);
	assert_null(strstr(source, "fails="));
	collect_wait_ok("kind=\"redis\"");
}

static void a_server_that_cannot_save_is_reported_in_its_words(void **state)
{
	(void)state;
	char gone[] = "/tmp/botswain-gone.XXXXXX";
	assert_non_null(mkdtemp(gone));
	autofree char *saved = redis_server_do(&server, "CONFIG SET save %s", "3600 1");
	assert_string_equal(saved, "OK");
	run("CONFIG SET dir %s", gone);
	remove_folder(gone);
	watch("");
	collect_wait_ok("kind=\"redis\"");
	run("BGSAVE");
	collected_wait(&collected, "obs_redis", "name=\"main\"", "save_status=\"err\"", NULL);
	collected_wait(
		&collected, "obs_source", "kind=\"redis\"", "state=\"error\"", "MISCONF", NULL);
}

static void a_replica_that_refuses_writes_says_so_until_it_is_a_master_again(void **state)
{
	(void)state;
	watch("");
	run("REPLICAOF 127.0.0.1 1");
	collected_wait(&collected, "obs_redis", "name=\"main\"", "link=\"down\"", NULL);
	autofree char *refused = redis_server_do(&server, "SET somebody writes");
	assert_non_null(strstr(refused, "READONLY"));
	collected_wait(&collected, "obs_redis", "name=\"main\"", "refuses=\"READONLY\"", NULL);
	run("REPLICAOF NO ONE");
	collected_wait(&collected, "obs_redis", "role=\"master\"", NULL);
}

static void a_server_without_room_for_a_client_says_so(void **state)
{
	(void)state;
	redis_server_kill(&server);
	server.extra = xstrdup("maxclients 1");
	redis_server_start(&server);
	watch("");
	collect_wait_ok("kind=\"redis\"");
	collected_stop(&collected);
	int fd = redis_server_open(&server);
	watch("");
	collected_wait(&collected, "obs_source", "kind=\"redis\"", "max number of clients", NULL);
	close(fd);
	collect_wait_ok("kind=\"redis\"");
}

static char *client_id(void)
{
	autofree char *clients = redis_server_do(&server, "CLIENT LIST");
	char *at = strstr(clients, " name=botswain "), *id;
	assert_non_null(at);
	while (at > clients && at[-1] != '\n')
		at--;
	id = xstrndup(at, strcspn(at, " "));
	return id;
}

static void a_reload_that_does_not_concern_it_keeps_the_connection(void **state)
{
	(void)state;
	run("SET hb:newcomer 1 PX 60000");
	watch("");
	collect_wait_ok("kind=\"redis\"");
	autofree char *before = client_id();
	collected_reload(&collected,
		"redis: [{name: main, socket: %s, interval: 300ms, timeout: 500ms, "
		"heartbeats: 'hb:*'}]\nbots: [{name: newcomer, transport: none}]\n",
		server.socket);
	collected_wait(&collected, "obs_heartbeat", "bot=\"newcomer\"", "present=true", NULL);
	autofree char *after = client_id();
	assert_string_equal(before, after);
	collected_clear(&collected);
	assert_null(collected_wait_for(&collected, 700, "obs_heartbeat", "quiz", NULL));
}

static void a_reload_with_another_server_follows_it(void **state)
{
	(void)state;
	watch("");
	collect_wait_ok("kind=\"redis\"");
	collected_reload(&collected,
		"redis: [{name: main, host: 127.0.0.1, port: %d, interval: 300ms}]\n"
		"bots: [{name: orders, transport: none}]\n",
		server.port);
	collect_wait_ok("kind=\"redis\"");
	autofree char *clients = redis_server_do(&server, "CLIENT LIST");
	assert_non_null(strstr(clients, "laddr=127.0.0.1:"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(figures_and_heartbeats_are_reported),
		TEST(the_full_ttl_is_remembered_so_that_the_age_can_be_told),
		TEST(a_further_worker_of_a_bot_is_found_and_one_of_nobody_is_not),
		TEST(a_killed_server_is_unreachable_and_one_started_again_is_well),
		TEST(a_frozen_server_is_noticed_and_stopping_does_not_wait_for_it),
		TEST(what_is_forbidden_is_not_permitted_and_the_rest_goes_on),
		TEST(a_wrong_password_is_named_and_never_shown),
		TEST(no_password_where_one_is_wanted_is_not_an_outage),
		TEST(a_server_that_loads_its_data_says_so_and_then_is_well),
		TEST(a_server_that_cannot_save_is_reported_in_its_words),
		TEST(a_replica_that_refuses_writes_says_so_until_it_is_a_master_again),
		TEST(a_server_without_room_for_a_client_says_so),
		TEST(a_reload_that_does_not_concern_it_keeps_the_connection),
		TEST(a_reload_with_another_server_follows_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
