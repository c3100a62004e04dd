/* SPDX-License-Identifier: MIT */
/* Real children: small programs of the system, and this one under another name for the unruly ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/act/drivers/argv.h"
#include "core/act/drivers/child.h"
#include "core/act/drivers/part_file.h"
#include "core/act/drivers/runner.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/events/chunk.h"
#include "core/events/writer.h"
#include "core/msg/mailbox.h"

enum { WAIT_MS = 10000 };

static char self[4096];

struct bench {
	char dir[64];
	char **environment;
	struct mailbox *mailbox;
	struct runner *runner;
	unsigned outputs, verifying;
	struct chunk *chunks[64];
	size_t chunk_count;
};

static int setup(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	copy_text(bench->dir, sizeof(bench->dir), "/tmp/botswain-run-XXXXXX");
	assert_non_null(mkdtemp(bench->dir));
	bench->environment = child_environment();
	bench->mailbox = mailbox_new(1000);
	bench->runner = runner_new(clock_real(), bench->mailbox, bench->environment);
	*state = bench;
	return 0;
}

static unsigned count_files(const char *dir, bool remove)
{
	unsigned count = 0;
	DIR *listing = opendir(dir);
	for (struct dirent *entry; listing && (entry = readdir(listing));) {
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
	struct bench *bench = *state;
	runner_free(bench->runner);
	mailbox_free(bench->mailbox);
	while (bench->chunk_count)
		chunk_unref(bench->chunks[--bench->chunk_count]);
	argv_free(bench->environment);
	count_files(bench->dir, true);
	assert_int_equal(rmdir(bench->dir), 0);
	free(bench);
	return 0;
}

static char **argv_of(const char *first, va_list more)
{
	char **argv = xcalloc(16, sizeof(*argv));
	size_t count = 0;
	for (const char *at = first; at; at = va_arg(more, const char *))
		argv[count++] = xstrdup(at);
	return argv;
}

static char **make_argv(const char *first, ...)
{
	va_list more;
	va_start(more, first);
	char **argv = argv_of(first, more);
	va_end(more);
	return argv;
}

static struct job *make_job(char **argv)
{
	struct job *job = xcalloc(1, sizeof(*job));
	*job = (struct job){.operation = 7, .step = 1, .argv = argv};
	return job;
}

static void keep_chunks(struct bench *bench, const struct chunk_list *list)
{
	for (size_t i = 0; list && i < list->count; i++) {
		assert_true(bench->chunk_count < COUNT_OF(bench->chunks));
		bench->chunks[bench->chunk_count++] = chunk_ref(list->chunks[i]);
	}
}

/* Every line that was kept, one a line. */
static void add_kept(const struct bench *bench, struct str *out)
{
	for (size_t i = 0; i < bench->chunk_count; i++) {
		const struct chunk *chunk = bench->chunks[i];
		assert_string_equal(chunk_stream(chunk)->name, "op:7");
		for (size_t j = 0; j < chunk_count(chunk); j++) {
			const struct record *record = chunk_record(chunk, j);
			str_add(out, chunk_bytes_of(chunk, record), record->length);
			str_addch(out, '\n');
		}
	}
}

/* Waits for one event; those on the way are counted. */
static struct msg_obs_child *wait_event(struct bench *bench, const char *event)
{
	for (;;) {
		struct pollfd bell = {.fd = mailbox_fd(bench->mailbox), .events = POLLIN};
		assert_int_equal(poll(&bell, 1, WAIT_MS), 1);
		struct parcel parcel;
		while (mailbox_take(bench->mailbox, &parcel, 1)) {
			struct msg_obs_child *body = parcel.message.body;
			if (parcel.message.kind == MSG_obs_notes) {
				keep_chunks(bench, parcel.attachment);
				parcel_release(&parcel);
				continue;
			}
			assert_int_equal(parcel.message.kind, MSG_obs_child);
			assert_int_equal(body->operation, 7);
			assert_int_equal(body->step, 1);
			bench->outputs += strcmp(body->event, "output") == 0;
			bench->verifying += strcmp(body->event, "verifying") == 0;
			if (strcmp(body->event, event) == 0)
				return body;
			parcel_release(&parcel);
		}
	}
}

static struct msg_obs_child *run_to_end(struct bench *bench, struct job *job)
{
	runner_start(bench->runner, job);
	return wait_event(bench, "ended");
}

static void the_exit_status_of_a_child_comes_back(void **state)
{
	struct msg_obs_child *end = run_to_end(*state, make_job(make_argv("true", NULL)));
	assert_int_equal(end->status, 0);
	assert_int_equal(end->code, ERR_NONE);
	msg_free(MSG_obs_child, end);
	end = run_to_end(*state, make_job(make_argv("false", NULL)));
	assert_int_equal(end->status, 1);
	assert_int_equal(end->code, ERR_NONE);
	msg_free(MSG_obs_child, end);
}

