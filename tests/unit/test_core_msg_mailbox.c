/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>

#include "core/base/mem.h"
#include "core/msg/mailbox.h"

enum { POSTERS = 4, EACH = 5000 };

struct poster {
	struct mailbox *mailbox;
	uint64_t number;
};

static void *post_all(void *argument)
{
	struct poster *poster = argument;
	for (uint64_t i = 0; i < EACH; i++) {
		struct msg_turn *turn = msg_new(MSG_turn);
		turn->number = poster->number;
		turn->mono_ms = (int64_t)i;
		mailbox_post(poster->mailbox, MSG_turn, turn);
	}
	return NULL;
}

static bool rings(const struct mailbox *mailbox, int wait_ms)
{
	struct pollfd fd = {.fd = mailbox_fd(mailbox), .events = POLLIN};
	return poll(&fd, 1, wait_ms) == 1;
}

static void nothing_is_lost_or_reordered_between_four_posters_and_a_taker(void **state)
{
	(void)state;
	struct mailbox *mailbox = mailbox_new(POSTERS * EACH);
	struct poster posters[POSTERS];
	pthread_t threads[POSTERS];
	int64_t next[POSTERS] = {0};
	for (unsigned i = 0; i < POSTERS; i++) {
		posters[i] = (struct poster){.mailbox = mailbox, .number = i};
		assert_int_equal(pthread_create(&threads[i], NULL, post_all, &posters[i]), 0);
	}
	for (size_t taken = 0; taken < POSTERS * EACH;) {
		assert_true(rings(mailbox, 10000));
		struct parcel parcels[64];
		size_t count = mailbox_take(mailbox, parcels, COUNT_OF(parcels));
		for (size_t i = 0; i < count; i++) {
			const struct msg_turn *turn = parcels[i].message.body;
			assert_int_equal(turn->mono_ms, next[turn->number]++);
			parcel_release(&parcels[i]);
		}
		taken += count;
	}
	for (unsigned i = 0; i < POSTERS; i++)
		pthread_join(threads[i], NULL);
	assert_false(rings(mailbox, 0));
	mailbox_free(mailbox);
}

static void a_full_box_refuses_counts_and_frees(void **state)
{
	(void)state;
	struct mailbox *mailbox = mailbox_new(2);
	assert_true(mailbox_post(mailbox, MSG_turn, msg_new(MSG_turn)));
	assert_true(mailbox_post(mailbox, MSG_turn, msg_new(MSG_turn)));
	assert_false(mailbox_post(mailbox, MSG_turn, msg_new(MSG_turn)));
	assert_int_equal(mailbox_dropped(mailbox), 1);
	mailbox_free(mailbox);
}

static void what_was_not_taken_keeps_ringing(void **state)
{
	(void)state;
	struct mailbox *mailbox = mailbox_new(10);
	for (int i = 0; i < 3; i++)
		mailbox_post(mailbox, MSG_turn, msg_new(MSG_turn));
	struct parcel parcel;
	for (int i = 0; i < 3; i++) {
		assert_true(rings(mailbox, 0));
		assert_int_equal(mailbox_take(mailbox, &parcel, 1), 1);
		parcel_release(&parcel);
	}
	assert_false(rings(mailbox, 0));
	mailbox_free(mailbox);
}

static void what_is_posted_ahead_is_rung_for_by_what_follows(void **state)
{
	(void)state;
	struct mailbox *mailbox = mailbox_new(3);
	struct parcel parcels[3];
	assert_true(mailbox_post_ahead(mailbox, MSG_turn, msg_new(MSG_turn)));
	assert_false(rings(mailbox, 0));
	assert_true(mailbox_post(mailbox, MSG_turn, msg_new(MSG_turn)));
	assert_true(rings(mailbox, 0));
	assert_true(mailbox_post_ahead(mailbox, MSG_turn, msg_new(MSG_turn)));
	assert_false(mailbox_post_ahead(mailbox, MSG_turn, msg_new(MSG_turn)));
	assert_int_equal(mailbox_dropped(mailbox), 1);
	assert_int_equal(mailbox_take(mailbox, parcels, COUNT_OF(parcels)), 3);
	for (size_t i = 0; i < COUNT_OF(parcels); i++)
		parcel_release(&parcels[i]);
	assert_false(rings(mailbox, 0));
	mailbox_free(mailbox);
}

