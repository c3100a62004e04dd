/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tui/views.h"

static struct place at(enum pane_id focus, bool drilled)
{
	return (struct place){.focus = focus, .lower = PANE_detail, .drilled = drilled};
}

static void back_and_forward_walk_the_trail(void **state)
{
	struct views views;
	(void)state;
	views_init(&views);
	assert_false(views_step(&views, -1));
	views_go(&views, at(PANE_logs, false));
	views_go(&views, at(PANE_alerts, false));
	assert_true(views_step(&views, -1));
	assert_int_equal(views_now(&views)->focus, PANE_logs);
	assert_true(views_step(&views, 1));
	assert_int_equal(views_now(&views)->focus, PANE_alerts);
	assert_false(views_step(&views, 1));
}

static void a_new_step_forgets_what_lay_ahead(void **state)
{
	struct views views;
	(void)state;
	views_init(&views);
	views_go(&views, at(PANE_logs, false));
	assert_true(views_step(&views, -1));
	views_go(&views, at(PANE_services, false));
	assert_false(views_step(&views, 1));
	assert_int_equal(views_now(&views)->focus, PANE_services);
}

static void the_same_place_again_is_no_step(void **state)
{
	struct views views;
	(void)state;
	views_init(&views);
	views_go(&views, at(PANE_logs, false));
	views_go(&views, at(PANE_logs, false));
	assert_true(views_step(&views, -1));
	assert_false(views_step(&views, -1));
}

static void minus_goes_to_and_fro(void **state)
{
	struct views views;
	(void)state;
	views_init(&views);
	views_go(&views, at(PANE_logs, false));
	assert_true(views_last(&views));
	assert_int_equal(views_now(&views)->focus, PANE_bots);
	assert_true(views_last(&views));
	assert_int_equal(views_now(&views)->focus, PANE_logs);
}

static void leaving_ends_where_enter_began(void **state)
{
	struct views views;
	(void)state;
	views_init(&views);
	assert_false(views_leave(&views));
	views_go(&views, at(PANE_alerts, false));
	views_go(&views, at(PANE_detail, true));
	views_go(&views, at(PANE_logs, true));
	assert_true(views_leave(&views));
	assert_int_equal(views_now(&views)->focus, PANE_alerts);
	assert_false(views_leave(&views));
}

static void home_is_where_the_way_out_leads_and_ends(void **state)
{
	const struct place home = {.focus = PANE_logs, .lower = PANE_logs, .zoom = ZOOM_FULL};
	struct views views;
	(void)state;
	views_init(&views);
	views_settle(&views, home);
	assert_false(views_leave(&views));
	assert_int_equal(views_now(&views)->zoom, ZOOM_FULL);
	views_go(&views, (struct place){.focus = PANE_detail, .zoom = ZOOM_FULL, .drilled = true});
	assert_true(views_leave(&views));
	assert_int_equal(views_now(&views)->focus, PANE_logs);
	views_replace(&views, (struct place){.focus = PANE_streams, .zoom = ZOOM_FULL});
	assert_true(views_leave(&views));
	assert_int_equal(views_now(&views)->focus, PANE_logs);
	assert_int_equal(views_now(&views)->zoom, ZOOM_FULL);
	assert_false(views_leave(&views));
}

static void a_long_trail_forgets_its_beginning(void **state)
{
	struct views views;
	(void)state;
	views_init(&views);
	for (int i = 0; i < 3 * VIEWS_MAX; i++)
		views_go(&views, at(i % 2 ? PANE_logs : PANE_alerts, false));
	int steps = 0;
	while (views_step(&views, -1))
		steps++;
	assert_int_equal(steps, VIEWS_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(back_and_forward_walk_the_trail),
		cmocka_unit_test(a_new_step_forgets_what_lay_ahead),
		cmocka_unit_test(the_same_place_again_is_no_step),
		cmocka_unit_test(minus_goes_to_and_fro),
		cmocka_unit_test(leaving_ends_where_enter_began),
		cmocka_unit_test(home_is_where_the_way_out_leads_and_ends),
		cmocka_unit_test(a_long_trail_forgets_its_beginning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
