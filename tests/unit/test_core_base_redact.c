/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/redact_memo.h"
#include "core/base/rng.h"

#define SECRET_PART "AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"
#define TOKEN       "123456:" SECRET_PART

static void assert_redacts(
	const struct redactor *redactor, const char *text, unsigned flags, const char *expected)
{
	autostr struct str out = STR_INIT;
	size_t count = redact(redactor, &out, text, strlen(text), flags);
	assert_string_equal(out.text, expected);
	assert_int_equal(count > 0, strcmp(text, expected) != 0);
	if (!flags)
		assert_int_equal(redact_has_candidate(redactor, text, strlen(text)), count > 0);
	assert_false(redact_has_candidate(redactor, out.text, out.length));
}

static void hides(const char *text, const char *expected)
{
	assert_redacts(NULL, text, 0, expected);
}

static void keeps(const char *text)
{
	assert_redacts(NULL, text, 0, text);
}

static void a_telegram_token_keeps_its_id_alone(void **state)
{
	(void)state;
	hides("token " TOKEN " rejected", "token 123456:<redacted> rejected");
	hides("GET https://api.telegram.org/bot" TOKEN "/getMe 200",
		"GET https://api.telegram.org/bot123456:<redacted>/getMe 200");
	hides("file/bot" TOKEN "/photos/1.jpg", "file/bot123456:<redacted>/photos/1.jpg");
	hides("{\"url\":\"\\/bot" TOKEN "\\/getMe\"}",
		"{\"url\":\"\\/bot123456:<redacted>\\/getMe\"}");
	hides("u=bot123456%3A" SECRET_PART "%2FgetMe", "u=bot123456%3A<redacted>%2FgetMe");
	hides("123456%253a" SECRET_PART, "123456%253a<redacted>");
	hides(TOKEN "," TOKEN, "123456:<redacted>,123456:<redacted>");
}

static void what_nobody_sees_keeps_no_secret_apart(void **state)
{
	(void)state;
	hides("t 123456:AAEhBOweik6ad\u200b9r_QXMENQjcrGbqCr4K-bc \u200by",
		"t 123456:<redacted> \u200by");
	hides("123\ufe0f456:AAEhBOweik6ad9r_QX\u202eMENQjcrGbqCr4K\U000e0041-bc",
		"123\ufe0f456:<redacted>");
	hides("postgres://bot:hun\u2060ter2@db", "postgres://bot:<redacted>@db");
	hides("pass\u00adword=hunter2", "pass\u00adword=<redacted>");
	keeps("pay\u200bment of \u202e17");
	struct redactor *redactor = redactor_new();
	assert_true(redactor_add(redactor, "hunter22", 8));
	redactor_seal(redactor);
	assert_redacts(
		redactor, "a hun\u200b\u200cter22 b hunter22", 0, "a <redacted> b <redacted>");
	redactor_unref(redactor);
}

static void what_an_ellipsis_cut_counts_as_whole(void **state)
{
	(void)state;
	struct redactor *redactor = redactor_new();
	assert_true(redactor_add(redactor, "hunter22", 8));
	redactor_seal(redactor);
	assert_redacts(redactor, "says huntr\u2026 and hunte\u2026; look", 0,
		"says huntr\u2026 and <redacted>\u2026; look");
	redactor_unref(redactor);
	hides("GET /bot123456:AAEhBO\u2026; look", "GET /bot123456:<redacted>\u2026; look");
	hides("token 123456:AAEhBO\u2026", "token 123456:<redacted>\u2026");
	keeps("wrong response from the webh\u2026 at 12:30, page-7 50\u2026");
}

static void a_header_within_a_value_hides_what_it_carries(void **state)
{
	(void)state;
	hides("auth Authorization=Authorization: Basic YWJjOmRlZg== x",
		"auth Authorization=<redacted> x");
	hides("Authorization: Basic YWJj===Authorization: Basic ZGVm== stream=s",
		"Authorization: <redacted> stream=s");
	hides("Authorization: Bearer Basic YWJjOmRlZg== x", "Authorization: <redacted> x");
	hides("sent Basic YWxhZGRpbjpvcGVu1g== to it", "sent Basic <redacted> to it");
	keeps("basic authentication is off, Basic: yes");
}

