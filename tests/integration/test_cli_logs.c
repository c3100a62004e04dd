/* SPDX-License-Identifier: MIT */
/* `botswain logs -f` as a process, with the engine that it starts for itself. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/fleet.h"
#include "tests/support/servers.h"
#include "tests/support/spawn.h"
#include "tui/cli/cli.h"

enum { PATIENCE_MS = 15000, NEW_LINES = 5, OLD_LINES = 40, WORDS_MAX = 16 };

static void append(const char *path, const char *format, ...)
{
	va_list args;
	FILE *file = fopen(path, "ae");
	assert_non_null(file);
	va_start(args, format);
	assert_true(vfprintf(file, format, args) > 0);
	va_end(args);
	assert_int_equal(fclose(file), 0);
}

/* `botswain -c CONFIG logs WORDS...`, parted by blanks. */
static pid_t logs(const char *config, const char *words, int *ret_fd)
{
	const char *build = getenv("BOTSWAIN_BUILD"), *argv[WORDS_MAX] = {0};
	autofree char *program = xasprintf("%s/botswain", build ? build : "build");
	autofree char *copy = xasprintf("%s -c %s logs %s", program, config, words);
	size_t count = 0;
	for (char *at = strtok(copy, " "); at && count + 1 < WORDS_MAX; at = strtok(NULL, " "))
		argv[count++] = at;
	return spawn_start(argv, &(struct spawn){.output = ret_fd, .death_signal = SIGTERM});
}

static void read_until(int fd, struct str *heard, const char *words)
{
	int64_t end_ms = clock_mono_ms(clock_real()) + PATIENCE_MS;
	char bytes[4096];
	while (!heard->length || !strstr(heard->text, words)) {
		struct pollfd slot = {.fd = fd, .events = POLLIN};
		int64_t left_ms = end_ms - clock_mono_ms(clock_real());
		if (left_ms <= 0 || poll(&slot, 1, (int)left_ms) <= 0)
			fail_msg("'%s' did not come: %s", words, heard->text);
		ssize_t got = read(fd, bytes, sizeof(bytes));
		assert_true(got > 0);
		str_add(heard, bytes, (size_t)got);
	}
}

static unsigned count(const char *text, const char *words)
{
	unsigned found = 0;
	for (const char *at = text; (at = strstr(at, words)); at++)
		found++;
	return found;
}

/* A log with a line in it, followed by a process of its own. */
struct scene {
	char folder[40], *log, *config;
	pid_t pid;
	int fd; /* its output and what it says */
	struct str heard;
};

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	strcpy(scene->folder, "/tmp/botswain-logs-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	scene->log = xasprintf("%s/a.log", scene->folder);
	scene->config = xasprintf("%s/botswain.yaml", scene->folder);
	append(scene->log, "{\"level\":\"info\",\"msg\":\"an old line\"}\n");
	append(scene->config, "state_dir: %s/state\nlogs:\n  - {name: a, path: %s}\n",
		scene->folder, scene->log);
	str_init(&scene->heard);
	scene->pid = logs(scene->config, "-f", &scene->fd);
	read_until(scene->fd, &scene->heard, "an old line");
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	close(scene->fd);
	remove_folder(scene->folder);
	free(scene->log);
	free(scene->config);
	str_release(&scene->heard);
	free(scene);
	return 0;
}

static void a_followed_line_is_printed_once(void **state)
{
	struct scene *scene = *state;
	struct str *heard = &scene->heard;
	for (int i = 0; i < NEW_LINES; i++) {
		autofree char *words = xasprintf("new line %d", i);
		append(scene->log, "{\"level\":\"info\",\"msg\":\"%s\"}\n", words);
		read_until(scene->fd, heard, words);
	}
	assert_int_equal(count(heard->text, "an old line"), 1);
	assert_int_equal(
		count(heard->text, "Z a.log            I "), NEW_LINES + 1); /* of no bot */
	assert_int_equal(count(heard->text, "new line "), NEW_LINES);
	kill(scene->pid, SIGTERM);
	assert_int_equal(waitpid(scene->pid, NULL, 0), scene->pid);
}

static void following_an_engine_that_dies_is_no_success(void **state)
{
	struct scene *scene = *state;
	int status;
	pid_t engine = child_of_process(scene->pid);
	assert_true(engine > 0);
	assert_int_equal(kill(engine, SIGKILL), 0);
	read_until(scene->fd, &scene->heard, "botswain: the engine left: ");
	assert_int_equal(waitpid(scene->pid, &status, 0), scene->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), CLI_UNKNOWN);
}

static void what_is_lost_of_a_log_is_a_line_like_any_other(void **state)
{
	struct scene *scene = *state;
	const struct timespec later[2] = {{.tv_sec = 4000000000}, {.tv_sec = 4000000000}};
	autofree char *old = xasprintf("%s.2", scene->log);
	autofree char *packed = xasprintf("%s.1.gz", scene->log);
	append(packed, "what was written in between\n");
	assert_int_equal(utimensat(AT_FDCWD, packed, later, 0), 0);
	assert_int_equal(rename(scene->log, old), 0);
	append(scene->log, "a new line\n");
	read_until(scene->fd, &scene->heard, "a.log' is lost: it was rotated twice");
	assert_int_equal(count(scene->heard.text, "Z a.log            W "), 1);
	kill(scene->pid, SIGTERM);
	assert_int_equal(waitpid(scene->pid, NULL, 0), scene->pid);
}