static void a_program_that_is_not_there_is_named(void **state)
{
	struct msg_obs_child *end =
		run_to_end(*state, make_job(make_argv("no-such-supervisorctl", NULL)));
	assert_int_equal(end->code, ERR_NOT_FOUND);
	assert_string_equal(end->text, "cannot run 'no-such-supervisorctl': not found");
	msg_free(MSG_obs_child, end);
}

static void output_is_counted_by_line_and_its_last_one_is_told_safe_and_redacted(void **state)
{
	struct msg_obs_child *end = run_to_end(*state,
		make_job(make_argv("printf",
			"one\\r\\ntwo\\n\\033[31m123456789:AAEaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			NULL)));
	assert_int_equal(end->lines, 3);
	assert_non_null(strstr(end->text, "123456789:<redacted>"));
	assert_null(strchr(end->text, 0x1b));
	msg_free(MSG_obs_child, end);
}

static void every_line_is_kept_without_the_secrets_that_we_know(void **state)
{
	struct bench *bench = *state;
	autostr struct str kept = STR_INIT;
	struct redactor *redactor = redactor_new();
	assert_true(redactor_add(redactor, "hunter2hunter2", 14));
	redactor_seal(redactor);
	runner_redact_with(bench->runner, redactor);
	redactor_unref(redactor);
	struct job *job = make_job(make_argv("printf", "one\\n\\nhunter2hunter2\\nlast", NULL));
	job->label = xstrdup("orders");
	msg_free(MSG_obs_child, run_to_end(bench, job));
	add_kept(bench, &kept);
	assert_string_equal(kept.text, "orders: one\norders: \norders: <redacted>\norders: last\n");
}

static void a_chatty_child_is_reported_at_most_sixty_times_a_second(void **state)
{
	struct bench *bench = *state;
	int64_t start_ms = clock_mono_ms(clock_real());
	struct msg_obs_child *end = run_to_end(bench, make_job(make_argv("seq", "200000", NULL)));
	int64_t took_ms = clock_mono_ms(clock_real()) - start_ms;
	assert_int_equal(end->lines, 200000);
	assert_string_equal(end->text, "200000");
	size_t kept = 0;
	for (size_t i = 0; i < bench->chunk_count; i++)
		kept += chunk_count(bench->chunks[i]);
	assert_int_equal(kept, 200000);
	assert_true(bench->outputs <= took_ms * 60 / 1000 + 2);
	msg_free(MSG_obs_child, end);
}

static void a_line_without_end_is_cut_not_kept(void **state)
{
	struct msg_obs_child *end =
		run_to_end(*state, make_job(make_argv("head", "-c", "3000000", "/dev/zero", NULL)));
	assert_int_equal(end->lines, 1);
	assert_true(strlen(end->text) < 2000);
	msg_free(MSG_obs_child, end);
}

static void a_child_sees_a_clean_world(void **state)
{
	setenv("BOTSWAIN_TEST_SECRET", "hush", 1);
	struct msg_obs_child *end =
		run_to_end(*state, make_job(make_argv(self, "--look-around", NULL)));
	assert_string_equal(end->text, "fds=3 stdin=null group=own signals=default secret=none "
				       "LC_ALL=C");
	msg_free(MSG_obs_child, end);
}

static void cancel_ends_the_whole_group(void **state)
{
	struct bench *bench = *state;
	autofree char *file = xasprintf("%s/grandchild", bench->dir);
	runner_start(bench->runner, make_job(make_argv(self, "--fork-and-wait", file, NULL)));
	msg_free(MSG_obs_child, wait_event(bench, "output")); /* both are there */
	runner_order(bench->runner, 7, 1, RUNNER_TERMINATE);
	struct msg_obs_child *end = wait_event(bench, "ended");
	assert_true(end->cancelled);
	assert_int_equal(end->code, ERR_CANCELLED);
	msg_free(MSG_obs_child, end);
	int fd = open(file, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0); /* the grandchild held it until it died */
	close(fd);
}

static void a_child_that_ignores_the_first_signal_is_killed_by_the_next_order(void **state)
{
	struct bench *bench = *state;
	runner_start(bench->runner, make_job(make_argv(self, "--ignore-term", NULL)));
	msg_free(MSG_obs_child, wait_event(bench, "output"));
	runner_order(bench->runner, 7, 1, RUNNER_EXPIRE);
	runner_order(bench->runner, 7, 1, RUNNER_KILL);
	struct msg_obs_child *end = wait_event(bench, "ended");
	assert_int_equal(end->code, ERR_TIMEOUT); /* the first reason stands */
	assert_int_equal(end->signal, SIGKILL);
	msg_free(MSG_obs_child, end);
}

static void a_process_left_behind_does_not_keep_the_run_and_is_not_killed(void **state)
{
	struct bench *bench = *state;
	struct msg_obs_child *end =
		run_to_end(bench, make_job(make_argv(self, "--leave-behind", NULL)));
	assert_int_equal(end->status, 0);
	pid_t daemon = (pid_t)atoi(end->text);
	assert_true(daemon > 1);
	assert_int_equal(kill(daemon, 0), 0); /* it lives */
	assert_int_equal(kill(daemon, SIGKILL), 0);
	msg_free(MSG_obs_child, end);
}

static void leaving_ends_what_runs(void **state)
{
	struct bench *bench = *state;
	autofree char *file = xasprintf("%s/held", bench->dir);
	runner_start(bench->runner, make_job(make_argv(self, "--fork-and-wait", file, NULL)));
	msg_free(MSG_obs_child, wait_event(bench, "output"));
	runner_free(bench->runner);
	bench->runner = NULL;
	int fd = open(file, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	close(fd);
}

static struct job *backup_job(struct bench *bench, char **argv, char **verify)
{
	struct job *job = make_job(argv);
	job->file = xasprintf("%s/fleet.dump", bench->dir);
	job->verify = verify;
	return job;
}

static void a_verified_file_gets_its_name_and_never_somebody_elses(void **state)
{
	struct bench *bench = *state;
	const char *const names[] = {"fleet.dump", "fleet-2.dump", "fleet-3.dump"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		autofree char *part = xasprintf("%s/fleet.dump.part", bench->dir);
		struct msg_obs_child *end =
			run_to_end(bench, backup_job(bench, make_argv("seq", "100000", NULL),
						  make_argv("grep", "-qx", "100000", part, NULL)));
		autofree char *name = xasprintf("%s/%s", bench->dir, names[i]);
		struct stat info;
		assert_string_equal(end->text, "");
		assert_int_equal(end->status, 0);
		assert_string_equal(end->file, name);
		assert_int_equal(end->bytes, 588895);
		assert_int_equal(stat(name, &info), 0);
		assert_int_equal(info.st_size, 588895);
		assert_int_equal(info.st_mode & 0777, 0600);
		msg_free(MSG_obs_child, end);
	}
	assert_int_equal(bench->verifying, 3);
	assert_int_equal(count_files(bench->dir, false), 3);
}

static void a_file_that_does_not_verify_leaves_nothing(void **state)
{
	struct bench *bench = *state;
	struct msg_obs_child *end = run_to_end(
		bench, backup_job(bench, make_argv("seq", "9", NULL), make_argv("false", NULL)));
	assert_int_equal(end->code, ERR_INVALID);
	assert_string_equal(end->text, "the file is not good: 'false' exited with 1");
	assert_int_equal(count_files(bench->dir, false), 0);
	msg_free(MSG_obs_child, end);
}

static void a_producer_that_fails_leaves_nothing(void **state)
{
	struct bench *bench = *state;
	struct msg_obs_child *end = run_to_end(
		bench, backup_job(bench, make_argv("cat", "/etc/hostname", "/no/such", NULL),
			       make_argv("true", NULL)));
	assert_int_equal(end->status, 1);
	assert_non_null(strstr(end->text, "/no/such"));
	assert_int_equal(bench->verifying, 0);
	assert_int_equal(count_files(bench->dir, false), 0);
	msg_free(MSG_obs_child, end);
}

static void a_cancelled_backup_leaves_nothing(void **state)
{
	struct bench *bench = *state;
	runner_start(bench->runner,
		backup_job(bench, make_argv("cat", "/dev/zero", NULL), make_argv("true", NULL)));
	msg_free(MSG_obs_child, wait_event(bench, "output"));
	runner_order(bench->runner, 7, 1, RUNNER_TERMINATE);
	struct msg_obs_child *end = wait_event(bench, "ended");
	assert_true(end->cancelled);
	assert_true(end->bytes > 0);
	assert_int_equal(count_files(bench->dir, false), 0);
	msg_free(MSG_obs_child, end);
}

static void a_full_disk_is_said_and_leaves_nothing(void **state)
{
	struct bench *bench = *state;
	struct rlimit before, small;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 100000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	struct msg_obs_child *end = run_to_end(bench,
		backup_job(bench, make_argv("cat", "/dev/zero", NULL), make_argv("true", NULL)));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(end->code, ERR_LIMIT);
	assert_non_null(strstr(end->text, "cannot write"));
	assert_int_equal(count_files(bench->dir, false), 0);
	msg_free(MSG_obs_child, end);
}

static void leftovers_are_swept_but_not_what_is_being_written(void **state)
{
	struct bench *bench = *state;
	autofree char *left = xasprintf("%s/fleet-1.dump.part", bench->dir);
	autofree char *other = xasprintf("%s/else.part", bench->dir);
	autofree char *good = xasprintf("%s/fleet-0.dump", bench->dir);
	autofree char *held = xasprintf("%s/fleet-2.dump", bench->dir);
	autofree char *pattern = xasprintf("%s/fleet-*.dump", bench->dir);
	const char *const made[] = {left, other, good};
	for (size_t i = 0; i < COUNT_OF(made); i++)
		fclose(fopen(made[i], "we"));
	struct part_file *part = NULL;
	struct err err;
	assert_true(part_open(held, &part, &err));
	assert_int_equal(part_sweep(pattern), 1);
	assert_int_equal(access(left, F_OK), -1);
	assert_int_equal(access(part_path(part), F_OK), 0);
	part_free(part);
	assert_int_equal(count_files(bench->dir, false), 2);
}

/* The unruly children: this program, called by a test. */

static int look_around(void)
{
	unsigned fds = 0;
	struct stat in, null;
	struct sigaction action;
	for (int fd = 0; fd < 1024; fd++)
		fds += fcntl(fd, F_GETFD) >= 0;
	sigset_t blocked;
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	bool defaults = true;
	for (int number = 1; number < 32; number++)
		if (sigaction(number, NULL, &action) == 0)
			defaults = defaults && action.sa_handler != SIG_IGN &&
				   !sigismember(&blocked, number);
	bool null_in =
		fstat(0, &in) == 0 && stat("/dev/null", &null) == 0 && in.st_rdev == null.st_rdev;
	printf("fds=%u stdin=%s group=%s signals=%s secret=%s LC_ALL=%s\n", fds,
		null_in ? "null" : "other", getpgrp() == getpid() ? "own" : "other",
		defaults ? "default" : "other", getenv("BOTSWAIN_TEST_SECRET") ? "seen" : "none",
		getenv("LC_ALL"));
	return 0;
}

/* Nobody outlives a test that failed. */
static NORETURN void wait_for_ever(void)
{
	for (alarm(60);;)
		pause();
}

static NORETURN void hold_and_wait(const char *file)
{
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	flock(fd, LOCK_EX);
	puts("held");
	fflush(stdout);
	wait_for_ever();
}

static NORETURN void fork_and_wait(const char *file)
{
	if (fork() == 0)
		hold_and_wait(file);
	wait_for_ever();
}

static int leave_behind(void)
{
	int ready[2];
	char byte;
	if (pipe(ready) < 0)
		return 1;
	pid_t pid = fork();
	if (pid == 0) {
		setsid();
		close(ready[0]);
		close(ready[1]);
		wait_for_ever();
	}
	close(ready[1]);
	while (read(ready[0], &byte, 1) > 0) {
	}
	printf("%d\n", (int)pid);
	return 0;
}

static NORETURN void ignore_term(void)
{
	signal(SIGTERM, SIG_IGN);
	puts("ready");
	fflush(stdout);
	wait_for_ever();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--look-around") == 0)
		return look_around();
	if (argc > 2 && strcmp(argv[1], "--fork-and-wait") == 0)
		fork_and_wait(argv[2]);
	if (argc > 1 && strcmp(argv[1], "--leave-behind") == 0)
		return leave_behind();
	if (argc > 1 && strcmp(argv[1], "--ignore-term") == 0)
		ignore_term();
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[length > 0 ? length : 0] = '\0';
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
		TEST(the_exit_status_of_a_child_comes_back),
		TEST(a_program_that_is_not_there_is_named),
		TEST(output_is_counted_by_line_and_its_last_one_is_told_safe_and_redacted),
		TEST(every_line_is_kept_without_the_secrets_that_we_know),
		TEST(a_chatty_child_is_reported_at_most_sixty_times_a_second),
		TEST(a_line_without_end_is_cut_not_kept),
		TEST(a_child_sees_a_clean_world),
		TEST(cancel_ends_the_whole_group),
		TEST(a_child_that_ignores_the_first_signal_is_killed_by_the_next_order),
		TEST(a_process_left_behind_does_not_keep_the_run_and_is_not_killed),
		TEST(leaving_ends_what_runs),
		TEST(a_verified_file_gets_its_name_and_never_somebody_elses),
		TEST(a_file_that_does_not_verify_leaves_nothing),
		TEST(a_producer_that_fails_leaves_nothing),
		TEST(a_cancelled_backup_leaves_nothing),
		TEST(a_full_disk_is_said_and_leaves_nothing),
		TEST(leftovers_are_swept_but_not_what_is_being_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
