/* SPDX-License-Identifier: MIT */
/* States of a service that a test cannot bring about, or not in time: as systemd would answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/collect/systemd_unit.h"

struct said {
	const char *load, *active, *sub, *result;
	uint32_t pid;
	int32_t code, status;
	uint64_t ended_us;
};

static void add_text(sd_bus_message *message, const char *name, const char *value)
{
	assert_true(sd_bus_message_append(message, "{sv}", name, "s", value) >= 0);
}

static sd_bus_message *answer(sd_bus *bus, const struct said *said)
{
	sd_bus_message *message = NULL;
	assert_true(sd_bus_message_new(bus, &message, SD_BUS_MESSAGE_METHOD_CALL) >= 0);
	assert_true(sd_bus_message_open_container(message, 'a', "{sv}") >= 0);
	add_text(message, "LoadState", said->load);
	add_text(message, "ActiveState", said->active);
	add_text(message, "SubState", said->sub);
	add_text(message, "Result", said->result);
	assert_true(sd_bus_message_append(message, "{sv}{sv}{sv}{sv}", "MainPID", "u", said->pid,
			    "ExecMainCode", "i", said->code, "ExecMainStatus", "i", said->status,
			    "ExecMainExitTimestamp", "t", said->ended_us) >= 0);
	assert_true(sd_bus_message_append(message, "{sv}", "Environment", "as", 1, "A=b") >= 0);
	assert_true(sd_bus_message_close_container(message) >= 0);
	return message;
}

static int other_end = -1;

/* A message needs a bus that it could go to; nobody answers at the other end. */
static sd_bus *bus_without_peer(void)
{
	sd_bus *bus = NULL;
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	other_end = ends[1];
	assert_true(sd_bus_new(&bus) >= 0);
	assert_true(sd_bus_set_fd(bus, ends[0], ends[0]) >= 0);
	assert_true(sd_bus_start(bus) >= 0);
	return bus;
}

static void every_state_of_a_service_has_a_word_of_ours(void **state)
{
	(void)state;
	static const struct {
		struct said said;
		const char *state, *words;
		int exit_status;
		bool is_oom;
	} cases[] = {
		{{"loaded", "failed", "failed", "oom-kill", 0, 2, 9, 5000}, "fatal",
			"failed (Result: oom-kill)", 137, true},
		{{"loaded", "activating", "auto-restart-queued", "core-dump", 0, 3, 6, 5000},
			"backoff", "activating (auto-restart-queued) (Result: core-dump)", 134,
			false},
		{{"loaded", "activating", "start", "success", 7, 0, 0, 0}, "running",
			"activating (start)", -1, false},
		{{"loaded", "activating", "start-pre", "success", 0, 0, 0, 0}, "absent",
			"activating (start-pre)", -1, false},
		{{"loaded", "deactivating", "stop-sigterm", "success", 7, 0, 0, 0}, "running",
			"deactivating (stop-sigterm)", -1, false},
		{{"loaded", "active", "exited", "success", 0, 1, 0, 5000}, "stopped",
			"active (exited)", 0, false},
		{{"loaded", "active", "running", "success", 0, 0, 0, 0}, "running",
			"active (running)", -1, false},
		{{"masked", "inactive", "dead", "success", 0, 0, 0, 0}, "stopped",
			"inactive (masked)", -1, false},
		{{"loaded", "maintenance", "x", "success", 0, 0, 0, 0}, "unknown",
			"maintenance (x)", -1, false},
	};
	sd_bus *bus = bus_without_peer();
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct programs programs = {0};
		struct err err = {0};
		struct program *program = programs_add(&programs);
		sd_bus_message *message = answer(bus, &cases[i].said);
		assert_true(sd_bus_message_seal(message, 1, 0) >= 0);
		if (!systemd_unit_read(message, "bot.service", false, program, &err))
			fail_msg("%s: %s", cases[i].words, err.text);
		assert_string_equal(program->state, cases[i].state);
		assert_string_equal(program->words, cases[i].words);
		assert_int_equal(program->exit_status, cases[i].exit_status);
		assert_int_equal(program->is_oom, cases[i].is_oom);
		assert_int_equal(program->pid, cases[i].said.pid);
		sd_bus_message_unref(message);
		programs_release(&programs);
	}
	sd_bus_close_unref(bus);
	close(other_end);
}

static void an_answer_of_another_shape_is_an_error(void **state)
{
	(void)state;
	sd_bus *bus = bus_without_peer();
	sd_bus_message *message = NULL;
	struct programs programs = {0};
	struct err err = {0};
	assert_true(sd_bus_message_new(bus, &message, SD_BUS_MESSAGE_METHOD_CALL) >= 0);
	assert_true(sd_bus_message_append(message, "a{sv}", 1, "MainPID", "s", "12") >= 0);
	assert_true(sd_bus_message_seal(message, 1, 0) >= 0);
	assert_false(
		systemd_unit_read(message, "bot.service", false, programs_add(&programs), &err));
	assert_int_equal(err.code, ERR_PROTOCOL);
	assert_non_null(strstr(err.text, "'bot.service'"));
	sd_bus_message_unref(message);
	sd_bus_close_unref(bus);
	close(other_end);
	programs_release(&programs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_of_a_service_has_a_word_of_ours),
		cmocka_unit_test(an_answer_of_another_shape_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