/* Forty lines of the last forty minutes, the newest half a minute old. */
static void write_past(const struct scene *scene)
{
	int64_t now_ms = clock_wall_ms(clock_real());
	for (int i = 0; i < OLD_LINES; i++) {
		int64_t at_ms = now_ms - (OLD_LINES - 1 - i) * INT64_C(60000) - 30000;
		append(scene->log,
			"{\"level\":\"info\",\"time\":\"%s\",\"msg\":\"past line %d.\"}\n",
			format_rfc3339(at_ms).text, i);
	}
}

/* What it prints and says until its end. */
static int read_all(const struct scene *scene, const char *words, struct str *heard)
{
	char bytes[4096];
	int fd, status;
	ssize_t got;
	pid_t pid = logs(scene->config, words, &fd);
	str_clear(heard);
	while ((got = read(fd, bytes, sizeof(bytes))) > 0)
		str_add(heard, bytes, (size_t)got);
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void end(struct scene *scene)
{
	kill(scene->pid, SIGTERM);
	assert_int_equal(waitpid(scene->pid, NULL, 0), scene->pid);
}

static void of_the_past_as_much_is_printed_as_was_asked_for(void **state)
{
	struct scene *scene = *state;
	autostr struct str heard = STR_INIT;
	static const struct {
		const char *words;
		unsigned lines;
	} cases[] = {{"", OLD_LINES}, {"-n all", OLD_LINES}, {"-n 3", 3}, {"-n 0", 0},
		{"--since 15m", 15}, {"--since 15m -n 4", 4}, {"--since 1h", OLD_LINES}};
	end(scene);
	write_past(scene);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(read_all(scene, cases[i].words, &heard), CLI_OK);
		if (count(heard.text ? heard.text : "", "past line ") != cases[i].lines)
			fail_msg("'%s' printed %s", cases[i].words, heard.text);
	}
	assert_int_equal(read_all(scene, "-n 4", &heard), CLI_OK);
	assert_int_equal(count(heard.text, "past line 36."), 1);
	assert_int_equal(count(heard.text, "past line 39."), 1);
}

/* Three pages and a half, in one minute. */
static void more_lines_than_a_page_are_printed_all_and_once(void **state)
{
	struct scene *scene = *state;
	autostr struct str heard = STR_INIT;
	int64_t now_ms = clock_wall_ms(clock_real());
	static const struct {
		const char *words;
		unsigned lines, first;
		bool says_more;
	} cases[] = {{"-n all", 3500, 0, false}, {"--since 5m", 3500, 0, false},
		{"-n 2500", 2500, 1000, false}, {"--since 5m -n 1500", 1500, 2000, false},
		{"-n 1000", 1000, 2500, false}, {"", 1000, 2500, true}};
	end(scene);
	str_clear(&heard);
	for (int i = 0; i < 3500; i++)
		str_addf(&heard, "{\"level\":\"info\",\"time\":\"%s\",\"msg\":\"l%d.\"}\n",
			format_rfc3339(now_ms - 60000 + i).text, i);
	assert_int_equal(truncate(scene->log, 0), 0);
	append(scene->log, "%s", heard.text);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(read_all(scene, cases[i].words, &heard), CLI_OK);
		if (count(heard.text, " I l") != cases[i].lines)
			fail_msg(
				"'%s' printed %u lines", cases[i].words, count(heard.text, " I l"));
		const char *at = heard.text;
		for (unsigned line = cases[i].first; line < 3500; line++) {
			char words[16];
			snprintf(words, sizeof(words), " I l%u.", line);
			at = at ? strstr(at, words) : NULL;
			if (!at)
				fail_msg("'%s': line %u is not in its place", cases[i].words, line);
		}
		assert_int_equal(count(heard.text, "-n all prints all"), cases[i].says_more);
	}
}

static void following_begins_with_the_last_ten_lines(void **state)
{
	struct scene *scene = *state;
	end(scene);
	write_past(scene);
	close(scene->fd);
	str_clear(&scene->heard);
	scene->pid = logs(scene->config, "-f", &scene->fd);
	read_until(scene->fd, &scene->heard, "past line 39.");
	append(scene->log, "{\"level\":\"info\",\"msg\":\"a new line\"}\n");
	read_until(scene->fd, &scene->heard, "a new line");
	assert_int_equal(count(scene->heard.text, "past line "), 10);
	end(scene);
}

static void what_is_no_bot_no_number_and_no_time_is_refused(void **state)
{
	struct scene *scene = *state;
	autostr struct str heard = STR_INIT;
	static const char *const cases[][2] = {
		{"--bot nobot", "botswain: no bot 'nobot'; see botswain bots\n"},
		{"-f --bot nobot", "botswain: no bot 'nobot'; see botswain bots\n"},
		{"-n many", "-n takes a number up to 1000000000, or all; not 'many'"},
		{"-n 1000000001", "-n takes a number up to 1000000000, or all; not '1000000001'"},
		{"--since soon", "--since takes a span as 15m, or a time as 10:00"},
		{"-n", "-n needs a value"}, {"--sooner", "'--sooner' is no option of logs"}};
	end(scene);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(read_all(scene, cases[i][0], &heard), CLI_USAGE);
		assert_non_null(heard.text);
		if (!strstr(heard.text, cases[i][1]))
			fail_msg("'%s' said %s", cases[i][0], heard.text);
	}
	assert_int_equal(read_all(scene, "--bot botswain", &heard), CLI_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_followed_line_is_printed_once),
		TEST(following_an_engine_that_dies_is_no_success),
		TEST(what_is_lost_of_a_log_is_a_line_like_any_other),
		TEST(of_the_past_as_much_is_printed_as_was_asked_for),
		TEST(more_lines_than_a_page_are_printed_all_and_once),
		TEST(following_begins_with_the_last_ten_lines),
		TEST(what_is_no_bot_no_number_and_no_time_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
