/* SPDX-License-Identifier: MIT */
/* What is told of an outcome, for what is seen: each test is a little film of one bot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/act/outcome.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/msg.h"

enum { VERIFY_MS = 30000, STABLE_MS = 10000, AGE_MS = 3600 * 1000 };
static const int64_t WALL_MS = 1795168821744;

struct film {
	struct msg_bot *bot;
	struct outcome outcome;
	struct now now;
	struct str text;
	bool blind; /* nobody looks at the process */
	bool deaf;  /* Redis cannot be asked */
};

static int setup(void **state)
{
	struct film *film = xcalloc(1, sizeof(*film));
	film->bot = msg_new(MSG_bot);
	film->now = (struct now){.wall_ms = WALL_MS, .mono_ms = 5000};
	film->outcome = (struct outcome){.verify_ms = VERIFY_MS, .stable_ms = STABLE_MS};
	str_init(&film->text);
	msg_set(&film->bot->proc_state, "running");
	msg_set(&film->bot->hb_state, "ok");
	film->bot->pid = 812;
	film->bot->proc_start_ms = WALL_MS - AGE_MS;
	film->bot->proc_at_ms = film->bot->hb_seen_ms = film->bot->hb_at_ms = WALL_MS - 400;
	film->bot->pending = 0;
	*state = film;
	return 0;
}

static int teardown(void **state)
{
	struct film *film = *state;
	msg_free(MSG_bot, film->bot);
	str_release(&film->text);
	free(film);
	return 0;
}

static void command(struct film *film, enum want want, int64_t took_ms)
{
	outcome_begin(&film->outcome, want, film->bot, film->now);
	film->now.wall_ms += took_ms;
	film->now.mono_ms += took_ms;
	outcome_ran(&film->outcome, film->now);
}

/* Time passes, the process and the heartbeat are looked at, and the outcome is judged. */
static enum outcome_word look(struct film *film, int64_t ms)
{
	film->now.wall_ms += ms;
	film->now.mono_ms += ms;
	if (!film->blind)
		film->bot->proc_at_ms = film->now.wall_ms;
	if (!film->deaf)
		film->bot->hb_seen_ms = film->now.wall_ms;
	str_clear(&film->text);
	return outcome_judge(&film->outcome, film->bot, film->now, &film->text);
}

static void absent(struct film *film)
{
	msg_set(&film->bot->proc_state, "absent");
	film->bot->pid = 0;
}

static void up(struct film *film, uint64_t pid)
{
	msg_set(&film->bot->proc_state, "running");
	film->bot->pid = pid;
	film->bot->proc_start_ms = film->now.wall_ms;
}

static void beat(struct film *film)
{
	film->bot->hb_at_ms = film->now.wall_ms;
}

static void no_heartbeat(struct film *film)
{
	msg_set(&film->bot->hb_state, "not_configured");
	film->bot->hb_at_ms = film->bot->hb_seen_ms = 0;
}

static void no_process(struct film *film)
{
	msg_set(&film->bot->proc_state, "not_configured");
	film->bot->pid = 0;
	film->bot->proc_start_ms = film->bot->proc_at_ms = 0;
	film->blind = true;
}

#define assert_outcome(film, ms, word, words)                                                      \
	do {                                                                                       \
		enum outcome_word seen_ = look(film, ms);                                          \
		assert_string_equal((film)->text.text, words);                                     \
		assert_int_equal(seen_, word);                                                     \
	} while (0)

static void a_new_process_that_beats_and_stays_is_done(void **state)
{
	struct film *film = *state;
	command(film, WANT_REPLACED, 800);
	up(film, 934);
	assert_outcome(
		film, 1000, OUTCOME_WAIT, "pid 812 -> 934, watched until it has run for 10s");
	beat(film);
	assert_outcome(
		film, 8000, OUTCOME_WAIT, "pid 812 -> 934, watched until it has run for 10s");
	assert_outcome(film, 1000, OUTCOME_DONE, "pid 812 -> 934, heartbeat 9.0s ago");
}

