/* SPDX-License-Identifier: MIT */
/* The order, the filter and the folding of Bots, over a model filled by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "tui/app.h"
#include "tui/panes/bots.h"
#include "tui/panes/facts.h"
#include "tui/picture.h"

enum { NOW_MS = 1000000 };

struct stage {
	struct clock clock;
	struct settings settings;
	struct theme theme;
	struct term *term;
	struct app *app;
};

static int setup(void **state)
{
	struct stage *stage = xcalloc(1, sizeof(*stage));
	struct err err;
	int fds[2];
	clock_init_virtual(&stage->clock, NOW_MS);
	clock_advance(&stage->clock, 1);
	stage->settings.environment = xstrdup("demo");
	assert_true(theme_builtin(theme_builtin_names()[0], &stage->theme, &err));
	const struct term_options options = {.clock = &stage->clock, .theme = &stage->theme};
	stage->term = term_headless_new(24, 80, &options);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	stage->app = app_new(&stage->clock, &stage->settings, stage->term,
		links_over(link_over(client_over(fds[0], "nobody", "screen", true))));
	stage->app->now_ms = NOW_MS;
	*state = stage;
	return 0;
}

static int teardown(void **state)
{
	struct stage *stage = *state;
	app_free(stage->app);
	term_free(stage->term);
	free(stage->settings.environment);
	free(stage);
	return 0;
}

static void put(struct stage *stage, const char *line)
{
	struct msg_any any;
	struct err err;
	if (!msg_parse(line, &any, &err))
		fail_msg("%s", err.text);
	if (any.kind == MSG_bot) {
		struct msg_bot *bot = any.body;
		bot->id = entity_id("bot", bot->name);
	}
	assert_true(model_apply(stage->app->live, any));
}

static void put_fleet(struct stage *stage)
{
	put(stage,
		"bot name=\"ada\" severity=0 state=\"ok\" pending=7 tg_at_ms=1 updates_per_s=1.5 "
		"p95_ms=nan errors_per_min=nan");
	put(stage, "bot name=\"bob\" severity=4 state=\"down\" why=\"process gone\" "
		   "why_since_ms=940000 "
		   "pending=1200 tg_at_ms=1 updates_per_s=nan p95_ms=nan errors_per_min=nan");
	put(stage, "bot name=\"cem\" severity=3 state=\"late\" why=\"no beat\" pending=-1 "
		   "updates_per_s=0.5 p95_ms=nan errors_per_min=nan host=\"eu-1\"");
	put(stage, "bot name=\"dan\" severity=1 state=\"disabled\" pending=-1 updates_per_s=nan "
		   "p95_ms=nan errors_per_min=nan");
	put(stage, "bot name=\"eve\" severity=0 state=\"ok\" pending=0 tg_at_ms=1 updates_per_s=9 "
		   "p95_ms=nan errors_per_min=nan");
}

static struct bots_view *view_of(struct stage *stage)
{
	return stage->app->view[PANE_bots];
}

/* The names in the order of the screen. */
static void assert_order(struct stage *stage, const char *wanted)
{
	autostr struct str names = STR_INIT;
	picture_update(stage->app);
	const struct id_list *shown = &view_of(stage)->rows.shown;
	for (size_t i = 0; i < shown->count; i++)
		str_addf(&names, "%s%s", i ? " " : "",
			model_bot(stage->app->live, shown->ids[i])->name);
	assert_string_equal(names.text, wanted);
}

static void the_worst_comes_first_and_then_the_name(void **state)
{
	put_fleet(*state);
	assert_order(*state, "bob cem dan ada eve");
}

static void a_column_sorts_and_turns_over_and_the_unknown_stays_last(void **state)
{
	struct stage *stage = *state;
	put_fleet(stage);
	pane_bots.sort(view_of(stage), BOTS_PENDING);
	assert_order(stage, "bob ada eve cem dan");
	pane_bots.sort(view_of(stage), BOTS_PENDING);
	assert_order(stage, "eve ada bob cem dan");
	pane_bots.sort(view_of(stage), BOTS_NAME);
	assert_order(stage, "ada bob cem dan eve");
	pane_bots.sort(view_of(stage), BOTS_S);
	assert_order(stage, "bob cem dan ada eve");
}