static void a_short_or_broken_token_in_a_bot_path_is_hidden_too(void **state)
{
	(void)state;
	hides("GET /bot77:abc/getMe 404", "GET /bot77:<redacted>/getMe 404");
}

static void times_addresses_and_ids_are_no_tokens(void **state)
{
	(void)state;
	keeps("2026-11-20 10:00:21,744 - main:42 - 127.0.0.1:8443 chat 123456789: hello");
	keeps("http://127.0.0.1:8443/hook?x=1 [::1]:80 12345:short");
	keeps("{\"level\":30,\"time\":1795168821744,\"pid\":7,\"msg\":\"ok\"}");
	keeps("tokens=512 total_tokens: 9 max_token=5 key=value pwd:");
}

static void the_password_of_a_url_is_hidden(void **state)
{
	(void)state;
	hides("postgres://bot:hunter2@db:5432/fleet", "postgres://bot:<redacted>@db:5432/fleet");
	hides("redis://:s3cret@cache:6379/0", "redis://:<redacted>@cache:6379/0");
	hides("amqp://u:p@ss@h/v x@y", "amqp://u:<redacted>@h/v x@y");
	hides("redis://:a/b#c@h:1", "redis://:<redacted>@h:1");
	hides("\"dsn\":\"mysql://u:p,w@h\"", "\"dsn\":\"mysql://u:<redacted>@h\"");
	keeps("https://example.org:8443/a@b?c=d@e");
	keeps("https://user@example.org/");
}

static void no_part_of_a_password_stays_with_the_host(void **state)
{
	(void)state;
	hides("postgres://u:p@ss/w@host/db", "postgres://u:<redacted>@host/db");
	hides("redis://:a@b/c@host", "redis://:<redacted>@host");
	hides("redis://:a@b/c@d?e#f@host:6379/0", "redis://:<redacted>@host:6379/0");
	hides("redis://:12/34@host", "redis://:<redacted>@host");
	hides("redis://cache:12/34@host", "redis://cache:<redacted>@host");
	hides("http://:80/34@host", "http://:<redacted>@host");
	hides("http://u:99999/3@host", "http://u:<redacted>@host");
	hides("http://u:/3@host", "http://u:<redacted>@host");
	hides("postgres:\\/\\/u:p@s\\/w@host\\/db", "postgres:\\/\\/u:<redacted>@host\\/db");
	hides("smtp://me@example.org:hunter2@mx:25", "smtp://me@example.org:<redacted>@mx:25");
	/* Which of the two is the host is not certain. */
	hides("https://u:p@host/pages/@me", "https://u:<redacted>@me");
}

static void the_host_stays_where_it_is_certain(void **state)
{
	(void)state;
	hides("redis://:a/b@host/0", "redis://:<redacted>@host/0");
	hides("amqp://u:p@h1//;amqp://u:q@h2//",
		"amqp://u:<redacted>@h1//;amqp://u:<redacted>@h2//");
	hides("mongodb://u:p@h1:1,h2:2/db", "mongodb://u:<redacted>@h1:1,h2:2/db");
	hides("postgres://u:p@host/db, mail a@b", "postgres://u:<redacted>@host/db, mail a@b");
	keeps("https://me@example.org:8443/a@b");
	keeps("http:\\/\\/localhost:8080\\/pages\\/@me");
	keeps("wss://h:1/@a");
}

static void the_value_of_a_secret_key_is_hidden(void **state)
{
	(void)state;
	hides("host=db password=hunter2 user=x", "host=db password=<redacted> user=x");
	hides("password='it\\'s me' user=x", "password='<redacted>' user=x");
	hides("{\"db_password\": \"hunter 2\", \"n\": 1}",
		"{\"db_password\": \"<redacted>\", \"n\": 1}");
	hides("{'API_KEY': 'k', 'n': 1}", "{'API_KEY': '<redacted>', 'n': 1}");
	hides("{\\\"password\\\":\\\"x\\\",\\\"n\\\":1}",
		"{\\\"password\\\":\\\"<redacted>\\\",\\\"n\\\":1}");
	hides("?access_token=abcdefgh1&x=2", "?access_token=<redacted>&x=2");
	hides("PGPASSWORD=abc pg_dump", "PGPASSWORD=<redacted> pg_dump");
	hides("password: \"never closed", "password: \"<redacted>");
}

