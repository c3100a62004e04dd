/* SPDX-License-Identifier: MIT */
/* Ten thousand bots are cheap, and the transcript tells who asked what without a token in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/botapi.h"

enum { BOTS = 10000, CONNECTIONS = 32, HELD = 1000 };

static struct botapi server;
static json_t *bots;

static int start(void **state)
{
	(void)state;
	struct rlimit limit = {.rlim_cur = 4096, .rlim_max = 4096};
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	botapi_start(&server);
	bots = botapi_control(&server, "bots", "{\"count\":%d,\"prefix\":\"many\"}", BOTS);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	json_decref(bots);
	botapi_stop(&server);
	return 0;
}

static const char *token_of(size_t bot)
{
	return json_string_value(json_object_get(json_array_get(bots, bot), "token"));
}

/* CPU time of the server so far, in ms. */
static long cpu_ms(void)
{
	autofree char *path = xasprintf("/proc/%d/stat", server.pid);
	FILE *file = fopen(path, "re");
	unsigned long user = 0, system = 0;
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
				 &user, &system),
		2);
	fclose(file);
	return (long)(user + system) * 1000 / sysconf(_SC_CLK_TCK);
}

static int threads(void)
{
	autofree char *path = xasprintf("/proc/%d/status", server.pid);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	int count = 0;
	char line[128];
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "Threads: %d", &count) == 1)
			break;
	fclose(file);
	return count;
}

static size_t count_body(char *data, size_t size, size_t count, void *total)
{
	(void)data;
	*(size_t *)total += size * count;
	return size * count;
}

static CURL *new_handle(size_t *total)
{
	CURL *curl = curl_easy_init();
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, count_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, total);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "botswain/test");
	return curl;
}

static void aim(CURL *curl, size_t bot, const char *method)
{
	autofree char *url =
		xasprintf("http://127.0.0.1:%d/bot%s/%s", server.port, token_of(bot), method);
	curl_easy_setopt(curl, CURLOPT_URL, url);
}

/* A round of getMe over every bot on a few kept connections; returns how many answered 200. */
static int ask_everybody(void)
{
	CURLM *multi = curl_multi_init();
	size_t total = 0, asked = 0;
	int answered = 0, running = 0, left;
	for (; asked < CONNECTIONS; asked++) {
		CURL *curl = new_handle(&total);
		aim(curl, asked, "getMe");
		curl_multi_add_handle(multi, curl);
	}
	do {
		curl_multi_perform(multi, &running);
		for (CURLMsg *msg; (msg = curl_multi_info_read(multi, &left));) {
			CURL *curl = msg->easy_handle;
			long status = 0;
			curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
			answered += status == 200;
			curl_multi_remove_handle(multi, curl);
			if (asked >= BOTS) {
				curl_easy_cleanup(curl);
				continue;
			}
			aim(curl, asked++, "getMe");
			curl_multi_add_handle(multi, curl);
			running = 1;
		}
		curl_multi_poll(multi, NULL, 0, 100, NULL);
	} while (running);
	curl_multi_cleanup(multi);
	return answered;
}

static void ten_thousand_bots_are_asked_for_little_cpu(void **state)
{
	(void)state;
	long before = cpu_ms();
	assert_int_equal(ask_everybody(), BOTS);
	long took = cpu_ms() - before;
	print_message("# %d getMe: %ld ms of the server's CPU\n", BOTS, took);
	/* Polled each 45 s, a round may cost a tenth of one core at the very most. */
	assert_true(took < 4500);
}

