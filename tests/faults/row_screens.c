/* SPDX-License-Identifier: MIT */
/* 37 to 40: what happens to a screen happens to nobody else, and leaves a terminal that can be used. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/model/model.h"
#include "tests/faults/faults.h"
#include "tests/faults/hostile.h"
#include "tests/faults/screens.h"
#include "tests/support/fleet.h"
#include "tests/support/vt.h"

enum { OPEN_MS = 8000, KEY_MS = 3000, END_MS = 5000 };

struct vt *screen_open(const struct faults *run, int rows, int columns)
{
	struct vt *vt = vt_spawn(
		rows, columns, (const char *const[]){run->screen, "-c", run->config, NULL}, NULL);
	if (vt_wait_text(vt, "orders", OPEN_MS))
		return vt;
	vt_free(vt);
	return NULL;
}

bool screen_left_right(struct vt *vt)
{
	struct termios modes = vt_modes(vt);
	int row, column;
	bool visible;
	vt_cursor(vt, &row, &column, &visible);
	return (modes.c_lflag & ICANON) && (modes.c_lflag & ECHO) && visible && !vt_alt_screen(vt);
}

/* ---- 37 ---- */

static void try_kill(struct faults *run, int number, const char *name, struct sight *sight)
{
	struct vt *vt = screen_open(run, 24, 80);
	int status = 0;
	if (!vt) {
		see(sight, false, -1, "a screen opens");
		return;
	}
	int64_t begun_ms = fault_now_ms();
	kill(child_of_process(vt_pid(vt)), number);
	bool ended = vt_wait_exit(vt, true, END_MS, &status);
	int64_t took_ms = fault_now_ms() - begun_ms;
	see(sight, ended && screen_left_right(vt), took_ms,
		"%s: lines, echo, cursor and the old screen back after %.2f s", name,
		(double)took_ms / 1e3);
	see(sight, WIFSIGNALED(status) && WTERMSIG(status) == number, -1, "passed on as its end");
	vt_free(vt);
}

void fault_killed_screen(struct faults *run, struct sight *sight)
{
	try_kill(run, SIGKILL, "SIGKILL", sight);
	try_kill(run, SIGSEGV, "SIGSEGV", sight);
}

/* ---- 38 ---- */

enum { SIZES = 1000, SIZE_MS = 5 };

static void storm(struct vt *vt)
{
	uint32_t seed = 12345;
	int64_t begun_ms = fault_now_ms();
	for (int i = 0; i < SIZES; i++) {
		seed = seed * 1664525 + 1013904223;
		vt_resize(vt, 1 + (int)(seed >> 16) % 200, 1 + (int)(seed >> 8) % 500);
		int64_t left_ms = begun_ms + (int64_t)(i + 1) * SIZE_MS - fault_now_ms();
		(void)vt_wait_quiet(vt, SIZE_MS, left_ms > 0 ? (int)left_ms : 0);
	}
}

void fault_resize_storm(struct faults *run, struct sight *sight)
{
	struct vt *vt = screen_open(run, 24, 80);
	if (!vt) {
		see(sight, false, -1, "a screen opens");
		return;
	}
	int64_t begun_ms = fault_now_ms();
	storm(vt);
	see(sight, true, -1, "%d sizes in %.1f s", SIZES,
		(double)(fault_now_ms() - begun_ms) / 1e3);
	vt_resize(vt, 12, 40);
	vt_resize(vt, 24, 80);
	begun_ms = fault_now_ms();
	bool good = vt_wait_text(vt, "q Quit", KEY_MS) && vt_wait_text(vt, "orders", KEY_MS);
	int64_t took_ms = fault_now_ms() - begun_ms;
	int row = -1, column = -1;
	bool in_place = vt_find(vt, "q Quit", &row, &column) && row >= 22;
	see(sight, good && in_place, took_ms,
		"right again %.2f s after the last, its last line in row %d", (double)took_ms / 1e3,
		row + 1);
	vt_press(vt, "q");
	int status;
	see(sight, vt_wait_exit(vt, true, END_MS, &status) && status == 0, -1, "it can be left");
	vt_free(vt);
}

/* ---- 39 ---- */