static void a_new_process_whose_beats_redis_cannot_tell_is_unverified_and_not_failed(void **state)
{
	struct film *film = *state;
	film->deaf = true;
	command(film, WANT_REPLACED, 800);
	up(film, 934);
	assert_outcome(film, 12000, OUTCOME_WAIT, "pid 812 -> 934, waiting for its heartbeat");
	assert_outcome(film, 20000, OUTCOME_UNVERIFIED,
		"pid 812 -> 934, but Redis could not be asked for its heartbeat since");
}

static void a_beat_of_the_old_process_does_not_count(void **state)
{
	struct film *film = *state;
	command(film, WANT_REPLACED, 800);
	up(film, 934);
	film->bot->hb_at_ms = film->bot->proc_start_ms - 1;
	assert_outcome(film, 12000, OUTCOME_WAIT, "pid 812 -> 934, waiting for its heartbeat");
	assert_outcome(
		film, 20000, OUTCOME_FAILED, "pid 812 -> 934, but no heartbeat since its start");
}

static void a_beat_that_moves_counts_though_its_time_is_reckoned_too_early(void **state)
{
	struct film *film = *state;
	command(film, WANT_REPLACED, 800);
	up(film, 934);
	film->bot->hb_at_ms = film->now.wall_ms - 30000; /* its TTL became shorter */
	assert_outcome(
		film, 1000, OUTCOME_WAIT, "pid 812 -> 934, watched until it has run for 10s");
	film->bot->hb_at_ms += 5000;
	assert_outcome(film, 10000, OUTCOME_DONE, "pid 812 -> 934, heartbeat 36s ago");
}

static void a_bot_without_heartbeat_needs_none(void **state)
{
	struct film *film = *state;
	no_heartbeat(film);
	command(film, WANT_REPLACED, 800);
	up(film, 934);
	assert_outcome(
		film, 1000, OUTCOME_WAIT, "pid 812 -> 934, watched until it has run for 10s");
	assert_outcome(film, 9000, OUTCOME_DONE, "pid 812 -> 934");
}

static void the_same_pid_with_a_new_start_is_a_new_process(void **state)
{
	struct film *film = *state;
	no_heartbeat(film);
	command(film, WANT_REPLACED, 800);
	up(film, 812);
	assert_outcome(film, 1000, OUTCOME_WAIT, "pid 812, watched until it has run for 10s");
	assert_outcome(film, 9000, OUTCOME_DONE, "pid 812");
}

static void a_process_that_was_not_replaced_has_failed(void **state)
{
	struct film *film = *state;
	command(film, WANT_REPLACED, 800);
	beat(film);
	assert_outcome(film, 29000, OUTCOME_WAIT, "");
	assert_outcome(film, 1000, OUTCOME_FAILED, "still pid 812: the command did not replace it");
}

static void a_bot_that_dies_again_has_failed(void **state)
{
	struct film *film = *state;
	command(film, WANT_REPLACED, 800);
	up(film, 934);
	beat(film);
	assert_outcome(
		film, 2000, OUTCOME_WAIT, "pid 812 -> 934, watched until it has run for 10s");
	absent(film);
	assert_outcome(
		film, 2000, OUTCOME_FAILED, "it came up as pid 934 and died again within 10s");
}

static void a_bot_that_loops_faster_than_we_look_has_failed(void **state)
{
	struct film *film = *state;
	command(film, WANT_PRESENT, 800);
	up(film, 934);
	beat(film);
	assert_outcome(
		film, 2000, OUTCOME_WAIT, "pid 812 -> 934, watched until it has run for 10s");
	up(film, 935);
	beat(film);
	assert_outcome(
		film, 2000, OUTCOME_FAILED, "it came up as pid 934 and died again within 10s");
}

static void what_was_seen_before_the_command_ended_is_no_outcome(void **state)
{
	struct film *film = *state;
	absent(film);
	outcome_begin(&film->outcome, WANT_REPLACED, film->bot, film->now);
	up(film, 900); /* its supervisor tried again while the command ran */
	film->bot->proc_at_ms = film->now.wall_ms + 100;
	film->now.wall_ms += 800;
	film->now.mono_ms += 800;
	outcome_ran(&film->outcome, film->now);
	film->blind = true;
	assert_outcome(film, 100, OUTCOME_WAIT, "");
	film->blind = false;
	up(film, 901);
	beat(film);
	assert_outcome(film, 2000, OUTCOME_WAIT, "pid 901, watched until it has run for 10s");
	assert_outcome(film, 8000, OUTCOME_DONE, "pid 901, heartbeat 10s ago");
}

