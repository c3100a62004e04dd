/* SPDX-License-Identifier: MIT */
/* An action on the command line, as a script sees it: its exit status is that of its outcome, and of nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/fleet.h"
#include "tests/support/spawn.h"
#include "tui/cli/cli.h"

enum { PATIENCE_MS = 15000, WORDS_MAX = 16 };

/* A bot whose token is never answered for: something is checking all the time. */
struct scene {
	char folder[64], *config, *lock;
	int telegram;
};

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

/* Connections wait in its queue for ever. */
static int listen_and_say_nothing(uint16_t *ret_port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void configure(const struct scene *scene, uint16_t port)
{
	autostr struct str yaml = STR_INIT;
	str_addf(&yaml,
		"state_dir: %s/state\nwrite: always\n"
		"telegram: {api: \"http://127.0.0.1:%u\", timeout: 2m}\n"
		"bots:\n  - {name: orders, token: {file: %s/token}}\nbackups:\n",
		scene->folder, port, scene->folder);
	str_addf(&yaml,
		"  - {name: good, file: '%1$s/good.{time}', command: [echo, x], verify: [test, -s, "
		"'{file}']}\n"
		"  - {name: unread, file: '%1$s/unread.{time}', command: [echo, x]}\n"
		"  - {name: bad, file: '%1$s/bad.{time}', command: ['false']}\n"
		"  - {name: long, file: '%1$s/long.{time}', command: [sh, -c, 'echo $$ >%1$s/pid; "
		"exec sleep 60']}\n",
		scene->folder);
	write_file(scene->config, yaml.text);
}

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	uint16_t port;
	strcpy(scene->folder, "/tmp/botswain-acts-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	scene->config = xasprintf("%s/botswain.yaml", scene->folder);
	scene->lock = xasprintf("%s/state/lock", scene->folder);
	autofree char *token = xasprintf("%s/token", scene->folder);
	write_file(token, "123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi\n");
	scene->telegram = listen_and_say_nothing(&port);
	configure(scene, port);
	*state = scene;
	return 0;
}

static int remove_one(const char *path, const struct stat *found, int type, struct FTW *walk)
{
	(void)found;
	(void)type;
	(void)walk;
	return remove(path);
}

/* The number after `prefix` in a file; 0: not there yet. */
static pid_t pid_in(const char *path, const char *prefix)
{
	char line[64] = "";
	FILE *file = fopen(path, "re");
	if (file && !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	bool whole = strncmp(line, prefix, strlen(prefix)) == 0 && strchr(line, '\n');
	return whole ? atoi(line + strlen(prefix)) : 0;
}

/* The engine that has the lock; 0: none. */
static pid_t engine_of(const struct scene *scene)
{
	return pid_in(scene->lock, "pid ");
}

/* The program of the long backup. */
static pid_t await_child(const struct scene *scene)
{
	autofree char *path = xasprintf("%s/pid", scene->folder);
	int64_t end_ms = clock_mono_ms(clock_real()) + PATIENCE_MS;
	pid_t child;
	while ((child = pid_in(path, "")) == 0) {
		if (clock_mono_ms(clock_real()) > end_ms)
			fail_msg("no '%s' came", path);
		(void)poll(NULL, 0, 10);
	}
	return child;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	pid_t engine = engine_of(scene);
	if (engine)
		assert_true(process_ends(engine, PATIENCE_MS));
	close(scene->telegram);
	nftw(scene->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(scene->config);
	free(scene->lock);
	free(scene);
	return 0;
}

struct asked {
	pid_t pid;
	int words; /* its standard error */
	struct str heard;
};

/* `botswain -c CONFIG WORDS...`, parted by blanks. */
static struct asked ask(const struct scene *scene, const char *words)
{
	const char *build = getenv("BOTSWAIN_BUILD"), *argv[WORDS_MAX] = {0};
	autofree char *program = xasprintf("%s/botswain", build ? build : "build");
	autofree char *copy = xstrdup(words);
	size_t count = 0;
	struct asked asked = {.heard = STR_INIT};
	argv[count++] = program;
	argv[count++] = "-c";
	argv[count++] = scene->config;
	for (char *at = strtok(copy, " "); at && count + 1 < WORDS_MAX; at = strtok(NULL, " "))
		argv[count++] = at;
	asked.pid =
		spawn_start(argv, &(struct spawn){.output = &asked.words, .death_signal = SIGTERM});
	return asked;
}

/* Reads what it says until `words` came, or with NULL until its end. */
static void hear(struct asked *asked, const char *words)
{
	int64_t end_ms = clock_mono_ms(clock_real()) + PATIENCE_MS;
	char bytes[4096];
	while (!words || !asked->heard.length || !strstr(asked->heard.text, words)) {
		struct pollfd slot = {.fd = asked->words, .events = POLLIN};
		int64_t left_ms = end_ms - clock_mono_ms(clock_real());
		if (left_ms <= 0 || poll(&slot, 1, (int)left_ms) <= 0)
			fail_msg("'%s' did not come: %s", words ? words : "the end",
				asked->heard.text);
		ssize_t got = read(asked->words, bytes, sizeof(bytes));
		if (got == 0 && !words)
			return;
		assert_true(got > 0);
		str_add(&asked->heard, bytes, (size_t)got);
	}
}

static void assert_exits(struct asked *asked, int expected, const char *words)
{
	int status;
	hear(asked, NULL);
	assert_int_equal(waitpid(asked->pid, &status, 0), asked->pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != expected ||
		!strstr(asked->heard.text, words))
		fail_msg("%d and '%s' expected, not %x: %s", expected, words, (unsigned)status,
			asked->heard.text);
	close(asked->words);
	str_release(&asked->heard);
}

static void the_exit_of_an_action_is_its_outcomes_whatever_is_still_checking(void **state)
{
	static const struct {
		const char *words, *said;
		int status;
	} cases[] = {
		{"backup run good --yes --reason test --wait 100ms", "done: ", CLI_OK},
		{"backup run unread --yes --reason test --wait 100ms", "unverified: ", CLI_UNKNOWN},
		{"backup run bad --yes --reason test --wait 100ms", "failed: ", CLI_FAILURE},
		{"backup run good --wait 100ms", "nothing was done: add --yes", CLI_REFUSED},
		{"backup run none --yes --reason test --wait 100ms", "which backup?", CLI_USAGE},
		{"bots --wait 100ms", "checking", CLI_UNKNOWN},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct asked asked = ask(*state, cases[i].words);
		assert_exits(&asked, cases[i].status, cases[i].said);
	}
}

static void an_engine_that_dies_under_an_action_is_noticed_at_once(void **state)
{
	const struct scene *scene = *state;
	struct asked asked = ask(scene, "backup run long --yes --reason test --wait 100ms");
	hear(&asked, "Runs");
	pid_t engine = engine_of(scene);
	assert_true(engine > 0);
	pid_t child = await_child(scene);
	assert_int_equal(kill(engine, SIGKILL), 0);
	assert_exits(&asked, CLI_UNKNOWN, "the engine left: ");
	assert_int_equal(kill(child, SIGKILL), 0);
}

static void an_operation_is_watched_as_long_as_the_engine_allows_it(void **state)
{
	const int64_t two_days_ms = INT64_C(48) * 3600 * 1000;
	const struct msg_operation brief = {.started_ms = 5000, .deadline_ms = 6000},
				   slow = {.started_ms = 5000, .deadline_ms = 5000 + two_days_ms};
	(void)state;
	assert_in_range(cli_patience_ms(&brief), 1000 + 5000, 1000 + 60000);
	assert_in_range(cli_patience_ms(&slow), two_days_ms + 5000, two_days_ms + 60000);
}

/* The uid of who logged in, of this process and its children; where the kernel lets us, one that is nobody else's. */
static unsigned log_in(void)
{
	char text[16] = "";
	FILE *file = fopen("/proc/self/loginuid", "r+e");
	if (!file)
		return (unsigned)-1;
	fputs("4711", file);
	(void)fclose(file);
	file = fopen("/proc/self/loginuid", "re");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	(void)fclose(file);
	return (unsigned)strtoul(text, NULL, 10);
}

/* Everybody who may act is one of two users; behind them the audit file knows who. */
static void the_audit_file_says_who_logged_in_and_what_his_client_claims(void **state)
{
	const struct scene *scene = *state;
	unsigned login = log_in();
	char bytes[8192] = "";
	assert_int_equal(setenv("USER", "root", 1), 0);
	assert_int_equal(setenv("SUDO_USER", "ann", 1), 0);
	assert_int_equal(setenv("SSH_CONNECTION", "10.0.0.7 50000 10.0.0.1 22", 1), 0);
	struct asked asked = ask(scene, "backup run good --yes --reason test --wait 100ms");
	assert_exits(&asked, CLI_OK, "done: ");
	autofree char *path = xasprintf("%s/state/audit.jsonl", scene->folder);
	autofree char *known =
		login == (unsigned)-1 ? xstrdup("") : xasprintf("\"login_uid\":%u,", login);
	autofree char *wanted = xasprintf(
		"%s\"claims\":\"USER=root SUDO_USER=ann SSH_CONNECTION=10.0.0.7 50000 10.0.0.1 "
		"22\",\"what\":\"backup\"",
		known);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_true(fread(bytes, 1, sizeof(bytes) - 1, file) > 0);
	fclose(file);
	if (!strstr(bytes, wanted))
		fail_msg("'%s' is not in %s", wanted, bytes);
	unsetenv("SUDO_USER");
	unsetenv("SSH_CONNECTION");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_exit_of_an_action_is_its_outcomes_whatever_is_still_checking),
		TEST(the_audit_file_says_who_logged_in_and_what_his_client_claims),
		TEST(an_engine_that_dies_under_an_action_is_noticed_at_once),
		cmocka_unit_test(an_operation_is_watched_as_long_as_the_engine_allows_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