static void every_key_of_the_list_is_known(void **state)
{
	(void)state;
	static const char *const keys[] = {"password", "DB_PASSWD", "passphrase", "pwd",
		"requirepass", "masterauth", "client_secret", "x-secret-token", "api_key", "apikey",
		"api-key", "access_key", "secret_key", "private_key", "session_string", "api_hash",
		"Cookie"};
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		autofree char *text = xasprintf("%s=abcdefgh1 x", keys[i]);
		autofree char *expected = xasprintf("%s=<redacted> x", keys[i]);
		hides(text, expected);
	}
}

static void authorization_is_hidden_with_its_scheme(void **state)
{
	(void)state;
	hides("Authorization: Bearer abc.def", "Authorization: <redacted>");
	hides("> authorization: Basic dXNlcjpwYXNz\r", "> authorization: <redacted>\r");
	hides("{'Authorization': 'Bearer abc'}", "{'Authorization': '<redacted>'}");
	hides("sent Bearer eyJhbGciOiJIUzI1NiJ9.e30.x1 to", "sent Bearer <redacted> to");
	keeps("Bearer authentication failed");
}

static void known_secrets_are_hidden_wherever_and_however_they_stand(void **state)
{
	(void)state;
	struct redactor *redactor = redactor_new();
	assert_true(redactor_add(redactor, TOKEN, strlen(TOKEN)));
	assert_true(redactor_add(redactor, "p@ss\"word", 9));
	assert_true(redactor_add(redactor, "p@ss\"word-longer", 16));
	assert_false(redactor_add(redactor, "short", 5));
	redactor_seal(redactor);
	/* Id and secret in two fields: nothing looks like a token any more. */
	assert_redacts(redactor, "{\"id\":123456,\"part\":\"" SECRET_PART "\"}", 0,
		"{\"id\":123456,\"part\":\"<redacted>\"}");
	assert_redacts(redactor, "xx" SECRET_PART SECRET_PART "yy", 0, "xx<redacted>yy");
	assert_redacts(redactor, "a p@ss\"word b", 0, "a <redacted> b");
	assert_redacts(redactor, "a p@ss\"word-longer b", 0, "a <redacted> b");
	assert_redacts(redactor, "a p%40ss%22word b", 0, "a <redacted> b");
	assert_redacts(redactor, "\"p@ss\\\"word\"", 0, "\"<redacted>\"");
	assert_redacts(redactor, "p@ss", 0, "p@ss");
	redactor_unref(redactor);
}

static void a_secret_cut_off_by_the_end_is_hidden(void **state)
{
	(void)state;
	struct redactor *redactor = redactor_new();
	assert_true(redactor_add(redactor, TOKEN, strlen(TOKEN)));
	redactor_seal(redactor);
	assert_redacts(redactor, "x 123456:AAEh", REDACT_CUT, "x 123456:<redacted>");
	assert_redacts(redactor, "x AAEhBOw", REDACT_CUT, "x <redacted>");
	assert_redacts(redactor, "x AAE", REDACT_CUT, "x AAE");
	assert_redacts(redactor, "postgres://bot:hun", REDACT_CUT, "postgres://bot:<redacted>");
	assert_redacts(redactor, "redis://:a/b", REDACT_CUT, "redis://:<redacted>");
	assert_redacts(redactor, "redis://:a@b", REDACT_CUT, "redis://:<redacted>");
	assert_redacts(redactor, "redis://:a@b/c at", REDACT_CUT, "redis://:<redacted>@b/c at");
	assert_redacts(redactor, "http://h:80/a", REDACT_CUT, "http://h:80/a");
	assert_redacts(redactor, "x AAEhBOw", 0, "x AAEhBOw");
	redactor_unref(redactor);
}