static void no_process_at_all_has_failed(void **state)
{
	struct film *film = *state;
	absent(film);
	command(film, WANT_PRESENT, 800);
	assert_outcome(film, 29999, OUTCOME_WAIT, "");
	assert_outcome(film, 1, OUTCOME_FAILED, "no process 30s after the command ended with 0");
}

static void a_late_start_gets_its_stable_time(void **state)
{
	struct film *film = *state;
	absent(film);
	no_heartbeat(film);
	command(film, WANT_PRESENT, 800);
	assert_outcome(film, 29000, OUTCOME_WAIT, "");
	up(film, 934);
	assert_outcome(film, 500, OUTCOME_WAIT, "pid 934, watched until it has run for 10s");
	assert_int_equal(outcome_due_ms(&film->outcome), film->now.mono_ms + 15000);
	assert_outcome(film, 9500, OUTCOME_DONE, "pid 934");
}

static void starting_what_runs_is_done_by_looking(void **state)
{
	struct film *film = *state;
	command(film, WANT_PRESENT, 100);
	beat(film);
	assert_outcome(film, 1000, OUTCOME_DONE, "pid 812, heartbeat 1.0s ago");
}

static void a_process_that_nobody_looks_at_is_unverified(void **state)
{
	struct film *film = *state;
	film->blind = true;
	command(film, WANT_REPLACED, 800);
	assert_outcome(film, 29000, OUTCOME_WAIT, "");
	assert_outcome(film, 1000, OUTCOME_UNVERIFIED,
		"the command ended with 0, but its process was not looked at since");
}

static void a_stopped_process_that_stays_away_is_done(void **state)
{
	struct film *film = *state;
	command(film, WANT_ABSENT, 800);
	absent(film);
	assert_outcome(film, 1000, OUTCOME_WAIT, "");
	assert_outcome(film, 3000, OUTCOME_DONE, "pid 812 ended");
}

static void a_stopped_process_that_comes_back_has_failed(void **state)
{
	struct film *film = *state;
	command(film, WANT_ABSENT, 800);
	absent(film);
	assert_outcome(film, 1000, OUTCOME_WAIT, "");
	up(film, 940);
	assert_outcome(film, 1000, OUTCOME_FAILED, "it is back as pid 940: something restarts it");
}

static void a_process_that_does_not_stop_has_failed(void **state)
{
	struct film *film = *state;
	command(film, WANT_ABSENT, 800);
	assert_outcome(film, 29000, OUTCOME_WAIT, "");
	assert_outcome(film, 1000, OUTCOME_FAILED, "still running as pid 812");
}

static void stopping_what_is_stopped_is_done(void **state)
{
	struct film *film = *state;
	absent(film);
	command(film, WANT_ABSENT, 800);
	assert_outcome(film, 1000, OUTCOME_WAIT, "");
	assert_outcome(film, 3000, OUTCOME_DONE, "no process, as before");
}

static void without_a_process_two_beats_apart_after_a_pause_are_done(void **state)
{
	struct film *film = *state;
	no_process(film);
	command(film, WANT_REPLACED, 800);
	msg_set(&film->bot->hb_state, "late");
	assert_outcome(film, 1000, OUTCOME_WAIT, "");
	msg_set(&film->bot->hb_state, "ok");
	beat(film);
	assert_outcome(film, 5000, OUTCOME_WAIT, "");
	assert_outcome(film, 5000, OUTCOME_WAIT, "");
	beat(film);
	assert_outcome(film, 1000, OUTCOME_DONE, "heartbeat 1.0s ago");
}

static void without_a_process_a_restart_that_pauses_no_beat_is_unverified(void **state)
{
	struct film *film = *state;
	no_process(film);
	command(film, WANT_REPLACED, 800);
	beat(film);
	assert_outcome(film, 1000, OUTCOME_WAIT, "");
	assert_outcome(film, 9000, OUTCOME_WAIT, "");
	beat(film);
	assert_outcome(film, 1000, OUTCOME_UNVERIFIED,
		"heartbeat 1.0s ago, but it never paused and no process is observed: nobody saw "
		"whether it was replaced");
}

