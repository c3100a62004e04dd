/* SPDX-License-Identifier: MIT */
/* TLS towards Redis and the Bot API: what is not proven is refused, with the reason, and there is
 * no falling back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/support/certificates.h"
#include "tests/support/collect_scene.h"
#include "tests/support/servers.h"

static struct redis_server server;
static int tls_port;

static int setup(void **state)
{
	(void)state;
	redis_server_init(&server);
	make_certificates(server.folder);
	tls_port = free_port();
	return 0;
}

static int teardown(void **state)
{
	int failed = collect_teardown(state);
	redis_server_release(&server);
	return failed;
}

static void serve(const char *certificate)
{
	redis_server_kill(&server);
	free(server.extra);
	server.extra = xasprintf("tls-port %d\ntls-auth-clients no\ntls-cert-file %s/%s.pem\n"
				 "tls-key-file %s/%s.key\ntls-ca-cert-file %s/ca.pem",
		tls_port, server.folder, certificate, server.folder, certificate, server.folder);
	redis_server_start(&server);
}

static void watch(const char *host, int port, const char *more)
{
	collected_start(&collected,
		"redis: [{name: main, host: %s, port: %d, tls: yes, interval: 300ms, "
		"timeout: 700ms, heartbeats: 'hb:*', streams: [log]%s}]\n"
		"bots: [{name: orders, transport: none}]\n",
		host, port, more);
}

static void watch_with_our_authority(const char *host, int port)
{
	autofree char *more = xasprintf(", ca_file: %s/ca.pem", server.folder);
	watch(host, port, more);
}

static void wait_refused(const char *reason)
{
	const char *said = collected_wait(
		&collected, "obs_source", "kind=\"redis\"", "state=\"error\"", reason, NULL);
	assert_null(strstr(said, "latency_ms=0"));
	assert_null(collected_wait_for(&collected, 500, "obs_redis", NULL));
}

static void a_server_that_proves_its_name_is_watched_and_its_streams_are_read(void **state)
{
	(void)state;
	serve("good");
	watch_with_our_authority("127.0.0.1", tls_port);
	collected_wait(&collected, "obs_redis", "role=\"master\"", NULL);
	collected_wait(&collected, "obs_heartbeat", "bot=\"orders\"", NULL);
	autofree char *id = redis_server_do(&server, "XADD log * msg %s", "over TLS");
	collected_wait_event(&collected, "over TLS", NULL);
	collected_stop(&collected);
	watch_with_our_authority("localhost", tls_port);
	collected_wait(&collected, "obs_redis", "role=\"master\"", NULL);
}

static void a_server_of_an_unknown_authority_is_refused(void **state)
{
	(void)state;
	serve("good");
	watch("127.0.0.1", tls_port, "");
	wait_refused("self-signed certificate");
}

static void a_server_with_the_name_of_another_is_refused(void **state)
{
	(void)state;
	serve("other");
	watch_with_our_authority("127.0.0.1", tls_port);
	wait_refused("IP address mismatch");
	collected_stop(&collected);
	watch_with_our_authority("localhost", tls_port);
	wait_refused("hostname mismatch");
}

static void an_expired_certificate_is_refused(void **state)
{
	(void)state;
	serve("old");
	watch_with_our_authority("127.0.0.1", tls_port);
	wait_refused("certificate has expired");
}

static void a_server_without_tls_is_not_spoken_to_in_the_clear(void **state)
{
	(void)state;
	watch_with_our_authority("127.0.0.1", server.port);
	collected_wait(&collected, "obs_source", "kind=\"redis\"", "fails=1", NULL);
	assert_null(collected_wait_for(&collected, 1000, "obs_redis", NULL));
	autofree char *stats = redis_server_do(&server, "INFO commandstats");
	assert_null(strstr(stats, "cmdstat_ping"));
}

static void a_handshake_that_hangs_is_given_up(void **state)
{
	(void)state;
	serve("good");
	redis_server_freeze(&server, true);
	watch_with_our_authority("127.0.0.1", tls_port);
	collected_wait(&collected, "obs_source", "state=\"unreachable\"",
		"no TLS handshake in time", NULL);
	collected_stop(&collected);
	redis_server_freeze(&server, false);
}

static void a_frozen_server_is_noticed_over_tls_too(void **state)
{
	(void)state;
	serve("good");
	watch_with_our_authority("127.0.0.1", tls_port);
	collected_wait(&collected, "obs_redis", "role=\"master\"", NULL);
	redis_server_freeze(&server, true);
	collected_wait(&collected, "obs_source", "name=\"main\"", "no answer in time", NULL);
	redis_server_freeze(&server, false);
	collect_wait_ok("name=\"main\"");
	redis_server_kill(&server);
	collected_wait(&collected, "obs_source", "name=\"main\"", "state=\"unreachable\"", NULL);
}

/* Anything that speaks TLS will do: it never comes to HTTP. */
static void a_bot_api_that_is_not_proven_gets_no_token(void **state)
{
	(void)state;
	serve("good");
	autofree char *path = xasprintf("%s/token", server.folder);
	FILE *file = fopen(path, "we");
	fputs("123456789:AAFabcdefghijklmnopqrstuvwxyz0123456\n", file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
	collected_start(&collected,
		"telegram: {api: 'https://127.0.0.1:%d', interval: 500ms, timeout: 1s}\n"
		"bots: [{name: orders, token: {file: %s}}]\n",
		tls_port, path);
	collected.forbidden = "AAFabc";
	collected_wait(&collected, "obs_getme", "bot=\"orders\"",
		"cannot reach 127.0.0.1:", "certificate", NULL);
	collected_wait(&collected, "obs_source", "kind=\"telegram\"", "state=\"error\"",
		"circuit=\"open\"", "certificate", NULL);
	autofree char *stats = redis_server_do(&server, "INFO commandstats");
	assert_null(strstr(stats, "cmdstat_get"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_server_that_proves_its_name_is_watched_and_its_streams_are_read),
		TEST(a_server_of_an_unknown_authority_is_refused),
		TEST(a_server_with_the_name_of_another_is_refused),
		TEST(an_expired_certificate_is_refused),
		TEST(a_server_without_tls_is_not_spoken_to_in_the_clear),
		TEST(a_handshake_that_hangs_is_given_up),
		TEST(a_frozen_server_is_noticed_over_tls_too),
		TEST(a_bot_api_that_is_not_proven_gets_no_token),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