static void filter(struct stage *stage, const char *expression, const char *wanted)
{
	struct err err = {.code = ERR_NONE};
	if (!pane_bots.filter(stage->app, view_of(stage), expression, &err))
		fail_msg("%s: %s", expression, err.text);
	assert_order(stage, wanted);
}

static void filters_speak_of_words_and_of_columns(void **state)
{
	struct stage *stage = *state;
	put_fleet(stage);
	filter(stage, "gone", "bob");
	filter(stage, "!gone", "cem dan ada eve");
	filter(stage, "pend>5", "bob ada");
	filter(stage, "state!=ok", "bob cem dan");
	filter(stage, "host=eu-* or upd>=9", "cem eve");
	filter(stage, "why~^proc", "bob");
	assert_int_equal(view_of(stage)->hidden, 4);
	filter(stage, "", "bob cem dan ada eve");
	assert_int_equal(view_of(stage)->hidden, 0);
}

static void a_wrong_filter_is_refused_and_the_old_one_stays(void **state)
{
	struct stage *stage = *state;
	struct err err = {.code = ERR_NONE};
	put_fleet(stage);
	filter(stage, "pend>5", "bob ada");
	assert_false(pane_bots.filter(stage->app, view_of(stage), "pend>", &err));
	assert_true(err.text[0] != '\0');
	assert_order(stage, "bob ada");
}

static void columns_that_no_bot_fills_are_absent(void **state)
{
	struct stage *stage = *state;
	put_fleet(stage);
	uint64_t absent = bots_absent(stage->app);
	assert_true(absent >> BOTS_P95 & 1);
	assert_true(absent >> BOTS_UP & 1);
	assert_true(absent >> BOTS_SPARK & 1);
	assert_false(absent >> BOTS_HOST & 1);
	assert_false(absent >> BOTS_PENDING & 1);
	assert_false(absent >> BOTS_WHY & 1);
}

/* Its Redis was last heard of 20 s ago, and looked at every 2 s before; its page of metrics goes on. */
static void put_without_redis(struct stage *stage)
{
	put(stage, "source id=7 kind=\"redis\" name=\"main\" interval_ms=2000");
	put(stage, "source id=8 kind=\"process\" name=\"processes\" interval_ms=2000");
	put(stage,
		"bot name=\"ada\" state=\"degraded\" proc_state=\"running\" proc_start_ms=900000 "
		"proc_at_ms=999000 hb_state=\"ok\" hb_at_ms=979000 hb_seen_ms=980000 pending=-1 "
		"updates_per_s=0.5 p95_ms=93.6 errors_per_min=nan api_requests_per_s=nan");
	put(stage, "bot name=\"bob\" state=\"stale\" proc_state=\"running\" proc_start_ms=900000 "
		   "proc_at_ms=980000 hb_state=\"ok\" hb_at_ms=979000 hb_seen_ms=980000 pending=-1 "
		   "updates_per_s=nan p95_ms=nan errors_per_min=nan api_requests_per_s=nan");
	picture_update(stage->app);
}

static void assert_cell(struct stage *stage, size_t row, enum bots_field field, const char *wanted)
{
	struct cell_text cell = {.text = ""};
	bots_table.cell(view_of(stage), row, (size_t)field, &cell);
	assert_string_equal(cell.text, wanted);
}

static void assert_fact(struct stage *stage, const char *bot, const char *label, const char *wanted)
{
	struct facts facts;
	facts_of(stage->app, model_bot(stage->app->live, entity_id("bot", bot)), &facts);
	for (size_t i = 0; i < facts.count; i++)
		if (strcmp(facts.list[i].label, label) == 0) {
			assert_string_equal(facts.list[i].text, wanted);
			return;
		}
	fail_msg("%s has no %s", bot, label);
}

