/* SPDX-License-Identifier: MIT */
/* 36: the line is lost. A screen at its end leaves, one that looks through it comes back. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "tests/faults/faults.h"
#include "tests/faults/screens.h"
#include "tests/support/engine_process.h"
#include "tests/support/fleet.h"
#include "tests/support/processes.h"
#include "tests/support/vt.h"

enum { OPEN_MS = 10000, GONE_MS = 2000, LATE_MS = 5000 };

static void close_terminal(struct faults *run, struct sight *sight)
{
	struct vt *vt = screen_open(run, 24, 80);
	int status;
	if (!vt) {
		see(sight, false, -1, "a screen opens");
		return;
	}
	pid_t screen = child_of_process(vt_pid(vt));
	int64_t begun_ms = fault_now_ms();
	vt_hang_up(vt);
	bool gone = vt_wait_exit(vt, false, LATE_MS, &status) && process_ends(screen, LATE_MS);
	int64_t took_ms = fault_now_ms() - begun_ms;
	see(sight, gone, took_ms, "terminal closed: both processes gone after %.2f s",
		(double)took_ms / 1e3);
	vt_free(vt);
}

/* The process of sshd that has our connection. */
static bool cut_line(void)
{
	const char *sshd = getenv("FAULTS_SSHD");
	pid_t line = sshd ? child_of_process(atoi(sshd)) : 0;
	return line > 0 && kill(line, SIGKILL) == 0;
}

/* The configuration under a name that nobody else has in his command line. */
static char *name_config(const struct faults *run)
{
	autofree char *text = NULL;
	char *path = xasprintf("%s/lost-line-%d.yaml", run->dir, (int)getpid());
	text = read_all(run->config);
	write_file(path, text);
	return path;
}

static void cut_screen_there(const char *config, struct sight *sight)
{
	autofree char *command = xasprintf("exec botswain -c '%s'", config);
	autofree char *host = xasprintf("%s@127.0.0.1", getenv("FAULTS_SSH_USER"));
	struct vt *vt = vt_spawn(24, 80,
		(const char *const[]){
			"ssh", "-tt", "-p", getenv("FAULTS_SSH_PORT"), host, command, NULL},
		NULL);
	bool came = vt_wait_text(vt, "orders", OPEN_MS);
	int64_t begun_ms = fault_now_ms();
	bool cut = cut_line();
	bool gone = processes_end(config, LATE_MS);
	int64_t took_ms = fault_now_ms() - begun_ms;
	see(sight, came && cut && gone, took_ms,
		"sshd killed under a screen there: no process of it after %.2f s",
		(double)took_ms / 1e3);
	vt_free(vt);
}

static void cut_screen_here(const struct faults *run, const char *config, struct sight *sight)
{
	autofree char *way = xasprintf("ssh://%s@127.0.0.1:%s%s", getenv("FAULTS_SSH_USER"),
		getenv("FAULTS_SSH_PORT"), config);
	struct vt *vt =
		vt_spawn(24, 80, (const char *const[]){run->screen, "--connect", way, NULL}, NULL);
	int status;
	bool came = vt_wait_text(vt, "orders", OPEN_MS);
	vt_press(vt, "j j");
	int64_t begun_ms = fault_now_ms();
	bool cut = cut_line();
	bool said = vt_wait_text(vt, "no engine", LATE_MS);
	int64_t said_ms = fault_now_ms() - begun_ms;
	see(sight, came && cut && said, said_ms, "under a screen here: said after %.2f s",
		(double)said_ms / 1e3);
	bool back = vt_wait_no_text(vt, "no engine", OPEN_MS) && vt_shows(vt, "orders");
	see(sight, back, -1, "back in the view after %.1f s",
		(double)(fault_now_ms() - begun_ms) / 1e3);
	vt_press(vt, "q");
	see(sight,
		vt_wait_exit(vt, true, LATE_MS, &status) && status == 0 &&
			processes_end(config, GONE_MS),
		-1, "nothing is left of it");
	vt_free(vt);
}

void fault_lost_line(struct faults *run, struct sight *sight)
{
	autofree char *config = name_config(run);
	close_terminal(run, sight);
	if (!getenv("FAULTS_SSHD")) {
		see(sight, false, -1, "an sshd: tests/faults/run starts it");
		return;
	}
	cut_screen_there(config, sight);
	cut_screen_here(run, config, sight);
	unlink(config);
}
