/* SPDX-License-Identifier: MIT */
/* Orders to a worker that is too busy to take any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/hub.h"
#include "core/collect/roster.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_worker_with_a_full_inbox_gets_the_newest_roster, setup, teardown),
		cmocka_unit_test_setup_teardown(
			of_many_selections_the_last_one_arrives_and_nothing_grows, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
