/* SPDX-License-Identifier: MIT */
/* A bot's unit and nothing else: a real systemd names its log, which a real journald writes, rotates and is restarted under. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/support/collect_scene.h"
#include "tests/support/numbered.h"
#include "tests/support/spawn.h"

enum { LINES = 10000, WAIT_MS = 20000, CANNOT = 77 };

static pid_t init;

/* As Debian has them, without what a namespace lacks. */
static void write_journald(void)
{
	folder_write("units/systemd-journald.socket", 0644,
		"[Unit]\nDefaultDependencies=no\n[Socket]\n"
		"ListenStream=/run/systemd/journal/stdout\n"
		"ListenDatagram=/run/systemd/journal/"
		"socket\nSocketMode=0666\nPassCredentials=yes\n");
	folder_write("units/systemd-journald.service", 0644,
		"[Unit]\nDefaultDependencies=no\nRequires=systemd-journald.socket\n"
		"After=systemd-journald.socket\n[Service]\nType=notify\n"
		"ExecStart=/lib/systemd/systemd-journald\nSockets=systemd-journald.socket\n"
		"FileDescriptorStoreMax=100\nStandardOutput=null\nRestart=always\nRestartSec=0\n");
}

/* Waits until it may go on, so that it is watched from its first line. */
static void write_bot(void)
{
	folder_gate("go");
	folder_write("talk.sh", 0755,
		"echo 'it is up'\n"
		"read -r now <%1$s/go\n"
		"for part in 0 1 2 3; do\n"
		"	for i in $(seq $((part * %2$d / 4)) $(((part + 1) * %2$d / 4 - 1))); do\n"
		"		echo \"number $i. \"\n"
		"	done\n"
		"	kill -USR2 $(systemctl show -p MainPID --value systemd-journald.service)\n"
		"	[ $part != 1 ] || systemctl restart systemd-journald.service\n"
		"done\n"
		"echo '<3>the end'\nexec sleep 1000\n",
		folder, LINES);
	folder_write("units/orders.service", 0644,
		"[Unit]\nDefaultDependencies=no\nAfter=systemd-journald.service\n"
		"Wants=systemd-journald.service\n[Service]\nLogRateLimitIntervalSec=0\n"
		"ExecStart=/bin/sh %s/talk.sh\n",
		folder);
}

static int setup(void **state)
{
	if (folder_setup(state) != 0 || chmod(folder, 0755) < 0)
		return -1;
	autofree char *units = folder_path("units"), *log = folder_path("log");
	assert_int_equal(mkdir(units, 0755), 0);
	write_journald();
	write_bot();
	init = spawn_start(
		WORDS("tests/supervisors/boot-systemd", folder), &(struct spawn){.log = log});
	return 0;
}

/* The systemd, child of what was started; when it has died, everything in its namespace has. */
static pid_t namespace_init(void)
{
	autofree char *path = xasprintf("/proc/%d/task/%d/children", (int)init, (int)init);
	FILE *file = fopen(path, "re");
	int systemd = 0;
	if (!file)
		return 0;
	(void)!fscanf(file, "%d", &systemd);
	(void)fclose(file);
	return systemd;
}

static int teardown(void **state)
{
	collect_scene_stop();
	pid_t systemd = init ? namespace_init() : 0;
	if (systemd)
		(void)kill(systemd, SIGKILL);
	(void)spawn_end(&init, SIGKILL);
	return folder_teardown(state);
}

static bool is_up_or_over(const void *context)
{
	const char *path = context;
	siginfo_t info = {0};
	bool is_over =
		waitid(P_PID, (id_t)init, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid;
	return is_over || access(path, F_OK) == 0;
}

static void wait_for_journal(void)
{
	autofree char *path =
		folder_path("run/log/journal/00000000000000000000000000000001/system.journal");
	bool is_up = comes_true(is_up_or_over, path, WAIT_MS);
	if (is_up && access(path, F_OK) == 0)
		return;
	autofree char *said = folder_read("log");
	print_message("# no systemd with a journal of its own here: %s\n", said);
	if (!is_up)
		fail();
	int status = spawn_end(&init, SIGKILL);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == CANNOT);
	skip();
}

static void the_log_of_a_unit_is_followed_because_systemd_names_it(void **state)
{
	(void)state;
	wait_for_journal();
	collected_start(&collected,
		"process: {interval: 500ms}\njournal: %1$s/run/log/journal\n"
		"supervisors: {own: {kind: systemd, address: %1$s/run/dbus/system_bus_socket}}\n"
		"bots: [{name: orders, transport: none, process: {systemd: orders, supervisor: "
		"own}}]\n",
		folder);
	collected_wait(&collected, "obs_process", "bot=\"orders\"", "state=\"running\"",
		"log=\"journal:orders.service\"", NULL);
	collected_wait_event(&collected, "journal:orders.service orders I it is up", NULL);
	folder_gate_open("go");
	collected_wait_event(&collected, "journal:orders.service orders E the end", NULL);
	assert_numbered(&collected, LINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_log_of_a_unit_is_followed_because_systemd_names_it, setup, teardown),
	};
	return cmocka_run_group_tests_name("core/collect/journals, systemd", tests, NULL, NULL);
}
