/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/mem.h"
#include "core/parse/docker.h"

#define ID     "4b1d0d7a8e6f4b1d0d7a8e6f4b1d0d7a8e6f4b1d0d7a8e6f4b1d0d7a8e6f4b1d"
#define SECRET "123456789:AAcanary-canary_canary0123456789abc"

/* As Docker 24 answers, what does not matter here left out. */
static const char inspected[] =
	"{\"Id\":\"" ID "\",\"Created\":\"2026-11-20T09:59:58.1Z\",\"Path\":\"python\","
	"\"Args\":[\"-m\",\"shop bot\"],\"State\":{\"Status\":\"exited\",\"Running\":false,"
	"\"OOMKilled\":true,\"Dead\":false,\"Pid\":0,\"ExitCode\":137,\"Error\":\"\","
	"\"StartedAt\":\"2026-11-20T10:00:00.123456789Z\","
	"\"FinishedAt\":\"2026-11-20T10:01:00Z\"},\"Name\":\"/shop-orders-1\","
	"\"RestartCount\":4,\"LogPath\":\"/var/lib/docker/c/" ID "-json.log\","
	"\"HostConfig\":{\"LogConfig\":{\"Type\":\"json-file\",\"Config\":{}},"
	"\"RestartPolicy\":{\"Name\":\"on-failure\",\"MaximumRetryCount\":5}},"
	"\"Config\":{\"Env\":[\"PATH=/bin\",\"BOT_TOKEN=" SECRET "\"],\"WorkingDir\":\"/app\"}}";

struct kept {
	const char *seen[8]; /* into the document, wiped after each call */
	char last[128];
	size_t count;
};

static void keep(void *context, const char *variable, size_t length)
{
	struct kept *kept = context;
	assert_true(kept->count < COUNT_OF(kept->seen) && length < sizeof(kept->last));
	kept->seen[kept->count++] = variable;
	memcpy(kept->last, variable, length);
	kept->last[length] = '\0';
}

static bool read_text(const char *text, struct kept *kept, struct docker_container *ret)
{
	struct err err = {0};
	bool is_good = docker_read_container(text, strlen(text), keep, kept, ret, &err);
	if (!is_good)
		assert_int_equal(err.code, ERR_PROTOCOL);
	return is_good;
}

static void a_container_is_read_whole(void **state)
{
	(void)state;
	struct kept kept = {0};
	struct docker_container container;
	assert_true(read_text(inspected, &kept, &container));
	assert_string_equal(container.name, "shop-orders-1");
	assert_string_equal(container.status, "exited");
	assert_string_equal(container.policy, "on-failure");
	assert_string_equal(container.command, "python -m shop bot");
	assert_string_equal(container.directory, "/app");
	assert_string_equal(container.log_driver, "json-file");
	assert_string_equal(container.log_path, "/var/lib/docker/c/" ID "-json.log");
	assert_int_equal(container.pid, 0);
	assert_int_equal(container.started_ms, INT64_C(1795168800123));
	assert_int_equal(container.finished_ms, INT64_C(1795168860000));
	assert_int_equal(container.restarts, 4);
	assert_int_equal(container.restarts_max, 5);
	assert_int_equal(container.exit_code, 137);
	assert_true(container.is_oom);
	assert_int_equal(kept.count, 2);
	assert_string_equal(kept.last, "BOT_TOKEN=" SECRET);
	docker_container_release(&container);
}

static void what_makes_no_sense_is_unknown(void **state)
{
	(void)state;
	struct kept kept = {0};
	struct docker_container container;
	assert_true(
		read_text("{\"Name\":\"/\xc3\xa4\",\"State\":{\"Status\":\"running\",\"Pid\":-4,"
			  "\"ExitCode\":70000,\"StartedAt\":\"0001-01-01T00:00:00Z\","
			  "\"FinishedAt\":7,\"OOMKilled\":\"yes\"},\"RestartCount\":-1,"
			  "\"Args\":{\"a\":1},\"Config\":{\"Env\":[7,null,{\"A\":\"b\"}]},"
			  "\"HostConfig\":{\"RestartPolicy\":[]}}",
			&kept, &container));
	assert_int_equal(container.pid, 0);
	assert_int_equal(container.exit_code, -1);
	assert_int_equal(container.started_ms, 0);
	assert_int_equal(container.finished_ms, 0);
	assert_int_equal(container.restarts, -1);
	assert_false(container.is_oom);
	assert_string_equal(container.command, "");
	assert_string_equal(container.policy, "");
	assert_int_equal(kept.count, 0);
	docker_container_release(&container);
}

