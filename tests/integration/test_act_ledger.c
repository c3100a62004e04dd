/* SPDX-License-Identifier: MIT */
/*
 * What the ledger promises when things end badly: what it called durable is there after kill -9 at
 * any moment, and on a full disk nothing is done, everything is seen, and it goes on by itself when
 * there is room again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/act/journal.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/msg/mailbox.h"
#include "core/store/audit.h"
#include "core/store/ledger.h"
#include "tests/support/live_engine.h"
#include "tests/support/servers.h"

enum { KILLS = 25, LIMIT_MS = 15000 };

static char self[4096];

static int setup(void **state)
{
	char dir[64] = "/tmp/botswain-act-XXXXXX";
	assert_non_null(mkdtemp(dir));
	*state = xstrdup(dir);
	return 0;
}

static int teardown(void **state)
{
	autofree char *dir = xasprintf("%s/small", (char *)*state);
	umount2(dir, MNT_DETACH); /* where a test failed */
	remove_folder(*state);
	free(*state);
	return 0;
}

/* This program as somebody who records without end: says each number that is durable. */
static int record_for_ever(const char *state_dir)
{
	struct mailbox *mailbox = mailbox_new(1000);
	struct ledger *ledger = NULL;
	struct err err;
	if (!ledger_open(state_dir, clock_real(), mailbox, &ledger, &err))
		return 1;
	alarm(60); /* nobody outlives a test that failed */
	for (uint64_t due = 0;;) {
		uint64_t number = ledger_operation(ledger);
		struct audit_line line = {.operation = number,
			.who = "ann",
			.what = "restart",
			.on = "orders",
			.result = "intent"};
		uint64_t ticket = ledger_audit(ledger, &line);
		(void)ledger_put(ledger, "last", &number, sizeof(number));
		for (due = ticket; due;) {
			struct pollfd bell = {.fd = mailbox_fd(mailbox), .events = POLLIN};
			struct parcel parcel;
			poll(&bell, 1, -1);
			while (mailbox_take(mailbox, &parcel, 1)) {
				const struct msg_obs_ledger *seen = parcel.message.body;
				due = seen->ticket == ticket && !seen->code ? 0 : due;
				parcel_release(&parcel);
			}
		}
		if (write(STDOUT_FILENO, &number, sizeof(number)) != sizeof(number))
			return 1;
	}
}

/* Runs it until it said `wanted` numbers and a random while more; the last number it said. */
static uint64_t record_and_kill(const char *state_dir, struct rng *rng)
{
	int said[2];
	uint64_t number = 0, last = 0;
	assert_int_equal(pipe2(said, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(said[1], STDOUT_FILENO);
		execl(self, self, "--record", state_dir, (char *)NULL);
		_exit(127);
	}
	close(said[1]);
	for (uint64_t i = 0, wanted = 1 + rng_below(rng, 6); i < wanted; i++) {
		assert_int_equal(read(said[0], &number, sizeof(number)), sizeof(number));
		last = number;
	}
	for (uint64_t spin = rng_below(rng, 400000); spin; spin--) /* anywhere in a commit */
		__asm__ volatile("");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (read(said[0], &number, sizeof(number)) == sizeof(number))
		last = number;
	close(said[0]);
	return last;
}

static void what_was_called_durable_is_there_after_kill_9(void **state)
{
	autofree char *state_dir = xasprintf("%s/state", (char *)*state);
	autofree char *path = xasprintf("%s/audit.jsonl", state_dir);
	struct rng rng;
	struct clock clock;
	uint64_t lines = 0, last = 0;
	rng_init(&rng, 20261120);
	clock_init_virtual(&clock, 0);
	for (int i = 0; i < KILLS; i++) {
		struct err err = {.text = ""};
		uint64_t said = record_and_kill(state_dir, &rng);
		assert_true(said > last);
		struct mailbox *mailbox = mailbox_new(10);
		struct ledger *ledger = NULL;
		if (!ledger_open(state_dir, &clock, mailbox, &ledger, &err))
			fail_msg("%s", err.text);
		assert_true(ledger_operation(ledger) > said);
		autostr struct str fact = STR_INIT;
		assert_true(ledger_get(ledger, "last", &fact));
		ledger_close(ledger);
		mailbox_free(mailbox);
		if (!audit_verify(path, &lines, &err))
			fail_msg("%s", err.text);
		assert_true(lines >= said - last);
		last = said;
	}
}

static bool bot_is_there(const struct live_engine *live, const void *context)
{
	(void)context;
	return live_bot(live, "nobody") != NULL;
}

static bool fails(const struct live_engine *live, const void *context)
{
	(void)context;
	return *model_engine(live_model(live))->ledger_error != '\0';
}

static bool works(const struct live_engine *live, const void *context)
{
	return !fails(live, context);
}

static void fill(const char *path)
{
	static const char zeros[4096];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(fd, zeros, sizeof(zeros)) > 0) {
	}
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

/* Plans again and again until the disk, which is full, makes one of them fail. */
static void run_into_the_wall(struct live_engine *live)
{
	for (int i = 0; i < 50 && works(live, NULL); i++) {
		const struct msg_accepted *accepted = live_try(live, "nothing", "bot", "nobody");
		if (accepted->code) {
			assert_non_null(strstr(accepted->error, "cannot write"));
			break;
		}
		live_end(live, accepted->operation, LIMIT_MS);
	}
	live_wait(live, fails, NULL, LIMIT_MS, "the engine says that it cannot record");
}

static void on_a_full_disk_nothing_is_done_until_there_is_room_again(void **state)
{
	autofree char *dir = xasprintf("%s/small", (char *)*state);
	autofree char *filler = xasprintf("%s/filler", dir);
	autofree char *audit = xasprintf("%s/state/audit.jsonl", dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	if (mount("tmpfs", dir, "tmpfs", 0, "size=1m,mode=0700") != 0)
		skip(); /* only root may make a small disk */
	struct live_engine *live = live_engine_new(dir,
		"write: always\ntelegram: {api: \"http://127.0.0.1:9\"}\n"
		"bots:\n  nobody: {transport: none}\n"
		"verbs:\n  nothing: {help: does nothing, command: [\"true\", \"{bot}\"]}\n");
	live_wait(live, bot_is_there, NULL, LIMIT_MS, "the bot");
	live_end(live, live_run(live, "nothing", "bot", "nobody"), LIMIT_MS);
	fill(filler);
	run_into_the_wall(live);
	const struct msg_plan *plan = live_plan(live, "nothing", "bot", "nobody");
	assert_int_equal(plan->plan, 0);
	assert_true(starts_with(plan->error, "nothing can be recorded, so nothing is done: "));
	assert_int_equal(unlink(filler), 0);
	live_wait(live, works, NULL, LIMIT_MS, "recording goes on by itself");
	const struct msg_operation *operation =
		live_end(live, live_run(live, "nothing", "bot", "nobody"), LIMIT_MS);
	assert_string_equal(operation->state, "unverified");
	live_engine_free(live);
	uint64_t lines = 0;
	struct err err = {.text = ""};
	if (!audit_verify(audit, &lines, &err))
		fail_msg("%s", err.text);
	assert_int_equal(umount(dir), 0);
}

int main(int argc, char **argv)
{
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[length > 0 ? length : 0] = '\0';
	signal(SIGPIPE, SIG_IGN);
	if (argc > 2 && strcmp(argv[1], "--record") == 0)
		return record_for_ever(argv[2]);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_was_called_durable_is_there_after_kill_9, setup, teardown),
		cmocka_unit_test_setup_teardown(
			on_a_full_disk_nothing_is_done_until_there_is_room_again, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
