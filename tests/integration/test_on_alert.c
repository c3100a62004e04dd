/* SPDX-License-Identifier: MIT */
/*
 * on_alert with real programs: what they read, what they see of us, what becomes of those that fail, hang or do not
 * read; who runs them and when; what a restart remembers. The engine's clock is virtual.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/tell.h"
#include "tests/support/engine_harness.h"
#include "tests/support/processes.h"

enum { LIMIT_MS = 10000, QUIET_MS = 300, TURN_MOST_MS = 200 };

struct scene {
	char folder[64], *program, *out;
	struct harness *harness;
};

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	strcpy(scene->folder, "/tmp/botswain-on-alert-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	scene->program = xasprintf("%s/tell", scene->folder);
	scene->out = xasprintf("%s/out", scene->folder);
	*state = scene;
	return 0;
}

static int remove_one(const char *path, const struct stat *found, int type, struct FTW *walk)
{
	(void)found, (void)type, (void)walk;
	return remove(path);
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	if (scene->harness)
		harness_free(scene->harness);
	nftw(scene->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(scene->program);
	free(scene->out);
	free(scene);
	return 0;
}

/* A script of the shell is a program like others. */
static void write_program(const struct scene *scene, const char *body)
{
	FILE *file = fopen(scene->program, "we");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\nout=%s\n%s\n", scene->out, body);
	fclose(file);
	assert_int_equal(chmod(scene->program, 0700), 0);
}

static void start(struct scene *scene, bool with_lock, const char *on_alert)
{
	const struct engine_options options = {.listen = with_lock};
	autofree char *yaml = xasprintf("environment: prod\n"
					"state_dir: %s/state\n"
					"on_alert: %s\n"
					"bots:\n"
					"  orders: {transport: none, process: {match: orders}, "
					"heartbeat: none}\n"
					"  pay: {transport: none, process: {match: pay}, "
					"heartbeat: none}\n",
		scene->folder, on_alert);
	scene->harness = harness_open(yaml, &options);
}

static void start_plain(struct scene *scene)
{
	autofree char *on_alert = xasprintf("[%s, one, two words]", scene->program);
	start(scene, true, on_alert);
}

static void stop(struct scene *scene)
{
	harness_free(scene->harness);
	scene->harness = NULL;
}

static void look(const struct scene *scene, const char *bot, bool runs)
{
	if (runs)
		harness_feed(scene->harness,
			"obs_process bot=\"%s\" state=\"running\" pid=7 start_ms=%lld", bot,
			(long long)HARNESS_START_MS - 60000);
	else
		for (int i = 0; i < 3; i++)
			harness_feed(
				scene->harness, "obs_process bot=\"%s\" state=\"absent\"", bot);
}

/* Looks on, so that nothing gets stale, while the time passes. */
static void pass(const struct scene *scene, bool orders_runs, bool pay_runs, int64_t ms)
{
	for (int64_t past = 0; past < ms; past += 2000) {
		look(scene, "orders", orders_runs);
		look(scene, "pay", pay_runs);
		harness_advance(scene->harness, 2000);
	}
}

static const struct msg_engine *figures(const struct scene *scene)
{
	return model_engine(scene->harness->model);
}

static char *read_out(const struct scene *scene)
{
	char text[65536] = "";
	FILE *file = fopen(scene->out, "re");
	if (file) {
		text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
		fclose(file);
	}
	return xstrdup(text);
}

static size_t lines_out(const struct scene *scene)
{
	autofree char *text = read_out(scene);
	size_t count = 0;
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		count++;
	return count;
}

/* Turns, a second of the engine's clock each few, until the runs have ended. */
static void await_runs(const struct scene *scene, uint64_t told, uint64_t failed)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + LIMIT_MS;
	while (figures(scene)->told < told || figures(scene)->told_failed < failed) {
		if (clock_mono_ms(clock_real()) > until_ms)
			fail_msg("told %llu, failed %llu: '%s'",
				(unsigned long long)figures(scene)->told,
				(unsigned long long)figures(scene)->told_failed,
				figures(scene)->tell_error);
		(void)engine_turn(scene->harness->engine, 10);
		clock_advance(&scene->harness->clock, 100);
	}
	assert_int_equal(figures(scene)->told, told);
	assert_int_equal(figures(scene)->told_failed, failed);
}

