/* SPDX-License-Identifier: MIT */
#include "tests/support/botapi.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/spawn.h"

enum { START_MS = 10000 };

char *build_program(const char *name)
{
	char self[512];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	assert_true(length > 0);
	self[length] = '\0';
	char *tests = strstr(self, "/tests/");
	assert_non_null(tests);
	*tests = '\0';
	return xasprintf("%s/%s", self, name);
}

static int read_port(const struct botapi *botapi, const char *name)
{
	autofree char *path = xasprintf("%s/%s.port", botapi->directory, name);
	FILE *file = fopen(path, "re");
	int port = 0;
	if (file && fscanf(file, "%d", &port) != 1)
		port = 0;
	if (file)
		fclose(file);
	return port;
}

static bool has_port(const void *context)
{
	return read_port(context, "botapi") > 0; /* written last */
}

static void wait_for_ports(struct botapi *botapi)
{
	assert_true(comes_true(has_port, botapi, START_MS));
	botapi->port = read_port(botapi, "botapi");
	botapi->control_port = read_port(botapi, "control");
	assert_true(botapi->control_port > 0);
}

static void launch(struct botapi *botapi)
{
	autofree char *program = build_program("fleet/botapi");
	autofree char *transcript = xasprintf("%s/transcript.jsonl", botapi->directory);
	autofree char *bots = xasprintf("%s/bots.jsonl", botapi->directory);
	autofree char *port = xasprintf("%d", botapi->port);
	autofree char *control = xasprintf("%d", botapi->control_port);
	autofree char *log = xasprintf("%s/log", botapi->directory);
	const char *argv[] = {program, "--dir", botapi->directory, "--transcript", transcript,
		"--port", port, "--control-port", control,
		access(bots, F_OK) == 0 ? "--bots" : NULL, bots, NULL};
	botapi->pid = spawn_start(argv, &(struct spawn){.log = log});
}

void botapi_start(struct botapi *botapi)
{
	*botapi = (struct botapi){0};
	copy_text(botapi->directory, sizeof(botapi->directory), "/tmp/botswain-test.XXXXXX");
	assert_non_null(mkdtemp(botapi->directory));
	launch(botapi);
	wait_for_ports(botapi);
}

void botapi_kill(struct botapi *botapi)
{
	(void)spawn_end(&botapi->pid, SIGKILL);
}

void botapi_start_again(struct botapi *botapi)
{
	autofree char *written = xasprintf("%s/botapi.port", botapi->directory);
	int port = botapi->port;
	unlink(written);
	launch(botapi);
	botapi->port = 0;
	wait_for_ports(botapi);
	assert_int_equal(botapi->port, port);
}

void botapi_stop(struct botapi *botapi)
{
	static const char *const files[] = {"botapi.port", "control.port", "statistics.port",
		"transcript.jsonl", "bots.jsonl", "log"};
	int status = spawn_end(&botapi->pid, SIGTERM);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		autofree char *path = xasprintf("%s/%s", botapi->directory, files[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(botapi->directory), 0);
}

static size_t take_body(char *data, size_t size, size_t count, void *to)
{
	str_add(to, data, size * count);
	return size * count;
}

static size_t take_header(char *data, size_t size, size_t count, void *to)
{
	autofree char *line = xstrndup(data, size * count);
	if (strncasecmp(line, "Retry-After:", 12) == 0)
		*(int *)to = atoi(line + 12);
	return size * count;
}

struct http_answer http_ask(const char *url, const char *body, const char *agent, int timeout_ms)
{
	struct http_answer answer = {0};
	autostr struct str text = STR_INIT;
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = NULL;
	if (body && body[0] == '{')
		headers = curl_slist_append(headers, "Content-Type: application/json");
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer.retry_after_s);
	if (agent)
		curl_easy_setopt(curl, CURLOPT_USERAGENT, agent);
	if (body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	int64_t started_us = clock_cost_us();
	answer.code = curl_easy_perform(curl);
	answer.took_ms = (clock_cost_us() - started_us) / 1000;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	answer.json = json_loadb(text.text, text.length, 0, NULL);
	answer.body = str_detach(&text);
	return answer;
}

void http_answer_clear(struct http_answer *answer)
{
	json_decref(answer->json);
	free(answer->body);
	*answer = (struct http_answer){0};
}

json_t *botapi_control(const struct botapi *botapi, const char *route, const char *body, ...)
{
	va_list args;
	autostr struct str text = STR_INIT;
	va_start(args, body);
	str_vaddf(&text, body, args);
	va_end(args);
	autofree char *url =
		xasprintf("http://127.0.0.1:%d/control/%s", botapi->control_port, route);
	struct http_answer answer = http_ask(url, text.text, NULL, 20000);
	if (answer.status != 200)
		print_error("control %s: %s\n", route, answer.body);
	assert_int_equal(answer.status, 200);
	json_t *result = json_incref(json_object_get(answer.json, "result"));
	http_answer_clear(&answer);
	return result;
}

/* Also for a server that is started again. */
static void remember_bot(const struct botapi *botapi, const json_t *bot)
{
	autofree char *path = xasprintf("%s/bots.jsonl", botapi->directory);
	FILE *file = fopen(path, "ae");
	assert_non_null(file);
	assert_int_equal(json_dumpf(bot, file, JSON_COMPACT), 0);
	fputc('\n', file);
	assert_int_equal(fclose(file), 0);
}

char *botapi_make_bot(const struct botapi *botapi, const char *name)
{
	json_t *made = botapi_control(botapi, "bots", "{\"count\":1,\"prefix\":\"%s\"}", name);
	const json_t *bot = json_array_get(made, 0);
	const char *token = json_string_value(json_object_get(bot, "token"));
	assert_non_null(token);
	char *copy = xstrdup(token);
	remember_bot(botapi, bot);
	json_decref(made);
	return copy;
}

struct http_answer botapi_call(
	const struct botapi *botapi, const char *token, const char *method, const char *query)
{
	autofree char *url = xasprintf("http://127.0.0.1:%d/bot%s/%s%s%s", botapi->port, token,
		method, query ? "?" : "", query ? query : "");
	return http_ask(url, NULL, "test", 20000);
}

int64_t botapi_longest_gap_ms(const struct botapi *botapi, int64_t bot, size_t *ret_calls)
{
	autofree char *path = xasprintf("%s/transcript.jsonl", botapi->directory);
	FILE *file = fopen(path, "re");
	int64_t last_ms = 0, longest_ms = 0;
	assert_non_null(file);
	*ret_calls = 0;
	for (json_t *line; (line = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL));
		json_decref(line)) {
		int64_t at_ms = json_integer_value(json_object_get(line, "t"));
		if (json_integer_value(json_object_get(line, "bot")) != bot)
			continue;
		if ((*ret_calls)++ && at_ms - last_ms > longest_ms)
			longest_ms = at_ms - last_ms;
		last_ms = at_ms;
	}
	fclose(file);
	return longest_ms;
}
