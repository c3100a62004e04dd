/* SPDX-License-Identifier: MIT */
/* Orders to a worker that is too busy to take any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/hub.h"
#include "core/collect/roster.h"
#include "core/collect/sources.h"
#include "core/collect/worker.h"
#include "core/conf/settings.h"
#include "core/msg/mailbox.h"

enum { MANY = 5000 };

struct bench {
	struct clock clock;
	struct mailbox *to_engine;
	struct settings *old, *new;
	struct hub hub;
	struct worker *worker;
};

/* What a worker is to its callers while it is in a long request: it only waits for its end. */
static void be_busy(struct worker *worker)
{
	struct pollfd stop = {.fd = worker->stop_fd, .events = POLLIN};
	while (poll(&stop, 1, -1) != 1)
		continue;
}

static struct settings *parse(const char *text)
{
	struct settings *settings = NULL;
	struct err err = {.code = ERR_NONE};
	if (!settings_parse(text, strlen(text), "/nowhere/x.yaml", &settings, NULL, &err))
		fail_msg("%s", err.text);
	return settings;
}

static int setup(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	const struct worker_spec spec = {.name = "busy", .run = be_busy};
	struct err err;
	clock_init_virtual(&bench->clock, 0);
	bench->to_engine = mailbox_new(10);
	bench->old = parse("bots: [{name: orders, transport: none}]\n");
	bench->new =
		parse("bots: [{name: orders, transport: none}, {name: quiz, transport: none}]\n");
	hub_init(&bench->hub, &bench->clock, bench->to_engine, bench->old);
	assert_true(worker_start(&bench->hub, &spec, &bench->worker, &err));
	hub_listen(&bench->hub, bench->worker);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	hub_unlisten(&bench->hub, bench->worker);
	worker_stop(bench->worker);
	worker_join(bench->worker);
	hub_release(&bench->hub);
	settings_unref(bench->old);
	settings_unref(bench->new);
	mailbox_free(bench->to_engine);
	free(bench);
	return 0;
}

static void a_worker_with_a_full_inbox_gets_the_newest_roster(void **state)
{
	struct bench *bench = *state;
	size_t bots = 0, rosters = 0;
	for (int i = 0; i < MANY; i++)
		hub_tell(&bench->hub, ORDER_HURRY, "orders");
	hub_settings(&bench->hub, bench->new);
	for (struct order *order; (order = worker_next_order(bench->worker)); order_free(order)) {
		if (order->kind != ORDER_ROSTER)
			continue;
		bots = order->roster->count;
		rosters++;
	}
	assert_int_equal(bots, 2);
	assert_int_equal(rosters, 1);
}

static void of_many_selections_the_last_one_arrives_and_nothing_grows(void **state)
{
	struct bench *bench = *state;
	char last[16] = "";
	size_t focuses = 0;
	for (int i = 0; i < MANY; i++)
		hub_tell(&bench->hub, ORDER_HURRY, "orders");
	for (int i = 0; i < MANY; i++)
		hub_tell(&bench->hub, ORDER_FOCUS, i == MANY - 1 ? "quiz" : "orders");
	for (struct order *order; (order = worker_next_order(bench->worker)); order_free(order)) {
		if (order->kind != ORDER_FOCUS)
			continue;
		copy_text(last, sizeof(last), order->bot);
		focuses++;
	}
	assert_string_equal(last, "quiz");
	assert_int_equal(focuses, 1);
}

/* The first descriptors of the number that a worker needs, and no more. */
static bool start_with(struct bench *bench, const struct worker_spec *spec, rlim_t free_fds,
	struct worker **ret, struct err *err)
{
	struct rlimit old, few;
	int next = dup(STDIN_FILENO);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = (struct rlimit){(rlim_t)next + free_fds, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	bool good = worker_start(&bench->hub, spec, ret, err);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	return good;
}

static void a_worker_that_gets_no_descriptor_is_left_out_with_the_reason(void **state)
{
	struct bench *bench = *state;
	struct worker *worker = NULL;
	const struct worker_spec late = {.name = "late", .run = be_busy};
	for (rlim_t free_fds = 0; free_fds < 2; free_fds++) {
		struct err err = {.code = ERR_NONE};
		assert_false(start_with(bench, &late, free_fds, &worker, &err));
		assert_non_null(strstr(err.text, "'late'"));
		assert_non_null(strstr(err.text, "Too many open files"));
	}
	struct err err = {.code = ERR_NONE};
	assert_true(start_with(bench, &late, 2, &worker, &err));
	worker_stop(worker);
	worker_join(worker);
}

/* They need one more, which tells them of deaths. */
static void who_watches_processes_says_what_it_cannot_watch_with(void **state)
{
	struct bench *bench = *state;
	const struct source_kind *const kinds[] = {&source_processes, &source_supervised};
	struct settings *settings = parse("supervisors: {main: {kind: systemd}}\n"
					  "bots: [{name: orders, transport: none}]\n");
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		for (rlim_t free_fds = 0; free_fds < 3; free_fds++) {
			const struct worker_spec spec = kinds[i]->make(kinds[i]->part(settings, 0));
			struct worker *worker = NULL;
			struct err err = {.code = ERR_NONE};
			assert_false(start_with(bench, &spec, free_fds, &worker, &err));
			assert_non_null(strstr(err.text, spec.name));
			assert_non_null(strstr(err.text, "Too many open files"));
			if (!free_fds)
				assert_non_null(strstr(err.text, "cannot watch for deaths"));
		}
	settings_unref(settings);
}

static bool lacks(void *context, struct err *err)
{
	*(bool *)context = true;
	return err_set(err, ERR_IO, "there is no HTTP");
}

static void forget(void *context)
{
	*(bool *)context = false;
}

/* What it cannot work without is there before its thread is; else nobody would hear of it. */
static void a_worker_that_lacks_what_it_works_with_is_left_out_with_the_reason(void **state)
{
	struct bench *bench = *state;
	struct err err = {.code = ERR_NONE};
	struct worker *worker = NULL;
	bool is_asked = false, was_asked = true;
	const struct worker_spec spec = {
		.name = "late", .prepare = lacks, .run = be_busy, .context = &is_asked};
	assert_false(worker_start(&bench->hub, &spec, &worker, &err));
	assert_true(is_asked);
	assert_string_equal(err.text, "cannot start 'late': there is no HTTP");
	const struct worker_spec other = {.name = "late",
		.prepare = lacks,
		.run = be_busy,
		.context = &was_asked,
		.release = forget};
	assert_false(worker_start(&bench->hub, &other, &worker, &err));
	assert_false(was_asked); /* it was released */
	assert_null(worker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_worker_with_a_full_inbox_gets_the_newest_roster, setup, teardown),
		cmocka_unit_test_setup_teardown(
			of_many_selections_the_last_one_arrives_and_nothing_grows, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_worker_that_gets_no_descriptor_is_left_out_with_the_reason, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			who_watches_processes_says_what_it_cannot_watch_with, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_worker_that_lacks_what_it_works_with_is_left_out_with_the_reason, setup,
			teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