/* Nothing runs, for real time and the engine's. */
static void await_nothing(const struct scene *scene)
{
	uint64_t told = figures(scene)->told, failed = figures(scene)->told_failed;
	int64_t until_ms = clock_mono_ms(clock_real()) + QUIET_MS;
	while (clock_mono_ms(clock_real()) < until_ms) {
		(void)engine_turn(scene->harness->engine, 10);
		clock_advance(&scene->harness->clock, 100);
	}
	assert_int_equal(figures(scene)->told, told);
	assert_int_equal(figures(scene)->told_failed, failed);
}

/* ---- what it is told ---- */

static void the_program_reads_one_object_when_an_alert_fires_and_one_when_it_is_over(void **state)
{
	struct scene *scene = *state;
	write_program(scene, "echo \"$# $1 $2\" >>$out.args; cat >>$out");
	start_plain(scene);
	pass(scene, true, true, TELL_GRACE_MS);
	look(scene, "orders", false);
	await_runs(scene, 1, 0);
	autofree char *first = read_out(scene);
	assert_non_null(
		strstr(first, "{\"v\":1,\"event\":\"firing\",\"environment\":\"prod\",\"id\":\""));
	assert_non_null(strstr(first,
		"\"rule\":\"bot_down\",\"severity\":\"crit\",\"target\":{\"kind\":\"bot\",\"name\":"
		"\"orders\",\"host\":\""));
	assert_non_null(strstr(first, "\"text\":\"orders is down: "));
	assert_non_null(strstr(first, "\"resolved\":null,\"value\":2,\"limit\":2}\n"));
	assert_int_equal(lines_out(scene), 1);
	pass(scene, true, true, 8000);
	await_runs(scene, 2, 0);
	assert_int_equal(lines_out(scene), 2);
	autofree char *both = read_out(scene);
	assert_non_null(strstr(both, "\n{\"v\":1,\"event\":\"resolved\""));
	autofree char *args = xasprintf("%s.args", scene->out);
	FILE *file = fopen(args, "re");
	char line[64] = "";
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	assert_string_equal(line, "2 one two words\n");
}

static void the_program_sees_nothing_of_ours(void **state)
{
	struct scene *scene = *state;
	setenv("BOTSWAIN_CANARY", "canary-of-the-environment", 1);
	write_program(scene, "{ env; ls -l /proc/$$/fd; } >>$out; cat >/dev/null");
	start_plain(scene);
	pass(scene, true, true, TELL_GRACE_MS);
	look(scene, "orders", false);
	await_runs(scene, 1, 0);
	unsetenv("BOTSWAIN_CANARY");
	autofree char *text = read_out(scene);
	assert_null(strstr(text, "canary"));
	assert_null(strstr(text, "BOTSWAIN"));
	assert_null(strstr(text, "socket:"));
	assert_null(strstr(text, "state.db"));
	assert_null(strstr(text, "/lock"));
	assert_non_null(strstr(text, "PATH="));
}

/* ---- when, and who ---- */

static void nobody_is_told_before_the_grace_after_the_start_is_over(void **state)
{
	struct scene *scene = *state;
	write_program(scene, "cat >>$out");
	start_plain(scene);
	pass(scene, false, true, TELL_GRACE_MS - 4000);
	await_nothing(scene);
	assert_int_equal(lines_out(scene), 0);
	pass(scene, false, true, 6000);
	await_runs(scene, 1, 0);
	assert_int_equal(lines_out(scene), 1);
}

