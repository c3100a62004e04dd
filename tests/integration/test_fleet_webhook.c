/* SPDX-License-Identifier: MIT */
/* Webhooks of the fleet's Bot API server: real deliveries, true backlog, errors in the real server's words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/botapi.h"

/* A bot's listener, on a thread of its own. */
struct receiver {
	struct MHD_Daemon *daemon;
	int port;
	atomic_uint status; /* what it answers */
	atomic_int taken;   /* deliveries answered with 200 */
	atomic_int wrong_secret;
};

static struct botapi server;
static struct receiver receiver;

static enum MHD_Result receive(void *context, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **state)
{
	(void)context, (void)url, (void)method, (void)version, (void)data;
	static int seen;
	if (!*state || *size) {
		*state = &seen;
		*size = 0;
		return MHD_YES;
	}
	const char *secret = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, "X-Telegram-Bot-Api-Secret-Token");
	unsigned status = atomic_load(&receiver.status);
	if (!secret || strcmp(secret, "s3cret_") != 0)
		atomic_fetch_add(&receiver.wrong_secret, 1);
	struct MHD_Response *response =
		MHD_create_response_from_buffer(2, (char[]){"ok"}, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result queued = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	if (status == 200)
		atomic_fetch_add(&receiver.taken, 1);
	return queued;
}

static int start(void **state)
{
	(void)state;
	botapi_start(&server);
	receiver.daemon = MHD_start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, receive, NULL, MHD_OPTION_END);
	assert_non_null(receiver.daemon);
	receiver.port = MHD_get_daemon_info(receiver.daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	botapi_stop(&server);
	MHD_stop_daemon(receiver.daemon);
	return 0;
}

static int reset_receiver(void **state)
{
	(void)state;
	atomic_store(&receiver.status, 200);
	atomic_store(&receiver.taken, 0);
	atomic_store(&receiver.wrong_secret, 0);
	return 0;
}

static struct http_answer set_webhook(const char *token, const char *url)
{
	autofree char *query = xasprintf("url=%s&secret_token=s3cret_&max_connections=3", url);
	return botapi_call(&server, token, "setWebhook", query);
}

static void set_good_webhook(const char *token)
{
	autofree char *url = xasprintf("http://127.0.0.1:%d/hook", receiver.port);
	struct http_answer answer = set_webhook(token, url);
	assert_string_equal(
		json_string_value(json_object_get(answer.json, "description")), "Webhook was set");
	http_answer_clear(&answer);
}

static void assert_says(struct http_answer answer, long status, const char *description)
{
	assert_int_equal(answer.status, status);
	assert_string_equal(
		json_string_value(json_object_get(answer.json, "description")), description);
	http_answer_clear(&answer);
}

static json_t *webhook_info(const char *token)
{
	struct http_answer answer = botapi_call(&server, token, "getWebhookInfo", NULL);
	json_t *info = json_incref(json_object_get(answer.json, "result"));
	http_answer_clear(&answer);
	return info;
}

static int64_t number(const char *token, const char *field)
{
	json_t *info = webhook_info(token);
	int64_t value = json_integer_value(json_object_get(info, field));
	json_decref(info);
	return value;
}

static void say(const char *name, int count)
{
	json_decref(botapi_control(&server, "play", "{\"bot\":\"%s\",\"count\":%d}", name, count));
}

/* Asks until the field has the value; the runner's time limit is the only clock. */
static void wait_for_number(const char *token, const char *field, int64_t value)
{
	while (number(token, field) != value)
		;
}

static void updates_are_delivered_with_the_secret(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "deliver");
	set_good_webhook(token);
	say("deliver-00001", 12);
	wait_for_number(token, "pending_update_count", 0);
	assert_int_equal(atomic_load(&receiver.taken), 12);
	assert_int_equal(atomic_load(&receiver.wrong_secret), 0);
	json_t *info = webhook_info(token);
	assert_int_equal(json_integer_value(json_object_get(info, "max_connections")), 3);
	assert_string_equal(json_string_value(json_object_get(info, "ip_address")), "127.0.0.1");
	assert_null(json_object_get(info, "last_error_date"));
	json_decref(info);
}

