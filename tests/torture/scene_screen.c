/* SPDX-License-Identifier: MIT */
/* A screen's life on an engine that nobody hurts: it opens, walks through its panes, asks for a plan, leaves. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/fleet.h"
#include "tests/support/vt.h"
#include "tests/torture/harness.h"

enum { OPEN_MS = 4000, KEY_MS = 60, END_MS = 6000, ROWS = 24, COLUMNS = 100 };

static bool is_right(struct vt *vt)
{
	struct termios modes = vt_modes(vt);
	int row, column;
	bool visible;
	vt_cursor(vt, &row, &column, &visible);
	return (modes.c_lflag & ICANON) && (modes.c_lflag & ECHO) && visible && !vt_alt_screen(vt);
}

static void walk(struct vt *vt)
{
	static const char *const keys[] = {"2", "4", "5", "Down", "8", "1", "/", "Esc", "r", "Esc",
		"?", "Esc", ": Esc", "<", "Esc"};
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		vt_press(vt, keys[i]);
		(void)vt_wait_quiet(vt, KEY_MS / 2, KEY_MS);
	}
	vt_resize(vt, 40, 120);
	(void)vt_wait_quiet(vt, KEY_MS, 2 * KEY_MS);
}

static void judge_end(struct vt *vt, const struct bench *bench, int status, struct outcome *ret)
{
	(void)vt_wait_quiet(vt, KEY_MS, END_MS / 10); /* what the guard wrote at last */
	bool touched = atomic_load(&bench->torture->failed) > 0;
	autostr struct str text = STR_INIT;
	vt_screen(vt, &text);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		ret->ending = touched ? ENDED_BORNE : ENDED_UNTOUCHED;
	else if (WIFSIGNALED(status))
		ret->ending = ENDED_DIED;
	else
		ret->ending = ENDED_REFUSED;
	if (WIFSIGNALED(status) &&
		(WTERMSIG(status) != SIGABRT || !strstr(text.text, "out of memory")))
		blame(ret, "ended by signal %d, the terminal says '%.200s'", WTERMSIG(status),
			text.text);
	if (ret->ending == ENDED_REFUSED && (!touched || strspn(text.text, " \n") == text.length))
		blame(ret, "exit %d, the terminal says '%.200s'", WEXITSTATUS(status), text.text);
	if (!is_right(vt))
		blame(ret, "the terminal is not put right");
}

static void play_on(struct bench *bench, const char *who, const struct injection *injection,
	struct outcome *ret)
{
	int status = 0;
	const char *const words[] = {bench->screen, "-c", bench->config, NULL};
	struct vt *vt = vt_spawn(ROWS, COLUMNS, words, bench_environment(bench, who, injection));
	bool came = vt_wait_text(vt, "orders", OPEN_MS);
	bool ended = !came && vt_wait_exit(vt, true, 0, &status);
	if (!ended)
		walk(vt);
	ended = ended || vt_wait_exit(vt, true, 0, &status);
	for (int tries = 0; !ended && tries < 3; tries++) {
		vt_press(vt, "Esc");
		(void)vt_wait_quiet(vt, KEY_MS, 2 * KEY_MS);
		vt_press(vt, "q");
		ended = vt_wait_exit(vt, true, END_MS / 3, &status);
	}
	if (ended)
		judge_end(vt, bench, status, ret);
	else
		blame(ret, "it does not end");
	vt_free(vt);
	hold_nothing_left(ret, bench->running);
	if (process_ends(bench->running, 0))
		blame(ret, "its engine is gone");
}

void play_screen(struct bench *bench, const struct injection *injection, struct outcome *ret)
{
	if (bench_serve(bench)) {
		bench_arm(bench);
		play_on(bench, "botswain+", injection, ret);
	} else {
		blame(ret, "there is no engine");
	}
}

void play_guard(struct bench *bench, const struct injection *injection, struct outcome *ret)
{
	if (bench_serve(bench)) {
		bench_arm(bench);
		play_on(bench, "botswain-", injection, ret);
	} else {
		blame(ret, "there is no engine");
	}
}