static void an_engine_without_the_lock_tells_nobody(void **state)
{
	struct scene *scene = *state;
	autofree char *on_alert = xasprintf("[%s]", scene->program);
	write_program(scene, "cat >>$out");
	start(scene, false, on_alert);
	pass(scene, false, false, TELL_GRACE_MS + 10000);
	await_nothing(scene);
	assert_int_equal(lines_out(scene), 0);
	assert_int_equal(figures(scene)->tell_waiting, 0);
}

/* ---- programs that are not well ---- */

static void one_that_fails_is_said_and_is_not_run_again_for_the_same(void **state)
{
	struct scene *scene = *state;
	write_program(scene, "cat >>$out; exit 3");
	start_plain(scene);
	pass(scene, true, true, TELL_GRACE_MS);
	look(scene, "orders", false);
	await_runs(scene, 0, 1);
	autofree char *wanted =
		xasprintf("'%s' ended with status 3: run it by hand to see why", scene->program);
	assert_string_equal(figures(scene)->tell_error, wanted);
	await_nothing(scene);
	assert_int_equal(lines_out(scene), 1);
	write_program(scene, "cat >>$out");
	look(scene, "pay", false);
	await_runs(scene, 1, 1);
	assert_string_equal(figures(scene)->tell_error, "");
}

static void one_that_is_not_there_is_said(void **state)
{
	struct scene *scene = *state;
	start_plain(scene);
	pass(scene, true, true, TELL_GRACE_MS);
	look(scene, "orders", false);
	await_runs(scene, 0, 1);
	assert_non_null(strstr(figures(scene)->tell_error, "cannot run '"));
}

static void one_that_does_not_read_is_no_trouble(void **state)
{
	struct scene *scene = *state;
	write_program(scene, "exec <&-; echo ran >>$out");
	start_plain(scene);
	pass(scene, true, true, TELL_GRACE_MS);
	look(scene, "orders", false);
	await_runs(scene, 1, 0);
	assert_int_equal(lines_out(scene), 1);
}

static void one_that_hangs_is_killed_with_its_children_and_holds_up_nobody(void **state)
{
	struct scene *scene = *state;
	autofree char *on_alert = xasprintf("{command: [%s], timeout: 1s}", scene->program);
	write_program(scene, "sleep 98761 & sleep 98761");
	start(scene, true, on_alert);
	pass(scene, true, true, TELL_GRACE_MS);
	look(scene, "orders", false);
	int64_t last_ms = clock_mono_ms(clock_real()), until_ms = last_ms + LIMIT_MS, most_ms = 0;
	bool ran = false;
	while (!figures(scene)->told_failed && last_ms < until_ms) {
		int64_t begun_ms = clock_mono_ms(clock_real());
		(void)engine_turn(scene->harness->engine, 0);
		int64_t now_ms = clock_mono_ms(clock_real()), took_ms = now_ms - begun_ms;
		most_ms = took_ms > most_ms ? took_ms : most_ms;
		/* The program's second is a real one: were the engine's clock faster, it would call it stuck. */
		clock_advance(&scene->harness->clock, now_ms - last_ms);
		last_ms = now_ms;
		ran |= processes_with("98761") > 0;
	}
	assert_true(ran);
	assert_true(processes_end("98761", LIMIT_MS));
	assert_int_equal(figures(scene)->told_failed, 1);
	assert_non_null(strstr(figures(scene)->tell_error, "did not end within 1 s"));
	assert_in_range(most_ms, 0, TURN_MOST_MS);
	assert_false(processes_left_a_zombie());
}

static void an_engine_that_leaves_ends_what_runs(void **state)
{
	struct scene *scene = *state;
	write_program(scene, "echo ran >>$out; exec sleep 98762");
	start_plain(scene);
	pass(scene, true, true, TELL_GRACE_MS);
	look(scene, "orders", false);
	int64_t until_ms = clock_mono_ms(clock_real()) + LIMIT_MS;
	while (!processes_with("98762") && clock_mono_ms(clock_real()) < until_ms) {
		(void)engine_turn(scene->harness->engine, 5);
		clock_advance(&scene->harness->clock, 100);
	}
	assert_int_equal(lines_out(scene), 1);
	int64_t begun_ms = clock_mono_ms(clock_real());
	stop(scene);
	assert_in_range(clock_mono_ms(clock_real()) - begun_ms, 0, 2000);
	assert_true(processes_end("98762", LIMIT_MS));
}