static void a_thousand_long_polls_wait_without_threads_or_cpu(void **state)
{
	(void)state;
	CURLM *multi = curl_multi_init();
	CURL *polls[HELD];
	size_t total = 0;
	int running = 0, waiting = 0;
	for (size_t i = 0; i < HELD; i++) {
		polls[i] = new_handle(&total);
		aim(polls[i], i, "getUpdates?timeout=50");
		curl_multi_add_handle(multi, polls[i]);
	}
	while (waiting < HELD) {
		curl_multi_perform(multi, &running);
		curl_multi_poll(multi, NULL, 0, 20, NULL);
		json_t *summary = botapi_control(&server, "summary", "{}");
		waiting = (int)json_integer_value(json_object_get(summary, "polled"));
		json_decref(summary);
	}
	long before = cpu_ms();
	curl_multi_poll(multi, NULL, 0, 1000, NULL);
	assert_true(cpu_ms() - before < 100);
	assert_int_equal(threads(), 1);
	assert_int_equal(running, HELD);
	json_decref(botapi_control(&server, "play", "{\"bot\":\"many-00500\"}"));
	while (running == HELD) {
		curl_multi_poll(multi, NULL, 0, 1000, NULL);
		curl_multi_perform(multi, &running);
	}
	assert_int_equal(running, HELD - 1);
	for (size_t i = 0; i < HELD; i++) {
		curl_multi_remove_handle(multi, polls[i]);
		curl_easy_cleanup(polls[i]);
	}
	curl_multi_cleanup(multi);
}

static void the_transcript_names_peers_and_holds_no_token(void **state)
{
	(void)state;
	static const struct {
		const char *agent, *peer;
	} cases[] = {{"botswain/9", "console"}, {"fleet-bot/9", "bot"}, {"curl/8", "other"}};
	const char *token = token_of(BOTS - 1);
	autofree char *url =
		xasprintf("http://127.0.0.1:%d/bot%s/getwebhookinfo", server.port, token);
	autofree char *path = xasprintf("%s/transcript.jsonl", server.directory);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct http_answer answer = http_ask(url, NULL, cases[i].agent, 5000);
		assert_int_equal(answer.status, 200);
		http_answer_clear(&answer);
	}
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	char line[512];
	size_t found = 0;
	while (fgets(line, sizeof(line), file)) {
		assert_null(strstr(line, strchr(token_of(0), ':')));
		if (!strstr(line, "\"method\":\"getWebhookInfo\""))
			continue;
		assert_null(strstr(line, strchr(token, ':')));
		autofree char *peer = xasprintf("\"peer\":\"%s\"", cases[found++].peer);
		autofree char *bot = xasprintf("\"bot\":%.*s,", (int)strcspn(token, ":"), token);
		assert_non_null(strstr(line, peer));
		assert_non_null(strstr(line, bot));
	}
	fclose(file);
	assert_int_equal(found, COUNT_OF(cases));
}

static void ask_once(void)
{
	struct http_answer answer = botapi_call(&server, token_of(0), "getMe", NULL);
	assert_int_equal(answer.status, 200);
	http_answer_clear(&answer);
}

static bool says_lost(const char *path)
{
	char line[512] = "";
	FILE *file = fopen(path, "re");
	bool read = file && fgets(line, sizeof(line), file);
	if (file)
		fclose(file);
	return read && strcmp(line, "{\"lost\":true}\n") == 0;
}

/* One that is turned over at each request: the first time all of it is still there. */
static void a_transcript_says_when_a_part_of_it_is_gone(void **state)
{
	(void)state;
	autofree char *path = xasprintf("%s/transcript.jsonl", server.directory);
	autofree char *before = xasprintf("%s.1", path);
	json_decref(botapi_control(&server, "transcript", "{\"bytes\":1}"));
	ask_once();
	assert_int_equal(access(before, F_OK), 0);
	assert_false(says_lost(path));
	ask_once();
	assert_true(says_lost(path));
	json_decref(botapi_control(&server, "transcript", "{\"bytes\":0}"));
	unlink(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_bots_are_asked_for_little_cpu),
		cmocka_unit_test(a_thousand_long_polls_wait_without_threads_or_cpu),
		cmocka_unit_test(the_transcript_names_peers_and_holds_no_token),
		cmocka_unit_test(a_transcript_says_when_a_part_of_it_is_gone),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
