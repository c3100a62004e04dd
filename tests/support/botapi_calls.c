/* SPDX-License-Identifier: MIT */
#include "tests/support/botapi_calls.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"

struct botapi server;

int server_start(void **state)
{
	(void)state;
	botapi_start(&server);
	return 0;
}

int server_stop(void **state)
{
	(void)state;
	botapi_stop(&server);
	return 0;
}

enum { PATIENCE_MS = 20000 };

static struct http_answer post(
	const struct botapi *botapi, const char *token, const char *method, const char *body)
{
	autofree char *url = xasprintf("http://127.0.0.1:%d/bot%s/%s", botapi->port, token, method);
	struct http_answer answer = http_ask(url, body, "test", PATIENCE_MS);
	assert_int_equal(answer.code, CURLE_OK);
	return answer;
}

json_t *botapi_result(
	const struct botapi *botapi, const char *token, const char *method, const char *body, ...)
{
	va_list args;
	autostr struct str text = STR_INIT;
	va_start(args, body);
	if (body)
		str_vaddf(&text, body, args);
	va_end(args);
	struct http_answer answer = post(botapi, token, method, body ? text.text : NULL);
	if (answer.status != 200)
		print_error("%s: %s\n", method, answer.body);
	assert_int_equal(answer.status, 200);
	assert_true(json_is_true(json_object_get(answer.json, "ok")));
	json_t *result = json_incref(json_object_get(answer.json, "result"));
	assert_non_null(result);
	http_answer_clear(&answer);
	return result;
}

void assert_answer_refused(struct http_answer *answer, long status, const char *description)
{
	if (answer->status != status)
		print_error("%s\n", answer->body);
	assert_int_equal(answer->status, status);
	assert_true(json_is_false(json_object_get(answer->json, "ok")));
	assert_int_equal(number_at(answer->json, "error_code"), status);
	assert_string_equal(text_at(answer->json, "description"), description);
	http_answer_clear(answer);
}

void botapi_refused(const struct botapi *botapi, const char *token, const char *method,
	const char *body, long status, const char *description)
{
	struct http_answer answer = post(botapi, token, method, body);
	assert_answer_refused(&answer, status, description);
}

void assert_json(json_t *json, const char *expected)
{
	json_error_t why;
	json_t *wanted = json_loads(expected, JSON_DECODE_ANY, &why);
	if (!wanted)
		print_error("%s in %s\n", why.text, expected);
	assert_non_null(wanted);
	if (!json_equal(json, wanted)) {
		autofree char *got = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
		print_error("got  %s\nwant %s\n", got ? got : "nothing", expected);
	}
	assert_true(json_equal(json, wanted));
	json_decref(json);
	json_decref(wanted);
}

const json_t *json_at(const json_t *json, const char *path)
{
	autofree char *copy = xstrdup(path);
	char *state = NULL;
	for (const char *key = strtok_r(copy, ".", &state); key; key = strtok_r(NULL, ".", &state))
		json = isdigit((unsigned char)*key) ? json_array_get(json, (size_t)atoi(key))
						    : json_object_get(json, key);
	return json;
}

const char *text_at(const json_t *json, const char *path)
{
	const char *text = json_string_value(json_at(json, path));
	if (!text)
		print_error("no text at '%s'\n", path);
	assert_non_null(text);
	return text;
}

int64_t number_at(const json_t *json, const char *path)
{
	const json_t *number = json_at(json, path);
	if (!json_is_integer(number))
		print_error("no number at '%s'\n", path);
	assert_true(json_is_integer(number));
	return json_integer_value(number);
}

void botapi_advance(const struct botapi *botapi, int64_t ms)
{
	json_decref(botapi_control(botapi, "clock", "{\"advance_ms\":%lld}", (long long)ms));
}
