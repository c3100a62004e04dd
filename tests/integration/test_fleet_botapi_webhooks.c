/* SPDX-License-Identifier: MIT */
/* The rules of webhooks on the fleet's Bot API server, and what becomes of deliveries that fail for hours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <microhttpd.h>
#include <stdatomic.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/botapi_calls.h"

enum { HOUR_MS = 3600 * 1000, LOOKS_MAX = 5000 };

/* A bot's listener, on a thread of its own. */
static struct {
	struct MHD_Daemon *daemon;
	int port;
	atomic_uint status;
	const char *_Atomic retry_after, *_Atomic body; /* of its answers; NULL: none */
	atomic_int asked;
} hook;

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
	const char *body = atomic_load(&hook.body), *retry_after = atomic_load(&hook.retry_after);
	char *copy = xstrdup(body ? body : "");
	struct MHD_Response *response =
		MHD_create_response_from_buffer(strlen(copy), copy, MHD_RESPMEM_MUST_FREE);
	if (retry_after)
		MHD_add_response_header(response, "Retry-After", retry_after);
	enum MHD_Result queued =
		MHD_queue_response(connection, atomic_load(&hook.status), response);
	MHD_destroy_response(response);
	atomic_fetch_add(&hook.asked, 1);
	return queued;
}

static int start(void **state)
{
	(void)state;
	botapi_start(&server);
	hook.daemon = MHD_start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, receive, NULL, MHD_OPTION_END);
	assert_non_null(hook.daemon);
	hook.port = MHD_get_daemon_info(hook.daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	botapi_stop(&server);
	MHD_stop_daemon(hook.daemon);
	return 0;
}

static int reset_hook(void **state)
{
	(void)state;
	atomic_store(&hook.status, 200);
	atomic_store(&hook.retry_after, NULL);
	atomic_store(&hook.body, NULL);
	atomic_store(&hook.asked, 0);
	return 0;
}

/* The answer to setWebhook on the hook; the caller clears it. */
static struct http_answer set_hook(const char *token, const char *more)
{
	autofree char *query = xasprintf("url=http://127.0.0.1:%d/hook%s", hook.port, more);
	return botapi_call(&server, token, "setWebhook", query);
}

static char *make_hooked(const char *name)
{
	char *token = botapi_make_bot(&server, name);
	struct http_answer answer = set_hook(token, "");
	assert_int_equal(answer.status, 200);
	http_answer_clear(&answer);
	return token;
}

static void say(const char *name)
{
	json_decref(botapi_control(
		&server, "say", "{\"bot\":\"%s-00001\",\"chat\":5,\"text\":\"hi\"}", name));
}

static json_t *look_at(const char *name)
{
	return botapi_control(&server, "bot", "{\"bot\":\"%s-00001\"}", name);
}

static int64_t figure(const char *name, const char *field)
{
	json_t *bot = look_at(name);
	int64_t value = number_at(bot, field);
	json_decref(bot);
	return value;
}

/* Until the hook was asked so often; then until the server knows of the answer. */
static void wait_for_try(const char *name, int count)
{
	while (atomic_load(&hook.asked) < count || figure(name, "next_try_ms") <= 0)
		;
}

static void says(struct http_answer answer, const char *description)
{
	assert_string_equal(text_at(answer.json, "description"), description);
	http_answer_clear(&answer);
}

/* ---- setWebhook ---- */

/* clang-format off */
static void urls_that_no_webhook_may_have_are_refused(void **state)
{
	(void)state;
	static const struct { const char *url, *words; } cases[] = {
		{"https://example.com:8080/", "Webhook can be set up only on ports 80, 88, 443 or 8443"},
		{"https://example.com:8443/", "Failed to resolve host: Name or service not known"},
		{"https://10.1.2.3/", "IP address 10.1.2.3 is reserved"},
		{"https://172.31.255.255/", "IP address 172.31.255.255 is reserved"},
		{"https://[2001:db8::1]/", "IPv6-only addresses are not allowed"},
		{"gopher://127.0.0.1/", "An HTTPS URL must be provided for webhook"},
		{"http://", "URL host is empty"},
	};
	autofree char *token = botapi_make_bot(&server, "urls");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		autofree char *body = xasprintf("{\"url\":\"%s\"}", cases[i].url);
		autofree char *words = xasprintf("Bad Request: bad webhook: %s", cases[i].words);
		botapi_refused(&server, token, "setWebhook", body, 400, words);
	}
}
/* clang-format on */

