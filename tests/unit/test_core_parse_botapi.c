/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/parse/botapi.h"
#include "core/parse/botapi_plain.h"

#define ME                                                                                         \
	"{\"ok\":true,\"result\":{\"id\":4503599627370495,\"is_bot\":true,\"first_name\":\"Shop "  \
	"\\u202e pay\","                                                                           \
	"\"username\":\"shop_pay_bot\",\"can_join_groups\":true,\"can_read_all_group_messages\":"  \
	"false,"                                                                                   \
	"\"supports_inline_queries\":true,\"has_main_web_app\":false,\"something_new\":{\"deep\":" \
	"[1,2]}}}"

#define WEBHOOK                                                                                    \
	"{\"ok\":true,\"result\":{\"url\":\"https://pay.example/"                                  \
	"hook\",\"has_custom_certificate\":true,"                                                  \
	"\"pending_update_count\":1204,\"ip_address\":\"203.0.113.9\",\"last_error_date\":"        \
	"1795168821,"                                                                              \
	"\"last_error_message\":\"Wrong response from the webhook: 502 Bad Gateway\","             \
	"\"last_synchronization_error_date\":1795168000,\"max_connections\":40,"                   \
	"\"allowed_updates\":[\"message\",\"callback_query\"]}}"

static bool read_webhook(const char *body, struct botapi_reply *ret_reply,
	struct botapi_webhook *ret_webhook, struct err *err)
{
	return botapi_read_webhook(body, strlen(body), ret_reply, ret_webhook, err);
}

static void get_me_gives_the_bot(void **state)
{
	(void)state;
	struct botapi_reply reply;
	struct botapi_me me;
	assert_true(botapi_read_me(ME, strlen(ME), &reply, &me, NULL));
	assert_true(reply.ok);
	assert_true(me.id == INT64_C(4503599627370495));
	assert_true(me.is_bot && me.can_join_groups && me.supports_inline_queries);
	assert_false(me.can_read_all_group_messages || me.has_main_web_app ||
		     me.can_connect_to_business);
	assert_string_equal(me.username, "shop_pay_bot");
	assert_string_equal(me.first_name, "Shop \u202e pay");
}

static void every_known_field_of_a_webhook_is_read(void **state)
{
	(void)state;
	struct botapi_reply reply;
	struct botapi_webhook hook;
	assert_true(read_webhook(WEBHOOK, &reply, &hook, NULL));
	assert_string_equal(hook.url, "https://pay.example/hook");
	assert_true(hook.has_custom_certificate);
	assert_int_equal(hook.pending_update_count, 1204);
	assert_string_equal(hook.ip_address, "203.0.113.9");
	assert_int_equal(hook.last_error_date_s, 1795168821);
	assert_string_equal(
		hook.last_error_message, "Wrong response from the webhook: 502 Bad Gateway");
	assert_int_equal(hook.last_synchronization_error_date_s, 1795168000);
	assert_int_equal(hook.max_connections, 40);
	assert_string_equal(hook.allowed_updates, "message,callback_query");
}

static void a_polling_bot_has_an_empty_webhook(void **state)
{
	(void)state;
	struct botapi_reply reply;
	struct botapi_webhook hook;
	const char *body = "{\"ok\":true,\"result\":{\"url\":\"\",\"has_custom_certificate\":false,"
			   "\"pending_update_count\":0}}";
	assert_true(read_webhook(body, &reply, &hook, NULL));
	assert_string_equal(hook.url, "");
	assert_int_equal(hook.last_error_date_s, 0);
	assert_string_equal(hook.last_error_message, "");
	assert_string_equal(hook.allowed_updates, "");
}

