/* SPDX-License-Identifier: MIT */
/* What a real systemd says of its services: PID 1 of a PID namespace, on a message bus of its own. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/programs.h"
#include "tests/support/servers.h"

#define CANARY "AAcanary-canary_canary0123456789abc"

enum { WAIT_MS = 20000, MANY = 1000, CANNOT = 77 };

static char folder[64], bus[128];
static pid_t init;
static bool cannot;

static bool ask(const char *address, const char *const *only, struct programs *ret, struct err *err)
{
	size_t count = 0;
	while (only && only[count])
		count++;
	const struct programs_question question = {.address = address,
		.only = only,
		.only_count = count,
		.timeout_ms = 10000,
		.stop_fd = -1};
	return supervisor_systemd.list(&question, ret, err);
}

static void PRINTF_LIKE(2, 3) write_file(const char *name, const char *format, ...)
{
	va_list args;
	autofree char *path = xasprintf("%s/%s", folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	assert_int_equal(fclose(file), 0);
}

/* A service that writes down its pid, as it knows it itself, and then does `what`. */
static void write_unit(const char *name, const char *what, const char *more)
{
	autofree char *path = xasprintf("units/%s", name);
	write_file(path,
		"[Unit]\nDefaultDependencies=no\n[Service]\n"
		"ExecStart=/bin/sh -c 'echo $$$$ >%s/%%N.pid; %s'\n%s\n",
		folder, what, more);
}

static void write_many(void)
{
	autostr struct str wants = STR_INIT;
	for (int i = 0; i < MANY; i++)
		str_addf(&wants, "Wants=idle@%d.service\n", i);
	write_file("units/idle@.service",
		"[Unit]\nDefaultDependencies=no\nConditionPathExists=/nowhere\n"
		"[Service]\nExecStart=/bin/true\n");
	write_file("units/many.target", "[Unit]\nDefaultDependencies=no\n%s", wants.text);
}

static void write_units(void)
{
	autofree char *units = xasprintf("%s/units", folder);
	autofree char *drop_ins = xasprintf("%s/bot@.service.d", units);
	autofree char *orders = xasprintf("WorkingDirectory=-%s\nEnvironmentFile=-%s/%%i.env\n"
					  "Environment=X=1 BOT_TOKEN=123456789:" CANARY "\n"
					  "StandardOutput=file:/dev/full\nRestart=always\n"
					  "RestartSec=100ms",
		folder, folder);
	assert_int_equal(mkdir(units, 0755), 0);
	assert_int_equal(mkdir(drop_ins, 0755), 0);
	write_unit("bot@.service", "exec sleep 1000", orders);
	write_file("units/bot@.service.d/log.conf", "[Service]\nStandardOutput=append:%s/%%i.log\n",
		folder);
	write_file("units/start.service",
		"[Unit]\nDefaultDependencies=no\nWants=bot@orders.service many.target\n"
		"[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n");
	write_unit("crashed.service", "exit 3", "StandardError=null");
	write_unit("killed.service", "kill -9 $$$$", "");
	write_unit("ended.service", "exit 0", "");
	write_unit("waiting.service", "exit 7", "Restart=always\nRestartSec=1h");
	write_unit("looping.service", "exit 5", "Restart=always\nRestartSec=10ms");
}

static void boot(void)
{
	init = fork();
	assert_true(init >= 0);
	if (init > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	autofree char *log = xasprintf("%s/log", folder);
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	execl("tests/supervisors/boot-systemd", "boot-systemd", folder, (char *)NULL);
	_exit(CANNOT);
}

static bool has_ended(void)
{
	int status;
	if (waitpid(init, &status, WNOHANG) != init)
		return false;
	init = 0;
	cannot = WIFEXITED(status) && WEXITSTATUS(status) == CANNOT;
	return true;
}

static void pause_ms(int ms)
{
	(void)usleep((useconds_t)ms * 1000);
}

/* Until the service has that state; false when it does not come to it. */
static bool wait_state(const char *name, const char *state)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + WAIT_MS;
	const char *only[] = {name, NULL};
	while (clock_mono_ms(clock_real()) < until_ms && init && !has_ended()) {
		struct programs programs = {0};
		struct err err = {0};
		bool is_there = ask(bus, only, &programs, &err) && programs.count == 1 &&
				!strcmp(programs.items[0].state, state);
		programs_release(&programs);
		if (is_there)
			return true;
		pause_ms(20);
	}
	return false;
}