static void secrets_have_256_plain_characters_at_most(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "secrets");
	char secret[258];
	memset(secret, 'a', 257);
	secret[257] = '\0';
	autofree char *more = xasprintf("&secret_token=%s", secret);
	says(set_hook(token, more), "Bad Request: secret token is too long");
	says(set_hook(token, "&secret_token=a.b"),
		"Bad Request: secret token contains unallowed characters");
	more[strlen(more) - 1] = '\0';
	says(set_hook(token, more), "Webhook was set");
}

static void the_same_webhook_again_is_already_set(void **state)
{
	(void)state;
	autofree char *token = make_hooked("twice");
	says(set_hook(token, ""), "Too Many Requests: retry after 1");
	botapi_advance(&server, 1000);
	says(set_hook(token, ""), "Webhook is already set");
	says(set_hook(token, "&max_connections=7"), "Webhook was set");
	botapi_advance(&server, 1000);
	says(botapi_call(&server, token, "deleteWebhook", NULL), "Webhook was deleted");
	botapi_advance(&server, 1000);
	says(botapi_call(&server, token, "deleteWebhook", NULL), "Webhook is already deleted");
}

static void connections_are_between_1_and_100(void **state)
{
	(void)state;
	static const struct {
		const char *more;
		int connections;
	} cases[] = {{"", 40}, {"&max_connections=0", 1}, {"&max_connections=5", 5},
		{"&max_connections=1000", 100}};
	autofree char *token = botapi_make_bot(&server, "width");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		botapi_advance(&server, 1000);
		says(set_hook(token, cases[i].more), "Webhook was set");
		json_t *info = botapi_result(&server, token, "getWebhookInfo", "{}");
		assert_int_equal(number_at(info, "max_connections"), cases[i].connections);
		json_decref(info);
	}
}

static void pending_updates_are_dropped_when_that_is_asked_for(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "drop");
	say("drop");
	assert_int_equal(figure("drop", "pending"), 1);
	says(set_hook(token, "&drop_pending_updates=true"), "Webhook was set");
	assert_int_equal(figure("drop", "pending"), 0);
	assert_int_equal(atomic_load(&hook.asked), 0);
}

/* ---- deliveries ---- */

static void the_pause_doubles_up_to_one_or_two_minutes(void **state)
{
	(void)state;
	autofree char *token = make_hooked("pause");
	atomic_store(&hook.status, 500);
	say("pause");
	int64_t next = 0;
	for (int i = 0; i < 9; i++) {
		wait_for_try("pause", i + 1);
		next = figure("pause", "next_try_ms");
		if (i < 6)
			assert_in_range(next, (1000 << i) - 900, 1000 << i);
		botapi_advance(&server, next);
	}
	assert_in_range(next, 55000, 120000);
}

static void the_bots_own_retry_after_is_honoured_up_to_an_hour(void **state)
{
	(void)state;
	autofree char *token = make_hooked("busy");
	atomic_store(&hook.status, 503);
	atomic_store(&hook.retry_after, "90");
	say("busy");
	wait_for_try("busy", 1);
	assert_in_range(figure("busy", "next_try_ms"), 85000, 90000);
	atomic_store(&hook.retry_after, "100000");
	botapi_advance(&server, 90000);
	wait_for_try("busy", 2);
	assert_in_range(figure("busy", "next_try_ms"), HOUR_MS - 5000, HOUR_MS);
}

static void an_update_that_nobody_takes_in_24_hours_is_dropped(void **state)
{
	(void)state;
	autofree char *token = make_hooked("never");
	atomic_store(&hook.status, 500);
	say("never");
	wait_for_try("never", 1);
	botapi_advance(&server, (int64_t)24 * HOUR_MS);
	json_t *info = botapi_result(&server, token, "getWebhookInfo", "{}");
	assert_int_equal(number_at(info, "pending_update_count"), 0);
	assert_string_equal(text_at(info, "last_error_message"),
		"Wrong response from the webhook: 500 Internal Server Error");
	json_decref(info);
}