static void a_redactor_lives_as_long_as_its_last_user(void **state)
{
	(void)state;
	struct redactor *redactor = redactor_new();
	assert_true(redactor_add(redactor, "hunter2hunter2", 14));
	redactor_seal(redactor);
	struct redactor *again = redactor_ref(redactor);
	redactor_unref(redactor);
	assert_redacts(again, "x hunter2hunter2", 0, "x <redacted>");
	redactor_unref(again);
	redactor_unref(NULL);
}

static void ten_thousand_tokens_are_all_found(void **state)
{
	(void)state;
	struct redactor *redactor = redactor_new();
	char token[64];
	for (int i = 0; i < 10000; i++) {
		snprintf(
			token, sizeof(token), "%d:AAfleet%05dxxxxxxxxxxxxxxxxxxxxx", 100000 + i, i);
		assert_true(redactor_add(redactor, token, strlen(token)));
	}
	redactor_seal(redactor);
	for (int i = 0; i < 10000; i += 37) {
		snprintf(token, sizeof(token), "AAfleet%05dxxxxxxxxxxxxxxxxxxxxx", i);
		assert_redacts(redactor, token, 0, "<redacted>");
	}
	redactor_unref(redactor);
}

/* Processor time (ms) for `size` bytes of nothing but `piece`. */
static double cost_ms(char *text, size_t size, const char *piece)
{
	size_t length = strlen(piece);
	for (size_t at = 0; at < size; at++)
		text[at] = piece[at % length];
	autostr struct str out = STR_INIT;
	clock_t start = clock();
	redact(NULL, &out, text, size, REDACT_CUT);
	return (double)(clock() - start) * 1000 / CLOCKS_PER_SEC;
}

/* A text made of nothing but triggers must cost no more than its length: eight times as much text takes eight times
 * as long, not 64 times. */
static void hostile_text_takes_linear_time(void **state)
{
	(void)state;
	static const char *const pieces[] = {"token=", "password:\"", "a://b:", "token=\\\"",
		"12345:a", "bearer ", "%3A", "://", "\"secret\":'", "bearer a1", "a://b:@/",
		",a://b:@", "a://b:c,d"};
	const size_t size = 1 << 19;
	char *text = xmalloc(size);
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		double small = cost_ms(text, size / 8, pieces[i]);
		double large = cost_ms(text, size, pieces[i]);
		if (large > 3 * 8 * small + 20)
			fail_msg("'%s': %.1f ms, and %.1f for eight times as much", pieces[i],
				small, large);
	}
	free(text);
}

static void redacting_twice_changes_nothing(void **state)
{
	(void)state;
	static const char *const pieces[] = {"password", "=", ":", " ", "\"", "'", "\\", "://", "@",
		"/bot", "12345", SECRET_PART, "knownsecret\"x", "%3A", "Bearer ", "token", ",",
		"a1b2c3d4e5f6g7h8i9", REDACTED, "/", "\\/", ";", "http", "80"};
	struct redactor *redactor = redactor_new();
	assert_true(redactor_add(redactor, "knownsecret\"x", 13));
	redactor_seal(redactor);
	struct rng rng;
	rng_init(&rng, 11);
	for (int round = 0; round < 50000; round++) {
		autostr struct str raw = STR_INIT;
		autostr struct str once = STR_INIT;
		for (uint64_t left = rng_below(&rng, 14); left; left--)
			str_adds(&raw, pieces[rng_below(&rng, COUNT_OF(pieces))]);
		redact(redactor, &once, raw.text, raw.length, 0);
		if (redact_has_candidate(redactor, once.text, once.length))
			fail_msg("'%s' -> '%s'", raw.text, once.text);
		assert_null(strstr(once.text, "knownsecret\"x"));
	}
	redactor_unref(redactor);
}

