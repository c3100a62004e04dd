/* SPDX-License-Identifier: MIT */
/* A backup's target whose disk does not answer: at each call that may hang, everything else goes on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/act/drivers/argv.h"
#include "core/act/drivers/child.h"
#include "core/act/drivers/part_writer.h"
#include "core/act/drivers/runner.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/mailbox.h"
#include "tests/support/gate.h"

/* Where the disk hangs: at the opening, in the middle, at the end, and at the name. */
static const char *const calls[] = {"flock", "write", "fsync", "renameat2"};

enum { BACKUP = 7, OTHER = 8, WAIT_MS = 10000, LEAVE_MAX_MS = 1000 };

struct bench {
	char dir[64];
	struct clock clock;
	char **environment;
	struct mailbox *mailbox;
	struct runner *runner;
	struct msg_obs_child seen; /* the last event, its texts copied */
	char event[32], text[512];
};

static int setup(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	copy_text(bench->dir, sizeof(bench->dir), "/tmp/botswain-hang-XXXXXX");
	assert_non_null(mkdtemp(bench->dir));
	clock_init_virtual(&bench->clock, INT64_C(1795168821744));
	bench->environment = child_environment();
	bench->mailbox = mailbox_new(1000);
	bench->runner = runner_new(&bench->clock, bench->mailbox, bench->environment);
	*state = bench;
	return 0;
}

static unsigned files(const struct bench *bench)
{
	unsigned count = 0;
	DIR *listing = opendir(bench->dir);
	for (struct dirent *entry; (entry = readdir(listing));)
		count += entry->d_name[0] != '.';
	closedir(listing);
	return count;
}

/* The disk answers after all: what nobody wants goes. */
static void await_nothing_left(const struct bench *bench)
{
	gate_open();
	for (;;) {
		unsigned before = gate_unlinks();
		if (!files(bench))
			return;
		gate_await_unlink(before);
	}
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	gate_open();
	runner_free(bench->runner);
	mailbox_free(bench->mailbox);
	argv_free(bench->environment);
	assert_int_equal(rmdir(bench->dir), 0);
	free(bench);
	return 0;
}

static bool take(struct bench *bench)
{
	struct parcel parcel;
	if (!mailbox_take(bench->mailbox, &parcel, 1))
		return false;
	bench->event[0] = '\0';
	if (parcel.message.kind == MSG_obs_child) {
		bench->seen = *(const struct msg_obs_child *)parcel.message.body;
		copy_text(bench->event, sizeof(bench->event), bench->seen.event);
		copy_text(bench->text, sizeof(bench->text), bench->seen.text);
	}
	parcel_release(&parcel);
	return true;
}

/* Waits for an event; time passes by the virtual clock while nothing comes, unless step_ms is 0. */
static void await_event(struct bench *bench, uint64_t operation, const char *event,
	const char *text, int64_t step_ms)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + WAIT_MS;
	for (;;) {
		struct pollfd bell = {.fd = mailbox_fd(bench->mailbox), .events = POLLIN};
		if (poll(&bell, 1, step_ms ? 10 : WAIT_MS) == 0)
			clock_advance(&bench->clock, step_ms);
		while (take(bench))
			if (strcmp(bench->event, event) == 0 &&
				bench->seen.operation == operation && strstr(bench->text, text))
				return;
		assert_true(clock_mono_ms(clock_real()) < until_ms);
	}
}

static char **words(const char *one, const char *two)
{
	char **argv = xcalloc(3, sizeof(*argv));
	argv[0] = xstrdup(one);
	argv[1] = two ? xstrdup(two) : NULL;
	return argv;
}

static void start(struct bench *bench, uint64_t operation, const char *file, char **argv)
{
	struct job *job = xcalloc(1, sizeof(*job));
	*job = (struct job){.operation = operation,
		.argv = argv,
		.file = file ? xasprintf("%s/%s", bench->dir, file) : NULL};
	runner_start(bench->runner, job);
}

static void hang_at(struct bench *bench, const char *call)
{
	gate_shut(call);
	start(bench, BACKUP, "fleet.dump", words("seq", "100000"));
	gate_await();
}

