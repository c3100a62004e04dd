/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/mailbox.h"
#include "core/store/audit.h"
#include "core/store/ledger.h"

enum { WAIT_MS = 10000 };

struct place {
	char dir[64], state[96], audit[128];
	struct clock clock;
	struct mailbox *mailbox;
	struct ledger *ledger;
};

static void open_ledger(struct place *place)
{
	struct err err = {.text = ""};
	if (!ledger_open(place->state, &place->clock, place->mailbox, &place->ledger, &err))
		fail_msg("%s", err.text);
}

static void reopen(struct place *place)
{
	ledger_close(place->ledger);
	place->ledger = NULL;
	open_ledger(place);
}

static int setup(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));
	copy_text(place->dir, sizeof(place->dir), "/tmp/botswain-ledger-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	snprintf(place->state, sizeof(place->state), "%s/a/state", place->dir);
	snprintf(place->audit, sizeof(place->audit), "%s/audit.jsonl", place->state);
	clock_init_virtual(&place->clock, 1795168821744);
	place->mailbox = mailbox_new(10000);
	open_ledger(place);
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	const char *const names[] = {"state.db", "state.db-wal", "state.db-shm", "audit.jsonl"};
	ledger_close(place->ledger);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		autofree char *path = xasprintf("%s/%s", place->state, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(place->state), 0);
	*strrchr(place->state, '/') = '\0';
	assert_int_equal(rmdir(place->state), 0);
	assert_int_equal(rmdir(place->dir), 0);
	mailbox_free(place->mailbox);
	free(place);
	return 0;
}

/* The result of a ticket; others on the way are dropped. */
static struct err result_of(struct place *place, uint64_t ticket)
{
	for (;;) {
		struct pollfd bell = {.fd = mailbox_fd(place->mailbox), .events = POLLIN};
		assert_int_equal(poll(&bell, 1, WAIT_MS), 1);
		struct parcel parcel;
		while (mailbox_take(place->mailbox, &parcel, 1)) {
			assert_int_equal(parcel.message.kind, MSG_obs_ledger);
			const struct msg_obs_ledger *body = parcel.message.body;
			struct err err = {.code = (enum err_code)body->code};
			copy_text(err.text, sizeof(err.text), body->error);
			bool found = body->ticket == ticket;
			parcel_release(&parcel);
			if (found)
				return err;
		}
	}
}

static uint64_t audit_something(struct place *place, uint64_t operation)
{
	struct audit_line line = {.operation = operation, .who = "ann", .what = "restart"};
	return ledger_audit(place->ledger, &line);
}

static uint64_t verified_lines(struct place *place)
{
	uint64_t lines = 0;
	struct err err = {.text = ""};
	if (!audit_verify(place->audit, &lines, &err))
		fail_msg("%s", err.text);
	return lines;
}

