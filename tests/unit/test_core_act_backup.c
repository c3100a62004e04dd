/* SPDX-License-Identifier: MIT */
/* Backups as operations: their entity, their progress, what survives a restart, what is left. */
#include "tests/support/act_bench.h"
#include "tests/support/gate.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/mem.h"

struct store {
	struct act_bench *bench;
	char dir[64];
	char *file;
	struct conf_backup conf;
};

static const char *const good[] = {"seq", "100000", NULL};
static const char *const broken[] = {"cat", "/no/such", NULL};
static const char *const endless[] = {"cat", "/dev/zero", NULL};
static const char *const reads_back[] = {"grep", "-qx", "100000", "{file}", NULL};
static const char *const never_reads[] = {"grep", "-qx", "something else", "{file}", NULL};

static int setup(void **state)
{
	struct store *store = xcalloc(1, sizeof(*store));
	bench_setup((void **)&store->bench);
	copy_text(store->dir, sizeof(store->dir), "/tmp/botswain-backup-XXXXXX");
	assert_non_null(mkdtemp(store->dir));
	store->file = xasprintf("%s/fleet-{time}.dump", store->dir);
	store->conf = (struct conf_backup){.name = bench_words("fleet"),
		.file = store->file,
		.command = bench_command(good),
		.verify = bench_command(reads_back),
		.timeout_ms = 60000};
	store->bench->settings.backups = &store->conf;
	store->bench->settings.backup_count = 1;
	*state = store;
	return 0;
}

static unsigned files(const struct store *store, bool remove)
{
	unsigned count = 0;
	DIR *listing = opendir(store->dir);
	for (struct dirent *entry; (entry = readdir(listing));) {
		if (entry->d_name[0] == '.')
			continue;
		count++;
		if (remove)
			unlinkat(dirfd(listing), entry->d_name, 0);
	}
	closedir(listing);
	return count;
}

static int teardown(void **state)
{
	struct store *store = *state;
	bench_teardown((void **)&store->bench);
	files(store, true);
	assert_int_equal(rmdir(store->dir), 0);
	free(store->file);
	free(store);
	return 0;
}

static const struct msg_backup *shown(const struct store *store)
{
	return model_backup(store->bench->model, entity_id("backup", "fleet"));
}