static void other_operations_start_and_end_while_a_disk_hangs(void **state)
{
	struct bench *bench = *state;
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		hang_at(bench, calls[i]);
		start(bench, OTHER, NULL, words("echo", "hello"));
		await_event(bench, OTHER, "ended", "hello", 0);
		assert_int_equal(bench->seen.status, 0);
		gate_open();
		await_event(bench, BACKUP, "ended", "", 0);
		assert_int_equal(bench->seen.code, ERR_NONE);
		assert_int_equal(bench->seen.bytes, 588895);
		autofree char *good = xasprintf("%s/fleet.dump", bench->dir);
		assert_int_equal(unlink(good), 0);
	}
}

static void a_disk_that_hangs_is_told_of_and_so_is_its_return(void **state)
{
	struct bench *bench = *state;
	hang_at(bench, "fsync");
	await_event(bench, BACKUP, "output", "the target does not answer since ", 500);
	assert_non_null(strstr(bench->text, ": see to the disk or mount of '/tmp/"));
	gate_open();
	await_event(bench, BACKUP, "output", "the target answers again", 0);
	await_event(bench, BACKUP, "ended", "", 0);
	autofree char *good = xasprintf("%s/fleet.dump", bench->dir);
	assert_int_equal(unlink(good), 0);
}

static void an_operation_is_ended_without_the_disk_that_hangs(void **state)
{
	static const struct {
		enum runner_order order;
		const char *text;
	} rows[] = {
		{RUNNER_TERMINATE, "cancelled; the target does not answer since "},
		{RUNNER_EXPIRE,
			"it took too long and was ended; the target does not answer since "},
	};
	struct bench *bench = *state;
	for (size_t i = 0; i < COUNT_OF(calls) * COUNT_OF(rows); i++) {
		hang_at(bench, calls[i / 2]);
		runner_order(bench->runner, BACKUP, 0, rows[i % 2].order);
		await_event(bench, BACKUP, "ended", rows[i % 2].text, 500);
		assert_int_equal(bench->seen.code, ERR_UNREACHABLE);
		assert_false(bench->seen.cancelled);
		await_nothing_left(bench);
	}
}

static void a_slow_disk_that_answers_is_waited_for(void **state)
{
	struct bench *bench = *state;
	hang_at(bench, "write");
	runner_order(bench->runner, BACKUP, 0, RUNNER_TERMINATE);
	gate_open();
	await_event(bench, BACKUP, "ended", "cancelled", 0);
	assert_true(bench->seen.cancelled);
	assert_int_equal(files(bench), 0);
}

static void the_engine_leaves_without_the_disk_that_hangs(void **state)
{
	struct bench *bench = *state;
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		hang_at(bench, calls[i]);
		int64_t begun_ms = clock_mono_ms(clock_real());
		runner_free(bench->runner);
		assert_true(clock_mono_ms(clock_real()) - begun_ms < LEAVE_MAX_MS);
		bench->runner = runner_new(&bench->clock, bench->mailbox, bench->environment);
		await_nothing_left(bench);
		while (take(bench)) {
		}
	}
}

static void a_folder_that_hangs_does_not_hold_the_start(void **state)
{
	struct bench *bench = *state;
	autofree char *left = xasprintf("%s/fleet-1.dump.part", bench->dir);
	autofree char *pattern = xasprintf("%s/fleet-*.dump", bench->dir);
	fclose(fopen(left, "we"));
	gate_shut("flock");
	part_sweep_aside(pattern);
	gate_await();
	start(bench, OTHER, NULL, words("echo", "hello"));
	await_event(bench, OTHER, "ended", "hello", 0);
	await_nothing_left(bench);
}

static void await_stage(struct part_writer *writer, enum part_stage stage)
{
	while (part_writer_look(writer).stage != stage) {
		struct pollfd bell = {.fd = part_writer_fd(writer), .events = POLLIN};
		assert_int_equal(poll(&bell, 1, WAIT_MS), 1);
	}
}