static void an_error_answer_leaves_the_result_alone(void **state)
{
	(void)state;
	struct botapi_reply reply;
	struct botapi_me me = {.id = 7};
	const char *body = "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests: "
			   "retry after 35\","
			   "\"parameters\":{\"retry_after\":35}}";
	assert_true(botapi_read_me(body, strlen(body), &reply, &me, NULL));
	assert_false(reply.ok);
	assert_int_equal(reply.error_code, 429);
	assert_int_equal(reply.retry_after_s, 35);
	assert_string_equal(reply.description, "Too Many Requests: retry after 35");
	assert_int_equal(me.id, 7);
}

static int64_t wait_of(const char *retry_after)
{
	struct botapi_reply reply;
	autofree char *body =
		xasprintf("{\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\":%s}}",
			retry_after);
	assert_true(botapi_read_reply(body, strlen(body), &reply, NULL));
	return reply.retry_after_s;
}

static void a_retry_after_is_bounded(void **state)
{
	(void)state;
	assert_int_equal(wait_of("3"), 3);
	assert_int_equal(wait_of("-3"), 0);
	assert_int_equal(wait_of("4611686018427387904"), LIMIT_RETRY_AFTER_S);
	assert_int_equal(wait_of("\"3\""), 0);
	assert_int_equal(wait_of("1e99"), 0);
}

static void a_moved_group_gives_its_new_id(void **state)
{
	(void)state;
	struct botapi_reply reply;
	const char *body =
		"{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: group chat was "
		"upgraded to a "
		"supergroup chat\",\"parameters\":{\"migrate_to_chat_id\":-1001234567890}}";
	assert_true(botapi_read_reply(body, strlen(body), &reply, NULL));
	assert_true(reply.migrate_to_chat_id == INT64_C(-1001234567890));
}

static void assert_no_answer(const char *body, size_t length, const char *said)
{
	struct botapi_reply reply = {.error_code = -7};
	struct botapi_webhook hook = {.max_connections = -7};
	struct err err = {0};
	assert_false(botapi_read_webhook(body, length, &reply, &hook, &err));
	assert_int_equal(err.code, ERR_PROTOCOL);
	assert_int_equal(strncmp(err.text, "invalid answer (byte ", 21), 0);
	if (!strstr(err.text, said))
		fail_msg("'%s' not in '%s'", said, err.text);
	assert_int_equal(reply.error_code, -7);
	assert_int_equal(hook.max_connections, -7);
}

static void what_is_no_envelope_is_quoted_sanitised(void **state)
{
	(void)state;
	const char *html = "<html>\r\n<head><title>502 Bad Gateway</title></head>\x1b[2J";
	assert_no_answer(html, strlen(html),
		"no JSON: '<html>␍⏎<head><title>502 Bad Gateway</title></head>^[[2J'");
	assert_no_answer("", 0, "(byte 0): no JSON: ''");
	assert_no_answer("{\"result\":1}", 12, "no 'ok' in it");
	assert_no_answer("{\"ok\":1}", 8, "no 'ok' in it");
	assert_no_answer("[]", 2, "no 'ok' in it");
	assert_no_answer("{\"ok\":true}", 11, "no 'url' in the result");
	assert_no_answer(
		"{\"ok\":true,\"result\":{\"url\":\"\"}}", 31, "no 'pending_update_count'");
	assert_no_answer("{\"ok\":true,\"\xff\":1}", 17, "(byte ");
}

static void an_answer_cut_at_any_byte_is_refused_with_its_offset(void **state)
{
	(void)state;
	for (size_t length = 0; length < strlen(WEBHOOK); length++) {
		char *cut = xmemdup(WEBHOOK,
			length ? length : 1); /* exact size, so that ASan sees an overrun */
		assert_no_answer(cut, length, "no JSON");
		free(cut);
	}
}

