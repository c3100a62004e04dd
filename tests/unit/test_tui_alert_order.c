/* SPDX-License-Identifier: MIT */
/* The order of alerts, on the screen and on the command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/attr.h"
#include "core/model/model.h"
#include "core/msg/msg.h"
#include "tui/show.h"

#define NOW_MS INT64_C(1790000000000)

/* As it has to stand: each before all that follow it. `age_s`: since it is at that. */
static const struct {
	const char *rule, *state;
	enum severity severity;
	int64_t age_s;
} rows[] = {
	{"redis_down", "firing", SEVERITY_CRIT, 4},
	{"source_unreachable", "firing", SEVERITY_CRIT, 3},
	{"postgres_down", "firing", SEVERITY_CRIT, 2},
	{"bot_down", "firing", SEVERITY_CRIT, 40},
	{"bot_down", "firing", SEVERITY_CRIT, 5},
	{"restart_loop", "firing", SEVERITY_CRIT, 90},
	{"webhook_error", "firing", SEVERITY_CRIT, 600},
	{"heartbeat_late", "firing", SEVERITY_CRIT, 30},
	{"bot_down", "firing", SEVERITY_WARN, 2},
	{"backlog_rising", "firing", SEVERITY_WARN, 900},
	{"redis_down", "pending", SEVERITY_CRIT, 1},
	{"token_rejected", "pending", SEVERITY_CRIT, 90},
	{"backlog_rising", "pending", SEVERITY_WARN, 7},
	{"webhook_error", "resolved", SEVERITY_WARN, 6},
	{"redis_down", "resolved", SEVERITY_CRIT, 8},
	{"bot_down", "resolved", SEVERITY_CRIT, 9},
};

/* An engine whose clock goes behind says the same age with an earlier time. */
static int compare(size_t one, size_t other, int64_t behind_ms)
{
	struct msg_alert alerts[2] = {0};
	const size_t at[2] = {one, other};
	for (size_t i = 0; i < 2; i++) {
		int64_t now_ms = NOW_MS - (i ? behind_ms : 0);
		bool over = strcmp(rows[at[i]].state, "resolved") == 0;
		int64_t at_ms = now_ms - rows[at[i]].age_s * 1000;
		alerts[i] = (struct msg_alert){.id = at[i] + 1,
			.rule = (char *)(uintptr_t)rows[at[i]].rule,
			.state = (char *)(uintptr_t)rows[at[i]].state,
			.severity = rows[at[i]].severity,
			.since_ms = over ? at_ms - 100000 : at_ms,
			.resolved_ms = over ? at_ms : 0};
	}
	return alert_order(&alerts[0], NOW_MS, &alerts[1], NOW_MS - behind_ms);
}

static void of_one_severity_causes_stand_before_what_follows_from_them(void **state)
{
	(void)state;
	for (size_t one = 0; one < COUNT_OF(rows); one++)
		for (size_t other = 0; other < COUNT_OF(rows); other++) {
			int found = compare(one, other, 0);
			int due = (one > other) - (one < other);
			if ((found > 0) - (found < 0) != due)
				fail_msg("row %zu (%s) and row %zu (%s): %d", one, rows[one].rule,
					other, rows[other].rule, found);
		}
}

static void an_engine_with_another_clock_says_the_same_ages(void **state)
{
	(void)state;
	for (size_t one = 0; one + 1 < COUNT_OF(rows); one++) {
		assert_true(compare(one, one + 1, 3600000) < 0);
		assert_true(compare(one, one + 1, -3600000) < 0);
	}
}

static void two_pages_of_figures_that_fail_have_their_names(void **state)
{
	(void)state;
	struct model *model = model_new();
	char kind[] = "source", name[] = "node";
	struct msg_alert alert = {.target_kind = kind, .target_name = name, .target = 7};
	struct msg_source *source = msg_new(MSG_source);
	char text[64];
	source->id = 7;
	msg_set(&source->kind, "scrape");
	msg_set(&source->name, "node");
	model_put(model, MSG_source, source);
	alert_target(model, &alert, text, sizeof(text));
	assert_string_equal(text, "scrape node");
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_one_severity_causes_stand_before_what_follows_from_them),
		cmocka_unit_test(two_pages_of_figures_that_fail_have_their_names),
		cmocka_unit_test(an_engine_with_another_clock_says_the_same_ages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