static void an_argument_that_is_the_program_is_not_told_twice(void **state)
{
	(void)state;
	struct kept kept = {0};
	struct docker_container container;
	assert_true(read_text("{\"Name\":\"a\",\"Path\":\"/app\",\"Args\":[\"/app\"],"
			      "\"State\":{\"Status\":\"created\"}}",
		&kept, &container));
	assert_string_equal(container.command, "/app");
	docker_container_release(&container);
}

static void what_is_no_container_is_an_error(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "{}", "[]", "null", "{\"Name\":\"/a\"}",
		"{\"Name\":\"\",\"State\":{\"Status\":\"running\"}}",
		"{\"Name\":\"/\",\"State\":{\"Status\":\"running\"}}",
		"{\"Name\":\"/a\",\"State\":{\"Status\":7}}",
		"{\"Name\":\"/a\",\"State\":{\"Status\":\"running\"}", "<html>"};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct kept kept = {0};
		struct docker_container container;
		assert_false(read_text(texts[i], &kept, &container));
	}
}

static void assert_list(const char *text, size_t max, enum err_code code, size_t count)
{
	struct docker_list list = {0};
	struct err err = {0};
	bool is_good = docker_read_list(text, strlen(text), max, &list, &err);
	assert_int_equal(err.code, code);
	assert_int_equal(is_good, code == ERR_NONE);
	assert_int_equal(list.count, count);
	if (count)
		assert_string_equal(list.ids[count - 1], ID);
	docker_list_release(&list);
}

static void a_list_gives_ids_that_no_path_can_be_made_of(void **state)
{
	(void)state;
	assert_list("[]", 2, ERR_NONE, 0);
	assert_list("[{\"Id\":\"0123456789ab\"},{\"Id\":\"" ID "\",\"Names\":[\"/x\"]}]", 2,
		ERR_NONE, 2);
	assert_list("[{\"Id\":\"" ID "\"},{\"Id\":\"" ID "\"}]", 1, ERR_LIMIT, 0);
	assert_list("[{\"Id\":\"../../secrets\"}]", 2, ERR_PROTOCOL, 0);
	assert_list("[{\"Id\":\"" ID "00\"}]", 2, ERR_PROTOCOL, 0);
	assert_list("[{}]", 2, ERR_PROTOCOL, 0);
	assert_list("[7]", 2, ERR_PROTOCOL, 0);
	assert_list("{\"message\":\"no\"}", 2, ERR_PROTOCOL, 0);
	assert_list("[", 2, ERR_PROTOCOL, 0);
}

static void assert_message(const char *body, const char *expected)
{
	autostr struct str message = STR_INIT;
	docker_read_message(body, strlen(body), &message);
	assert_string_equal(message.text, expected);
}

static void the_sentence_of_an_error_is_short_and_safe(void **state)
{
	(void)state;
	assert_message("{\"message\":\"no such container\"}", "no such container");
	assert_message("{\"message\":\"a\\u001b[2J\"}", "a^[[2J");
	assert_message("{\"message\":7}", "");
	assert_message("bad gateway", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_container_is_read_whole),
		cmocka_unit_test(what_makes_no_sense_is_unknown),
		cmocka_unit_test(an_argument_that_is_the_program_is_not_told_twice),
		cmocka_unit_test(what_is_no_container_is_an_error),
		cmocka_unit_test(a_list_gives_ids_that_no_path_can_be_made_of),
		cmocka_unit_test(the_sentence_of_an_error_is_short_and_safe),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