static void a_durable_line_is_in_the_file_when_its_ticket_comes_back(void **state)
{
	struct place *place = *state;
	assert_int_equal(result_of(place, audit_something(place, 0)).code, ERR_NONE);
	assert_int_equal(verified_lines(place), 1);
	struct stat info;
	assert_int_equal(stat(place->state, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0700);
	autofree char *database = xasprintf("%s/state.db", place->state);
	assert_int_equal(stat(database, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	autofree char *wal = xasprintf("%s/state.db-wal", place->state);
	assert_int_equal(stat(wal, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
}

static void facts_survive_a_restart_and_are_read_by_prefix(void **state)
{
	struct place *place = *state;
	ledger_put(place->ledger, "backup/fleet", "good", 4);
	ledger_put(place->ledger, "backup/other", "x\0y", 3);
	ledger_put(place->ledger, "bot/orders", "up", 2);
	ledger_put(place->ledger, "backup/fleet", "better", 6);
	ledger_put(place->ledger, "backup/gone", "z", 1);
	ledger_put(place->ledger, "backup/gone", NULL, 0);
	autostr struct str value = STR_INIT;
	assert_false(ledger_get(place->ledger, "backup/fleet", &value));
	reopen(place);
	assert_true(ledger_get(place->ledger, "backup/fleet", &value));
	assert_string_equal(value.text, "better");
	str_clear(&value);
	assert_true(ledger_get(place->ledger, "backup/other", &value));
	assert_int_equal(value.length, 3);
	assert_memory_equal(value.text, "x\0y", 3);
	assert_false(ledger_get(place->ledger, "backup", &value));
	assert_false(ledger_get(place->ledger, "backup/gone", &value));
}

static void count_visit(void *context, const char *key, const void *value, size_t length)
{
	struct str *seen = context;
	str_addf(seen, "%s=%.*s ", key, (int)length, (const char *)value);
}

static void a_prefix_visits_its_own_keys_in_order(void **state)
{
	struct place *place = *state;
	ledger_put(place->ledger, "b/2", "two", 3);
	ledger_put(place->ledger, "a/9", "nine", 4);
	ledger_put(place->ledger, "b/1", "one", 3);
	ledger_put(place->ledger, "c/0", "zero", 4);
	reopen(place);
	autostr struct str seen = STR_INIT;
	ledger_each(place->ledger, "b/", count_visit, &seen);
	assert_string_equal(seen.text, "b/1=one b/2=two ");
}

static void an_operation_number_is_never_given_twice(void **state)
{
	struct place *place = *state;
	uint64_t last = 0;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 3; i++) {
			uint64_t number = ledger_operation(place->ledger);
			assert_true(number > last);
			last = number;
		}
		assert_int_equal(result_of(place, audit_something(place, last)).code, ERR_NONE);
		reopen(place);
	}
}

static void a_thousand_requests_are_all_answered_and_chained(void **state)
{
	struct place *place = *state;
	uint64_t last = 0;
	for (int i = 0; i < 1000; i++)
		last = audit_something(place, 0);
	assert_int_equal(result_of(place, last).code, ERR_NONE);
	assert_int_equal(verified_lines(place), 1000);
}

static void closing_writes_what_is_still_queued(void **state)
{
	struct place *place = *state;
	for (int i = 0; i < 50; i++)
		audit_something(place, 0);
	reopen(place);
	assert_int_equal(verified_lines(place), 50);
}

/* A limit on the size of files is a full disk as write() sees it. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_refuses_and_recording_comes_back_without_a_restart(void **state)
{
	struct place *place = *state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(result_of(place, audit_something(place, 0)).code, ERR_NONE);
	struct stat before, after;
	assert_int_equal(stat(place->audit, &before), 0);
	limit_files((rlim_t)before.st_size + 20);
	struct err full = result_of(place, audit_something(place, 0));
	assert_int_not_equal(full.code, ERR_NONE);
	assert_non_null(strstr(full.text, "cannot write"));
	assert_int_equal(stat(place->audit, &after), 0);
	assert_int_equal(after.st_size, before.st_size); /* nothing half-written */
	limit_files(RLIM_INFINITY);
	assert_int_equal(result_of(place, 0).code, ERR_NONE); /* unasked */
	assert_int_equal(result_of(place, audit_something(place, 0)).code, ERR_NONE);
	assert_int_equal(verified_lines(place), 3); /* ours, its own, ours */
}

static void a_cut_tail_is_said_at_the_next_start_and_recorded(void **state)
{
	struct place *place = *state;
	for (int i = 0; i < 3; i++)
		audit_something(place, 0);
	ledger_close(place->ledger);
	place->ledger = NULL;
	assert_int_equal(truncate(place->audit, 0), 0);
	open_ledger(place);
	assert_non_null(strstr(ledger_note(place->ledger), "ends at number 0, but 3 was written"));
	struct stat info;
	assert_int_equal(stat(place->audit, &info), 0);
	assert_true(info.st_size > 0);
}

static void a_file_that_is_no_database_is_refused_by_name(void **state)
{
	struct place *place = *state;
	ledger_close(place->ledger);
	place->ledger = NULL;
	autofree char *path = xasprintf("%s/state.db", place->state);
	FILE *file = fopen(path, "we");
	for (int i = 0; i < 100; i++)
		fputs("this is no database at all, but a text\n", file);
	fclose(file);
	struct err err = {.text = ""};
	assert_false(
		ledger_open(place->state, &place->clock, place->mailbox, &place->ledger, &err));
	assert_non_null(strstr(err.text, "state.db"));
	assert_non_null(strstr(err.text, "not a database"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_durable_line_is_in_the_file_when_its_ticket_comes_back),
		TEST(facts_survive_a_restart_and_are_read_by_prefix),
		TEST(a_prefix_visits_its_own_keys_in_order),
		TEST(an_operation_number_is_never_given_twice),
		TEST(a_thousand_requests_are_all_answered_and_chained),
		TEST(closing_writes_what_is_still_queued),
		TEST(a_full_disk_refuses_and_recording_comes_back_without_a_restart),
		TEST(a_cut_tail_is_said_at_the_next_start_and_recorded),
		TEST(a_file_that_is_no_database_is_refused_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
