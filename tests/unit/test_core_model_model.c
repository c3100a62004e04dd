/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/model/model.h"

static struct msg_bot *bot(uint64_t id, const char *name)
{
	struct msg_bot *body = msg_new(MSG_bot);
	body->id = id;
	msg_set(&body->name, name);
	return body;
}

static int setup(void **state)
{
	*state = model_new();
	return 0;
}

static int teardown(void **state)
{
	model_free(*state);
	return 0;
}

static void entities_are_found_by_id_and_listed_in_its_order(void **state)
{
	struct model *model = *state;
	const uint64_t ids[] = {50, 10, 99, 30};
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		model_put(model, MSG_bot, bot(ids[i], "b"));
	size_t count;
	const struct msg_bot *const *bots = model_bots(model, &count);
	assert_int_equal(count, 4);
	assert_int_equal(bots[0]->id, 10);
	assert_int_equal(bots[3]->id, 99);
	assert_int_equal(model_bot(model, 30)->id, 30);
	assert_null(model_bot(model, 31));
	assert_null(model_alert(model, 30));
}

static void only_what_is_newer_than_a_mark_is_dirty_and_the_latest_wins(void **state)
{
	struct model *model = *state;
	model_put(model, MSG_bot, bot(1, "a"));
	model_put(model, MSG_bot, bot(2, "b"));
	uint64_t mark = model_rev(model);
	assert_null(model_newer(model, mark));
	for (int i = 0; i < 3; i++)
		model_put(model, MSG_bot, bot(1, "changed"));
	const struct entity *dirty = model_newer(model, mark);
	assert_int_equal(dirty->id, 1);
	assert_null(dirty->newer);
	assert_int_equal(model_bot(model, 1)->rev, dirty->rev);
}

static void an_equal_state_makes_nothing_dirty(void **state)
{
	struct model *model = *state;
	assert_true(model_put_if_changed(model, MSG_bot, bot(1, "a")));
	uint64_t mark = model_rev(model);
	assert_false(model_put_if_changed(model, MSG_bot, bot(1, "a")));
	assert_null(model_newer(model, mark));
	assert_true(model_put_if_changed(model, MSG_bot, bot(1, "b")));
}

static void a_replica_fed_with_the_dirty_set_equals_the_model(void **state)
{
	struct model *model = *state, *replica = model_new();
	uint64_t mark = 0;
	for (uint64_t round = 0; round < 20; round++) {
		model_put(model, MSG_bot, bot(round % 7 + 1, round % 2 ? "odd" : "even"));
		if (round % 5 == 4)
			model_remove(model, MSG_bot, round % 7 + 1);
		for (const struct entity *e = model_newer(model, mark); e; e = e->newer) {
			mark = e->rev;
			struct msg_any any = {.kind = e->kind,
				.body = e->body ? msg_copy(e->kind, e->body) : NULL};
			if (!e->body) {
				struct msg_gone *gone = msg_new(MSG_gone);
				*gone = (struct msg_gone){.kind = e->kind, .id = e->id};
				any = (struct msg_any){.kind = MSG_gone, .body = gone};
			}
			model_apply(replica, any);
		}
		size_t count, same;
		const struct msg_bot *const *bots = model_bots(model, &count);
		const struct msg_bot *const *copies = model_bots(replica, &same);
		assert_int_equal(count, same);
		for (size_t i = 0; i < count; i++)
			assert_true(msg_equal(MSG_bot, bots[i], copies[i], false));
	}
	model_free(replica);
}

static void a_message_that_is_no_entity_is_freed_and_refused(void **state)
{
	struct msg_gone *gone = msg_new(MSG_gone);
	gone->kind = 1000;
	assert_false(model_apply(*state, (struct msg_any){.kind = MSG_gone, .body = gone}));
	assert_false(
		model_apply(*state, (struct msg_any){.kind = MSG_turn, .body = msg_new(MSG_turn)}));
}

static void tombstones_are_bounded(void **state)
{
	struct model *model = *state;
	for (uint64_t id = 1; id <= MODEL_TOMBSTONES_MAX + 100; id++) {
		model_put(model, MSG_bot, bot(id, "x"));
		model_remove(model, MSG_bot, id);
	}
	size_t count = 0;
	for (const struct entity *e = model_newer(model, 0); e; e = e->newer)
		count++;
	assert_int_equal(count, MODEL_TOMBSTONES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			entities_are_found_by_id_and_listed_in_its_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			only_what_is_newer_than_a_mark_is_dirty_and_the_latest_wins, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			an_equal_state_makes_nothing_dirty, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_replica_fed_with_the_dirty_set_equals_the_model, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_message_that_is_no_entity_is_freed_and_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(tombstones_are_bounded, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