/* The thread makes room between two questions: the answer is never more than who asks can hold. */
static void the_room_of_a_file_is_never_more_than_was_asked_for(void **state)
{
	static const char bytes[PART_WAITING_BYTES];
	enum { MOST = 64 << 10, LEFT = 100 };
	struct bench *bench = *state;
	struct part_writer *writer = NULL;
	autofree char *name = xasprintf("%s/fleet.dump", bench->dir);
	assert_true(part_writer_new(name, &writer, NULL));
	await_stage(writer, PART_OPEN);
	gate_shut("write");
	part_writer_put(writer, bytes, 1);
	gate_await();
	part_writer_put(writer, bytes, sizeof(bytes) - LEFT);
	assert_int_equal(part_writer_room(writer, MOST), LEFT);
	assert_int_equal(part_writer_room(writer, LEFT / 2), LEFT / 2);
	gate_open();
	part_writer_sync(writer);
	await_stage(writer, PART_SYNCED);
	assert_int_equal(part_writer_look(writer).bytes, sizeof(bytes) - LEFT + 1);
	assert_int_equal(part_writer_room(writer, MOST), 0);
	part_writer_free(writer);
	await_nothing_left(bench);
}

/* Odd sizes, and a disk that takes them between any two steps of the runner. */
static void a_child_that_fills_the_room_again_and_again_is_written_whole(void **state)
{
	enum { BYTES = 10888896 }; /* of seq 1500000 */
	struct bench *bench = *state;
	autofree char *good = xasprintf("%s/fleet.dump", bench->dir);
	start(bench, BACKUP, "fleet.dump", words("seq", "1500000"));
	await_event(bench, BACKUP, "ended", "", 0);
	assert_int_equal(bench->seen.code, ERR_NONE);
	assert_int_equal(bench->seen.bytes, BYTES);
	assert_int_equal(unlink(good), 0);
}

static void writers_left_behind_are_bounded(void **state)
{
	struct bench *bench = *state;
	gate_shut("fsync");
	for (size_t i = 0; i < PART_LEFT_MAX; i++) {
		autofree char *name = xasprintf("fleet-%zu.dump", i);
		start(bench, BACKUP, name, words("true", NULL));
		await_event(bench, BACKUP, "output", "the target does not answer", 500);
		runner_order(bench->runner, BACKUP, 0, RUNNER_TERMINATE);
		await_event(bench, BACKUP, "ended", "the target does not answer", 500);
	}
	start(bench, BACKUP, "fleet.dump", words("true", NULL));
	await_event(bench, BACKUP, "ended", "16 earlier files still wait for a disk", 0);
	assert_int_equal(bench->seen.code, ERR_LIMIT);
	await_nothing_left(bench);
}

/* Their threads have not left yet, but no disk owes them an answer. */
static void backups_that_have_just_ended_are_not_in_the_way_of_the_next(void **state)
{
	struct bench *bench = *state;
	gate_shut("close");
	for (size_t i = 0; i < PART_LEFT_MAX + 1; i++) {
		autofree char *name = xasprintf("fleet-%zu.dump", i);
		start(bench, BACKUP, name, words("true", NULL));
		await_event(bench, BACKUP, "ended", "", 0);
		assert_int_equal(bench->seen.code, ERR_NONE);
	}
	gate_await();
	gate_open();
	for (size_t i = 0; i < PART_LEFT_MAX + 1; i++) {
		autofree char *good = xasprintf("%s/fleet-%zu.dump", bench->dir, i);
		assert_int_equal(unlink(good), 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
		TEST(other_operations_start_and_end_while_a_disk_hangs),
		TEST(a_disk_that_hangs_is_told_of_and_so_is_its_return),
		TEST(an_operation_is_ended_without_the_disk_that_hangs),
		TEST(a_slow_disk_that_answers_is_waited_for),
		TEST(the_engine_leaves_without_the_disk_that_hangs),
		TEST(a_folder_that_hangs_does_not_hold_the_start),
		TEST(the_room_of_a_file_is_never_more_than_was_asked_for),
		TEST(a_child_that_fills_the_room_again_and_again_is_written_whole),
		TEST(writers_left_behind_are_bounded),
		TEST(backups_that_have_just_ended_are_not_in_the_way_of_the_next),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