static int setup(void **state)
{
	(void)state;
	copy_text(folder, sizeof(folder), "/tmp/botswain-test.XXXXXX");
	if (!mkdtemp(folder) || chmod(folder, 0755) < 0)
		return -1;
	snprintf(bus, sizeof(bus), "%s/run/dbus/system_bus_socket", folder);
	write_units();
	write_many();
	boot();
	bool is_up = wait_state("bot@orders", "running") && wait_state("looping", "fatal") &&
		     wait_state("waiting", "backoff") && wait_state("killed", "fatal");
	return is_up || cannot ? 0 : -1;
}

/* The systemd, child of what was started; when it has died, everything in its namespace has. 0: none. */
static pid_t namespace_init(void)
{
	autofree char *path = xasprintf("/proc/%d/task/%d/children", (int)init, (int)init);
	FILE *file = fopen(path, "re");
	int systemd = 0;
	if (!file)
		return 0;
	if (fscanf(file, "%d", &systemd) != 1)
		systemd = 0;
	(void)fclose(file);
	return systemd;
}

static int teardown(void **state)
{
	(void)state;
	if (init) {
		pid_t systemd = namespace_init();
		kill(systemd ? systemd : init, SIGKILL);
		waitpid(init, NULL, 0);
	}
	remove_folder(folder);
	return 0;
}

static void needs_systemd(void)
{
	if (cannot) {
		print_message("# this machine lets us start no systemd\n");
		skip();
	}
}

static void ask_well(const char *const *only, struct programs *ret)
{
	struct err err = {0};
	if (!ask(bus, only, ret, &err))
		fail_msg("%s", err.text);
}

static const struct program *get(const struct programs *programs, const char *name)
{
	const struct program *program = programs_find(programs, name);
	if (!program)
		fail_msg("no '%s' among %zu", name, programs->count);
	return program;
}

static long written_pid(const char *unit)
{
	char text[32] = "";
	autofree char *path = xasprintf("%s/%s.pid", folder, unit);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	(void)fclose(file);
	return strtol(text, NULL, 10);
}

static void assert_path(const char *path, const char *name)
{
	autofree char *expected = xasprintf("%s/%s", folder, name);
	assert_string_equal(path, expected);
}

static void a_running_bot_is_told_whole_and_without_its_token(void **state)
{
	(void)state;
	needs_systemd();
	struct programs programs = {0};
	ask_well(NULL, &programs);
	const struct program *bot = get(&programs, "bot@orders.service");
	assert_string_equal(bot->state, "running");
	assert_string_equal(bot->words, "active (running)");
	assert_int_equal(bot->pid, written_pid("bot@orders"));
	assert_true(llabs(clock_wall_ms(clock_real()) - bot->start_ms) < 60000);
	assert_int_equal(bot->restarts, 0);
	assert_int_equal(bot->exit_status, -1);
	assert_int_equal(bot->ended_ms, 0);
	assert_path(bot->log, "orders.log");
	assert_path(bot->error_log, "orders.log");
	assert_path(bot->env_file, "orders.env");
	assert_string_equal(bot->directory, folder);
	assert_string_equal(bot->token_key, "BOT_TOKEN");
	assert_int_equal(bot->tg_id, 123456789);
	assert_true(starts_with(bot->command, "/bin/sh -c "));
	assert_null(strstr(bot->command, CANARY));
	programs_release(&programs);
}