static void without_a_process_two_beats_after_a_start_are_done(void **state)
{
	struct film *film = *state;
	no_process(film);
	msg_set(&film->bot->hb_state, "missing");
	command(film, WANT_PRESENT, 800);
	msg_set(&film->bot->hb_state, "ok");
	beat(film);
	assert_outcome(film, 1000, OUTCOME_WAIT, "");
	assert_outcome(film, 9000, OUTCOME_WAIT, "");
	beat(film);
	assert_outcome(film, 1000, OUTCOME_DONE, "heartbeat 1.0s ago");
}

static void one_beat_alone_proves_nothing(void **state)
{
	struct film *film = *state;
	no_process(film);
	command(film, WANT_REPLACED, 800);
	look(film, 1000);
	beat(film);
	assert_outcome(film, 28000, OUTCOME_WAIT, "");
	assert_outcome(film, 1000, OUTCOME_UNVERIFIED,
		"one heartbeat, but none later; no process is observed");
}

static void without_a_process_beats_that_redis_cannot_tell_are_unverified_and_not_failed(
	void **state)
{
	struct film *film = *state;
	no_process(film);
	film->deaf = true;
	command(film, WANT_REPLACED, 800);
	assert_outcome(film, 29000, OUTCOME_WAIT, "");
	assert_outcome(film, 1000, OUTCOME_UNVERIFIED,
		"Redis could not be asked for its heartbeat since; no process is observed");
}

static void a_redis_that_falls_silent_after_one_beat_hides_the_next(void **state)
{
	struct film *film = *state;
	no_process(film);
	command(film, WANT_REPLACED, 800);
	beat(film);
	assert_outcome(film, 1000, OUTCOME_WAIT, "");
	film->bot->hb_at_ms = film->now.wall_ms - 500;
	film->deaf = true;
	assert_outcome(film, 29000, OUTCOME_UNVERIFIED,
		"one heartbeat, but Redis could not be asked for another since; no process is "
		"observed");
}

static void without_a_process_a_silence_that_redis_tells_is_failed(void **state)
{
	struct film *film = *state;
	no_process(film);
	command(film, WANT_REPLACED, 800);
	msg_set(&film->bot->hb_state, "missing");
	assert_outcome(film, 29000, OUTCOME_WAIT, "");
	assert_outcome(film, 1000, OUTCOME_FAILED, "no heartbeat since; no process is observed");
}

static void a_heartbeat_that_runs_out_after_stop_is_done(void **state)
{
	struct film *film = *state;
	no_process(film);
	command(film, WANT_ABSENT, 800);
	assert_outcome(film, 20000, OUTCOME_WAIT, "");
	msg_set(&film->bot->hb_state, "missing");
	assert_outcome(film, 1000, OUTCOME_DONE, "its heartbeat stopped; no process is observed");
}

static void a_falling_backlog_is_all_that_is_left_to_see(void **state)
{
	struct film *film = *state;
	no_process(film);
	no_heartbeat(film);
	film->bot->pending = 1204;
	command(film, WANT_REPLACED, 800);
	assert_outcome(film, 1000, OUTCOME_WAIT, "");
	film->bot->pending = 3;
	film->bot->tg_at_ms = film->now.wall_ms;
	assert_outcome(film, 1000, OUTCOME_DONE, "backlog 1204 -> 3");
}

static void where_nothing_is_observed_nothing_is_claimed(void **state)
{
	struct film *film = *state;
	no_process(film);
	no_heartbeat(film);
	command(film, WANT_REPLACED, 800);
	assert_outcome(film, 0, OUTCOME_UNVERIFIED,
		"ended with 0; neither a process nor a heartbeat of it is observed: configure one "
		"of them");
}

static void what_a_command_is_for_is_not_guessed(void **state)
{
	struct film *film = *state;
	command(film, WANT_NOTHING, 800);
	up(film, 934);
	beat(film);
	assert_outcome(
		film, 20000, OUTCOME_UNVERIFIED, "ended with 0; what it did is not observed");
}