static void get_me_without_an_id_is_no_answer(void **state)
{
	(void)state;
	static const char *const bodies[] = {"{\"ok\":true,\"result\":{}}",
		"{\"ok\":true,\"result\":true}", "{\"ok\":true,\"result\":{\"id\":1.5}}",
		"{\"ok\":true,\"result\":{\"id\":0}}"};
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		struct botapi_reply reply;
		struct botapi_me me;
		struct err err;
		assert_false(botapi_read_me(bodies[i], strlen(bodies[i]), &reply, &me, &err));
		assert_non_null(strstr(err.text, "no bot id"));
	}
}

static void long_texts_are_cut_between_characters(void **state)
{
	(void)state;
	struct botapi_reply reply;
	autofree char *name = xmalloc(2001);
	for (int i = 0; i < 1000; i++)
		memcpy(name + i * 2, "ж", 2);
	name[2000] = '\0';
	autofree char *body = xasprintf("{\"ok\":false,\"description\":\"x%s\"}", name);
	assert_true(botapi_read_reply(body, strlen(body), &reply, NULL));
	assert_int_equal(strlen(reply.description), 255);
	autofree char *other = xasprintf("{\"ok\":false,\"description\":\"%s\"}", name);
	assert_true(botapi_read_reply(other, strlen(other), &reply, NULL));
	assert_int_equal(strlen(reply.description), 254);
}

static void an_answer_beyond_the_limit_is_not_parsed(void **state)
{
	(void)state;
	struct botapi_reply reply;
	struct err err;
	autofree char *body = xmalloc(LIMIT_HTTP_BODY_BYTES + 1);
	memset(body, ' ', LIMIT_HTTP_BODY_BYTES + 1);
	assert_false(botapi_read_reply(body, LIMIT_HTTP_BODY_BYTES + 1, &reply, &err));
	assert_int_equal(err.code, ERR_LIMIT);
}

static void error_codes_decide(void **state)
{
	(void)state;
	assert_int_equal(botapi_err_code(401), ERR_AUTH);
	assert_int_equal(botapi_err_code(403), ERR_DENIED);
	assert_int_equal(botapi_err_code(404), ERR_NOT_FOUND);
	assert_int_equal(botapi_err_code(409), ERR_CONFLICT);
	assert_int_equal(botapi_err_code(429), ERR_RATE);
	assert_int_equal(botapi_err_code(502), ERR_UNREACHABLE);
	assert_int_equal(botapi_err_code(400), ERR_PROTOCOL);
	assert_int_equal(botapi_err_code(0), ERR_PROTOCOL);
}

#define PLAIN                                                                                      \
	"{\"ok\":true,\"result\":{\"url\":\"https://pay.example/"                                  \
	"h\",\"has_custom_certificate\":false,"                                                    \
	"\"pending_update_count\":12,\"ip_address\":\"203.0.113.9\",\"last_error_date\":"          \
	"1795168821,"                                                                              \
	"\"last_error_message\":\"502\",\"something_new\":null,\"max_connections\":40}}"

/* Both ways of reading, where the short one is taken. */
static bool is_read_alike(const char *body, size_t length, bool *ret_is_plain)
{
	struct botapi_reply replies[2] = {{0}, {0}};
	struct botapi_webhook hooks[2];
	memset(hooks, 0, sizeof(hooks));
	*ret_is_plain = botapi_plain_webhook(body, length, &replies[0], &hooks[0]);
	if (!*ret_is_plain)
		return true;
	return botapi_read_webhook_document(body, length, &replies[1], &hooks[1], NULL) &&
	       replies[0].ok == replies[1].ok && strcmp(hooks[0].url, hooks[1].url) == 0 &&
	       strcmp(hooks[0].ip_address, hooks[1].ip_address) == 0 &&
	       strcmp(hooks[0].last_error_message, hooks[1].last_error_message) == 0 &&
	       hooks[0].has_custom_certificate == hooks[1].has_custom_certificate &&
	       hooks[0].pending_update_count == hooks[1].pending_update_count &&
	       hooks[0].last_error_date_s == hooks[1].last_error_date_s &&
	       hooks[0].last_synchronization_error_date_s ==
		       hooks[1].last_synchronization_error_date_s &&
	       hooks[0].max_connections == hooks[1].max_connections;
}