static void how_each_ended_is_told(void **state)
{
	(void)state;
	static const struct {
		const char *name, *state, *words;
		int exit_status, restarts;
	} cases[] = {
		{"crashed", "fatal", "failed (Result: exit-code)", 3, 0},
		{"killed", "fatal", "failed (Result: signal)", 128 + SIGKILL, 0},
		{"ended", "stopped", "inactive (dead)", 0, 0},
		{"waiting", "backoff", "activating (auto-restart) (Result: exit-code)", 7, 0},
		{"looping", "fatal", "failed (Result: exit-code)", 5, 5},
	};
	needs_systemd();
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct programs programs = {0};
		const char *only[] = {cases[i].name, NULL};
		ask_well(only, &programs);
		const struct program *bot = get(&programs, cases[i].name);
		assert_string_equal(bot->state, cases[i].state);
		assert_string_equal(bot->words, cases[i].words);
		assert_int_equal(bot->exit_status, cases[i].exit_status);
		assert_int_equal(bot->restarts, cases[i].restarts);
		assert_int_equal(bot->pid, 0);
		assert_true(llabs(clock_wall_ms(clock_real()) - bot->ended_ms) < 60000);
		assert_false(bot->is_oom);
		programs_release(&programs);
	}
}

static void a_journal_is_named_by_its_unit(void **state)
{
	(void)state;
	needs_systemd();
	struct programs programs = {0};
	const char *only[] = {"crashed", "ended.service", NULL};
	ask_well(only, &programs);
	assert_string_equal(get(&programs, "crashed")->error_log, "");
	assert_string_equal(get(&programs, "ended.service")->log, "journal:ended.service");
	assert_string_equal(get(&programs, "ended.service")->error_log, "journal:ended.service");
	programs_release(&programs);
}

static void a_restart_is_counted(void **state)
{
	(void)state;
	needs_systemd();
	struct programs programs = {0};
	const char *only[] = {"bot@orders", NULL};
	ask_well(only, &programs);
	int64_t start_ms = programs.items[0].start_ms;
	autofree char *command = xasprintf("exec nsenter -t %d -p kill -9 %ld",
		(int)namespace_init(), written_pid("bot@orders"));
	assert_int_equal(system(command), 0);
	int64_t until_ms = clock_mono_ms(clock_real()) + WAIT_MS;
	do {
		programs_release(&programs);
		pause_ms(20);
		ask_well(only, &programs);
	} while (programs.items[0].restarts == 0 && clock_mono_ms(clock_real()) < until_ms);
	assert_true(wait_state("bot@orders", "running"));
	programs_release(&programs);
	ask_well(only, &programs);
	assert_int_equal(programs.items[0].restarts, 1);
	assert_true(programs.items[0].start_ms > start_ms);
	programs_release(&programs);
}

static void only_those_wanted_are_told_under_the_names_they_were_asked_by(void **state)
{
	(void)state;
	needs_systemd();
	struct programs programs = {0};
	const char *only[] = {
		"bot@", "nowhere", "ended.service", "bot@orders", "a b", "", "../x", "ended", NULL};
	ask_well(only, &programs);
	assert_int_equal(programs.count, 3);
	(void)get(&programs, "ended.service");
	(void)get(&programs, "ended");
	assert_string_equal(get(&programs, "bot@orders")->state, "running");
	programs_release(&programs);
}

static void what_ran_to_its_end_and_stays_active_is_no_bot(void **state)
{
	(void)state;
	needs_systemd();
	struct programs programs = {0};
	ask_well(NULL, &programs);
	assert_null(programs_find(&programs, "start.service"));
	assert_true(programs.count >= MANY);
	programs_release(&programs);
}

static void a_thousand_services_are_told_within_seconds(void **state)
{
	(void)state;
	needs_systemd();
	struct programs programs = {0};
	int64_t best_ms = INT64_MAX;
	for (int i = 0; i < 3; i++) { /* the machine may be busy with something else */
		int64_t from_ms = clock_mono_ms(clock_real());
		programs_release(&programs);
		ask_well(NULL, &programs);
		int64_t took_ms = clock_mono_ms(clock_real()) - from_ms;
		best_ms = took_ms < best_ms ? took_ms : best_ms;
	}
	print_message("# %zu services in %lld ms\n", programs.count, (long long)best_ms);
	assert_true(best_ms < 5000);
	assert_string_equal(get(&programs, "idle@999.service")->words, "inactive (dead)");
	programs_release(&programs);
}

/* ---- when it cannot be asked ---- */