static void who_is_gone_for_23_hours_has_no_webhook_any_more(void **state)
{
	(void)state;
	autofree char *token = make_hooked("gone");
	atomic_store(&hook.status, 410);
	say("gone");
	wait_for_try("gone", 1);
	botapi_advance(&server, (int64_t)22 * HOUR_MS);
	wait_for_try("gone", 2);
	json_t *info = botapi_result(&server, token, "getWebhookInfo", "{}");
	assert_true(strlen(text_at(info, "url")) > 0);
	json_decref(info);
	botapi_advance(&server, (int64_t)HOUR_MS + 120000);
	while (atomic_load(&hook.asked) < 3)
		;
	bool there = true;
	for (int i = 0; there && i < LOOKS_MAX; i++) {
		info = botapi_result(&server, token, "getWebhookInfo", "{}");
		there = *text_at(info, "url") != '\0';
		json_decref(info);
	}
	assert_false(there);
	json_t *updates = botapi_result(&server, token, "getUpdates", "{}");
	assert_int_equal(json_array_size(updates), 1);
	json_decref(updates);
}

static void an_answer_that_names_a_method_calls_it(void **state)
{
	(void)state;
	autofree char *token = make_hooked("reply");
	atomic_store(&hook.body,
		"{\"method\":\"sendMessage\",\"chat_id\":5,\"text\":\"from the hook\"}");
	say("reply");
	while (figure("reply", "sent_count") < 1)
		;
	json_t *bot = look_at("reply");
	assert_string_equal(text_at(bot, "sent.0.text"), "from the hook");
	json_decref(bot);
}

static void an_answer_cannot_change_the_webhook_or_ask_for_anything(void **state)
{
	(void)state;
	static const char *const bodies[] = {"{\"method\":\"deleteWebhook\"}",
		"{\"method\":\"SETWEBHOOK\",\"url\":\"\"}", "{\"method\":\"logOut\"}",
		"{\"method\":\"getUpdates\",\"timeout\":50}", "{\"method\":7}", "[[[", "\"x\"",
		"{\"method\":\"noSuchMethod\"}", "{\"method\":\"sendMessage\"}"};
	autofree char *token = make_hooked("sly");
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		atomic_store(&hook.body, bodies[i]);
		say("sly");
		while (figure("sly", "pending") > 0)
			;
	}
	json_t *info = botapi_result(&server, token, "getWebhookInfo", "{}");
	assert_true(strlen(text_at(info, "url")) > 0);
	json_decref(info);
	assert_int_equal(figure("sly", "sent_count"), 0);
}

static void a_webhook_on_https_needs_a_certificate_that_holds(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "tls");
	autofree char *query = xasprintf("url=https://127.0.0.1:%d/", hook.port); /* speaks http */
	says(botapi_call(&server, token, "setWebhook", query), "Webhook was set");
	say("tls");
	while (figure("tls", "next_try_ms") <= 0)
		;
	json_t *info = botapi_result(&server, token, "getWebhookInfo", "{}");
	assert_true(starts_with(
		text_at(info, "last_error_message"), "Can't create an SSL connection: "));
	json_decref(info);
}

#define test(f) cmocka_unit_test_setup(f, reset_hook)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(urls_that_no_webhook_may_have_are_refused),
		test(secrets_have_256_plain_characters_at_most),
		test(the_same_webhook_again_is_already_set),
		test(connections_are_between_1_and_100),
		test(pending_updates_are_dropped_when_that_is_asked_for),
		test(the_pause_doubles_up_to_one_or_two_minutes),
		test(the_bots_own_retry_after_is_honoured_up_to_an_hour),
		test(an_update_that_nobody_takes_in_24_hours_is_dropped),
		test(who_is_gone_for_23_hours_has_no_webhook_any_more),
		test(an_answer_that_names_a_method_calls_it),
		test(an_answer_cannot_change_the_webhook_or_ask_for_anything),
		test(a_webhook_on_https_needs_a_certificate_that_holds),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
