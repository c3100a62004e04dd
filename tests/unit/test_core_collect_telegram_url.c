/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/collect/telegram_url.h"

static const char token[] = "123456789:AAFabcdefghijklmnopqrstuvwxyz0123456";

static bool make(
	const char *base, const char *bytes, const char *method, struct str *url, struct err *err)
{
	autosecret struct secret secret = {0};
	secret_set(&secret, bytes, strlen(bytes));
	return telegram_url(base, &secret, method, url, err);
}

static void the_two_harmless_methods_have_a_url(void **state)
{
	(void)state;
	autostr struct str url = STR_INIT;
	assert_true(make("https://api.telegram.org", token, "getMe", &url, NULL));
	assert_string_equal(url.text,
		"https://api.telegram.org/bot123456789:AAFabcdefghijklmnopqrstuvwxyz0123456/getMe");
	str_clear(&url);
	assert_true(make("http://127.0.0.1:8081/", token, "getWebhookInfo", &url, NULL));
	assert_string_equal(url.text, "http://127.0.0.1:8081/"
				      "bot123456789:AAFabcdefghijklmnopqrstuvwxyz0123456/"
				      "getWebhookInfo");
}

static void every_other_method_is_refused_in_any_spelling(void **state)
{
	(void)state;
	static const char *const methods[] = {"", "getUpdates", "getupdates", "GETUPDATES",
		"setWebhook", "deleteWebhook", "logOut", "close", "sendMessage", "getChat",
		"getFile", "getMyCommands", "replaceManagedBotToken", "leaveChat", "getme", "GetMe",
		"getMe/", "getMe?x=1", "getMe#", "getMe/../getUpdates", "../getUpdates", "getMe\n",
		" getMe", "getMe ", "getWebhookinfo", "getWebhookInfo&", "test/getMe"};
	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		autostr struct str url = STR_INIT;
		struct err err = {0};
		assert_false(telegram_method_allowed(methods[i]));
		assert_false(make("https://api.telegram.org", token, methods[i], &url, &err));
		assert_int_equal(err.code, ERR_REFUSED);
		assert_int_equal(url.length, 0);
	}
}

static void what_is_no_token_gets_no_url_and_is_not_repeated(void **state)
{
	(void)state;
	static const char *const tokens[] = {"", "123456", "123456789:short",
		"123456789:AAF/../../getUpdates?xxxxxxxxxxxxxxxx",
		"123456789:AAFabcdefghijklmnopqrstuvwxyz012345 6",
		"0123456789:AAFabcdefghijklmnopqrstuvwxyz0123456"};
	for (size_t i = 0; i < COUNT_OF(tokens); i++) {
		autostr struct str url = STR_INIT;
		struct err err = {0};
		assert_false(make("https://api.telegram.org", tokens[i], "getMe", &url, &err));
		assert_int_equal(url.length, 0);
		assert_null(strstr(err.text, "AAF"));
	}
}

/* ---- the sources ---- */

static const struct rule {
	const char *text; /* may stand only in ... */
	const char *files[6];
} rules[] = {
	{"telegram_url(", {"core/collect/telegram_url.c", "core/collect/telegram_url.h",
				  "core/collect/telegram.c"}},
	{"http_get(", {"core/collect/http.c", "core/collect/http.h", "core/collect/telegram.c",
			      "core/collect/web.c", "core/collect/container_log.c",
			      "core/collect/prometheus.c"}},
	/* supervisor_docker.c and container_log.c: to Unix sockets alone; prometheus.c: two paths alone; see below */
	{"ask_http(", {"core/collect/ask.c", "core/collect/ask.h",
			      "core/collect/supervisor_supervisord.c"}},
	{"curl_easy_init",
		{"core/collect/http.c", "core/collect/ask.c", "core/collect/supervisor_docker.c"}},
	{"CURLOPT_URL", {NULL}},
	{"SET(URL",
		{"core/collect/http.c", "core/collect/ask.c", "core/collect/supervisor_docker.c"}},
	{"\"/bot\"", {"core/collect/telegram_url.c", "core/base/redact_shape.c"}},
	{"getUpdates\"", {NULL}},
	{"etWebhook\"", {NULL}},
};