static void a_webhook_that_answers_502_grows_a_backlog_and_says_so(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "bad");
	atomic_store(&receiver.status, 502);
	set_good_webhook(token);
	say("bad-00001", 9);
	while (!number(token, "last_error_date"))
		;
	json_t *info = webhook_info(token);
	assert_int_equal(json_integer_value(json_object_get(info, "pending_update_count")), 9);
	assert_string_equal(json_string_value(json_object_get(info, "last_error_message")),
		"Wrong response from the webhook: 502 Bad Gateway");
	json_decref(info);

	/* Cured: the backlog drains by retries; the old error stays, as on the real server. */
	atomic_store(&receiver.status, 200);
	wait_for_number(token, "pending_update_count", 0);
	assert_int_equal(atomic_load(&receiver.taken), 9);
	assert_true(number(token, "last_error_date") > 0);
}

static void a_webhook_that_is_away_cannot_be_connected_to(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "away");
	struct http_answer answer = set_webhook(token, "http://127.0.0.1:1/hook");
	assert_int_equal(answer.status, 200);
	http_answer_clear(&answer);
	say("away-00001", 1);
	while (!number(token, "last_error_date"))
		;
	json_t *info = webhook_info(token);
	assert_string_equal(json_string_value(json_object_get(info, "last_error_message")),
		"Can't connect to the webhook");
	json_decref(info);
}

static void *poll_in_background(void *token)
{
	static struct http_answer answer;
	answer = botapi_call(&server, token, "getUpdates", "timeout=20");
	return &answer;
}

static void a_webhook_ends_a_long_poll_and_refuses_the_next(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "swap");
	pthread_t thread;
	pthread_create(&thread, NULL, poll_in_background, token);
	for (bool polled = false; !polled;) {
		json_t *bot = botapi_control(&server, "bot", "{\"bot\":\"swap-00001\"}");
		polled = json_is_true(json_object_get(bot, "polled"));
		json_decref(bot);
	}
	set_good_webhook(token);
	void *ended;
	pthread_join(thread, &ended);
	assert_says(
		*(struct http_answer *)ended, 409, "Conflict: terminated by setWebhook request");
	assert_says(botapi_call(&server, token, "getUpdates", NULL), 409,
		"Conflict: can't use getUpdates method while webhook is active; use deleteWebhook "
		"to "
		"delete the webhook first");
}

static void a_deleted_webhook_gives_the_queue_back_to_the_poller(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "back");
	atomic_store(&receiver.status, 500);
	set_good_webhook(token);
	say("back-00001", 2);
	assert_says(botapi_call(&server, token, "deleteWebhook", NULL), 429,
		"Too Many Requests: retry after 1");
	struct http_answer answer;
	while ((answer = botapi_call(&server, token, "deleteWebhook", NULL)).status == 429)
		http_answer_clear(&answer);
	assert_says(answer, 200, "Webhook was deleted");
	answer = botapi_call(&server, token, "getUpdates", NULL);
	assert_int_equal(json_array_size(json_object_get(answer.json, "result")), 2);
	http_answer_clear(&answer);
}

static void only_loopback_urls_and_good_secrets_are_taken(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "strict");
	assert_says(set_webhook(token, "http://203.0.113.9/hook"), 400,
		"Bad Request: bad webhook: Failed to resolve host: Name or service not known");
	assert_says(set_webhook(token, "ftp://127.0.0.1/hook"), 400,
		"Bad Request: bad webhook: An HTTPS URL must be provided for webhook");
	assert_says(botapi_call(&server, token, "setWebhook",
			    "url=http://127.0.0.1:1/&secret_token=no%20spaces"),
		400, "Bad Request: secret token contains unallowed characters");
	json_t *info = webhook_info(token);
	assert_string_equal(json_string_value(json_object_get(info, "url")), "");
	json_decref(info);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(updates_are_delivered_with_the_secret, reset_receiver),
		cmocka_unit_test_setup(
			a_webhook_that_answers_502_grows_a_backlog_and_says_so, reset_receiver),
		cmocka_unit_test_setup(
			a_webhook_that_is_away_cannot_be_connected_to, reset_receiver),
		cmocka_unit_test_setup(
			a_webhook_ends_a_long_poll_and_refuses_the_next, reset_receiver),
		cmocka_unit_test_setup(
			a_deleted_webhook_gives_the_queue_back_to_the_poller, reset_receiver),
		cmocka_unit_test_setup(
			only_loopback_urls_and_good_secrets_are_taken, reset_receiver),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