static void a_ring_without_a_message_wakes_once(void **state)
{
	(void)state;
	struct mailbox *mailbox = mailbox_new(3);
	struct parcel parcel;
	mailbox_ring(mailbox);
	assert_true(rings(mailbox, 0));
	assert_int_equal(mailbox_take(mailbox, &parcel, 1), 0);
	assert_false(rings(mailbox, 0));
	mailbox_free(mailbox);
}

static void count_release(void *attachment)
{
	++*(int *)attachment;
}

static void an_attachment_moves_with_its_message_and_is_released_once(void **state)
{
	(void)state;
	int released = 0;
	struct mailbox *mailbox = mailbox_new(10);
	for (int i = 0; i < 2; i++)
		mailbox_post_with(mailbox, (struct parcel){.message = {MSG_turn, msg_new(MSG_turn)},
						   .attachment = &released,
						   .release = count_release});
	struct parcel parcel;
	assert_int_equal(mailbox_take(mailbox, &parcel, 1), 1);
	assert_ptr_equal(parcel.attachment, &released);
	parcel_release(&parcel);
	mailbox_free(mailbox);
	assert_int_equal(released, 2);
}

static void what_somebody_waits_for_goes_into_a_full_box(void **state)
{
	(void)state;
	int released = 0;
	struct mailbox *mailbox = mailbox_new(1);
	assert_true(mailbox_post(mailbox, MSG_turn, msg_new(MSG_turn)));
	mailbox_post_due(
		mailbox, (struct parcel){.attachment = &released, .release = count_release});
	assert_false(mailbox_post(mailbox, MSG_turn, msg_new(MSG_turn)));
	struct parcel parcels[4];
	assert_int_equal(mailbox_take(mailbox, parcels, COUNT_OF(parcels)), 2);
	assert_ptr_equal(parcels[1].attachment, &released);
	parcel_release(&parcels[0]);
	parcel_release(&parcels[1]);
	assert_int_equal(released, 1);
	mailbox_free(mailbox);
}

struct note {
	int kind, value, released;
};

static void release_note(void *note)
{
	((struct note *)note)->released++;
}

static bool is_same_kind(const void *waiting, const void *note)
{
	return ((const struct note *)waiting)->kind == ((const struct note *)note)->kind;
}

static struct parcel parcel_of(struct note *note)
{
	return (struct parcel){.attachment = note, .release = release_note};
}

static void a_newer_state_takes_the_place_of_the_one_that_waits_also_in_a_full_box(void **state)
{
	(void)state;
	struct note notes[] = {{1, 1, 0}, {2, 2, 0}, {1, 3, 0}, {3, 4, 0}};
	struct mailbox *mailbox = mailbox_new(2);
	assert_true(mailbox_post_with(mailbox, parcel_of(&notes[0])));
	assert_true(mailbox_post_with(mailbox, parcel_of(&notes[1])));
	mailbox_post_latest(mailbox, parcel_of(&notes[2]), is_same_kind);
	assert_int_equal(notes[0].released, 1);
	mailbox_post_latest(mailbox, parcel_of(&notes[3]), is_same_kind);
	assert_true(rings(mailbox, 0));
	struct parcel parcels[4];
	assert_int_equal(mailbox_take(mailbox, parcels, COUNT_OF(parcels)), 3);
	static const int values[] = {3, 2, 4};
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		const struct note *note = parcels[i].attachment;
		assert_int_equal(note->value, values[i]);
		assert_int_equal(note->released, 0);
		parcel_release(&parcels[i]);
	}
	assert_int_equal(mailbox_dropped(mailbox), 0);
	mailbox_free(mailbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_posted_ahead_is_rung_for_by_what_follows),
		cmocka_unit_test(a_ring_without_a_message_wakes_once),
		cmocka_unit_test(nothing_is_lost_or_reordered_between_four_posters_and_a_taker),
		cmocka_unit_test(a_full_box_refuses_counts_and_frees),
		cmocka_unit_test(what_was_not_taken_keeps_ringing),
		cmocka_unit_test(an_attachment_moves_with_its_message_and_is_released_once),
		cmocka_unit_test(what_somebody_waits_for_goes_into_a_full_box),
		cmocka_unit_test(
			a_newer_state_takes_the_place_of_the_one_that_waits_also_in_a_full_box),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
