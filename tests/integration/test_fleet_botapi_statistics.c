/* SPDX-License-Identifier: MIT */
/* The statistics port of the fleet's Bot API server: true figures, cut and ordered as those of the real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/botapi_calls.h"

static char *page(const char *query)
{
	autofree char *path = xasprintf("%s/statistics.port", server.directory);
	FILE *file = fopen(path, "re");
	int port = 0;
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &port), 1);
	fclose(file);
	autofree char *url = xasprintf("http://127.0.0.1:%d/%s", port, query);
	struct http_answer answer = http_ask(url, NULL, NULL, 5000);
	assert_int_equal(answer.status, 200);
	char *text = xstrdup(answer.body);
	http_answer_clear(&answer);
	return text;
}

/* The column of a line, in the part of the page that begins at `from`. */
static double value(const char *from, const char *name, int column)
{
	autofree char *start = xasprintf("\n%s\t", name);
	const char *line = strstr(from, start);
	if (!line)
		print_error("no '%s' in %s\n", name, from);
	assert_non_null(line);
	line += strlen(start);
	while (column--)
		line = strchr(line, '\t') + 1;
	return strtod(line, NULL);
}

static const char *block_of(const char *text, const char *token)
{
	autofree char *start = xasprintf("\nid\t%.*s\n", (int)strcspn(token, ":"), token);
	const char *block = strstr(text, start);
	assert_non_null(block);
	return block;
}

static void the_page_has_every_line_of_the_real_one(void **state)
{
	(void)state;
	static const char *const lines[] = {"uptime", "bot_count", "active_bot_count", "rss", "vm",
		"rss_peak", "vm_peak", "total_cpu", "user_cpu", "system_cpu", "buffer_memory",
		"active_webhook_connections", "active_requests", "active_network_queries",
		"request_count", "request_bytes", "request_file_count", "request_files_bytes",
		"request_max_bytes", "response_count", "response_count_ok", "response_count_error",
		"response_bytes", "update_count"};
	autofree char *text = page("");
	const char *last = text;
	assert_true(starts_with(text, "DURATION\tinf\t5sec\t1min\t1hour\n"));
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		autofree char *line = xasprintf("\n%s\t", lines[i]);
		const char *found = strstr(text, line);
		assert_true(found && found > last - 1); /* in this order */
		last = found;
	}
}

static void requests_are_counted_in_each_window(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "count");
	botapi_advance(&server, 7200000); /* whatever was before has left the hour */
	for (int i = 0; i < 20; i++)
		json_decref(botapi_result(&server, token, "getMe", NULL));
	autofree char *now = page("");
	assert_true(value(now, "request_count", 1) > 3.9 && value(now, "request_count", 1) < 4.1);
	assert_true(value(now, "request_count", 2) > 0.3 && value(now, "request_count", 2) < 0.4);
	assert_true(
		value(now, "request_count", 3) > 0.005 && value(now, "request_count", 3) < 0.006);
	assert_true(value(now, "response_count_ok", 1) > 3.9);
	botapi_advance(&server, 8000);
	autofree char *later = page("");
	assert_true(value(later, "request_count", 1) == 0);
	assert_true(value(later, "request_count", 2) > 0.3);
	botapi_advance(&server, 80000);
	autofree char *much_later = page("");
	assert_true(value(much_later, "request_count", 2) == 0);
	assert_true(value(much_later, "request_count", 3) > 0.005);
}

static void errors_and_sizes_are_true(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "sizes");
	botapi_advance(&server, 7200000);
	autofree char *body = xasprintf("{\"chat_id\":5,\"text\":\"%0500d\"}", 0);
	botapi_refused(&server, token, "sendMessage", body, 400, "Bad Request: chat not found");
	autofree char *text = page("");
	assert_int_equal((int)value(text, "request_max_bytes", 1), (int)strlen(body));
	double error = value(text, "response_count_error", 1) * 5;
	assert_true(error > 0.9 && error < 1.1);
	assert_true(value(text, "request_bytes", 1) * 5 > (double)strlen(body) - 1);
}