static uint64_t run_backup(struct store *store)
{
	struct msg_plan plan = bench_plan(store->bench, "backup", NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_string_equal(plan.error, "");
	assert_false(bench_run(store->bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	bench_ledger(store->bench);
	return store->bench->accepted.operation;
}

static void a_backup_that_reads_back_is_done_and_remembered(void **state)
{
	struct store *store = *state;
	struct act_bench *bench = store->bench;
	bench_open(bench);
	assert_string_equal(shown(store)->state, "never");
	struct msg_plan plan = bench_plan(bench, "backup", NULL);
	assert_string_equal(plan.title, "Backup fleet in prod-eu");
	assert_non_null(strstr(plan.targets[0].consequence, "there is no good one yet"));
	assert_string_equal(plan.notes[0], "Plan    kept only when it reads back whole");
	msg_release(MSG_plan, &plan);
	uint64_t id = run_backup(store);
	assert_string_equal(shown(store)->state, "running");
	bench_child(bench, "verifying");
	bench_child(bench, "ended");
	autofree char *name = xasprintf("%s/fleet-20261120T100021Z.dump", store->dir);
	autofree char *result = xasprintf("575K in 0.0s, reads back whole: %s", name);
	bench_ended(bench, id, "done", result);
	assert_int_equal(bench_operation(bench, id)->progress, 100);
	assert_string_equal(shown(store)->state, "ok");
	assert_string_equal(shown(store)->file, name);
	assert_int_equal(shown(store)->bytes, 588895);
	assert_int_equal(shown(store)->at_ms, BENCH_WALL_MS);
	assert_int_equal(access(name, R_OK), 0);
	assert_int_equal(files(store, false), 1);
	act_free(bench->act);
	model_free(bench->model);
	bench->model = model_new();
	bench_open(bench);
	assert_string_equal(shown(store)->state, "ok");
	assert_int_equal(shown(store)->bytes, 588895);
}

static void progress_is_told_by_the_size_of_the_last_good_one(void **state)
{
	struct store *store = *state;
	struct act_bench *bench = store->bench;
	bench_open(bench);
	run_backup(store);
	bench_child(bench, "ended");
	store->conf.command = bench_command(endless);
	clock_advance(&bench->clock, 1000);
	uint64_t id = run_backup(store);
	bench_child(bench, "output");
	int64_t progress = bench_operation(bench, id)->progress;
	assert_true(progress >= 1 && progress <= 99);
	struct msg_cancel_req request = {.operation = id};
	struct msg_answer answer = {.req = 0};
	act_cancel(bench->act, &bench->ann, &request, &answer);
	msg_release(MSG_answer, &answer);
	bench_child(bench, "ended");
	bench_ended(bench, id, "cancelled", "cancelled");
	assert_string_equal(shown(store)->state, "cancelled");
	assert_string_equal(shown(store)->error, "cancelled");
	assert_int_equal(shown(store)->bytes, 588895); /* the last good one stands */
	assert_int_equal(files(store, false), 1);
}

struct failure {
	const char *const *command, *const *verify;
	const char *result;
};

static void what_is_not_good_is_failed_and_leaves_nothing(void **state)
{
	struct store *store = *state;
	struct act_bench *bench = store->bench;
	const struct failure rows[] = {
		{broken, reads_back, "exit 1: cat: /no/such: No such file or directory"},
		{good, never_reads, "the file is not good: 'grep' exited with 1"},
	};
	bench_open(bench);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		store->conf.command = bench_command(rows[i].command);
		store->conf.verify = bench_command(rows[i].verify);
		uint64_t id = run_backup(store);
		bench_child(bench, "ended");
		bench_ended(bench, id, "failed", rows[i].result);
		assert_string_equal(shown(store)->state, "failed");
		assert_string_equal(shown(store)->error, rows[i].result);
		assert_int_equal(shown(store)->at_ms, 0);
		assert_int_equal(files(store, false), 0);
	}
}

static void a_disk_that_fills_up_fails_the_backup_and_says_so(void **state)
{
	struct store *store = *state;
	struct rlimit before, small;
	bench_open(store->bench);
	store->conf.command = bench_command(endless);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 200000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	uint64_t id = run_backup(store);
	bench_child(store->bench, "ended");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	const struct msg_operation *operation = bench_operation(store->bench, id);
	assert_string_equal(operation->state, "failed");
	assert_non_null(strstr(operation->result, "cannot write"));
	assert_int_equal(files(store, false), 0);
}

static void without_verify_it_is_unverified(void **state)
{
	struct store *store = *state;
	bench_open(store->bench);
	store->conf.verify.count = 0;
	struct msg_plan plan = bench_plan(store->bench, "backup", NULL);
	assert_string_equal(plan.notes[0],
		"Plan    kept when it is written whole; not read back: no 'verify' is configured");
	msg_release(MSG_plan, &plan);
	uint64_t id = run_backup(store);
	bench_child(store->bench, "ended");
	const struct msg_operation *operation = bench_operation(store->bench, id);
	assert_string_equal(operation->state, "unverified");
	assert_non_null(strstr(operation->result, "not read back: no 'verify' is configured"));
	assert_int_equal(files(store, false), 1);
}

static void what_a_killed_engine_left_is_removed_at_the_next_start(void **state)
{
	struct store *store = *state;
	struct act_bench *bench = store->bench;
	autofree char *left = xasprintf("%s/fleet-20261119T000000Z.dump.part", store->dir);
	autofree char *other = xasprintf("%s/notes.part", store->dir);
	fclose(fopen(left, "we"));
	fclose(fopen(other, "we"));
	bench_open(bench); /* a thread sweeps */
	for (unsigned before = 0; access(left, F_OK) == 0; before++)
		gate_await_unlink(before);
	assert_int_equal(access(other, F_OK), 0);
	assert_int_equal(files(store, false), 1);
}

static void a_leftover_in_the_way_of_a_backup_is_replaced(void **state)
{
	struct store *store = *state;
	struct act_bench *bench = store->bench;
	bench_open(bench);
	autofree char *left = xasprintf("%s/fleet-20261120T100021Z.dump.part", store->dir);
	fclose(fopen(left, "we"));
	uint64_t id = run_backup(store);
	bench_child(bench, "ended");
	assert_string_equal(bench_operation(bench, id)->state, "done");
	assert_int_equal(files(store, false), 1);
}

/* Time passes until its disk is told to be silent. */
static void await_silence(struct store *store, uint64_t id)
{
	struct act_bench *bench = store->bench;
	const char *said = "";
	while (!strstr(said, "does not answer since ")) {
		struct pollfd bell = {.fd = mailbox_fd(bench->mailbox), .events = POLLIN};
		struct parcel parcel;
		if (poll(&bell, 1, 10) == 0)
			clock_advance(&bench->clock, 500);
		if (!mailbox_take(bench->mailbox, &parcel, 1))
			continue;
		if (parcel.message.kind == MSG_obs_child)
			act_observe(bench->act, parcel.message.kind, parcel.message.body);
		parcel_release(&parcel);
		said = bench_operation(bench, id)->steps[0].text;
	}
}

static void a_target_that_does_not_answer_is_told_and_fails_the_backup(void **state)
{
	struct store *store = *state;
	struct act_bench *bench = store->bench;
	struct msg_answer answer = {.req = 0};
	bench_open(bench);
	gate_shut("write");
	uint64_t id = run_backup(store);
	gate_await();
	await_silence(store, id);
	act_cancel(bench->act, &bench->ann, &(struct msg_cancel_req){.operation = id}, &answer);
	msg_release(MSG_answer, &answer);
	bench_child(bench, "ended");
	const struct msg_operation *operation = bench_operation(bench, id);
	assert_string_equal(operation->state, "failed");
	assert_non_null(strstr(operation->result, "cancelled; the target does not answer since "));
	assert_non_null(strstr(operation->result, ": see to the disk or mount of '"));
	assert_string_equal(shown(store)->state, "failed");
	unsigned before = gate_unlinks();
	gate_open();
	gate_await_unlink(before);
}

static void one_of_several_backups_must_be_named(void **state)
{
	struct store *store = *state;
	struct conf_backup two[2] = {store->conf, store->conf};
	two[1].name = bench_words("other");
	store->bench->settings.backups = two;
	store->bench->settings.backup_count = 2;
	bench_open(store->bench);
	struct msg_plan plan = bench_plan(store->bench, "backup", NULL);
	assert_string_equal(plan.error, "which backup? There are 2: name one");
	msg_release(MSG_plan, &plan);
	store->bench->settings.backup_count = 1;
	act_reload(store->bench->act, &store->bench->settings);
	assert_null(model_backup(store->bench->model, entity_id("backup", "other")));
	assert_non_null(shown(store));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
		TEST(a_backup_that_reads_back_is_done_and_remembered),
		TEST(progress_is_told_by_the_size_of_the_last_good_one),
		TEST(what_is_not_good_is_failed_and_leaves_nothing),
		TEST(a_disk_that_fills_up_fails_the_backup_and_says_so),
		TEST(without_verify_it_is_unverified),
		TEST(what_a_killed_engine_left_is_removed_at_the_next_start),
		TEST(a_leftover_in_the_way_of_a_backup_is_replaced),
		TEST(a_target_that_does_not_answer_is_told_and_fails_the_backup),
		TEST(one_of_several_backups_must_be_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