static void what_is_promised_is_what_is_looked_for(void **state)
{
	struct film *film = *state;
	struct msg_bot *bot = film->bot;
	assert_string_equal(outcome_promise(WANT_REPLACED, bot),
		"done when a new process and its heartbeat are seen");
	assert_string_equal(
		outcome_promise(WANT_PRESENT, bot), "done when its process and heartbeat are seen");
	assert_string_equal(outcome_promise(WANT_ABSENT, bot), "done when its process is gone");
	no_heartbeat(film);
	assert_string_equal(
		outcome_promise(WANT_PRESENT, bot), "done when its process is seen to stay");
	assert_string_equal(outcome_promise(WANT_ABSENT, bot), "done when its process is gone");
	assert_non_null(strstr(outcome_promise(WANT_NOTHING, bot), "unverified"));
	assert_non_null(strstr(outcome_promise(WANT_ABSENT, NULL), "unverified"));
}

static void what_is_promised_without_a_process_is_its_heartbeat(void **state)
{
	struct film *film = *state;
	struct msg_bot *bot = film->bot;
	no_process(film);
	assert_string_equal(outcome_promise(WANT_REPLACED, bot),
		"done when its heartbeat pauses and is seen again");
	assert_string_equal(outcome_promise(WANT_ABSENT, bot), "done when its heartbeat stops");
	no_heartbeat(film);
	assert_non_null(strstr(outcome_promise(WANT_REPLACED, bot), "unverified"));
	bot->pending = 3;
	assert_string_equal(outcome_promise(WANT_REPLACED, bot), "done when its backlog falls");
	assert_non_null(strstr(outcome_promise(WANT_ABSENT, bot), "unverified"));
}

static void a_jump_of_the_wall_clock_does_not_end_the_watch(void **state)
{
	struct film *film = *state;
	command(film, WANT_REPLACED, 800);
	film->now.wall_ms += 2 * AGE_MS;
	assert_outcome(film, 1000, OUTCOME_WAIT, "");
	up(film, 934);
	beat(film);
	assert_outcome(film, 10000, OUTCOME_DONE, "pid 812 -> 934, heartbeat 10s ago");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_process_that_beats_and_stays_is_done),
		TEST(a_new_process_whose_beats_redis_cannot_tell_is_unverified_and_not_failed),
		TEST(a_beat_of_the_old_process_does_not_count),
		TEST(a_beat_that_moves_counts_though_its_time_is_reckoned_too_early),
		TEST(a_bot_without_heartbeat_needs_none),
		TEST(the_same_pid_with_a_new_start_is_a_new_process),
		TEST(a_process_that_was_not_replaced_has_failed),
		TEST(a_bot_that_dies_again_has_failed),
		TEST(a_bot_that_loops_faster_than_we_look_has_failed),
		TEST(what_was_seen_before_the_command_ended_is_no_outcome),
		TEST(no_process_at_all_has_failed),
		TEST(a_late_start_gets_its_stable_time),
		TEST(starting_what_runs_is_done_by_looking),
		TEST(a_process_that_nobody_looks_at_is_unverified),
		TEST(a_stopped_process_that_stays_away_is_done),
		TEST(a_stopped_process_that_comes_back_has_failed),
		TEST(a_process_that_does_not_stop_has_failed),
		TEST(stopping_what_is_stopped_is_done),
		TEST(without_a_process_two_beats_apart_after_a_pause_are_done),
		TEST(without_a_process_a_restart_that_pauses_no_beat_is_unverified),
		TEST(without_a_process_beats_that_redis_cannot_tell_are_unverified_and_not_failed),
		TEST(a_redis_that_falls_silent_after_one_beat_hides_the_next),
		TEST(without_a_process_a_silence_that_redis_tells_is_failed),
		TEST(without_a_process_two_beats_after_a_start_are_done),
		TEST(one_beat_alone_proves_nothing),
		TEST(a_heartbeat_that_runs_out_after_stop_is_done),
		TEST(a_falling_backlog_is_all_that_is_left_to_see),
		TEST(where_nothing_is_observed_nothing_is_claimed),
		TEST(what_a_command_is_for_is_not_guessed),
		TEST(what_is_promised_is_what_is_looked_for),
		TEST(what_is_promised_without_a_process_is_its_heartbeat),
		TEST(a_jump_of_the_wall_clock_does_not_end_the_watch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