static void a_bot_is_told_with_its_queue_its_webhook_and_its_rates(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "told");
	json_decref(botapi_result(&server, token, "setWebhook",
		"{\"url\":\"http://127.0.0.1:1/x\",\"max_connections\":3}"));
	json_decref(botapi_control(&server, "play", "{\"bot\":\"told-00001\",\"count\":5}"));
	autofree char *query = xasprintf("?id=%s", token);
	autofree char *text = page(query);
	const char *block = block_of(text, token);
	autofree char *whole = xasprintf("\ntoken\t%s\n", token);
	assert_non_null(strstr(block, whole));
	assert_non_null(strstr(block, "\nwebhook\thttp://127.0.0.1:1/x\n"));
	assert_int_equal((int)value(block, "webhook_max_connections", 0), 3);
	assert_int_equal((int)value(block, "pending_update_count", 0), 5);
	assert_int_equal(
		(int)(value(block, "tail_update_id", 0) - value(block, "head_update_id", 0)), 5);
	assert_true(value(block, "update_count/sec", 0) > 0);
	assert_true(value(block, "request_count/sec", 1) > 0);
}

static void a_bot_that_never_called_is_not_on_the_page(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "silent");
	autofree char *query = xasprintf("?id=%s", token);
	autofree char *text = page(query);
	assert_null(strstr(text, "\nid\t"));
}

static void the_fifty_that_have_most_to_do_come_first_and_the_rest_is_cut(void **state)
{
	(void)state;
	json_t *made = botapi_control(&server, "bots", "{\"count\":80,\"prefix\":\"crowd\"}");
	botapi_advance(&server, 7200000);
	for (size_t i = 0; i < 80; i++)
		json_decref(botapi_result(&server, text_at(json_array_get(made, i), "token"),
			"setWebhook", "{\"url\":\"http://127.0.0.1:1/%0200d\"}", 0));
	const char *busy = text_at(json_array_get(made, 77), "token");
	for (int i = 0; i < 3; i++)
		json_decref(botapi_result(&server, busy, "getMe", NULL));
	autofree char *text = page("");
	assert_int_equal(strlen(text), 16 << 10);
	const char *first = strstr(text, "\n\nid\t");
	assert_ptr_equal(first + 1, block_of(text, busy));
	int blocks = 0;
	for (const char *at = text; (at = strstr(at, "\n\nid\t")); at++)
		blocks++;
	assert_in_range(blocks, 30, 50);
	json_decref(made);
}

static void asking_for_a_verbosity_changes_it_as_on_the_real_server(void **state)
{
	(void)state;
	autofree char *text = page("?v=4");
	json_t *summary = botapi_control(&server, "summary", "{}");
	assert_int_equal(number_at(summary, "verbosity"), 4);
	json_decref(summary);
}

static void a_server_that_shuts_down_says_closing(void **state)
{
	(void)state;
	json_decref(botapi_control(&server, "closing", "{}"));
	autofree char *text = page("");
	assert_string_equal(text, "Closing");
	json_decref(botapi_control(&server, "closing", "{\"closing\":false}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_has_every_line_of_the_real_one),
		cmocka_unit_test(requests_are_counted_in_each_window),
		cmocka_unit_test(errors_and_sizes_are_true),
		cmocka_unit_test(a_bot_is_told_with_its_queue_its_webhook_and_its_rates),
		cmocka_unit_test(a_bot_that_never_called_is_not_on_the_page),
		cmocka_unit_test(the_fifty_that_have_most_to_do_come_first_and_the_rest_is_cut),
		cmocka_unit_test(asking_for_a_verbosity_changes_it_as_on_the_real_server),
		cmocka_unit_test(a_server_that_shuts_down_says_closing),
	};
	return cmocka_run_group_tests(tests, server_start, server_stop);
}