static void without_redis_the_table_and_the_detail_say_the_same(void **state)
{
	struct stage *stage = *state;
	put_without_redis(stage);
	assert_cell(stage, 0, BOTS_RATE, "0.5");
	assert_cell(stage, 0, BOTS_P95, "94");
	assert_cell(stage, 0, BOTS_BEAT, "--");
	assert_cell(stage, 0, BOTS_UP, "1m");
	assert_fact(stage, "ada", "load", "0.5 updates/s  p95 94 ms  ");
	assert_fact(stage, "ada", "heartbeat", "-- not looked at for 20s");
	assert_cell(stage, 1, BOTS_RATE, "--");
	assert_cell(stage, 1, BOTS_P95, "--");
	assert_cell(stage, 1, BOTS_UP, "--");
	assert_fact(stage, "bob", "load", "-- updates/s  p95 -- ms  ");
}

static void what_is_too_old_to_be_shown_is_not_compared_and_keeps_its_column(void **state)
{
	struct stage *stage = *state;
	put_without_redis(stage);
	filter(stage, "hb>1", "");
	filter(stage, "up>1", "ada");
	assert_false(bots_absent(stage->app) >> BOTS_BEAT & 1);
	put(stage, "source id=7 kind=\"redis\" name=\"main\" interval_ms=10000");
	filter(stage, "hb>1", "ada bob");
}

static void put_many(struct stage *stage, int well)
{
	put_fleet(stage);
	for (int i = 0; i < well; i++) {
		char line[96];
		snprintf(line, sizeof(line),
			"bot name=\"well-%03d\" severity=0 state=\"ok\" pending=-1", i);
		put(stage, line);
	}
	picture_update(stage->app);
}

static void healthy_rows_are_folded_only_when_they_do_not_fit(void **state)
{
	struct stage *stage = *state;
	put_fleet(stage);
	picture_update(stage->app);
	assert_null(view_of(stage)->table.fold);
	put_many(stage, 60);
	const struct table *table = &view_of(stage)->table;
	assert_non_null(table->fold);
	assert_int_equal(table->rows + 1, (size_t)view_of(stage)->page);
	char wanted[64];
	snprintf(wanted, sizeof(wanted), ". %zu more ok (Enter unfolds)", 65 - table->rows);
	assert_string_equal(table->fold, wanted);
}

static void trouble_and_marks_are_never_folded_away(void **state)
{
	struct stage *stage = *state;
	put_many(stage, 60);
	rowset_mark(&view_of(stage)->rows, entity_id("bot", "well-059"), true);
	picture_update(stage->app);
	assert_null(view_of(stage)->table.fold);
	rowset_unmark_all(&view_of(stage)->rows);
	put(stage, "bot name=\"well-058\" severity=4 state=\"down\" pending=-1");
	picture_update(stage->app);
	assert_int_equal(view_of(stage)->rows.shown.ids[1], entity_id("bot", "well-058"));
}

static void the_end_of_the_list_is_the_fold_and_enter_unfolds_it(void **state)
{
	struct stage *stage = *state;
	struct err err;
	put_many(stage, 60);
	pane_bots.move(stage->app, view_of(stage), TABLE_END);
	picture_update(stage->app);
	assert_true(table_on_fold(&view_of(stage)->table));
	assert_true(pane_bots.open(stage->app, view_of(stage), &err));
	picture_update(stage->app);
	assert_null(view_of(stage)->table.fold);
	assert_int_equal(view_of(stage)->table.rows, 65);
	assert_true(pane_bots.escape(stage->app, view_of(stage)));
}

int main(void)
{
#define BOTS_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		BOTS_TEST(the_worst_comes_first_and_then_the_name),
		BOTS_TEST(a_column_sorts_and_turns_over_and_the_unknown_stays_last),
		BOTS_TEST(filters_speak_of_words_and_of_columns),
		BOTS_TEST(a_wrong_filter_is_refused_and_the_old_one_stays),
		BOTS_TEST(columns_that_no_bot_fills_are_absent),
		BOTS_TEST(without_redis_the_table_and_the_detail_say_the_same),
		BOTS_TEST(what_is_too_old_to_be_shown_is_not_compared_and_keeps_its_column),
		BOTS_TEST(healthy_rows_are_folded_only_when_they_do_not_fit),
		BOTS_TEST(trouble_and_marks_are_never_folded_away),
		BOTS_TEST(the_end_of_the_list_is_the_fold_and_enter_unfolds_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