/* ---- over a restart ---- */

static void a_restart_tells_nothing_twice_and_ends_what_was_told(void **state)
{
	struct scene *scene = *state;
	write_program(scene, "cat >>$out");
	start_plain(scene);
	pass(scene, true, true, TELL_GRACE_MS);
	look(scene, "orders", false);
	look(scene, "pay", false);
	await_runs(scene, 2, 0);
	stop(scene);
	start_plain(scene);
	await_nothing(scene);
	pass(scene, false, true, TELL_GRACE_MS + 10000);
	await_runs(scene, 1, 0);
	assert_int_equal(lines_out(scene), 3);
	autofree char *text = read_out(scene);
	const char *third = strstr(strstr(text, "\n") + 1, "\n") + 1;
	assert_true(starts_with(third, "{\"v\":1,\"event\":\"resolved\""));
	assert_non_null(strstr(third, "\"name\":\"pay\""));
	pass(scene, true, true, 10000);
	await_runs(scene, 2, 0);
	stop(scene);
	start_plain(scene);
	pass(scene, true, true, TELL_GRACE_MS + 10000);
	await_nothing(scene);
	assert_int_equal(lines_out(scene), 4);
}

static void one_that_was_running_when_the_engine_died_is_not_run_again(void **state)
{
	struct scene *scene = *state;
	write_program(scene, "cat >>$out; exec sleep 98763");
	start_plain(scene);
	pass(scene, true, true, TELL_GRACE_MS);
	look(scene, "orders", false);
	int64_t until_ms = clock_mono_ms(clock_real()) + LIMIT_MS;
	while (!lines_out(scene) && clock_mono_ms(clock_real()) < until_ms) {
		(void)engine_turn(scene->harness->engine, 5);
		clock_advance(&scene->harness->clock, 100);
	}
	stop(scene);
	start_plain(scene);
	pass(scene, false, true, TELL_GRACE_MS + 10000);
	await_nothing(scene);
	assert_int_equal(lines_out(scene), 1);
}

static void a_storm_becomes_a_summary(void **state)
{
	struct scene *scene = *state;
	autofree char *on_alert = xasprintf("{command: [%s], per_minute: 1}", scene->program);
	write_program(scene, "cat >>$out");
	start(scene, true, on_alert);
	pass(scene, true, true, TELL_GRACE_MS);
	look(scene, "orders", false);
	look(scene, "pay", false);
	await_runs(scene, 1, 0);
	assert_int_equal(figures(scene)->told_dropped, 1);
	pass(scene, false, false, 70000);
	await_runs(scene, 2, 0);
	autofree char *text = read_out(scene);
	assert_non_null(strstr(text, "\"text\":\"1 more alert not sent: 1 began, 0 ended\""));
}

int main(void)
{
#define TOLD_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TOLD_TEST(the_program_reads_one_object_when_an_alert_fires_and_one_when_it_is_over),
		TOLD_TEST(the_program_sees_nothing_of_ours),
		TOLD_TEST(nobody_is_told_before_the_grace_after_the_start_is_over),
		TOLD_TEST(an_engine_without_the_lock_tells_nobody),
		TOLD_TEST(one_that_fails_is_said_and_is_not_run_again_for_the_same),
		TOLD_TEST(one_that_is_not_there_is_said),
		TOLD_TEST(one_that_does_not_read_is_no_trouble),
		TOLD_TEST(one_that_hangs_is_killed_with_its_children_and_holds_up_nobody),
		TOLD_TEST(an_engine_that_leaves_ends_what_runs),
		TOLD_TEST(a_restart_tells_nothing_twice_and_ends_what_was_told),
		TOLD_TEST(one_that_was_running_when_the_engine_died_is_not_run_again),
		TOLD_TEST(a_storm_becomes_a_summary),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