static struct vt *open_in_shell(const struct faults *run)
{
	static const char *const shell[] = {
		"bash", "--norc", "--noprofile", "--noediting", "-i", NULL};
	autofree char *line = xasprintf("%s -c %s\r", run->screen, run->config);
	struct vt *vt =
		vt_spawn(24, 80, shell, (const char *const[]){"PS1=ready:", "HISTFILE=", NULL});
	bool good = vt_wait_text(vt, "ready:", OPEN_MS);
	vt_type(vt, line);
	if (good && vt_wait_text(vt, "1 Bots", OPEN_MS))
		return vt;
	vt_free(vt);
	return NULL;
}

static bool is_stopped(struct vt *vt, const void *unused)
{
	(void)unused;
	return vt_shows(vt, "Stopped") && vt_shows(vt, "ready:") && !vt_alt_screen(vt);
}

static bool is_drawn_large(struct vt *vt, const void *unused)
{
	int row, column;
	(void)unused;
	return vt_alt_screen(vt) && vt_find(vt, "q Quit", &row, &column) && row == 39;
}

static void try_stop(struct vt *vt, int number, struct sight *sight)
{
	vt_resize(vt, 24, 80);
	if (number)
		kill(vt_foreground(vt), number);
	else
		vt_press(vt, "C-z");
	bool stopped = vt_wait(vt, is_stopped, NULL, KEY_MS);
	vt_resize(vt, 40, 120);
	int64_t begun_ms = fault_now_ms();
	vt_type(vt, "clear; fg\r");
	bool drawn = vt_wait(vt, is_drawn_large, NULL, KEY_MS);
	int64_t took_ms = fault_now_ms() - begun_ms;
	see(sight, stopped && drawn, took_ms, "%s: whole again at 120x40 after %.2f s",
		number ? "SIGTSTP" : "Ctrl-Z", (double)took_ms / 1e3);
}

/* The view goes first, then the guard puts the modes right. */
static bool is_left_right(struct vt *vt, const void *unused)
{
	(void)unused;
	return vt_shows(vt, "ready:") && screen_left_right(vt);
}

void fault_stopped_screen(struct faults *run, struct sight *sight)
{
	struct vt *vt = open_in_shell(run);
	if (!vt) {
		see(sight, false, -1, "a screen opens in a shell");
		return;
	}
	try_stop(vt, 0, sight);
	try_stop(vt, SIGTSTP, sight);
	vt_press(vt, "q");
	see(sight, vt_wait(vt, is_left_right, NULL, KEY_MS), -1, "left with a usable terminal");
	vt_free(vt);
}

/* ---- 40 ---- */

/* The hostile client stands still while the processor is measured: how it opens and closes in turn costs the engine what
 * row 41 says, and up to a quarter of these twelve seconds. */
enum { DEAF_MS = 12000, BUSY_PERCENT = 20 };

void fault_deaf_terminal(struct faults *run, struct sight *sight)
{
	struct vt *vt = screen_open(run, 24, 80);
	if (!vt) {
		see(sight, false, -1, "a screen opens");
		return;
	}
	pid_t screen = child_of_process(vt_pid(vt));
	for (int i = 0; i < 100; i++)
		vt_press(vt, "C-l j");
	bool full = vt_wait_full(vt, OPEN_MS);
	hostile_pause(run->hostile);
	long engine_ms = process_cpu_ms(run->engine), screen_ms = process_cpu_ms(screen);
	engine_look(run, DEAF_MS);
	long engine = (process_cpu_ms(run->engine) - engine_ms) * 100 / DEAF_MS;
	long busy = (process_cpu_ms(screen) - screen_ms) * 100 / DEAF_MS;
	hostile_go_on(run->hostile);
	see(sight, full && busy <= BUSY_PERCENT && engine <= BUSY_PERCENT, -1,
		"the line full for %d s: screen at %ld%%, engine at %ld%% without the hostile one",
		DEAF_MS / 1000, busy, engine);
	see(sight, engine_fresh_bots(run, 6000) > 0, -1, "%u bots answered meanwhile",
		engine_fresh_bots(run, 6000));
	int64_t begun_ms = fault_now_ms();
	vt_press(vt, "?");
	bool good = vt_wait_text(vt, "Esc Close", KEY_MS);
	see(sight, good && !vt_shows(vt, "no engine"), -1,
		"it reads again: a key is answered after %.2f s",
		(double)(fault_now_ms() - begun_ms) / 1e3);
	vt_free(vt);
}