static struct redactor *knowing(const char *secret)
{
	struct redactor *redactor = redactor_new();
	assert_true(redactor_add(redactor, secret, strlen(secret)));
	redactor_seal(redactor);
	return redactor;
}

static void assert_once(struct redact_memo *memo, const struct redactor *redactor, const char *text,
	const char *expected)
{
	autostr struct str out = STR_INIT;
	size_t found = redact_once(memo, redactor, &out, text, strlen(text));
	assert_int_equal(found > 0, strcmp(text, expected) != 0);
	if (found)
		assert_string_equal(out.text, expected);
}

static void what_was_clean_is_looked_at_anew_when_a_secret_becomes_known(void **state)
{
	(void)state;
	struct redact_memo *memo = redact_memo_new();
	for (int round = 0; round < 300; round++) { /* redactors come to lie where others lay */
		char secret[32], text[64], without[64];
		snprintf(secret, sizeof(secret), "secret-number-%d", round);
		snprintf(text, sizeof(text), "it is secret-number-%d.", round);
		snprintf(without, sizeof(without), "it is " REDACTED ".");
		assert_once(memo, NULL, text, text);
		struct redactor *other = knowing("another secret");
		assert_once(memo, other, text, text);
		redactor_unref(other);
		struct redactor *redactor = knowing(secret);
		for (int again = 0; again < 3; again++)
			assert_once(memo, redactor, text, without);
		redactor_unref(redactor);
	}
	redact_memo_free(memo);
}

static void a_memory_says_what_a_look_says(void **state)
{
	(void)state;
	static const char *const words[] = {"ok", "running", "", "orders", "token=", "12345678",
		TOKEN, "password: hunter22", "postgres://a:b@c/d", "bot=orders", "updates_per_s",
		"@", ":"};
	struct redact_memo *memo = redact_memo_new();
	struct redactor *redactor = knowing("hunter22");
	struct rng rng;
	rng_init(&rng, 11);
	for (int i = 0; i < 20000; i++) {
		autostr struct str text = STR_INIT;
		autostr struct str looked = STR_INIT;
		autostr struct str remembered = STR_INIT;
		for (uint64_t n = rng_below(&rng, 4) + 1; n; n--)
			str_addf(&text, "%s ", words[rng_below(&rng, COUNT_OF(words))]);
		size_t found = redact(redactor, &looked, text.text, text.length, 0);
		assert_int_equal(
			redact_once(memo, redactor, &remembered, text.text, text.length), found);
		if (found)
			assert_string_equal(remembered.text, looked.text);
	}
	redactor_unref(redactor);
	redact_memo_free(memo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_clean_is_looked_at_anew_when_a_secret_becomes_known),
		cmocka_unit_test(a_memory_says_what_a_look_says),
		cmocka_unit_test(a_telegram_token_keeps_its_id_alone),
		cmocka_unit_test(what_nobody_sees_keeps_no_secret_apart),
		cmocka_unit_test(what_an_ellipsis_cut_counts_as_whole),
		cmocka_unit_test(a_header_within_a_value_hides_what_it_carries),
		cmocka_unit_test(a_short_or_broken_token_in_a_bot_path_is_hidden_too),
		cmocka_unit_test(times_addresses_and_ids_are_no_tokens),
		cmocka_unit_test(the_password_of_a_url_is_hidden),
		cmocka_unit_test(no_part_of_a_password_stays_with_the_host),
		cmocka_unit_test(the_host_stays_where_it_is_certain),
		cmocka_unit_test(the_value_of_a_secret_key_is_hidden),
		cmocka_unit_test(every_key_of_the_list_is_known),
		cmocka_unit_test(authorization_is_hidden_with_its_scheme),
		cmocka_unit_test(known_secrets_are_hidden_wherever_and_however_they_stand),
		cmocka_unit_test(a_secret_cut_off_by_the_end_is_hidden),
		cmocka_unit_test(a_redactor_lives_as_long_as_its_last_user),
		cmocka_unit_test(ten_thousand_tokens_are_all_found),
		cmocka_unit_test(hostile_text_takes_linear_time),
		cmocka_unit_test(redacting_twice_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