static void the_usual_answer_is_read_in_one_pass(void **state)
{
	(void)state;
	static const char *const plain[] = {PLAIN,
		" { \"ok\" : true , \"result\" : { \"url\" : \"\" , "
		"\"pending_update_count\" : 0 } } \n",
		"{\"ok\":true,\"result\":{\"pending_update_count\":-3,\"url\":\"\"}}"};
	bool is_plain;
	for (size_t i = 0; i < COUNT_OF(plain); i++) {
		assert_true(is_read_alike(plain[i], strlen(plain[i]), &is_plain));
		assert_true(is_plain);
	}
}

static void what_is_not_plain_is_left_to_the_document(void **state)
{
	(void)state;
	static const char *const others[] = {WEBHOOK, "", "{}", "{\"ok\":false,\"error_code\":401}",
		"{\"ok\":true,\"result\":{\"url\":\"\",\"pending_update_count\":1.5}}",
		"{\"ok\":true,\"result\":{\"url\":\"\",\"pending_update_count\":01}}",
		"{\"ok\":true,\"result\":{\"url\":\"\\u0041\",\"pending_update_count\":1}}",
		"{\"ok\":true,\"result\":{\"url\":\"\",\"url\":\"x\",\"pending_update_count\":1}}",
		"{\"ok\":true,\"result\":{\"url\":\"\",\"pending_update_count\":1}} x",
		"{\"ok\":true,\"result\":{\"url\":\"\",\"pending_update_count\":"
		"9999999999999999999}}",
		"{\"ok\":true,\"result\":{\"url\":\"\"}}"};
	bool is_plain;
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		assert_true(is_read_alike(others[i], strlen(others[i]), &is_plain));
		assert_false(is_plain);
	}
}

/* One or two bytes of it are others, or it is cut. */
static void a_damaged_answer_is_never_read_otherwise_than_the_document(void **state)
{
	(void)state;
	static const char bytes[] = "\"\\{}[]:,0129-.etfn \n\x01\xc3\x7f";
	struct rng rng;
	unsigned plains = 0;
	rng_init(&rng, 11);
	for (unsigned i = 0; i < 40000; i++) {
		char body[] = PLAIN;
		bool is_plain;
		size_t length = sizeof(body) - 1;
		for (unsigned n = 0; n < 1 + i % 2; n++)
			body[rng_below(&rng, length)] = bytes[rng_below(&rng, sizeof(bytes) - 1)];
		if (i % 5 == 0)
			length = rng_below(&rng, length);
		assert_true(is_read_alike(body, length, &is_plain));
		plains += is_plain;
	}
	assert_in_range(plains, 1000, 39000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(get_me_gives_the_bot),
		cmocka_unit_test(every_known_field_of_a_webhook_is_read),
		cmocka_unit_test(a_polling_bot_has_an_empty_webhook),
		cmocka_unit_test(an_error_answer_leaves_the_result_alone),
		cmocka_unit_test(a_retry_after_is_bounded),
		cmocka_unit_test(a_moved_group_gives_its_new_id),
		cmocka_unit_test(what_is_no_envelope_is_quoted_sanitised),
		cmocka_unit_test(an_answer_cut_at_any_byte_is_refused_with_its_offset),
		cmocka_unit_test(get_me_without_an_id_is_no_answer),
		cmocka_unit_test(long_texts_are_cut_between_characters),
		cmocka_unit_test(an_answer_beyond_the_limit_is_not_parsed),
		cmocka_unit_test(error_codes_decide),
		cmocka_unit_test(the_usual_answer_is_read_in_one_pass),
		cmocka_unit_test(what_is_not_plain_is_left_to_the_document),
		cmocka_unit_test(a_damaged_answer_is_never_read_otherwise_than_the_document),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