static void assert_refused(const char *address, enum err_code code, const char *said)
{
	struct programs programs = {0};
	struct err err = {0};
	assert_false(ask(address, NULL, &programs, &err));
	assert_int_equal(programs.count, 0);
	if (err.code != code || !strstr(err.text, said))
		fail_msg("%s: %s", err_word(err.code), err.text);
}

static void without_a_bus_there_is_no_systemd(void **state)
{
	(void)state;
	assert_refused("/nowhere/bus", ERR_NOT_FOUND,
		"there is no systemd here: no bus at 'unix:path=/nowhere/bus'");
}

static void a_bus_that_may_not_be_opened_is_not_taken_for_none(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	autofree char *closed = xasprintf("%s/closed", folder);
	autofree char *path = xasprintf("%s/bus", closed);
	assert_int_equal(mkdir(closed, 0700), 0);
	pid_t child = fork();
	if (child == 0) {
		struct programs programs = {0};
		struct err err = {0};
		if (setuid(65534) == 0 && !ask(path, NULL, &programs, &err))
			_exit(err.code == ERR_DENIED ? 0 : 1);
		_exit(2);
	}
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void an_address_that_would_run_a_program_is_refused(void **state)
{
	(void)state;
	autofree char *address = xasprintf("unixexec:path=touch,argv1=%s/ran", folder);
	autofree char *second = xasprintf("unix:path=/nowhere;%s", address);
	autofree char *ran = xasprintf("%s/ran", folder);
	assert_refused(address, ERR_INVALID, "is no address of a bus");
	assert_refused(second, ERR_INVALID, "is no address of a bus");
	assert_int_equal(access(ran, F_OK), -1);
}

static int listen_silently(char *path, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(path, size, "%s/silent", folder);
	copy_text(address.sun_path, sizeof(address.sun_path), path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static void a_bus_that_never_answers_is_given_up_at_the_deadline_or_when_told_to(void **state)
{
	(void)state;
	char path[128];
	struct programs programs = {0};
	struct err err = {0};
	int stop[2];
	autoclose int fd = listen_silently(path, sizeof(path));
	struct programs_question question = {.address = path, .timeout_ms = 100, .stop_fd = -1};
	assert_false(supervisor_systemd.list(&question, &programs, &err));
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_int_equal(pipe2(stop, O_CLOEXEC), 0);
	assert_int_equal(write(stop[1], "x", 1), 1);
	question.timeout_ms = 3600 * 1000;
	question.stop_fd = stop[0];
	assert_false(supervisor_systemd.list(&question, &programs, &err));
	assert_int_equal(err.code, ERR_CANCELLED);
	close(stop[0]);
	close(stop[1]);
}

static void a_bus_without_systemd_says_so(void **state)
{
	(void)state;
	char text[256] = "";
	autofree char *command = xasprintf(
		"dbus-daemon --session --nofork --print-address --address=unix:path=%s/empty & "
		"echo $! >%s/empty.pid",
		folder, folder);
	FILE *daemon = popen(command, "re");
	assert_non_null(daemon);
	assert_non_null(fgets(text, sizeof(text), daemon));
	autofree char *address = xasprintf("%s/empty", folder);
	assert_refused(address, ERR_NOT_FOUND, "nobody answers as org.freedesktop.systemd1");
	kill((pid_t)written_pid("empty"), SIGTERM);
	(void)pclose(daemon);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_running_bot_is_told_whole_and_without_its_token),
		cmocka_unit_test(how_each_ended_is_told),
		cmocka_unit_test(a_journal_is_named_by_its_unit),
		cmocka_unit_test(a_restart_is_counted),
		cmocka_unit_test(only_those_wanted_are_told_under_the_names_they_were_asked_by),
		cmocka_unit_test(what_ran_to_its_end_and_stays_active_is_no_bot),
		cmocka_unit_test(a_thousand_services_are_told_within_seconds),
		cmocka_unit_test(without_a_bus_there_is_no_systemd),
		cmocka_unit_test(a_bus_that_may_not_be_opened_is_not_taken_for_none),
		cmocka_unit_test(an_address_that_would_run_a_program_is_refused),
		cmocka_unit_test(
			a_bus_that_never_answers_is_given_up_at_the_deadline_or_when_told_to),
		cmocka_unit_test(a_bus_without_systemd_says_so),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