static char root[512];
static size_t files_read;

static bool may_hold(const struct rule *rule, const char *file)
{
	for (size_t i = 0; i < COUNT_OF(rule->files) && rule->files[i]; i++)
		if (strcmp(rule->files[i], file) == 0)
			return true;
	return false;
}

/* Each of its calls goes to a Unix socket, to one host that is none. */
static bool is_of_sockets(const char *text)
{
	size_t calls = 0, sockets = 0, hosts = 0, urls = 0;
	for (const char *at = text; (at = strstr(at, "http_get(")); at++)
		calls++;
	for (const char *at = text; (at = strstr(at, ".socket = ")); at++)
		sockets++;
	for (const char *at = text; (at = strstr(at, "\"http://")); at++)
		urls++;
	for (const char *at = text; (at = strstr(at, "\"http://localhost/")); at++)
		hosts++;
	return calls && sockets >= calls && urls && hosts == urls;
}

/* Its one call goes below /api/v1/ of the configured base, to one of four paths that only read. */
static bool is_of_questions(const char *text)
{
	static const char *const questions[] = {"[PROMETHEUS_QUERY] = {\"query\", \"\"}",
		"[PROMETHEUS_RANGE] = {\"query_range\", \"\"}",
		"[PROMETHEUS_LABELS] = {\"labels\", \"\"}",
		"[PROMETHEUS_VALUES] = {\"label/\", \"/values\"}"};
	size_t paths = 0;
	for (const char *at = text; (at = strstr(at, "] = {\"")); at++)
		paths++;
	for (size_t i = 0; i < COUNT_OF(questions); i++)
		if (!strstr(text, questions[i]))
			return false;
	const char *url = strstr(text, ".url = ");
	return paths == COUNT_OF(questions) && url && !strstr(url + 1, ".url = ") &&
	       strstr(text, "\"%.*s/api/v1/%s%s%s\", (int)length, conf->url, path,");
}

static int read_source(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	const char *dot = strrchr(path, '.');
	(void)place;
	if (kind != FTW_F || !dot || (strcmp(dot, ".c") != 0 && strcmp(dot, ".h") != 0))
		return 0;
	autofree char *text = xcalloc((size_t)status->st_size + 1, 1);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fread(text, 1, (size_t)status->st_size, file), (size_t)status->st_size);
	fclose(file);
	files_read++;
	if (!strcmp(path + strlen(root) + 1, "core/collect/supervisor_docker.c"))
		assert_true(strstr(text, "SET(UNIX_SOCKET_PATH, talk->socket);") &&
			    strstr(text, "\"http://localhost%s\", path") &&
			    !strstr(text, "SET(POST"));
	if (!strcmp(path + strlen(root) + 1, "core/collect/container_log.c"))
		assert_false(strstr(text, "https:") || !is_of_sockets(text));
	if (!strcmp(path + strlen(root) + 1, "core/collect/prometheus.c"))
		assert_true(is_of_questions(text));
	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if (strstr(text, rules[i].text) && !may_hold(&rules[i], path + strlen(root) + 1))
			fail_msg("%s holds %s: only the door may", path, rules[i].text);
	return 0;
}

static void no_other_code_puts_a_url_of_the_bot_api_together(void **state)
{
	(void)state;
	static const char *const rooms[] = {"core", "tui", "widgets", "themes"};
	ssize_t length = readlink("/proc/self/exe", root, sizeof(root) - 1);
	assert_true(length > 0);
	char *build = strstr(root, "/build/");
	assert_non_null(build);
	*build = '\0';
	for (size_t i = 0; i < COUNT_OF(rooms); i++) {
		autofree char *path = xasprintf("%s/%s", root, rooms[i]);
		assert_int_equal(nftw(path, read_source, 16, FTW_PHYS), 0);
	}
	assert_true(files_read > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_two_harmless_methods_have_a_url),
		cmocka_unit_test(every_other_method_is_refused_in_any_spelling),
		cmocka_unit_test(what_is_no_token_gets_no_url_and_is_not_repeated),
		cmocka_unit_test(no_other_code_puts_a_url_of_the_bot_api_together),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
